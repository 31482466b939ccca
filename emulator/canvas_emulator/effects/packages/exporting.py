"""Writing exports: of a course as a cartridge or as QTI, of any context's files as a zip file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import IO

from canvas_emulator.effects.mapping import migration_id
from canvas_emulator.effects.packages import qti
from canvas_emulator.effects.packages.archive import Writer
from canvas_emulator.effects.packages.cartridge_writing import CourseContent, write_cartridge
from canvas_emulator.effects.packages.layout import MANIFEST, Type
from canvas_emulator.effects.packages.markup import add, element, written
from canvas_emulator.effects.packages.tokens import paths_of
from canvas_emulator.model.content import File, Folder, Quiz
from canvas_emulator.model.content_base import ContextType
from canvas_emulator.model.records import ContentExport
from canvas_emulator.model.world import World


@dataclass(frozen=True)
class ExportType:
    """A kind of export.

    :param write: Writes the file.
    :param ending: What the name of the file ends with.
    :param content_type: That of the file.
    :param takes: The default selection, as ``copy`` options.
    """

    write: Callable[[World, ContentExport, IO[bytes]], None]
    ending: str
    content_type: str
    takes: Mapping[str, str]


def write_export(world: World, export: ContentExport, at: datetime) -> None:
    """Write an export's file, and attach it."""
    export_type = EXPORT_TYPES[export.export_type]
    out = BytesIO()
    export_type.write(world, export, out)
    data = out.getvalue()
    file = world.add(
        File(
            course_id=export.id,
            context_type=ContextType.CONTENT_EXPORT,
            title=f"{_name(world, export)}{export_type.ending}",
            content_type=export_type.content_type,
            size=len(data),
            data=data,
            created_at=at,
        )
    )
    export.attachment_id = file.id


def write_qti(content: CourseContent, out: IO[bytes]) -> None:
    """Write the quizzes of a course, each as an assessment."""
    resources = element("resources")
    with Writer(out) as archive:
        for quiz in content.all(Quiz):
            key = content.key(quiz)
            path = f"{key}/{key}.xml"
            archive.write(path, written(qti.assessment(key, quiz, content.question_items("quiz_id", quiz.id))))
            resource = add(resources, "resource", identifier=key, type=Type.ASSESSMENT, href=path)
            add(resource, "file", href=path)
        manifest = element("manifest", None, [resources], identifier=f"g{content.course.id}_quizzes")
        archive.write(MANIFEST, written(manifest))


def write_files(world: World, export: ContentExport, out: IO[bytes]) -> None:
    """Write the files of a context, in their folders."""
    folders = {row.id: row for row in world.live(Folder, export.context_id, export.context_type)}
    wanted, files = export.selection, world.live(File, export.context_id, export.context_type)
    if "all_files" not in wanted:
        files = [file for file in files if _selected(wanted, file, folders)]
    paths = paths_of(files, folders)
    with Writer(out) as archive:
        for file in files:
            archive.write(paths[file.id], file.chunks())


def _selected(selection: Mapping[str, object], file: File, folders: Mapping[int, Folder]) -> bool:
    """Tell whether a file is selected, or a folder above it."""
    files, wanted = selection.get("files"), selection.get("folders")
    if isinstance(files, Mapping) and migration_id(File, file.id) in files:
        return True
    own = folders.get(file.folder_id or 0)
    above = [row for row in folders.values() if own and f"{own.full_name}/".startswith(f"{row.full_name}/")]
    return isinstance(wanted, Mapping) and any(migration_id(Folder, row.id) in wanted for row in above)


def _content(world: World, export: ContentExport) -> CourseContent:
    return CourseContent(world, world.tables.courses[export.context_id], export.selection)


def _name(world: World, export: ContentExport) -> str:
    """Return the name for an export's file."""
    match export.context_type:
        case ContextType.COURSE:
            name = world.tables.courses[export.context_id].name
        case ContextType.GROUP:
            name = world.tables.groups[export.context_id].name
        case _:
            name = "user"
    return "-".join("".join(letter if letter.isalnum() else " " for letter in name.lower()).split())


EXPORT_TYPES: Mapping[str, ExportType] = {
    "common_cartridge": ExportType(
        lambda world, export, out: write_cartridge(_content(world, export), out),
        "-export.imscc",
        "application/octet-stream",
        {"everything": "1"},
    ),
    "qti": ExportType(
        lambda world, export, out: write_qti(_content(world, export), out),
        "-quiz-export.zip",
        "application/zip",
        {"all_quizzes": "1"},
    ),
    "quizzes2": ExportType(
        lambda world, export, out: write_qti(_content(world, export), out),
        "-new-quizzes-export.zip",
        "application/zip",
        {"all_quizzes": "1"},
    ),
    "zip": ExportType(write_files, "-files.zip", "application/zip", {"all_files": "1"}),
}
