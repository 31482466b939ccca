"""How parameters are checked that narrow what Canvas answers.

Without such a parameter Canvas answers everything, and so it does for an empty list, and for some values that it does
not know: a mistake would not be noticed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from airflow_provider_canvas.api.ids import canvas_id
from airflow_provider_canvas.api.parameters import Params, all_among, drop_none

Check = Callable[[str, Any], Any]
"""Takes the name and the value of a parameter, and returns the value as it is to be sent."""


def checked(checks: Mapping[str, Check], **params: Any) -> Params:
    """Return the parameters that were given, each after its check; those without one are sent as they are."""
    return {name: checks[name](name, value) if name in checks else value for name, value in drop_none(**params).items()}


def some(name: str, values: Iterable[Any]) -> list[Any]:
    """Return the values of a list that has some.

    :raises ValueError: When they are one text and not a list, and when there are none.
    """
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise ValueError(f"{name} must be a list, such as [{values!r}], not {values!r}.")
    if not (listed := list(values)):
        raise ValueError(f"{name} is empty: name some. (Canvas would take an empty filter for none; leave it out.)")
    return listed


def some_among(name: str, values: Iterable[str], allowed: Collection[str]) -> list[str]:
    """Return the values of a list that has some, if Canvas knows all of them.

    :raises ValueError: When they are one text and not a list, when there are none, and with the nearest known value.
    """
    return all_among(name, some(name, values), allowed)


def number(name: str, value: object) -> str:
    """Return an id that Canvas takes only as a number: here no SIS id finds anything.

    :raises ValueError: For anything else.
    """
    return canvas_id(name, value, kind="number")


def numbers(name: str, values: Iterable[object]) -> list[str]:
    """Return ids that Canvas takes only as numbers, from a list that has some.

    :raises ValueError: When they are not a list, when there are none, and for what is no number.
    """
    return [number(name, value) for value in some(name, values)]


def digits(name: str, values: Iterable[object]) -> list[str]:
    """Return ids that Canvas takes only as digits, not as ``shard~number``, from a list that has some.

    :raises ValueError: When they are not a list, when there are none, and for anything else.
    """
    ids = numbers(name, values)
    for each in ids:
        if not each.isdigit():
            raise ValueError(f"{name} must be of digits only, such as 77, not {each!r}.")
    return ids
