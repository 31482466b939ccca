"""Checks of the parameters of listings: filters, and the page size.

Canvas ignores an empty filter, and some values that it does not know, and responds with everything: a mistake would
not be noticed. So both are refused before anything is sent.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.ids import canvas_id
from airflow_provider_canvas.api.parameters import Check, Params, check_choices, drop_none

MAX_PER_PAGE = 100
"""The largest page size of hosted Canvas. A self-hosted one has 50, unless its administrator set more. Canvas reduces
larger page sizes to its largest; its default is 10."""


def check_per_page(per_page: int | None) -> int | None:
    """Return ``per_page`` if Canvas supports that page size.

    :param per_page: Items per page, 1 to 100; ``None`` for the client's default.
    :raises CanvasInputError: For any other value.
    """
    if per_page is None or (
        isinstance(per_page, int) and not isinstance(per_page, bool) and 1 <= per_page <= MAX_PER_PAGE
    ):
        return per_page
    raise CanvasInputError(f"per_page must be a number from 1 to {MAX_PER_PAGE}, not {per_page!r}.")


def check_params(checks: Mapping[str, Check], **params: Any) -> Params:
    """Return the parameters that are not ``None``, each after its check; those without a check are unchanged."""
    return {name: checks[name](name, value) if name in checks else value for name, value in drop_none(**params).items()}


def check_non_empty(name: str, values: Iterable[Any]) -> list[Any]:
    """Return the values of a list that is not empty.

    :raises CanvasInputError: When the list is empty, or one text instead of a list.
    """
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise CanvasInputError(f"{name} must be a list, such as [{values!r}], not {values!r}.")
    if not (items := list(values)):
        raise CanvasInputError(f"{name} is empty: name some, or leave it out. (Canvas ignores an empty filter.)")
    return items


def check_non_empty_choices(name: str, values: Iterable[str], allowed: Collection[str]) -> list[str]:
    """Return the values of a list that is not empty, if Canvas knows all of them.

    :raises CanvasInputError: When the list is empty, or one text instead of a list, and for an unknown value; the
        message suggests the nearest known one.
    """
    return check_choices(name, check_non_empty(name, values), allowed)


def numeric_id(name: str, value: object) -> str:
    """Return an id that Canvas takes only as a number: here it looks up no SIS ids.

    :raises CanvasInputError: For anything else.
    """
    return canvas_id(name, value, kind="number")


def numeric_ids(name: str, values: Iterable[object]) -> list[str]:
    """Return ids that Canvas takes only as numbers, from a list that is not empty.

    :raises CanvasInputError: When the list is empty, or one text instead of a list, and for what is no number.
    """
    return [numeric_id(name, value) for value in check_non_empty(name, values)]


def digit_ids(name: str, values: Iterable[object]) -> list[str]:
    """Return ids that Canvas takes only as digits, not as ``shard~number``, from a list that is not empty.

    :raises CanvasInputError: When the list is empty, or one text instead of a list, and for anything but digits.
    """
    ids = numeric_ids(name, values)
    for each in ids:
        if not each.isdigit():
            raise CanvasInputError(f"{name} must be of digits only, such as 77, not {each!r}.")
    return ids
