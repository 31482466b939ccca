"""What a package is, by its first bytes and the names in it: checked before it is uploaded.

Canvas looks into a package to find out what it is, except for two types of migrations, which it takes at their word:
``zip_file_importer`` turns the parts of a course export, with the right choices of its quizzes, into files that
students see, and ``qti_converter`` imports nothing of it. Both are completed without an issue.
"""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO

MAX_MANIFEST = 1 << 16
"""How many bytes of a manifest are read: its schema is at the beginning."""

MAX_UNPACKED = 1 << 26
"""How many bytes of a tar.gz are unpacked for the names in it. What a larger one is, is left to Canvas."""


class PackageKind(StrEnum):
    """What the names in a zip file show."""

    COURSE_EXPORT = "a course export of Canvas"
    COMMON_CARTRIDGE = "a Common Cartridge"
    MOODLE_BACKUP = "a Moodle backup"
    MANIFEST = "a package with a manifest"
    OFFICE_DOCUMENT = "an Office document (docx, pptx, xlsx)"
    FILES = "a zip file without a manifest"


@dataclass(frozen=True)
class _Contents:
    """What a package contains.

    :param names: The names of its files, without those of its folders.
    :param manifests: The first bytes of the ``imsmanifest.xml`` that counts, and perhaps of others, by name.
    """

    names: frozenset[str]
    manifests: dict[str, bytes]


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
    if start.startswith(b"\x1f\x8b"):
        contents = _contents_of_tar(file) if migration_type in _TAKEN_AT_THEIR_WORD else None
        return None if contents is None else _find_wrong_type(_kind_of(contents), migration_type)
    text = _read_text(start)
    if text.lower().startswith(("<!doctype html", "<html")):
        return "it is a web page (HTML), such as a server sends in place of a file that needs a login"
    if text.startswith("<"):
        return None
    return "it is no zip, tar.gz or XML file, and Canvas reads no others"


def find_caution(file: BinaryIO, migration_type: str) -> str | None:
    """Return what a user should know before a package is uploaded that may be meant otherwise, or ``None``.

    :param file: A package without a problem, open for reading. One that cannot seek has no caution.
    :param migration_type: How it is to be imported.
    """
    if migration_type not in _TAKEN_AT_THEIR_WORD or not file.seekable():
        return None
    try:
        contents = _contents_of_zip(file)
    except Exception:  # noqa: BLE001  # of many kinds, from TypeError to LZMAError, about damaged bytes
        return None  # it is no zip file
    kind = _kind_of(contents)
    if migration_type == "zip_file_importer" and kind in (PackageKind.MANIFEST, PackageKind.OFFICE_DOCUMENT):
        return (
            f"it is {kind}, and zip_file_importer makes a file of each of its parts. Students can see these files, "
            "also those with the right choices of a quiz"
        )
    if migration_type == "qti_converter" and not any(name.lower().endswith(".xml") for name in contents.names):
        return "it has no XML file, and qti_converter finds questions in XML files only"
    return None


def _read_text(start: bytes) -> str:
    """Return the first bytes of a file as text, without spaces before it."""
    encoding = "utf-16" if start.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    return start.decode(encoding, "ignore").lstrip()


def _find_problem_of_zip(file: BinaryIO, migration_type: str) -> str | None:
    if not file.seekable():
        return None
    try:
        contents = _contents_of_zip(file)
    except Exception:  # noqa: BLE001  # of many kinds, from TypeError to LZMAError, about damaged bytes
        return "it is a damaged or incomplete zip file"
    if not contents.names:
        return "it is a zip file without any file in it"
    return _find_wrong_type(_kind_of(contents), migration_type)


def _find_wrong_type(kind: PackageKind, migration_type: str) -> str | None:
    """Return why a package of a kind must not be imported by a type of migrations, or ``None``."""
    if migration_type == "zip_file_importer" and kind in _COURSES:
        return (
            f"it is {kind}, and zip_file_importer would make files of its parts that students can see, "
            f"with the right choices of its quizzes. Import it by {_COURSES[kind]!r}"
        )
    if migration_type == "qti_converter" and kind in _COURSES:
        return f"it is {kind}, of which qti_converter imports nothing. Import it by {_COURSES[kind]!r}"
    return None


_TAKEN_AT_THEIR_WORD = ("qti_converter", "zip_file_importer")
"""The types of migrations for which Canvas does not find out what a package is."""

_COURSES = {
    PackageKind.COURSE_EXPORT: "canvas_cartridge_importer",
    PackageKind.COMMON_CARTRIDGE: "common_cartridge_importer",
    PackageKind.MOODLE_BACKUP: "moodle_converter",
}
"""The packages of whole courses, and the types of migrations that import them."""


def _contents_of_zip(file: BinaryIO) -> _Contents:
    """Return what a zip file contains.

    :raises Exception: If it is none, or is damaged.
    """
    file.seek(0)
    with zipfile.ZipFile(file) as package:
        names = frozenset(entry.filename for entry in package.infolist() if not entry.is_dir())
        manifests = {}
        name = f"{_folder_of_all(names)}imsmanifest.xml"
        if name in names:
            with package.open(name) as manifest:
                manifests[name] = manifest.read(MAX_MANIFEST)
    return _Contents(names, manifests)


def _contents_of_tar(file: BinaryIO) -> _Contents | None:
    """Return what a tar.gz contains, such as a Moodle backup (mbz); ``None`` if it is damaged or too large."""
    if not file.seekable():
        return None
    file.seek(0)
    names, manifests = set(), {}
    try:
        with tarfile.open(fileobj=file, mode="r|gz") as package:
            for entry in package:
                if entry.offset_data + entry.size > MAX_UNPACKED:
                    return None
                name = entry.name.removeprefix("./")
                if entry.isfile():
                    names.add(name)
                if entry.isfile() and name.rpartition("/")[2] == "imsmanifest.xml":
                    manifests[name] = (package.extractfile(entry) or io.BytesIO()).read(MAX_MANIFEST)
    except Exception:  # noqa: BLE001  # of many kinds, from TypeError to LZMAError, about damaged bytes
        return None
    return _Contents(frozenset(names), manifests)


def _kind_of(contents: _Contents) -> PackageKind:
    names, folder = contents.names, _folder_of_all(contents.names)
    if f"{folder}course_settings/canvas_export.txt" in names:
        return PackageKind.COURSE_EXPORT
    if names & {f"{folder}moodle_backup.xml", f"{folder}moodle.xml"}:
        return PackageKind.MOODLE_BACKUP
    manifest = contents.manifests.get(f"{folder}imsmanifest.xml")
    if manifest is None:
        return PackageKind.OFFICE_DOCUMENT if "[Content_Types].xml" in names else PackageKind.FILES
    # In UTF-16 there is a zero byte beside each letter.
    is_cartridge = b"common cartridge" in manifest.replace(b"\0", b"").lower()
    return PackageKind.COMMON_CARTRIDGE if is_cartridge else PackageKind.MANIFEST


def _folder_of_all(names: Collection[str]) -> str:
    """Return the innermost folder that contains everything in a package, with a slash; empty if there is none.

    What file managers add does not count: ``__MACOSX`` and hidden files.
    """
    files = (name for name in names if not name.startswith("__MACOSX/"))
    folders = [name.split("/")[:-1] for name in files if not name.rpartition("/")[2].startswith(".")]
    common: list[str] = []
    for parts in zip(*folders, strict=False):
        if len(set(parts)) > 1:
            break
        common.append(parts[0])
    return "".join(f"{part}/" for part in common)
