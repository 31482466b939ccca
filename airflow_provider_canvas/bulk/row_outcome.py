"""What became of a copy: from Canvas's record of its content migration, and its issues, to the row of the ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from airflow_provider_canvas.api.migration_issues import MigrationIssue
from airflow_provider_canvas.api.storable import storable_text
from airflow_provider_canvas.bulk.settings import BatchSettings
from airflow_provider_canvas.client.jobs.content_requests import WAITING_FOR_SELECTION
from airflow_provider_canvas.client.jobs.submission_record import SubmissionRecord
from airflow_provider_canvas.client.jobs.waiters import progress_id_of
from airflow_provider_canvas.client.migrations.issue_kinds import IssueClass, classify_issue
from airflow_provider_canvas.ledger.copy_row import CopyRow, IssueRow
from airflow_provider_canvas.ledger.states import CopyState
from airflow_provider_canvas.security.redaction import redact

NOT_STARTED = frozenset({"created", "queued"})
"""The states of a content migration that Canvas has accepted and not started."""

MAX_TEXT = 2000
"""Longest text of Canvas that is stored, in characters; the rest is cut off."""

MAX_REASONS = 3
"""How many issues the message of a failed copy quotes."""


def running_row(row: CopyRow, migration: Mapping[str, Any], settings: BatchSettings) -> CopyRow:
    """Return the row of a copy that Canvas has accepted and not ended."""
    workflow_state = str(migration.get("workflow_state"))
    state = CopyState.QUEUED if workflow_state in NOT_STARTED else CopyState.RUNNING
    progress_id = progress_id_of(migration)
    return _changed(
        row,
        settings,
        state,
        content_migration_id=str(migration["id"]),
        progress_id=row.progress_id if progress_id is None else str(progress_id),
        workflow_state=workflow_state,
        page_url=page_of(row, settings),
        **_times(migration),
    )


def ended_row(
    row: CopyRow,
    migration: Mapping[str, Any],
    issues: Sequence[IssueRow],
    settings: BatchSettings,
    ended_at: datetime | None = None,
) -> CopyRow:
    """Return the row of a copy that has ended.

    :param migration: Canvas's record.
    :param issues: Its issues.
    :param ended_at: When it ended; now, if that is not known.
    """
    state, detail = _state_and_detail(row, migration, issues, settings)
    counts = Counter(issue.issue_type for issue in issues if issue.workflow_state != "resolved")
    failed = state in (CopyState.FAILED, CopyState.BLOCKED)
    waits = migration.get("workflow_state") == WAITING_FOR_SELECTION
    return replace(
        _changed(running_row(row, migration, settings), settings, state),
        state_detail=detail,
        submission=row.submission if waits else seen_ended(row),
        ended_at=ended_at or datetime.now(UTC),
        issues_todo=counts["todo"],
        issues_warning=counts["warning"],
        issues_error=counts["error"],
        error_message=_reasons(issues) if failed else None,
    )


def without_issues(row: CopyRow, error: Exception) -> CopyRow:
    """Return the row of a copy that has ended with issues that Canvas does not let be read.

    :param error: Why not.
    """
    state = CopyState.COMPLETED_WITH_ISSUES if row.state is CopyState.COMPLETED else row.state
    detail = f"Its issues could not be read: {error} {row.state_detail or 'See them in Canvas.'}"
    return replace(row, state=state, state_detail=storable_text(redact(detail), MAX_TEXT))


def refused_row(row: CopyRow, message: str, advice: str, settings: BatchSettings, attempt: int) -> CopyRow:
    """Return the row of a copy that could not be submitted.

    :param message: Canvas's message, or that of the check that failed.
    :param advice: What to do about it.
    :param attempt: The number of the attempt.
    """
    text = storable_text(redact(message), MAX_TEXT)
    changed = _changed(row, settings, CopyState.FAILED)
    return replace(changed, attempts=attempt, state_detail=advice, error_message=text, ended_at=datetime.now(UTC))


def changed_row(row: CopyRow, settings: BatchSettings, state: CopyState, detail: str | None) -> CopyRow:
    """Return a row in another state, with a sentence that says why."""
    return replace(_changed(row, settings, state), state_detail=detail)


def seen_ended(row: CopyRow) -> dict[str, Any] | None:
    """Return the submission of a row whose end the task saw: a later attempt does not adopt the copy."""
    record = SubmissionRecord.from_json(row.submission)
    return None if record is None else replace(record, seen_ended=True).to_json()


def issue_rows(
    row: CopyRow, content_migration_id: str, issues: Sequence[MigrationIssue], base_url: str
) -> list[IssueRow]:
    """Return the rows of the issues of a copy, without secrets."""
    return [
        IssueRow(
            content_migration_id=content_migration_id,
            issue_id=str(issue.get("id")),
            dest_course_id=row.dest_course_id,
            issue_type=_text(issue.get("issue_type")),
            description=_text(issue.get("description")),
            workflow_state=_text(issue.get("workflow_state")),
            fix_issue_html_url=_address(issue.get("fix_issue_html_url"), base_url),
            error_message=_text(issue.get("error_message")),
            created_at=_time(issue.get("created_at")),
        )
        for issue in issues
    ]


def page_of(row: CopyRow, settings: BatchSettings) -> str:
    """Return the address of the page on which Canvas lists the imports of the destination."""
    return f"{settings.base_url}/courses/{row.dest_course_id}/content_migrations"


def _state_and_detail(
    row: CopyRow, migration: Mapping[str, Any], issues: Sequence[IssueRow], settings: BatchSettings
) -> tuple[CopyState, str | None]:
    match migration.get("workflow_state"):
        case "completed":
            return (CopyState.COMPLETED_WITH_ISSUES if issues else CopyState.COMPLETED), None
        case "failed" if _is_blocked(issues):
            return CopyState.BLOCKED, (
                "Nothing was imported: other migrations into the same course ran for too long. "
                f"{_next_attempt(row, settings)}"
            )
        case "failed":
            return CopyState.FAILED, f"What it had imported, if anything, stays there. {_next_attempt(row, settings)}"
    return CopyState.FAILED, (
        "It waits until its content is chosen, and imports nothing before that: choose it at "
        f"{page_of(row, settings)}. The next run waits for the same content migration."
    )


def _next_attempt(row: CopyRow, settings: BatchSettings) -> str:
    if not settings.retry_failed:
        return "A run with retry_failed=True submits it again."
    if row.attempts < settings.max_attempts:
        return "The next run submits it again."
    return f"It was submitted {row.attempts} times, as max_attempts allows: remove the cause, then raise max_attempts."


def _is_blocked(issues: Sequence[IssueRow]) -> bool:
    return any(
        classify_issue({"description": issue.description, "error_message": issue.error_message}).issue_class
        is IssueClass.BLOCKED_BY_RUNNING
        for issue in issues
    )


def _reasons(issues: Sequence[IssueRow]) -> str:
    """Return Canvas's reasons for a failed copy, the most severe first."""
    severity = {"error": 0, "warning": 1}
    ordered = sorted(issues, key=lambda issue: severity.get(issue.issue_type or "", 2))
    texts = [": ".join(filter(None, (issue.description, issue.error_message))) for issue in ordered[:MAX_REASONS]]
    return storable_text("; ".join(texts), MAX_TEXT) or "Canvas gave no reason."


def _changed(row: CopyRow, settings: BatchSettings, state: CopyState, **fields: Any) -> CopyRow:
    changed_at = row.state_changed_at if state is row.state else datetime.now(UTC)
    return replace(row, state=state, state_changed_at=changed_at, run=settings.run, **fields)


def _times(migration: Mapping[str, Any]) -> dict[str, datetime | None]:
    return {name: _time(migration.get(name)) for name in ("created_at", "started_at", "finished_at")}


def _time(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except (TypeError, ValueError):
        return None


def _text(value: Any) -> str | None:
    return None if value is None else storable_text(redact(str(value)), MAX_TEXT)


def _address(value: Any, base_url: str) -> str | None:
    text = _text(value)
    return f"{base_url}{text}" if text and text.startswith("/") else text
