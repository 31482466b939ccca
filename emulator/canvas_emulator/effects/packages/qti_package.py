"""Reading a zip file of assessments: QTI 1.2 of Canvas, Respondus, WebCT and others, and QTI 2."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from urllib.parse import unquote

from canvas_emulator.effects.packages.archive import Archive
from canvas_emulator.effects.packages.assessments import AssessmentReader, Contents
from canvas_emulator.effects.packages.canvas_cartridge import CARTRIDGE_TYPE, QUIZ_META
from canvas_emulator.effects.packages.documents import Node, first, number, parse
from canvas_emulator.effects.packages.layout import MANIFEST
from canvas_emulator.effects.packages.manifest import Manifest
from canvas_emulator.effects.packages.package import Package, PackageBuilder, PackageKind, Upload
from canvas_emulator.effects.packages.plain_zip import add_file
from canvas_emulator.effects.packages.questions import Question, read_item_2
from canvas_emulator.model.content import Folder

FOLDER = "Quiz Files"
"""The hidden folder for the files of quizzes."""
QTI_TYPE = "qti_converter"
ITEM_2, TESTS_2 = "imsqti_item_xmlv2p", ("imsqti_assessment_xmlv2p", "imsqti_test_xmlv2p")
DOCUMENTS = (".xml", ".qti")
NOISE = "__MACOSX/"


def read(archive: Archive, upload: Upload) -> Package:
    """Read a zip file of assessments. One without any is an empty package.

    :raises PackageError: When a file of it is damaged.
    """
    return _Reader(archive, upload).package()


class _Reader:
    """A zip file that is being read."""

    def __init__(self, archive: Archive, upload: Upload) -> None:
        self._archive, self._upload = archive, upload
        self._builder = PackageBuilder()
        root = parse(archive.read(MANIFEST) or b"")
        self._manifest = Manifest(root) if root is not None else None
        self._resources = list(self._manifest or ())
        self._assessments = AssessmentReader(self._builder, quiz_banks=upload.migration_type != CARTRIDGE_TYPE)
        self._items: dict[str, Question] = {}

    def package(self) -> Package:
        """Read the assessments, then the files that the manifest names beside them."""
        tests = list(self._of_type(*TESTS_2))
        for name in self._of_type(ITEM_2):
            if (root := self._document(name)) is not None and (item := _outer(root, "assessmentItem")) is not None:
                self._items[name] = read_item_2(item, name)
        used: set[str] = set()
        for name in tests:
            if (root := self._document(name)) is not None and (test := _outer(root, "assessmentTest")) is not None:
                used |= self._read_test(test, name)
        self._assessments.add_to_default_bank(item for name, item in self._items.items() if name not in used)
        if not tests and not self._items:
            self._read_documents()
        self._read_files()
        return self._builder.build(PackageKind.QTI)

    def _read_test(self, test: Node, name: str) -> set[str]:
        """Read a quiz of QTI 2; return the items that it uses."""
        contents, used = Contents(), set[str]()
        for reference in test.iter("assessmentItemRef"):
            path = str(PurePosixPath(name).parent / unquote(reference.get("href", "")))
            if (item := self._items.get(path)) is not None:
                used.add(path)
                contents.questions.append(item)
                contents.asked.append(item)
        values: dict[str, object] = {}
        limit = first(test, "timeLimits")
        if limit is not None and (seconds := number(limit.get("maxTime"))) is not None and seconds >= 60:
            values["time_limit"] = int(seconds // 60)
        key = test.get("identifier") or name
        self._assessments.add_quiz(key, test.get("title") or key, values, contents)
        return used

    def _read_documents(self) -> None:
        """Read the documents that the manifest calls QTI or, if they have nothing, all documents."""
        metas = {
            name: self._document(name) for each in self._resources for name in each.files if name.endswith(QUIZ_META)
        }
        named = [each.path for each in self._resources if each.type.startswith(("imsqti", "ims_qti"))]
        for names in (named, [name for name in self._archive.names if name not in named]):
            for name in names:
                if not name.endswith(DOCUMENTS) or name.startswith(NOISE) or name == MANIFEST:
                    continue
                if (root := self._document(name)) is not None and _has_questions(root):
                    assessment = first(root, "assessment")
                    ident = assessment.get("ident", "") if assessment is not None else ""
                    self._assessments.read(root, name, meta=metas.get(f"{ident}/{QUIZ_META}"))
            if any(self._builder.rows[kind] for kind in self._builder.rows):
                return

    def _read_files(self) -> None:
        """Read the files that are no documents, into a hidden folder of the migration's own."""
        stem = self._upload.name.partition(".")[0]
        root = PurePosixPath(FOLDER) / f"{stem}_{self._upload.migration_id}"
        if self._upload.migration_type != QTI_TYPE:
            root = PurePosixPath()
        for name in dict.fromkeys(unquote(path) for each in self._resources for path in each.files):
            data = self._archive.read(name)
            if data is None or name.endswith(DOCUMENTS):
                continue
            file = add_file(self._builder, root / name, data)
            file.workflow_state = "hidden"
            self._builder.paths[name] = file.migration_id or ""
        for folder in self._builder.rows[Folder].values():
            if isinstance(folder, Folder) and folder.full_name == f"course files/{FOLDER}":
                folder.workflow_state = "hidden"

    def _of_type(self, *prefixes: str) -> Iterator[str]:
        yield from (each.path for each in self._resources if each.type.startswith(prefixes))

    def _document(self, name: str) -> Node | None:
        data = self._archive.read(name)
        return parse(data) if data is not None else None


def _outer(root: Node, tag: str) -> Node | None:
    return root if root.tag == tag else first(root, tag)


def _has_questions(root: Node) -> bool:
    """Tell whether a document has a quiz or an item; the items of a manifest's organization are no questions."""
    return root.tag == "questestinterop" or any(first(root, tag) is not None for tag in ("assessment", "presentation"))
