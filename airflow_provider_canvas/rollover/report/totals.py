"""Totals of a batch for its report, collected while the rows are read once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from airflow_provider_canvas.ledger.copy_row import CopyRow, IssueRow
from airflow_provider_canvas.ledger.states import UNSUCCESSFUL, CopyState
from airflow_provider_canvas.rollover.report.meanings import NEEDS_ADVICE

MAX_ISSUES = 2_000
"""How many issues a report lists. It counts all, and the table of issues has all."""


@dataclass
class SourceTotals:
    """The copies of one source.

    :param name: The name of the source, or its id if the name is not known.
    :param counts: Its copies by state.
    """

    name: str
    counts: Counter[CopyState] = field(default_factory=Counter)


@dataclass
class Totals:
    """Totals of all rows.

    :param counts: Copies by state.
    :param sources: Copies by source.
    :param reasons: For each state that needs a person, how often each reason occurs.
    :param labels: The names of the label columns, in the order in which they first occur.
    :param submitted: When copies were submitted.
    :param ended: When copies ended, and whether without success.
    :param seconds: Durations of the copies in Canvas.
    :param issues: Unresolved issues by type.
    :param repeated: The number of copies that were submitted more than once.
    :param started_by_other: The number of copies that another task or user had started.
    :param runs: The ids of the DAG runs that changed rows.
    """

    counts: Counter[CopyState] = field(default_factory=Counter)
    sources: dict[str, SourceTotals] = field(default_factory=dict)
    reasons: dict[CopyState, Counter[str]] = field(default_factory=lambda: {state: Counter() for state in NEEDS_ADVICE})
    labels: dict[str, None] = field(default_factory=dict)
    submitted: list[datetime] = field(default_factory=list)
    ended: list[tuple[datetime, bool]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    issues: Counter[str] = field(default_factory=Counter)
    repeated: int = 0
    started_by_other: int = 0
    runs: dict[str, None] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Iterable[CopyRow]) -> Totals:
        """Return the totals of rows, which are read once and not kept."""
        totals = cls()
        for row in rows:
            totals._add(row)
        return totals

    def _add(self, row: CopyRow) -> None:
        self.counts[row.state] += 1
        source = self.sources.setdefault(row.source_course_id, SourceTotals(""))
        source.name = source.name or row.source_course_name or row.source_sis_course_id or row.source_course_id
        source.counts[row.state] += 1
        if row.state in self.reasons and (reason := reason_of(row)):
            self.reasons[row.state][reason] += 1
        self.labels |= dict.fromkeys(row.labels)
        if row.submitted_at:
            self.submitted.append(row.submitted_at)
        if row.ended_at:
            self.ended.append((row.ended_at, row.state in UNSUCCESSFUL))
        if (seconds := seconds_of(row)) is not None:
            self.seconds.append(seconds)
        for kind, count in (("error", row.issues_error), ("warning", row.issues_warning), ("todo", row.issues_todo)):
            self.issues[kind] += count
        self.repeated += row.attempts > 1
        self.started_by_other += row.started_by_other
        if row.run and row.run.get("run_id"):
            self.runs[str(row.run["run_id"])] = None


def reason_of(row: CopyRow) -> str:
    """Return why a copy is in its state: the sentence of the plan, of the run, or Canvas's message."""
    if row.state is CopyState.REFUSED:
        return row.plan_detail or row.state_detail or row.plan_verdict or ""
    return row.state_detail or row.error_message or ""


def seconds_of(row: CopyRow) -> float | None:
    """Return how long a copy took, from its creation in Canvas to its end; None if it is not known."""
    began = row.created_at or row.submitted_at
    if not began or not row.ended_at or row.ended_at < began:
        return None
    return (row.ended_at - began).total_seconds()


@dataclass(frozen=True)
class IssueTotals:
    """The issues of all copies.

    :param count: The number of issues.
    :param descriptions: How often each pair of a type and a description occurs.
    :param first: The first issues.
    """

    count: int
    descriptions: Counter[tuple[str, str]]
    first: list[IssueRow]

    @classmethod
    def of(cls, issues: Iterable[IssueRow]) -> IssueTotals:
        """Return the totals of issues, of which the first are kept."""
        descriptions, first = Counter[tuple[str, str]](), list[IssueRow]()
        for issue in issues:
            descriptions[issue.issue_type or "todo", issue.description or ""] += 1
            if len(first) < MAX_ISSUES:
                first.append(issue)
        return cls(descriptions.total(), descriptions, first)
