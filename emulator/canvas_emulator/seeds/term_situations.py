"""Sections in every situation that a plan of course copies must recognize, for a term that has them.

``SITUATIONS`` lists them. Each is a course of its own besides the shells of the term, in an account of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

from canvas_emulator.effects.copy import copy_files, import_content
from canvas_emulator.effects.selection import EVERYTHING
from canvas_emulator.jobs import content_migration as job
from canvas_emulator.jobs.automatic_copies import copy_template
from canvas_emulator.jobs.blueprint import associate
from canvas_emulator.machines.content_migration import Fault, Stored
from canvas_emulator.machines.progress import ProgressState
from canvas_emulator.model.content import DELETED, Page
from canvas_emulator.model.course import Course
from canvas_emulator.model.enrollments import EnrollmentType
from canvas_emulator.model.faults import MigrationFault
from canvas_emulator.model.records import Account, ContentMigration, Progress, Term
from canvas_emulator.model.world import World

ACCOUNT, OTHER_ROOT_ACCOUNT = 51, 90
COPIED_BEFORE = datetime(2026, 4, 20, 14, 0, tzinfo=UTC)
WORKED_ON = datetime(2026, 4, 27, 15, 30, tzinfo=UTC)
LONG_AGO = datetime(2020, 1, 13, tzinfo=UTC)
PREFIX = "2026FA-PLAN-"


@dataclass(frozen=True)
class Situation:
    """A section in a situation that a plan must recognize.

    :param name: The name of the situation.
    :param course_id: The id of the section; None if there is no such course.
    :param because: What is the case.
    """

    name: str
    course_id: int | None
    because: str

    @property
    def sis_course_id(self) -> str:
        """The SIS id of the section."""
        return PREFIX + self.name.upper().replace("_", "-")


SITUATIONS: tuple[Situation, ...] = (
    Situation("empty", 901, "nobody has worked in it"),
    Situation("has_content", 902, "it has a page that its teacher wrote"),
    Situation("copied_before", 903, "the template was copied into it, and nothing changed since"),
    Situation("edited_since_copy", 904, "the template was copied into it, and its teacher changed a page since"),
    Situation("copy_running", 905, "a copy into it runs, and does not end"),
    Situation("copy_queued", 906, "a copy into it runs and does not end, and another one is queued behind it"),
    Situation("copy_failed", 907, "the only copy into it failed"),
    Situation("template_copy", 908, "the copy of its account's course template runs, and does not end"),
    Situation("blueprint", 909, "it is a blueprint course"),
    Situation("blueprint_child", 910, "it follows a blueprint course"),
    Situation("concluded", 911, "it is concluded"),
    Situation("term_over", 912, "its term ended years ago"),
    Situation("deleted", 913, "it was deleted"),
    Situation("unknown", None, "there is no course with this SIS id"),
    Situation("reused_sis_id", 915, "a deleted course has the same SIS id"),
    Situation("other_root_account", 916, "a course of another root account has the same SIS id"),
    Situation("published", 917, "it is published, and has a student"),
    Situation("is_template", 918, "it is the course template of its account"),
    Situation("deleted_source", 919, "it was deleted, and Canvas still copies from it"),
)
"""All situations. The last two are about sources as well as about destinations."""

BY_NAME = {situation.name: situation for situation in SITUATIONS}


def add_situations(world: World, term: Term, template_id: int, admin_id: int, student_id: int) -> None:
    """Add the sections to a term.

    :param term: The term.
    :param template_id: The template that was copied, or is being copied, into some of them.
    :param admin_id: The user who started these copies.
    :param student_id: The student of the published section.
    """
    _Builder(world, term, template_id, admin_id, student_id).build()


class _Builder:
    def __init__(self, world: World, term: Term, template_id: int, admin_id: int, student_id: int) -> None:
        self._world, self._term, self._template_id = world, term, template_id
        self._admin_id, self._student_id = admin_id, student_id

    def build(self) -> None:
        tables = self._world.tables
        tables.accounts[ACCOUNT] = Account(ACCOUNT, "Planned situations", 1, sis_account_id="PLAN")
        tables.accounts[OTHER_ROOT_ACCOUNT] = Account(OTHER_ROOT_ACCOUNT, "Eastfield College")
        past = Term(99, "Spring 2020", "2020SP", start_at=LONG_AGO, end_at=datetime(2020, 5, 8, tzinfo=UTC))
        tables.terms[past.id] = past
        self._namesakes()
        for situation in SITUATIONS:
            if situation.course_id is not None:
                course = self._course(situation.course_id, situation.sis_course_id, f"Section: {situation.because}")
                if (change := CHANGES.get(situation.name)) is not None:
                    change(self, course)

    def _namesakes(self) -> None:
        """Add the courses that share the SIS ids of sections; of several with one SIS id, the last added is found."""
        deleted = self._course(815, BY_NAME["reused_sis_id"].sis_course_id, "Deleted namesake")
        deleted.workflow_state = DELETED
        other = self._course(816, BY_NAME["other_root_account"].sis_course_id, "Namesake of another root account")
        other.account_id = OTHER_ROOT_ACCOUNT

    def _course(self, course_id: int, sis_course_id: str, name: str) -> Course:
        course = Course(course_id, name, sis_course_id, ACCOUNT, self._term.id, sis_course_id=sis_course_id)
        course.workflow_state, course.start_at, course.end_at = "unpublished", self._term.start_at, self._term.end_at
        course.created_at = COPIED_BEFORE
        course.uuid = uuid5(NAMESPACE_URL, f"https://{self._world.host}/courses/{course_id}").hex
        self._world.tables.courses[course_id] = course
        return course

    def add_page(self, course: Course) -> None:
        page = Page(course_id=course.id, title="Office hours", body="<p>Tuesdays.</p>", created_at=WORKED_ON)
        self._world.add(page)

    def copy_before(self, course: Course) -> None:
        migration = self._past_copy(course, Stored.IMPORTED, ProgressState.COMPLETED)
        copy_files(self._world, migration, COPIED_BEFORE)
        import_content(self._world, migration, COPIED_BEFORE)

    def copy_and_edit(self, course: Course) -> None:
        self.copy_before(course)
        page = self._world.live(Page, course.id)[0]
        page.body, page.updated_at = f"{page.body}<p>Read this first.</p>", WORKED_ON

    def fail_copy(self, course: Course) -> None:
        self._past_copy(course, Stored.FAILED, ProgressState.FAILED)

    def run_copy(self, course: Course) -> None:
        """Start a copy that does not end: by hand, so that it does not hold the lane of the API."""
        self._world.faults.migrations.append(MigrationFault(Fault.STUCK, stage=3))
        self._start(course)

    def queue_copy(self, course: Course) -> None:
        self.run_copy(course)
        self._start(course)

    def run_template_copy(self, course: Course) -> None:
        accounts = self._world.tables.accounts
        account = accounts[ACCOUNT]
        accounts[ACCOUNT] = replace(account, course_template_id=self._template_id)
        self._world.faults.migrations.append(MigrationFault(Fault.STUCK, stage=3))
        copy_template(self._world, course)
        accounts[ACCOUNT] = account

    def follow(self, course: Course) -> None:
        associate(self._world, BY_NAME["blueprint"].course_id or 0, course.id)

    def publish(self, course: Course) -> None:
        course.workflow_state = "available"
        self._world.enrollments.enroll(self._student_id, course.id, EnrollmentType.STUDENT)

    def _start(self, course: Course) -> None:
        now = self._world.clock.now()
        migration = replace(self._copy(course), created_at=now, updated_at=now)
        self._world.add_migration(migration)
        job.queue(self._world, migration, now)

    def _past_copy(self, course: Course, state: Stored, progress_state: ProgressState) -> ContentMigration:
        world, migration = self._world, self._copy(course)
        migration.workflow_state, migration.progress_id = state, world.next_id("progress")
        migration.started_at = migration.finished_at = COPIED_BEFORE
        world.add_migration(migration)
        world.tables.progress[migration.progress_id] = Progress(
            id=migration.progress_id,
            context_id=migration.id,
            context_type="ContentMigration",
            user_id=self._admin_id,
            tag="content_migration",
            workflow_state=progress_state,
            completion=100.0 if state is Stored.IMPORTED else 46.5,
            created_at=COPIED_BEFORE,
            updated_at=COPIED_BEFORE,
        )
        return migration

    def _copy(self, course: Course) -> ContentMigration:
        return ContentMigration(
            id=self._world.next_id("content_migration"),
            course_id=course.id,
            user_id=self._admin_id,
            migration_type="course_copy_importer",
            source_course_id=self._template_id,
            migration_settings={
                "source_course_id": self._template_id,
                "import_immediately": True,
                "copy_options": dict(EVERYTHING),
            },
            created_at=COPIED_BEFORE,
            updated_at=COPIED_BEFORE,
        )


def _conclude(_: _Builder, course: Course) -> None:
    course.workflow_state = "completed"


def _end_long_ago(_: _Builder, course: Course) -> None:
    course.enrollment_term_id, course.start_at, course.end_at = 99, None, None


def _delete(_: _Builder, course: Course) -> None:
    course.workflow_state = DELETED


def _be_blueprint(_: _Builder, course: Course) -> None:
    course.settings.blueprint = True


def _be_template(_: _Builder, course: Course) -> None:
    course.settings.template = True


def _write_and_delete(builder: _Builder, course: Course) -> None:
    builder.add_page(course)
    course.workflow_state = DELETED


CHANGES: dict[str, Callable[[_Builder, Course], None]] = {
    "has_content": _Builder.add_page,
    "copied_before": _Builder.copy_before,
    "edited_since_copy": _Builder.copy_and_edit,
    "copy_running": _Builder.run_copy,
    "copy_queued": _Builder.queue_copy,
    "copy_failed": _Builder.fail_copy,
    "template_copy": _Builder.run_template_copy,
    "blueprint": _be_blueprint,
    "blueprint_child": _Builder.follow,
    "concluded": _conclude,
    "term_over": _end_long_ago,
    "deleted": _delete,
    "published": _Builder.publish,
    "is_template": _be_template,
    "deleted_source": _write_and_delete,
}
"""What makes a section be in its situation; the others are as they were created."""
