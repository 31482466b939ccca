"""The Canvas in which every route is shown: whatever a route names is there, and of what it lists there are several.

It is the same at every reset, ids included: the rows of the table name them.
"""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta

from canvas_emulator.effects.folders import folder_at, root_folder
from canvas_emulator.effects.issues import add_issue
from canvas_emulator.effects.packages.exporting import EXPORT_TYPES
from canvas_emulator.effects.selection import EVERYTHING
from canvas_emulator.jobs import blueprint, content_export, content_migration, link_validation
from canvas_emulator.model.clock import ManualClock
from canvas_emulator.model.content import (
    Announcement,
    Assignment,
    AssignmentGroup,
    CalendarEvent,
    DiscussionTopic,
    ExternalTool,
    File,
    Module,
    ModuleItem,
    Page,
    Quiz,
)
from canvas_emulator.model.content_assignments import NewQuizItem
from canvas_emulator.model.content_base import ContextType
from canvas_emulator.model.content_lti import LtiResourceLink
from canvas_emulator.model.contexts import Context
from canvas_emulator.model.editions import Edition
from canvas_emulator.model.enrollments import EnrollmentType
from canvas_emulator.model.records import Account, ContentExport, ContentMigration, Group, GroupCategory, Term, User
from canvas_emulator.model.settings import Settings
from canvas_emulator.model.world import World
from canvas_emulator.seeds import small
from canvas_emulator.seeds.full_course import fill
from canvas_emulator.seeds.small import DESTINATION, OTHER, SOURCE

ADMIN, TEACHER = 1, 4
STUDENTS = (101, 102, 103)
GROUP = 5


def zipped(**files: bytes) -> bytes:
    """Return a zip file; ``a__b`` is ``a/b``."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "/"), data)
    return buffer.getvalue()


PACKAGE = zipped(**{"week-1__notes.txt": b"Notes", "plan.txt": b"Plan"})


def routes_world() -> World:
    """Make the world, on a clock that stands still, in the edition whose keys the table of responses has."""
    return World(_build, settings=Settings(edition=Edition.CURRENT))


def _build(world: World) -> None:
    world.clock = ManualClock()  # a reset alone would let it go on
    small.build(world)
    _people(world)
    fill(world, SOURCE)
    _more_content(world)
    contexts = (
        Context(ContextType.ACCOUNT, 1),
        Context(ContextType.COURSE, DESTINATION),
        Context(ContextType.GROUP, GROUP),
        Context(ContextType.USER, ADMIN),
    )
    for context in (Context(ContextType.COURSE, SOURCE), *contexts[2:]):
        _exports(world, context)
    for context in contexts:
        _migrations(world, context)
    _syncs(world)
    content_migration.hold(world, _copy(world, Context(ContextType.COURSE, DESTINATION)), world.clock.now())
    _lti_and_new_quizzes(world)


def _lti_and_new_quizzes(world: World) -> None:
    """Add an LTI resource link and a link validation to the source, and items to its New Quiz."""
    tool = world.live(ExternalTool, SOURCE)[0]
    world.add(
        LtiResourceLink(
            course_id=SOURCE,
            title="Reading room",
            url=tool.url,
            lookup_uuid="5b4f1d6c-0d4d-4b4c-9a58-6c1d0f5f3f11",
            resource_link_uuid="7c0a9f1e-53a0-4a53-8f0b-2d9d1f0a6a22",
            external_tool_id=tool.id,
        )
    )
    quiz = next(row for row in world.live(Assignment, SOURCE) if row.is_new_quiz)
    quiz.new_quiz_items = (NewQuizItem("A", "<p>A?</p>"), NewQuizItem("B", "<p>B?</p>"))
    link_validation.begin(world, world.tables.courses[SOURCE], frozenset({world.host}))


def _people(world: World) -> None:
    tables = world.tables
    tables.accounts[2] = Account(2, "Biology", 1, sis_account_id="BIO")
    tables.terms |= {1: Term(1, "Default Term"), 2: Term(2, "Spring", "2026SP")}
    tables.group_categories |= {7: GroupCategory(7, "Labs", SOURCE), 8: GroupCategory(8, "Projects", SOURCE)}
    tables.groups[GROUP] = Group(GROUP, "Lab 1", SOURCE, frozenset(STUDENTS), sis_group_id="G/5")
    for number in STUDENTS:
        tables.users[number] = User(number, f"Stu Dent{number}", sis_user_id=f"S{number}", email=f"s{number}@x.example")
        world.enroll(number, SOURCE, EnrollmentType.STUDENT)
    tables.users[5] = User(5, "Dan Ger")
    for number in (TEACHER, 5):
        world.enroll(number, SOURCE, EnrollmentType.TEACHER)
    for course_id in (SOURCE, DESTINATION):
        world.enroll(ADMIN, course_id, EnrollmentType.STUDENT)


def _more_content(world: World) -> None:
    """Give the source two of everything that is listed, something to do, and a module that requires something."""
    due = world.clock.now() + timedelta(days=7)
    work = world.live(AssignmentGroup, SOURCE)[0].id
    for number in (1, 2):
        world.add(Assignment(course_id=SOURCE, title=f"Homework {number}", due_at=due, assignment_group_id=work))
    world.add(Page(course_id=SOURCE, title="Week 1", body="<p>Read</p>"))
    world.add(Quiz(course_id=SOURCE, title="Practice", quiz_type="practice_quiz", due_at=due))
    world.add(DiscussionTopic(course_id=SOURCE, title="Questions"))
    world.add(CalendarEvent(course_id=SOURCE, title="Open day", start_at=due, end_at=due))
    world.add(Announcement(course_id=SOURCE, title="Room changed", posted_at=world.clock.now()))
    module = world.add(Module(course_id=SOURCE, title="Three", position=3))
    for title in ("Read this", "And that"):
        world.add(
            ModuleItem(
                course_id=SOURCE,
                title=title,
                module_id=module.id,
                type="SubHeader",
                completion_requirement="must_view",
            )
        )
    world.tables.courses[SOURCE].settings.migration_limitation = True
    for context in (Context(ContextType.GROUP, GROUP), Context(ContextType.USER, ADMIN)):
        for name in ("a.txt", "b.txt"):
            _file(world, context, name, b"0123456789", root_folder(world, context).id)
        folder_at(world, context, "notes")
    docs = folder_at(world, Context(ContextType.COURSE, SOURCE), "docs & co")
    for name in ("one", "two"):
        folder_at(world, Context(ContextType.COURSE, SOURCE), name, below=docs)
    _file(world, Context(ContextType.COURSE, SOURCE), "c.txt", b"0123456789", docs.id)


def _file(world: World, context: Context, title: str, data: bytes, folder_id: int | None = None) -> File:
    return world.add(
        File(
            course_id=context.id,
            context_type=context.type,
            title=title,
            data=data,
            size=len(data),
            content_type="text/plain",
            folder_id=folder_id,
        )
    )


def _migrations(world: World, context: Context) -> None:
    """Bring content into a context twice, with two issues the first time."""
    for number in (1, 2):
        course = context.type is ContextType.COURSE
        migration = _copy(world, context) if course else _import(world, context)
        content_migration.queue(world, migration, world.clock.now())
        world.clock.advance(60)
        world.settle()
        if number == 1:
            for description in ("Missing links found in imported content", "A file could not be imported"):
                add_issue(world, migration, world.clock.now(), "warning", description)


def _copy(world: World, context: Context) -> ContentMigration:
    return _migration(world, context, "course_copy_importer", source_course_id=SOURCE)


def _import(world: World, context: Context) -> ContentMigration:
    """Import into an account the cartridge of the first export, into a group or a user's files a zip."""
    if context.type is ContextType.ACCOUNT:
        migration = _migration(world, context, "canvas_cartridge_importer")
        migration.attachment_id = next(iter(world.tables.content_exports.values())).attachment_id
        return migration
    migration = _migration(world, context, "zip_file_importer", folder_id=root_folder(world, context).id)
    package = Context(ContextType.CONTENT_MIGRATION, migration.id)
    migration.attachment_id = _file(world, package, "package.zip", PACKAGE).id
    return migration


def _migration(world: World, context: Context, migration_type: str, **settings: int) -> ContentMigration:
    now = world.clock.now()
    migration = ContentMigration(
        id=world.next_id("content_migration"),
        course_id=context.id,
        context_type=context.type,
        user_id=ADMIN,
        migration_type=migration_type,
        source_course_id=settings.get("source_course_id"),
        migration_settings={**settings, "import_immediately": True, "copy_options": dict(EVERYTHING)},
        created_at=now,
        updated_at=now,
    )
    world.add_migration(migration)
    return migration


def _exports(world: World, context: Context) -> None:
    """Export a context twice."""
    export_type = "common_cartridge" if context.type is ContextType.COURSE else "zip"
    for _ in range(2):
        now = world.clock.now()
        export = ContentExport(
            id=world.next_id("content_export"),
            context_id=context.id,
            context_type=context.type,
            user_id=ADMIN,
            export_type=export_type,
            selection=dict(EXPORT_TYPES[export_type].takes),
            created_at=now,
            updated_at=now,
        )
        world.tables.content_exports[export.id] = export
        content_export.start(world, export, now)
        world.clock.advance(60)
        world.settle()


def _syncs(world: World) -> None:
    """Let two courses follow the source, and send them everything twice; then add a page."""
    for course_id in (OTHER, DESTINATION):
        blueprint.associate(world, SOURCE, course_id)
    (template,) = world.tables.blueprint_templates.values()
    for comment in ("First", "Second"):
        blueprint.sync(world, template, ADMIN, world.clock.now(), comment)
        world.live(Announcement, SOURCE)[0].message = f"<p>{comment}</p>"
        world.clock.advance(60)
        world.settle()
    world.add(Page(course_id=SOURCE, title="Added since", body="<p>Later</p>"))
