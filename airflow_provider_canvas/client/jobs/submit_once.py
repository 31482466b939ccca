"""Submitting a job once, whatever dies when.

Canvas has no idempotency key: two equal POSTs make two migrations. So every submission notes in a
:class:`SubmissionStore` what it is about to do and what it did, and where it can, carries a mark (among a migration's
``settings``, which Canvas stores word for word). Whoever may be the second to submit looks first: at the noted id, or
else through the list of its kin, newest first, for one with the mark. Canvas shows a mark in ``audit_info`` (not
documented). Where it does not, or where there can be none, a record that is newer than the one noted as the newest
before, and like ours, is ours.
"""

from __future__ import annotations

import hashlib
import itertools
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal, Protocol

from airflow_provider_canvas.api.canvas import Canvas
from airflow_provider_canvas.api.endpoint import SyncIO
from airflow_provider_canvas.client.errors import (
    CanvasBusyError,
    CanvasError,
    CanvasNotFoundError,
    CanvasTimeoutError,
)
from airflow_provider_canvas.client.jobs.job_requests import IDEMPOTENCY_KEY, JobRequest
from airflow_provider_canvas.client.jobs.waiters import progress_id_of, status_of_progress

log = logging.getLogger(__name__)

Record = dict[str, Any]
"""A job, as Canvas sends it."""

LOOK_BACK = 50
"""How many of the newest records are searched when nothing else ends the search."""

LOST_ANSWER_PAUSES = (1.0, 3.0, 6.0)
"""Seconds before each look for what Canvas may not show yet: it reads from replicas, which lag a little behind.

This is how far they may lag. Behind a lag of more than ten seconds, what a POST without an answer made is not found in
time, the POST is sent again, and there are two; and what was noted is taken to be gone, and made anew.
"""

LATE = 15.0
"""Seconds. An answer that is lost sooner was lost by the network, or refused in front of Canvas. One that is lost later
may be to a request that Canvas still works on: then nothing is sent again, and the task's next attempt looks."""

CLOCK_SKEW = timedelta(minutes=10)
"""By how much Airflow's clock and Canvas's may differ."""


class SubmissionStore(Protocol):
    """Where a submission notes what it does, so that a later attempt of the same task can read it."""

    @property
    def lasts(self) -> bool:
        """Whether a later attempt finds what an earlier one noted."""

    def recall(self) -> dict[str, Any] | None:
        """Return what was noted last, if anything was."""

    def note(self, record: dict[str, Any]) -> None:
        """Keep ``record`` in place of what was noted before."""


@dataclass
class InMemoryStore:
    """A memory that lasts as long as the process."""

    lasts: ClassVar[bool] = False
    record: dict[str, Any] | None = None

    def recall(self) -> dict[str, Any] | None:
        return self.record

    def note(self, record: dict[str, Any]) -> None:
        self.record = record


def idempotency_key_from(*parts: object) -> str:
    """Return the mark of a submission: the same for each attempt of a task, another for everything else."""
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:32]


@dataclass
class Submission:
    """One job to be started, once.

    :param canvas: The client.
    :param job: What to start.
    :param mark: See :func:`idempotency_key_from`.
    :param memory: Where to note what was done.
    :param repeated: Whether an earlier attempt may have submitted already.
    :param since: When the first attempt may have begun at the earliest: nothing older is ours.
    :param if_running: What to do where somebody else's job of the kind is under way: ``wait`` behind it, as Canvas does
        by itself; ``adopt`` it as ours, if it is like ours; or ``fail``.
    :param before_new: Called before the first one is made; what it raises keeps it from being made. It is not called
        again after an earlier attempt made one that failed.
    """

    canvas: Canvas[SyncIO]
    job: JobRequest
    mark: str
    memory: SubmissionStore = field(default_factory=InMemoryStore)
    repeated: bool = False
    since: datetime | None = None
    if_running: Literal["wait", "adopt", "fail"] = "wait"
    before_new: Callable[[], None] | None = None
    sleep: Callable[[float], None] = time.sleep
    foreign: bool = field(default=False, init=False)
    """Whether what :meth:`submit` returned is somebody else's, which is not ours to cancel."""
    _after: int | None = field(default=None, init=False)
    _noted_first: bool = field(default=False, init=False)

    def submit(self) -> Record:
        """Return the job's record: an earlier attempt's if there is one that did not fail, a new one otherwise.

        :raises CanvasBusyError: When somebody else's is under way and ``if_running`` is ``fail``.
        :raises CanvasError: When Canvas refuses it, or it cannot be known whether it did it.
        """
        found, newest = self.adopted()
        if found is None:
            found = self._check_other_jobs(newest)
        if found is None and self.before_new is not None and not self._made_before(newest):
            self.before_new()
        return found or self._create(after=newest[0]["id"] if newest else 0)

    def adopted(self) -> tuple[Record | None, list[Record]]:
        """Return what an earlier attempt submitted, if anything, and the newest of its kin.

        :raises CanvasError: When Canvas does not tell.
        """
        noted = self.memory.recall() or {}
        self._noted_first = ours = noted.get("mark") == self.mark
        if ours and (found := self._noted(noted)):
            return found, []
        after = noted.get("after" if ours else self.job.id_name)
        newest = self._newest()
        if ours or self.repeated:
            found = self._found(newest, after)
            if found is None and ours and self.job.id_name not in noted:
                found = self._lost(after)  # an earlier attempt died around its POST: give the list time to show it
            if found:
                log.info("Adopting %s %s, which an earlier attempt submitted.", self.job.noun, found["id"])
                self.note(found, after)
                return found, newest
        return None, newest

    def find(self, canvas: Canvas[SyncIO]) -> Record | None:
        """Return what :meth:`submit` made, though it was interrupted; ``None`` if it made nothing.

        :param canvas: Another client: the submission's own may have been interrupted in the middle of a request.
        """
        if self._after is None:
            return None
        interrupted = replace(self, canvas=canvas)
        interrupted._noted_first = self._noted_first  # noqa: SLF001  # it is this one's copy
        return interrupted._found(interrupted._newest(), self._after)  # noqa: SLF001  # it is this one's copy

    def _newest(self) -> list[Record]:
        return list(itertools.islice(self.canvas.io.iterate(self.job.listing()), LOOK_BACK))

    def _noted(self, noted: dict[str, Any]) -> Record | None:
        """Return the record whose id was noted, unless it failed or was cancelled."""
        number = noted.get(self.job.id_name)
        record = None if number is None else self._shown(number)
        if record is None:
            return None
        if self._failed(record):
            log.info("The %s %s of an earlier attempt failed: submitting anew.", self.job.noun, number)
            return None
        log.info("Adopting %s %s, which an earlier attempt submitted.", self.job.noun, number)
        return record

    def _shown(self, number: int) -> Record | None:
        """Return a record that Canvas had; ``None`` if it is gone, and not only unknown to a replica for a while."""
        for pause in (0.0, *LOST_ANSWER_PAUSES):
            self.sleep(pause)
            try:
                record: Record = self.canvas.io.send(self.job.get(number))
            except CanvasNotFoundError:
                continue
            return record
        return None

    def _check_other_jobs(self, newest: list[Record]) -> Record | None:
        """Return somebody else's job that is to be taken for ours, if there is one."""
        if not self.job.holds_up_others:
            return None
        for other in newest:
            state = other.get("workflow_state", "")
            if state in self.job.over or state == "waiting_for_select":
                continue
            there = f"{self.job.noun} {other['id']} in state {state}, since {other.get('started_at')}"
            if self.if_running == "fail":
                raise CanvasBusyError(f"The destination already has {there}. Submit when it is over.")
            if self.if_running == "adopt" and self.job.alike(other) and not self._failed(other):
                log.info("Adopting %s, which somebody else submitted.", there)
                self.foreign = True
                self.note(other)
                return other
            log.warning(
                "The destination already has %s. Canvas will queue this one behind it and start it when that one ends "
                "(it looks once an hour at the latest). If it never ends, have it cancelled, or clear this task later.",
                there,
            )
        return None

    def _made_before(self, newest: list[Record]) -> bool:
        """Whether an earlier attempt of ours made one, whatever became of it."""
        noted = self.memory.recall() or {}
        if noted.get("mark") == self.mark and self.job.id_name in noted:
            return True
        return self.repeated and any(self.job.alike(record) and self._ours(record, None) for record in newest)

    def _create(self, after: int) -> Record:
        call = self.job.create(self.mark)
        self.memory.note({"mark": self.mark, "after": after})
        self._after, self._noted_first = after, True
        for last in (False, False, True):
            began = time.monotonic()
            try:
                record: Record = self.canvas.io.send(call)
            except CanvasError as error:
                if not error.maybe_done:
                    raise
                log.warning("%s Looking for what it may have made.", error)
                lost = self._lost(after)
                if lost is None and (last or isinstance(error, CanvasTimeoutError) or time.monotonic() - began > LATE):
                    raise
                if lost is None:
                    waited = sum(LOST_ANSWER_PAUSES)
                    log.warning("Canvas shows nothing that it made, %.0f s later: submitting again.", waited)
                    continue
                log.info("Canvas made %s %s, though its answer was lost.", self.job.noun, lost["id"])
                record = lost
            self.note(record, after)
            return record
        raise AssertionError  # the loop returns or raises

    def _lost(self, after: int | None) -> Record | None:
        """Return what a POST without an answer made, if it made something."""
        for pause in LOST_ANSWER_PAUSES:
            self.sleep(pause)
            if found := self._found(self._newest(), after):
                return found
        return None

    def _found(self, newest: list[Record], after: int | None) -> Record | None:
        """Return the newest record that is ours and did not fail."""
        for record in newest:
            if after is not None and record["id"] <= after:
                return None
            if self.job.alike(record) and self._ours(record, after) and not self._failed(record):
                return record
        return None

    def _ours(self, record: Record, after: int | None) -> bool:
        if self.since is not None and datetime.fromisoformat(record["created_at"]) < self.since - CLOCK_SKEW:
            return False
        detailed = self.job.detailed(record["id"])
        if detailed is not None:
            settings = self.canvas.io.send(detailed).get("audit_info", {}).get("migration_settings")
            if isinstance(settings, dict):
                return bool(settings.get(IDEMPOTENCY_KEY) == self.mark)
        if self.memory.lasts and not self._noted_first:
            return False  # who submits notes that first: nothing was
        return after is not None or self.since is not None

    def _failed(self, record: Record) -> bool:
        """Whether nothing more can be expected of it: it failed, or somebody cancelled its Progress."""
        state = record.get("workflow_state", "")
        if state in self.job.over:
            return not self.job.over[state]
        progress_id = progress_id_of(record)
        if progress_id is None:
            return False
        try:
            progress = self.canvas.progress.get(progress_id=progress_id)
        except CanvasError as error:
            if not error.permanent:
                raise
            return False
        return status_of_progress(progress).state == "failed"

    def note(self, record: Record, after: int | None = None) -> None:
        """Remember a record as what this submission made, or took for its own."""
        self.memory.note({"mark": self.mark, "after": after, self.job.id_name: record["id"]})
