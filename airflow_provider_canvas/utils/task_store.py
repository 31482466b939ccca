"""Where a task stores what it submitted: Airflow's task state store, which later attempts of the task can read.

Airflow has this store from version 3.3 on. Before, a retried task searches Canvas for its job.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_canvas.client.jobs.submission_record import (
    InMemoryStore,
    SubmissionRecord,
    SubmissionStore,
    idempotency_key_from,
)

if TYPE_CHECKING:
    from datetime import datetime

    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_canvas.client.jobs.job_requests import JobRequest

SUBMISSION_KEY = "canvas_submission"
"""The key of the record of the job that a task submits."""

MAX_EARLIER_KEYS = 20
"""How many earlier submissions of a cleared task are recognized."""

SELECTION_KEY = "canvas_selection"
"""The key of the record of the selection that a task sends to its selective import."""


class TaskStateStore:
    """The task state store as a submission store.

    :param store: Airflow's.
    :param key: The key of the record.
    """

    def __init__(self, store: Any, key: str = SUBMISSION_KEY) -> None:
        self._store = store
        self._key = key
        self.persistent = True

    def get(self) -> SubmissionRecord | None:
        """Return the record that was stored last, if there is one.

        After a record that cannot be read, nothing says what was submitted: the store then counts as not persistent.
        """
        data = self._store.get(self._key)
        record = SubmissionRecord.from_json(data)
        if data is not None and record is None:
            self.persistent = False
        return record

    def set(self, record: SubmissionRecord) -> None:
        """Store a record for as long as the task's later attempts may need it."""
        from airflow.sdk.execution_time.context import NEVER_EXPIRE

        self._store.set(self._key, record.to_json(), retention=NEVER_EXPIRE)


def submission_store(context: Context, key: str = SUBMISSION_KEY) -> SubmissionStore:
    """Return the task's submission store; an in-memory one where Airflow has no task state store.

    :param key: The key of the record.
    """
    store = context.get("task_state_store")
    return InMemoryStore() if store is None else TaskStateStore(store, key)


def task_idempotency_key(context: Context) -> str:
    """Return the idempotency key of what this task submits: the same for its retries, another after it was cleared.

    Clearing a task raises its ``max_tries``; retrying it does not.
    """
    return _key_of(context["ti"], getattr(context["ti"], "max_tries", None))


def earlier_idempotency_keys(context: Context) -> tuple[str, ...]:
    """Return the keys that this task may have submitted with before it was cleared; none if it never was."""
    ti = context["ti"]
    highest = getattr(ti, "max_tries", None) or 0
    if ti.try_number <= 1:
        return ()
    return tuple(_key_of(ti, max_tries) for max_tries in range(max(0, highest - MAX_EARLIER_KEYS), highest))


def _key_of(ti: Any, max_tries: int | None) -> str:
    return idempotency_key_from(ti.dag_id, ti.run_id, ti.task_id, ti.map_index, max_tries)


def may_have_submitted(context: Context) -> bool:
    """Return whether an earlier attempt of this task may have submitted something."""
    return context["ti"].try_number > 1 or submission_store(context).get() is not None


def is_repeated(context: Context, request: JobRequest, retries: int | None) -> bool:
    """Return whether an earlier attempt of this task may have submitted the job.

    Clearing a task sets its ``max_tries`` to ``retries`` more than the attempts so far. A job without an idempotency
    key must not be confused with what an attempt before the clear submitted. (A job with a key cannot be confused.)

    :param retries: The operator's number of retries.
    """
    ti = context["ti"]
    max_tries = getattr(ti, "max_tries", None)
    if request.keeps_idempotency_key or max_tries is None or retries is None:
        return bool(ti.try_number > 1)
    return bool(ti.try_number > max(max_tries - retries, 0) + 1)


def first_attempt_at(context: Context) -> datetime | None:
    """Return the earliest time at which an attempt of this task can have submitted something."""
    started: datetime | None = getattr(context.get("dag_run"), "start_date", None)
    return started
