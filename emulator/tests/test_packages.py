"""Test how packages of other systems are read, and which are refused."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from io import BytesIO

import pytest

from canvas_emulator.effects.packages import archive
from canvas_emulator.effects.packages.importing import read_package
from canvas_emulator.effects.packages.package import Package, PackageError, PackageKind
from canvas_emulator.model.content import (
    DiscussionTopic,
    File,
    Folder,
    ModuleItem,
    Page,
    Quiz,
    QuizQuestion,
)


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    """Return a zip file."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in files.items():
            opened.writestr(name, content)
    return out.getvalue()


def titles(package: Package) -> dict[str, list[str]]:
    """Return the titles of a package's rows by kind."""
    return {kind.KIND: [row.title for row in rows.values()] for kind, rows in package.rows.items() if rows}


MANIFEST = """<?xml version="1.0"?>
<manifest identifier="m" xmlns="http://www.imsglobal.org/xsd/imsccv1p3/imscp_v1p1">
 <organizations><organization identifier="o"><item identifier="root">
  <item identifier="week1"><title>Week 1</title>
   <item identifier="a" identifierref="RES_FILE"><title>Read</title></item>
   <item identifier="b" identifierref="RES_TOPIC"><title>Talk</title></item>
   <item identifier="c" identifierref="RES_QUIZ"><title>Test</title></item>
   <item identifier="d" identifierref="RES_LINK"><title>Go</title></item>
   <item identifier="e"><title>Heading</title></item>
  </item></item></organization></organizations>
 <resources>
  <resource identifier="RES_FILE" type="webcontent" href="texts/a.pdf"><file href="texts/a.pdf"/></resource>
  <resource identifier="RES_TOPIC" type="imsdt_xmlv1p3"><file href="t.xml"/></resource>
  <resource identifier="RES_QUIZ" type="imsqti_xmlv1p2/imscc_xmlv1p3/assessment"><file href="q.xml"/></resource>
  <resource identifier="RES_LINK" type="imswl_xmlv1p3"><file href="l.xml"/></resource>
  <resource identifier="RES_ODD" type="application/odd" href="o.bin"/>
 </resources></manifest>"""
QTI = """<questestinterop><assessment ident="QUIZ1" title="Vendor's quiz"><section>
 <item ident="I1" title="One"><presentation><material><mattext>1 + 1?</mattext></material>
  <response_lid><render_choice>
   <response_label ident="x"><material><mattext>2</mattext></material></response_label>
   <response_label ident="y"><material><mattext>3</mattext></material></response_label>
  </render_choice></response_lid></presentation>
  <resprocessing><respcondition><conditionvar><varequal>x</varequal></conditionvar></respcondition></resprocessing>
 </item></section></assessment></questestinterop>"""
OTHER_VENDOR: dict[str, str | bytes] = {
    "imsmanifest.xml": MANIFEST,
    "texts/a.pdf": b"%PDF",
    "t.xml": '<topic xmlns="x"><title>Vendor\'s topic</title><text>&lt;p&gt;Hi&lt;/p&gt;</text></topic>',
    "q.xml": QTI,
    "l.xml": '<webLink><title>Go</title><url href="https://vendor.example/"/></webLink>',
}


class TestOtherVendor:
    """Cartridges of other systems."""

    def test_cartridge_content(self) -> None:
        """Files, topics, quizzes and the modules of the organization are read from a cartridge."""
        package = read_package(zipped(OTHER_VENDOR))
        assert package.kind is PackageKind.COMMON_CARTRIDGE
        assert package.source is None
        assert titles(package) == {
            "folders": ["course files", "texts"],
            "files": ["a.pdf"],
            "quizzes": ["Vendor's quiz"],
            "quiz_questions": ["One"],
            "discussion_topics": ["Vendor's topic"],
            "modules": ["Week 1"],
            "module_items": ["Read", "Talk", "Test", "Go", "Heading"],
        }

    def test_module_items_of_a_cartridge(self) -> None:
        """An item refers to its resource; a web link becomes a URL, and a heading a sub-header."""
        rows = read_package(zipped(OTHER_VENDOR)).rows
        kinds = {"File": File, "Discussion": DiscussionTopic, "Quiz": Quiz}
        items = [(row.type, row) for row in rows[ModuleItem].values() if isinstance(row, ModuleItem)]
        assert [name for name, _ in items] == ["File", "Discussion", "Quiz", "ExternalUrl", "SubHeader"]
        assert all(item.content_id in rows[kinds[name]] for name, item in items if name in kinds)
        assert items[3][1].external_url == "https://vendor.example/"

    def test_unknown_resource_is_a_warning(self) -> None:
        """A warning names a resource of an unknown type, and everything else is read."""
        assert read_package(zipped(OTHER_VENDOR)).warnings == (
            "The resource RES_ODD is of a type that cannot be imported: application/odd",
        )


class TestQti:
    @pytest.mark.parametrize("files", [{"q.xml": QTI}, {"sub/q.qti": QTI, "imsmanifest.xml": "<manifest/>"}])
    def test_qti_questions(self, files: dict[str, str]) -> None:
        """A zip of assessments has quizzes with questions, answers and points, with or without a manifest."""
        package = read_package(zipped(files), "qti_converter")
        (quiz,), (question,) = (list(package.rows[kind].values()) for kind in (Quiz, QuizQuestion))
        assert (package.kind, quiz.title, quiz.migration_id) == (PackageKind.QTI, "Vendor's quiz", "QUIZ1")
        assert isinstance(question, QuizQuestion)
        assert (question.choices, question.correct, question.quiz_id) == (("2", "3"), "2", quiz.id)

    def test_zip_without_assessments_is_refused(self) -> None:
        """A zip file without assessments is refused as QTI."""
        with pytest.raises(PackageError, match="no assessments"):
            read_package(zipped({"a.txt": "a"}), "qti_converter")


def test_plain_zip_becomes_files_in_folders() -> None:
    """Without a manifest each entry is a file, except the metadata that operating systems add."""
    package = read_package(zipped({"a.txt": "a", "x/y/b.txt": "bb", "__MACOSX/x": "", "x/.DS_Store": ""}))
    files = {row.title: row for row in package.rows[File].values() if isinstance(row, File)}
    folders = {row.id: row for row in package.rows[Folder].values() if isinstance(row, Folder)}
    assert package.kind is PackageKind.ZIP
    assert {name: (row.data, row.size, row.content_type) for name, row in files.items()} == {
        "a.txt": (b"a", 1, "text/plain"),
        "b.txt": (b"bb", 2, "text/plain"),
    }
    assert folders[files["b.txt"].folder_id or 0].full_name == "course files/x/y"


MOODLE = """<moodle_backup><information><original_course_fullname>Moodle 101</original_course_fullname><contents>
 <sections><section><sectionid>1</sectionid><title>Start</title></section></sections>
 <activities>
  <activity><moduleid>11</moduleid><sectionid>1</sectionid><modulename>page</modulename><title>Hello</title>
   <directory>activities/page_11</directory></activity>
  <activity><moduleid>12</moduleid><sectionid>1</sectionid><modulename>forum</modulename><title>News</title></activity>
  <activity><moduleid>13</moduleid><sectionid>1</sectionid><modulename>assign</modulename><title>Essay</title></activity>
  <activity><moduleid>14</moduleid><sectionid>1</sectionid><modulename>quiz</modulename><title>Test</title></activity>
  <activity><moduleid>15</moduleid><sectionid>1</sectionid><modulename>h5p</modulename><title>Game</title></activity>
 </activities></contents></information></moodle_backup>"""
PAGE = "<activity><page><name>Hello</name><content>&lt;p&gt;Hi&lt;/p&gt;</content></page></activity>"


def test_moodle_backup_is_read_with_warnings() -> None:
    """Sections become modules and simple activities become content; other activities are warnings."""
    package = read_package(zipped({"moodle_backup.xml": MOODLE, "activities/page_11/page.xml": PAGE}))
    assert package.kind is PackageKind.MOODLE
    assert titles(package) == {
        "pages": ["Hello"],
        "assignments": ["Essay"],
        "quizzes": ["Test"],
        "discussion_topics": ["News"],
        "modules": ["Start"],
        "module_items": ["Hello", "News", "Essay", "Test"],
    }
    assert [row.body for row in package.rows[Page].values() if isinstance(row, Page)] == ["<p>Hi</p>"]
    assert package.warnings == (
        'The quiz "Test" was imported without its questions',
        'The h5p "Game" could not be imported',
    )


BOMB = '<!DOCTYPE manifest [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><manifest>&b;</manifest>'


class TestRefused:
    @pytest.mark.parametrize(
        ("data", "migration_type", "message"),
        [
            (b"", None, "not a valid zip file"),
            (b"not a zip", None, "not a valid zip file"),
            (zipped({"a.txt": "a"})[:-10], None, "not a valid zip file"),
            (zipped({"a.txt": "a"}), "canvas_cartridge_importer", "no imsmanifest.xml"),
            (zipped({"a.txt": "a"}), "common_cartridge_importer", "no imsmanifest.xml"),
            (zipped({"a.txt": "a"}), "moodle_converter", "no moodle_backup.xml"),
            (zipped({"a.txt": "a"}), "course_copy_importer", "have no package"),
            (zipped({"imsmanifest.xml": "<manifest>"}), None, "not well-formed"),
            (zipped({"imsmanifest.xml": BOMB}), None, "document type"),
            (zipped({"imsmanifest.xml": '<!DOCTYPE m SYSTEM "file:///etc/passwd"><m/>'}), None, "document type"),
            (zipped({"../../etc/passwd": "x"}), None, "outside of itself"),
            (zipped({"/etc/passwd": "x"}), None, "outside of itself"),
            (zipped({"C:\\windows\\x": "x"}), None, "outside of itself"),
            (
                zipped({name: text for name, text in OTHER_VENDOR.items() if name != "q.xml"}),
                None,
                "does not have: q.xml",
            ),
        ],
    )
    def test_invalid_packages_are_refused(self, data: bytes, migration_type: str | None, message: str) -> None:
        """A package that cannot be read or is unsafe is refused, and the error states why."""
        with pytest.raises(PackageError, match=message):
            read_package(data, migration_type)

    @pytest.mark.parametrize("name", ["", "\0", "\0a.txt"])
    def test_file_without_a_name_is_refused(self, name: str) -> None:
        """A zip file with a file whose name is empty, or ends before its first character, is refused."""
        data = zipped({"x" * max(len(name), 1): "text"})
        if name:
            data = data.replace(b"x" * len(name), name.encode())
        else:
            out = BytesIO()
            with zipfile.ZipFile(out, "w") as opened:
                opened.writestr(zipfile.ZipInfo(""), "text")
            data = out.getvalue()
        with pytest.raises(PackageError, match="without a name"):
            read_package(data)

    def test_wrong_checksum_is_detected(self) -> None:
        """A wrong checksum is detected when the file is read."""
        data = bytearray(zipped({"a.txt": "hello hello hello"}))
        data[40] ^= 0xFF
        with pytest.raises(PackageError, match="damaged"):
            read_package(bytes(data))

    def test_zip_bomb_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A small file that unpacks to a very large one is refused before it is unpacked."""
        monkeypatch.setattr(archive, "MAX_BYTES", 1_000_000)
        data = zipped({"zeros": bytes(1_000_001)})
        assert len(data) < 2_000
        with pytest.raises(PackageError, match="too large"):
            read_package(data)

    def test_package_with_too_many_files_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A package with more than the maximum number of files is refused."""
        monkeypatch.setattr(archive, "MAX_FILES", 3)
        with pytest.raises(PackageError, match="more than 3 files"):
            read_package(zipped({f"{number}.txt": "x" for number in range(4)}))
