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
    """A folder of files.

    :param full_name: The path from the root, which starts with ``course files``.
    """

    full_name: str = "course files"
    KIND = "folders"
    ASSET = "folder"
    LABEL = "Folder"
    SECTION = "folders"


@dataclass(kw_only=True, eq=False)
class File(Content):
    """An attachment.

    :param content_type: Its media type.
    :param size: Its size in bytes.
    :param data: Its bytes; None for a filler of that size.
    :param folder_id: The folder that it is in.
    :param unlock_at: When it becomes available; None for at once.
    :param lock_at: When it stops being available; None for never.
    :param workflow_state: ``available``, ``hidden`` or ``deleted``.
    """

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
    """A wiki page.

    :param url: Its slug, unique in the course.
    :param body: HTML.
    :param front_page: Whether it is the front page of the course.
    :param todo_date: When it shows in the students' to-do lists; None for never.
    """

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

    :param description: HTML.
    :param points_possible: The highest score; None for an ungraded one.
    :param due_at: When it is due; None for never.
    :param unlock_at: When it becomes available; None for at once.
    :param lock_at: When it stops being available; None for never.
    :param submission_types: The ways to hand it in.
    :param external_tool_url: The URL of the tool that students open, if it is one.
    :param assignment_group_id: The group that it is in.
    :param rubric_id: Its rubric, if it has one.
    :param quiz_id: The quiz of which it is the shell, if it is one.
    :param discussion_topic_id: The discussion of which it is the shell, if it is one.
    :param workflow_state: ``published``, ``unpublished`` or ``deleted``; New Quizzes have more states while they are
        copied.
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
    """A classic quiz; a graded one has a shell assignment.

    :param description: HTML.
    :param quiz_type: ``assignment`` for a graded quiz, ``practice_quiz``, ``graded_survey`` or ``survey``.
    :param points_possible: The highest score; None for an ungraded one.
    :param question_count: The number of its questions.
    :param time_limit: Minutes; None for no limit.
    :param due_at: When it is due; None for never.
    :param unlock_at: When it becomes available; None for at once.
    :param lock_at: When it stops being available; None for never.
    :param assignment_id: The shell assignment of a graded quiz.
    :param workflow_state: ``available``, ``unpublished`` or ``deleted``.
    """

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
    """A discussion; a graded one has a shell assignment.

    :param message: HTML.
    :param discussion_type: ``threaded`` or ``side_comment``.
    :param pinned: Whether it stays at the top of the list.
    :param posted_at: When it was posted.
    :param delayed_post_at: When it will be posted; None if it is not delayed.
    :param lock_at: When it stops being available; None for never.
    :param assignment_id: The shell assignment of a graded discussion.
    """

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
    """A question of a classic quiz or of a question bank.

    :param question_type: Canvas's name for the type.
    :param question_text: HTML.
    :param points_possible: The points of a correct reply.
    :param position: Its place in the quiz, counted from 1.
    :param choices: The texts to choose from.
    :param correct: The one of them that is right.
    :param quiz_id: The quiz that it is in, if it is in one.
    :param question_bank_id: The question bank that it is in, if it is in one.
    """

    question_type: str = "multiple_choice_question"
    question_text: str = ""
    points_possible: float = 1.0
    position: int = 1
    choices: tuple[str, ...] = ()
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
    """A module; ``title`` is its ``name``.

    :param position: Its place in the course, counted from 1.
    :param unlock_at: When it becomes available; None for at once.
    :param require_sequential_progress: Whether students must complete its items in order.
    :param prerequisite_module_ids: The modules that students must complete first.
    """

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
    """An item of a module: content of the course, or a header, a link or a tool, which have no ``content_id``.

    :param module_id: The module that it is in.
    :param type: Canvas's name for the type, such as ``Page`` or ``SubHeader``.
    :param position: Its place in the module, counted from 1.
    :param indent: How far it is indented, in levels.
    :param content_id: The content that it shows; None for a header or a link.
    :param external_url: The URL of a link or a tool.
    :param new_tab: Whether the link opens in a new tab.
    :param completion_requirement: What completes it, such as ``must_view``; None for nothing.
    """

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
