"""Submit a job once, whatever process dies when.

Canvas has no idempotency key: two equal POSTs make two migrations. So every submission takes the same steps:

1. It reads the record that an earlier attempt stored (:class:`.SubmissionStore`).
2. It searches Canvas for what an earlier attempt made, and adopts it.
3. It stores what it is about to do.
4. It sends the request. Where Canvas keeps it, the request carries an idempotency key.
5. If the response is lost, it checks Canvas before it sends the request again.
6. It stores the id of what was made.

How each kind of job is requested and recognized is defined by its :class:`.JobRequest`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import datetime

from airflow_provider_canvas.api.call import Call
from airflow_provider_canvas.api.canvas import Canvas
from airflow_provider_canvas.api.endpoint import SyncIO
from airflow_provider_canvas.client import replica_lag
from airflow_provider_canvas.client.errors import CanvasError, CanvasTimeoutError
from airflow_provider_canvas.client.jobs.job_requests import IfRunning, JobRequest, Record, SubmissionAttempt
from airflow_provider_canvas.client.jobs.submission_record import (
    DESCRIBED,
    PAGE,
    InMemoryStore,
    SubmissionRecord,
    SubmissionStore,
)

log = logging.getLogger(__name__)

LATE_RESPONSE = 15.0
"""Seconds. A response that is lost sooner was lost by the network, or refused in front of Canvas. After that time
Canvas may still be processing the request: it is not sent again, and the task's next attempt checks first."""


@dataclass
class Submission:
    """One job that is submitted once.

    :param canvas: The client.
    :param request: The job.
    :param idempotency_key: The key of this submission: the same for all attempts of a task, see
        :func:`.idempotency_key_from`.
    :param earlier_keys: The keys of the task's earlier submissions, from before it was cleared. A job of theirs that
        Canvas is still carrying out is adopted.
    :param store: Where the submission keeps its record. By default it lasts as long as the process.
    :param repeated: Whether an earlier attempt may have submitted already.
    :param is_first: Whether it is known that nothing was submitted before, and that nothing is running: then nothing is
        listed before the request is sent. If the response is lost, Canvas is searched all the same.
    :param since: When the first attempt began at the earliest. Older jobs are never taken for the task's own.
    :param if_running: What to do while the destination runs a job that another task or user started: ``wait`` submits,
        and Canvas queues the new job behind it; ``adopt`` takes it, if it matches; ``fail`` raises an error.
    :param before_new: Called before the first job is submitted; what it raises prevents that. It is not called again
        if an earlier attempt submitted a job that failed.
    :param sleep: Waits for a number of seconds.
    :param page: The address of the page on which Canvas shows the job. It is stored with the job, for messages.
    """

    canvas: Canvas[SyncIO]
    request: JobRequest
    idempotency_key: str
    earlier_keys: Collection[str] = ()
    store: SubmissionStore = field(default_factory=InMemoryStore)
    repeated: bool = False
    is_first: bool = False
    since: datetime | None = None
    if_running: IfRunning = "wait"
    before_new: Callable[[], None] | None = None
    sleep: Callable[[float], None] = time.sleep
    page: str | None = None
    started_by_other: bool = field(default=False, init=False)
    """Whether another task or user started the job that :meth:`submit` returned, so that it must not be cancelled."""
    attempt: SubmissionAttempt = field(init=False, repr=False)
    """What this attempt knows."""
    _sending: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.attempt = SubmissionAttempt(
            canvas=self.canvas,
            idempotency_key=self.idempotency_key,
            earlier_keys=self.earlier_keys,
            persistent=self.store.persistent,
            repeated=self.repeated,
            is_first=self.is_first,
            since=self.since,
            sleep=self.sleep,
        )

    @property
    def record(self) -> SubmissionRecord | None:
        """The stored record of this submission, if there is one."""
        return self.attempt.stored

    @property
    def may_have_submitted(self) -> bool:
        """Whether there may be a job in Canvas, of this attempt or of an earlier one, that no attempt saw end."""
        return self.record is not None and self.record.is_open and (self._sending or bool(self.ids))

    @property
    def has_sent(self) -> bool:
        """Whether this attempt has begun to send requests: what it returns is new, and not adopted."""
        return self._sending

    @property
    def described(self) -> str:
        """What was submitted, in messages."""
        return self.request.describe(self.ids)

    @property
    def ids(self) -> list[int]:
        """The ids of what was submitted so far, also when :meth:`submit_all` raised an error."""
        return list(self.record.ids) if self.record else []

    def submit(self) -> Record:
        """Submit a job of one request; see :meth:`submit_all`."""
        (record,) = self.submit_all()
        return record

    def submit_all(self) -> list[Record]:
        """Return a record per request: an earlier attempt's if there is one that did not fail, else a new one's.

        :raises CanvasBusyError: When another task's or user's job is running and ``if_running`` is ``fail``.
        :raises CanvasError: When Canvas refuses a request, or it cannot be known whether Canvas carried it out.
        """
        records = self._find_earlier()
        calls = self.request.calls(self.attempt)
        if len(records) >= len(calls):
            return records
        if (other := self.request.find_other(self.attempt, self.if_running)) is not None:
            self.started_by_other = True
            self.store_submitted([other])
            return [other]
        if self.before_new is not None and not self.request.was_made(self.attempt):
            self.before_new()
        ambiguous = self.record is not None and self.record.state == "submitting"
        self._store(
            SubmissionRecord(
                kind=self.request.kind,
                idempotency_key=self.idempotency_key,
                ids=_ids(records),
                newest_id_before=self.request.newest_id(self.attempt),
                details={**self.request.details(self.attempt), **self._words(_ids(records))},
            )
        )
        self._sending = True
        for call in calls[len(records) :]:
            records.append(self._send(call, ambiguous=ambiguous))
            self.store_submitted(records)
            self.request.log_submitted(len(records), len(calls), records[-1])
        return records

    def find_earlier(self) -> Record | None:
        """Return what an earlier attempt submitted, if there is anything, and submit nothing.

        :raises CanvasError: When Canvas cannot be asked.
        """
        return next(iter(self._find_earlier()), None)

    def find_interrupted(self, canvas: Canvas[SyncIO]) -> Record | None:
        """Return what :meth:`submit` made although it was interrupted; ``None`` if it made nothing.

        :param canvas: Another client: the submission's own may have been interrupted in the middle of a request.
        """
        return self.request.find_sent(replace(self.attempt, canvas=canvas)) if self._sending else None

    def discard(self, record: Record) -> None:
        """Store that a job is of no use any more, so that the next call of :meth:`submit` submits a new one."""
        self._store(
            SubmissionRecord(self.request.kind, self.idempotency_key, "not_submitted", newest_id_before=record["id"])
        )

    def store_submitted(self, records: list[Record]) -> None:
        """Store the ids of what this submission made, or took for its own."""
        known = self.record or SubmissionRecord(
            self.request.kind, self.idempotency_key, newest_id_before=self.attempt.newest_id_before
        )
        self._store(
            replace(
                known,
                state="submitted",
                ids=_ids(records),
                started_by_other=self.started_by_other,
                seen_ended=False,  # this attempt is to report it
                details={**known.details, **self._words(_ids(records))},
            )
        )

    def _words(self, job_ids: tuple[int, ...]) -> dict[str, str]:
        """Return what messages of a later attempt say about the job, for the ``details`` of the record."""
        return {} if self.page is None else {DESCRIBED: self.request.describe(job_ids), PAGE: self.page}

    def _store(self, record: SubmissionRecord) -> None:
        if record != self.attempt.stored:
            # First, so that messages name the job also if it cannot be stored.
            self.attempt.stored = record
            self.attempt.newest_id_before = record.newest_id_before
            self.store.set(record)

    def _find_earlier(self) -> list[Record]:
        self.attempt.read(self.store, self.request.kind)
        records = self.request.find_earlier(self.attempt)
        if records:
            stored = self.record
            self.started_by_other = stored is not None and stored.started_by_other and stored.ids == _ids(records)
            if len(records) >= len(self.ids):
                self.store_submitted(records)
        return records

    def _send(self, call: Call[Record], *, ambiguous: bool) -> Record:
        """Send one request, and return the record of what it made.

        :param ambiguous: Whether an earlier request may still be carried out: then a refusal proves nothing.
        """
        for sends_left in reversed(range(self.request.max_sends)):
            began = time.monotonic()
            try:
                record: Record = self.canvas.io.send(call)
            except CanvasError as error:
                if not error.maybe_done:
                    if not ambiguous:
                        self._store_refused()
                    raise
                ambiguous = True
                lost = self.request.find_lost(self.attempt, error)
                if lost is not None:
                    log.info("Canvas made %s %s; only the response was lost.", self.request.noun, lost["id"])
                    return lost
                is_late = isinstance(error, CanvasTimeoutError) or time.monotonic() - began > LATE_RESPONSE
                if is_late or not sends_left:
                    raise
                log.warning(
                    "Canvas shows no %s of this request after %.0f s: submitting again.",
                    self.request.noun,
                    sum(replica_lag.PAUSES),
                )
            else:
                return self.request.confirm(self.attempt, record)
        raise AssertionError  # the loop returns or raises

    def _store_refused(self) -> None:
        """Store that Canvas refused the request, so that the next attempt need not search for what it made."""
        if self.record is not None:
            self._store(replace(self.record, state="submitted" if self.record.ids else "not_submitted"))


def _ids(records: list[Record]) -> tuple[int, ...]:
    return tuple(record["id"] for record in records)
