"""One section of a term: the destination of a copy, whether it is whole, and why not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from airflow_provider_canvas.html.formats import format_count
from airflow_provider_canvas.ledger.states import IN_FLIGHT, SUCCEEDED, CopyState
from airflow_provider_canvas.reconciliation.statuses import Status, Verdict

_WAITING = IN_FLIGHT | {CopyState.PLANNED}


class SectionState(StrEnum):
    """The state of a section after the reconciliation of a term, in the order of the report."""

    NOT_WHOLE = "not_whole"
    NOT_COPIED = "not_copied"
    UNREADABLE = "unreadable"
    REVIEW = "review"
    NOT_RECONCILED = "not_reconciled"
    IN_PROGRESS = "in_progress"
    WHOLE = "whole"


@dataclass(frozen=True)
class StateMeaning:
    """The meaning of a section's state.

    :param symbol: One character, so that colour is never the only sign.
    :param label: The state in a few words.
    :param explanation: What happened.
    :param advice: What to do; empty if nothing needs to be done.
    """

    symbol: str
    label: str
    explanation: str
    advice: str = ""


SECTION_STATES: Mapping[SectionState, StateMeaning] = {
    SectionState.NOT_WHOLE: StateMeaning(
        "✕",
        "Not whole",
        "Content that the copy was to bring is missing or broken, or Canvas reports an error.",
        "Open the section's report: it names each missing asset and the reason. Copy what is missing again, or create "
        "it by hand. What is missing in many sections is in the list of the most frequent losses.",
    ),
    SectionState.NOT_COPIED: StateMeaning(
        "∅",
        "Not copied",
        "The copy into the section failed, was refused or cancelled, or was not tried.",
        "The details say why. Run the task that copies the batch again: it submits only what is missing.",
    ),
    SectionState.UNREADABLE: StateMeaning(
        "⊘",
        "Could not be compared",
        "Something of the copy could not be read: a course was deleted, the token may not see it, or Canvas no longer "
        "has the mapping.",
        "The details say what. Correct it, then run the reconciliation of the batch again: it tries them again.",
    ),
    SectionState.REVIEW: StateMeaning(
        "≠",
        "Needs review",
        "Everything arrived or was deleted later, but something differs from the source, or a link is stale.",
        "Repair the stale links first. Then open the section's report, and decide about each difference.",
    ),
    SectionState.NOT_RECONCILED: StateMeaning(
        "?",
        "Not reconciled yet",
        "The copy is complete, and nobody has compared it with its source yet.",
        "Run the reconciliation of the batch again: it compares only the sections that are left.",
    ),
    SectionState.IN_PROGRESS: StateMeaning(
        "…",
        "Copy in progress",
        "The copy is planned, or Canvas is still copying.",
        "Wait until the batch is copied, then run the reconciliation again.",
    ),
    SectionState.WHOLE: StateMeaning(
        "✓",
        "Whole",
        "Everything arrived, without differences in what was compared, and no stale link was found.",
    ),
}


@dataclass(frozen=True, kw_only=True)
class Section:
    """A section of the term, as the ledger has it.

    :param row_number: The line of the input of the batch.
    :param source_course_id: The id of the source course.
    :param source_name: The name of the source course; None if it is not known.
    :param source_sis_course_id: The SIS id of the source course.
    :param dest_course_id: The id of the section.
    :param dest_name: The name of the section; None if it is not known.
    :param dest_sis_course_id: The SIS id of the section.
    :param copy_state: The state of the copy.
    :param copy_detail: Why the copy is in this state; None without a reason.
    :param is_unreadable: Whether the copy could not be compared.
    :param unreadable: What could not be read; None if everything was read.
    :param verdict: The verdict of the reconciliation; None if this copy was not reconciled.
    :param coverage: The percentage of the expected assets that arrived; None if nothing was expected.
    :param expected: The number of assets that the copy was to bring.
    :param arrived: The number of assets that it brought.
    :param statuses: The number of assets by status, without zeros.
    :param errors: The number of unresolved errors that Canvas reports.
    :param other_issues: The number of other unresolved issues that Canvas reports.
    :param stale_links: The number of stale links; None if links were not checked.
    :param repairable_links: The number of stale links that a repair can change.
    :param changed_since_copy: The number of assets that were edited in the section after the copy.
    :param report_uri: Where the section's own report is; None without one.
    :param reconciled_at: When the section was compared.
    :param run_id: The DAG run that compared it.
    """

    row_number: int
    source_course_id: str
    source_name: str | None = None
    source_sis_course_id: str | None = None
    dest_course_id: str
    dest_name: str | None = None
    dest_sis_course_id: str | None = None
    copy_state: CopyState
    copy_detail: str | None = None
    is_unreadable: bool = False
    unreadable: str | None = None
    verdict: Verdict | None = None
    coverage: float | None = None
    expected: int = 0
    arrived: int = 0
    statuses: Mapping[Status, int] = field(default_factory=dict)
    errors: int = 0
    other_issues: int = 0
    stale_links: int | None = None
    repairable_links: int = 0
    changed_since_copy: int | None = None
    report_uri: str | None = None
    reconciled_at: datetime | None = None
    run_id: str | None = None

    @property
    def state(self) -> SectionState:
        """Whether the section is whole, and if not, what kind of attention it needs."""
        if self.copy_state in _WAITING:
            return SectionState.IN_PROGRESS
        if self.copy_state not in SUCCEEDED:
            return SectionState.NOT_COPIED
        if self.is_unreadable:
            return SectionState.UNREADABLE
        if self.verdict is None:
            return SectionState.NOT_RECONCILED
        if self.verdict is Verdict.FAIL:
            return SectionState.NOT_WHOLE
        return SectionState.REVIEW if self.verdict is Verdict.WARN or self.stale_links else SectionState.WHOLE

    @property
    def lost(self) -> int:
        """The number of assets that did not arrive, or arrived broken."""
        return self.statuses.get(Status.MISSING_IN_DESTINATION, 0) + self.statuses.get(Status.FAILED_QUIZ, 0)

    @property
    def reasons(self) -> list[str]:
        """Why the section is not whole, in a few words each, the most severe first; empty if it is whole."""
        if self.state in (SectionState.NOT_COPIED, SectionState.IN_PROGRESS):
            return [f"copy {self.copy_state.replace('_', ' ')}"]
        if self.verdict is None:
            return []
        reasons = [] if self.expected else ["there was nothing to compare"]
        reasons += [
            f"{self.statuses[status]:,} {status.meaning.label.lower()}"
            for status in Status
            if status.needs_review and self.statuses.get(status)
        ]
        if self.stale_links:
            repairable = f", {self.repairable_links:,} can be repaired" if self.repairable_links else ""
            reasons.append(f"{format_count(self.stale_links, 'stale link')}{repairable}")
        if self.errors:
            reasons.append(f"Canvas reports {format_count(self.errors, 'error')}")
        if self.other_issues:
            reasons.append(f"Canvas reports {format_count(self.other_issues, 'issue')}")
        return reasons
