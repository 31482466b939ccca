"""The results of a link validation: the places of a course with links that lead to nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from typing import Any

from canvas_emulator.effects.link_checks import LinkChecks
from canvas_emulator.model.content import (
    Announcement,
    Assignment,
    CalendarEvent,
    Content,
    DiscussionTopic,
    Module,
    ModuleItem,
    Page,
    Quiz,
    QuizQuestion,
)
from canvas_emulator.model.course import Course
from canvas_emulator.model.world import World

ATTRIBUTES = ("href", "src", "data")

Issue = dict[str, Any]
Attributes = list[tuple[str, str | None]]


def validate_links(world: World, course: Course, hosts: frozenset[str]) -> list[Issue]:
    """Return the issues of a course, in the order in which Canvas reads it.

    :param hosts: The hosts of this Canvas.
    """
    checks = LinkChecks(world, course.id, hosts)
    return [issue for place in _places(world, course) if (issue := _issue(checks, *place))]


_Place = tuple[str, str, str, Sequence[str]]
"""The name, the type, the path and the texts of a place."""


def _places(world: World, course: Course) -> Iterator[_Place]:
    here = f"/courses/{course.id}"
    if course.settings.image_url:
        yield "Course Card Image", "course_card_image", f"{here}/settings", [f'<img src="{course.settings.image_url}">']
    yield "Course Syllabus", "syllabus", f"{here}/assignments/syllabus", [course.syllabus_body]
    questions = world.live(QuizQuestion, course.id)
    for question in questions:
        if question.question_bank_id is not None:
            yield question.title, "assessment_question", question.path, _texts(question)
    for assignment in world.live(Assignment, course.id):
        if assignment.quiz_id is None and assignment.discussion_topic_id is None:
            yield assignment.title, "assignment", assignment.path, _texts(assignment)
    for event in world.live(CalendarEvent, course.id):
        yield event.title, "calendar_event", event.path, _texts(event)
    for topic in (*world.live(DiscussionTopic, course.id), *world.live(Announcement, course.id)):
        yield topic.title, "discussion_topic", topic.path, _texts(topic)
    yield from _modules(world, course.id)
    for quiz in world.live(Quiz, course.id):
        yield quiz.title, "quiz", quiz.path, _texts(quiz)
        for question in questions:
            if question.quiz_id == quiz.id:
                path = f"{quiz.path}/take?preview=1#question_{question.id}"
                yield question.title, "quiz_question", path, _texts(question)
    for page in world.live(Page, course.id):
        yield page.title, "wiki_page", page.path, _texts(page)


def _modules(world: World, course_id: int) -> Iterator[_Place]:
    """Yield the modules with the addresses of their items, all items of a module together."""
    items = [item for item in world.live(ModuleItem, course_id) if item.type == "ExternalUrl" and item.external_url]
    for module in world.live(Module, course_id):
        links = [f'<a href="{item.external_url}">{item.title}</a>' for item in items if item.module_id == module.id]
        if links:
            yield module.title, "module", f"/courses/{course_id}/modules#module_{module.id}", links


def _texts(row: Content) -> list[str]:
    found = row.texts().values()
    return [text for each in found for text in ((each,) if isinstance(each, str) else each) if text]


def _issue(checks: LinkChecks, name: str, kind: str, path: str, texts: Sequence[str]) -> Issue | None:
    invalid = [link for text in texts for link in _invalid(checks, text)]
    return {"name": name, "type": kind, "content_url": path, "invalid_links": invalid} if invalid else None


def _invalid(checks: LinkChecks, html: str) -> Iterator[dict[str, Any]]:
    for link in _Links.of(html):
        reason = checks.check(str(link["url"]))
        if reason is not None:
            yield link | {"reason": str(reason)}


class _Links(HTMLParser):
    """Collects the addresses of a text, with the texts of links."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[dict[str, Any]] = []
        self._open: list[dict[str, Any]] = []

    @classmethod
    def of(cls, html: str) -> list[dict[str, Any]]:
        """Return the addresses of a text, in its order."""
        parser = cls()
        parser.feed(html)
        parser.close()
        return parser.found

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        """Collect the addresses of a tag."""
        values = {name: value for name, value in attrs if value is not None}
        names = [name for name in ATTRIBUTES if name in values]
        if values.get("name") == "src" and "value" in values:
            names.append("value")
        for name in names:
            link: dict[str, Any] = {"url": values[name]}
            if tag == "img":
                link["image"] = True
            self.found.append(link)
            if tag == "a" and name == "href":
                link["link_text"] = ""
                self._open.append(link)

    def handle_data(self, data: str) -> None:
        """Add to the text of the link that is open."""
        if self._open:
            self._open[-1]["link_text"] += data

    def handle_endtag(self, tag: str) -> None:
        """Close a link."""
        if tag == "a" and self._open:
            self._open.pop()
