"""The report of a batch in a real browser: thousands of rows, filter, sort, CSV, hostile texts."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from airflow_provider_canvas.ledger.copy_row import IssueRow
from airflow_provider_canvas.ledger.states import CopyState
from airflow_provider_canvas.rollover.report.batch_report import MAX_UNFOLDED
from tests.rollover.batch_rows import CANVAS, copy_row, mixed_rows, render
from tests.support.browser import exported, open_page

ROWS = 3000


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the page of a batch with many rows, rendered once."""
    rows = mixed_rows(ROWS)
    issues = [
        IssueRow(content_migration_id=f"{row.row_number}", issue_id="1", dest_course_id=row.dest_course_id, **fields)
        for row in rows
        if row.state is CopyState.COMPLETED_WITH_ISSUES
        for fields in [{"issue_type": "warning", "description": f"Missing links in {row.dest_course_name}"}]
    ]
    return render(tmp_path_factory.mktemp("batch"), rows, issues)


def test_thousands_of_rows(tab: Page, tmp_path: Path, report: str) -> None:
    """Few rows are in the document, whatever is filtered and sorted, and all are found."""
    open_page(tab, tmp_path, report)
    copies = tab.locator("#copies")
    rows = copies.locator("tbody tr")
    expect(copies.locator("output")).to_have_text("3,000 rows")
    assert rows.count() == MAX_UNFOLDED
    assert rows.first.locator(".state").inner_text() == "Failed"
    copies.get_by_role("combobox", name="State").select_option("Refused")
    expect(copies.locator("output")).to_have_text("30 of 3,000 rows")
    copies.get_by_role("combobox", name="State").select_option("State: all")
    copies.get_by_role("searchbox").fill("sec-02999")
    assert rows.count() == 1
    copies.get_by_role("searchbox").fill("")
    copies.get_by_role("button", name="Ended (UTC)").click()
    assert rows.first.locator("td").first.inner_text() == "1"
    copies.get_by_role("button", name="Ended (UTC)").click()
    assert rows.first.locator("td").first.inner_text() == "3000"


def test_csv(tab: Page, tmp_path: Path, report: str) -> None:
    """The CSV file has one column per fact, labels too, and times and durations that a program can read."""
    open_page(tab, tmp_path, report)
    tab.locator("#copies").get_by_role("combobox", name="college").select_option("College 1")
    name, (heading, *rows) = exported(tab, "#copies")
    assert name == "canvas.example.edu_fall-2026_copies.csv"
    assert len(rows) == ROWS / 5
    row = dict(zip(heading, next(row for row in rows if row[0] == "11"), strict=True))
    assert row == {
        "Line": "11",
        "State": "Completed",
        "Source": "Template 11",
        "Source id": "1011",
        "Source SIS id": "TMPL-11",
        "Destination": "Section 11",
        "Destination id": "2011",
        "Destination SIS id": "SEC-00011",
        "Imports": f"{CANVAS}/courses/2011/content_migrations",
        "college": "College 1",
        "owner": "owner11@example.edu",
        "Submitted (UTC)": "2026-08-01T20:01:50Z",
        "Ended (UTC)": "2026-08-01T20:02:15Z",
        "Took": "25.0",
        "Tries": "1",
        "Issues": "0",
        "Details": "",
        "Canvas's message": "",
    }


def test_issues(tab: Page, tmp_path: Path, report: str) -> None:
    """The issues have a filter and a file of their own."""
    open_page(tab, tmp_path, report)
    tab.locator("#issues").get_by_role("searchbox").fill("4981")
    _, rows = exported(tab, "#issues")
    assert [row[:3] for row in rows[1:]] == [["warning", "4981", "Missing links in Section 2981"]]


def test_hostile_texts(tab: Page, tmp_path: Path) -> None:
    """Names, labels and messages with markup and formulas run neither in the page nor in a spreadsheet."""
    text = "=1+1</script><script>alert(1)</script><img src=x onerror=alert(1)>"
    row = copy_row(1, CopyState.FAILED, dest_course_name=text, error_message=text, labels={text: text})
    open_page(tab, tmp_path, render(tmp_path, [row]))
    heading, cells = exported(tab, "#copies")[1]
    assert f"'{text}" in heading
    assert cells.count(f"'{text}") == 3  # the destination, the label and the reason
    assert tab.evaluate("document.scripts.length") == 1


def test_dark_and_narrow(tab: Page, tmp_path: Path, report: str) -> None:
    """On a telephone with dark colours the page is not wider than the screen."""
    tab.set_viewport_size({"width": 390, "height": 800})
    tab.emulate_media(color_scheme="dark")
    open_page(tab, tmp_path, report)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
