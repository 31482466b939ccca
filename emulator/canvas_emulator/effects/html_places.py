"""The places of a course that hold HTML or an address which teachers write, by the names that the API has for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from canvas_emulator.model.content import (
    Announcement,
    Assignment,
    CalendarEvent,
    Content,
    DiscussionTopic,
    ModuleItem,
    Page,
    Quiz,
    QuizQuestion,
)
from canvas_emulator.model.course import Course
from canvas_emulator.model.world import World

KINDS: tuple[type[Content], ...] = (
    Assignment,
    CalendarEvent,
    DiscussionTopic,
    Announcement,
    Quiz,
    QuizQuestion,
    Page,
)
"""The kinds of row with HTML that teachers write, but for banks of questions and outcomes."""

SYLLABUS, CHOICES, ADDRESS = "syllabus", "answers_html", "external_url"


@dataclass(frozen=True)
class Place:
    """A text or an address in a course.

    :param type: The kind of what has it, such as ``pages`` or ``syllabus``.
    :param owner: What has it.
    :param name: The field of the owner.
    :param index: Its number in a field with several texts.
    """

    type: str
    owner: Content | Course
    name: str
    index: int | None = None

    @property
    def field(self) -> str:
        """Return the name of the field in the API, such as ``body`` or ``answers.2.html``."""
        return f"answers.{self.index}.html" if self.name == CHOICES else self.name

    @property
    def text(self) -> str:
        """Return what is there."""
        value = getattr(self.owner, self.name)
        return (value if self.index is None else value[self.index]) or ""

    def write(self, text: str, at: datetime) -> None:
        """Replace what is there, as an edit does."""
        value: str | tuple[str, ...] = text
        if self.index is not None:
            texts = list(getattr(self.owner, self.name))
            texts[self.index] = text
            value = tuple(texts)
        setattr(self.owner, self.name, value)
        if isinstance(self.owner, Content):
            self.owner.updated_at = at


def places(world: World, course_id: int) -> Iterator[Place]:
    """Yield all places of a course that have a text: those of rows that are not deleted, and the syllabus."""
    course = world.tables.courses[course_id]
    if course.syllabus_body:
        yield Place(SYLLABUS, course, "syllabus_body")
    for kind in KINDS:
        for row in world.live(kind, course_id):
            if not _is_repeated(row):
                yield from _of_row(row)
    for item in world.live(ModuleItem, course_id):
        if item.type == "ExternalUrl" and item.external_url:
            yield Place(item.KIND, item, ADDRESS)


def _is_repeated(row: Content) -> bool:
    """Tell whether a row has no text of its own: an assignment of a quiz or discussion, or a question of a bank."""
    if isinstance(row, Assignment):
        return row.quiz_id is not None or row.discussion_topic_id is not None
    return isinstance(row, QuizQuestion) and row.quiz_id is None


def _of_row(row: Content) -> Iterator[Place]:
    for name, text in row.texts().items():
        if isinstance(text, str):
            if text:
                yield Place(row.KIND, row, name)
        else:
            yield from (Place(row.KIND, row, name, index) for index, each in enumerate(text) if each)
