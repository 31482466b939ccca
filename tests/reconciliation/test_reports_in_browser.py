"""The reports of a term and of stale links in a real browser: many rows, filter, sort, CSV, hostile texts."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from airflow_provider_canvas.reconciliation.links.stale_link import Problem, Witness
from airflow_provider_canvas.reconciliation.report.html import render_html
from airflow_provider_canvas.reconciliation.term_report.view import MAX_UNFOLDED
from tests.reconciliation.notation import reconciled
from tests.reconciliation.stale_links import stale_link
from tests.reconciliation.term_rows import CANVAS, asset, copied, lacking, link, mixed_term, render_rows
from tests.support.browser import exported, open_page

ROWS = 3000
HOSTILE = "=1+1</script><script>alert(1)</script><img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def report() -> str:
    """Return the report of a term with many sections, rendered once."""
    return render_rows(*mixed_term(ROWS))


def test_thousands_of_sections(tab: Page, tmp_path: Path, report: str) -> None:
    """Few rows are in the document, whatever is filtered and sorted, and all are found."""
    open_page(tab, tmp_path, report)
    sections = tab.locator("#sections")
    rows = sections.locator("tbody tr")
    expect(sections.locator("output")).to_have_text("3,000 rows")
    assert rows.count() == MAX_UNFOLDED
    assert rows.first.locator(".state").inner_text() == "Not whole"
    sections.get_by_role("combobox", name="State").select_option("Not copied")
    expect(sections.locator("output")).to_have_text("60 of 3,000 rows")
    sections.get_by_role("combobox", name="State").select_option("State: all")
    sections.get_by_role("combobox", name="Source").select_option("Template 11")
    expect(sections.locator("output")).to_have_text("250 of 3,000 rows")
    sections.get_by_role("combobox", name="Source").select_option("Source: all")
    sections.get_by_role("searchbox").fill("sec-02999")
    assert rows.count() == 1
    sections.get_by_role("searchbox").fill("")
    sections.get_by_role("button", name="Stale links").click()
    sections.get_by_role("button", name="Stale links").click()
    assert rows.first.locator("td").nth(5).inner_text() == "2"


def test_csv_of_sections(tab: Page, tmp_path: Path, report: str) -> None:
    """The CSV file has one column per fact, with numbers that a program can read, and the address of each report."""
    open_page(tab, tmp_path, report)
    tab.locator("#sections").get_by_role("searchbox").fill("sec-00007")
    name, (heading, *rows) = exported(tab, "#sections")
    assert name == "canvas.example.edu_fall-2026_sections.csv"
    assert dict(zip(heading, rows[0], strict=True)) == {
        "State": "Not whole",
        "Section": "Section 7",
        "Section id": "2007",
        "Section SIS id": "SEC-00007",
        "Source": "Template 7",
        "Source id": "1007",
        "Source SIS id": "TMPL-7",
        "Arrived %": "95.0",
        "Missing": "2",
        "Stale links": "0",
        "Can be repaired": "0",
        "Edited since": "0",
        "Why": "2 missing; 1 deleted after the copy",
        "Details": "",
        "Report": (tmp_path / "course-2007.html").as_uri(),
    }


def test_csv_of_source_courses(tab: Page, tmp_path: Path, report: str) -> None:
    """The source courses have a filter and a file of their own, without the bars."""
    open_page(tab, tmp_path, report)
    tab.locator("#sources").get_by_role("searchbox").fill("tmpl-11")
    _, (heading, row) = exported(tab, "#sources")
    assert heading[:4] == ["Source", "Source id", "Source SIS id", "Sections"]
    assert row[:5] == ["Template 11", "1011", "TMPL-11", "250", "200"]


def test_a_report_of_a_section_opens(tab: Page, tmp_path: Path) -> None:
    """The link of a section leads to its own report beside that of the term."""
    (tmp_path / "course-2001.html").write_text("<title>Section 1</title>", encoding="utf-8")
    open_page(tab, tmp_path, render_rows([lacking(1)]))
    tab.locator("#sections").get_by_role("link", name="open").click()
    expect(tab).to_have_title("Section 1")


def test_dark_and_narrow(tab: Page, tmp_path: Path, report: str) -> None:
    """On a telephone with dark colours neither report is wider than the screen."""
    tab.set_viewport_size({"width": 390, "height": 800})
    tab.emulate_media(color_scheme="dark")
    for html in (report, course_report(5)):
        open_page(tab, tmp_path, html)
        assert tab.evaluate("document.documentElement.scrollWidth") <= 390


def test_hostile_texts(tab: Page, tmp_path: Path) -> None:
    """Names, titles and addresses with markup and formulas run neither in the page nor in a spreadsheet."""
    names = dict.fromkeys(("source_course_name", "dest_course_name"), HOSTILE)
    sections = [lacking(1, **names), copied(2, **names, state="failed", state_detail=HOSTILE)]
    assets, links = [asset(sections[0], source_title=HOSTILE)], [link(sections[0], place_title=HOSTILE)]
    open_page(tab, tmp_path, render_rows(sections, assets, links))
    for table in ("#sections", "#losses", "#links", "#sources"):
        assert f"'{HOSTILE}" in exported(tab, table)[1][1]
    assert tab.evaluate("document.scripts.length") == 1


def test_stale_links_of_a_course(tab: Page, tmp_path: Path) -> None:
    """The stale links of a course can be filtered by problem and repair, and have a CSV file with their places."""
    open_page(tab, tmp_path, course_report(200))
    links = tab.locator("#stale-links")
    expect(links.locator("output")).to_have_text("200 rows")
    links.get_by_role("combobox", name="Problem").select_option("Target is missing")
    expect(links.locator("output")).to_have_text("100 of 200 rows")
    links.get_by_role("combobox", name="Repair").select_option("can be repaired")
    expect(links.locator("output")).to_have_text("0 of 200 rows")
    links.get_by_role("combobox", name="Problem").select_option("Problem: all")
    links.get_by_role("searchbox").fill("assignments/7 ")
    _, (heading, *rows) = exported(tab, "#stale-links")
    cells = dict(zip(heading, rows[0], strict=True))
    assert cells["Link"] == "/courses/11/assignments/7"
    assert cells["Right target"] == "/courses/22/assignments/907"
    assert cells["Repair"] == "can be repaired"
    assert cells["Canvas's link validation"] == "Canvas does not report it"
    assert cells["Page"] == f"{CANVAS}/courses/22/pages/syllabus-quiz"
    links.get_by_role("searchbox").fill("")
    assert exported(tab, "[data-group=Status]")[1][0][0] == "Status"


def test_hostile_stale_link(tab: Page, tmp_path: Path) -> None:
    """An address from a text of Canvas is shown, and never runs or leads anywhere."""
    texts = dict.fromkeys(("place_title", "url", "link_text", "right_url", "detail"), HOSTILE)
    hostile = stale_link(place_url="javascript:alert(1)", **texts)
    open_page(tab, tmp_path, render_html(reconciled('page 1 "A"', 'page 2 "A"', "page 1 -> 2", stale_links=[hostile])))
    row = exported(tab, "#stale-links")[1][1]
    assert row.count(f"'{HOSTILE}") == 5
    assert tab.locator("#stale-links a").count() == 0
    assert tab.evaluate("document.scripts.length") == 1


def course_report(count: int) -> str:
    """Return the report of a course with stale links, of which every second can be repaired."""
    links = [
        stale_link(number, witness=Witness.CANVAS_SILENT)
        if number % 2
        else stale_link(number, Problem.TARGET_MISSING, right_url=None, witness=Witness.CANVAS_AGREES)
        for number in range(count)
    ]
    return render_html(reconciled('page 1 "A"', 'page 2 "A"', "page 1 -> 2", stale_links=links, checks=["links"]))
