"""The HTML report of a batch: its content and order, and what it must never contain."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from airflow_provider_canvas.ledger.copy_row import CopyRow, IssueRow
from airflow_provider_canvas.ledger.states import CopyState
from airflow_provider_canvas.rollover.report.batch_report import MAX_UNFOLDED, render_batch_report
from airflow_provider_canvas.rollover.report.meanings import MEANINGS, NEEDS_ADVICE, label
from airflow_provider_canvas.rollover.report.time_line import draw_time_line
from tests.rollover.batch_rows import BEGAN, CANVAS, REPORTED, copy_row, make_ledger, mixed_rows, render
from tests.support.html_reader import Reader

TIMES, DASH = "\N{MULTIPLICATION SIGN}", "\N{EN DASH}"

HOSTILE = """'><script>alert(1)</script></script><img src=x onerror=alert(1)>&"{{ 7*7 }}"""


def issue(row: CopyRow, number: int = 1, **changed: str | None) -> IssueRow:
    fields = {
        "content_migration_id": "77",
        "issue_id": str(number),
        "dest_course_id": row.dest_course_id,
        "issue_type": "warning",
        "description": "Missing links",
        "workflow_state": "active",
        "fix_issue_html_url": f"/courses/{row.dest_course_id}/pages/week-1",
    }
    return IssueRow(**{**fields, **changed})


class TestContent:
    @pytest.mark.parametrize("state", list(CopyState))
    def test_every_state(self, tmp_path: Path, state: CopyState) -> None:
        """Each state has a bar, a colour and a line; a state that needs a person has advice and the reason."""
        row = copy_row(1, state, state_detail="Because of this.", plan_detail="Because of this.")
        html = render(tmp_path, [row, copy_row(2)])
        text = Reader(html).text
        assert re.search(rf"\.{state}\b[^{{}}]*{{ --is:", html)
        assert f'<td class="state {state}" data-symbol="{MEANINGS[state].symbol}">{label(state)}</td>' in html
        assert (MEANINGS[state].explanation in text) == (state in NEEDS_ADVICE)
        assert (f"1 {TIMES} Because of this." in text) == (state in NEEDS_ADVICE)
        assert "Section 1" in text

    def test_what_needs_a_person_comes_first(self, tmp_path: Path) -> None:
        """The lines are in the order of the states' severity, and then of the input."""
        rows = [copy_row(number, state) for number, state in enumerate(CopyState, 1)]
        html = render(tmp_path, [*rows, copy_row(50, CopyState.FAILED)])
        states = re.findall(r'<td class="state (\w+)"', html)
        assert states == ["failed", *(str(state) for state in MEANINGS)]
        assert html.index("Section 50<") > html.index("Section 9<")

    @pytest.mark.parametrize(
        ("states", "badge", "headline", "subline"),
        [
            (["completed", "completed"], "pass complete", "All 2 courses have their content.", "None failed"),
            (["completed", "already_present"], "pass complete", "All 2 courses", "None failed"),
            (["completed"], "pass complete", "The course has its content.", "None failed"),
            (["completed_with_issues"] * 2, "warn check", "All 2 courses", "2 completed with issues."),
            (["completed", "refused"], "warn check", "1 of 2 courses has their content.", "1 refused by the plan."),
            (["completed", "not_tried"], "warn check", "1 of 2 courses", "1 not tried."),
            (["completed", "failed", "lost"], "fail failures", "1 of 3 courses", "1 failed, 1 lost."),
            (["completed", "running"], "pass in progress", "1 of 2 courses", "1 in flight."),
            (["failed", "planned", "queued"], "fail in progress", "0 of 3 courses", "1 to be submitted, 1 in flight."),
            (["planned", "planned"], "pass planned", "0 of 2 courses have", "2 to be submitted."),
            ([], "pass complete", "The batch has no copies.", "None failed"),
        ],
    )
    def test_verdict(self, tmp_path: Path, states: list[str], badge: str, headline: str, subline: str) -> None:
        """The page begins with the verdict: a word, a sentence, and the numbers of all copies without content."""
        html = render(tmp_path, [copy_row(number, CopyState(state)) for number, state in enumerate(states, 1)])
        (found,) = re.findall(r'<section class="verdict (\w+)">\s*<p class="badge">([\w ]+)</p>', html)
        assert " ".join(found) == badge
        assert headline in Reader(html).text
        assert subline in Reader(html).text

    def test_share_is_rounded_down(self, tmp_path: Path) -> None:
        """One copy of 2,000 without content is not 100 %."""
        rows = [copy_row(number) for number in range(1, 2000)]
        assert "99.9 %" in Reader(render(tmp_path, [*rows, copy_row(2000, CopyState.FAILED)])).text

    def test_predicted_and_used(self, tmp_path: Path) -> None:
        """The page compares the requests, the cost and the duration that the plan predicted with what was used."""
        rows = [copy_row(1), copy_row(2)]
        noted = {"planned_requests": 1200, "planned_cost": 900.4, "planned_seconds": 60.0}
        html = render(tmp_path, rows, **noted, used_requests=1250, used_cost=1000.6)
        text = Reader(html).text
        assert "Requests 1,200 1,250" in text
        assert "Rate-limit cost 900 1,001" in text
        assert "First submission to last end 1 min 0 s 35 s" in text

    def test_without_a_prediction(self, tmp_path: Path) -> None:
        """Without a prediction the page has a dash, also for a batch in flight, whose duration is not known."""
        text = Reader(render(tmp_path, [copy_row(1), copy_row(2, CopyState.RUNNING)])).text
        assert f"First submission to last end {DASH} none {DASH} none" in text

    def test_labels_are_columns(self, tmp_path: Path) -> None:
        """Each label of a row has a column, also labels that only some rows have."""
        rows = [copy_row(1, labels={"college": "Arts"}), copy_row(2, labels={"owner": "pat"})]
        html = render(tmp_path, rows)
        assert re.findall(r"data-choices>(\w+)</th>", html)[1:] == ["college", "owner"]
        assert "<td>Arts</td><td></td>" in html
        assert "<td></td><td>pat</td>" in html

    def test_links_into_canvas(self, tmp_path: Path) -> None:
        """A line links to both courses and to the import page; what is no number is no link."""
        rows = [copy_row(1), copy_row(2, CopyState.REFUSED, dest_course_id="sis_course_id:X/../1 (line 2)")]
        links = Reader(render(tmp_path, rows)).links
        for path in ("1001", "2001", "2001/content_migrations"):
            assert f"{CANVAS}/courses/{path}" in links
        assert [link for link in links if link and "line" in link] == []

    def test_sources(self, tmp_path: Path) -> None:
        """Each source has a bar with its name; the one with most copies without content is first, many are folded."""
        rows = [copy_row(n, source_course_id=str(n), source_course_name=f"Source {n}") for n in range(1, 31)]
        rows[17] = copy_row(18, CopyState.FAILED, source_course_id="18", source_course_name="Source 18")
        reader = Reader(render(tmp_path, rows))
        labels = [value for _, name, value in reader.attributes if name == "aria-label"]
        assert labels[2] == "Source 18: 1 failed"
        assert len(labels) == 2 + 30
        assert "10 more sources" in reader.text

    def test_reasons_are_counted(self, tmp_path: Path) -> None:
        """The advice lists the most frequent reasons with their numbers, and says how many others there are."""
        rows = [copy_row(n, CopyState.FAILED, state_detail=f"Reason {max(n, 5)}") for n in range(1, 13)]
        text = Reader(render(tmp_path, rows)).text
        assert f"5 {TIMES} Reason 5" in text
        assert "3 other reasons: see the table." in text

    def test_issues(self, tmp_path: Path) -> None:
        """The issues are counted by type and description; errors are listed first, each with its course and page."""
        row = copy_row(1, CopyState.COMPLETED_WITH_ISSUES, content_migration_id="77", issues_warning=2, issues_error=1)
        issues = [issue(row, 1), issue(row, 2), issue(row, 3, issue_type="error", description="Item failed")]
        html = render(tmp_path, [row], issues)
        text = Reader(html).text
        assert "1 error, 2 warnings" in text
        assert f"2 {TIMES} warning Missing links" in text
        assert html.index("<span>Item failed</span>") < html.index("<span>Missing links</span>")
        assert f"{CANVAS}/courses/2001/pages/week-1" in Reader(html).links

    def test_most_lines_are_folded(self, tmp_path: Path) -> None:
        """The page shows the first lines of a big batch and folds the others; every line is there once."""
        html = render(tmp_path, mixed_rows(700))
        reader = Reader(html)
        assert reader.open == []
        assert sum(word.startswith("Section ") for word in reader.words) == MAX_UNFOLDED
        assert sorted(map(int, re.findall(r">Section (\d+)<", html))) == list(range(1, 701))
        assert len(html) < 700 * 900 + 60_000

    def test_parts(self, tmp_path: Path) -> None:
        """The page comes in parts, of which none holds a big share of it."""
        ledger = make_ledger(tmp_path, mixed_rows(1500))
        parts = list(render_batch_report(ledger, base_url=CANVAS, reported_at=REPORTED))
        assert max(map(len, parts)) < sum(map(len, parts)) / 5

    def test_empty_ledger(self, tmp_path: Path) -> None:
        """A batch that was never planned has a page, too."""
        reader = Reader(render(tmp_path, []))
        assert reader.open == []
        assert "The batch has no copies." in reader.text


class TestTimeLine:
    def test_curves(self) -> None:
        """The curves rise from the lower edge to the upper one; copies without success are at the time of their end."""
        submitted = [BEGAN, BEGAN + timedelta(seconds=50)]
        ended = [(BEGAN + timedelta(seconds=25), True), (BEGAN + timedelta(seconds=100), False)]
        line = draw_time_line(submitted, ended, None)
        assert line is not None
        assert line.submitted.startswith("M0,80 ")
        assert line.ended.startswith("M0,160 ")
        assert line.submitted.endswith("1000,0")
        assert line.ended.endswith("1000,0")
        assert line.failures == [250]
        assert "2 copies were submitted and 2 had ended" in line.description

    @pytest.mark.parametrize(("ended", "count"), [([], 0), ([(BEGAN, False)], 1)])
    def test_one_instant(self, ended: list[tuple[object, bool]], count: int) -> None:
        """A batch of one instant has a time line; so has one whose copies are all in flight, up to now."""
        line = draw_time_line([BEGAN], ended, REPORTED if not ended else None)
        assert line is not None
        assert f"1 copies were submitted and {count} had ended" in line.description

    def test_nothing_submitted(self) -> None:
        """A batch that was only planned has no time line."""
        assert draw_time_line([], [], None) is None


class TestSafety:
    def test_everything_is_escaped(self, tmp_path: Path) -> None:
        """Names, ids, labels, details, messages and issues never become markup."""
        texts = (
            "source_course_name source_sis_course_id dest_course_name dest_sis_course_id plan_verdict plan_detail"
            " state_detail error_message source_course_id dest_course_id"
        )
        fields = dict.fromkeys(texts.split(), HOSTILE)
        row = copy_row(1, CopyState.FAILED, **fields, labels={HOSTILE: HOSTILE}, content_migration_id="77")
        reported = issue(
            row, issue_type=HOSTILE, description=HOSTILE, error_message=HOSTILE, fix_issue_html_url=HOSTILE
        )
        html = render(tmp_path, [row], [reported])
        reader = Reader(html)
        assert reader.open == []
        assert html.count("<script") == 1
        assert "<img" not in html
        assert "49" not in reader.text.replace("7*7", "")
        assert not [name for _, name, _ in reader.attributes if name.startswith("on")]

    @pytest.mark.parametrize(
        "address", ["javascript:alert(1)", "data:text/html,x", "//other.example.edu/x", "https://u:p@h/"]
    )
    def test_only_safe_links(self, tmp_path: Path, address: str) -> None:
        """An address of the ledger with another scheme or a login does not become a link."""
        row = copy_row(1, dest_course_id="unknown", page_url=address, content_migration_id="77")
        links = Reader(render(tmp_path, [row], [issue(row, fix_issue_html_url=address)])).links
        assert all(
            str(link).startswith(("https://canvas.example.edu/", "https://other.example.edu/")) for link in links
        )

    @pytest.mark.parametrize(
        "secret",
        ["/files/1?verifier=S3CRET", "https://h/f?access_token=S3CRET", "https://user:S3CRET@h/x", f"7~{'S3CRET' * 8}"],
    )
    def test_no_secret_is_shown(self, tmp_path: Path, secret: str) -> None:
        """Signatures, tokens and logins that reached the ledger do not reach the page."""
        row = copy_row(1, CopyState.FAILED, error_message=secret, state_detail=secret, dest_course_name=secret)
        assert "S3CRET" not in render(tmp_path, [row], [issue(row, description=secret, fix_issue_html_url=secret)])

    def test_nothing_is_fetched(self, tmp_path: Path) -> None:
        """The page has no image, font or import, and a policy that forbids all of them."""
        html = render(tmp_path, mixed_rows(30))
        reader = Reader(html)
        assert not re.search(r"<img|<iframe|@import|url\(|@font-face", html)
        assert {value for tag, name, value in reader.attributes if name in ("src", "href") and tag != "a"} == {"data:,"}
        assert "default-src 'none'; script-src 'sha256-" in html
