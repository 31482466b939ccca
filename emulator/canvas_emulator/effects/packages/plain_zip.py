"""Zip files of files: no manifest, only files in folders."""

from __future__ import annotations

import mimetypes
from hashlib import md5
from pathlib import PurePosixPath

from canvas_emulator.effects.packages.archive import Archive
from canvas_emulator.effects.packages.package import Package, PackageBuilder, PackageKind
from canvas_emulator.model.content import File, Folder

ROOT_FOLDER = "course files"
IGNORED = ("__MACOSX/", ".DS_Store", "Thumbs.db")


def read(archive: Archive) -> Package:
    """Read every file of a zip file, as a file of the course.

    :raises PackageError: When one cannot be read.
    """
    builder = PackageBuilder()
    for name in archive.names:
        if not any(part in name for part in IGNORED):
            add_file(builder, PurePosixPath(name), archive.read(name))
    return builder.build(PackageKind.ZIP)


def add_file(builder: PackageBuilder, path: PurePosixPath, data: bytes, key: str | None = None) -> File:
    """Add a file to a package, and the folders that it is in.

    :param path: Where it is below the course's files.
    :param key: Its migration id; without one, that of its path.
    """
    key = key or path_key(str(path))
    builder.paths[str(path)] = key
    content_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    file = File(
        course_id=0,
        title=path.name,
        data=data,
        size=len(data),
        content_type=content_type,
        folder_id=add_folder(builder, path.parent).id,
        migration_id=key,
    )
    return builder.add(file)


def add_folder(builder: PackageBuilder, path: PurePosixPath) -> Folder:
    """Add the folder at a path below the course's files, and those above it, where they are not there."""
    if path != PurePosixPath():
        add_folder(builder, path.parent)
    full_name = str(PurePosixPath(ROOT_FOLDER) / path)
    key = path_key(full_name)
    title = PurePosixPath(full_name).name
    return builder.find(Folder, key) or builder.add(
        Folder(course_id=0, title=title, full_name=full_name, migration_id=key)
    )


def path_key(path: str) -> str:
    """Return the migration id of a file or folder that has none: the MD5 of its path."""
    return md5(path.encode(), usedforsecurity=False).hexdigest()
