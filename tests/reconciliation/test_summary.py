"""Counts, percentages, verdicts, and when a task should fail."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_canvas.reconciliation import FAIL_IF_KEYS, Status, Summary, breaches, check_fail_if
from airflow_provider_canvas.reconciliation.statuses import MEANINGS
from airflow_provider_canvas.reconciliation.summary import percent
from tests.reconciliation.notation import rows_of

PASSED = ('page 1 "A"\npage 2 "B"', 'page 3 "A"\npage 4 "B"', "page 1 -> 3\npage 2 -> 4")
MISSING = ('page 1 "A"\npage 2 "B"', 'page 3 "A"', "page 1 -> 3")
ERROR = {"issue_type": "error", "workflow_state": "active"}
WARNING = {"issue_type": "warning", "workflow_state": "active"}


def summary_of(*courses, issues=()):
    return Summary.of(rows_of(*courses), issues)


class TestCounts:
    def test_by_type_and_status(self):
        """Rows are counted by asset type and status, and assets by side."""
        summary = summary_of('page 1 "A"\nfile 2 "f"', 'page 3 "A"\npage 9 "Z"', "page 1 -> 3")
        assert summary.count(Status.MATCHED, "pages") == summary.count(Status.MATCHED) == 1
        assert summary.types["files"].statuses == {Status.MISSING_IN_DESTINATION: 1}
        assert (summary.total.source, summary.total.destination, summary.total.expected) == (2, 2, 2)

    def test_courses_add_up(self):
        """The summary of a term is the sum of its courses'."""
        term = sum([summary_of(*PASSED, issues=[WARNING]), summary_of(*MISSING, issues=[WARNING, ERROR])])
        assert (term.courses, term.total.expected, term.total.arrived) == (2, 4, 3)
        assert term.issues == {"warning": 2, "error": 1}
        assert (str(term.verdict), term.coverage) == ("fail", 75.0)

    def test_as_dict(self):
        """What goes into an XCom is plain JSON, worst status first."""
        assert summary_of(*MISSING).as_dict() == {
            "verdict": "fail",
            "courses": 1,
            "coverage_percent": 50.0,
            "source_assets": 2,
            "destination_assets": 1,
            "expected_assets": 2,
            "arrived_assets": 1,
            "statuses": {"missing_in_destination": 1, "matched": 1},
            "issues": {},
        }


class TestPercent:
    @pytest.mark.parametrize(
        ("part", "whole", "shown"),
        [(0, 7, 0.0), (7, 7, 100.0), (99_999, 100_000, 99.9), (1, 100_000, 0.1), (1, 3, 33.3)],
    )
    def test_shown(self, part, whole, shown):
        """One decimal, and 100 or 0 only when it is exactly that."""
        assert percent(part, whole) == shown

    @settings(deadline=None)
    @given(st.integers(1, 10**9).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole))))
    def test_rounding_never_claims_success(self, numbers):
        """100 means all, and 0 means none, at every size."""
        part, whole = numbers
        assert (percent(part, whole) == 100) == (part == whole)
        assert (percent(part, whole) == 0) == (part == 0)


class TestVerdict:
    def test_pass(self):
        """Everything there and alike passes; what the destination has on its own does not matter."""
        source, destination, mapping = PASSED
        assert summary_of(source, destination + '\npage 9 "Mine"', mapping).verdict == "pass"

    def test_warn(self):
        """A change warns, and so does an open warning of Canvas's."""
        assert summary_of('page 1 "A"', 'page 3 "B"', "page 1 -> 3").verdict == "warn"
        assert summary_of(*PASSED, issues=[WARNING]).verdict == "warn"

    def test_fail(self):
        """A missing asset fails, and so does an open error of Canvas's."""
        assert summary_of(*MISSING).verdict == "fail"
        assert summary_of(*PASSED, issues=[ERROR]).verdict == "fail"

    def test_resolved_issues_do_not_count(self):
        """Canvas keeps resolved issues in its list."""
        assert summary_of(*PASSED, issues=[ERROR | {"workflow_state": "resolved"}]).verdict == "pass"

    def test_nothing_expected_is_no_success(self):
        """A selection of unknown ids copies nothing and completes: that is not a pass, and has no percentage."""
        rows = rows_of('page 1 "A"', "", selected={"pages": ["999"]})
        summary = Summary.of(rows)
        assert (summary.verdict, summary.coverage) == ("warn", None)

    def test_every_status_has_words(self):
        """No status is without a meaning, and no two share a symbol, so that colour is never needed."""
        assert set(MEANINGS) == set(Status)
        assert len({meaning.symbol for meaning in MEANINGS.values()}) == len(Status)


class TestFailIf:
    def test_count_above_its_threshold(self):
        """A count fails when it is greater than its threshold, not when it equals it."""
        summary = summary_of(*MISSING)
        assert breaches(summary, [], {"missing": 0}) == ["missing: 1 assets, at most 0 allowed"]
        assert breaches(summary, [], {"missing_in_destination": 1}) == []

    def test_issues(self):
        """Errors are counted apart, or with all the others; resolved ones never."""
        issues = [ERROR, WARNING, ERROR | {"workflow_state": "resolved"}]
        summary = summary_of(*PASSED, issues=issues)
        assert breaches(summary, issues, {"errors": 0, "issues": 1, "todos": 0}) == [
            "errors: 1 unresolved in Canvas, at most 0 allowed",
            "issues: 2 unresolved in Canvas, at most 1 allowed",
        ]

    def test_coverage(self):
        """Coverage is compared exactly, before it is rounded for people."""
        summary = summary_of(*MISSING)
        (message,) = breaches(summary, [], {"coverage_below": 50.1})
        assert message == "coverage_below: 1 of 2 expected assets arrived (50.0 %), at least 50.1 % are required"
        assert breaches(summary, [], {"coverage_below": 50}) == []

    def test_coverage_of_nothing(self):
        """Where nothing was expected there is no percentage to fall below."""
        assert breaches(summary_of("", ""), [], {"coverage_below": 100}) == []

    def test_every_key_is_understood(self):
        """Each key that is advertised can be used."""
        assert breaches(summary_of(*PASSED), [], dict.fromkeys(FAIL_IF_KEYS, 100)) == []

    def test_unknown_key(self):
        """A misspelt key is refused with the one that was meant."""
        with pytest.raises(ValueError, match="did you mean 'mapped_but_deleted'"):
            check_fail_if({"maped_but_deletd": 0})

    @pytest.mark.parametrize("limit", [True, "0", -1, None, float("nan")])
    def test_what_is_no_threshold(self, limit):
        """A threshold is a number from 0."""
        with pytest.raises(ValueError, match="write a number from 0"):
            check_fail_if({"missing": limit})
