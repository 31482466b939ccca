"""The rows of the world that are not course content: people, and the records of background jobs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from canvas_emulator.machines.agenda import Run
from canvas_emulator.machines.content_export import ExportState
from canvas_emulator.machines.content_migration import Stored
from canvas_emulator.machines.progress import ProgressState
from canvas_emulator.machines.upload import OnDuplicate, UploadState
from canvas_emulator.model.content_base import ContextType
from canvas_emulator.model.settings import StorageMode


@dataclass(frozen=True)
class Account:
    """An account; the root account has no parent.

    :param course_template_id: The course from which new courses of the account and of those below it are filled.
    """

    id: int
    name: str
    parent_account_id: int | None = None
    sis_account_id: str | None = None
    integration_id: str | None = None
    uuid: str = ""
    course_template_id: int | None = None


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

    :param is_admin: May read and change everything, and sees the errors behind issues.
    :param readable: The courses that the user may read as a teacher does.
    :param writable: The courses whose content the user may change.
    :param is_test_student: The one whom a teacher becomes to see a course as students do.
    """

    id: int
    name: str
    is_admin: bool = False
    readable: frozenset[int] = frozenset()
    writable: frozenset[int] = frozenset()
    sis_user_id: str | None = None
    login_id: str | None = None
    integration_id: str | None = None
    email: str | None = None
    uuid: str = ""
    is_test_student: bool = False

    def may_read(self, course_id: int) -> bool:
        """Tell whether the user may read the course as its teachers do."""
        return self.is_admin or course_id in self.readable or course_id in self.writable

    def may_write(self, course_id: int) -> bool:
        """Tell whether the user may change the course's content."""
        return self.is_admin or course_id in self.writable


@dataclass(frozen=True)
class Group:
    """A group of users within a course. Its members may read and change its files."""

    id: int
    name: str
    course_id: int
    member_ids: frozenset[int] = frozenset()
    sis_group_id: str | None = None
    uuid: str = ""


class Throttling(StrEnum):
    """How the rate limit treats a token: as any other, never refused, or always."""

    NORMAL = "normal"
    ALLOWED = "allowed"
    BLOCKED = "blocked"


@dataclass
class AccessToken:
    """An access token.

    :param expires_at: When it stops working: for good, unless a refresh gives it a new text.
    :param revoked: It was deleted.
    :param refresh_token: What a new text of it is asked for with; None for a personal token.
    :param client_id: Of the developer key that it was given to.
    :param scopes: What it may be used for, such as ``url:GET|/api/v1/courses``; None for everything.
    :param real_user_id: Who is behind it, if it was given to one user in the name of another.
    """

    token: str = field(repr=False)
    user_id: int
    expires_at: datetime | None = None
    revoked: bool = False
    refresh_token: str | None = field(default=None, repr=False)
    client_id: str | None = None
    scopes: frozenset[str] | None = None
    real_user_id: int | None = None
    throttling: Throttling = Throttling.NORMAL


@dataclass(frozen=True)
class DeveloperKey:
    """A client of OAuth2.

    :param user_id: The user who authorizes it, since the emulator has no page to log in.
    """

    client_id: str
    client_secret: str = field(repr=False)
    user_id: int
    redirect_uri: str = "urn:ietf:wg:oauth:2.0:oob"


@dataclass(kw_only=True, eq=False)
class Progress:
    """The public record of a background job; ``completion`` is a percentage, None until it is first set."""

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

    :param course_id: Where it goes: a course, or a context of ``context_type``.
    :param migration_settings: What was asked for, as Canvas stores it.
    :param attachment_id: The file with the package, once there is one.
    :param package: What is in that file, once it was read.
    :param progress_id: None until it is first queued.
    :param retries: How often it was put back into the queue because another one was running.
    :param run: What moves it now.
    """

    id: int
    course_id: int
    user_id: int
    migration_type: str
    created_at: datetime
    updated_at: datetime
    workflow_state: Stored = Stored.CREATED
    migration_settings: dict[str, Any] = field(default_factory=dict)
    context_type: ContextType = ContextType.COURSE
    source_course_id: int | None = None
    attachment_id: int | None = None
    package: Any = field(default=None, repr=False)
    started_at: datetime | None = None
    finished_at: datetime | None = None
    progress_id: int | None = None
    retries: int = 0
    run: Run | None = None

    @property
    def imports_immediately(self) -> bool:
        """Tell whether the migration continues by itself after the conversion."""
        return bool(self.migration_settings.get("import_immediately"))


@dataclass(kw_only=True, eq=False)
class Upload:
    """An upload: the file, and what the first step of the upload returned.

    :param id: That of the file that it becomes.
    :param course_id: Where the file goes: a course, or a context of ``context_type``.
    :param size: As announced, in bytes; None when it was not.
    :param storage: Where the bytes of an upload go.
    :param uuid: Proves to the last step that the step before it was made.
    :param base_url: Scheme and host of this Canvas, as the client knows it.
    :param expires_at: Until when the bytes are taken.
    :param params: What the step with the bytes must send, in this order.
    :param success_include: What the last step includes in its response.
    :param target_url: The URL of the bytes, if the client does not send them.
    :param progress_id: Of that.
    :param data: The bytes, once they are there.
    """

    id: int
    course_id: int
    context_type: ContextType
    user_id: int
    name: str
    content_type: str
    size: int | None
    folder_id: int | None
    on_duplicate: OnDuplicate
    storage: StorageMode
    uuid: str = field(repr=False)
    base_url: str
    expires_at: datetime
    params: dict[str, str] = field(default_factory=dict, repr=False)
    success_include: tuple[str, ...] = ()
    target_url: str | None = field(default=None, repr=False)
    progress_id: int | None = None
    workflow_state: UploadState = UploadState.PENDING
    data: bytes | None = field(default=None, repr=False)


@dataclass(kw_only=True, eq=False)
class ContentExport:
    """An export of a course, a group's or a user's files.

    :param context_id: What it is of: a course, or a context of ``context_type``.
    :param selection: What it takes, as ``copy`` options.
    :param attachment_id: The file, once it is written.
    """

    id: int
    context_id: int
    user_id: int
    export_type: str
    created_at: datetime
    updated_at: datetime
    context_type: ContextType = ContextType.COURSE
    workflow_state: ExportState = ExportState.CREATED
    selection: dict[str, Any] = field(default_factory=dict)
    skip_notifications: bool = False
    attachment_id: int | None = None
    progress_id: int | None = None


@dataclass(frozen=True)
class BlueprintSubscription:
    """A course follows a blueprint: what the blueprint has is synced into it."""

    id: int
    blueprint_course_id: int
    course_id: int


@dataclass(frozen=True)
class BlueprintMigration:
    """A sync of a blueprint into one course, by a content migration."""

    id: int
    subscription: BlueprintSubscription
    content_migration_id: int
    comment: str | None = None


@dataclass(kw_only=True, eq=False)
class MigrationIssue:
    """An issue: something that a person should check after a migration; ``error_message`` is for admins."""

    id: int
    content_migration_id: int
    issue_type: str
    description: str
    created_at: datetime
    updated_at: datetime
    workflow_state: str = "active"
    fix_issue_html_url: str | None = None
    error_message: str | None = None
