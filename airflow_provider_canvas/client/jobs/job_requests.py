"""What a kind of job tells the submission: how it is requested, and how it is recognized in Canvas.

:class:`JobRequest` is what :class:`~.submit_once.Submission` needs of every kind. :class:`ListedJobRequest` is the base
of jobs that Canvas lists, newest first: migrations and exports. The kinds are in :mod:`~.content_requests` and
:mod:`~.course_requests`.
"""

from __future__ import annotations

import itertools
import json
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal, TypeVar

from airflow_provider_canvas.api.call import Call
from airflow_provider_canvas.api.canvas import Canvas
from airflow_provider_canvas.api.endpoint import SyncIO
from airflow_provider_canvas.api.ids import Id
from airflow_provider_canvas.client import replica_lag
from airflow_provider_canvas.client.errors import CanvasBusyError, CanvasError, CanvasNotFoundError
from airflow_provider_canvas.client.jobs.submission_record import (
    SubmissionRecord,
    SubmissionStore,
    idempotency_key_from,
)

log = logging.getLogger(__name__)

Record = dict[str, Any]
"""A job, or a course, as Canvas sends it."""

IfRunning = Literal["wait", "adopt", "fail"]

T = TypeVar("T")

IDEMPOTENCY_KEY = "airflow_submission"
"""The key among a migration's ``settings`` that holds the idempotency key of its submission."""

FINGERPRINT = "airflow_request"
"""The key among a migration's ``settings`` that holds the fingerprint of what was requested."""

MAX_LISTED = 50
"""How many of the newest jobs are searched when nothing else ends the search."""

CLOCK_SKEW = timedelta(minutes=10)
"""How much Airflow's clock and Canvas's clock may differ where the age of a job is the only hint to whose it is."""

KEY_CLOCK_SKEW = timedelta(days=1)
"""How much the clocks may differ for a job with the right idempotency key. The key is proof: only a job of a run that
was deleted, and created again under the same name, is older."""


class BlockedSubmissionError(CanvasBusyError):
    """Nothing was submitted: the job that blocked the task's last job is still running.

    :param message: What happened.
    :param blocker: The record of the running job.
    """

    def __init__(self, message: str, blocker: Record) -> None:
        super().__init__(message)
        self.blocker = blocker


@dataclass
class SubmissionAttempt:
    """What one attempt of a submission knows.

    :param canvas: The client.
    :param idempotency_key: The submission's key.
    :param persistent: Whether earlier attempts could store records.
    :param repeated: Whether an earlier attempt may have submitted already.
    :param since: When the first attempt began at the earliest, if that is known.
    :param sleep: Waits for a number of seconds.
    :param earlier_keys: The keys of the task's earlier submissions, from before it was cleared.
    :param is_first: Whether it is known that nothing was submitted before, and that nothing is running.
    :param stored: The record of this submission, from an earlier attempt or from this one.
    :param superseded: The record of the task's last submission from before it was cleared, if one is stored.
    :param newest_id_before: The id that everything of this submission is above, if one is known.
    :param records: What Canvas returned before anything was sent: the newest jobs of the context, or the course.
    """

    canvas: Canvas[SyncIO]
    idempotency_key: str
    persistent: bool
    repeated: bool
    since: datetime | None
    sleep: Callable[[float], None]
    earlier_keys: Collection[str] = ()
    is_first: bool = False
    stored: SubmissionRecord | None = None
    superseded: SubmissionRecord | None = None
    newest_id_before: int | None = None
    records: list[Record] = field(default_factory=list)
    settings: dict[int, Mapping[str, Any] | None] = field(default_factory=dict)
    """The settings of the jobs that were read, by id."""

    @property
    def left_open(self) -> SubmissionRecord | None:
        """The record from before the task was cleared, if it is about a job that the task did not see end."""
        return self.superseded if self.superseded is not None and self.superseded.is_open else None

    def read(self, store: SubmissionStore, kind: str) -> None:
        """Read the stored record.

        A record with another key belongs to an earlier submission, such as one from before the task was cleared: this
        submission's job is newer than that one's.
        """
        record = store.get()
        self.persistent, self.superseded = store.persistent, None
        if record is None or record.kind != kind:
            self.stored = self.newest_id_before = None
        elif record.idempotency_key == self.idempotency_key:
            self.stored, self.newest_id_before = record, record.newest_id_before
        else:
            self.stored, self.superseded = None, record
            self.newest_id_before = max(record.ids, default=None)

    def is_recent(self, record: Mapping[str, Any], skew: timedelta = CLOCK_SKEW) -> bool:
        """Return whether a record was created after the first attempt began; ``False`` if that is not known.

        :param record: The record.
        :param skew: How much Airflow's clock and Canvas's clock may differ.
        """
        created_at = record.get("created_at")
        if self.since is None or not created_at:
            return False
        return datetime.fromisoformat(created_at) >= self.since - skew

    def check_again(self, check: Callable[[], T | None], *, at_once: bool = False) -> T | None:
        """Return what a check finds, repeated for as long as Canvas's replicas may lag.

        :param at_once: Make the first check without a pause.
        """
        for pause in replica_lag.pauses_from_now() if at_once else replica_lag.PAUSES:
            self.sleep(pause)
            if (found := check()) is not None:
                return found
        return None


def fingerprint_of(call: Call[Any]) -> str:
    """Return a hash of a call: it tells a changed request of a task that was cleared."""
    return idempotency_key_from(call.path, json.dumps(call.params, sort_keys=True, default=str))


class JobRequest:
    """A job that Canvas can be asked for; base class of the kinds."""

    kind: ClassVar[str]
    """The name in stored records: never rename one."""
    noun: ClassVar[str]
    """What messages call it."""
    keeps_idempotency_key: ClassVar[bool] = False
    """Whether Canvas keeps the idempotency key of its submission."""
    max_sends: ClassVar[int] = 1
    """How often one attempt sends a request whose response is lost, if Canvas shows nothing that it made."""
    checks_at_once: ClassVar[bool] = False
    """Whether the first check after a lost response is made without a pause."""

    def calls(self, attempt: SubmissionAttempt) -> list[Call[Any]]:
        """Return the calls that request it, with the idempotency key where Canvas keeps one."""
        raise NotImplementedError

    def details(self, attempt: SubmissionAttempt) -> dict[str, Any]:  # noqa: ARG002  # most kinds need none
        """Return the ``details`` to store before the request is sent."""
        return {}

    def newest_id(self, attempt: SubmissionAttempt) -> int | None:  # noqa: ARG002  # for kinds that are listed
        """Return the newest id in Canvas before the request is sent, for kinds that Canvas lists."""
        return None

    def find_earlier(self, attempt: SubmissionAttempt) -> list[Record]:  # noqa: ARG002  # for kinds that can tell
        """Return what earlier attempts submitted and what did not fail: a record per call, from the first on."""
        return []

    def find_other(self, attempt: SubmissionAttempt, if_running: IfRunning) -> Record | None:  # noqa: ARG002
        """Return a job that another task or user started and that is to be taken for the task's own.

        :raises CanvasBusyError: When there is one and ``if_running`` is ``fail``.
        """
        return None

    def was_made(self, attempt: SubmissionAttempt) -> bool:  # noqa: ARG002  # for kinds that are listed
        """Return whether an earlier attempt submitted one, also one that failed."""
        return False

    def count_failed(self, attempt: SubmissionAttempt) -> int:  # noqa: ARG002  # for kinds that are listed
        """Return how many jobs with the key of this attempt have failed, of those that were listed."""
        return 0

    def find_sent(self, attempt: SubmissionAttempt) -> Record | None:  # noqa: ARG002  # for kinds that can tell
        """Check once what the request of this attempt made, and return it if Canvas shows it."""
        return None

    def find_lost(self, attempt: SubmissionAttempt, error: CanvasError) -> Record | None:
        """Return what a request made whose response was lost, if it made something.

        :param error: The loss.
        :raises CanvasError: When that cannot be known.
        """
        log.warning("%s Checking whether Canvas carried it out.", error)
        return attempt.check_again(lambda: self.find_sent(attempt), at_once=self.checks_at_once)

    def confirm(self, attempt: SubmissionAttempt, record: Record) -> Record:  # noqa: ARG002  # the rule
        """Return the record of what was made; a kind whose response proves nothing checks it here.

        :param record: The response.
        """
        return record

    def describe(self, job_ids: Sequence[Id]) -> str:
        """Return the name of what was made in messages, such as ``course 12``.

        :param job_ids: Its ids.
        """
        return " ".join([self.noun, ", ".join(map(str, job_ids))]).rstrip()

    def log_submitted(self, number: int, total: int, record: Record) -> None:
        """Log that one call of several was carried out.

        :param number: Which one, from 1 on.
        """


class ListedJobRequest(JobRequest):
    """A job that Canvas lists with others of its context, newest first."""

    max_sends = 3
    id_name: ClassVar[str]
    """The name of its id in calls and results."""
    final_states: ClassVar[Mapping[str, bool]]
    """The states in which nothing more happens to it, and whether each is a success."""
    blocks_others: ClassVar[bool] = False
    """Whether Canvas queues later jobs of the same context until this one has ended."""

    def listing(self) -> Call[Any]:
        """Return the call that lists the jobs of the context, newest first."""
        raise NotImplementedError

    def get(self, job_id: Id) -> Call[Any]:
        """Return the call that reads one job."""
        raise NotImplementedError

    def get_with_key(self, job_id: Id) -> Call[Any] | None:  # noqa: ARG002  # for kinds that keep one
        """Return the call that reads one job with its idempotency key; ``None`` for a kind that keeps none."""
        return None

    def matches(self, record: Mapping[str, Any]) -> bool:
        """Return whether a record can be what was requested, its key and age aside."""
        raise NotImplementedError

    @property
    def place(self) -> str:
        """The context of the job in messages, such as ``into course 42``."""
        raise NotImplementedError

    def describe(self, job_ids: Sequence[Id]) -> str:
        return " ".join([self.id_name.removesuffix("_id"), *map(str, job_ids), self.place])

    def was_blocked(self, attempt: SubmissionAttempt, job_id: Id) -> bool:  # noqa: ARG002  # for migrations
        """Return whether a job failed because another job of the same context ran for too long."""
        return False

    def details(self, attempt: SubmissionAttempt) -> dict[str, Any]:  # noqa: ARG002  # nothing is asked
        """Return the fingerprint of the request, where Canvas keeps none."""
        return {} if self.keeps_idempotency_key else {FINGERPRINT: self.fingerprint}

    def newest_id(self, attempt: SubmissionAttempt) -> int | None:
        if attempt.is_first and attempt.stored is None:
            return None  # nothing was listed
        return attempt.records[0]["id"] if attempt.records else 0

    def find_earlier(self, attempt: SubmissionAttempt) -> list[Record]:
        stored, attempt.records = attempt.stored, []
        if attempt.is_first and stored is None:
            return []
        found = self._stored_job(attempt, stored.ids[0]) if stored is not None and stored.ids else None
        if found is None:
            attempt.records = self._newest(attempt)
            if stored is not None or attempt.repeated:
                found = self._find(attempt, attempt.records)
            if found is None and stored is not None and stored.state == "submitting":
                # An earlier attempt died around its POST: give the list time to show the job.
                found = attempt.check_again(lambda: self.find_sent(attempt))
        if found is not None:
            log.info("Adopting %s %s, which an earlier attempt submitted.", self.noun, found["id"])
        else:
            found = self._find_continuing(attempt)
        return [] if found is None else [found]

    def find_other(self, attempt: SubmissionAttempt, if_running: IfRunning) -> Record | None:
        for other in attempt.records if self.blocks_others else ():
            if not self._is_running(other):
                continue
            state, since = other.get("workflow_state"), other.get("started_at") or other.get("created_at")
            running = f"{self.noun} {other['id']} in state {state}, since {since}"
            if if_running == "fail":
                raise CanvasBusyError(f"The destination already has {running}. Submit again when it has ended.")
            if if_running == "adopt" and self.matches(other):
                log.info("Adopting %s, which another task or user submitted.", running)
                return other
            if (blocked := self._blocked_job(attempt)) is not None:
                raise BlockedSubmissionError(
                    f"The {self.noun} {blocked['id']} of an earlier attempt failed because another one blocked it, and "
                    f"the destination still has {running}. Nothing is submitted until that has ended.",
                    other,
                )
            log.warning(
                "The destination of the %s %s already has %s. Canvas queues the new one behind it and starts it when "
                "that one ends (it checks at least once an hour). If that one never ends, cancel it, or clear this "
                "task later.",
                self.noun,
                self.place,
                running,
            )
        return None

    def _blocked_job(self, attempt: SubmissionAttempt) -> Record | None:
        """Return the last job of this task, if it failed because another job of the same context blocked it."""
        stored = attempt.stored or attempt.superseded
        ids, keys = () if stored is None else stored.ids, (attempt.idempotency_key, *attempt.earlier_keys)
        for record in attempt.records:
            if not self._failed(record) or not self.matches(record):
                continue
            is_own = record["id"] in ids
            if not is_own and (attempt.repeated or attempt.earlier_keys):
                is_own = (self._settings(attempt, record) or {}).get(IDEMPOTENCY_KEY) in keys
            if is_own:
                return record if self.was_blocked(attempt, record["id"]) else None
        return None

    def was_made(self, attempt: SubmissionAttempt) -> bool:
        if attempt.stored is not None and attempt.stored.ids:
            return True
        return attempt.repeated and any(
            self.matches(record) and self._is_own(attempt, record, None) for record in attempt.records
        )

    def count_failed(self, attempt: SubmissionAttempt) -> int:
        failed = [record for record in attempt.records if self._failed(record) and self.matches(record)]
        keys = [(self._settings(attempt, record) or {}).get(IDEMPOTENCY_KEY) for record in failed]
        return keys.count(attempt.idempotency_key)

    def find_sent(self, attempt: SubmissionAttempt) -> Record | None:
        return self._find(attempt, self._newest(attempt))

    def _newest(self, attempt: SubmissionAttempt) -> list[Record]:
        return list(itertools.islice(attempt.canvas.io.iterate(self.listing()), MAX_LISTED))

    def _stored_job(self, attempt: SubmissionAttempt, job_id: int) -> Record | None:
        """Return the job whose id was stored, unless it is gone or failed."""

        def read() -> Record | None:
            try:
                record: Record = attempt.canvas.io.send(self.get(job_id))
            except CanvasNotFoundError:
                return None  # gone, or only unknown to a replica for a while
            return record

        record = attempt.check_again(read, at_once=True)
        if record is not None and self._failed(record):
            log.info("The %s %s of an earlier attempt failed: submitting a new one.", self.noun, job_id)
            return None
        return record

    def _find(self, attempt: SubmissionAttempt, newest: list[Record]) -> Record | None:
        """Return the newest job that belongs to this submission and did not fail."""
        after = attempt.newest_id_before
        for record in newest:
            if after is not None and record["id"] <= after:
                return None
            if self.matches(record) and self._is_own(attempt, record, after) and not self._failed(record):
                return record
        return None

    def _find_continuing(self, attempt: SubmissionAttempt) -> Record | None:
        """Return the newest job of this task from before it was cleared, unless the task saw it end, or it failed.

        Clearing a task cancels the Progress of its job. Canvas carries the job out all the same: another one would
        import the content twice. Where nothing is stored, only a job that is still running is known to be unseen.
        """
        if attempt.superseded is not None and not attempt.superseded.is_open:
            return None
        for record in self._with_stored(attempt):
            if self._failed(record) or not self.matches(record):
                continue
            if (attempt.left_open or self._is_running(record)) and self._was_own(attempt, record):
                log.info(
                    "Adopting %s %s, which this task submitted before it was cleared: the task did not see it end, and "
                    "another one would do everything twice.",
                    self.noun,
                    record["id"],
                )
                return record
        return None

    def _with_stored(self, attempt: SubmissionAttempt) -> list[Record]:
        """Return the newest jobs, and the job from before the task was cleared, also if many are newer."""
        records, left = list(attempt.records), attempt.left_open
        if left is not None and len(records) == MAX_LISTED:
            listed = {record["id"] for record in records}
            stored = [self._stored_job(attempt, job_id) for job_id in left.ids if job_id not in listed]
            records += [record for record in stored if record is not None]
        return records

    def _was_own(self, attempt: SubmissionAttempt, record: Record) -> bool:
        """Return whether a job that matches belongs to an earlier submission of the task, and is the same job.

        Its settings tell it, where Canvas keeps and shows them. Otherwise its id was stored, or it is newer than the
        newest one before the request, or as young as the run of a task that was cleared.
        """
        settings, left = self._settings(attempt, record), attempt.left_open
        if settings is not None:
            same = settings.get(FINGERPRINT) in (None, self.fingerprint)
            return same and settings.get(IDEMPOTENCY_KEY) in attempt.earlier_keys
        if left is not None:
            same = left.details.get(FINGERPRINT) in (None, self.fingerprint)
            is_newer = left.newest_id_before is not None and record["id"] > left.newest_id_before
            return same and (record["id"] in left.ids if left.ids else is_newer)
        return bool(attempt.earlier_keys) and not attempt.persistent and attempt.is_recent(record)

    def _is_running(self, record: Mapping[str, Any]) -> bool:
        """Return whether Canvas carries a job out, or will, without anything else being sent."""
        state = record.get("workflow_state", "")
        return state not in self.final_states and state != "waiting_for_select"

    def _settings(self, attempt: SubmissionAttempt, record: Record) -> Mapping[str, Any] | None:
        """Return the settings of a job; ``None`` where Canvas does not keep or show them."""
        get_with_key, job_id = self.get_with_key(record["id"]), record["id"]
        if get_with_key is None:
            return None
        if job_id not in attempt.settings:
            settings = (attempt.canvas.io.send(get_with_key).get("audit_info") or {}).get("migration_settings")
            attempt.settings[job_id] = settings if isinstance(settings, dict) else None
        return attempt.settings[job_id]

    @property
    def fingerprint(self) -> str:
        """A hash of what is requested: it tells a changed request of a task that was cleared."""
        raise NotImplementedError

    def _is_own(self, attempt: SubmissionAttempt, record: Record, after: int | None) -> bool:
        """Return whether a job that matches belongs to this submission.

        Its key is proof. Without a key, an id above the newest one before the request is; its age is only a hint, since
        Canvas's clock may differ from Airflow's.
        """
        if after is None and attempt.since is not None and not attempt.is_recent(record, KEY_CLOCK_SKEW):
            return False  # whatever its settings are: they need not be read
        settings = self._settings(attempt, record)
        if settings is not None:
            is_of_this_run = attempt.since is None or attempt.is_recent(record, KEY_CLOCK_SKEW)
            return is_of_this_run and bool(settings.get(IDEMPOTENCY_KEY) == attempt.idempotency_key)
        if attempt.persistent and attempt.stored is None:
            return False  # every submission stores its record first: nothing was sent
        if after is not None and (attempt.stored is not None or attempt.since is None):
            return True
        return attempt.is_recent(record)

    def _failed(self, record: Record) -> bool:
        """Return whether a job failed. A Progress that was cancelled does not tell: Canvas carries the job out."""
        return self.final_states.get(record.get("workflow_state", "")) is False
