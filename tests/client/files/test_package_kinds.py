"""What is refused before a package is uploaded, and that nothing else is."""

from __future__ import annotations

import io
import tarfile
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_canvas.client.files.package_kinds import MAX_UNPACKED, find_caution, find_problem
from tests.support.recordings import FOLDER

TYPES = (
    "canvas_cartridge_importer",
    "common_cartridge_importer",
    "moodle_converter",
    "qti_converter",
    "zip_file_importer",
)


def problem(content: bytes, migration_type: str) -> str | None:
    return find_problem(io.BytesIO(content), len(content), migration_type)


@pytest.mark.parametrize(
    ("name", "refused"),
    [
        ("course-14.imscc", {"qti_converter", "zip_file_importer"}),
        ("course-14-qti.zip", set()),
        ("course-14-files.zip", set()),
    ],
)
def test_exports_of_a_real_canvas(name: str, refused: set[str]) -> None:
    """A course export is refused where Canvas would take it for something else; other exports never are."""
    content = (FOLDER / "packages" / name).read_bytes()
    assert {each for each in TYPES if problem(content, each)} == refused


@pytest.mark.parametrize("migration_type", TYPES)
@pytest.mark.parametrize(
    "content",
    [
        b"<?xml version='1.0'?><manifest/>",
        b"\xef\xbb\xbf<manifest/>",
        "<manifest/>".encode("utf-16"),
        b"\n  <manifest/>",
        b"\x1f\x8b\x08\x00 a tar.gz",
    ],
)
def test_other_formats_are_not_refused(content: bytes, migration_type: str) -> None:
    """Canvas also reads XML in any encoding, and tar.gz."""
    assert problem(content, migration_type) is None


@pytest.mark.parametrize("migration_type", TYPES)
@pytest.mark.parametrize(
    "content",
    [
        b"<!DOCTYPE html><html><body>Log in</body></html>",
        b"\xef\xbb\xbf\n<!doctype HTML>",
        b'<html lang="en">',
        "<!DOCTYPE html>".encode("utf-16"),
    ],
)
def test_web_pages(content: bytes, migration_type: str) -> None:
    """A web page is refused: a download that was answered by a login page is no package."""
    assert problem(content, migration_type) == (
        "it is a web page (HTML), such as a server sends in place of a file that needs a login"
    )


CARTRIDGE = {"imsmanifest.xml": "<schema>IMS Common Cartridge</schema>", "quiz.xml": "answers"}


@pytest.mark.parametrize(
    ("files", "refused"),
    [
        ({f"Export/{name}": text for name, text in CARTRIDGE.items()}, True),
        ({**{f"Export/{name}": text for name, text in CARTRIDGE.items()}, "__MACOSX/._Export": ""}, True),
        ({"Export/course_settings/canvas_export.txt": "", "Export/imsmanifest.xml": ""}, True),
        ({"Export/moodle_backup.xml": ""}, True),
        ({**{f"Export/{name}": text for name, text in CARTRIDGE.items()}, "notes.txt": ""}, False),
        ({"Export/a.txt": "", "Export/b.txt": ""}, False),
        ({f"Term/Export/{name}": text for name, text in CARTRIDGE.items()}, True),
        (
            {**{f"Export/{name}": text for name, text in CARTRIDGE.items()}, ".DS_Store": "", "Export/.DS_Store": ""},
            True,
        ),
        ({"a/imsmanifest.xml": CARTRIDGE["imsmanifest.xml"], "a/b/c.txt": "", "a/": ""}, True),
        ({"a/imsmanifest.xml": CARTRIDGE["imsmanifest.xml"], "ab/c.txt": ""}, False),
    ],
)
def test_course_in_a_folder(files: dict[str, str], refused: bool) -> None:
    """A package whose parts are all in one folder is what it is without that folder."""
    assert {each for each in TYPES if problem(zipped(files), each)} == (
        {"qti_converter", "zip_file_importer"} if refused else set()
    )


@pytest.mark.parametrize(
    ("files", "refused"),
    [
        (CARTRIDGE, True),
        ({f"./Export/{name}": text for name, text in CARTRIDGE.items()}, True),
        ({"files/a.bin": "x" * 100_000, "moodle_backup.xml": "<moodle_backup/>"}, True),
        ({"big": "x" * MAX_UNPACKED, "moodle_backup.xml": "<moodle_backup/>"}, False),
        ({"imsmanifest.xml": "<schema>IMS Content</schema>"}, False),
        ({"a.txt": "", "b/imsmanifest.xml": CARTRIDGE["imsmanifest.xml"]}, False),
    ],
)
def test_course_in_a_tar_gz(files: dict[str, str], refused: bool) -> None:
    """A course in a tar.gz, such as a Moodle backup, is refused like one in a zip file, unless it is very large."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", compresslevel=1) as package:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            package.addfile(entry, io.BytesIO(text.encode()))
    found = {each: problem(out.getvalue(), each) for each in TYPES}
    assert {each for each in TYPES if found[each]} == ({"qti_converter", "zip_file_importer"} if refused else set())
    assert {each: problem(out.getvalue()[:60], each) for each in TYPES} == dict.fromkeys(TYPES)


def zipped(files: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name, text in files.items():
            package.writestr(name, text)
    return out.getvalue()


QTI = {"imsmanifest.xml": "<schema>IMS Content</schema>", "quiz/quiz.xml": "answers"}
WORD = {"[Content_Types].xml": "", "word/document.xml": ""}
AS_FILES = {"zip_file_importer": "zip_file_importer makes a file of each of its parts"}
NO_QUESTIONS = {"qti_converter": "qti_converter finds questions in XML files only"}


@pytest.mark.parametrize(
    ("content", "cautions"),
    [
        (QTI, AS_FILES),
        ({f"Export/{name}": text for name, text in QTI.items()}, AS_FILES),
        (WORD, AS_FILES),
        ({"a.pdf": "", "b.txt": ""}, NO_QUESTIONS),
        ({"quiz.XML": "<questestinterop/>"}, {}),
        ({"files/imsmanifest.xml": "", "a.txt": ""}, {}),
        (b"<manifest/>", {}),
        (b"\x1f\x8b\x08\x00 a tar.gz", {}),
    ],
)
def test_cautions(content: dict[str, str] | bytes, cautions: dict[str, str]) -> None:
    """A package that may be meant otherwise is not refused, and the caution says what would become of it."""
    package = content if isinstance(content, bytes) else zipped(content)
    assert {each for each in TYPES if problem(package, each)} == set()
    found = {each: find_caution(io.BytesIO(package), each) for each in TYPES}
    assert {each for each in TYPES if found[each]} == set(cautions)
    assert all(text in str(found[each]) for each, text in cautions.items())


@pytest.mark.parametrize(
    ("name", "cautious"), [("course-14-qti.zip", {"zip_file_importer"}), ("course-14-files.zip", {"qti_converter"})]
)
def test_cautions_about_exports_of_a_real_canvas(name: str, cautious: set[str]) -> None:
    """A QTI export is cautioned about where it would become files, and a zip of files where it has no questions."""
    content = (FOLDER / "packages" / name).read_bytes()
    assert {each for each in TYPES if find_caution(io.BytesIO(content), each)} == cautious


@given(st.binary(max_size=300), st.sampled_from(TYPES))
def test_any_bytes_have_a_verdict(content: bytes, migration_type: str) -> None:
    """No content raises an error, also when it begins like a zip file."""
    for data in (content, b"PK\x03\x04" + content):
        assert problem(data, migration_type) is None or problem(data, migration_type)


@pytest.mark.parametrize("compression", [zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
@given(data=st.data(), migration_type=st.sampled_from(TYPES))
def test_damaged_zip_files_have_a_verdict(data: st.DataObject, migration_type: str, compression: int) -> None:
    """A zip file with any byte changed, or cut off anywhere, raises no error."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as package:
        package.writestr("imsmanifest.xml", "<manifest/>" * 10)
    content = bytearray(out.getvalue())
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    if problem(bytes(content), migration_type) is None:
        find_caution(io.BytesIO(content), migration_type)
    problem(out.getvalue()[: data.draw(st.integers(0, len(content)))], migration_type)
