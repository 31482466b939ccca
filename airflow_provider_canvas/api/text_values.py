"""Values that may be written as text: by a template of a task, in a column of a file, in a form.

Text that is empty, white space, ``None`` or ``null`` is blank, and counts as not given. The exception is ``select``,
whose blank text is refused.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.security.redaction import redact


def is_blank(value: Any) -> bool:
    """Return whether a value is text that means "not given": empty, white space, ``None`` or ``null``."""
    return isinstance(value, str) and value.strip() in ("", "None", "null")


def none_if_blank(value: Any) -> Any:
    """Return a template field's value; ``None`` if it is blank."""
    return None if is_blank(value) else value


def parse_structure(name: str, value: Any, *, such_as: str = "{'pages': [12]}") -> Any:
    """Return a dict or a list, also from its text; ``None`` if it is blank.

    :param name: The parameter, for the message.
    :param such_as: An example of the parameter, for the message.
    :raises CanvasInputError: When it is text that is neither.
    """
    value = none_if_blank(value)
    if not isinstance(value, str):
        return value
    for parse in (json.loads, ast.literal_eval):
        with suppress(ValueError, SyntaxError, RecursionError, MemoryError):
            if isinstance(structure := parse(value), dict | list | tuple):
                return structure
    raise CanvasInputError(f"{name} is the text {redact(repr(value))}: write a dict or a list, such as {such_as}.")


def parse_list(name: str, value: Any, *, such_as: str) -> list[Any] | None:
    """Return a list, also from its text, or from one item or its text; ``None`` if it is blank.

    :param name: The parameter, for the message.
    :param such_as: An example of the parameter, for the message.
    :raises CanvasInputError: When it is something else.
    """
    value = none_if_blank(value)
    if value is None:
        return None
    if isinstance(value, int) or (isinstance(value, str) and not value.lstrip().startswith(("[", "(", "{"))):
        return [value]
    items = parse_structure(name, value, such_as=such_as)
    if isinstance(items, Mapping) or not isinstance(items, Iterable):
        raise CanvasInputError(f"{name} is {items!r}: write a list, such as {such_as}.")
    return list(items)


def optional_bool(name: str, value: Any) -> bool | None:
    """Return a boolean, also from its text or number; ``None`` if it is blank.

    :param name: The parameter, for the message.
    :raises CanvasInputError: When it is something else.
    """
    from airflow_provider_canvas.api.parameters import parse_bool

    value = none_if_blank(value)
    return None if value is None else bool(parse_bool(name, value))


def parse_select(select: Mapping[str, Sequence[int | str]] | str | None) -> Any:
    """Return ``select`` as Canvas takes it; ``None`` means everything.

    :raises CanvasInputError: When it is blank text, such as a template renders: Canvas would be asked for everything.
    """
    if select is None:
        return None
    structure = parse_structure("select", select)
    if structure is None:
        raise CanvasInputError(
            f"select is {select!r}, which names nothing: name some, such as {{'pages': [12]}}. For everything leave it "
            "out, or let the template render to None (render_template_as_native_obj=True)."
        )
    return structure
