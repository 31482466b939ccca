"""The rows of the world that are not course content: people, and the records of background jobs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from canvas_emulator.machines.agenda import Run
from canvas_emulator.machines.blueprint import SyncState
from canvas_emulator.machines.content_export import ExportState
from canvas_emulator.machines.content_migration import Stored
from canvas_emulator.machines.progress import ProgressState
from canvas_emulator.machines.upload import OnDuplicate, UploadState
from canvas_emulator.model.content_base import EPOCH, ContextType
from canvas_emulator.model.settings import StorageMode


@dataclass(frozen=True)
class Account:
    """An account; the root account has no parent.

    :param id: Its id.
    :param name: Its name.
    :param parent_account_id: The account above it; None for the root account.
    :param sis_account_id: The key that the student information system has for it.
    :param integration_id: A second key of the student information system.
    :param uuid: Identifies it across installations of Canvas.
    :param course_template_id: The course from which new courses of the account and of those below it are filled.
    :param default_time_zone: An IANA name: the zone of new courses, and of the dates of users.
    """

    id: int
    name: str
    parent_account_id: int | None = None
    sis_account_id: str | None = None
    integration_id: str | None = None
    uuid: str = ""
    course_template_id: int | None = None
    default_time_zone: str = "America/New_York"


@dataclass(frozen=True)
class Term:
    """An enrollment term.

    :param id: Its id.
    :param name: Its name.
    :param sis_term_id: The key that the student information system has for it.
    :param start_at: When it begins; None for no limit.
    :param end_at: When it ends; None for no limit.
    :param created_at: When it was created.
    """

    id: int
    name: str
    sis_term_id: str | None = None
    start_at: datetime | None = None
    end_at: datetime | None = None
    created_at: datetime = EPOCH


@dataclass(frozen=True)
class User:
    """A person with access to the API.

    :param id: Its id.
    :param name: The full name.
    :param is_admin: May read and change everything, and sees the errors behind issues.
    :param readable: The courses that the user may read as a teacher does.
    :param writable: The courses whose content the user may change.
    :param sis_user_id: The key that the student information system has for the user.
    :param login_id: The name to log in with.
    :param integration_id: A second key of the student information system.
    :param email: The address of the user.
    :param uuid: Identifies the user across installations of Canvas.
    :param is_test_student: Whether this is the test student, whose view of the course a teacher can take.
    :param created_at: When it was created.
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
    created_at: datetime = EPOCH

    def may_read(self, course_id: int) -> bool:
        """Tell whether the user may read the course as its teachers do."""
        return self.is_admin or course_id in self.readable or course_id in self.writable

    def may_write(self, course_id: int) -> bool:
        """Tell whether the user may change the course's content."""
        return self.is_admin or course_id in self.writable


@dataclass(frozen=True)
class Group:
    """A group of users within a course. Its members may read and change its files.

    :param id: Its id.
    :param name: Its name.
    :param course_id: The course that it is in.
    :param member_ids: Its members.
    :param sis_group_id: The key that the student information system has for it.
    :param uuid: Identifies it across installations of Canvas.
    """

    id: int
    name: str
    course_id: int
    member_ids: frozenset[int] = frozenset()
    sis_group_id: str | None = None
    uuid: str = ""


@dataclass
class GroupCategory:
    """A set of groups of a course, which no copy of the course brings.

    :param id: Its id.
    :param name: Its name.
    :param course_id: The course that it is in.
    """

    id: int
    name: str
    course_id: int


class Throttling(StrEnum):
    """How the rate limit treats a token: as any other, never refused, or always."""

    NORMAL = "normal"
    ALLOWED = "allowed"
    BLOCKED = "blocked"


@dataclass
class AccessToken:
    """An access token.

    :param token: The text that a client sends.
    :param user_id: The user whose rights it gives.
    :param expires_at: When it stops working: for good, unless a refresh gives it a new text.
    :param revoked: Whether it was deleted.
    :param refresh_token: The text that a client exchanges for a new token; None for a personal token.
    :param client_id: The developer key that it was issued to; None for a personal token.
    :param scopes: What it may be used for, such as ``url:GET|/api/v1/courses``; None for everything.
    :param real_user_id: The user who acts in the name of ``user_id``; None if nobody does.
    :param throttling: How the rate limit treats it.
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

    :param client_id: Identifies the client.
    :param client_secret: The client's secret.
    :param user_id: The user who authorizes it, since the emulator has no page to log in.
    :param redirect_uri: The only URL that codes are sent to.
    """

    client_id: str
    client_secret: str = field(repr=False)
    user_id: int
    redirect_uri: str = "urn:ietf:wg:oauth:2.0:oob"


@dataclass(kw_only=True, eq=False)
class Progress:
    """The public record of a background job.

    :param id: Its id.
    :param context_id: The id of the record or course that the job belongs to.
    :param context_type: The type of that record.
    :param user_id: The user who started the job; None for Canvas itself.
    :param tag: Canvas's name for the kind of job.
    :param created_at: When it was created.
    :param updated_at: When it last changed.
    :param workflow_state: The state, as reported.
    :param completion: A percentage, 0 to 100; None until it is first set.
    :param message: Canvas's message; None without one.
    :param results: What the job returns; None for most.
    """

    id: int
    context_id: int
    context_type: str
    user_id: int | None
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

    :param id: Its id.
    :param course_id: Where it goes: a course, or a context of ``context_type``.
    :param user_id: The user who started it; None for Canvas itself.
    :param migration_type: Canvas's name for the type.
    :param created_at: When it was created.
    :param updated_at: When it last changed.
    :param workflow_state: The stored state; the reported one is in ``machines``.
    :param migration_settings: What was asked for, as Canvas stores it.
    :param context_type: The kind of context that ``course_id`` names.
    :param source_course_id: The course to copy; None for packages.
    :param attachment_id: The file with the package, once there is one.
    :param package: What is in that file, once it was read.
    :param started_at: When it began to run; None while it is queued.
    :param finished_at: When it ended, or on servers of 2023 when its first half ended.
    :param progress_id: None until it is first queued.
    :param work_began_at: When a job last began to work on it.
    :param export_completion: How much of the source of a course copy is exported, in percent.
    :param retries: How often it was put back into the queue because another one was running.
    :param run: What moves it now.
    :param strand: The lane that it waits in, where that is not the lane of its kind and root account.
    :param expires_at: When the job that was queued first expires.
    """

    id: int
    course_id: int
    user_id: int | None
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
    work_began_at: datetime | None = None
    export_completion: float = 0.0
    retries: int = 0
    run: Run | None = None
    strand: str | None = None
    expires_at: datetime | None = None

    @property
    def imports_immediately(self) -> bool:
        """Tell whether the migration continues by itself after the conversion."""
        return bool(self.migration_settings.get("import_immediately"))


@dataclass(kw_only=True, eq=False)
class Upload:
    """An upload: the file, and what the first step of the upload returned.

    :param id: That of the file that it becomes.
    :param course_id: Where the file goes: a course, or a context of ``context_type``.
    :param context_type: The kind of context that ``course_id`` names.
    :param user_id: The user who started it.
    :param name: The file's name.
    :param content_type: Its media type.
    :param size: As announced, in bytes; None when it was not.
    :param folder_id: The folder that the file goes to; None for the files of migrations and exports.
    :param on_duplicate: What to do with a file of the same name in the folder.
    :param storage: Where the bytes of an upload go.
    :param uuid: Proves to the last step that the step before it was made.
    :param base_url: Scheme and host of this Canvas, as the client knows it.
    :param expires_at: Until when the bytes are taken.
    :param params: What the step with the bytes must send, in this order.
    :param success_include: What the last step includes in its response.
    :param target_url: The URL of the bytes, if the client does not send them.
    :param progress_id: The Progress of fetching the bytes from ``target_url``.
    :param workflow_state: How many of the steps were made.
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

    :param id: Its id.
    :param context_id: What it is of: a course, or a context of ``context_type``.
    :param user_id: The user who started it.
    :param export_type: Canvas's name for the type.
    :param created_at: When it was created.
    :param updated_at: When it last changed.
    :param context_type: The kind of context that ``context_id`` names.
    :param workflow_state: The stored state.
    :param selection: What it takes, as ``copy`` options.
    :param skip_notifications: Whether the user gets no message at the end.
    :param attachment_id: The file, once it is written.
    :param progress_id: Its Progress.
    :param run: What moves it now.
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
    run: Run | None = None


@dataclass(eq=False)
class BlueprintTemplate:
    """What makes a course a blueprint.

    :param id: Its id, which is not that of the course.
    :param course_id: The blueprint.
    :param restricted: The items that are locked in the courses that follow, by kind and id.
    """

    id: int
    course_id: int
    restricted: set[tuple[str, int]] = field(default_factory=set)


@dataclass(frozen=True)
class BlueprintSubscription:
    """A course follows a blueprint: what the blueprint has is synced into it.

    :param id: Its id.
    :param template_id: The template of the blueprint.
    :param blueprint_course_id: The blueprint.
    :param course_id: The course that follows it.
    """

    id: int
    template_id: int
    blueprint_course_id: int
    course_id: int


@dataclass(kw_only=True, eq=False)
class BlueprintMigration:
    """A sync of a blueprint into all courses that follow it.

    :param id: Its id.
    :param template_id: The template of the blueprint.
    :param user_id: The user who started it.
    :param created_at: When it was created.
    :param comment: The comment of that user.
    :param workflow_state: The stored state: once imports are queued, theirs decide.
    :param exports_started_at: When the export began.
    :param imports_queued_at: When the imports were queued.
    :param content_migration_ids: The content migrations that do the work, by subscription.
    :param selective_ids: The subscriptions that get only what changed, since they had everything before.
    """

    id: int
    template_id: int
    user_id: int
    created_at: datetime
    comment: str | None = None
    workflow_state: SyncState = SyncState.QUEUED
    exports_started_at: datetime | None = None
    imports_queued_at: datetime | None = None
    content_migration_ids: dict[int, int] = field(default_factory=dict)
    selective_ids: set[int] = field(default_factory=set)


@dataclass(kw_only=True, eq=False)
class MigrationIssue:
    """A problem that a person should check after a migration.

    :param id: Its id.
    :param content_migration_id: The migration.
    :param issue_type: ``error``, ``warning`` or ``todo``.
    :param description: What is wrong, for the teacher.
    :param created_at: When it was created.
    :param updated_at: When it last changed.
    :param workflow_state: ``active`` or ``resolved``.
    :param fix_issue_html_url: The page to fix it; None without one.
    :param error_message: The error behind it; only admins see it.
    :param error_report_id: The report of an unexpected error; None without one.
    """

    id: int
    content_migration_id: int
    issue_type: str
    description: str
    created_at: datetime
    updated_at: datetime
    workflow_state: str = "active"
    fix_issue_html_url: str | None = None
    error_message: str | None = None
    error_report_id: int | None = None
