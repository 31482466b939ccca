"""Paths of archives hold ids that users of Canvas choose: no id leaves the folder, or names the file of another."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from canvas_emulator.model.world import World
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_canvas.transfers.export_to_object_storage import CanvasExportToObjectStorageOperator
from airflow_provider_canvas.transfers.file_names import MAX_LENGTH, file_name
from airflow_provider_canvas.transfers.manifest import fill_placeholders
from tests.support.task_attempt import Attempt

COURSE = 1010

TRICKS = [
    *(
        "..",
        ".",
        "...",
        ". .",
        " ",
        "  ..  ",
        "../up",
        "..\\up",
        "/etc/passwd",
        "\\\\server\\share",
        "C:\\x",
        "a/b",
        "a//b",
    ),
    *(
        "a\0b",
        "a\nb",
        "a\rb",
        "\x7f",
        "\u2024\u2024",
        "\uff0e\uff0e\uff0fup",
        "\u202egnp",
        "\ud800",
        "e\u0301",
        "\u00e9",
    ),
    *("%2e%2e", "%2E%2E", "%2F", "%", "~", "~root", "-rf", "*", "?", "a#b", "a?b", "s3://other/x", "{course_id}"),
    *(
        "CON",
        "con",
        "nul.txt",
        "COM1",
        "lpt9.imscc",
        "AUX.",
        "a.",
        "a ",
        " a",
        ".hidden",
        "a.part",
        ".0123456789abcdef.0.part",
    ),
    *("x" * 300, "\u00e9" * 300, "x" * 299 + "y", "/" * 255, "." * 255, "x.manifest.json", "x", "\u00e9", ".0.part"),
]
"""Ids that would leave the folder, or be changed or refused by some storage, if they were written as they are."""

IDS = st.text(st.characters(), min_size=1, max_size=300) | st.text("./\\ %~aAZ0", min_size=1, max_size=8)


def check_name(identifier: str, name: str) -> None:
    """Check that a name is a single part of a path on every storage, and leads back to the id unless it is long."""
    assert name.isascii()
    assert name.isprintable()
    assert 0 < len(name) <= MAX_LENGTH + 33
    assert not set(name) & set('/\\:*?"<>|#{}')
    assert name == name.strip(". ")
    assert Path(os.path.normpath(f"/archive/{name}")).parent == Path("/archive")
    assert name.partition(".")[0].upper() not in {"CON", "PRN", "AUX", "NUL", "COM1", "LPT9"}
    if len(name) <= MAX_LENGTH:
        assert unquote(name, errors="surrogatepass") == identifier


@pytest.mark.parametrize("identifier", TRICKS, ids=ascii)
def test_tricks(identifier: str) -> None:
    """No trick leaves the folder."""
    check_name(identifier, file_name(identifier))


def test_tricks_have_different_names() -> None:
    """No trick has the name of another, also not on a storage that ignores the case of percent-encodings."""
    names = [file_name(identifier) for identifier in {*TRICKS, *map(file_name, TRICKS)}]
    assert len(set(names)) == len(names)


@settings(max_examples=500, deadline=None)
@given(IDS)
def test_any_id(identifier: str) -> None:
    """No id leaves the folder."""
    check_name(identifier, file_name(identifier))


@settings(max_examples=500, deadline=None)
@given(IDS, IDS)
def test_two_ids(first: str, second: str) -> None:
    """Two ids have two names, and an id that looks like the name of another has another name."""
    assert (file_name(first) == file_name(second)) == (first == second)
    if file_name(first) != first:
        assert file_name(file_name(first)) != file_name(first)


@pytest.mark.parametrize("identifier", ["BIOL-1010-001", "2026.FALL.BIO_1", "a b", "x~y", "x" * MAX_LENGTH])
def test_ordinary_ids(identifier: str) -> None:
    """An ordinary id is written as it is."""
    assert file_name(identifier) == identifier


@settings(max_examples=200, deadline=None)
@given(
    IDS, st.sampled_from(["/archive/{sis_course_id}", "/archive/{sis_course_id}.imscc", "/archive/a-{sis_course_id}"])
)
def test_paths(identifier: str, path: str) -> None:
    """A path with an SIS id is in the folder of the path."""
    filled = fill_placeholders("path", path, {"id": 7, "sis_course_id": identifier})
    assert Path(os.path.normpath(filled)).parent == Path("/archive")
    assert "/" not in filled.removeprefix("/archive/")


def archive(path: str, **arguments: Any) -> CanvasExportToObjectStorageOperator:
    """Return an operator that archives a course."""
    return CanvasExportToObjectStorageOperator(
        **{
            "task_id": "archive",
            "course_id": COURSE,
            "path": path,
            "deferrable": False,
            "poll_interval": 0.05,
            **arguments,
        }
    )


def run(task: Any, attempt: Attempt | None = None) -> dict[str, Any]:
    """Run a task that does not defer, and return its result."""
    result: dict[str, Any] = task.execute((attempt or Attempt()).context(task))
    return result


@pytest.mark.parametrize("identifier", ["..", "../../up", "a/b", "a\\b", "x" * 255, "CON", "\u00e9"], ids=ascii)
def test_archives(connection: str, world: World, tmp_path: Path, identifier: str) -> None:
    """The archive of a course with such an SIS id is in the archive's folder."""
    world.settings.change({"export_seconds": 0.1})
    world.tables.courses[COURSE].sis_course_id = identifier
    result = run(archive(f"{tmp_path}/archive/{{sis_course_id}}/course.imscc"))
    (folder,) = (tmp_path / "archive").iterdir()
    assert folder.name == file_name(identifier)
    assert [path.name for path in tmp_path.iterdir()] == ["archive"]
    assert hashlib.sha256((folder / "course.imscc").read_bytes()).hexdigest() == result["sha256"]
    assert not run(archive(f"{tmp_path}/archive/{{sis_course_id}}/course.imscc"), Attempt(run_id="2"))["exported"]


def test_object_at_the_path_of_a_manifest(connection: str, world: World, tmp_path: Path) -> None:
    """If the path of an object is that of another course's manifest, the task fails before it exports."""
    world.settings.change({"export_seconds": 0.1})
    first = run(archive(f"{tmp_path}/{{sis_course_id}}"))
    before = Path(first["manifest_path"]).read_bytes()
    world.tables.courses[2001].sis_course_id = f"{Path(first['path']).name}.manifest.json"
    with pytest.raises(AirflowFailException, match=r"is the manifest of course 1010 .* give another path"):
        run(archive(f"{tmp_path}/{{sis_course_id}}", course_id=2001), Attempt(run_id="2"))
    assert Path(first["manifest_path"]).read_bytes() == before
    assert len(world.tables.content_exports) == 1


@pytest.mark.parametrize(
    "content", [b"PK\3\4 another package", b"<html>", bytes(2 << 20)], ids=["zip", "html", "large"]
)
def test_manifest_at_the_path_of_another_file(connection: str, world: World, tmp_path: Path, content: bytes) -> None:
    """If there is another file at the path of the manifest, the task fails before it exports, and keeps the file."""
    (tmp_path / "last.json").write_bytes(content)
    with pytest.raises(AirflowFailException, match=r"last\.json is another file, and not a manifest"):
        run(archive(f"{tmp_path}/{{course_id}}.imscc", manifest_path=f"{tmp_path}/last.json"))
    assert (tmp_path / "last.json").read_bytes() == content
    assert not world.tables.content_exports
