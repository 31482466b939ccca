"""The demo's world: a university with one master course, six sections of a summer term, and planted defects.

Section 002 was copied before and worked on since, so that one more copy leaves at least one asset in every state that a
reconciliation knows. ``PLANTED`` lists these.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

from canvas_emulator.effects.copy import copy_files, import_content
from canvas_emulator.effects.issues import add_issue
from canvas_emulator.effects.selection import EVERYTHING
from canvas_emulator.machines.content_migration import Stored
from canvas_emulator.machines.progress import ProgressState
from canvas_emulator.model.clock import Clock
from canvas_emulator.model.content import DELETED, Assignment, Content, DiscussionTopic, Page
from canvas_emulator.model.course import Course
from canvas_emulator.model.faults import Defect, ImportDefect
from canvas_emulator.model.records import (
    AccessToken,
    Account,
    ContentMigration,
    Progress,
    Term,
    User,
)
from canvas_emulator.model.settings import Settings
from canvas_emulator.model.world import World
from canvas_emulator.seeds.demo_content import LONG_TITLE, REMOVED_ASSIGNMENT
from canvas_emulator.seeds.demo_course import FIRST_DAY, MasterCourse

MASTER_ID = 1010
PRIOR_ID = 640
SECTION_IDS = {f"BIOL-1010-{number:03}": 2000 + number for number in range(1, 7)}
"""SIS id to id of the sections."""

ADMIN_ID, TEACHER_ID = 4, 17
DEMO_TOKEN = "demo-token-of-the-service-account"  # noqa: S105  it opens nothing but an emulator
TEACHER_TOKEN = "demo-token-of-a-teacher"  # noqa: S105  likewise

COPIED_BEFORE = datetime(2026, 4, 20, 14, 0, tzinfo=UTC)
WORKED_ON = datetime(2026, 4, 27, 15, 30, tzinfo=UTC)

BIOLOGY = Account(12, "Biology", 1, sis_account_id="BIOL")
SUMMER = Term(
    8,
    "Summer 2026, 8 weeks",
    "2026SU8",
    start_at=datetime(2026, 6, 1, tzinfo=UTC),
    end_at=datetime(2026, 7, 26, tzinfo=UTC),
)
FALL = Term(
    9, "Fall 2026", "2026FA", start_at=datetime(2026, 8, 24, tzinfo=UTC), end_at=datetime(2026, 12, 11, tzinfo=UTC)
)
"""The terms of this university; the sections of the demo are in the summer, those of ``term_world`` in the fall."""

TWICE = "Lab report 3: Onion root tips"
"""The assignment of which the instructor of section 002 made another one."""


@dataclass(frozen=True)
class Planted:
    """An asset whose status in a reconciliation of a section with the master is known in advance.

    :param section: The section's SIS id.
    :param asset_type: Its type, as the asset id mapping names it.
    :param title: Its title in the master, or in the section if it is only there.
    :param status: The status that the reconciliation must report.
    :param because: The reason for the status.
    """

    section: str
    asset_type: str
    title: str
    status: str
    because: str


PLANTED: tuple[Planted, ...] = (
    Planted("BIOL-1010-002", "pages", "Welcome to BIOL 1010", "matched", "it was copied, and nobody changed it"),
    Planted("BIOL-1010-002", "pages", LONG_TITLE, "matched_changed", "its title is shortened on import"),
    Planted(
        "BIOL-1010-002",
        "files",
        "reading-06-central-dogma.pdf",
        "missing_in_destination",
        "it cannot be read from storage",
    ),
    Planted("BIOL-1010-002", "pages", "Lab safety", "mapped_but_deleted", "the instructor deleted the copy"),
    Planted("BIOL-1010-002", "module_items", "Lab safety", "mapped_but_deleted", "it went with its page"),
    Planted(
        "BIOL-1010-002",
        "assignments",
        "Extra credit: Campus tree survey",
        "orphan_in_destination",
        "the instructor added it",
    ),
    Planted(
        "BIOL-1010-002",
        "assignments",
        REMOVED_ASSIGNMENT,
        "source_deleted",
        "it was copied, and then deleted in the master",
    ),
    Planted(
        "BIOL-1010-002",
        "discussion_topics",
        "Course Q&A",
        "unmapped_name_match",
        "it cannot be saved, but the instructor has one of that title",
    ),
    Planted(
        "BIOL-1010-002",
        "assignments",
        TWICE,
        "duplicate",
        "the instructor made another assignment of that title",
    ),
)

IMPORT_DEFECTS: tuple[ImportDefect, ...] = (
    ImportDefect("pages", LONG_TITLE, Defect.TITLE_SHORTENED),
    ImportDefect("files", "reading-06-central-dogma.pdf", Defect.NOT_COPIED, SECTION_IDS["BIOL-1010-002"]),
    ImportDefect("discussion_topics", "Course Q&A", Defect.NOT_COPIED, SECTION_IDS["BIOL-1010-002"]),
    ImportDefect("pages", "Lab safety", Defect.DELETED_AT_ONCE, SECTION_IDS["BIOL-1010-002"]),
    ImportDefect("module_items", "Lab safety", Defect.DELETED_AT_ONCE, SECTION_IDS["BIOL-1010-002"]),
    ImportDefect(
        "assignments",
        "Genetics check (New Quiz)",
        Defect.QUIZ_NOT_MIGRATED,
        SECTION_IDS["BIOL-1010-005"],
    ),
)


def demo_world(
    *,
    clock: Clock | None = None,
    settings: Settings | None = None,
    copy_seconds: float | None = None,
    token: str = DEMO_TOKEN,
    seed: int = 1,
) -> World:
    """Make the demo's world. Ids and dates are always the same.

    :param clock: Where its time comes from; the machine's clock by default.
    :param settings: Its switches.
    :param copy_seconds: How long a course copy takes; overrides the settings.
    :param token: The token of the service account, which may do everything.
    :param seed: For draws of faults.
    """
    settings = settings or Settings()
    if copy_seconds is not None:
        settings = replace(settings, copy_seconds=copy_seconds)
    return World(_building(token), clock=clock, settings=settings, seed=seed)


def _building(token: str) -> Callable[[World], None]:
    def build(world: World) -> None:
        _people(world, token)
        _courses(world)
        world.faults.import_defects.extend(IMPORT_DEFECTS)
        MasterCourse(world, world.tables.courses[MASTER_ID], PRIOR_ID).build()
        for section in ("BIOL-1010-002", "BIOL-1010-004"):
            _copied_before(world, SECTION_IDS[section])
        _delete(world, Assignment, MASTER_ID, REMOVED_ASSIGNMENT)
        _worked_on(world, SECTION_IDS["BIOL-1010-002"])
        _page_by_hand(world, SECTION_IDS["BIOL-1010-003"], "Welcome to BIOL 1010")
        _blocked_before(world, SECTION_IDS["BIOL-1010-006"])

    return build


def _people(world: World, token: str) -> None:
    tables = world.tables
    tables.accounts |= {1: Account(1, "Northfield University"), BIOLOGY.id: replace(BIOLOGY)}
    tables.terms |= {1: Term(1, "Default Term"), SUMMER.id: replace(SUMMER), FALL.id: replace(FALL)}
    sections = frozenset({SECTION_IDS["BIOL-1010-001"], SECTION_IDS["BIOL-1010-002"]})
    tables.users |= {
        ADMIN_ID: User(ADMIN_ID, "Canvas Service Account", is_admin=True),
        TEACHER_ID: User(TEACHER_ID, "Dana Whitfield", readable=sections),
    }
    tables.tokens |= {
        token: AccessToken(token, ADMIN_ID),
        TEACHER_TOKEN: AccessToken(TEACHER_TOKEN, TEACHER_ID),
    }


def _courses(world: World) -> None:
    term = world.tables.terms[SUMMER.id]
    created = datetime(2025, 11, 3, 15, 0, tzinfo=UTC)
    master = Course(
        MASTER_ID,
        "BIOL 1010 Intro Biology — Master",
        "BIOL-1010-M",
        BIOLOGY.id,
        1,
        sis_course_id="TMPL-BIOL1010",
        start_at=FIRST_DAY,
        end_at=datetime(2026, 3, 8, tzinfo=UTC),
        license="cc_by_nc_sa",
        created_at=created,
    )
    prior = Course(
        PRIOR_ID,
        "BIOL 1010 Intro Biology — Master (2025)",
        "BIOL-1010-M25",
        BIOLOGY.id,
        1,
        workflow_state="completed",
        created_at=datetime(2024, 11, 4, 15, 0, tzinfo=UTC),
    )
    sections = [
        Course(
            section_id,
            f"BIOL 1010 Intro Biology, Section {sis_course_id[-3:]}",
            sis_course_id,
            BIOLOGY.id,
            term.id,
            sis_course_id=sis_course_id,
            workflow_state="unpublished",
            start_at=term.start_at,
            end_at=term.end_at,
            created_at=datetime(2026, 3, 16, 6, 0, tzinfo=UTC),
        )
        for sis_course_id, section_id in SECTION_IDS.items()
    ]
    for course in (prior, master, *sections):
        course.uuid = uuid5(NAMESPACE_URL, f"https://{world.host}/courses/{course.id}").hex
        world.tables.courses[course.id] = course


def _copied_before(world: World, section_id: int) -> None:
    """Copy the master as it was then, with its own dates, and leave the record of that."""
    migration = _past_migration(world, section_id, Stored.IMPORTED, ProgressState.COMPLETED)
    copy_files(world, migration, COPIED_BEFORE)
    import_content(world, migration, COPIED_BEFORE)


def _worked_on(world: World, section_id: int) -> None:
    """Do what the instructor of the section did since."""
    for title, points in (("Extra credit: Campus tree survey", 5), (TWICE, 20)):
        world.add(
            Assignment(
                course_id=section_id,
                title=title,
                description="<p>Ten trees, ten names.</p>",
                points_possible=points,
                due_at=datetime(2026, 7, 17, 22, 0, tzinfo=UTC),
                created_at=WORKED_ON,
            )
        )
    world.add(
        DiscussionTopic(
            course_id=section_id,
            title="Course Q&A",
            message="<p>Ask me anything.</p>",
            pinned=True,
            created_at=WORKED_ON,
        )
    )


def _page_by_hand(world: World, section_id: int, title: str) -> None:
    body = "<p>My own version of this page.</p>"
    world.add(Page(course_id=section_id, title=title, body=body, created_at=WORKED_ON))


def _blocked_before(world: World, section_id: int) -> None:
    """Leave a migration that waited behind another one, and gave up."""
    migration = _past_migration(world, section_id, Stored.FAILED, ProgressState.FAILED)
    add_issue(world, migration, COPIED_BEFORE, "error", "Blocked by running migration")


def _past_migration(world: World, section_id: int, state: Stored, progress_state: ProgressState) -> ContentMigration:
    migration = ContentMigration(
        id=world.next_id("content_migration"),
        course_id=section_id,
        user_id=ADMIN_ID,
        migration_type="course_copy_importer",
        source_course_id=MASTER_ID,
        migration_settings={
            "source_course_id": MASTER_ID,
            "import_immediately": True,
            "copy_options": dict(EVERYTHING),
        },
        workflow_state=state,
        progress_id=world.next_id("progress"),
        created_at=COPIED_BEFORE,
        updated_at=COPIED_BEFORE,
        started_at=COPIED_BEFORE if state is Stored.IMPORTED else None,
        finished_at=COPIED_BEFORE,
    )
    progress = Progress(
        id=migration.progress_id or 0,
        context_id=migration.id,
        context_type="ContentMigration",
        user_id=ADMIN_ID,
        tag="content_migration",
        workflow_state=progress_state,
        completion=100.0 if state is Stored.IMPORTED else 0.0,
        created_at=COPIED_BEFORE,
        updated_at=COPIED_BEFORE,
    )
    world.add_migration(migration)
    world.tables.progress[progress.id] = progress
    return migration


def _delete(world: World, kind: type[Content], course_id: int, title: str) -> None:
    row = next(row for row in world.live(kind, course_id) if row.title == title)
    row.workflow_state, row.updated_at = DELETED, WORKED_ON
