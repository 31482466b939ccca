"""Test content exports: states, files, selections, rights and failures."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
import requests

from canvas_emulator.effects.packages.importing import read_package
from canvas_emulator.model.content import File, Quiz
from canvas_emulator.model.faults import ExportFault, ExportFaultKind
from canvas_emulator.model.records import ContentExport, Group
from canvas_emulator.model.world import World
from canvas_emulator.seeds.full_course import fill
from canvas_emulator.seeds.small import READER, SOURCE, STRANGER, WRITER
from tests.support.caller import Caller

PATH = f"courses/{SOURCE}/content_exports"


@pytest.fixture
def source(world: World) -> dict[str, Any]:
    """The rows of a course that has everything."""
    return fill(world, SOURCE)


def export(canvas: Caller, export_type: str = "common_cartridge", path: str = PATH, **more: Any) -> dict[str, Any]:
    """POST an export, which must succeed."""
    response = canvas("POST", path, json={"export_type": export_type} | more)
    assert response.status_code == 200, response.text
    return response.json()


def exported(canvas: Caller, export_type: str = "common_cartridge", path: str = PATH, **more: Any) -> dict[str, Any]:
    """POST an export, let its time pass, and return it as it is then."""
    row = export(canvas, export_type, path, **more)
    canvas.server.world.clock.advance(10)
    return canvas.get(f"{path}/{row['id']}")


def downloaded(row: dict[str, Any]) -> bytes:
    """Fetch the file of an export, as its address leads, without a token."""
    response = requests.get(row["attachment"]["url"], timeout=10)
    assert response.status_code == 200, response.text
    return response.content


def names(row: dict[str, Any]) -> list[str]:
    """The names within the file of an export."""
    with zipfile.ZipFile(BytesIO(downloaded(row))) as archive:
        return sorted(archive.namelist())


def test_new_export(canvas: Caller, source: dict[str, Any]) -> None:
    """The response to the POST has no file, and a Progress that is queued at 0."""
    row = export(canvas)
    assert {key: row[key] for key in ("workflow_state", "export_type", "course_id", "user_id")} == {
        "workflow_state": "created",
        "export_type": "common_cartridge",
        "course_id": SOURCE,
        "user_id": 1,
    }
    assert "attachment" not in row
    progress = canvas.get(row["progress_url"])
    assert (progress["workflow_state"], progress["completion"]) == ("queued", 0.0)
    assert (progress["tag"], progress["context_type"], progress["context_id"]) == (
        "content_export",
        "ContentExport",
        row["id"],
    )


def test_progress_is_completed_before_the_file_exists(canvas: Caller, world: World, source: dict[str, Any]) -> None:
    """The Progress is completed while the export is still ``exporting`` without a file."""
    row = export(canvas)
    world.clock.advance(9.7)
    progress = canvas.get(row["progress_url"])
    assert (progress["workflow_state"], progress["completion"]) == ("completed", 100.0)
    row = canvas.get(f"{PATH}/{row['id']}")
    assert (row["workflow_state"], "attachment" in row) == ("exporting", False)
    world.clock.advance(0.3)
    row = canvas.get(f"{PATH}/{row['id']}")
    assert (row["workflow_state"], "attachment" in row) == ("exported", True)


def test_cartridge(canvas: Caller, source: dict[str, Any]) -> None:
    """The file is a cartridge of the whole course, with the size that the export reports."""
    row = exported(canvas)
    data = downloaded(row)
    assert row["attachment"]["display_name"] == "source-export.imscc"
    assert row["attachment"]["size"] == len(data)
    assert len(read_package(data).rows[File]) == 2


def test_qti_contains_the_quizzes(canvas: Caller, source: dict[str, Any]) -> None:
    """Without a selection a QTI export contains all quizzes with their questions, and nothing else of the course."""
    package = read_package(downloaded(exported(canvas, "qti")), "canvas_cartridge_importer")
    assert [row.title for row in package.rows[Quiz].values()] == ["Quiz"]
    kinds = {kind.KIND: len(rows) for kind, rows in package.rows.items() if rows}
    assert kinds == {"assignments": 1, "folders": 1, "files": 1, "quizzes": 1, "quiz_questions": 2}


def test_zip_contains_the_files(canvas: Caller, source: dict[str, Any]) -> None:
    """Without a selection a zip contains all folders, and all files in them."""
    assert names(exported(canvas, "zip")) == ["docs & co/", "docs & co/a b.pdf", "i.png"]


@pytest.mark.parametrize("kind", ["files", "attachments", "folders"])
def test_selection_of_files(canvas: Caller, source: dict[str, Any], kind: str) -> None:
    """A zip contains the selected files, and those in selected folders."""
    row_id = source["file"].folder_id if kind == "folders" else source["file"].id
    assert names(exported(canvas, "zip", select={kind: [row_id]})) == ["docs & co/", "docs & co/a b.pdf"]


def test_selection_by_asset_strings(canvas: Caller, source: dict[str, Any]) -> None:
    """A selection may use the asset strings of the content list."""
    row = exported(canvas, select={"assignments": [f"assignment_{source['essay'].id}"]})
    package = read_package(downloaded(row))
    assert {kind.KIND: len(rows) for kind, rows in package.rows.items() if rows} == {"assignments": 1}


def test_groups_and_users_export_files_only(
    canvas: Caller, call_as: Callable[[str | None], Caller], world: World
) -> None:
    """Groups and users export a zip and nothing else, and their export names no course."""
    world.tables.groups[5] = Group(5, "Team", SOURCE, frozenset({1}))
    response = canvas("POST", "groups/5/content_exports", json={"export_type": "common_cartridge"})
    assert (response.status_code, response.json()) == (400, {"message": "invalid export_type"})
    row = exported(canvas, "zip", "groups/5/content_exports")
    assert ("course_id" in row, row["workflow_state"]) == (False, "exported")
    assert exported(call_as(STRANGER), "zip", "users/self/content_exports")["workflow_state"] == "exported"


def test_accounts_have_no_exports(canvas: Caller) -> None:
    """There is no route for exports of accounts."""
    assert canvas("GET", "accounts/1/content_exports").status_code == 404


@pytest.mark.parametrize("export_type", [None, "", "imscc", "course_copy"])
def test_unknown_types_are_refused(canvas: Caller, export_type: str | None) -> None:
    """An unknown or missing type is a 400."""
    response = canvas("POST", PATH, json={"export_type": export_type} if export_type is not None else {})
    assert (response.status_code, response.json()) == (400, {"message": "invalid export_type"})


@pytest.mark.edition("current")
def test_right_to_export(call_as: Callable[[str | None], Caller], source: dict[str, Any]) -> None:
    """A user without rights gets a 403, a request without a token a 401, and a teacher may export."""
    assert call_as(None)("GET", PATH).status_code == 401
    assert call_as(STRANGER)("POST", PATH, json={"export_type": "zip"}).status_code == 403
    assert call_as(READER)("GET", PATH).status_code == 403
    assert exported(call_as(WRITER))["workflow_state"] == "exported"


@pytest.mark.edition("current")
def test_students_may_export_a_zip(
    call_as: Callable[[str | None], Caller], world: World, source: dict[str, Any]
) -> None:
    """Everyone who sees a public course may export a zip, and no cartridge."""
    world.tables.courses[SOURCE].is_public = True
    stranger = call_as(STRANGER)
    assert stranger("POST", PATH, json={"export_type": "common_cartridge"}).status_code == 403
    assert exported(stranger, "zip")["workflow_state"] == "exported"


def test_list_of_exports(canvas: Caller, call_as: Callable[[str | None], Caller], source: dict[str, Any]) -> None:
    """The list is newest first. A zip is shown to its creator only, a cartridge to all with access."""
    teacher = call_as(WRITER)
    cartridge, own, remote = export(canvas), export(canvas, "zip"), export(teacher, "zip")
    assert [row["id"] for row in canvas.get(PATH)] == [own["id"], cartridge["id"]]
    assert [row["id"] for row in teacher.get(PATH)] == [remote["id"], cartridge["id"]]
    assert teacher("GET", f"{PATH}/{own['id']}").status_code == 404


def test_exports_of_copies_are_hidden(canvas: Caller, world: World, source: dict[str, Any]) -> None:
    """The internal export of a course copy is neither listed nor shown."""
    now = world.clock.now()
    world.tables.content_exports[9] = ContentExport(
        id=9, context_id=SOURCE, user_id=1, export_type="course_copy", created_at=now, updated_at=now
    )
    assert canvas.get(PATH) == []
    assert canvas("GET", f"{PATH}/9").status_code == 404


def test_export_of_another_course(canvas: Caller, source: dict[str, Any]) -> None:
    """Under another course an export is a 404."""
    row = export(canvas)
    assert canvas("GET", f"courses/22/content_exports/{row['id']}").status_code == 404


def test_file_expires_after_thirty_days(canvas: Caller, world: World, source: dict[str, Any]) -> None:
    """After thirty days the state is still ``exported``, and the file is not shown."""
    row = exported(canvas)
    world.clock.advance(30 * 86_400)
    row = canvas.get(f"{PATH}/{row['id']}")
    assert (row["workflow_state"], "attachment" in row) == ("exported", False)


def test_failed_export(canvas: Caller, world: World, source: dict[str, Any]) -> None:
    """A failed export and its Progress give no reason, and the next export works."""
    world.faults.exports.append(ExportFault(ExportFaultKind.FAILS))
    row = exported(canvas)
    progress = canvas.get(row["progress_url"])
    assert (row["workflow_state"], progress["workflow_state"], progress["message"]) == ("failed", "failed", None)
    assert "attachment" not in row
    assert exported(canvas)["workflow_state"] == "exported"


@pytest.mark.parametrize(("kind", "after", "state"), [("stuck", 1e6, "exporting"), ("slow", 40, "exported")])
@pytest.mark.usefixtures("source")
def test_faults_over_http(canvas: Caller, world: World, kind: str, after: float, state: str) -> None:
    """The control endpoint makes the next export hang or take longer."""
    assert canvas("POST", "/_emulator/faults", json={"content_export": kind}).status_code == 200
    row = exported(canvas)
    assert row["workflow_state"] == "exporting"
    world.clock.advance(after - 10)
    assert canvas.get(f"{PATH}/{row['id']}")["workflow_state"] == state


class TestContentList:
    """The list of content to select from."""

    def test_types(self, canvas: Caller, source: dict[str, Any]) -> None:
        """Without a type the list has the number of assets of each type, with properties of an export's ``select``."""
        rows = {row["type"]: row for row in canvas.get(f"courses/{SOURCE}/content_list")}
        assert rows["assignments"]["count"] == 4
        assert rows["assignments"]["property"] == "select[all_assignments]"
        assert rows["assignments"]["sub_items_url"].endswith(f"/courses/{SOURCE}/content_list?type=assignments")

    def test_rows_of_a_type(self, canvas: Caller, source: dict[str, Any]) -> None:
        """With a type the list has asset strings, which an export accepts; what a question shows comes along."""
        (node,) = canvas.get(f"courses/{SOURCE}/content_list", type="quizzes")
        assert node["id"] == f"quizzes:quiz_{source['quiz'].id}"
        package = read_package(downloaded(exported(canvas, select={"quizzes": {node["id"]: "1"}})))
        assert {kind.KIND for kind, rows in package.rows.items() if rows} == {
            "quizzes",
            "quiz_questions",
            "assignments",
            "files",
            "folders",
        }

    def test_unknown_type(self, canvas: Caller) -> None:
        """An unknown type is a 400."""
        response = canvas("GET", f"courses/{SOURCE}/content_list", params={"type": "dreams"})
        assert (response.status_code, response.json()) == (400, {"message": "unsupported migration type"})
