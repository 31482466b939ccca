"""What can be submitted: how each kind of job is asked for, and told from others in Canvas's list of its kin."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from airflow_provider_canvas.api.call import Call
from airflow_provider_canvas.api.content_exports import ContentExports
from airflow_provider_canvas.api.content_imports import ContentImports
from airflow_provider_canvas.api.content_migrations import ContentMigration, ContentMigrations
from airflow_provider_canvas.api.ids import Id

IDEMPOTENCY_KEY = "airflow_submission"
"""The key among a migration's ``settings`` that holds the mark of who submitted it."""


class JobRequest(Protocol):
    """A job that Canvas can be asked for."""

    @property
    def noun(self) -> str:
        """What Canvas calls it."""

    @property
    def id_name(self) -> str:
        """What its id is called."""

    @property
    def over(self) -> Mapping[str, bool]:
        """The states in which nothing more happens to it, and whether each is a good end."""

    @property
    def keeps_idempotency_key(self) -> bool:
        """Whether Canvas keeps the mark of who submitted it."""

    @property
    def holds_up_others(self) -> bool:
        """Whether another one of the same context waits until this one is over."""

    def create(self, mark: str) -> Call[Any]:
        """Return the call that asks for it, with the mark, if it can carry one."""

    def listing(self) -> Call[Any]:
        """Return the call that lists its kin, newest first."""

    def get(self, number: Id) -> Call[Any]:
        """Return the call that reads one."""

    def detailed(self, number: Id) -> Call[Any] | None:
        """Return the call that reads one with its mark; ``None`` for a kind that carries none."""

    def alike(self, record: Mapping[str, Any]) -> bool:
        """Whether a record can be what was asked for: mark and age aside."""


@dataclass(frozen=True)
class ContentMigrationRequest(JobRequest):
    """A content migration.

    :param call: The call that creates it, without a mark.
    :param context: Where: one of ``account_id``, ``course_id``, ``group_id``, ``user_id``.
    :param source_course_id: For a course copy, the number of the course that is copied.
    """

    call: Call[ContentMigration]
    context: Mapping[str, Id]
    source_course_id: int | None = None

    noun = "content migration"
    id_name = "content_migration_id"
    over = {"completed": True, "failed": False}  # noqa: RUF012  # a constant of the kind
    keeps_idempotency_key = True
    holds_up_others = True

    def create(self, mark: str) -> Call[ContentMigration]:
        settings = {**(self.call.params.get("settings") or {}), IDEMPOTENCY_KEY: mark}
        return replace(self.call, params={**self.call.params, "settings": settings})

    def listing(self) -> Call[ContentMigration]:
        return ContentMigrations.list.call_with(self.context)

    def get(self, number: Id) -> Call[ContentMigration]:
        return ContentMigrations.get.call_with({**self.context, self.id_name: number})

    def detailed(self, number: Id) -> Call[ContentMigration]:
        return ContentMigrations.get.call_with({**self.context, self.id_name: number, "include": ["audit_info"]})

    def alike(self, record: Mapping[str, Any]) -> bool:
        source = (record.get("settings") or {}).get("source_course_id")
        return record.get("migration_type") == self.call.params["migration_type"] and (
            self.source_course_id is None  # of a package, Canvas tells from which course it was exported, once it knows
            or source in (None, self.source_course_id)  # Canvas shows the source only within one root account
        )


@dataclass(frozen=True)
class LegacyCourseCopyRequest(JobRequest):
    """A course copy by the deprecated endpoint: a content migration that carries no mark.

    :param call: The call that makes it.
    :param course_id: The destination.
    :param source_course_id: The number of the course that is copied.
    """

    call: Call[Any]
    course_id: Id
    source_course_id: int

    noun = "course copy"
    id_name = "content_migration_id"
    over = ContentMigrationRequest.over
    keeps_idempotency_key = False
    holds_up_others = True

    def create(self, mark: str) -> Call[Any]:  # noqa: ARG002  # it takes nothing that it does not know
        return self.call

    def listing(self) -> Call[ContentMigration]:
        return ContentMigrations.list.call(course_id=self.course_id)

    def get(self, number: Id) -> Call[ContentMigration]:
        return ContentMigrations.get.call(course_id=self.course_id, content_migration_id=number)

    def detailed(self, number: Id) -> None:  # noqa: ARG002  # there is nothing more to see
        return None

    def alike(self, record: Mapping[str, Any]) -> bool:
        source = (record.get("settings") or {}).get("source_course_id")
        return record.get("migration_type") == "course_copy_importer" and source in (None, self.source_course_id)

    @classmethod
    def of(cls, *, course_id: int, source_course_id: int, **selection: Any) -> LegacyCourseCopyRequest:
        """Return the copy; whoever asks for it has warned of the endpoint already."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            call = ContentImports.copy_course_content.call(
                course_id=course_id, source_course=source_course_id, **selection
            )
        return cls(call, course_id, source_course_id)


@dataclass(frozen=True)
class ContentExportRequest(JobRequest):
    """A content export. It carries no mark: one of the same user and type that is new enough is taken to be ours.

    :param call: The call that creates it.
    :param context: What is exported: one of ``course_id``, ``group_id``, ``user_id``.
    :param own_user_id: The number of the token's user.
    """

    call: Call[Any]
    context: Mapping[str, Id]
    own_user_id: int

    noun = "content export"
    id_name = "content_export_id"
    over = {"exported": True, "failed": False, "deleted": False}  # noqa: RUF012  # a constant of the kind
    keeps_idempotency_key = False
    holds_up_others = False

    def create(self, mark: str) -> Call[Any]:  # noqa: ARG002  # it takes nothing that it does not know
        return self.call

    def listing(self) -> Call[Any]:
        return ContentExports.list.call_with(self.context)

    def get(self, number: Id) -> Call[Any]:
        return ContentExports.get.call_with({**self.context, self.id_name: number})

    def detailed(self, number: Id) -> None:  # noqa: ARG002  # there is nothing more to see
        return None

    def alike(self, record: Mapping[str, Any]) -> bool:
        same_user = record.get("user_id") == self.own_user_id
        return same_user and record.get("export_type") == self.call.params["export_type"]
