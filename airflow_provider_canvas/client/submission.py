"""Submitting a content migration once, whatever dies when.

Canvas has no idempotency key: two equal POSTs make two migrations. So every submission carries a mark among its
``settings``, which Canvas stores word for word, and notes in a :class:`Memory` what it is about to do and what it did.
Whoever may be the second to submit looks first: at the noted id, or else through the destination's migrations, newest
first, for one with the mark. Canvas shows a mark in ``audit_info`` (not documented). Where it does not, a migration
that is newer than the one noted as the newest before, of the same type and source, is taken to be ours.
"""

from __future__ import annotations

import hashlib
import itertools
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from airflow_provider_canvas.api.canvas import Canvas
from airflow_provider_canvas.api.content_migrations import FINAL_STATES, ContentMigration
from airflow_provider_canvas.api.endpoint import Blocking, Call
from airflow_provider_canvas.client.errors import CanvasError, CanvasLateError, CanvasNotFoundError
from airflow_provider_canvas.client.watches import progress_id_of, status_of_progress

log = logging.getLogger(__name__)

MARK = "airflow_submission"
"""The key among the migration's ``settings`` that holds the mark."""

LOOK_BACK = 50
"""How many of a course's newest migrations are searched when nothing else ends the search."""

LOST_ANSWER_PAUSES = (1.0, 3.0, 6.0)
"""Seconds before each look for a migration whose POST had no answer: Canvas's lists lag a little behind."""

LATE = 15.0
"""Seconds. An answer that is lost sooner was lost by the network, or refused in front of Canvas. One that is lost later
may be to a request that Canvas still works on: then nothing is sent again, and the task's next attempt looks."""

CLOCK_SKEW = timedelta(minutes=10)
"""By how much Airflow's clock and Canvas's may differ."""


class Memory(Protocol):
    """Where a submission notes what it does, so that a later attempt of the same task can read it."""

    def recall(self) -> dict[str, Any] | None:
        """Return what was noted last, if anything was."""

    def note(self, record: dict[str, Any]) -> None:
        """Keep ``record`` in place of what was noted before."""


@dataclass
class Forgetful:
    """A memory that lasts as long as the process."""

    record: dict[str, Any] | None = None

    def recall(self) -> dict[str, Any] | None:
        return self.record

    def note(self, record: dict[str, Any]) -> None:
        self.record = record


def mark_of(*parts: object) -> str:
    """Return the mark of a submission: the same for each attempt of a task, another for everything else."""
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:32]


@dataclass
class Submission:
    """One content migration to be made in a course, once.

    :param canvas: The client.
    :param course_id: The destination.
    :param source_course_id: The numeric id of the course that is copied.
    :param create: The call that creates the migration.
    :param mark: See :func:`mark_of`.
    :param memory: Where to note what was done.
    :param repeated: Whether an earlier attempt may have submitted already.
    :param since: When the first attempt may have begun at the earliest: nothing older is ours.
    """

    canvas: Canvas[Blocking]
    course_id: int
    source_course_id: int
    create: Call[ContentMigration]
    mark: str
    memory: Memory = field(default_factory=Forgetful)
    repeated: bool = False
    since: datetime | None = None
    sleep: Callable[[float], None] = time.sleep
    _after: int | None = field(default=None, init=False)

    def submit(self) -> ContentMigration:
        """Return the migration: an earlier attempt's if there is one that did not fail, a new one otherwise.

        :raises CanvasError: When Canvas refuses it, or it cannot be known whether it did it.
        """
        noted = self.memory.recall() or {}
        ours = noted.get("mark") == self.mark
        if ours and (found := self._noted(noted)):
            return found
        after = noted.get("after" if ours else "content_migration_id")
        newest = self._newest()
        if ours or self.repeated:
            found = self._found(newest, after)
            if found is None and ours and "content_migration_id" not in noted:
                found = self._lost(after)  # an earlier attempt died around its POST: give the list time to show it
            if found:
                log.info("Adopting content migration %s, which an earlier attempt submitted.", found["id"])
                self._note(found, after)
                return found
        self._tell_of_others(newest)
        return self._create(after=newest[0]["id"] if newest else 0)

    def find(self, canvas: Canvas[Blocking]) -> ContentMigration | None:
        """Return what :meth:`submit` made, though it was interrupted; ``None`` if it made nothing.

        :param canvas: Another client: the submission's own may have been interrupted in the middle of a request.
        """
        if self._after is None:
            return None
        interrupted = replace(self, canvas=canvas)
        return interrupted._found(interrupted._newest(), self._after)  # noqa: SLF001  # it is this one's copy

    def _newest(self) -> list[ContentMigration]:
        return list(itertools.islice(self.canvas.content_migrations.list(course_id=self.course_id), LOOK_BACK))

    def _noted(self, noted: dict[str, Any]) -> ContentMigration | None:
        """Return the migration whose id was noted, unless it failed or was cancelled."""
        content_migration_id = noted.get("content_migration_id")
        if content_migration_id is None:
            return None
        try:
            migration = self.canvas.content_migrations.get(
                course_id=self.course_id, content_migration_id=content_migration_id
            )
        except CanvasNotFoundError:
            return None
        if self._failed(migration):
            log.info("Content migration %s of an earlier attempt failed: submitting anew.", content_migration_id)
            return None
        log.info("Adopting content migration %s, which an earlier attempt submitted.", content_migration_id)
        return migration

    def _create(self, after: int) -> ContentMigration:
        call = replace(
            self.create, params={**self.create.params, "settings": {**self.create.params["settings"], MARK: self.mark}}
        )
        self.memory.note({"mark": self.mark, "after": after})
        self._after = after
        for last in (False, False, True):
            began = time.monotonic()
            try:
                migration = self.canvas.io.send(call)
            except CanvasError as error:
                if not error.maybe_done:
                    raise
                log.warning("%s Looking for what it may have made.", error)
                lost = self._lost(after)
                if lost is None and (last or isinstance(error, CanvasLateError) or time.monotonic() - began > LATE):
                    raise
                if lost is None:
                    log.info("Canvas made nothing: submitting again.")
                    continue
                log.info("Canvas made content migration %s, though its answer was lost.", lost["id"])
                migration = lost
            self._note(migration, after)
            return migration
        raise AssertionError  # the loop returns or raises

    def _lost(self, after: int | None) -> ContentMigration | None:
        """Return what a POST without an answer made, if it made something."""
        for pause in LOST_ANSWER_PAUSES:
            self.sleep(pause)
            if found := self._found(self._newest(), after):
                return found
        return None

    def _found(self, newest: list[ContentMigration], after: int | None) -> ContentMigration | None:
        """Return the newest migration that carries our mark and did not fail."""
        for migration in newest:
            if after is not None and migration["id"] <= after:
                return None
            if self._alike(migration) and self._ours(migration, after) and not self._failed(migration):
                return migration
        return None

    def _alike(self, migration: ContentMigration) -> bool:
        source = migration.get("settings", {}).get("source_course_id")
        return migration.get("migration_type") == self.create.params["migration_type"] and source in (
            None,  # Canvas shows the source only within one root account
            self.source_course_id,
        )

    def _ours(self, migration: ContentMigration, after: int | None) -> bool:
        if self.since is not None and datetime.fromisoformat(migration["created_at"]) < self.since - CLOCK_SKEW:
            return False
        detailed = self.canvas.content_migrations.get(
            course_id=self.course_id, content_migration_id=migration["id"], include=["audit_info"]
        )
        settings = detailed.get("audit_info", {}).get("migration_settings")
        if isinstance(settings, dict):
            return bool(settings.get(MARK) == self.mark)
        return after is not None or self.since is not None

    def _failed(self, migration: ContentMigration) -> bool:
        """Whether nothing more can be expected of it: it failed, or somebody cancelled its Progress."""
        if migration.get("workflow_state") in FINAL_STATES:
            return migration.get("workflow_state") == "failed"
        progress_id = progress_id_of(migration)
        if progress_id is None:
            return False
        try:
            record = self.canvas.progress.get(progress_id=progress_id)
        except CanvasError as error:
            if not error.permanent:
                raise
            return False
        return status_of_progress(record).state == "failed"

    def _note(self, migration: ContentMigration, after: int | None) -> None:
        self.memory.note({"mark": self.mark, "after": after, "content_migration_id": migration["id"]})

    def _tell_of_others(self, newest: list[ContentMigration]) -> None:
        for migration in newest:
            state = migration.get("workflow_state")
            if state in FINAL_STATES or state == "waiting_for_select":
                continue
            log.warning(
                "Course %s already has content migration %s in state %s, since %s. Canvas will queue this copy behind "
                "it and start it when that one ends (it looks once an hour at the latest). If it never ends, have it "
                "cancelled, or clear this task later.",
                self.course_id,
                migration["id"],
                state,
                migration.get("started_at") or migration.get("created_at"),
            )
