"""The content of a course: one dataclass per kind of content, and what a copy needs to know about it.

Every kind calls its name ``title``, as most of Canvas's own tables do; the pages give it the key that the API has for
it (``name`` of an assignment or a module, ``display_name`` of a file).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from canvas_emulator.model.content_base import DELETED, EPOCH, PUBLISHED_STATES, Content, References
from canvas_emulator.model.course_settings import CourseSettings
from canvas_emulator.model.unmapped_content import (
    AssignmentGroup,
    CalendarEvent,
    ExternalTool,
    LearningOutcome,
    LearningOutcomeGroup,
    QuestionBank,
    Rubric,
)

__all__ = [
    "CONTENT_KINDS",
    "DELETED",
    "EPOCH",
    "ITEM_CONTENT",
    "MAPPED_KINDS",
    "PUBLISHED_STATES",
    "Announcement",
    "Assignment",
    "AssignmentGroup",
    "CalendarEvent",
    "Content",
    "Course",
    "DiscussionTopic",
    "ExternalTool",
    "File",
    "Folder",
    "LearningOutcome",
    "LearningOutcomeGroup",
    "Module",
    "ModuleItem",
    "Page",
    "QuestionBank",
    "Quiz",
    "QuizQuestion",
    "References",
    "Rubric",
    "slug",
]

FILLER_BLOCK = 65_536


@dataclass(kw_only=True, eq=False)
class Folder(Content):
    """A folder of files; ``full_name`` starts with ``course files``."""

    full_name: str = "course files"
    KIND = "folders"
    ASSET = "folder"
    LABEL = "Folder"
    SECTION = "folders"


@dataclass(kw_only=True, eq=False)
class File(Content):
    """An attachment. ``size`` is in bytes; ``data`` are those bytes, None for a filler of that size."""

    content_type: str = "application/octet-stream"
    size: int = 0
    data: bytes | None = field(default=None, repr=False)
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

    def chunks(self) -> Iterator[bytes]:
        """Read its bytes, piece by piece. A file without data of its own repeats its name, up to its size."""
        if self.data is not None:
            yield self.data
            return
        line = f"{self.title}\n".encode()
        block = line * (FILLER_BLOCK // len(line) + 1)
        for start in range(0, self.size, len(block)):
            yield block[: self.size - start]


@dataclass(kw_only=True, eq=False)
class Page(Content):
    """A wiki page. ``url`` is its slug, unique in the course."""

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
    OWN = Content.OWN | {"url"}

    @property
    def path(self) -> str:
        """Pages are found by their slug."""
        return f"/courses/{self.course_id}/pages/{self.url}"


@dataclass(kw_only=True, eq=False)
class Assignment(Content):
    """An assignment, or the shell behind a graded quiz or discussion.

    A New Quiz is one with ``submission_types`` of ``external_tool``.
    """

    description: str = ""
    points_possible: float | None = None
    due_at: datetime | None = None
    unlock_at: datetime | None = None
    lock_at: datetime | None = None
    submission_types: tuple[str, ...] = ("online_upload",)
    external_tool_url: str | None = None
    assignment_group_id: int | None = None
    rubric_id: int | None = None
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


Assignment.REFERENCES = {
    "assignment_group_id": AssignmentGroup,
    "rubric_id": Rubric,
    "quiz_id": Quiz,
    "discussion_topic_id": DiscussionTopic,
}


@dataclass(kw_only=True, eq=False)
class QuizQuestion(Content):
    """A question of a classic quiz or of a question bank. Of its answers, ``correct`` is one.

    :param question_text: HTML.
    """

    question_type: str = "multiple_choice_question"
    question_text: str = ""
    points_possible: float = 1.0
    position: int = 1
    answers: tuple[str, ...] = ()
    correct: str = ""
    quiz_id: int | None = None
    question_bank_id: int | None = None
    KIND = "quiz_questions"
    ASSET = "quizzes:quiz_question"
    LABEL = "Quiz Question"
    SECTION = "quizzes/questions"
    HTML = "question_text"
    REFERENCES: ClassVar[References] = {"quiz_id": Quiz, "question_bank_id": QuestionBank}


@dataclass(kw_only=True, eq=False)
class Module(Content):
    """A module; ``title`` is its ``name``."""

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
    "ExternalTool": ExternalTool,
}
"""The item types that show content of the course, and the kind of content that each shows."""


@dataclass(kw_only=True, eq=False)
class ModuleItem(Content):
    """An item of a module: content of the course, or a header, a link or a tool, which have no ``content_id``."""

    module_id: int
    type: str
    position: int = 1
    indent: int = 0
    content_id: int | None = None
    external_url: str | None = None
    new_tab: bool = False
    completion_requirement: str | None = None
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
    LearningOutcomeGroup,
    LearningOutcome,
    Rubric,
    AssignmentGroup,
    ExternalTool,
    QuestionBank,
    Page,
    Assignment,
    Quiz,
    QuizQuestion,
    DiscussionTopic,
    Announcement,
    CalendarEvent,
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
    """Return the ``url`` that Canvas makes of a page's title, before it looks for collisions."""
    return re.sub(r"[^\w]+", "-", title.lower().replace("'", "")).strip("-_") or "page"


@dataclass
class Course:
    """A course, without its content, which the world's tables hold.

    :param sis_course_id: The key that the student information system has for it.
    :param end_at: The course's end, Canvas's ``conclude_at``.
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
    integration_id: str | None = None
    settings: CourseSettings = field(default_factory=CourseSettings)
