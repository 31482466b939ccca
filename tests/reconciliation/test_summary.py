"""Counts, percentages, verdicts, and the thresholds of ``fail_if``."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_canvas.reconciliation import FAIL_IF_KEYS, Status, Summary, check_fail_if, exceeded_thresholds
from airflow_provider_canvas.reconciliation.differences import compared_fields
from airflow_provider_canvas.reconciliation.links.stale_link import Problem
from airflow_provider_canvas.reconciliation.rows import AssetRow
from airflow_provider_canvas.reconciliation.statuses import MEANINGS
from airflow_provider_canvas.reconciliation.summary import percent
from tests.reconciliation.notation import rows_of
from tests.reconciliation.stale_links import stale_link

PASSED = ('page 1 "A"\npage 2 "B"', 'page 3 "A"\npage 4 "B"', "page 1 -> 3\npage 2 -> 4")
MISSING = ('page 1 "A"\npage 2 "B"', 'page 3 "A"', "page 1 -> 3")
ERROR = {"issue_type": "error", "workflow_state": "active"}
WARNING = {"issue_type": "warning", "workflow_state": "active"}


def summary_of(*courses, issues=()):
    """Return the summary of two courses."""
    return Summary.from_rows(rows_of(*courses), issues)


class TestCounts:
    def test_by_type_and_status(self):
        """Rows are counted by asset type and status, assets by side."""
        summary = summary_of('page 1 "A"\nfile 2 "f"', 'page 3 "A"\npage 9 "Z"', "page 1 -> 3")
        assert summary.count(Status.MATCHED, "pages") == summary.count(Status.MATCHED) == 1
        assert summary.types["files"].statuses == {Status.MISSING_IN_DESTINATION: 1}
        assert (summary.total.source, summary.total.destination, summary.total.expected) == (2, 2, 2)

    def test_courses_add_up(self):
        """The summary of a term is the sum of the summaries of its courses."""
        term = sum([summary_of(*PASSED, issues=[WARNING]), summary_of(*MISSING, issues=[WARNING, ERROR])])
        assert isinstance(term, Summary)
        assert (term.courses, term.total.expected, term.total.arrived) == (2, 4, 3)
        assert term.issues == {"warning": 2, "error": 1}
        assert (str(term.verdict), term.coverage) == ("fail", 75.0)

    def test_as_dict(self):
        """The summary for an XCom has only JSON types, with the worst status first, and says what was compared."""
        summary = summary_of(*MISSING).as_dict()
        assert summary.pop("compared") == compared_fields()
        assert summary == {
            "verdict": "fail",
            "courses": 1,
            "coverage_percent": 50.0,
            "source_assets": 2,
            "destination_assets": 1,
            "expected_assets": 2,
            "arrived_assets": 1,
            "changed_since_copy": 0,
            "statuses": {"missing_in_destination": 1, "matched": 1},
            "issues": {},
            "stale_links": {},
            "repairable_links": 0,
        }

    def test_types_without_a_mapping(self):
        """Rows of types that Canvas's mapping lacks count in the statuses and the verdict, not in the coverage."""
        rubrics = [
            AssetRow(
                asset_type="rubrics",
                asset_key=f"source:{number}",
                status=status,
                detail="",
                in_source=True,
                in_destination=status is Status.MATCHED,
                changed_since_copy=changed,
            )
            for number, status, changed in [(1, Status.MATCHED, True), (2, Status.MISSING_IN_DESTINATION, None)]
        ]
        course = Summary.from_rows([*rows_of(*PASSED), *rubrics])
        assert (str(course.verdict), course.coverage) == ("fail", 100)
        assert (
            course.count(Status.MISSING_IN_DESTINATION) == course.count(Status.MISSING_IN_DESTINATION, "rubrics") == 1
        )
        assert course.changed_since_copy == 1
        whole = course + summary_of(*PASSED)
        assert (whole.types["rubrics"].rows, whole.total.expected) == (2, 2 * summary_of(*PASSED).total.expected)

    def test_stale_links(self):
        """Stale links are counted by problem, a course that has one does not pass, and questions are not repaired."""
        ends = [("pages", None), ("pages", "/courses/2/pages/a"), ("quiz_questions", "/courses/2/pages/a")]
        links = [stale_link(0, Problem.PLACEHOLDER, place_type=kind, right_url=url) for kind, url in ends]
        course = Summary.from_rows(rows_of(*PASSED), (), links)
        assert (course.verdict, course.stale_links, course.repairable_links) == ("warn", {"placeholder": 3}, 1)
        assert exceeded_thresholds(course, [], {"stale_links": 1, "repairable_links": 1, "changed_since_copy": 0}) == [
            "stale_links: 3 links that do not lead where they should, at most 1 allowed"
        ]
        term = course + course
        assert (term.stale_links, term.repairable_links) == ({"placeholder": 6}, 2)

    def test_replaced_and_renamed_assets_arrived(self):
        """An asset that Canvas renamed or that was replaced counts as arrived; one that was deleted does not."""
        replaced = summary_of('page 1 "A"', 'page 4 "A"', "page 1 -> 3")
        renamed = summary_of('page 1 "A"', 'page 3 "A-2"\npage 4 "A"', "page 1 -> 3")
        deleted = summary_of('page 1 "A"', "", "page 1 -> 3")
        assert [summary.coverage for summary in (replaced, renamed, deleted)] == [100, 100, 0]

    def test_assets_added_since_are_not_expected(self):
        """An asset that was added to the source after the copy neither lowers the coverage nor fails the course."""
        source = 'page 1 "A" created=2026-01-01T00:00:00Z\npage 2 "B" created=2026-02-01T00:00:00Z'
        rows = rows_of(source, 'page 3 "A"', "page 1 -> 3", copy_began_at=datetime(2026, 1, 15, tzinfo=UTC))
        summary = Summary.from_rows(rows)
        assert (summary.verdict, summary.coverage, summary.total.expected) == ("pass", 100, 1)
        assert exceeded_thresholds(summary, [], {"missing": 0, "coverage_below": 100}) == []


class TestPercent:
    @pytest.mark.parametrize(
        ("part", "whole", "percentage"),
        [(0, 7, 0.0), (7, 7, 100.0), (99_999, 100_000, 99.9), (1, 100_000, 0.1), (1, 3, 33.3)],
    )
    def test_rounding(self, part, whole, percentage):
        """A percentage has one decimal, and is 100 or 0 only if that is exact."""
        assert percent(part, whole) == percentage

    @settings(deadline=None)
    @given(st.integers(1, 10**9).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole))))
    def test_rounding_never_claims_success(self, numbers):
        """A percentage is 100 only for all, and 0 only for none."""
        part, whole = numbers
        assert (percent(part, whole) == 100) == (part == whole)
        assert (percent(part, whole) == 0) == (part == 0)


class TestVerdict:
    def test_pass(self):
        """A copy without differences passes; additional assets in the destination do not matter."""
        source, destination, mapping = PASSED
        assert summary_of(source, destination + '\npage 9 "Mine"', mapping).verdict == "pass"

    def test_warn(self):
        """A changed asset is a warning, and so is an unresolved warning of Canvas."""
        assert summary_of('page 1 "A"', 'page 3 "B"', "page 1 -> 3").verdict == "warn"
        assert summary_of(*PASSED, issues=[WARNING]).verdict == "warn"

    def test_fail(self):
        """A missing asset is a failure, and so is an unresolved error of Canvas."""
        assert summary_of(*MISSING).verdict == "fail"
        assert summary_of(*PASSED, issues=[ERROR]).verdict == "fail"

    def test_resolved_issues_do_not_count(self):
        """A resolved error does not count."""
        assert summary_of(*PASSED, issues=[ERROR | {"workflow_state": "resolved"}]).verdict == "pass"

    def test_nothing_expected(self):
        """A copy from which nothing is expected does not pass, and has no percentage."""
        rows = rows_of('page 1 "A"', "", selected={"pages": ["999"]})
        summary = Summary.from_rows(rows)
        assert (summary.verdict, summary.coverage) == ("warn", None)

    def test_every_status_has_a_meaning(self):
        """Each status has a meaning, and a symbol that no other status has."""
        assert set(MEANINGS) == set(Status)
        assert len({meaning.symbol for meaning in MEANINGS.values()}) == len(Status)


class TestFailIf:
    def test_count_above_its_threshold(self):
        """A count fails if it is greater than its threshold, not if it equals it."""
        summary = summary_of(*MISSING)
        assert exceeded_thresholds(summary, [], {"missing": 0}) == ["missing: 1 assets, at most 0 allowed"]
        assert exceeded_thresholds(summary, [], {"missing_in_destination": 1}) == []

    def test_issues(self):
        """Errors are counted alone or with the other issues; resolved ones are not counted."""
        issues = [ERROR, WARNING, ERROR | {"workflow_state": "resolved"}]
        summary = summary_of(*PASSED, issues=issues)
        assert exceeded_thresholds(summary, issues, {"errors": 0, "issues": 1, "todos": 0}) == [
            "errors: 1 unresolved in Canvas, at most 0 allowed",
            "issues: 2 unresolved in Canvas, at most 1 allowed",
        ]

    def test_coverage(self):
        """Coverage is compared before it is rounded."""
        summary = summary_of(*MISSING)
        (message,) = exceeded_thresholds(summary, [], {"coverage_below": 50.1})
        assert message == "coverage_below: 1 of 2 expected assets arrived (50.0 %), at least 50.1 % are required"
        assert exceeded_thresholds(summary, [], {"coverage_below": 50}) == []

    def test_coverage_of_nothing(self):
        """``coverage_below`` never fails if nothing was expected."""
        assert exceeded_thresholds(summary_of("", ""), [], {"coverage_below": 100}) == []

    def test_every_key(self):
        """Each key of ``FAIL_IF_KEYS`` is accepted."""
        assert exceeded_thresholds(summary_of(*PASSED), [], dict.fromkeys(FAIL_IF_KEYS, 100)) == []

    def test_unknown_key(self):
        """The error for a misspelt key suggests the nearest one."""
        with pytest.raises(ValueError, match="did you mean 'mapped_but_deleted'"):
            check_fail_if({"maped_but_deletd": 0})

    @pytest.mark.parametrize("limit", [True, "0", -1, None, float("nan")])
    def test_invalid_threshold(self, limit):
        """A threshold that is not a number from 0 is refused."""
        with pytest.raises(ValueError, match="write a number from 0"):
            check_fail_if({"missing": limit})
