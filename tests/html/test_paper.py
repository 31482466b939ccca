"""Reports on paper, printed by a real browser: everything unfolded, a head on each page of a table, nothing cut off."""

from __future__ import annotations

import io
from pathlib import Path

import pypdf
import pytest
from playwright.sync_api import Page

from airflow_provider_canvas.reconciliation.links.stale_link import Problem
from airflow_provider_canvas.reconciliation.report.html import render_html
from airflow_provider_canvas.repair.lines import ChangeLine
from airflow_provider_canvas.repair.report.repair_report import render_repair_report
from airflow_provider_canvas.repair.states import RepairState
from tests.reconciliation.notation import NOW, reconciled
from tests.reconciliation.stale_links import stale_link
from tests.reconciliation.term_rows import mixed_term, render_rows
from tests.rollover import batch_rows
from tests.support.browser import open_page

ROWS = 130

CANVAS = "https://canvas.example.edu"

A4_WIDTH = 704
"""The width of an A4 page in pixels, without its margins; a wide page is 1027 pixels wide."""

A4_HEIGHT = 1027


def course_report(folder: Path) -> str:
    """Return the report of a course with many assets, folded and not, and stale links."""
    pages = range(ROWS)
    source = "\n".join([*(f'page {n} "Kept {n}"' for n in pages), *(f'assignment {n} "Lost {n}"' for n in pages)])
    destination = "\n".join(f'page {1000 + n} "Kept {n}"' for n in pages)
    pairs = "\n".join(f"page {n} -> {1000 + n}" for n in pages)
    links = [stale_link(n, Problem.POINTS_TO_SOURCE if n % 2 else Problem.TARGET_MISSING) for n in pages]
    return render_html(reconciled(source, destination, pairs, stale_links=links, checks=["links"]))


def batch_report(folder: Path) -> str:
    """Return the report of a batch of many copies."""
    return batch_rows.render(folder, batch_rows.mixed_rows(ROWS))


def term_report(folder: Path) -> str:
    """Return the report of a term of many sections."""
    return render_rows(*mixed_term(ROWS))


def repair_report(folder: Path) -> str:
    """Return the report of many repaired links."""
    lines = [
        ChangeLine(
            course_id="22",
            place_type="pages",
            place_id=str(number),
            field="body",
            ordinal=0,
            place_title=f"Page {number}",
            place_url=f"/courses/22/pages/page-{number}",
            attribute="href",
            link_text=f"Link {number}",
            problem="points_to_source",
            before=f"/courses/11/assignments/{number}",
            after=f"/courses/22/assignments/{900 + number}",
            state=RepairState.REPAIRED,
            detail="Changed.",
        )
        for number in range(ROWS)
    ]
    return "".join(
        render_repair_report(
            lines,
            canvas_instance="canvas.example.edu",
            base_url=CANVAS,
            run_id="manual__1",
            dry_run=False,
            undo=None,
            backup_path="s3://backups",
            reported_at=NOW,
        )
    )


REPORTS = {
    # report: (its maker, texts of its first and last row and of folded parts, headings of its long tables, wide)
    "course": (
        course_report,
        ("Kept 0", f"Kept {ROWS - 1}", f"Lost {ROWS - 1}", "assignments/128"),
        ("Destination", "Right target"),
        False,
    ),
    "batch": (batch_report, ("Section 1", f"SEC-{ROWS:05}", "Template 11"), ("Submitted (UTC)",), True),
    "term": (term_report, ("Section 1", f"SEC-{ROWS:05}", "Template 11"), ("Can be repaired",), True),
    "repair": (repair_report, ("Page 0", f"Page {ROWS - 1}"), ("Before",), True),
}


@pytest.mark.parametrize("report", REPORTS)
def test_paper(tab: Page, tmp_path: Path, report: str) -> None:
    """A printed report has every row, also of folded groups, and the head of a long table on each of its pages."""
    make, texts, headings, is_wide = REPORTS[report]
    open_page(tab, tmp_path, make(tmp_path))
    folded = tab.locator("details:not([open])").count()
    pages = pypdf.PdfReader(io.BytesIO(tab.pdf(format="A4", prefer_css_page_size=True))).pages
    printed = ["".join(page.extract_text().split()) for page in pages]  # a narrow cell breaks words
    assert [text for text in texts if not any("".join(text.split()) in page for page in printed)] == []
    heads = ["".join(heading.split()) for heading in headings]
    assert sum(any(head in page for head in heads) for page in printed) >= len(printed) - 4
    width, height = pages[0].mediabox.width, pages[0].mediabox.height
    assert (width > height) is is_wide
    tab.wait_for_function("(count) => document.querySelectorAll('details:not([open])').length === count", arg=folded)


@pytest.mark.parametrize("report", REPORTS)
def test_width_of_paper(tab: Page, tmp_path: Path, report: str) -> None:
    """No table is wider than a page, and no text has the colours of a dark screen."""
    make, _, _, is_wide = REPORTS[report]
    tab.emulate_media(media="print", color_scheme="dark")
    tab.set_viewport_size({"width": A4_HEIGHT if is_wide else A4_WIDTH, "height": 800})
    open_page(tab, tmp_path, make(tmp_path))
    cut = "[...document.querySelectorAll('table')].filter(t => t.getBoundingClientRect().right > innerWidth).length"
    assert tab.evaluate(cut) == 0
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert tab.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_symbols_on_paper(tab: Page, tmp_path: Path) -> None:
    """Each coloured part has a symbol and an edge, so that a printer without colours shows it, too."""
    tab.emulate_media(media="print")
    open_page(tab, tmp_path, course_report(tmp_path))
    for part in tab.locator(".legend .mark, .bars .bar span").all():
        assert part.inner_text().strip()
        assert part.evaluate("part => getComputedStyle(part).borderTopWidth") == "1px"
