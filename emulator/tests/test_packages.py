"""Test which packages are read as what, and which are refused, in which words."""

from __future__ import annotations

import tracemalloc
import zipfile
from io import BytesIO

import pytest

from canvas_emulator.effects.packages import archive
from canvas_emulator.effects.packages.importing import read_package, read_upload
from canvas_emulator.effects.packages.package import UNEXPECTED, PackageError, PackageKind, Upload
from canvas_emulator.model.content import File, Folder
from tests.support.packages import (
    CANVAS,
    COMMON,
    MOODLE,
    QTI,
    ZIP,
    Imported,
    assessment,
    manifest,
    question,
    resource,
    tarred,
    zipped,
)

UNSUPPORTED = "Unsupported content package"
LOOKED_INTO = (CANVAS, COMMON, MOODLE)
"""The migration types by which Canvas finds out what a package is."""
A_FILE = resource("f", "webcontent", "a.txt", href="a.txt")
QUIZ = assessment("q1", "Quiz", question("i1", "One", {"a": "yes", "b": "no"}, ["a"]))


class TestKinds:
    """What Canvas takes a package for, whatever migration type is asked for."""

    @pytest.mark.parametrize("migration_type", LOOKED_INTO)
    @pytest.mark.parametrize(
        ("files", "kind"),
        [
            ({"imsmanifest.xml": manifest(A_FILE), "a.txt": "a"}, PackageKind.COMMON_CARTRIDGE),
            ({"imsmanifest.xml": manifest(A_FILE, version="1.0.0")}, PackageKind.COMMON_CARTRIDGE),
            ({"imsmanifest.xml": manifest(A_FILE, version="1.2.0")}, PackageKind.COMMON_CARTRIDGE),
            ({"imsmanifest.xml": manifest("", version="1.3.0")}, PackageKind.COMMON_CARTRIDGE),
            (
                {"imsmanifest.xml": manifest("", version="1.3.0", schema="IMS Thin Common Cartridge")},
                PackageKind.COMMON_CARTRIDGE,
            ),
            (
                {"imsmanifest.xml": manifest(resource("s", "x", href="course_settings/canvas_export.txt"))},
                PackageKind.CANVAS_CARTRIDGE,
            ),
            (
                {
                    "imsmanifest.xml": manifest(
                        resource("s", "x", "course_settings/course_settings.xml", href="course_settings/syllabus.html")
                    )
                },
                PackageKind.CANVAS_CARTRIDGE,
            ),
            (
                {"imsmanifest.xml": '<manifest><resources><resource type="imsqti_xmlv1p2"/></resources></manifest>'},
                PackageKind.QTI,
            ),
            ({"imsmanifest.xml": '<manifest xmlns:w="http://www.webct.com/xsd/cisv3"/>'}, PackageKind.QTI),
            ({"moodle.xml": "<MOODLE_BACKUP/>"}, PackageKind.MOODLE_1_9),
        ],
    )
    def test_kind_is_found_in_the_package(self, files: dict[str, str], kind: PackageKind, migration_type: str) -> None:
        """The converter is that of the package's kind, whichever of the three types is given."""
        assert read_package(zipped(files), migration_type).kind is kind

    @pytest.mark.parametrize(
        "data",
        [
            zipped({"top/imsmanifest.xml": manifest(A_FILE), "top/a.txt": "a"}, folders=["top"]),
            zipped({"top/imsmanifest.xml": manifest(A_FILE), "top/a.txt": "a", "__MACOSX/top/._a.txt": "x"}),
            tarred({"imsmanifest.xml": manifest(A_FILE), "a.txt": "a"}),
            tarred({"imsmanifest.xml": manifest(A_FILE), "a.txt": "a"}, "w"),
            b"#!/bin/sh\n" + zipped({"imsmanifest.xml": manifest(A_FILE), "a.txt": "a"}),
        ],
        ids=["in a folder", "in a folder, of a Mac", "tar.gz", "tar", "after other bytes"],
    )
    def test_archives(self, data: bytes) -> None:
        """A cartridge may be in a folder of the archive, and the archive may be a tar file."""
        assert Imported(data, COMMON).counts() == {"folders": 1, "files": 1}

    def test_flat_manifest(self) -> None:
        """A manifest without an archive is a cartridge, if it is of version 1.3 and its name ends in xml."""
        flat = manifest(A_FILE, version="1.3.0").encode()
        assert read_package(flat, COMMON, name="flat.xml").kind is PackageKind.COMMON_CARTRIDGE
        for other in (manifest(A_FILE, version="1.1.0"), "<manifest/>", "", "no XML"):
            with pytest.raises(PackageError) as caught:
                read_package(other.encode(), COMMON, name="flat.xml")
            assert caught.value.description == UNSUPPORTED

    @pytest.mark.parametrize("migration_type", [QTI, ZIP])
    def test_type_that_is_taken_at_its_word(self, migration_type: str) -> None:
        """Two migration types import what they find of their own, and say nothing of anything else."""
        imported = Imported(zipped({"moodle.xml": "<MOODLE_BACKUP/>"}), migration_type)
        assert imported.counts() == ({} if migration_type == QTI else {"folders": 1, "files": 1})
        assert not imported.issues()

    def test_cartridge_as_qti(self) -> None:
        """The files of a cartridge that are no XML become hidden files, without an issue."""
        resources = resource("p", "webcontent", "wiki_content/a.html", href="wiki_content/a.html")
        files = {"imsmanifest.xml": manifest(resources), "wiki_content/a.html": "<p>", "course_settings/x.xml": "<a/>"}
        imported = Imported(zipped(files), QTI, "my.course.imscc")
        (file,) = imported.rows(File)
        folders = {row.id: row.full_name for row in imported.rows(Folder)}
        assert file.hidden
        assert folders[file.folder_id] == f"course files/Quiz Files/my_{imported.migration.id}/wiki_content"
        assert not imported.issues()


class TestRefused:
    """Failures in Canvas's words."""

    @pytest.mark.parametrize("migration_type", LOOKED_INTO)
    @pytest.mark.parametrize(
        "files",
        [
            {"a.txt": "a"},
            {"imsmanifest.xml": "<manifest/>"},
            {"imsmanifest.xml": "<manifest>"},
            {"imsmanifest.xml": ""},
            {"imsmanifest.xml": manifest("", version="2.0.0")},
            {"imsmanifest.xml": '<manifest xmlns:bb="http://www.blackboard.com/content-packaging/"/>'},
            {"imsmanifest.xml": '<manifest xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_rootv1p2"/>'},
            {"imsmanifest.xml": '<manifest xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_v1p3"/>'},
            {"imsmanifest.xml": '<manifest xmlns:webct="http://www.webct.com/IMS"/>'},
            {"imsmanifest.xml": '<manifest xmlns:d2l="http://desire2learn.com/xsd/d2lcp_v2p0"/>'},
            {"AngelManifest.xml": "<a/>", "imsmanifest.xml": manifest("")},
            {"angelData.xml": "<a/>"},
            {"a\\imsmanifest.xml": manifest("")},
            {"a/imsmanifest.xml": manifest(""), "b.txt": "b"},
        ],
    )
    def test_unsupported_packages(self, files: dict[str, str], migration_type: str) -> None:
        """Packages of other systems are a warning, and so is a zip file without a manifest at its top."""
        with pytest.raises(PackageError) as caught:
            read_package(zipped(files), migration_type)
        error = caught.value
        assert (error.issue_type, error.description, error.error_message) == ("warning", UNSUPPORTED, None)

    @pytest.mark.parametrize(
        ("data", "words"),
        [
            (b"Good day", "unknown mime type text/plain for archive a.imscc"),
            (b"\xde\xad\xbe\xef", "unknown mime type unknown/unknown for archive a.imscc"),
            (b"%PDF-1.4", "unknown mime type application/pdf for archive a.imscc"),
            (b"", "No such file or directory @ rb_sysopen - /canvas/tmp/files/a.imscc"),
            (zipped({"a.txt": "a"})[:-10], "Zip end of central directory signature not found"),
            (b"\x1f\x8bdamaged", "not in gzip format"),
            (b"\x1f\x8b\x08\x00damaged", "invalid tar"),
        ],
    )
    def test_not_an_archive(self, data: bytes, words: str) -> None:
        """A file that is no archive is a warning with the reason, or an unexpected error where its type is given."""
        with pytest.raises(PackageError) as caught:
            read_package(data, CANVAS, name="a.imscc")
        assert caught.value.issue_type == "warning"
        assert caught.value.description == f"Error identifying package type: {words}"
        for migration_type in (QTI, ZIP):
            with pytest.raises(PackageError) as caught:
                read_package(data, migration_type, name="a.imscc")
            assert (caught.value.issue_type, caught.value.description) == ("error", UNEXPECTED)

    def test_moodle_backup_without_a_course(self) -> None:
        """A backup that Canvas's converter cannot read is a warning beside the unexpected error."""
        with pytest.raises(PackageError) as caught:
            read_package(zipped({"moodle_backup.xml": "<moodle_backup/>"}), MOODLE)
        assert (caught.value.description, caught.value.warnings) == (UNEXPECTED, ("error migrating content",))

    def test_other_migration_types_have_no_package(self) -> None:
        """A course copy has no package."""
        with pytest.raises(PackageError, match="have no package"):
            read_package(zipped({"a.txt": "a"}), "course_copy_importer")

    @pytest.mark.parametrize("migration_type", [CANVAS, COMMON, MOODLE, QTI])
    def test_package_that_unpacks_to_too_much(self, migration_type: str) -> None:
        """An archive may unpack to 100 times its size, except a zip file of files."""
        bomb = zipped({"imsmanifest.xml": manifest(A_FILE), "a.txt": bytes(1_000_000)})
        assert len(bomb) < 10_000
        with pytest.raises(PackageError, match="too large") as caught:
            read_package(bomb, migration_type)
        assert (caught.value.description, caught.value.error_message) == (UNEXPECTED, None)
        assert Imported(bomb, ZIP).counts()["files"] == 2

    def test_tar_that_unpacks_to_too_much(self) -> None:
        """The limit holds for tar files, too."""
        with pytest.raises(PackageError, match="too large"):
            read_package(tarred({"imsmanifest.xml": manifest(A_FILE), "a.txt": bytes(2_000_000)}), COMMON)

    @pytest.mark.parametrize("migration_type", [CANVAS, ZIP])
    def test_package_with_too_many_files(self, monkeypatch: pytest.MonkeyPatch, migration_type: str) -> None:
        """A package with more than the maximum number of files is refused."""
        monkeypatch.setattr(archive, "MAX_FILES", 3)
        for data in (
            zipped({f"{number}.txt": "x" for number in range(4)}),
            tarred({f"{n}.txt": "x" for n in range(4)}),
        ):
            with pytest.raises(PackageError, match="more than 3 files"):
                read_package(data, migration_type)

    def test_size_in_memory_is_limited(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A file that unpacks to more than the memory for packages is refused before it is unpacked."""
        monkeypatch.setattr(archive, "MAX_BYTES", 1_000_000)
        with pytest.raises(PackageError, match="too large"):
            read_package(zipped({"zeros": bytes(1_000_001)}), ZIP)

    @pytest.mark.parametrize("migration_type", [ZIP, CANVAS, COMMON, None])
    def test_small_package_of_many_bytes(self, migration_type: str | None) -> None:
        """A package of less than a MiB that would unpack to hundreds of MiB is refused, and takes no memory."""
        out = BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as opened:
            for number in range(9):
                with opened.open(f"{number}.txt", "w") as file:
                    for _ in range(32):
                        file.write(bytes(1 << 20))
        assert len(out.getvalue()) < 1 << 20
        tracemalloc.start()
        with pytest.raises(PackageError, match="too large when it is unpacked"):
            read_package(out.getvalue(), migration_type)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 16 << 20

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
        """A damaged file of a cartridge fails the import; a damaged file among files is left out."""
        data = bytearray(zipped({"imsmanifest.xml": manifest(A_FILE), "a.txt": "hello hello hello", "b.txt": "b"}))
        place = data.index(b"a.txt") + 10
        data[place] ^= 0xFF
        with pytest.raises(PackageError, match="damaged"):
            read_package(bytes(data), COMMON)
        assert Imported(bytes(data), ZIP).titles()["files"] == ["imsmanifest.xml", "b.txt"]


class TestFiles:
    """Zip files of files."""

    def test_files_in_folders(self) -> None:
        """Each entry is a file, except what operating systems add."""
        files = {"a.txt": "a", "x/y/b.pdf": "bb", "__MACOSX/x": "", "x/.DS_Store": "", "thumbs.db": "", "c.odd": "c"}
        imported = Imported(zipped(files), ZIP)
        folders = {row.id: row.full_name for row in imported.rows(Folder)}
        assert {
            (folders[row.folder_id], row.title, row.data, row.size, row.content_type) for row in imported.rows(File)
        } == {
            ("course files", "a.txt", b"a", 1, "text/plain"),
            ("course files", "c.odd", b"c", 1, "unknown/unknown"),
            ("course files/x/y", "b.pdf", b"bb", 2, "application/pdf"),
        }

    @pytest.mark.parametrize("name", ["../outside.txt", "a/../../outside.txt", "x" * 5000])
    def test_unsafe_names_are_skipped(self, name: str) -> None:
        """An entry that leads out of the archive is left out, and the others are imported."""
        imported = Imported(zipped({"a.txt": "a", name: "x", "b.txt": "b"}), ZIP)
        assert imported.titles()["files"] == ["a.txt", "b.txt"]
        assert not imported.issues()

    def test_absolute_names_are_below_the_folder(self) -> None:
        """An absolute path is one below the folder."""
        imported = Imported(zipped({"/etc/passwd": "x"}), ZIP)
        assert imported.titles() == {"folders": ["course files", "etc"], "files": ["passwd"]}

    def test_names_without_the_flag_of_unicode(self) -> None:
        """A name in UTF-8 is read as such even without the flag for it; others are in the code page of DOS."""
        for encoding, expected in (("utf-8", "molé.txt"), ("cp437", "molé.txt")):
            data = zipped({"mol_.txt": "x"}).replace(b"mol_.txt", "molé.txt".encode(encoding).ljust(8, b"t")[:8])
            (title,) = Imported(data, ZIP).titles()["files"]
            assert title.startswith(expected[:4])

    def test_deep_folders(self) -> None:
        """A path of a thousand folders is no problem."""
        imported = Imported(zipped({"a/" * 1000 + "b.txt": "x"}), ZIP)
        assert imported.counts() == {"folders": 1001, "files": 1}

    def test_empty_zip(self) -> None:
        """A zip file without files is imported, and brings nothing."""
        assert Imported(zipped({}), ZIP).counts() == {}


def test_upload_without_a_type_is_read_as_what_it_looks_like() -> None:
    """Without a migration type, a zip file without a manifest is a zip file of files."""
    assert read_upload(Upload(zipped({"a.txt": "a"}))).kind is PackageKind.ZIP
    assert read_upload(Upload(zipped({"imsmanifest.xml": manifest(A_FILE)}))).kind is PackageKind.COMMON_CARTRIDGE
