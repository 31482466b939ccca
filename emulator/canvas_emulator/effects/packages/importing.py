"""Importing packages: content into a course, the files of a zip into a folder, questions into a question bank."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from canvas_emulator.effects.folders import file_at, folder_at
from canvas_emulator.effects.importing import ContentImport, Find, Origin
from canvas_emulator.effects.issues import add_issue
from canvas_emulator.effects.link_resolver import LinkResolver
from canvas_emulator.effects.packages import cartridge, moodle, plain_zip, qti
from canvas_emulator.effects.packages.archive import Archive, open_archive
from canvas_emulator.effects.packages.layout import MANIFEST
from canvas_emulator.effects.packages.package import Package, PackageError, PackageKind
from canvas_emulator.model.content import CONTENT_KINDS, DELETED, Content, File, Folder, QuestionBank, QuizQuestion
from canvas_emulator.model.content_base import ContextType
from canvas_emulator.model.contexts import Context
from canvas_emulator.model.parsing import parse_int
from canvas_emulator.model.records import ContentMigration
from canvas_emulator.model.world import World

READERS: dict[str, Callable[[Archive], Package]] = {
    "canvas_cartridge_importer": cartridge.read,
    "common_cartridge_importer": cartridge.read,
    "qti_converter": qti.read,
    "moodle_converter": moodle.read,
    "zip_file_importer": plain_zip.read,
}
"""By migration type, who reads its packages."""


def read_package(data: bytes, migration_type: str | None = None) -> Package:
    """Read a package.

    :param data: A zip file.
    :param migration_type: How to read it; without one, as what it looks like.
    :raises PackageError: When it cannot be read.
    """
    with open_archive(data) as archive:
        return _reader(archive, migration_type)(archive)


def _reader(archive: Archive, migration_type: str | None) -> Callable[[Archive], Package]:
    if migration_type is not None:
        try:
            return READERS[migration_type]
        except KeyError:
            raise PackageError(f"migrations of type {migration_type} have no package") from None
    if moodle.recognises(archive):
        return moodle.read
    if MANIFEST in archive.names:
        return qti.read if qti.recognises(archive) else cartridge.read
    return plain_zip.read


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
    content_import = ContentImport(world, migration, origin_of(world, package, migration.course_id), at)
    if bank is not None:
        content_import.recognise(BANK_KEY, bank)
    content_import.take(CONTENT_KINDS)
    content_import.take_course()
    for warning in package.warnings:
        add_issue(world, migration, at, "warning", warning)


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

    def rewrite(html: str, find: Find) -> tuple[str, list[str]]:
        def imported(path: str) -> Content | None:
            """Find the file that was imported from a path, or else the one that is at the path now."""
            return find(package.paths.get(path, "")) or file_at(world, destination, path)

        return LinkResolver(course_id, world.host, find, imported).resolve(html)

    return Origin(package.course, package.rows, key, rewrite, package.has_settings)


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
    """Return a package with all its questions in the bank of the migration."""
    questions: Mapping[int, Content] = {
        row.id: replace(row, question_bank_id=BANK_ID)
        for row in package.rows[QuizQuestion].values()
        if isinstance(row, QuizQuestion)
    }
    return replace(package, rows={**package.rows, QuizQuestion: questions})


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
