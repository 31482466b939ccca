"""Values for columns that a row of the input leaves empty, such as the dates of the term."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from airflow_provider_canvas.api.content_migrations import ContentMigrations
from airflow_provider_canvas.api.course_copy import COPY_PARAMETERS, DATES, course_copy_params
from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.ids import redacted_repr
from airflow_provider_canvas.rollover.columns import column_of
from airflow_provider_canvas.rollover.input_rows import InputRow
from airflow_provider_canvas.rollover.row_values import PARSERS, boolean, is_absent, plain

_SHIFT_VALUES = (*DATES, "day_substitutions")
"""Parameters that shift dates as soon as one of them is set."""


def check_defaults(defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return the defaults that have a value, after a check.

    :param defaults: Values by column.
    :raises CanvasInputError: If a name is not that of a parameter of the copy, a value is not valid, or values do not
        fit together.
    """
    if not isinstance(defaults, Mapping):
        raise CanvasInputError("defaults is no dict: write a dict such as {'new_start_date': '2026-08-24'}.")
    unknown = [name for name in defaults if name not in COPY_PARAMETERS]
    if unknown:
        names = ", ".join(redacted_repr(name)[:80] for name in unknown[:5])
        raise CanvasInputError(f"defaults has {names}: write names of {', '.join(COPY_PARAMETERS)}.")
    values = {name: value for name, value in defaults.items() if not is_absent(value)}
    try:
        parsed = {name: PARSERS[name](name, plain(name, value)) for name, value in values.items()}
        ContentMigrations.create.check({"course_id": 2, **course_copy_params(1, parsed)})
    except CanvasInputError as error:
        raise CanvasInputError(f"defaults cannot be used: {error}") from None
    return values


def with_defaults(rows: Iterable[InputRow], defaults: Mapping[str, Any]) -> Iterator[InputRow]:
    """Yield rows whose empty and missing columns have the defaults. A row without any value stays empty.

    A row that removes dates, or does not shift them, gets no default of a shift, and a row that shifts dates none of
    ``remove_dates``.

    :param rows: The rows of the input.
    :param defaults: Values by column, from ``check_defaults``.
    """
    for number, row in rows:
        if isinstance(row, Mapping):
            filled = {name: value for name, value in row.items() if not is_absent(value)}
            present = {_column(name): value for name, value in filled.items()}
            settled = {*present, *_contradicted(present)}
            missing = {name: value for name, value in defaults.items() if name not in settled}
            yield number, {**filled, **missing} if filled and missing else row
        else:
            yield number, row


def _contradicted(row: Mapping[str | None, Any]) -> Iterator[str]:
    """Yield the parameters whose defaults contradict what a row says about its dates."""
    removes, shifts = _boolean(row, "remove_dates"), _boolean(row, "shift_dates")
    if removes or shifts is False:
        yield from _SHIFT_VALUES
    if removes:
        yield "shift_dates"
    elif shifts or any(name in row for name in _SHIFT_VALUES):
        yield "remove_dates"


def _boolean(row: Mapping[str | None, Any], name: str) -> bool | None:
    """Return a boolean of a row; ``None`` without one, and for one that is not valid, which the parser reports."""
    try:
        return boolean(name, row[name]) if name in row else None
    except CanvasInputError:
        return None


def _column(name: Any) -> str | None:
    """Return the column of a name; ``None`` for one that is not valid, which the parser of the rows reports."""
    try:
        return column_of(name)
    except (CanvasInputError, TypeError):
        return None
