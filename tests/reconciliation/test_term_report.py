"""The report of a term: whole sections and others, the reasons, the most frequent losses, and the links to reports."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import pytest
import sqlalchemy as sa

from airflow_provider_canvas.ledger.states import CopyState
from airflow_provider_canvas.reconciliation.links.stale_link import Problem
from airflow_provider_canvas.reconciliation.report.problems import PROBLEMS
from airflow_provider_canvas.reconciliation.statuses import Status
from airflow_provider_canvas.reconciliation.term_report.report_links import report_link
from airflow_provider_canvas.reconciliation.term_report.sections import SECTION_STATES, SectionState
from tests.reconciliation.term_rows import (
    CANVAS,
    asset,
    copied,
    lacking,
    link,
    linking,
    mixed_term,
    render,
    render_rows,
    whole,
    write,
)
from tests.support.html_reader import Reader

NASTY = """'><script>alert(1)</script>&"{{ 7*7 }}"""
NOTHING = "\N{EN DASH}"
TIMES = "\N{MULTIPLICATION SIGN}"


def part(html: str, name: str) -> Reader:
    """Return one part of the page: ``losses``, ``links``, ``sources`` or ``sections``."""
    section = re.search(rf'<section id="{name}".*?</section>', html, re.DOTALL)
    return Reader(section[0] if section else "")


def only_line(section: dict[str, Any]) -> str:
    """Return the text of the table of sections for a term with one section."""
    return part(render_rows([section]), "sections").text.partition("Why Report ")[2]


class TestSections:
    @pytest.mark.parametrize(
        ("section", "state", "reasons"),
        [
            (whole(1), SectionState.WHOLE, ""),
            (whole(1, stale_links=None, repairable_links=None), SectionState.WHOLE, ""),
            (whole(1, verdict="warn", expected_assets=0), SectionState.REVIEW, "there was nothing to compare"),
            (whole(1, verdict="warn", renamed=2, replaced=1), SectionState.REVIEW, "2 renamed by canvas; 1 replaced"),
            (whole(1, verdict="warn", mapped_but_deleted=3), SectionState.REVIEW, "3 deleted after the copy"),
            (whole(1, verdict="warn", issues_warning=2), SectionState.REVIEW, "Canvas reports 2 issues"),
            (linking(1, 2, 0), SectionState.REVIEW, "2 stale links"),
            (linking(1, 1, 1, verdict="pass"), SectionState.REVIEW, "1 stale link, 1 can be repaired"),
            (lacking(1, 4, failed_quiz=1), SectionState.NOT_WHOLE, "4 missing; 1 quiz failed"),
            (whole(1, verdict="fail", issues_error=1), SectionState.NOT_WHOLE, "Canvas reports 1 error"),
            (copied(1), SectionState.NOT_RECONCILED, ""),
            (whole(1, content_migration_id="9999"), SectionState.NOT_RECONCILED, ""),
            (whole(1, content_migration_id=None, state="already_present"), SectionState.WHOLE, ""),
            (
                whole(1, verdict="unreadable", unreadable="The destination was deleted."),
                SectionState.UNREADABLE,
                "The destination was deleted.",
            ),
            (whole(1, unreadable="rubrics, tabs"), SectionState.WHOLE, "not read: rubrics, course navigation"),
            (copied(1, state="failed", error_message="Unexpected error"), SectionState.NOT_COPIED, "copy failed"),
            (copied(1, state="refused", plan_detail="It has 14 pages."), SectionState.NOT_COPIED, "copy refused"),
            (copied(1, state="running"), SectionState.IN_PROGRESS, "copy running"),
            (copied(1, state="planned"), SectionState.IN_PROGRESS, "copy planned"),
        ],
    )
    def test_state_and_reasons(self, section: dict[str, Any], state: SectionState, reasons: str) -> None:
        """A section is whole only if it was compared, nothing differs and no link is stale; else the line says why."""
        line = only_line(section)
        assert line.startswith(SECTION_STATES[state].label)
        assert reasons in line
        if not reasons:
            assert line.endswith("open" if state is SectionState.WHOLE else NOTHING)

    def test_every_state_of_a_copy(self) -> None:
        """Each state of a copy gives a section one of the states of the report."""
        html = render_rows([copied(n, state=str(state)) for n, state in enumerate(CopyState)])
        labels = re.findall(r'<td class="state \w+" data-symbol=".">([^<]+)</td>', html[html.index('id="sections"') :])
        assert len(labels) == len(CopyState)
        assert set(labels) <= {meaning.label for meaning in SECTION_STATES.values()}

    def test_every_state_is_explained(self) -> None:
        """Each state has a symbol, a colour and an explanation, and all but one say what to do."""
        assert list(SECTION_STATES) == list(SectionState)
        assert len({meaning.symbol for meaning in SECTION_STATES.values()}) == len(SectionState)
        assert [state for state, meaning in SECTION_STATES.items() if not meaning.advice] == [SectionState.WHOLE]
        style = render_rows([]).partition("</style>")[0]
        assert [name for name in (*SectionState, *Status, *Problem) if f".{name}" not in style] == []

    def test_numbers_of_a_section(self) -> None:
        """A line has the coverage, the numbers of losses, stale links and later edits; unknown ones are a dash."""
        section = lacking(3, 2, stale_links=5, repairable_links=4, changed_since_copy=None)
        line = only_line(section)
        courses = "Section 3 2003 SEC-00003 Template 3 1003 TMPL-3"
        assert line == f"Not whole {courses} 95.0 2 5 4 {NOTHING} 2 missing; 5 stale links, 4 can be repaired open"

    def test_links_were_not_checked(self) -> None:
        """Without a check of links their numbers are unknown, which is not zero."""
        section = whole(1, stale_links=None, repairable_links=None, changed_since_copy=None)
        assert f"100.0 0 {NOTHING} {NOTHING} {NOTHING}" in only_line(section)

    def test_those_that_need_a_person_come_first(self) -> None:
        """Sections that lack the most come first, whole ones last."""
        sections = [whole(1), copied(2), linking(3), linking(4, 9), copied(5, state="lost"), lacking(6), lacking(7, 3)]
        html = render_rows(sections)
        assert re.findall(r">Section (\d)<", html[html.index('id="sections"') :]) == ["7", "6", "5", "4", "3", "2", "1"]


class TestHead:
    @pytest.mark.parametrize(
        ("sections", "headline", "subline", "badge"),
        [
            ([], "The batch has no sections.", "", "check"),
            ([whole(1)], "The section is whole.", "No asset is missing", "whole"),
            ([whole(1), whole(2)], "All 2 sections are whole.", "No asset is missing", "whole"),
            ([whole(1), linking(2)], "1 of 2 sections is whole.", "1 needs review.", "check"),
            (
                [whole(1), whole(2), lacking(3, 2), copied(4, state="failed")],
                "2 of 4 sections are whole.",
                "1 is not whole, 1 was not copied. 2 assets are missing or broken.",
                "losses",
            ),
            (
                [whole(1), whole(2, verdict="unreadable", unreadable="The source was deleted.")],
                "1 of 2 sections is whole.",
                "1 could not be compared.",
                "losses",
            ),
            ([whole(1), copied(2)], "1 of 2 sections is whole.", "1 is not reconciled yet.", "in progress"),
            ([copied(1, state="queued")], "0 of 1 section are whole.", "1 is being copied.", "in progress"),
        ],
    )
    def test_verdict(self, sections: list[dict[str, Any]], headline: str, subline: str, badge: str) -> None:
        """The headline says how many sections are whole, the line under it what is wrong with the others."""
        html = render_rows(sections)
        assert headline in Reader(html).text
        assert subline in Reader(html).text
        assert f'<p class="badge">{badge}</p>' in html

    def test_facts(self) -> None:
        """The facts say how much was compared and when, and how much of it arrived."""
        text = Reader(render_rows([whole(1), lacking(2, 1), linking(3, changed_since_copy=4), copied(4)])).text
        for words in (
            "Compared 3 of 4 sections",
            "From 2 Aug 2026, 06:00 UTC",
            "Assets that arrived 119 of 120 (99.2 %)",
            "Links checked in 3 sections",
            "Edited since the copy 4 assets in 1 section",
        ):
            assert words in text

    def test_what_to_do(self) -> None:
        """Each state that needs a person says what to do, with the most frequent reasons."""
        failed = [copied(n, state="failed", state_detail="Canvas refused it.") for n in (1, 2)]
        text = Reader(render_rows([*failed, lacking(3), lacking(4, failed_quiz=1)])).text
        assert f"2 {TIMES} Canvas refused it." in text
        assert f"2 {TIMES} Missing" in text
        assert f"1 {TIMES} Quiz failed" in text
        assert SECTION_STATES[SectionState.NOT_WHOLE].advice in text


class TestLosses:
    def test_most_frequent_first(self) -> None:
        """An asset that more sections lack comes first, with the number of sections that were compared; at most ten."""
        sections = [lacking(12 * n) for n in range(1, 9)] + [lacking(12 * n + 1) for n in range(1, 4)]
        assets = [asset(section, 1) for section in sections[:6]]
        assets += [asset(section, 2, Status.MAPPED_BUT_DELETED) for section in sections[8:]]
        assets += [asset(sections[0], n) for n in range(3, 20)]
        assets += [asset(section, 99, Status.MATCHED_CHANGED) for section in sections]
        reader = part(render_rows(sections, assets), "losses")
        assert "Essay 1 assignment Template 0 1000 TMPL-0 Missing 6 8 " in reader.text
        assert "Essay 2 assignment Template 1 1001 TMPL-1 Deleted after the copy 3 3 " in reader.text
        titles = [word for word in reader.words if word.startswith("Essay")]
        assert titles[:2] == ["Essay 1", "Essay 2"]
        assert len(titles) == 10
        assert f"{CANVAS}/courses/1000/assignments/1" in reader.links

    def test_only_of_this_batch(self) -> None:
        """Assets and links of other batches, other Canvases and copies that were not reconciled do not count."""
        other_batch, other_canvas = lacking(1, batch="spring"), lacking(2, canvas_instance="other.example.edu")
        sections = [other_batch, other_canvas, copied(3), lacking(4)]
        assets, links = ([make(section) for section in sections] for make in (asset, link))
        html = render_rows(sections, assets, links)
        assert part(html, "losses").text.count("Essay") == 1
        assert "In 1 section; 1 can be repaired." in Reader(html).text

    def test_a_loss_without_a_title(self) -> None:
        """An asset of a type and title that the report does not know has a line too."""
        section = lacking(1)
        lost = asset(section, 1, asset_type="new_things", source_title=None, source_asset_id=None)
        assert "(no title) new thing" in part(render_rows([section], [lost]), "losses").text


class TestStaleLinks:
    def test_by_problem(self) -> None:
        """Each problem has its numbers of links, sections and links that can be repaired, and says what to do."""
        sections = [linking(n) for n in range(1, 4)]
        links = [link(section, n, "placeholder") for section in sections for n in range(2)]
        links += [link(sections[0], 7, "target_missing", right_url=None)]
        text = Reader(render_rows(sections, (), links)).text
        assert "7 stale links. The right target of 6 is known" in text
        assert "Broken by the copy 6" in text
        assert "In 3 sections; 6 can be repaired." in text
        assert "In 1 section; none can be repaired." in text
        assert PROBLEMS[Problem.PLACEHOLDER].advice in text

    def test_most_frequent(self) -> None:
        """A place whose links are stale in many sections of a source course comes first."""
        sections = [linking(12 * n) for n in range(1, 5)]
        links = [link(section, n) for section in sections[:3] for n in range(2)]
        links += [link(sections[3], 0, place_title="Week 1", place_type="quiz_questions")]
        text = part(render_rows(sections, (), links), "links").text
        syllabus = text.index("Syllabus page Template 0 1000 TMPL-0 Leads to the source course 3 4 6 6")
        assert syllabus < text.index("Week 1 quiz question Template 0 1000 TMPL-0 Leads to the source course 1 4 1 0")

    def test_no_table_of_links(self) -> None:
        """A term whose links were never checked has a report without stale links."""
        assert "Stale links" not in part(render_rows([whole(1)], (), None), "links").text


def test_by_source_course() -> None:
    """Each source course has a line with its sections by state; those that lack the most come first."""
    sections = [whole(12), linking(24, 3, 2), lacking(1, 2), copied(13), copied(25, state="failed")]
    text = part(render_rows(sections), "sources").text
    assert "Template 1 1001 TMPL-1 3 " in text
    assert text.index("Template 1 ") < text.index("Template 0 ")
    assert re.search(r"Template 1 1001 TMPL-1 3 \S \S \S 0 0 1 1 0 1 0 2 0 0", text)
    assert re.search(r"Template 0 1000 TMPL-0 2 \S \S 1 1 0 0 0 0 0 0 3 2", text)


class TestLinksToReports:
    @pytest.mark.parametrize(
        ("section", "term", "link_to"),
        [
            ("/reports/a b.html", "/reports/term.html", "./a%20b.html"),
            ("/reports/courses/a.html", "/reports/term.html", "./courses/a.html"),
            ("/reports/a.html", "/reports/terms/fall/term.html", "../../a.html"),
            ("file:///reports/a.html", "/reports/term.html", "./a.html"),
            ("s3://aws_default@bucket/x/a.html", "s3://aws_default@bucket/x/term.html", "./a.html"),
            ("s3://other@bucket/x/a.html", "s3://aws_default@bucket/x/term.html", None),
            ("s3://bucket/x/a.html", "/reports/term.html", None),
            ("s3://bucket/x/a.html", None, None),
            ("/reports/a.html", None, None),
            ("https://files.example.edu/a.html", "s3://bucket/term.html", "https://files.example.edu/a.html"),
            ("https://files.example.edu/a.html?sig=1", "https://files.example.edu/t/term.html", "../a.html"),
            ("/reports/a#b?c:d.html", "/reports/term.html", "./a%23b%3Fc%3Ad.html"),
            ("/reports/javascript:alert(1)", "/reports/term.html", "./javascript%3Aalert%281%29"),
            ("javascript:alert(1)", None, None),
            ("javascript:alert(1)", "/reports/term.html", None),
            ("javascript:alert(1)", "term.html", "./javascript%3Aalert%281%29"),
            ("javascript://%0aalert(1)", "https://files.example.edu/term.html", None),
            ("https://user:word@files.example.edu/a.html", "/reports/term.html", None),
            (None, "/reports/term.html", None),
            ("", "", None),
        ],
    )
    def test_relative_or_absolute(self, section: str | None, term: str | None, link_to: str | None) -> None:
        """Reports in one storage have relative links, http addresses absolute ones, all others none."""
        assert report_link(section, term) == link_to

    def test_a_place_that_no_browser_opens(self) -> None:
        """A report in another storage is named without a link, and without the secrets of its address."""
        html = render_rows([whole(1, report_uri="s3://key:SECRET@bucket/a.html?token=SECRET")])
        assert "SECRET" not in html
        assert "bucket/a.html" in part(html, "sections").text

    def test_only_of_the_copy_that_was_compared(self) -> None:
        """A section whose later copy was not compared has no link to the report of the earlier one."""
        assert "open" not in only_line(whole(1, content_migration_id="9999")).split()


class TestSafety:
    def test_everything_is_escaped(self) -> None:
        """Names, titles, reasons and ids never become markup."""
        course_names = ("source_course_name", "source_sis_course_id", "dest_course_name", "dest_sis_course_id")
        names = dict.fromkeys(course_names, NASTY)
        sections = [
            lacking(1, **names, run_id=NASTY, report_uri=NASTY),
            copied(2, **names, state="failed", state_detail=NASTY),
            linking(3, source_course_id=NASTY, dest_course_id=NASTY, **names),
        ]
        assets = [asset(sections[0], source_title=NASTY, source_asset_id=NASTY, asset_type=NASTY)]
        links = [link(sections[2], place_title=NASTY, place_type=NASTY, right_url=NASTY)]
        html = render_rows(sections, assets, links)
        reader = Reader(html)
        assert reader.open == []
        assert html.count("<script") == 1
        assert not [name for _, name, _ in reader.attributes if name.startswith("on")]
        assert NASTY in reader.text
        assert "<img" not in html
        assert not [address for address in reader.links if "<" in address or "'" in address]

    def test_nothing_is_fetched(self) -> None:
        """The page has no image, font or import, and its policy allows only the script of the tables."""
        html = render_rows(*mixed_term(60))
        reader = Reader(html)
        assert not re.search(r"<img|<iframe|@import|url\(|@font-face", html)
        assert {value for tag, name, value in reader.attributes if name in ("src", "href") and tag != "a"} == {"data:,"}
        assert "default-src 'none'; script-src 'sha256-" in html


def test_same_page_from_both_databases(engine: sa.engine.Engine) -> None:
    """SQLite and PostgreSQL give the same page, with all sections of the batch, in few statements."""
    term = mixed_term(240)
    write(engine, *term)
    statements = []
    sa.event.listen(engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
    html = render(engine)
    assert html == render_rows(*term)
    assert len([each for each in statements if each.lstrip().startswith("SELECT") and "pg_catalog" not in each]) <= 4
    numbers = [int(number) for number in re.findall(r">SEC-(\d+)<", html[html.index('id="sections"') :])]
    assert sorted(numbers) == list(range(1, 241))
    assert len(numbers) == len(set(numbers))


def test_order_of_the_page() -> None:
    """The verdict comes first, then what to do, losses, stale links, source courses, and each section."""
    text = Reader(render_rows(*mixed_term(60))).text
    order = [
        "sections are whole.",
        "What to do",
        "Most frequent losses",
        "Most frequent stale links",
        "By source course",
        "Every section",
    ]
    assert all(text.index(first) < text.index(second) for first, second in pairwise(order))
