"""Builds the demo's master course: makes rows of the tables in ``demo_content``, and links them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from canvas_emulator.effects.resource_links import add_resource_link
from canvas_emulator.model.content import (
    DELETED,
    ITEM_CONTENT,
    Announcement,
    Assignment,
    CalendarEvent,
    Content,
    DiscussionTopic,
    File,
    Folder,
    LtiResourceLink,
    Module,
    ModuleItem,
    Page,
    Quiz,
    QuizQuestion,
)
from canvas_emulator.model.content_assignments import NewQuizItem
from canvas_emulator.model.course import Course
from canvas_emulator.model.world import World
from canvas_emulator.seeds.demo_content import (
    ANNOUNCEMENTS,
    ASSIGNMENTS,
    CONTENT_TYPES,
    FILES,
    MODULES,
    NEW_QUIZ_QUESTIONS,
    PAGES,
    QUIZZES,
    REMOVED_ASSIGNMENT,
    REMOVED_FILE,
    SYLLABUS,
    TOPICS,
)
from canvas_emulator.seeds.demo_unmapped import add_unmapped

WRITTEN = datetime(2025, 12, 15, 16, 30, tzinfo=UTC)
"""When the master was last worked on."""

FIRST_DAY = datetime(2026, 1, 12, tzinfo=UTC)

_PLACEHOLDER = re.compile(r"\[\[#(?P<id>.+?)\]\]|\[\[(?P<link>.+?)\]\]|\(\((?P<image>.+?)\)\)")


@dataclass
class MasterCourse:
    """Builds the content of the master course.

    :param world: Where to.
    :param course: The course, without content.
    :param prior_id: The course that this one was made from, which the syllabus still links to.
    """

    world: World
    course: Course
    prior_id: int

    def build(self) -> None:
        """Make all rows; the HTML last, since it links to them."""
        self._rows: dict[str, Content] = {}
        self._files()
        for title, (week, points, description) in ASSIGNMENTS.items():
            self._add(
                Assignment(
                    course_id=self.course.id,
                    title=title,
                    description=description,
                    points_possible=points,
                    due_at=friday(week),
                )
            )
        self._new_quiz()
        self._removed_assignment()
        for title, (week, points, questions) in QUIZZES.items():
            self._quiz(title, week, points, questions)
        for title, (topic_week, topic_points, message) in TOPICS.items():
            self._topic(title, topic_week, topic_points, message)
        for title, (week, message) in ANNOUNCEMENTS.items():
            posted = FIRST_DAY + timedelta(weeks=week - 1, hours=13)
            self._add(Announcement(course_id=self.course.id, title=title, message=message, posted_at=posted))
        for title, body in PAGES.items():
            state = "unpublished" if title == "Notes for instructors" else "active"
            self._add(
                Page(
                    course_id=self.course.id,
                    title=title,
                    body=body,
                    front_page=title == "Home",
                    workflow_state=state,
                )
            )
        self._add(add_unmapped(self.world, self.course.id, FIRST_DAY, WRITTEN))
        self._modules()
        self._link()

    def _add(self, row: Content) -> None:
        row.created_at = row.updated_at = WRITTEN
        self._rows[row.title] = self.world.add(row)

    def _files(self) -> None:
        root = Folder(course_id=self.course.id, title="course files", created_at=WRITTEN)
        self.world.add(root)
        for name, (size, titles) in FILES.items():
            full_name = f"{root.full_name}/{name}"
            folder = self.world.add(
                Folder(course_id=self.course.id, title=name, full_name=full_name, created_at=WRITTEN)
            )
            for number, title in enumerate(titles):
                content_type = CONTENT_TYPES[title.rpartition(".")[2]]
                self._add(
                    File(
                        course_id=self.course.id,
                        title=title,
                        content_type=content_type,
                        size=size + 1_024 * number,
                        folder_id=folder.id,
                    )
                )
        self._add(File(course_id=self.course.id, title=REMOVED_FILE, workflow_state=DELETED))

    def _new_quiz(self) -> None:
        self._add(
            Assignment(
                course_id=self.course.id,
                title="Genetics check (New Quiz)",
                points_possible=20,
                due_at=friday(5),
                submission_types=("external_tool",),
                new_quiz_items=tuple(NewQuizItem(title, f"<p>{title}</p>", 4.0) for title in NEW_QUIZ_QUESTIONS),
                external_tool_url=f"https://quiz-lti.example/lti/launch?quiz=5&course={self.course.id}",
            )
        )

    def _removed_assignment(self) -> None:
        """Add an assignment that the demo copies once, and then removes."""
        self._add(
            Assignment(
                course_id=self.course.id,
                title=REMOVED_ASSIGNMENT,
                description="<p>Sign and upload.</p>",
                due_at=friday(2),
                submission_types=("online_upload",),
                points_possible=0,
            )
        )

    def _quiz(self, title: str, week: int, points: float, questions: int) -> None:
        graded = points > 0
        quiz = Quiz(
            course_id=self.course.id,
            title=title,
            description=f"<p>{questions} questions.</p>",
            quiz_type="assignment" if graded else "practice_quiz",
            points_possible=points,
            question_count=questions,
            time_limit=90 if "exam" in title else None,
            due_at=friday(week) if graded else None,
        )
        self._add(quiz)
        if graded:
            shell = self._shell(quiz, points, quiz.due_at, "online_quiz")
            quiz.assignment_id, shell.quiz_id = shell.id, quiz.id

    def _topic(self, title: str, week: int | None, points: float | None, message: str) -> None:
        topic = DiscussionTopic(course_id=self.course.id, title=title, message=message, pinned=title == "Course Q&A")
        self._add(topic)
        if week is not None:
            shell = self._shell(topic, points, friday(week), "discussion_topic")
            topic.assignment_id, shell.discussion_topic_id = shell.id, topic.id

    def _shell(self, row: Content, points: float | None, due_at: datetime | None, submission: str) -> Assignment:
        """Add the assignment behind a graded quiz or discussion, which has its title."""
        return self.world.add(
            Assignment(
                course_id=self.course.id,
                title=row.title,
                points_possible=points,
                due_at=due_at,
                submission_types=(submission,),
                created_at=WRITTEN,
            )
        )

    def _modules(self) -> None:
        by_kind = {(type(row), row.title): row.id for row in self._rows.values()}
        urls = {
            "Academic calendar": "https://www.northfield.example/calendar",
            "Study skills center": "https://www.northfield.example/study-skills",
            "Genetics reading list": f"https://library.northfield.example/lists?topic=genetics&course_id={self.course.id}",
            "Library course list": "https://library.northfield.example/lti/launch",
        }
        earlier: tuple[int, ...] = ()
        for position, (title, items) in enumerate(MODULES.items(), start=1):
            module = self.world.add(
                Module(
                    course_id=self.course.id,
                    title=title,
                    position=position,
                    prerequisite_module_ids=earlier,
                    created_at=WRITTEN,
                )
            )
            self._rows.setdefault(title, module)
            earlier = earlier or (module.id,)  # every week requires "Start Here"
            for item_position, (item_type, item_title) in enumerate(items, start=1):
                item = self.world.add(
                    ModuleItem(
                        course_id=self.course.id,
                        title=item_title,
                        module_id=module.id,
                        type=item_type,
                        position=item_position,
                        indent=0 if item_type == "SubHeader" else 1,
                        content_id=by_kind.get((ITEM_CONTENT.get(item_type, Content), item_title)),
                        external_url=urls.get(item_title),
                        created_at=WRITTEN,
                    )
                )
                if item_type == "ExternalUrl":
                    self._rows.setdefault(item_title, item)
                if item_type == "ExternalTool":
                    item.resource_link_id = self._resource_link(item).id

    def _resource_link(self, item: ModuleItem) -> LtiResourceLink:
        """Add what the tool of an item is to show: it names this course, as it does in every copy."""
        link = LtiResourceLink(course_id=self.course.id, title=item.title, url=f"{item.external_url}?list=1")
        link.custom = {"canvas_course_id": str(self.course.id), "list": "intro"}
        link.external_tool_id, link.created_at = item.content_id, WRITTEN
        return add_resource_link(self.world, link)

    def _link(self) -> None:
        """Put links in the place of the placeholders, in all HTML."""
        others = (*self.world.rows(CalendarEvent, self.course.id), *self.world.rows(QuizQuestion, self.course.id))
        for row in (*self._rows.values(), *others):
            for name, text in row.texts().items():
                if isinstance(text, str):
                    setattr(row, name, self._linked(text))
        self.course.syllabus_body = self._linked(SYLLABUS)

    def _linked(self, html: str) -> str:
        def link(placeholder: re.Match[str]) -> str:
            row = self._rows[placeholder["id"] or placeholder["link"] or placeholder["image"]]
            if placeholder["id"]:
                return str(row.id)
            if placeholder["image"]:
                return f'<img src="{row.path}/preview" alt="{row.title}">'
            return f'<a href="{row.path}">{row.title}</a>'

        names = {"{here}": f"/courses/{self.course.id}", "{host}": self.world.host, "{prior_id}": str(self.prior_id)}
        for name, value in names.items():
            html = html.replace(name, value)
        return _PLACEHOLDER.sub(link, html)


def friday(week: int) -> datetime:
    """Return the Friday of a week of the course, late in the afternoon of its campus."""
    return FIRST_DAY + timedelta(weeks=week - 1, days=4, hours=22)
