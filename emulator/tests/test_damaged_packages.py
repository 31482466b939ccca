"""Damaged packages of every kind are read, or refused with the error of packages."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canvas_emulator.effects.packages.importing import READERS, read_package
from canvas_emulator.effects.packages.package import PackageError
from tests.support.packages import assessment, manifest, question, resource, zipped

QUIZ = assessment("k", "Quiz", question("i", "One", {"a": "1", "b": "2"}, ["a"]))
MANIFEST = manifest(resource("q", "imsqti_xmlv1p2", href="q.xml") + resource("p", "webcontent", href="p.html"))
BACKUP = "<moodle_backup><information><contents/></information></moodle_backup>"
DOCUMENTS = {"imsmanifest.xml": MANIFEST, "q.xml": QUIZ, "moodle_backup.xml": BACKUP, "moodle.xml": "<MOODLE_BACKUP/>"}


@pytest.mark.parametrize("migration_type", [*READERS, None])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_damaged_packages(migration_type: str | None, data: st.DataObject) -> None:
    """Cut and changed documents, in a zip whose bytes may be changed too, raise nothing else."""
    names = data.draw(st.lists(st.sampled_from(list(DOCUMENTS)), min_size=1, unique=True))
    files: dict[str, str | bytes] = {}
    for name in names:
        text = DOCUMENTS[name]
        start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(text))] * 2)))
        files[name] = text[:start] + data.draw(st.sampled_from(["", "<", "<a>", "&x;", "\0", "é", '"'])) + text[end:]
    package = bytearray(zipped(files))
    if data.draw(st.booleans()):
        package[data.draw(st.integers(0, len(package) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(PackageError):
        read_package(bytes(package), migration_type, name="p.zip")


@pytest.mark.parametrize("migration_type", [*READERS, None])
@given(st.binary(max_size=300), st.sampled_from(["p.zip", "p.xml", "p.tar.gz", "p"]))
def test_any_bytes(migration_type: str | None, data: bytes, name: str) -> None:
    """Bytes that are no package raise nothing else."""
    with contextlib.suppress(PackageError):
        read_package(data, migration_type, name=name)
