"""The examples of ``docs/copies_input.md`` are read as the page says."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.rollover.columns import COLUMNS, column_of, is_label
from airflow_provider_canvas.rollover.input_rows import parse_copies
from airflow_provider_canvas.utils.copies_source import read_copies
from tests.support.snippets import ROOT, blocks_of

PATH = ROOT / "docs" / "copies_input.md"
PAGE = PATH.read_text(encoding="utf-8")


def block(language: str) -> str:
    """Return the block of a language."""
    (found,) = [each.code for each in blocks_of(PATH) if each.language == language]
    return found


def cells(heading: str, column: int) -> list[list[str]]:
    """Return the code in each cell of a column of the table below a heading."""
    table = re.split(r"\n(?!\|)", PAGE.split(heading, 1)[1].split("|", 1)[1])[0]
    rows = [row.split("|") for row in table.splitlines()[2:]]
    return [re.findall(r"`([^`]+)`", row[column]) for row in rows]


def test_the_csv_file(tmp_path: Path) -> None:
    """The file has three rows, the last one without dates."""
    (tmp_path / "fall.csv").write_text(block("csv"))
    first, second, third = read_copies(tmp_path / "fall.csv")
    assert first.parameters == {
        "new_start_date": "2026-08-24",
        "new_end_date": "2026-12-18",
        "day_substitutions": {"1": 2, "3": 4},
        "importer_skips": ["visibility_settings"],
    }
    assert (first.source_course_id, first.destination_course_id) == (1010, "sis_course_id:BIOL-1010-001")
    assert (second.line, second.labels) == (3, {"Department": "Biology"})
    assert (third.source_course_id, third.parameters) == ("sis_course_id:TMPL-BIOL1010", {})


def test_the_json_file(tmp_path: Path) -> None:
    """The array, and the same objects as JSON lines, have the same two rows."""
    (tmp_path / "fall.json").write_text(block("json"))
    (tmp_path / "fall.jsonl").write_text("\n".join(map(json.dumps, json.loads(block("json")))))
    array, lines = read_copies(tmp_path / "fall.json"), read_copies(tmp_path / "fall.jsonl")
    assert array == lines
    assert array[0].parameters == {"select": {"pages": [12, 13]}}


def test_the_query(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The query returns the sections of the term, with the columns that it names."""
    with closing(sqlite3.connect(tmp_path / "warehouse.db")) as database:
        database.execute("CREATE TABLE sections (master, section, starts, pages, department, term)")
        values = ("TMPL-BIOL1010", "BIOL-1010-001", "2026-08-24", "pages: 12", "Biology", "2026FA")
        database.execute("INSERT INTO sections VALUES (?, ?, ?, ?, ?, ?)", values)
        database.commit()
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", f"sqlite:///{tmp_path}/warehouse.db")
    (request,) = read_copies(block("sql"), sql_conn_id="warehouse")
    assert request.destination_course_id == "sis_course_id:BIOL-1010-001"
    assert request.parameters == {"new_start_date": "2026-08-24", "select": {"pages": [12]}}
    assert request.labels == {"Department": "Biology"}


def test_the_table_of_columns_is_complete() -> None:
    """Each column is in the table, under each of its names."""
    named = {name for names in (*cells("## Columns", 1), *cells("## Columns", 2)) for name in names}
    assert named == set(COLUMNS)


@pytest.mark.parametrize("row", range(9))
def test_the_values_of_the_table(row: int) -> None:
    """Each value that the table shows can be written into its columns."""
    names, values = cells("## Columns", 1)[row], cells("## Columns", 3)[row]
    for name in names:
        for value in values:
            shown = {"source": 1, "destination": 2, name: value}
            shown.pop({"source_course_id": "source", "destination_course_id": "destination"}.get(name, ""), None)
            assert len(parse_copies([(1, shown)])) == 1, (name, value)


def test_names_of_labels() -> None:
    """The names that the page calls misspelt are refused, and its labels are labels."""
    for name in ("start_date", "new start", "skips"):
        with pytest.raises(CanvasInputError, match="Did you mean"):
            column_of(name)
    for name in ("Department", "label_start_date", "course_name", "course_code", "course_title"):
        assert is_label(column_of(name))
    assert column_of("Source course ID") == "source_course_id"


@pytest.mark.parametrize("row", range(8))
def test_what_a_spreadsheet_makes(row: int) -> None:
    """The values that the page says are refused are refused, and the others are read."""
    values, result = cells("### CSV files", 1)[row], PAGE.split("| A spreadsheet makes")[1].splitlines()[row + 2]
    for value in values:
        is_date = "date" in result.split("|")[2]
        columns = {"new_start_date": value, "destination": 2} if is_date else {"destination": value}
        if "It is refused" in result:
            with pytest.raises(CanvasInputError):
                parse_copies([(1, {"source": 1, **columns})])
        else:
            assert len(parse_copies([(1, {"source": 1, **columns})])) == 1
