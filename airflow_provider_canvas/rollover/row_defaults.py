"""Values for columns that a row of the input leaves empty, such as the dates of the term."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from airflow_provider_canvas.api.course_copy import COPY_PARAMETERS
from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.ids import redacted_repr
from airflow_provider_canvas.rollover.columns import column_of
from airflow_provider_canvas.rollover.input_rows import InputRow
from airflow_provider_canvas.rollover.row_values import is_absent


def check_defaults(defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return the defaults that have a value.

    :param defaults: Values by column.
    :raises CanvasInputError: If a name is not that of a parameter of the copy.
    """
    if not isinstance(defaults, Mapping):
        raise CanvasInputError("defaults is no dict: write a dict such as {'new_start_date': '2026-08-24'}.")
    unknown = [name for name in defaults if name not in COPY_PARAMETERS]
    if unknown:
        names = ", ".join(redacted_repr(name)[:80] for name in unknown[:5])
        raise CanvasInputError(f"defaults has {names}: write names of {', '.join(COPY_PARAMETERS)}.")
    return {name: value for name, value in defaults.items() if not is_absent(value)}


def with_defaults(rows: Iterable[InputRow], defaults: Mapping[str, Any]) -> Iterator[InputRow]:
    """Yield rows whose empty and missing columns have the defaults. A row without any value stays empty.

    :param rows: The rows of the input.
    :param defaults: Values by column, from ``check_defaults``.
    """
    for number, row in rows:
        if isinstance(row, Mapping):
            filled = {name: value for name, value in row.items() if not is_absent(value)}
            present = {_column(name) for name in filled}
            missing = {name: value for name, value in defaults.items() if name not in present}
            yield number, {**filled, **missing} if filled and missing else row
        else:
            yield number, row


def _column(name: Any) -> str | None:
    """Return the column of a name; ``None`` for one that is not valid, which the parser of the rows reports."""
    try:
        return column_of(name)
    except (CanvasInputError, TypeError):
        return None
