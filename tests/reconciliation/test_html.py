"""The HTML report: its content and order, what it must never contain, and its labels."""

from __future__ import annotations

import base64
import hashlib
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_canvas.html.formats import format_duration
from airflow_provider_canvas.html.links import safe_link
from airflow_provider_canvas.reconciliation import Status
from airflow_provider_canvas.reconciliation.report.asset_links import asset_link
from airflow_provider_canvas.reconciliation.report.html import render_html
from airflow_provider_canvas.reconciliation.report.labels import format_shift
from airflow_provider_canvas.reconciliation.report.view import MAX_UNFOLDED
from tests.reconciliation.notation import COPY, reconciled
from tests.support.html_reader import Reader

GOLDEN = Path(__file__).parent / "golden" / "report.html"
CANVAS = "https://canvas.example.edu"

SOURCE = """
    page 1 "Introduction"
    page 2 "Week 1"
    page 3 "Lost"
    assignment 4 "Essay" points=10 due=2026-01-20T23:59:00Z
    announcement 5 "Welcome"
"""
DESTINATION = """
    page 11 "Introduction" slug=introduction-2
    assignment 14 "Essay" points=20 due=2026-07-07T22:59:00Z
    page 19 "Office hours"
"""
PAIRS = "page 1 -> 11\npage 2 -> 12\nassignment 4 -> 14"
SELECTED = {"pages": ["1", "2", "3"], "assignments": ["4"]}
ISSUES: list[dict[str, Any]] = [
    {
        "issue_type": "warning",
        "workflow_state": "active",
        "description": "Missing links found in imported content - Page body",
        "fix_issue_html_url": "/courses/22/pages/introduction-2",
        "error_message": "/courses/9/files/404/download?verifier=SECRET",
    },
    {"issue_type": "error", "workflow_state": "resolved", "description": "Solved", "fix_issue_html_url": None},
]


def page(source=SOURCE, destination=DESTINATION, pairs=PAIRS, **changed):
    """Return the page of a reconciliation."""
    return render_html(reconciled(source, destination, pairs, **changed))


class TestPage:
    def test_golden(self):
        """The page of a small course equals the stored one, without style and script; UPDATE_GOLDEN=1 renews it."""
        html = page(selected=SELECTED, issues=ISSUES)
        actual = re.sub(r"<(style|script)>.*?</\1>", r"<\1></\1>", html, flags=re.DOTALL)
        actual = re.sub(r"'sha256-[^']+'", "'sha256-'", actual)
        if os.environ.get("UPDATE_GOLDEN"):
            GOLDEN.parent.mkdir(exist_ok=True)
            GOLDEN.write_text(actual, encoding="utf-8")
        assert actual == GOLDEN.read_text(encoding="utf-8")

    def test_order(self):
        """The verdict comes first, then the assets that need review, Canvas's issues, and all other assets."""
        text = Reader(page(selected=SELECTED, issues=ISSUES)).text
        order = [
            "1 of 4 assets did not arrive.",
            "What arrived",
            "Needs review",
            "It arrived, and was deleted in the destination later.",
            "Issues that Canvas reported",
            "No action needed",
            "Matched: pages",
        ]
        places = [text.index(words) for words in order]
        assert places == sorted(places)

    def test_matched_rows_are_folded(self):
        """Matched assets are folded; missing ones are not."""
        reader = Reader(page(selected=SELECTED))
        assert "Introduction" in reader.folded
        assert "Introduction" not in reader.words
        assert "Lost" in reader.words

    def test_links_into_canvas(self):
        """Courses and existing assets are links, deleted ones are not; the links of issues have a host."""
        links = Reader(page(selected=SELECTED, issues=ISSUES)).links
        assert f"{CANVAS}/courses/11" in links
        assert f"{CANVAS}/courses/22/assignments/14" in links
        assert f"{CANVAS}/courses/22/pages/introduction-2" in links
        assert not [link for link in links if "/22/pages/week" in link or "/pages/12" in link]

    def test_links_have_the_base_url(self):
        """Links begin with the base URL of Canvas, also with http and a port."""
        assert "http://127.0.0.1:3000/courses/11" in Reader(page(canvas_url="http://127.0.0.1:3000/")).links

    def test_bars_have_descriptions(self):
        """The label of a bar lists its statuses and counts."""
        attributes = Reader(page(selected=SELECTED)).attributes
        labels = [value for _, name, value in attributes if name == "aria-label"]
        assert "Pages: 1 matched, 1 only in the destination, 1 deleted after the copy, 1 missing" in labels

    def test_facts_of_the_copy(self):
        """The page has the time and duration of the copy, and the shift of its due dates."""
        text = Reader(page()).text
        for words in ("Course Copy 77", "completed", "5 Jan 2026, 10:00 UTC", "4 min 12 s", "168 days later (1)"):
            assert words in text

    def test_every_status_has_a_colour(self):
        """The style sheet has a rule for each status."""
        html = page()
        assert [status for status in Status if f".{status}" not in html] == []

    def test_most_severe_issue_first(self):
        """Open errors come before open warnings, and resolved issues last, in any order of Canvas's list."""
        kinds = [("todo", "active"), ("error", "resolved"), ("warning", "active"), ("error", "active")]
        issues = [
            {"issue_type": kind, "workflow_state": state, "description": f"{kind} {state}"} for kind, state in kinds
        ]
        text = Reader(page(issues=issues)).text
        places = [text.index(f"{k} {s}") for k, s in (kinds[3], kinds[2], kinds[0], kinds[1])]
        assert places == sorted(places)

    def test_what_was_compared(self):
        """The page names the fields that were compared, by asset type, and says that texts were not."""
        text = Reader(page()).text
        assert "What was compared" in text
        assert "Quizzes title, points, published, quiz type, number of questions" in text
        assert "Texts, questions, dates" in text

    def test_long_messages_are_folded(self):
        """A long message of Canvas is folded under its length; a short one is shown."""
        issues = [ISSUES[0] | {"error_message": words} for words in ("x" * 3000, "short words")]
        reader = Reader(page(issues=issues))
        assert "Canvas's message (3,000 characters)" in reader.text
        assert "x" * 3000 in reader.folded
        assert "short words" in reader.words

    def test_nothing_to_compare(self):
        """A page is rendered without assets and without a migration."""
        reader = Reader(page("", "", "", content_migration={}))
        assert reader.open == []
        assert "There was nothing to compare." in reader.text

    def test_two_thousand_rows(self):
        """The page of a big course stays small: only the first rows are unfolded."""
        source = "\n".join(f'page {n} "Page {n}"' for n in range(1, 2001))
        html = page(source, "", "")
        reader = Reader(html)
        assert "2,000 of 2,000 assets did not arrive." in reader.text
        assert sum(word.startswith("Page ") for word in reader.words) == MAX_UNFOLDED
        assert sum(word.startswith("Page ") for word in reader.folded) == 2000 - MAX_UNFOLDED
        assert len(html) < 1_500_000


class TestSafety:
    NASTY = """'><script>alert(1)</script>&"{{ 7*7 }}"""

    def test_everything_is_escaped(self):
        """Titles, names, issues and ids never become markup."""
        issue = dict.fromkeys(("description", "error_message", "issue_type"), self.NASTY)
        result = reconciled('page 1 "A"', "", issues=[issue])
        course = replace(result.source, name=self.NASTY, sis_course_id=self.NASTY)
        row = replace(result.rows[0], source_title=self.NASTY, detail=self.NASTY)
        html = render_html(replace(result, source=course, destination=course, rows=[row], run_id=self.NASTY))
        reader = Reader(html)
        assert reader.open == []
        assert html.count("<script") == 1
        assert not [name for _, name, _ in reader.attributes if name.startswith("on")]
        assert reader.text.count(self.NASTY) == 11

    def test_nothing_is_fetched_and_only_our_script_runs(self):
        """The page has no image, font or import, and its policy allows only the script of the tables."""
        html = page(selected=SELECTED, issues=ISSUES)
        reader = Reader(html)
        assert not re.search(r"<img|<iframe|@import|url\(|@font-face", html)
        assert {value for tag, name, value in reader.attributes if name in ("src", "href") and tag != "a"} == {"data:,"}
        (script,) = re.findall("<script>(.*)</script>", html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"default-src 'none'; script-src 'sha256-{digest}'; style-src" in html

    def test_no_secret_is_shown(self):
        """Signed URLs lose their signature."""
        issue = ISSUES[0] | {"fix_issue_html_url": f"{CANVAS}/files/1?access_token=SECRET&page=2"}
        html = page('file 1 "https://h/f?verifier=SECRET"', "", "", issues=[issue])
        assert "SECRET" not in html
        assert f"{CANVAS}/files/1?page=2" in Reader(html).links

    @pytest.mark.parametrize(
        ("address", "link"),
        [
            ("/courses/22/pages/x", f"{CANVAS}/courses/22/pages/x"),
            ("https://other.example.edu/x", "https://other.example.edu/x"),
            ("javascript:alert(1)", None),
            (" JavaScript:alert(1)", None),
            ("java\nscript:alert(1)", None),
            ("javascript://h/%0aalert(1)", None),
            ("ftp://h/x", None),
            ("data:text/html,x", None),
            ("https://user:word@h/x", None),
            ("http://[", None),
            ("mailto:a@b", None),
            ("", None),
            (None, None),
        ],
    )
    def test_only_http_becomes_a_link(self, address, link):
        """An address with another scheme than http and https, or with a user, is not a link."""
        assert safe_link(CANVAS, address) == link

    def test_ids_in_links_are_quoted(self):
        """An id or slug cannot change the path of a link."""
        assert asset_link(CANVAS, "../9", "pages", "1", "a/../b?c") == f"{CANVAS}/courses/..%2F9/pages/a%2F..%2Fb%3Fc"
        assert asset_link(CANVAS, "22", "pages", "1", None) is None


class TestLabels:
    @pytest.mark.parametrize(
        ("courses", "issues", "sentence"),
        [
            (
                ('page 1 "A"', 'page 2 "A"', "page 1 -> 2"),
                [],
                "Everything arrived, without differences in what was compared.",
            ),
            (('page 1 "A"', 'page 2 "A"', "page 1 -> 2"), ISSUES[:1], "Everything arrived, but Canvas reports issues."),
            (
                ('page 1 "A"', 'page 2 "A"', "page 1 -> 2"),
                [{"issue_type": "error"}],
                "No asset is missing, but Canvas reports 1 error.",
            ),
            (('page 1 "A"', 'page 2 "B"', "page 1 -> 2"), [], "No asset is missing; 1 asset needs review."),
            (('page 1 "A"', "", ""), [], "1 of 1 asset did not arrive."),
            (('page 1 "A"', "", "page 1 -> 2"), [], "1 of 1 asset was deleted after the copy."),
            (
                ('page 1 "A"\npage 2 "B"\npage 3 "C"', "", "page 1 -> 4\npage 2 -> 5"),
                [],
                "1 of 3 assets did not arrive. 2 more were deleted after the copy.",
            ),
            (
                ('page 1 "A"', "", "page 1 -> 4"),
                [{"issue_type": "error"}],
                "0 of 1 expected asset is in the destination as copies. Canvas reports 1 unresolved issue.",
            ),
            (("", 'page 2 "B"', ""), [], "There was nothing to compare."),
        ],
    )
    def test_headline(self, courses, issues, sentence):
        """The headline has the verdict in one sentence."""
        assert sentence in Reader(page(*courses, issues=issues)).text

    @pytest.mark.parametrize(
        ("seconds", "text"),
        [(0, "0 s"), (59.6, "1 min 0 s"), (252, "4 min 12 s"), (7261, "2 h 1 min"), (-5, None), (None, None)],
    )
    def test_duration(self, seconds, text):
        """A duration has its two largest units; a negative one is None."""
        assert format_duration(seconds) == text

    def test_shift(self):
        """A shift is in days, later or earlier; None without a shift."""
        assert [format_shift(days) for days in (168, 1, -7, 0, None)] == [
            "168 days later",
            "1 day later",
            "7 days earlier",
            None,
            None,
        ]

    def test_mixed_shifts(self):
        """The facts list each shift of the due dates with its count, dates that did not move too."""
        source = "\n".join(f'assignment {n} "A{n}" due=2026-01-1{n}T12:00:00Z' for n in range(1, 5))
        destination = (
            source.replace("assignment ", "assignment 1").replace("2026-01", "2026-02").replace("02-14", "01-14")
        )
        pairs = "\n".join(f"assignment {n} -> 1{n}" for n in range(1, 5))
        assert "31 days later (3), unmoved (1)" in Reader(page(source, destination, pairs)).text

    def test_queue_time_of_a_minute_or_more_is_shown(self):
        """The page has the queue time of a copy if it was a minute or more."""
        assert "Queued for" not in page()
        assert "Queued for" in page(content_migration=COPY | {"created_at": "2026-01-05T09:00:00Z"})
