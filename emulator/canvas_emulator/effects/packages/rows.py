"""Reading rows from a package's XML: an element with one child per field, under Canvas's names.

References are written as migration ids, and their names end in ``identifierref``, as Canvas writes them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints
from xml.etree.ElementTree import Element

from canvas_emulator.effects.packages.package import PackageBuilder, PackageError
from canvas_emulator.model.content import CONTENT_KINDS, Content

C = TypeVar("C", bound=Content)

NOT_WRITTEN = frozenset({"data", "size"})
"""What is not written as text."""


def moment(text: str) -> datetime:
    """Read a time, which is in UTC without saying so."""
    return datetime.fromisoformat(text.removesuffix(" UTC").replace(" ", "T")).replace(tzinfo=UTC)


_READ: Mapping[type, Callable[[str], Any]] = {
    str: str,
    int: int,
    float: float,
    bool: lambda text: text == "true",
    datetime: moment,
    tuple: lambda text: tuple(filter(None, text.split(","))),
}


def row_of(kind: type[C], source: Element, builder: PackageBuilder, **known: Any) -> C:
    """Read a row, and add it to a package.

    :param known: Fields that are written elsewhere, by name.
    :raises PackageError: When a field cannot be read.
    """
    values: dict[str, Any] = {"course_id": 0, "migration_id": source.get("identifier"), "title": "", **known}
    for name, type_ in TYPES[kind].items():
        text = source.findtext(name)
        reference = source.findtext(_reference_tag(name))
        if name in known:
            continue
        if reference is not None:
            ids = tuple(builder.id_of(each) for each in reference.split())
            values[name] = ids if type_ is tuple else next(iter(ids), None)
        elif text and type_ in _READ:
            try:
                values[name] = _READ[type_](text)
            except ValueError:
                raise PackageError(
                    f"The package has a {kind.LABEL} with a {name} that cannot be read: {text}"
                ) from None
    return builder.add(kind(**values))


def _types_of(kind: type[Content]) -> Mapping[str, type]:
    """Return the fields of a kind that are written, with their types without ``None``."""
    hints = get_type_hints(kind)
    return {field.name: _plain(hints[field.name]) for field in fields(kind) if field.name not in kind.OWN | NOT_WRITTEN}


def _plain(hint: Any) -> type:
    if isinstance(hint, UnionType):
        hint = get_args(hint)[0]
    return get_origin(hint) or hint  # type: ignore[no-any-return]


def _reference_tag(name: str) -> str:
    """Return ``quiz_identifierref`` for ``quiz_id``, and ``prerequisite_module_identifierrefs`` for the plural."""
    base, _, plural = name.rpartition("_id")
    return f"{base}_identifierref{plural}"


TYPES = {kind: _types_of(kind) for kind in CONTENT_KINDS}
