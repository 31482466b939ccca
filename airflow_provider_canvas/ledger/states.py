"""The states of a copy in the ledger."""

from __future__ import annotations

from enum import StrEnum


class CopyState(StrEnum):
    """The state of a row of the ledger."""

    PLANNED = "planned"
    """The plan found nothing that stands against the copy. It is not submitted yet."""
    REFUSED = "refused"
    """The plan refuses the copy; ``plan_verdict`` and ``plan_detail`` say why. No request was sent for it."""
    ALREADY_PRESENT = "already_present"
    """The destination has the content already, so no copy is needed."""
    SUBMITTING = "submitting"
    """The request is about to be sent, or was sent and its response is not recorded. The next run finds out."""
    QUEUED = "queued"
    """Canvas accepted the copy, and has not started it."""
    RUNNING = "running"
    """Canvas works on the copy."""
    COMPLETED = "completed"
    """Canvas completed the copy without an issue."""
    COMPLETED_WITH_ISSUES = "completed_with_issues"
    """Canvas completed the copy and reported issues."""
    FAILED = "failed"
    """Canvas refused or failed the copy; ``error_message`` has Canvas's text."""
    BLOCKED = "blocked"
    """Canvas gave the copy up, because another migration into the same course did not end."""
    CANCELLED = "cancelled"
    """The copy was cancelled in Canvas."""
    NOT_TRIED = "not_tried"
    """The run ended before it submitted the copy. The next run submits it."""
    LOST = "lost"
    """The copy was submitted, and Canvas no longer has its content migration."""


IN_FLIGHT = frozenset({CopyState.SUBMITTING, CopyState.QUEUED, CopyState.RUNNING})
"""States of copies that Canvas may be working on."""

SUCCEEDED = frozenset({CopyState.COMPLETED, CopyState.COMPLETED_WITH_ISSUES, CopyState.ALREADY_PRESENT})
"""States in which the destination has the content."""

UNSUCCESSFUL = frozenset({CopyState.FAILED, CopyState.BLOCKED, CopyState.CANCELLED, CopyState.LOST})
"""States of copies that were tried without success. A later run may try them again."""
