"""The rows of the world that are not course content: people, and the records of background jobs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from airflow_provider_canvas.emulator.machines.content_migration import Stored
from airflow_provider_canvas.emulator.machines.interpreter import Run
from airflow_provider_canvas.emulator.machines.progress import ProgressState


@dataclass(frozen=True)
class Account:
    """An account; the root account has no parent."""

    id: int
    name: str
    parent_account_id: int | None = None


@dataclass(frozen=True)
class Term:
    """An enrollment term."""

    id: int
    name: str
    sis_term_id: str | None = None
    start_at: datetime | None = None
    end_at: datetime | None = None


@dataclass(frozen=True)
class User:
    """Someone who may call the API.

    :param is_admin: may read and change everything, and sees the errors behind issues.
    :param readable: the courses that the user may read as a teacher does.
    :param writable: the courses whose content the user may change.
    """

    id: int
    name: str
    is_admin: bool = False
    readable: frozenset[int] = frozenset()
    writable: frozenset[int] = frozenset()

    def may_read(self, course_id: int) -> bool:
        """Whether the user may read the course as its teachers do."""
        return self.is_admin or course_id in self.readable or course_id in self.writable

    def may_write(self, course_id: int) -> bool:
        """Whether the user may change the course's content."""
        return self.is_admin or course_id in self.writable


@dataclass
class AccessToken:
    """An access token.

    :param expires_at: when it stops working for good.
    :param revoked: it was deleted.
    """

    token: str = field(repr=False)
    user_id: int
    expires_at: datetime | None = None
    revoked: bool = False


@dataclass(kw_only=True, eq=False)
class Progress:
    """The public record of a background job; `completion` is a percentage, None until it is first set."""

    id: int
    context_id: int
    context_type: str
    user_id: int
    tag: str
    created_at: datetime
    updated_at: datetime
    workflow_state: ProgressState = ProgressState.QUEUED
    completion: float | None = 0.0
    message: str | None = None
    results: Any = None


@dataclass(kw_only=True, eq=False)
class ContentMigration:
    """A migration into a course.

    :param migration_settings: what was asked for, as Canvas stores it.
    :param progress_id: None until it is first queued.
    :param retries: how often it was put back into the queue because another one was running.
    :param run: what moves it now.
    """

    id: int
    course_id: int
    user_id: int
    migration_type: str
    created_at: datetime
    updated_at: datetime
    workflow_state: Stored = Stored.CREATED
    migration_settings: dict[str, Any] = field(default_factory=dict)
    source_course_id: int | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    progress_id: int | None = None
    retries: int = 0
    run: Run | None = None

    @property
    def imports_immediately(self) -> bool:
        """Whether it goes on by itself once it is converted."""
        return bool(self.migration_settings.get("import_immediately"))


@dataclass(kw_only=True, eq=False)
class MigrationIssue:
    """Something that a migration wants a person to look at; `error_message` is for admins."""

    id: int
    content_migration_id: int
    issue_type: str
    description: str
    created_at: datetime
    updated_at: datetime
    workflow_state: str = "active"
    fix_issue_html_url: str | None = None
    error_message: str | None = None
