"""A whole term: templates, and empty shells that wait to be filled: 240 by default, or as many as are asked for.

The first 240 shells are sections of twelve courses, whose templates have fifteen weeks of content each. All others
are sections of ``FURTHER_COURSES``, whose templates are small, so that thousands of copies take seconds and fit into
memory.

Everything follows from the tables below and from counting, so that ids, names and dates are always the same: a larger
term begins with the shells of a smaller one. The first template, the first sections, the terms and the account of
biology have the ids and SIS ids of the demo, so that an example runs in both worlds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count, cycle, islice
from uuid import NAMESPACE_URL, uuid5

from canvas_emulator.model.clock import Clock
from canvas_emulator.model.course import Course
from canvas_emulator.model.enrollments import EnrollmentType
from canvas_emulator.model.records import AccessToken, Account, Term, User
from canvas_emulator.model.settings import Settings
from canvas_emulator.model.world import World
from canvas_emulator.seeds.demo import (
    ADMIN_ID,
    BIOLOGY,
    DEMO_TOKEN,
    FALL,
    MASTER_ID,
    SECTION_IDS,
    SUMMER,
    TEACHER_TOKEN,
)
from canvas_emulator.seeds.term_course import WRITTEN, TemplateCourse
from canvas_emulator.seeds.term_situations import add_situations
from canvas_emulator.seeds.term_subjects import SECTIONS, SHELLS, SUBJECTS

WEEKS = 15

FURTHER_COURSES = {
    "1020": ("Laboratory in {}", 4),
    "2010": ("Methods of {}", 2),
    "2020": ("Seminar in {}", 1),
    "3010": ("Independent Study in {}", 0),
}
"""The courses of each subject in a larger term: number to name, and weeks of content in the template."""

STUDENTS = 600
CLASS_SIZE = 25
LECTURE_SIZE = 300
"""The students of each subject's first section, a lecture."""

FIRST_TEMPLATE, FIRST_SHELL, FIRST_ACCOUNT = MASTER_ID, SECTION_IDS["BIOL-1010-001"], BIOLOGY.id
FIRST_TEACHER, FIRST_STUDENT = 201, 1001
FIRST_FURTHER_TEACHER = 10_001
"""The teachers of the shells beyond the first 240; four shells have one teacher."""


@dataclass(frozen=True)
class Shell:
    """An empty section of a term, and the template of its course.

    :param id: The id of its course.
    :param sis_course_id: Its SIS id.
    :param template_id: The id of the template.
    :param template_sis_course_id: The SIS id of the template.
    :param subject: The code of its subject.
    :param name: Its name.
    :param teacher_id: Its teacher.
    :param students: How many students it has.
    """

    id: int
    sis_course_id: str
    template_id: int
    template_sis_course_id: str
    subject: str
    name: str
    teacher_id: int
    students: int = 0


@dataclass(frozen=True)
class Template:
    """The template of a course.

    :param id: Its id.
    :param sis_course_id: Its SIS id.
    :param subject: The code of its subject.
    :param number: The number of the course.
    :param name: The name of the course.
    :param weeks: How many weeks of content it has.
    """

    id: int
    sis_course_id: str
    subject: str
    number: str
    name: str
    weeks: int


def term_world(
    *,
    clock: Clock | None = None,
    settings: Settings | None = None,
    copy_seconds: float | None = None,
    token: str = DEMO_TOKEN,
    seed: int = 1,
    sections: int = SHELLS,
    situations: bool = False,
) -> World:
    """Make the world of a term; the other parameters are those of ``demo.demo_world``.

    :param sections: How many shells the term has.
    :param situations: Whether it also has a section in each situation of ``term_situations.SITUATIONS``.
    :raises ValueError: When it has none.
    """
    if sections < 1:
        raise ValueError(f"sections must be 1 or more, not {sections}")
    settings = settings or Settings()
    if copy_seconds is not None:
        settings = replace(settings, copy_seconds=copy_seconds)
    return World(_building(token, sections, situations=situations), clock=clock, settings=settings, seed=seed)


def term_shells(sections: int = SHELLS) -> Iterator[Shell]:
    """Yield the shells of a term, by id.

    :param sections: How many shells the term has.
    """
    return islice(_shells(), sections)


def _shells() -> Iterator[Shell]:
    """Yield shells without end: twenty sections of each first course, then one section of each further course."""
    ids = count(FIRST_SHELL)
    templates = list(_templates(sections=SHELLS + 1))
    for number, template in enumerate(templates[: len(SUBJECTS)]):
        for section in range(1, SECTIONS + 1):
            teacher_id = FIRST_TEACHER + (number * SECTIONS + section) // 4
            students = LECTURE_SIZE if section == 1 else CLASS_SIZE
            yield _shell(next(ids), template, section, teacher_id, students)
    for section in count(1):
        for template in templates[len(SUBJECTS) :]:
            shell_id = next(ids)
            yield _shell(shell_id, template, section, FIRST_FURTHER_TEACHER + (shell_id - FIRST_SHELL - SHELLS) // 4)


def _shell(shell_id: int, template: Template, section: int, teacher_id: int, students: int = 0) -> Shell:
    return Shell(
        shell_id,
        f"{template.subject}-{template.number}-{section:03}",
        template.id,
        template.sis_course_id,
        template.subject,
        template.name,
        teacher_id,
        students,
    )


def _templates(sections: int) -> Iterator[Template]:
    ids = count(FIRST_TEMPLATE)
    for code, subject in SUBJECTS.items():
        yield _template(next(ids), code, "1010", f"Introduction to {subject}", WEEKS)
    if sections <= SHELLS:
        return
    for number, (name, weeks) in FURTHER_COURSES.items():
        for code, subject in SUBJECTS.items():
            yield _template(next(ids), code, number, name.format(subject), weeks)


def _template(template_id: int, code: str, number: str, name: str, weeks: int) -> Template:
    return Template(template_id, f"TMPL-{code}{number}", code, number, f"{code} {number} {name}", weeks)


def _building(token: str, sections: int, *, situations: bool) -> Callable[[World], None]:
    def build(world: World) -> None:
        _people(world, token, sections)
        accounts = {code: FIRST_ACCOUNT + number for number, code in enumerate(SUBJECTS)}
        for code, name in SUBJECTS.items():
            world.tables.accounts[accounts[code]] = Account(accounts[code], name, 1, sis_account_id=code)
        for template in _templates(sections):
            course = Course(template.id, f"{template.name} — Template", "", accounts[template.subject], 1)
            course.sis_course_id = template.sis_course_id
            _add(world, course)
            TemplateCourse(world, course, SUBJECTS[template.subject], template.weeks).build()
        students = cycle(range(FIRST_STUDENT, FIRST_STUDENT + STUDENTS))
        for shell in term_shells(sections):
            course = Course(shell.id, shell.name, "", accounts[shell.subject], FALL.id)
            course.sis_course_id = shell.sis_course_id
            course.workflow_state, course.start_at, course.end_at = "unpublished", FALL.start_at, FALL.end_at
            _add(world, course)
            world.enroll(shell.teacher_id, shell.id, EnrollmentType.TEACHER)
            for student_id in islice(students, shell.students):
                world.enrollments.enroll(student_id, shell.id, EnrollmentType.STUDENT)
        if situations:
            add_situations(world, FALL, FIRST_TEMPLATE, ADMIN_ID, FIRST_STUDENT)

    return build


def _people(world: World, token: str, sections: int) -> None:
    tables = world.tables
    tables.accounts[1] = Account(1, "Northfield University")
    tables.terms |= {1: Term(1, "Default Term"), SUMMER.id: replace(SUMMER), FALL.id: replace(FALL)}
    tables.users[ADMIN_ID] = User(ADMIN_ID, "Canvas Service Account", is_admin=True)
    teachers = SHELLS // 4 + 1
    further_teachers = -(max(sections - SHELLS, 0) // -4)
    _add_users(world, FIRST_TEACHER, "Teacher", range(1, teachers + 1))
    _add_users(world, FIRST_STUDENT, "Student", range(1, STUDENTS + 1))
    _add_users(world, FIRST_FURTHER_TEACHER, "Teacher", range(teachers + 1, teachers + further_teachers + 1))
    tables.tokens |= {token: AccessToken(token, ADMIN_ID), TEACHER_TOKEN: AccessToken(TEACHER_TOKEN, FIRST_TEACHER)}


def _add_users(world: World, first_id: int, role: str, numbers: range) -> None:
    for user_id, number in zip(count(first_id), numbers, strict=False):
        login = f"{role.lower()}{number}"
        world.tables.users[user_id] = User(
            user_id,
            f"{role} {number}",
            sis_user_id=f"{role[0]}{number:05}",
            login_id=login,
            email=f"{login}@{world.host}",
        )


def _add(world: World, course: Course) -> None:
    course.course_code = course.sis_course_id or ""
    course.created_at = WRITTEN
    course.uuid = uuid5(NAMESPACE_URL, f"https://{world.host}/courses/{course.id}").hex
    world.tables.courses[course.id] = course
