"""Zip files of files: no manifest, only files in folders."""

from __future__ import annotations

import re
from contextlib import suppress
from hashlib import md5
from pathlib import PurePosixPath

from canvas_emulator.effects.packages.archive import Archive
from canvas_emulator.effects.packages.media_types import media_type
from canvas_emulator.effects.packages.package import Package, PackageBuilder, PackageError, PackageKind, Upload
from canvas_emulator.model.content import File, Folder

ROOT_FOLDER = "course files"
IGNORED = re.compile(r"__MACOSX|thumbs\.db|\.DS_Store")
"""The files and folders that operating systems add."""


def read(archive: Archive, upload: Upload) -> Package:  # noqa: ARG001  a reader
    """Read every file of a zip file, as a file of the course. A file that is damaged is left out."""
    builder = PackageBuilder()
    for name in archive.names:
        if not any(IGNORED.fullmatch(part) for part in name.split("/")):
            with suppress(PackageError):
                add_file(builder, PurePosixPath(name), archive.read(name) or b"")
    return builder.build(PackageKind.ZIP)


def add_file(builder: PackageBuilder, path: PurePosixPath, data: bytes, key: str | None = None) -> File:
    """Add a file to a package, and the folders that it is in.

    :param path: Where it is below the course's files.
    :param key: Its migration id; without one, that of its path.
    """
    key = key or path_key(str(path))
    builder.paths[str(path)] = key
    file = File(
        course_id=0,
        title=path.name,
        data=data,
        size=len(data),
        content_type=media_type(path.name),
        folder_id=add_folder(builder, path.parent).id,
        migration_id=key,
    )
    return builder.add(file)


def add_folder(builder: PackageBuilder, path: PurePosixPath) -> Folder:
    """Add the folder at a path below the course's files, and those above it, if they are not there."""
    folder = _folder(builder, ROOT_FOLDER)
    for part in path.parts:
        folder = _folder(builder, f"{folder.full_name}/{part}")
    return folder


def _folder(builder: PackageBuilder, full_name: str) -> Folder:
    key, title = path_key(full_name), full_name.rpartition("/")[2]
    return builder.find(Folder, key) or builder.add(
        Folder(course_id=0, title=title, full_name=full_name, migration_id=key)
    )


def path_key(path: str) -> str:
    """Return the migration id of a file or folder that has none: the MD5 of its path."""
    return md5(path.encode(), usedforsecurity=False).hexdigest()
