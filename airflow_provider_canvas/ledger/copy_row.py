"""The rows of the three tables of the ledger, as the code reads and writes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from airflow_provider_canvas.ledger.states import CopyState


@dataclass(frozen=True, kw_only=True)
class CopyRow:
    """A copy of a batch: what is to be copied where, and what became of it.

    :param dest_course_id: The number of the destination as text; as written in the input if Canvas does not know it.
        It is unique within a batch.
    :param source_course_id: The number of the source as text; as written in the input if Canvas does not know it.
    :param row_number: The line of the input, or the position in a list.
    :param source_sis_course_id: The SIS id of the source.
    :param source_course_name: The name of the source.
    :param dest_sis_course_id: The SIS id of the destination.
    :param dest_course_name: The name of the destination.
    :param dest_as_written: The destination as the input has it, such as ``sis_course_id:BIOL-1``.
    :param request: The copy's own parameters: dates, selection, settings.
    :param labels: The free columns of the input.
    :param plan_verdict: The verdict of the plan, such as ``will_copy``.
    :param plan_detail: The sentence and the advice of the plan.
    :param lane: The lane in which Canvas runs the copy, such as ``api``.
    :param state: The state of the copy.
    :param state_detail: Why it is in this state, and what to do, in one sentence.
    :param attempts: How often the copy was submitted.
    :param submission: The submission record, from which an interrupted submission is resumed.
    :param idempotency_key: The idempotency key of the submission.
    :param content_migration_id: The id of the content migration.
    :param progress_id: The id of its Progress.
    :param workflow_state: The state of the content migration in Canvas's words.
    :param started_by_other: Whether another task or user started the content migration.
    :param planned_at: When the copy was last planned.
    :param submitted_at: When the request of the last attempt was sent.
    :param created_at: When Canvas created the content migration.
    :param started_at: When Canvas started it.
    :param finished_at: What Canvas calls so; it is not the end of the copy.
    :param ended_at: When the copy ended.
    :param state_changed_at: When the state last changed.
    :param issues_todo: The number of unresolved issues of type ``todo``.
    :param issues_warning: The number of unresolved warnings.
    :param issues_error: The number of unresolved errors.
    :param error_message: Canvas's message if the copy failed.
    :param page_url: The address of the page of the destination's imports in Canvas.
    :param run: The task instance that last changed the row: ``dag_id``, ``run_id``, ``task_id``, ``map_index``,
        ``try_number``.
    """

    dest_course_id: str
    source_course_id: str
    row_number: int = 0
    source_sis_course_id: str | None = None
    source_course_name: str | None = None
    dest_sis_course_id: str | None = None
    dest_course_name: str | None = None
    dest_as_written: str | None = None
    request: Mapping[str, Any] = field(default_factory=dict)
    labels: Mapping[str, Any] = field(default_factory=dict)
    plan_verdict: str | None = None
    plan_detail: str | None = None
    lane: str | None = None
    state: CopyState = CopyState.PLANNED
    state_detail: str | None = None
    attempts: int = 0
    submission: Mapping[str, Any] | None = None
    idempotency_key: str | None = None
    content_migration_id: str | None = None
    progress_id: str | None = None
    workflow_state: str | None = None
    started_by_other: bool = False
    planned_at: datetime | None = None
    submitted_at: datetime | None = None
    created_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    ended_at: datetime | None = None
    state_changed_at: datetime | None = None
    issues_todo: int = 0
    issues_warning: int = 0
    issues_error: int = 0
    error_message: str | None = None
    page_url: str | None = None
    run: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class IssueRow:
    """An issue that Canvas reported for a copy.

    :param content_migration_id: The id of the content migration.
    :param issue_id: The id of the issue.
    :param dest_course_id: The number of the destination as text.
    :param issue_type: ``todo``, ``warning`` or ``error``.
    :param description: Canvas's description.
    :param workflow_state: ``active`` or ``resolved``.
    :param fix_issue_html_url: The address of the page where a user can mend it.
    :param error_message: Canvas's error message.
    :param created_at: When Canvas created the issue.
    """

    content_migration_id: str
    issue_id: str
    dest_course_id: str
    issue_type: str | None = None
    description: str | None = None
    workflow_state: str | None = None
    fix_issue_html_url: str | None = None
    error_message: str | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class BatchRow:
    """A batch: who works on it, what was planned for it, and what it used.

    :param batch: The name of the batch.
    :param created_at: When the batch was first written.
    :param lease_owner: The run that works on the batch; ``None`` if no run does.
    :param lease_until: When the lease of that run expires, by the clock of the database.
    :param options: The options of the last plan.
    :param planned_requests: How many requests the plan predicts.
    :param planned_cost: The rate-limit cost that the plan predicts.
    :param planned_seconds: The duration that the plan predicts.
    :param used_requests: How many requests all runs together sent.
    :param used_cost: The rate-limit cost that all runs together used.
    :param first_submitted_at: When the first copy was submitted.
    :param last_ended_at: When the last copy ended.
    """

    batch: str
    created_at: datetime | None = None
    lease_owner: str | None = None
    lease_until: datetime | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    planned_requests: int | None = None
    planned_cost: float | None = None
    planned_seconds: float | None = None
    used_requests: int = 0
    used_cost: float = 0.0
    first_submitted_at: datetime | None = None
    last_ended_at: datetime | None = None
