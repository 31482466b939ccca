"""The kinds of jobs that move content: migrations, copies by the deprecated endpoint, exports, and selections."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from airflow_provider_canvas.api.call import Call
from airflow_provider_canvas.api.content_exports import ContentExports
from airflow_provider_canvas.api.content_imports import ContentImports
from airflow_provider_canvas.api.content_migrations import ContentMigration, ContentMigrations
from airflow_provider_canvas.api.ids import Id
from airflow_provider_canvas.api.migration_issues import MigrationIssues
from airflow_provider_canvas.client.errors import CanvasJobError, CanvasNotFoundError
from airflow_provider_canvas.client.jobs.job_requests import (
    FINGERPRINT,
    IDEMPOTENCY_KEY,
    JobRequest,
    ListedJobRequest,
    Record,
    SubmissionAttempt,
    fingerprint_of,
)
from airflow_provider_canvas.client.jobs.submission_record import idempotency_key_from

BLOCKED = "blocked by running migration"
"""What Canvas says, in English, of a migration that another one of the same course blocked for too long."""

WAITING_FOR_SELECTION = "waiting_for_select"
"""The state of a selective migration until it is told what to import."""


@dataclass(frozen=True)
class ContentMigrationRequest(ListedJobRequest):
    """A content migration. Canvas keeps its idempotency key among its ``settings``, word for word.

    Canvas shows the key in ``audit_info``, which is not documented. Where it does not, a matching migration that is
    newer than the newest one before the request is taken for this one.

    :param call: The call that creates it, without a key.
    :param context: The destination: one of ``account_id``, ``course_id``, ``group_id``, ``user_id``.
    :param source_course_id: For a course copy, the number of the course that is copied.
    """

    call: Call[ContentMigration]
    context: Mapping[str, Id]
    source_course_id: int | None = None

    kind = "content_migration"
    noun = "content migration"
    id_name = "content_migration_id"
    final_states = {"completed": True, "failed": False}  # noqa: RUF012  # a constant of the kind
    keeps_idempotency_key = True
    blocks_others = True

    def calls(self, attempt: SubmissionAttempt) -> list[Call[Any]]:
        keys = {IDEMPOTENCY_KEY: attempt.idempotency_key, FINGERPRINT: self.fingerprint}
        settings = {**(self.call.params.get("settings") or {}), **keys}
        return [replace(self.call, params={**self.call.params, "settings": settings})]

    @property
    def fingerprint(self) -> str:
        """A hash of what is requested, without the address of a file, which each attempt may sign again."""
        settings = {**(self.call.params.get("settings") or {}), "file_url": None}
        return idempotency_key_from(json.dumps({**self.call.params, "settings": settings}, sort_keys=True, default=str))

    def listing(self) -> Call[ContentMigration]:
        return ContentMigrations.list.call_with(self.context)

    def get(self, job_id: Id) -> Call[ContentMigration]:
        return ContentMigrations.get.call_with({**self.context, self.id_name: job_id})

    @property
    def place(self) -> str:
        return f"into {context_in_words(self.context)}"

    def was_blocked(self, attempt: SubmissionAttempt, job_id: Id) -> bool:
        return _is_blocked(attempt, self.context, job_id)

    def get_with_key(self, job_id: Id) -> Call[ContentMigration]:
        return ContentMigrations.get.call_with({**self.context, self.id_name: job_id, "include": ["audit_info"]})

    def matches(self, record: Mapping[str, Any]) -> bool:
        source = (record.get("settings") or {}).get("source_course_id")
        return record.get("migration_type") == self.call.params["migration_type"] and (
            self.source_course_id is None  # for a package, Canvas shows later from which course it was exported
            or source in (None, self.source_course_id)  # Canvas shows the source only within one root account
        )


@dataclass(frozen=True)
class LegacyCourseCopyRequest(ListedJobRequest):
    """A course copy by the deprecated endpoint: a content migration without an idempotency key.

    :param call: The call that makes it.
    :param course_id: The destination.
    :param source_course_id: The number of the course that is copied.
    """

    call: Call[Any]
    course_id: Id
    source_course_id: int

    kind = "legacy_course_copy"
    noun = "course copy"
    id_name = "content_migration_id"
    final_states = ContentMigrationRequest.final_states
    blocks_others = True

    @classmethod
    def of(cls, *, course_id: int, source_course_id: int, **selection: Any) -> LegacyCourseCopyRequest:
        """Return the request for a copy, without the endpoint's deprecation warning: the caller has its own."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            call = ContentImports.copy_course_content.call(
                course_id=course_id, source_course=source_course_id, **selection
            )
        return cls(call, course_id, source_course_id)

    @property
    def context(self) -> dict[str, Id]:
        """The destination, as a migration's."""
        return {"course_id": self.course_id}

    def calls(self, attempt: SubmissionAttempt) -> list[Call[Any]]:  # noqa: ARG002  # it takes no key
        return [self.call]

    def listing(self) -> Call[ContentMigration]:
        return ContentMigrations.list.call(course_id=self.course_id)

    def get(self, job_id: Id) -> Call[ContentMigration]:
        return ContentMigrations.get.call(course_id=self.course_id, content_migration_id=job_id)

    @property
    def place(self) -> str:
        return f"into {context_in_words(self.context)}"

    @property
    def fingerprint(self) -> str:
        """A hash of what is requested."""
        return fingerprint_of(self.call)

    def was_blocked(self, attempt: SubmissionAttempt, job_id: Id) -> bool:
        return _is_blocked(attempt, self.context, job_id)

    def matches(self, record: Mapping[str, Any]) -> bool:
        source = (record.get("settings") or {}).get("source_course_id")
        return record.get("migration_type") == "course_copy_importer" and source in (None, self.source_course_id)


@dataclass(frozen=True)
class ContentExportRequest(ListedJobRequest):
    """A content export, without an idempotency key: a recent one of the same user and type is taken for this one.

    :param call: The call that creates it.
    :param context: What is exported: one of ``course_id``, ``group_id``, ``user_id``.
    :param own_user_id: The number of the token's user.
    """

    call: Call[Any]
    context: Mapping[str, Id]
    own_user_id: int

    kind = "content_export"
    noun = "content export"
    id_name = "content_export_id"
    final_states = {"exported": True, "failed": False, "deleted": False}  # noqa: RUF012  # a constant of the kind

    def calls(self, attempt: SubmissionAttempt) -> list[Call[Any]]:  # noqa: ARG002  # it takes no key
        return [self.call]

    def listing(self) -> Call[Any]:
        return ContentExports.list.call_with(self.context)

    def get(self, job_id: Id) -> Call[Any]:
        return ContentExports.get.call_with({**self.context, self.id_name: job_id})

    @property
    def place(self) -> str:
        return f"of {context_in_words(self.context)}"

    @property
    def fingerprint(self) -> str:
        """A hash of what is requested."""
        return fingerprint_of(self.call)

    def matches(self, record: Mapping[str, Any]) -> bool:
        same_user = record.get("user_id") == self.own_user_id
        return same_user and record.get("export_type") == self.call.params["export_type"]


@dataclass(frozen=True)
class SelectionRequest(JobRequest):
    """The selection that is sent to a selective migration which waits for one. Canvas runs such a migration once.

    :param migration_ids: ``content_migration_id`` and the migration's context.
    :param properties: The properties of the chosen nodes.
    :param selected: A summary of them, which a later attempt reports.
    """

    migration_ids: Mapping[str, Id]
    properties: Sequence[str] = field(repr=False)
    selected: Mapping[str, Any] = field(repr=False)

    kind = "selection"
    noun = "selection of content migration"
    checks_at_once = True

    def calls(self, attempt: SubmissionAttempt) -> list[Call[Any]]:  # noqa: ARG002  # the migration has a key
        return [ContentMigrations.update.call_with({**self.migration_ids, "copy": self.properties})]

    def details(self, attempt: SubmissionAttempt) -> dict[str, Any]:  # noqa: ARG002  # nothing is asked
        return {"content_migration_id": self.migration_ids["content_migration_id"], "selected": dict(self.selected)}

    def find_sent(self, attempt: SubmissionAttempt) -> Record | None:
        try:
            migration = attempt.canvas.io.send(ContentMigrations.get.call_with(self.migration_ids))
        except CanvasNotFoundError:
            return None  # a response of a replica that lags
        return None if migration["workflow_state"] == WAITING_FOR_SELECTION else cast("Record", migration)

    def confirm(self, attempt: SubmissionAttempt, record: Record) -> Record:  # noqa: ARG002  # it may be outdated
        """Return the migration once it no longer waits.

        :raises CanvasJobError: When it still waits.
        """
        migration = attempt.check_again(lambda: self.find_sent(attempt), at_once=True)
        if migration is None:
            raise CanvasJobError(
                f"Canvas accepted the selection, but content_migration {self.migration_ids['content_migration_id']} "
                "still waits for one. A retry of this task checks again."
            )
        return migration


def context_in_words(context: Mapping[str, Id]) -> str:
    """Return a context in words, such as ``course 42``."""
    ((name, value),) = context.items()
    return f"{name.removesuffix('_id')} {value}"


def _is_blocked(attempt: SubmissionAttempt, context: Mapping[str, Id], migration_id: Id) -> bool:
    """Return whether a failed migration was blocked by another one.

    Canvas says so in an issue, in the language of the token's user. In any language, such a migration never started.
    """
    ids = {**context, "content_migration_id": migration_id}
    migration = attempt.canvas.io.send(ContentMigrations.get.call_with(ids))
    issues = attempt.canvas.io.iterate(MigrationIssues.list.call_with(ids))
    return migration.get("started_at") is None or any(BLOCKED in str(issue).lower() for issue in issues)
