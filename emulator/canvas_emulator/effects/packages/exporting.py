"""Writing exports: of a course as a cartridge or as QTI, of any context's files as a zip file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import PurePosixPath
from typing import IO

from canvas_emulator.effects.mapping import migration_id
from canvas_emulator.effects.packages import qti_writing
from canvas_emulator.effects.packages.archive import Writer
from canvas_emulator.effects.packages.assignment_documents import quiz_meta, quiz_meta_key
from canvas_emulator.effects.packages.cartridge_writing import write_cartridge
from canvas_emulator.effects.packages.course_content import CourseContent
from canvas_emulator.effects.packages.file_paths import folder_path, paths_of
from canvas_emulator.effects.packages.layout import MANIFEST, Type
from canvas_emulator.effects.packages.manifest_writing import Resources, qti_manifest
from canvas_emulator.effects.packages.xml_writing import written
from canvas_emulator.model.content import File, Folder, Quiz
from canvas_emulator.model.content_base import ContextType
from canvas_emulator.model.records import ContentExport
from canvas_emulator.model.world import World

FILE_SPELLINGS = ("attachments", "files")
"""The names of a selection of files: Canvas's own, and the API's."""


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
    """Write the quizzes of a course, each as an assessment, and the files that they show."""
    resources = Resources()
    with Writer(out) as archive:
        for quiz in content.all(Quiz):
            key, meta_key = content.key(quiz), quiz_meta_key(quiz)
            path, meta = f"{key}/{key}.xml", f"{key}/assessment_meta.xml"
            archive.write(path, written(qti_writing.assessment(content, quiz)))
            archive.write(meta, written(quiz_meta(content, quiz, with_group=False)))
            resources.add(key, Type.QTI, [path], dependency=meta_key)
            resources.add(meta_key, Type.LEARNING, [meta], href=meta)
        for file_id in sorted(content.linked_files):
            file = content.world.find(File, content.course.id, file_id)
            if file is not None and not file.deleted:
                archive.write(content.paths[file.id], file.chunks())
                resources.add(content.key(file), Type.WEB, [content.paths[file.id]], href=content.paths[file.id])
        archive.write(MANIFEST, written(qti_manifest(content.course, resources)))


def write_files(world: World, export: ContentExport, out: IO[bytes]) -> None:
    """Write the files of a context, in their folders."""
    folders = {row.id: row for row in world.live(Folder, export.context_id, export.context_type)}
    wanted, files = export.selection, world.live(File, export.context_id, export.context_type)
    if "all_files" not in wanted:
        files = [file for file in files if _selected(wanted, file, folders)]
    paths = paths_of(files, folders)
    with Writer(out) as archive:
        for path in _folder_paths(paths.values(), folders.values() if "all_files" in wanted else ()):
            archive.write(f"{path}/", b"")
        for file in files:
            archive.write(paths[file.id], file.chunks())


def _folder_paths(paths: Iterable[str], folders: Iterable[Folder]) -> list[str]:
    """Return the paths of the folders that files are in, and of others, each after the one above it."""
    names = {str(parent) for path in paths for parent in PurePosixPath(path).parents}
    names |= {folder_path(folder) for folder in folders}
    return sorted(names - {".", ""})


def _selected(selection: Mapping[str, object], file: File, folders: Mapping[int, Folder]) -> bool:
    """Tell whether a file is selected, or a folder above it."""
    key, wanted = migration_id(File, file.id), selection.get("folders")
    if any(isinstance(files := selection.get(name), Mapping) and key in files for name in FILE_SPELLINGS):
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
