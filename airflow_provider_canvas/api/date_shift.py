"""How a migration moves the dates of what it imports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.parameters import (
    Params,
    Timestamp,
    check_choice,
    drop_none,
    format_timestamp,
    parse_bool,
)


class DateShiftOptions(TypedDict, total=False):
    """How dates move. Keys of ``day_substitutions`` are weekdays of the source, 0 is Sunday."""

    shift_dates: bool
    remove_dates: bool
    old_start_date: Timestamp
    old_end_date: Timestamp
    new_start_date: Timestamp
    new_end_date: Timestamp
    day_substitutions: Mapping[int, int]


def date_shift_params(options: DateShiftOptions) -> Params:
    """Return the options as Canvas takes them. What is left out, or blank, Canvas takes from the courses.

    :raises CanvasInputError: For what Canvas would refuse, misread, or ignore.
    """
    if not isinstance(options, Mapping):
        raise CanvasInputError(f"date_shift_options must be a dict, such as {{'shift_dates': True}}, not {options!r}.")
    for name in options:
        check_choice("date_shift_options", name, DateShiftOptions.__annotations__)
    shift, remove = (
        None if (value := options.get(name)) in (None, "") else parse_bool(name, value)
        for name in ("shift_dates", "remove_dates")
    )
    if shift and remove:
        raise CanvasInputError("shift_dates and remove_dates exclude each other: give one of them.")
    if not (shift or remove):
        raise CanvasInputError(
            "Canvas ignores date options without shift_dates=True or remove_dates=True: give one of them."
        )
    days = options.get("day_substitutions") or {}
    if not isinstance(days, Mapping):
        raise CanvasInputError(f"day_substitutions is {days!r}: write a dict of weekdays, such as {{1: 2}}.")
    for old, new in days.items():
        if not {str(old), str(new)} <= set("0123456"):
            raise CanvasInputError(
                f"day_substitutions maps {old!r} to {new!r}: "
                "write weekdays as 0 (Sunday) to 6 (Saturday), such as {1: 2}."
            )
    dates = {
        name: format_timestamp(name, value)  # type: ignore[arg-type]  # mypy does not narrow the keys of a TypedDict
        for name, value in options.items()
        if name.endswith("_date") and value is not None and value != ""
    }
    for which in ("old", "new"):
        start, end = dates.get(f"{which}_start_date"), dates.get(f"{which}_end_date")
        if start and end and start[:10] > end[:10]:
            raise CanvasInputError(f"{which}_end_date {end} is before {which}_start_date {start}.")
    return drop_none(shift_dates=shift, remove_dates=remove, **dates, day_substitutions=days or None)
