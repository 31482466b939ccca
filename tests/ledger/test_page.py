"""``docs/ledger.md`` documents each table, each column and each state, and nothing else."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest
import sqlalchemy as sa

from airflow_provider_canvas.ledger.copy_row import BatchRow, CopyRow, IssueRow
from airflow_provider_canvas.ledger.states import IN_FLIGHT, SUCCEEDED, UNSUCCESSFUL, CopyState
from airflow_provider_canvas.ledger.tables import (
    COPY_COLUMNS,
    FORMAT_VERSION,
    LEDGER_KEY,
    RECONCILIATION_COLUMNS,
    copy_batch,
    copy_issue,
    copy_ledger,
)

PAGE = (Path(__file__).parents[2] / "docs" / "ledger.md").read_text(encoding="utf-8")
TABLES = {
    "canvas_copy_ledger": copy_ledger,
    "canvas_copy_batch": copy_batch,
    "canvas_copy_issue": copy_issue,
}


def first_cells(heading: str) -> list[str]:
    """Return the names in the first cells of the tables below a heading of the page."""
    section = re.split(rf"^## {re.escape(heading)}$", PAGE, flags=re.MULTILINE)[1].split("\n## ")[0]
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return [name for cell in cells for name in re.findall(r"`(\w+)`", cell) if cell.strip() != "`state`"]


@pytest.mark.parametrize("name", TABLES)
def test_every_column_is_documented(name):
    """The page has each column once."""
    columns = [column.name for column in TABLES[name](name, None).columns]
    documented = first_cells(f"Columns of `{name}`")
    assert sorted(documented) == sorted(columns)


def test_every_state_is_documented():
    """The page has each state once."""
    assert sorted(first_cells("States")) == sorted(CopyState)


def test_the_version_of_the_format_is_documented():
    """The page names the version that new rows have."""
    assert PAGE.count(f"format of the row; {FORMAT_VERSION} at present") == len(TABLES)


@pytest.mark.parametrize("name", TABLES)
def test_the_key_is_documented(name):
    """The page names the columns of each key."""
    table = TABLES[name](name, None)
    key = ", ".join(f"`{column.name}`" for column in sa.inspect(table).primary_key.columns)
    assert re.search(rf"^\| `{name}` \|.*\| {key} \|$", PAGE, re.MULTILINE)


def test_rows_have_the_columns_of_the_tables():
    """Each column of a table is a field of its row, apart from the key's first parts and the reconciliation."""
    assert {field.name for field in fields(CopyRow)} == {*COPY_COLUMNS, "dest_course_id"}
    ledger = {column.name for column in copy_ledger("t", None).columns}
    assert ledger == {*LEDGER_KEY, *COPY_COLUMNS, *RECONCILIATION_COLUMNS, "format_version"}
    batch = {column.name for column in copy_batch("t", None).columns}
    assert {field.name for field in fields(BatchRow)} == batch - {"canvas_instance", "format_version"}
    issue = {column.name for column in copy_issue("t", None).columns}
    assert {field.name for field in fields(IssueRow)} == issue - {"canvas_instance", "batch", "format_version"}


def test_groups_of_states():
    """No state is in two groups, and the others are not yet tried."""
    groups = [IN_FLIGHT, SUCCEEDED, UNSUCCESSFUL]
    assert sum(map(len, groups)) == len(frozenset().union(*groups))
    assert set(CopyState) - frozenset().union(*groups) == {"planned", "refused", "not_tried"}
