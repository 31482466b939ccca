"""What a course consists of: one dataclass a kind of content, and what a copy has to know of it.

Every kind calls its name `title`, as most of Canvas's own tables do; the pages give it the key that the API has for it
(`name` of an assignment or a module, `display_name` of a file).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PUBLISHED_STATES = frozenset({"active", "available", "published"})
DELETED = "deleted"


@dataclass(kw_only=True, eq=False)
class Content:
    """A row of a course.

    :param course_id: the course that the row is in.
    :param title: its name.
    :param id: given by the world when the row is added.
    :param migration_id: in an imported row, the key of the row that it was copied from.
    :param workflow_state: Canvas's stored state; `deleted` rows stay in their table.
    :param created_at: when the row came to be.
    :param updated_at: when it last changed.
    """

    course_id: int
    title: str
    id: int = 0
    migration_id: str | None = None
    workflow_state: str = "active"
    created_at: datetime = EPOCH
    updated_at: datetime = EPOCH

    KIND: ClassVar[str]
    """The type's name in `select` and in the asset id mapping."""
    ASSET: ClassVar[str]
    """The prefix of the asset string from which Canvas computes migration ids."""
    LABEL: ClassVar[str]
    """What the issues of a migration call it."""
    SECTION: ClassVar[str]
    """Where its pages are, within the course's address."""
    HTML: ClassVar[str | None] = None
    """The field that holds HTML."""
    DATES: ClassVar[tuple[str, ...]] = ()
    """The fields that a date shift moves."""
    REFERENCES: ClassVar[References] = {}
    """The fields that hold ids of other rows of the course."""
    REQUIRED: ClassVar[tuple[str, ...]] = ()
    """The references without which the row makes no sense."""

    @property
    def deleted(self) -> bool:
        """Whether the row was deleted: Canvas keeps it and answers 404."""
        return self.workflow_state == DELETED

    @property
    def published(self) -> bool:
        """Whether students can see it."""
        return self.workflow_state in PUBLISHED_STATES

    @property
    def path(self) -> str:
        """Where people find it, without the host."""
        return f"/courses/{self.course_id}/{self.SECTION}/{self.id}"

    def references(self) -> References:
        """Return the fields of this row that hold ids, with the kind of row that each points to."""
        return self.REFERENCES


References = Mapping[str, type[Content]]


@dataclass(kw_only=True, eq=False)
class Folder(Content):
    """A folder of files; `full_name` starts with `course files`."""

    full_name: str = "course files"
    KIND = "folders"
    ASSET = "folder"
    LABEL = "Folder"
    SECTION = "folders"


@dataclass(kw_only=True, eq=False)
class File(Content):
    """An attachment. `size` is in bytes."""

    content_type: str = "application/octet-stream"
    size: int = 0
    folder_id: int | None = None
    unlock_at: datetime | None = None
    lock_at: datetime | None = None
    workflow_state: str = "available"
    KIND = "files"
    ASSET = "attachment"
    LABEL = "File"
    SECTION = "files"
    DATES = ("unlock_at", "lock_at")
    REFERENCES: ClassVar[References] = {"folder_id": Folder}


@dataclass(kw_only=True, eq=False)
class Page(Content):
    """A wiki page. `url` is its slug, unique in the course."""

    url: str = ""
    body: str = ""
    front_page: bool = False
    todo_date: datetime | None = None
    KIND = "pages"
    ASSET = "wiki_page"
    LABEL = "Page"
    SECTION = "pages"
    HTML = "body"
    DATES = ("todo_date",)

    @property
    def path(self) -> str:
        """Pages are found by their slug."""
        return f"/courses/{self.course_id}/pages/{self.url}"


@dataclass(kw_only=True, eq=False)
class Assignment(Content):
    """An assignment, or the shell behind a graded quiz or discussion.

    A New Quiz is one with `submission_types` of `external_tool`.
    """

    description: str = ""
    points_possible: float | None = None
    due_at: datetime | None = None
    unlock_at: datetime | None = None
    lock_at: datetime | None = None
    submission_types: tuple[str, ...] = ("online_upload",)
    external_tool_url: str | None = None
    quiz_id: int | None = None
    discussion_topic_id: int | None = None
    workflow_state: str = "published"
    KIND = "assignments"
    ASSET = "assignment"
    LABEL = "Assignment"
    SECTION = "assignments"
    HTML = "description"
    DATES = ("due_at", "unlock_at", "lock_at")


@dataclass(kw_only=True, eq=False)
class Quiz(Content):
    """A classic quiz; a graded one has a shell assignment."""

    description: str = ""
    quiz_type: str = "assignment"
    points_possible: float | None = None
    question_count: int = 0
    time_limit: int | None = None
    due_at: datetime | None = None
    unlock_at: datetime | None = None
    lock_at: datetime | None = None
    assignment_id: int | None = None
    workflow_state: str = "available"
    KIND = "quizzes"
    ASSET = "quizzes:quiz"
    LABEL = "Quiz"
    SECTION = "quizzes"
    HTML = "description"
    DATES = ("due_at", "unlock_at", "lock_at")
    REFERENCES: ClassVar[References] = {"assignment_id": Assignment}


@dataclass(kw_only=True, eq=False)
class DiscussionTopic(Content):
    """A discussion; a graded one has a shell assignment."""

    message: str = ""
    discussion_type: str = "threaded"
    pinned: bool = False
    posted_at: datetime | None = None
    delayed_post_at: datetime | None = None
    lock_at: datetime | None = None
    assignment_id: int | None = None
    KIND = "discussion_topics"
    ASSET = "discussion_topic"
    LABEL = "Discussion Topic"
    SECTION = "discussion_topics"
    HTML = "message"
    DATES = ("posted_at", "delayed_post_at", "lock_at")
    REFERENCES: ClassVar[References] = {"assignment_id": Assignment}


@dataclass(kw_only=True, eq=False)
class Announcement(DiscussionTopic):
    """An announcement: a discussion topic of its own kind, which takes its id from the same counter."""

    KIND = "announcements"
    LABEL = "Announcement"


Assignment.REFERENCES = {"quiz_id": Quiz, "discussion_topic_id": DiscussionTopic}


@dataclass(kw_only=True, eq=False)
class Module(Content):
    """A module; `title` is its `name`."""

    position: int = 1
    unlock_at: datetime | None = None
    require_sequential_progress: bool = False
    prerequisite_module_ids: tuple[int, ...] = ()
    KIND = "modules"
    ASSET = "context_module"
    LABEL = "Module"
    SECTION = "modules"
    DATES = ("unlock_at",)


Module.REFERENCES = {"prerequisite_module_ids": Module}

ITEM_CONTENT: Mapping[str, type[Content]] = {
    "Page": Page,
    "Assignment": Assignment,
    "Quiz": Quiz,
    "Discussion": DiscussionTopic,
    "File": File,
}
"""The item types that show content of the course, and the kind of content that each shows."""


@dataclass(kw_only=True, eq=False)
class ModuleItem(Content):
    """An item of a module: content of the course, or a header, a link or a tool, which have no `content_id`."""

    module_id: int
    type: str
    position: int = 1
    indent: int = 0
    content_id: int | None = None
    external_url: str | None = None
    new_tab: bool = False
    KIND = "module_items"
    ASSET = "content_tag"
    LABEL = "Module Item"
    SECTION = "modules/items"
    REQUIRED = ("module_id", "content_id")

    def references(self) -> References:
        """Return the module, and the content that the item shows, if it shows any."""
        shown = ITEM_CONTENT.get(self.type)
        return {"module_id": Module} | ({"content_id": shown} if shown else {})


CONTENT_KINDS: tuple[type[Content], ...] = (
    Folder,
    File,
    Page,
    Assignment,
    Quiz,
    DiscussionTopic,
    Announcement,
    Module,
    ModuleItem,
)
"""Every kind, in the order in which a copy makes rows: what is referred to comes before what refers to it."""

MAPPED_KINDS: tuple[type[Content], ...] = (
    Assignment,
    Announcement,
    File,
    ModuleItem,
    Module,
    DiscussionTopic,
    Quiz,
    Page,
)
"""The kinds that the asset id mapping lists, in Canvas's order."""


def slug(title: str) -> str:
    """Return the `url` that Canvas makes of a page's title, before it looks for collisions."""
    return re.sub(r"[^\w]+", "-", title.lower().replace("'", "")).strip("-_") or "page"


@dataclass
class Course:
    """A course, without its content, which the world's tables hold.

    :param sis_course_id: the key that the student information system has for it.
    :param end_at: the course's end, Canvas's `conclude_at`.
    """

    id: int
    name: str
    course_code: str
    account_id: int
    enrollment_term_id: int
    sis_course_id: str | None = None
    workflow_state: str = "available"
    start_at: datetime | None = None
    end_at: datetime | None = None
    created_at: datetime = EPOCH
    time_zone: str = "America/New_York"
    default_view: str = "modules"
    license: str = "private"
    is_public: bool = False
    syllabus_body: str = ""
    storage_quota_mb: int = 500
    uuid: str = ""
