"""What a package is, by its first bytes and the names in it: checked before it is uploaded.

Canvas looks into a package to find out what it is, except for two types of migrations, which it takes at their word:
``zip_file_importer`` turns the parts of a course export, with the right choices of its quizzes, into files that
students see, and ``qti_converter`` imports nothing of it. Both are completed without an issue.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Collection
from enum import StrEnum
from typing import BinaryIO

MAX_MANIFEST = 1 << 16
"""How many bytes of a manifest are read: its schema is at the beginning."""

_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)


class PackageKind(StrEnum):
    """What the names in a zip file show."""

    COURSE_EXPORT = "a course export of Canvas"
    COMMON_CARTRIDGE = "a Common Cartridge"
    MOODLE_BACKUP = "a Moodle backup"
    MANIFEST = "a package with a manifest"
    OFFICE_DOCUMENT = "an Office document (docx, pptx, xlsx)"
    FILES = "a zip file without a manifest"


def find_problem(file: BinaryIO, size: int, migration_type: str) -> str | None:
    """Return why Canvas would not import a package as meant, or ``None``.

    :param file: The package, open for reading.
    :param size: Its number of bytes.
    :param migration_type: How it is to be imported.
    """
    if size == 0:
        return "it is empty"
    start = file.read(512)
    if start.startswith(b"PK"):
        return _find_problem_of_zip(file, migration_type)
    text = _read_text(start)
    if text.lower().startswith(("<!doctype html", "<html")):
        return "it is a web page (HTML), such as a server sends in place of a file that needs a login"
    if start.startswith(b"\x1f\x8b") or text.startswith("<"):
        return None
    return "it is no zip, tar.gz or XML file, and Canvas reads no others"


def find_caution(file: BinaryIO, migration_type: str) -> str | None:
    """Return what a user should know before a package is uploaded that may be meant otherwise, or ``None``.

    :param file: A package without a problem, open for reading. One that cannot seek has no caution.
    :param migration_type: How it is to be imported.
    """
    if migration_type not in ("qti_converter", "zip_file_importer") or not file.seekable():
        return None
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as package:
            kind, names = _kind_of(package), package.namelist()
    except _DAMAGED:
        return None  # it is no zip file
    if migration_type == "zip_file_importer" and kind in (PackageKind.MANIFEST, PackageKind.OFFICE_DOCUMENT):
        return (
            f"it is {kind}, and zip_file_importer makes a file of each of its parts. Students can see these files, "
            "also those with the right choices of a quiz"
        )
    if migration_type == "qti_converter" and not any(name.lower().endswith(".xml") for name in names):
        return "it has no XML file, and qti_converter finds questions in XML files only"
    return None


def _read_text(start: bytes) -> str:
    """Return the first bytes of a file as text, without spaces before it."""
    encoding = "utf-16" if start.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    return start.decode(encoding, "ignore").lstrip()


def _find_problem_of_zip(file: BinaryIO, migration_type: str) -> str | None:
    if not file.seekable():
        return None
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as package:
            if all(entry.is_dir() for entry in package.infolist()):
                return "it is a zip file without any file in it"
            kind = _kind_of(package)
    except _DAMAGED:
        return "it is a damaged or incomplete zip file"
    if migration_type == "zip_file_importer" and kind in _COURSES:
        return (
            f"it is {kind}, and zip_file_importer would make files of its parts that students can see, "
            f"with the right choices of its quizzes. Import it by {_COURSES[kind]!r}"
        )
    if migration_type == "qti_converter" and kind in _COURSES:
        return f"it is {kind}, of which qti_converter imports nothing. Import it by {_COURSES[kind]!r}"
    return None


_COURSES = {
    PackageKind.COURSE_EXPORT: "canvas_cartridge_importer",
    PackageKind.COMMON_CARTRIDGE: "common_cartridge_importer",
    PackageKind.MOODLE_BACKUP: "moodle_converter",
}
"""The packages of whole courses, and the types of migrations that import them."""


def _kind_of(package: zipfile.ZipFile) -> PackageKind:
    names = set(package.namelist())
    folder = _folder_of_all(names)
    if f"{folder}course_settings/canvas_export.txt" in names:
        return PackageKind.COURSE_EXPORT
    if names & {f"{folder}moodle_backup.xml", f"{folder}moodle.xml"}:
        return PackageKind.MOODLE_BACKUP
    if f"{folder}imsmanifest.xml" not in names:
        return PackageKind.OFFICE_DOCUMENT if "[Content_Types].xml" in names else PackageKind.FILES
    with package.open(f"{folder}imsmanifest.xml") as manifest:
        start = manifest.read(MAX_MANIFEST)
    # In UTF-16 there is a zero byte beside each letter.
    is_cartridge = b"common cartridge" in start.replace(b"\0", b"").lower()
    return PackageKind.COMMON_CARTRIDGE if is_cartridge else PackageKind.MANIFEST


def _folder_of_all(names: Collection[str]) -> str:
    """Return the innermost folder that contains everything in a package, with a slash; empty if there is none.

    What file managers add does not count: ``__MACOSX`` and hidden files.
    """
    files = (name for name in names if not name.endswith("/") and not name.startswith("__MACOSX/"))
    folders = [name.split("/")[:-1] for name in files if not name.rpartition("/")[2].startswith(".")]
    common: list[str] = []
    for parts in zip(*folders, strict=False):
        if len(set(parts)) > 1:
            break
        common.append(parts[0])
    return "".join(f"{part}/" for part in common)
