"""Where a task notes what it submitted: Airflow's task state store, which later attempts of the task can read.

Airflow has it from 3.3 on. Before, a retried task finds its migration by looking in Canvas.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_canvas.client.jobs.submit_once import InMemoryStore, SubmissionStore, idempotency_key_from

if TYPE_CHECKING:
    from datetime import datetime

    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_canvas.client.jobs.job_requests import JobRequest

KEY = "canvas_submission"


class TaskStateStore:
    """The memory of a task's attempts, in its state store."""

    lasts: ClassVar[bool] = True

    def __init__(self, store: Any) -> None:
        self._store = store

    def recall(self) -> dict[str, Any] | None:
        """Return what was noted last, if anything was."""
        record = self._store.get(KEY)
        return record if isinstance(record, dict) else None

    def note(self, record: dict[str, Any]) -> None:
        """Keep ``record`` for as long as the task's other attempts may need it."""
        from airflow.sdk.execution_time.context import NEVER_EXPIRE

        self._store.set(KEY, record, retention=NEVER_EXPIRE)


def submission_store(context: Context) -> SubmissionStore:
    """Return the task's memory; one that forgets, where Airflow has none."""
    store = context.get("task_state_store")
    return InMemoryStore() if store is None else TaskStateStore(store)


def task_idempotency_key(context: Context) -> str:
    """Return the mark of what this task submits: the same for its retries, another once somebody cleared it.

    Clearing a task raises its ``max_tries``; retrying it does not.
    """
    ti = context["ti"]
    return idempotency_key_from(ti.dag_id, ti.run_id, ti.task_id, ti.map_index, getattr(ti, "max_tries", None))


def may_have_submitted(context: Context) -> bool:
    """Whether an earlier attempt of this task may have submitted something."""
    return context["ti"].try_number > 1 or submission_store(context).recall() is not None


def is_repeated(context: Context, job: JobRequest, retries: int | None) -> bool:
    """Whether an earlier attempt of this task may have submitted the job.

    Clearing a task sets its ``max_tries`` to ``retries`` more than the attempts that there were: what carries no mark
    is not to be confused with what one of those submitted. (What carries one cannot be, and is looked for anyway.)

    :param retries: The operator's.
    """
    ti = context["ti"]
    max_tries = getattr(ti, "max_tries", None)
    if job.keeps_idempotency_key or max_tries is None or retries is None:
        return bool(ti.try_number > 1)
    return bool(ti.try_number > max(max_tries - retries, 0) + 1)


def first_attempt_at(context: Context) -> datetime | None:
    """Return the earliest moment at which an attempt of this task can have submitted something."""
    started: datetime | None = getattr(context.get("dag_run"), "start_date", None)
    return started
