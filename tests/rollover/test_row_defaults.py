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
    skips = {"importer_skips": ["visibility_settings"]}
    assert check_defaults({"old_start_date": "", "new_start_date": None, **skips}) == skips


@pytest.mark.parametrize("name", ["start", "source_course_id", "destination", 7])
def test_other_names_are_refused(name: Any) -> None:
    """The error lists the parameters of the copy; a course is none."""
    with pytest.raises(CanvasInputError, match=r"defaults has .*write names of .*new_start_date"):
        check_defaults({name: "x"})


@pytest.mark.parametrize(
    ("defaults", "problem"),
    [
        ({"new_start_date": "8/24/2026"}, "new_start_date is '8/24/2026': write 2026-08-24"),
        ({"remove_dates": "perhaps"}, "remove_dates is 'perhaps': write True or False"),
        ({"select": "pagez: 1"}, "Did you mean 'pages'"),
        ({"new_start_date": "2026-12-01", "new_end_date": "2026-08-01"}, "is before new_start_date"),
        ({"remove_dates": True, "new_start_date": "2026-12-01"}, "exclude"),
    ],
)
def test_values_are_checked_once(defaults: dict[str, Any], problem: str) -> None:
    """A wrong default is reported as one of the defaults, and not as a mistake of each row."""
    with pytest.raises(CanvasInputError, match=r"defaults cannot be used: ") as raised:
        read_copies([{"source": 1, "destination": 2}, {"source": 1, "destination": 3}], defaults=defaults)
    assert problem in str(raised.value)
    assert "row" not in str(raised.value)


SHIFT = {**DATES, "day_substitutions": {"1": 2}, "shift_dates": True}


@pytest.mark.parametrize(
    ("row", "defaults", "parameters"),
    [
        ({"remove_dates": True}, SHIFT, {"remove_dates": True}),
        ({"Remove Dates": "TRUE"}, SHIFT, {"remove_dates": True}),
        ({"remove_dates": "1.0", "new_start_date": ""}, DATES, {"remove_dates": True}),
        ({"remove_dates": False}, DATES, {"remove_dates": False, **DATES}),
        ({"shift_dates": False}, DATES, {"shift_dates": False}),
        ({"shift_dates": "0"}, {**SHIFT, "importer_skips": "visibility_settings"},
         {"shift_dates": False, "importer_skips": ["visibility_settings"]}),
        ({"shift_dates": True}, {"remove_dates": True}, {"shift_dates": True}),
        ({"new_end_date": "2026-12-11"}, {"remove_dates": True}, {"new_end_date": "2026-12-11"}),
        ({"day_substitutions": "1:2"}, {"remove_dates": "true"}, {"day_substitutions": {"1": 2}}),
        ({"new_end_date": "2026-12-11"}, DATES, {**DATES, "new_end_date": "2026-12-11"}),
        ({"old_end_date": "2026-05-01"}, DATES, {**DATES, "old_end_date": "2026-05-01"}),
        ({}, {"remove_dates": True}, {"remove_dates": True}),
    ],
)  # fmt: skip
def test_dates_of_a_row_and_of_the_defaults(
    row: dict[str, Any], defaults: dict[str, Any], parameters: dict[str, Any]
) -> None:
    """A row with some dates gets the others; one that removes or keeps its dates gets no default that shifts them."""
    (request,) = read_copies([{"source": 1, "destination": 2, **row}], defaults=defaults)
    assert request.parameters == parameters


def test_a_row_that_removes_and_shifts_dates() -> None:
    """The error names what the row has, and not a parameter that it has not."""
    row = {"source": 1, "destination": 2, "remove_dates": True, "new_start_date": "2026-08-24"}
    with pytest.raises(CanvasInputError, match="row 1: remove_dates and new_start_date exclude each other"):
        read_copies([row])


def test_read_copies() -> None:
    """The requests have the dates of the row, and else the defaults."""
    rows = [{"source": 1, "destination": 2}, {"source": 1, "destination": 3, "new_start_date": "2026-09-01"}]
    first, second = read_copies(rows, defaults=DATES)
    assert first.parameters["new_start_date"].startswith("2026-08-24")
    assert second.parameters["new_start_date"].startswith("2026-09-01")
    assert second.parameters["old_start_date"].startswith("2026-01-12")
