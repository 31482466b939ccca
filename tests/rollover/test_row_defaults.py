"""Defaults for the rows of a batch, such as the dates of the term."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.rollover.input_rows import UnreadableRow
from airflow_provider_canvas.rollover.row_defaults import check_defaults, with_defaults
from airflow_provider_canvas.utils.copies_source import read_copies

DATES = {"old_start_date": "2026-01-12", "new_start_date": "2026-08-24"}


@pytest.mark.parametrize(
    ("row", "filled"),
    [
        ({"source": 1}, {"source": 1, **DATES}),
        ({"source": 1, "new_start_date": ""}, {"source": 1, **DATES}),
        ({"source": 1, "New start date": "2026-09-01"}, {"New start date": "2026-09-01", "new_start_date": None}),
        ({"source": 1, "New-Start-Date": "  "}, {"source": 1, **DATES}),
        ({"source": 1, "new_start_date": float("nan")}, {"source": 1, **DATES}),
        ({"source": "", "new_start_date": None}, {"new_start_date": None, "old_start_date": None}),
        ({"source": 1, "": 5}, {"source": 1, "": 5, **DATES}),
    ],
)
def test_rows_are_filled(row: dict[str, Any], filled: dict[str, Any]) -> None:
    """An empty or missing column gets the default, whatever its spelling; a row without any value stays empty."""
    ((number, result),) = with_defaults([(3, row)], DATES)
    assert number == 3
    assert isinstance(result, dict)
    assert {name: result.get(name) for name in filled} == filled


def test_unreadable_rows_are_kept() -> None:
    """A row that could not be read is reported by the parser, not changed here."""
    row = UnreadableRow("It has no end.")
    assert list(with_defaults([(1, row)], DATES)) == [(1, row)]


def test_blank_defaults_do_not_count() -> None:
    """An empty field of a form is no default."""
    assert check_defaults({"old_start_date": "", "new_start_date": None, "importer_skips": ["files"]}) == {
        "importer_skips": ["files"]
    }


@pytest.mark.parametrize("name", ["start", "source_course_id", "destination", 7])
def test_other_names_are_refused(name: Any) -> None:
    """The error lists the parameters of the copy; a course is none."""
    with pytest.raises(CanvasInputError, match=r"defaults has .*write names of .*new_start_date"):
        check_defaults({name: "x"})


def test_read_copies() -> None:
    """The requests have the dates of the row, and else the defaults."""
    rows = [{"source": 1, "destination": 2}, {"source": 1, "destination": 3, "new_start_date": "2026-09-01"}]
    first, second = read_copies(rows, defaults=DATES)
    assert first.parameters["new_start_date"].startswith("2026-08-24")
    assert second.parameters["new_start_date"].startswith("2026-09-01")
    assert second.parameters["old_start_date"].startswith("2026-01-12")
