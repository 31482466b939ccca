"""Importing packages: content into a course, the files of a zip into a folder, questions into a question bank."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial

from canvas_emulator.effects.folders import file_at, folder_at
from canvas_emulator.effects.importing import ContentImport, Find, Origin
from canvas_emulator.effects.issues import add_issue
from canvas_emulator.effects.link_resolver import LinkResolver
from canvas_emulator.effects.packages import (
    canvas_cartridge,
    common_cartridge,
    moodle,
    moodle_1_9,
    plain_zip,
    qti_package,
)
from canvas_emulator.effects.packages.archive import MAX_RATIO, Archive, ArchiveError, open_archive, unwrapped
from canvas_emulator.effects.packages.identification import identify, is_flat
from canvas_emulator.effects.packages.layout import MANIFEST
from canvas_emulator.effects.packages.package import DEFAULT_GROUP_KEY, Package, PackageError, PackageKind, Upload
from canvas_emulator.model.content import (
    CONTENT_KINDS,
    DELETED,
    Assignment,
    AssignmentGroup,
    Content,
    ExternalTool,
    File,
    Folder,
    LearningOutcome,
    LearningOutcomeGroup,
    ModuleItem,
    Page,
    QuestionBank,
    QuizQuestion,
)
from canvas_emulator.model.content_base import ContextType
from canvas_emulator.model.contexts import Context
from canvas_emulator.model.course import Course
from canvas_emulator.model.parsing import parse_int
from canvas_emulator.model.records import ContentMigration
from canvas_emulator.model.world import World

Reader = Callable[[Archive, Upload], Package]

READERS: Mapping[str, Reader | None] = {
    "canvas_cartridge_importer": None,
    "common_cartridge_importer": None,
    "moodle_converter": None,
    "qti_converter": qti_package.read,
    "zip_file_importer": plain_zip.read,
}
"""By migration type, who reads its packages; None where Canvas looks what the package is."""

BY_KIND: Mapping[PackageKind, Reader] = {
    PackageKind.CANVAS_CARTRIDGE: canvas_cartridge.read,
    PackageKind.COMMON_CARTRIDGE: common_cartridge.read,
    PackageKind.QTI: qti_package.read,
    PackageKind.MOODLE: moodle.read,
    PackageKind.MOODLE_1_9: moodle_1_9.read,
}

UNSUPPORTED = "Unsupported content package"
NOT_IDENTIFIED = "Error identifying package type: {}"
NO_SECURITY = 'The security parameters for the external tool "{}" need to be set in Course Settings.'
NO_TOOL = 'The account External Tool for module item "{}" must be configured before the item can be launched'


def read_package(data: bytes, migration_type: str | None = None, *, name: str | None = None) -> Package:
    """Read a package by its bytes alone; see ``read_upload``."""
    return read_upload(Upload(data, name or "package.zip", migration_type))


def read_upload(upload: Upload) -> Package:
    """Read a package.

    :param upload: The file. Without a migration type, it is read as what it looks like, files without a manifest as
        such.
    :raises PackageError: When it cannot be read.
    """
    if upload.migration_type is not None and upload.migration_type not in READERS:
        raise PackageError(f"migrations of type {upload.migration_type} have no package")
    reader = READERS.get(upload.migration_type or "")
    if reader is not None:
        max_ratio = None if upload.migration_type == "zip_file_importer" else MAX_RATIO
        with open_archive(upload.data, upload.name, max_ratio=max_ratio, max_bytes=upload.max_bytes) as archive:
            return reader(archive if reader is plain_zip.read else unwrapped(archive), upload)
    with _opened(upload) as archive:
        kind = identify(archive, upload.name)
        if kind is not None:
            return BY_KIND[kind](archive, upload)
        if upload.migration_type is None and MANIFEST not in archive.names:
            return plain_zip.read(archive, upload)
    raise PackageError("Canvas does not import packages of this kind.", UNSUPPORTED, issue_type="warning")


@contextmanager
def _opened(upload: Upload) -> Iterator[Archive]:
    """Open a package whose kind Canvas finds out."""
    if is_flat(upload.name):
        yield Archive({MANIFEST: partial(bytes, upload.data)})
        return
    try:
        with open_archive(upload.data, upload.name, max_bytes=upload.max_bytes) as archive:
            yield unwrapped(archive)
    except ArchiveError as error:
        raise PackageError(str(error), NOT_IDENTIFIED.format(error), issue_type="warning") from error


def source_course_id(world: World, package: Package) -> int | None:
    """Return the course of this Canvas that a package was exported from; None if it is from elsewhere."""
    source = package.source
    return source.course_id if source is not None and source.root_account_uuid == world.root_account_uuid else None


def import_package(world: World, migration: ContentMigration, package: Package, at: datetime) -> None:
    """Import what a migration selects of a package, into the migration's course.

    :param migration: Its ``migration_settings`` say what to take (``copy_options``) and how.
    :param at: The time that new and changed rows get.
    """
    bank = question_bank(world, migration) if package.kind is PackageKind.QTI else None
    if bank is not None:
        package = into_bank(package)
    package = with_default_group(with_root_group(package, world.tables.courses[migration.course_id]))
    content_import = ContentImport(world, migration, origin_of(world, package, migration.course_id), at)
    if bank is not None:
        content_import.recognise(BANK_KEY, bank)
    content_import.take(CONTENT_KINDS)
    content_import.take_course()
    _report(world, migration, package, at, is_of_this_canvas=source_course_id(world, package) is not None)


def _report(
    world: World, migration: ContentMigration, package: Package, at: datetime, *, is_of_this_canvas: bool
) -> None:
    """Add the issues of what was imported and needs attention, and of what could not be read."""
    course_id = migration.course_id
    for warning in package.warnings:
        add_issue(world, migration, at, "warning", warning)
    imported = {kind: {row.migration_id: row for row in world.live(kind, course_id)} for kind in REPORTED}
    for tool in package.rows[ExternalTool].values():
        place = imported[ExternalTool].get(tool.migration_id)
        if isinstance(tool, ExternalTool) and place is not None and not tool.consumer_key:
            add_issue(world, migration, at, "warning", NO_SECURITY.format(place.title))
    for item in package.rows[ModuleItem].values():
        is_tool = isinstance(item, ModuleItem) and item.type == "ExternalTool" and item.content_id is None
        if is_tool and item.migration_id in imported[ModuleItem] and not is_of_this_canvas:
            add_issue(world, migration, at, "warning", NO_TOOL.format(item.title))
    for key, warning in package.question_warnings:
        question = imported[QuizQuestion].get(key)
        if isinstance(question, QuizQuestion):
            path = f"/courses/{course_id}/question_banks/{question.question_bank_id}#question_{question.id}"
            add_issue(world, migration, at, "warning", warning, fix_issue_html_url=f"{path}_question_text")


REPORTED: tuple[type[Content], ...] = (ExternalTool, ModuleItem, QuizQuestion)

ROOT_GROUP_KEY = "the root outcome group"


def with_root_group(package: Package, course: Course) -> Package:
    """Return a package with the course's root group above its outcomes, if it has any."""
    groups, outcomes = package.rows[LearningOutcomeGroup], package.rows[LearningOutcome]
    if not groups and not outcomes:
        return package
    root_id = max((*groups, *outcomes)) + 1_000_000
    root = LearningOutcomeGroup(course_id=0, id=root_id, title=course.name, migration_id=ROOT_GROUP_KEY, is_root=True)
    above: dict[int, Content] = {root_id: root}
    for row in groups.values():
        parent = getattr(row, "parent_outcome_group_id", None)
        above[row.id] = replace(row, parent_outcome_group_id=root_id) if parent is None else row  # type: ignore[call-arg]
    below: dict[int, Content] = {
        row.id: replace(row, outcome_group_id=root_id) if getattr(row, "outcome_group_id", None) is None else row  # type: ignore[call-arg]
        for row in outcomes.values()
    }
    return replace(package, rows={**package.rows, LearningOutcomeGroup: above, LearningOutcome: below})


DEFAULT_GROUP = "Assignments"
"""The assignment group that a course has before it has any other."""


def with_default_group(package: Package) -> Package:
    """Return a package with the assignment group that every course has, if it has assignments."""
    groups = package.rows[AssignmentGroup]
    if not package.rows[Assignment]:
        return package
    default = AssignmentGroup(
        course_id=0, id=package.default_group_id, title=DEFAULT_GROUP, migration_id=DEFAULT_GROUP_KEY
    )
    return replace(package, rows={**package.rows, AssignmentGroup: {default.id: default, **groups}})


def origin_of(world: World, package: Package, course_id: int) -> Origin:
    """Return a package as an origin of rows, under the migration ids that it names.

    :param course_id: The course that links shall lead into.
    """

    def key(kind: type[Content], row_id: int) -> str | None:
        if kind is QuestionBank and row_id == BANK_ID:
            return BANK_KEY
        row = package.rows[kind].get(row_id)
        return row.migration_id if row else None

    destination = Context(ContextType.COURSE, course_id)
    slugs = {
        row.url: row.migration_id or "" for row in package.rows[Page].values() if isinstance(row, Page) and row.url
    }

    def rewrite(html: str, find: Find) -> tuple[str, list[str]]:
        def found(name: str) -> Content | None:
            """Find a row by its migration id, or a page by its slug in the package."""
            return find(name) or find(slugs.get(name, ""))

        def imported(path: str) -> Content | None:
            """Find the file that was imported from a path, or else the one that is at the path now."""
            return find(package.paths.get(path, "")) or file_at(world, destination, path)

        return LinkResolver(course_id, world.host, found, imported).resolve(html)

    return Origin(
        package.course,
        package.rows,
        key,
        rewrite,
        package.has_settings,
        settings=package.settings,
        joins_groups=True,
    )


BANK_ID, BANK_KEY = 0, "the question bank of the migration"
"""Stand, in a package, for the id and the migration id of the bank, which is no part of it. Ids in it start at 1."""


def question_bank(world: World, migration: ContentMigration) -> QuestionBank | None:
    """Return the bank of a migration, made if nothing of its name is there; None if the migration names none."""
    settings = migration.migration_settings
    bank_id, name = parse_int(str(settings.get("question_bank_id", ""))), settings.get("question_bank_name")
    banks = world.live(QuestionBank, migration.course_id)
    existing = next((bank for bank in banks if bank.id == bank_id), None)
    if existing is not None or not name:
        return existing
    same = next((bank for bank in banks if bank.title == str(name)), None)
    return same or world.add(QuestionBank(course_id=migration.course_id, title=str(name)))


def into_bank(package: Package) -> Package:
    """Return a package with all questions that are in no bank of its own in the bank of the migration."""
    questions: Mapping[int, Content] = {
        row.id: replace(row, question_bank_id=BANK_ID)
        if row.question_bank_id is None or row.question_bank_id in package.made_banks
        else row
        for row in package.rows[QuizQuestion].values()
        if isinstance(row, QuizQuestion)
    }
    banks = {key: row for key, row in package.rows[QuestionBank].items() if key not in package.made_banks}
    return replace(package, rows={**package.rows, QuizQuestion: questions, QuestionBank: banks})


def unzip(world: World, migration: ContentMigration, package: Package, at: datetime) -> None:
    """Put the files of a package where the migration wants them: ``settings[folder_id]``, or the root."""
    context = Context(migration.context_type, migration.course_id)
    folder_id = parse_int(str(migration.migration_settings.get("folder_id", ""))) or 0
    below = world.find(Folder, context.id, folder_id, context.type)
    paths = {row.id: row.full_name for row in package.rows[Folder].values() if isinstance(row, Folder)}
    for row in package.rows[File].values():
        if isinstance(row, File):
            # The first name of a path in the package is that of its own root.
            path = paths.get(row.folder_id or 0, "").partition("/")[2]
            _put(world, context, row, folder_at(world, context, path, below=below), at)


def _put(world: World, context: Context, row: File, folder: Folder, at: datetime) -> None:
    for other in world.live(File, context.id, context.type):
        if (other.folder_id, other.title) == (folder.id, row.title):
            other.workflow_state, other.updated_at = DELETED, at
    world.add(
        File(
            course_id=context.id,
            context_type=context.type,
            title=row.title,
            content_type=row.content_type,
            size=row.size,
            data=row.data,
            folder_id=folder.id,
            created_at=at,
        )
    )
