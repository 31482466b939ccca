"""A whole term: twelve templates with fifteen weeks of content each, and 240 empty shells that wait to be filled.

Everything follows from the tables below and from counting, so that ids, names and dates are always the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count, cycle, islice
from typing import TypeVar
from uuid import NAMESPACE_URL, uuid5

from canvas_emulator.model.clock import Clock
from canvas_emulator.model.content import (
    Announcement,
    Assignment,
    Content,
    DiscussionTopic,
    File,
    Folder,
    Module,
    ModuleItem,
    Page,
    Quiz,
)
from canvas_emulator.model.course import Course
from canvas_emulator.model.enrollments import EnrollmentType
from canvas_emulator.model.records import AccessToken, Account, Term, User
from canvas_emulator.model.settings import Settings
from canvas_emulator.model.world import World
from canvas_emulator.seeds.demo import ADMIN_ID, DEMO_TOKEN, TEACHER_TOKEN

C = TypeVar("C", bound=Content)

SUBJECTS = {
    "BIOL": "Biology",
    "CHEM": "Chemistry",
    "ECON": "Economics",
    "ENGL": "English",
    "HIST": "History",
    "MATH": "Mathematics",
    "MUSC": "Music",
    "NURS": "Nursing",
    "PHIL": "Philosophy",
    "PHYS": "Physics",
    "PSYC": "Psychology",
    "STAT": "Statistics",
}
"""Code to name; each has an account, a template and twenty sections."""

SECTIONS = 20
WEEKS = 15
STUDENTS = 600
CLASS_SIZE = 25
LECTURE_SIZE = 300
"""The students of each subject's first section, a lecture."""

FIRST_TEMPLATE, FIRST_SHELL, FIRST_ACCOUNT, FIRST_TEACHER, FIRST_STUDENT = 5001, 6001, 11, 201, 1001
WRITTEN = datetime(2026, 1, 9, 15, 0, tzinfo=UTC)
LAST_TERM = datetime(2026, 1, 12, tzinfo=UTC)
"""The first day of the term for which the templates were written, a Monday; their dates are of that term."""

TERM = Term(
    9, "Fall 2026", "2026FA", start_at=datetime(2026, 8, 24, tzinfo=UTC), end_at=datetime(2026, 12, 11, tzinfo=UTC)
)


def term_world(
    *,
    clock: Clock | None = None,
    settings: Settings | None = None,
    copy_seconds: float | None = None,
    token: str = DEMO_TOKEN,
    seed: int = 1,
) -> World:
    """Make the world of a term; the parameters are those of ``demo.demo_world``."""
    settings = settings or Settings()
    if copy_seconds is not None:
        settings = replace(settings, copy_seconds=copy_seconds)
    return World(_building(token), clock=clock, settings=settings, seed=seed)


def _building(token: str) -> Callable[[World], None]:
    def build(world: World) -> None:
        _people(world, token)
        shell_ids, students = count(FIRST_SHELL), cycle(range(FIRST_STUDENT, FIRST_STUDENT + STUDENTS))
        for number, (code, name) in enumerate(SUBJECTS.items()):
            account = Account(FIRST_ACCOUNT + number, name, 1, sis_account_id=code)
            world.tables.accounts[account.id] = account
            template = Course(
                FIRST_TEMPLATE + number, f"{code} 1010 Introduction to {name} — Template", "", account.id, 1
            )
            template.sis_course_id, template.syllabus_body = f"TMPL-{code}-1010", f"<p>What {name} is about.</p>"
            _add(world, template)
            _write(world, template, name)
            for section in range(1, SECTIONS + 1):
                shell = Course(next(shell_ids), f"{code} 1010 Introduction to {name}", "", account.id, TERM.id)
                shell.sis_course_id = f"{TERM.sis_term_id}-{code}-1010-{section:03}"
                shell.workflow_state, shell.start_at, shell.end_at = "unpublished", TERM.start_at, TERM.end_at
                _add(world, shell)
                world.enroll(FIRST_TEACHER + (number * SECTIONS + section) // 4, shell.id, EnrollmentType.TEACHER)
                for student_id in islice(students, LECTURE_SIZE if section == 1 else CLASS_SIZE):
                    world.enrollments.enroll(student_id, shell.id, EnrollmentType.STUDENT)

    return build


def _people(world: World, token: str) -> None:
    tables = world.tables
    tables.accounts[1] = Account(1, "Northfield University")
    tables.terms |= {1: Term(1, "Default Term"), TERM.id: TERM}
    tables.users[ADMIN_ID] = User(ADMIN_ID, "Canvas Service Account", is_admin=True)
    teachers = len(SUBJECTS) * SECTIONS // 4 + 1
    for first, role, many in ((FIRST_TEACHER, "Teacher", teachers), (FIRST_STUDENT, "Student", STUDENTS)):
        for number in range(many):
            login = f"{role.lower()}{number + 1}"
            tables.users[first + number] = User(
                first + number,
                f"{role} {number + 1}",
                sis_user_id=f"{role[0]}{number + 1:05}",
                login_id=login,
                email=f"{login}@{world.host}",
            )
    tables.tokens |= {token: AccessToken(token, ADMIN_ID), TEACHER_TOKEN: AccessToken(TEACHER_TOKEN, FIRST_TEACHER)}


def _add(world: World, course: Course) -> None:
    course.course_code = course.sis_course_id or ""
    course.created_at = WRITTEN
    course.uuid = uuid5(NAMESPACE_URL, f"https://{world.host}/courses/{course.id}").hex
    world.tables.courses[course.id] = course


def _write(world: World, template: Course, subject: str) -> None:
    """Write the syllabus week by week, after what belongs to no week."""
    _row(world, Page(course_id=template.id, title="Home", body=f"<p>Welcome to {subject}.</p>", front_page=True))
    hello = "<p>We start on Monday.</p>"
    _row(world, Announcement(course_id=template.id, title="Welcome", message=hello, posted_at=LAST_TERM))
    folder = _row(world, Folder(course_id=template.id, title="course files"))
    for week in range(1, WEEKS + 1):
        module = _row(world, Module(course_id=template.id, title=f"Week {week}", position=week))
        for position, (kind, row) in enumerate(_week(world, template.id, folder.id, week), 1):
            item = ModuleItem(course_id=template.id, title=row.title, module_id=module.id, type=kind)
            item.content_id, item.position = row.id, position
            _row(world, item)


def _week(world: World, course_id: int, folder_id: int, week: int) -> Iterator[tuple[str, Content]]:
    """Make what a week has: a page, a reading and homework, and now and then a discussion or a quiz."""
    friday = LAST_TERM + timedelta(weeks=week - 1, days=4, hours=22)
    reading = _row(world, File(course_id=course_id, title=f"reading-{week:02}.pdf", size=40_000, folder_id=folder_id))
    reading.content_type = "application/pdf"
    link = f'<a href="/courses/{course_id}/files/{reading.id}">reading {week}</a>'
    yield "Page", _row(world, Page(course_id=course_id, title=f"Week {week}: Overview", body=f"<p>Read {link}.</p>"))
    yield "File", reading
    homework = Assignment(course_id=course_id, title=f"Homework {week}", points_possible=10, due_at=friday)
    homework.description = f"<p>After {link}.</p>"
    yield "Assignment", _row(world, homework)
    if week % 3 == 0:
        message = "<p>What do you think?</p>"
        topic = DiscussionTopic(course_id=course_id, title=f"Discussion {week // 3}", message=message)
        yield "Discussion", _row(world, topic)
    if week % 5 == 0:
        title = f"Quiz {week // 5}"
        shell = _row(world, Assignment(course_id=course_id, title=title, points_possible=20, due_at=friday))
        quiz = _row(world, Quiz(course_id=course_id, title=title, points_possible=20, due_at=friday))
        shell.submission_types, shell.quiz_id, quiz.assignment_id = ("online_quiz",), quiz.id, shell.id
        yield "Quiz", quiz


def _row(world: World, row: C) -> C:
    row.created_at = row.updated_at = WRITTEN
    return world.add(row)
