"""Reading rows from a package's XML: an element with a child per field, under Canvas's names.

As Canvas does, a field that cannot be read is left out, and so is one that is empty.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from canvas_emulator.effects.packages.documents import Node, is_true, moment, number, text
from canvas_emulator.effects.packages.package import PackageBuilder
from canvas_emulator.model.content import CONTENT_KINDS, Assignment, Content

C = TypeVar("C", bound=Content)

NAMES: Mapping[type[Content], Mapping[str, str]] = {
    Assignment: {
        "use_rubric_for_grading": "rubric_use_for_grading",
        "post_manually": "post_policy/post_manually",
    },
}
"""The elements whose names, or paths, differ from those of the fields."""

BYTES = frozenset({"data", "size"})
"""What packages do not have as text."""


def _plain(hint: Any) -> type:
    """Return the type of a field without ``None``."""
    if isinstance(hint, UnionType):
        hint = next(each for each in get_args(hint) if each is not type(None))
    return get_origin(hint) or hint  # type: ignore[no-any-return]


def _types_of(kind: type[Content]) -> Mapping[str, type]:
    """Return the fields of a kind that packages have, with their types."""
    hints = get_type_hints(kind)
    return {each.name: _plain(hints[each.name]) for each in fields(kind) if each.name not in kind.OWN | BYTES}


TYPES = {kind: _types_of(kind) for kind in CONTENT_KINDS}
OPTIONAL = {
    kind: frozenset(name for name, hint in get_type_hints(kind).items() if type(None) in get_args(hint))
    for kind in CONTENT_KINDS
}


def _integer(value: str) -> int | None:
    read = number(value)
    return None if read is None else int(read)


_READ: Mapping[type, Callable[[str], Any]] = {
    int: _integer,
    float: number,
    bool: is_true,
    datetime: moment,
    tuple: lambda value: tuple(each.strip() for each in re.split("[,\n]", value) if each.strip()),
}


def row_of(kind: type[C], source: Node, builder: PackageBuilder, **known: Any) -> C:
    """Read a row, and add it to a package.

    :param known: Fields that are written elsewhere, by name.
    """
    own: dict[str, Any] = {"course_id": 0, "migration_id": source.get("identifier", ""), "title": ""}
    return builder.add(kind(**own | values_of(kind, source, builder) | known))


def values_of(kind: type[Content], source: Node, builder: PackageBuilder) -> dict[str, Any]:
    """Read the fields of a row."""
    values: dict[str, Any] = {}
    references = kind.REFERENCES
    for name, type_ in TYPES[kind].items():
        if name in references:
            if (reference := text(source.find(reference_tag(name))).strip()) and type_ is not tuple:
                values[name] = builder.id_of(references[name], reference)
            continue
        element = source.find(NAMES.get(kind, {}).get(name, name))
        if element is None or len(element):
            continue
        value = text(element)
        if type_ is str:
            if value.strip() or name not in OPTIONAL[kind]:
                values[name] = value
        elif type_ in _READ and value.strip() and (read := _READ[type_](value)) is not None:
            values[name] = read
    return values


def reference_tag(name: str) -> str:
    """Return ``quiz_identifierref`` for ``quiz_id``."""
    if name == "annotatable_attachment_id":
        return "annotatable_attachment_migration_id"
    return f"{name.removesuffix('_id')}_identifierref"
