"""Writes the content of a term's templates, week by week, with links between its rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final, TypeVar
from urllib.parse import quote

from canvas_emulator.effects.resource_links import add_resource_link
from canvas_emulator.model.content import (
    Announcement,
    Assignment,
    AssignmentGroup,
    CalendarEvent,
    Content,
    DiscussionTopic,
    ExternalTool,
    File,
    Folder,
    LearningOutcome,
    LearningOutcomeGroup,
    LtiResourceLink,
    Module,
    ModuleItem,
    Page,
    Quiz,
    QuizQuestion,
    Rubric,
)
from canvas_emulator.model.content_assignments import NewQuizItem
from canvas_emulator.model.course import Course
from canvas_emulator.model.world import World
from canvas_emulator.seeds import term_texts as texts

C = TypeVar("C", bound=Content)

WRITTEN: Final = datetime(2026, 1, 9, 15, 0, tzinfo=UTC)
LAST_TERM: Final = datetime(2026, 1, 12, tzinfo=UTC)
"""The first day of the term for which the templates were written, a Monday; their dates are of that term."""

GUIDE = ("Library guide", "https://library.northfield.example/guides/{code}")
TOOL = ("Reading room", "https://readings.northfield.example/lti/launch", "readings.northfield.example")
NEW_QUIZ_URL = "https://northfield.quiz-lti.example/lti/launch"
WITH_GUIDE, WITH_TOOL, WITH_NEW_QUIZ = 1, 2, 4
"""The weeks that also have a link to the library, an item of the tool, and a New Quiz."""


@dataclass
class Week:
    """What a week of a template has.

    :param number: Its number, from 1.
    :param module: Its module.
    :param overview: Its page.
    :param reading: Its file.
    :param homework: Its assignment.
    :param discussion: Its discussion, if it has one.
    :param quiz: Its quiz, if it has one.
    :param event: Its review session, if it has one.
    :param items: Its module items, by the title of what they show.
    """

    number: int
    module: Module
    overview: Page
    reading: File
    homework: Assignment
    discussion: DiscussionTopic | None = None
    quiz: Quiz | None = None
    event: CalendarEvent | None = None
    items: dict[str, ModuleItem] = field(default_factory=dict)


class TemplateCourse:
    """Writes one template.

    :param world: Where to.
    :param course: The template, without content.
    :param subject: What it is about.
    :param weeks: How many weeks of content it has.
    """

    def __init__(self, world: World, course: Course, subject: str, weeks: int) -> None:
        self._world, self._course, self._subject = world, course, subject
        self._number_of_weeks = weeks

    def build(self) -> None:
        """Make all rows; the texts last, since they link to the rows."""
        self._home = self._row(Page(course_id=self._course.id, title="Home", front_page=True))
        self._news = self._row(Announcement(course_id=self._course.id, title="Welcome", posted_at=LAST_TERM))
        self._folder = self._row(Folder(course_id=self._course.id, title="course files"))
        if self._number_of_weeks:
            self._unmapped()
        self._weeks = [self._week(number) for number in range(1, self._number_of_weeks + 1)]
        self._write()

    def _row(self, row: C) -> C:
        row.created_at = row.updated_at = WRITTEN
        return self._world.add(row)

    def _unmapped(self) -> None:
        """Add what no mapping lists: groups, a rubric, an outcome, a tool."""
        here = self._course.id
        self._homework_group = self._row(AssignmentGroup(course_id=here, title="Homework", group_weight=60.0))
        self._quiz_group = self._row(AssignmentGroup(course_id=here, title="Quizzes", group_weight=40.0, position=2))
        lines = ("Question: 4", "Evidence: 4", "Language: 2")
        self._rubric = self._row(Rubric(course_id=here, title="Two pages", points_possible=10.0, criteria=lines))
        group = self._row(LearningOutcomeGroup(course_id=here, title=f"Goals of {self._subject}"))
        outcome = LearningOutcome(course_id=here, title="Argues from evidence", description="<p>In writing.</p>")
        outcome.outcome_group_id = group.id
        self._row(outcome)
        title, url, domain = TOOL
        tool = ExternalTool(
            course_id=here, title=title, url=url, domain=domain, description="Readings that are rented."
        )
        self._tool = self._row(tool)
        self._shelf = self._resource_link("Reading room", shelf="1")

    def _resource_link(self, title: str, assignment: Assignment | None = None, **custom: str) -> LtiResourceLink:
        link = LtiResourceLink(course_id=self._course.id, title=title, url=f"{self._tool.url}?shelf=1", custom=custom)
        link.external_tool_id, link.created_at = self._tool.id, WRITTEN
        link.assignment_id = None if assignment is None else assignment.id
        return add_resource_link(self._world, link)

    def _week(self, number: int) -> Week:
        """Make a page, a reading and homework, and now and then a discussion, a quiz or a review session."""
        here, friday = self._course.id, LAST_TERM + timedelta(weeks=number - 1, days=4, hours=22)
        module = self._row(Module(course_id=here, title=f"Week {number}", position=number))
        reading = File(course_id=here, title=f"reading-{number:02}.pdf", size=40_000, folder_id=self._folder.id)
        reading.content_type = "application/pdf"
        homework = Assignment(course_id=here, title=f"Homework {number}", points_possible=10, due_at=friday)
        homework.assignment_group_id, homework.rubric_id = self._homework_group.id, self._rubric.id
        week = Week(
            number,
            module,
            reading=self._row(reading),
            overview=self._row(Page(course_id=here, title=f"Week {number}: Overview")),
            homework=self._row(homework),
        )
        if number % 3 == 0:
            week.discussion = self._row(DiscussionTopic(course_id=here, title=f"Discussion {number // 3}"))
        if number % 5 == 0:
            week.quiz = self._quiz(f"Quiz {number // 5}", friday)
        if number % 4 == 0:
            start = friday - timedelta(days=2, hours=4)
            event = CalendarEvent(course_id=here, title=f"Review {number // 4}", location_name="Hall B", start_at=start)
            event.end_at = start + timedelta(hours=1)
            week.event = self._row(event)
        for position, item in enumerate(self._items(week, friday), start=1):
            item.position = position
            week.items[item.title] = self._row(item)
        return week

    def _quiz(self, title: str, due_at: datetime) -> Quiz:
        here, group_id = self._course.id, self._quiz_group.id
        shell = self._row(Assignment(course_id=here, title=title, points_possible=20, due_at=due_at))
        quiz = self._row(Quiz(course_id=here, title=title, points_possible=20, due_at=due_at))
        shell.submission_types, shell.quiz_id, quiz.assignment_id = ("online_quiz",), quiz.id, shell.id
        shell.assignment_group_id = quiz.assignment_group_id = group_id
        quiz.question_count = len(texts.QUESTIONS)
        return quiz

    def _items(self, week: Week, friday: datetime) -> Iterator[ModuleItem]:
        yield self._item(week, "Page", week.overview)
        yield self._item(week, "File", week.reading)
        yield self._item(week, "Assignment", week.homework)
        if week.discussion is not None:
            yield self._item(week, "Discussion", week.discussion)
        if week.quiz is not None:
            yield self._item(week, "Quiz", week.quiz)
        if week.number == WITH_GUIDE:
            title, url = GUIDE
            item = ModuleItem(course_id=self._course.id, title=title, module_id=week.module.id, type="ExternalUrl")
            item.external_url = url.format(code=self._course.course_code.lower())
            yield item
        if week.number == WITH_TOOL:
            item = self._item(week, "ExternalTool", self._tool)
            item.external_url = f"{self._tool.url}?shelf=1"
            item.resource_link_id = self._resource_link("Shelf of the week", shelf="2", view="list").id
            yield item
            shared = Assignment(course_id=self._course.id, title="Shared reading", points_possible=5, due_at=friday)
            shared.submission_types, shared.external_tool_url = ("external_tool",), f"{self._tool.url}?shelf=3"
            shared.external_tool_id, shared.assignment_group_id = self._tool.id, self._homework_group.id
            yield self._item(week, "Assignment", self._row(shared))
            self._resource_link("Shared reading", shared, shelf="3", annotations="shared")
        if week.number == WITH_NEW_QUIZ:
            quiz = Assignment(
                course_id=self._course.id, title="Tools check (New Quiz)", points_possible=4, due_at=friday
            )
            quiz.submission_types, quiz.external_tool_url = ("external_tool",), NEW_QUIZ_URL
            quiz.new_quiz_items = tuple(NewQuizItem(title, f"<p>{title}</p>") for title in texts.NEW_QUIZ_QUESTIONS)
            quiz.description, quiz.assignment_group_id = texts.NEW_QUIZ, self._quiz_group.id
            yield self._item(week, "Assignment", self._row(quiz))

    def _item(self, week: Week, kind: str, row: Content) -> ModuleItem:
        item = ModuleItem(course_id=self._course.id, title=row.title, module_id=week.module.id, type=kind)
        item.content_id = row.id
        return item

    def _write(self) -> None:
        """Write all texts, each with links to what is near it."""
        if not self._weeks:
            self._home.body = f"<p>Welcome to {self._subject}.</p>"
            self._news.message = "<p>We start on Monday.</p>"
            self._course.syllabus_body = f"<p>What {self._subject} is about.</p>"
            return
        last: dict[str, str] = {}
        for previous, week in pairwise([self._weeks[0], *self._weeks]):
            last = self._addresses(week, previous, last)
            self._write_week(week, last)
        first = self._addresses(self._weeks[0], self._weeks[0], {})
        self._home.body = texts.HOME.format_map(first)
        self._news.message = texts.NEWS.format_map(first)
        self._course.syllabus_body = texts.SYLLABUS.format_map(first)

    def _write_week(self, week: Week, addresses: Mapping[str, str]) -> None:
        def text_of(variants: tuple[str, ...]) -> str:
            return variants[(week.number - 1) % len(variants)].format_map(addresses)

        week.overview.body = text_of(texts.OVERVIEWS)
        week.homework.description = text_of(texts.HOMEWORK)
        if week.discussion is not None:
            week.discussion.message = text_of(texts.DISCUSSIONS)
        if week.event is not None:
            week.event.description = texts.EVENT.format_map(addresses)
        if week.quiz is not None:
            week.quiz.description = texts.QUIZ.format_map(addresses)
            self._questions(week.quiz, addresses)

    def _questions(self, quiz: Quiz, addresses: Mapping[str, str]) -> None:
        for position, (title, text, choices, choices_html, right, wrong) in enumerate(texts.QUESTIONS, start=1):
            question = QuizQuestion(course_id=self._course.id, title=title, quiz_id=quiz.id, position=position)
            question.question_type = "true_false_question" if "True" in choices else "multiple_choice_question"
            question.question_text, question.points_possible = text.format_map(addresses), 10.0
            question.choices, question.correct = choices, choices[0]
            question.answers_html = tuple(choice.format_map(addresses) for choice in choices_html)
            question.correct_comments_html = right.format_map(addresses)
            question.incorrect_comments_html = wrong.format_map(addresses)
            self._row(question)

    def _addresses(self, week: Week, previous: Week, last: Mapping[str, str]) -> dict[str, str]:
        """Return what a text of a week can link to: of what the week does not have, that of an earlier week.

        :param last: The addresses of the week before.
        """
        here = f"/courses/{self._course.id}"
        return {
            "subject": self._subject,
            "week": str(week.number),
            "number": f"{week.number:02}",
            "topic": texts.TOPICS[week.number - 1],
            "here": here,
            "home": self._home.path,
            "announcement": f"{here}/announcements/{self._news.id}",
            "overview": week.overview.path,
            "previous": previous.overview.path,
            "reading": week.reading.path,
            "by_path": f"{here}/file_contents/course%20files/{week.reading.title}",
            "homework": week.homework.path,
            "module": week.module.path,
            "item": str(week.items[week.homework.title].id),
            "tool": self._link_to_tool(),
            "discussion": week.discussion.path
            if week.discussion
            else last.get("discussion", f"{here}/discussion_topics"),
            "quiz": week.quiz.path if week.quiz else last.get("quiz", f"{here}/quizzes"),
            "event": week.event.path if week.event else last.get("event", f"{here}/calendar_events"),
        }

    def _link_to_tool(self) -> str:
        query = f"resource_link_lookup_uuid={self._shelf.lookup_uuid}&amp;url={quote(str(self._shelf.url), safe='')}"
        return f'<a href="/courses/{self._course.id}/external_tools/retrieve?{query}">the reading room</a>'
