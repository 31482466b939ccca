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


def test_begins_as_created(canvas: Caller, source: dict[str, Any]) -> None:
    """The response to the POST has no file yet, and a Progress that is queued at 0."""
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


def test_progress_is_complete_a_moment_before_the_file_is_there(
    canvas: Caller, world: World, source: dict[str, Any]
) -> None:
    """Its Progress says completed, 100, while the export is still exporting without a file."""
    row = export(canvas)
    world.clock.advance(9.7)
    progress = canvas.get(row["progress_url"])
    assert (progress["workflow_state"], progress["completion"]) == ("completed", 100.0)
    row = canvas.get(f"{PATH}/{row['id']}")
    assert (row["workflow_state"], "attachment" in row) == ("exporting", False)
    world.clock.advance(0.3)
    row = canvas.get(f"{PATH}/{row['id']}")
    assert (row["workflow_state"], "attachment" in row) == ("exported", True)


def test_a_cartridge_can_be_downloaded_and_read(canvas: Caller, source: dict[str, Any]) -> None:
    """The file is a cartridge of the whole course, as large as it says."""
    row = exported(canvas)
    data = downloaded(row)
    assert row["attachment"]["display_name"] == "source-export.imscc"
    assert row["attachment"]["size"] == len(data)
    assert len(read_package(data).rows[File]) == 2


def test_qti_has_the_quizzes(canvas: Caller, source: dict[str, Any]) -> None:
    """Without a selection it takes all quizzes, with their questions and answers, and nothing else."""
    package = read_package(downloaded(exported(canvas, "qti")))
    assert [row.title for row in package.rows[Quiz].values()] == ["Quiz"]
    assert sum(len(rows) for rows in package.rows.values()) == 3


def test_zip_has_the_files_in_their_folders(canvas: Caller, source: dict[str, Any]) -> None:
    """Without a selection it takes all files."""
    assert names(exported(canvas, "zip")) == ["docs & co/a b.pdf", "i.png"]


@pytest.mark.parametrize("kind", ["files", "attachments", "folders"])
def test_a_selection_of_files(canvas: Caller, source: dict[str, Any], kind: str) -> None:
    """A zip takes the selected files, and those in selected folders."""
    row_id = source["file"].folder_id if kind == "folders" else source["file"].id
    assert names(exported(canvas, "zip", select={kind: [row_id]})) == ["docs & co/a b.pdf"]


def test_a_selection_may_use_asset_strings(canvas: Caller, source: dict[str, Any]) -> None:
    """Ids may come as the list of content gives them."""
    row = exported(canvas, select={"assignments": [f"assignment_{source['essay'].id}"]})
    package = read_package(downloaded(row))
    assert {kind.KIND: len(rows) for kind, rows in package.rows.items() if rows} == {"assignments": 1}


def test_groups_and_users_have_their_files_only(
    canvas: Caller, call_as: Callable[[str | None], Caller], world: World
) -> None:
    """Groups and users export a zip and nothing else, and such an export names no course."""
    world.tables.groups[5] = Group(5, "Team", SOURCE, frozenset({1}))
    response = canvas("POST", "groups/5/content_exports", json={"export_type": "common_cartridge"})
    assert (response.status_code, response.json()) == (400, {"message": "invalid export_type"})
    row = exported(canvas, "zip", "groups/5/content_exports")
    assert ("course_id" in row, row["workflow_state"]) == (False, "exported")
    assert exported(call_as(STRANGER), "zip", "users/self/content_exports")["workflow_state"] == "exported"


def test_accounts_have_none(canvas: Caller) -> None:
    """There is no such route."""
    assert canvas("GET", "accounts/1/content_exports").status_code == 404


@pytest.mark.parametrize("export_type", [None, "", "imscc", "course_copy"])
def test_unknown_types_are_refused(canvas: Caller, export_type: str | None) -> None:
    """Any other type, or none, is a 400."""
    response = canvas("POST", PATH, json={"export_type": export_type} if export_type is not None else {})
    assert (response.status_code, response.json()) == (400, {"message": "invalid export_type"})


def test_who_may_not_read_may_not_export(call_as: Callable[[str | None], Caller], source: dict[str, Any]) -> None:
    """A stranger gets a 403, a request without a token a 401, and a teacher has all rights."""
    assert call_as(None)("GET", PATH).status_code == 401
    assert call_as(STRANGER)("POST", PATH, json={"export_type": "zip"}).status_code == 403
    assert call_as(READER)("GET", PATH).status_code == 403
    assert exported(call_as(WRITER))["workflow_state"] == "exported"


def test_who_sees_a_course_as_students_do_may_export_its_files(
    call_as: Callable[[str | None], Caller], world: World, source: dict[str, Any]
) -> None:
    """In a public course anyone may make a zip, and no cartridge."""
    world.tables.courses[SOURCE].is_public = True
    stranger = call_as(STRANGER)
    assert stranger("POST", PATH, json={"export_type": "common_cartridge"}).status_code == 403
    assert exported(stranger, "zip")["workflow_state"] == "exported"


def test_the_list_is_newest_first_and_shows_only_own_zips(
    canvas: Caller, call_as: Callable[[str | None], Caller], source: dict[str, Any]
) -> None:
    """A zip shows to who made it, a cartridge to all who may see the course."""
    teacher = call_as(WRITER)
    cartridge, own, remote = export(canvas), export(canvas, "zip"), export(teacher, "zip")
    assert [row["id"] for row in canvas.get(PATH)] == [own["id"], cartridge["id"]]
    assert [row["id"] for row in teacher.get(PATH)] == [remote["id"], cartridge["id"]]
    assert teacher("GET", f"{PATH}/{own['id']}").status_code == 404


def test_exports_of_copies_are_hidden(canvas: Caller, world: World, source: dict[str, Any]) -> None:
    """What a course copy exports for itself is neither listed nor shown."""
    now = world.clock.now()
    world.tables.content_exports[9] = ContentExport(
        id=9, context_id=SOURCE, user_id=1, export_type="course_copy", created_at=now, updated_at=now
    )
    assert canvas.get(PATH) == []
    assert canvas("GET", f"{PATH}/9").status_code == 404


def test_an_export_is_found_in_its_own_course_only(canvas: Caller, source: dict[str, Any]) -> None:
    """Under another course it is a 404."""
    row = export(canvas)
    assert canvas("GET", f"courses/22/content_exports/{row['id']}").status_code == 404


def test_the_file_goes_after_thirty_days(canvas: Caller, world: World, source: dict[str, Any]) -> None:
    """The state stays exported, and the file is not shown any more."""
    row = exported(canvas)
    world.clock.advance(30 * 86_400)
    row = canvas.get(f"{PATH}/{row['id']}")
    assert (row["workflow_state"], "attachment" in row) == ("exported", False)


def test_a_failure_is_told_without_a_reason(canvas: Caller, world: World, source: dict[str, Any]) -> None:
    """The export and its Progress are failed; no text says why; the next export works."""
    world.faults.exports.append(ExportFault(ExportFaultKind.FAILS))
    row = exported(canvas)
    progress = canvas.get(row["progress_url"])
    assert (row["workflow_state"], progress["workflow_state"], progress["message"]) == ("failed", "failed", None)
    assert "attachment" not in row
    assert exported(canvas)["workflow_state"] == "exported"


@pytest.mark.parametrize(("kind", "after", "state"), [("stuck", 1e6, "exporting"), ("slow", 40, "exported")])
@pytest.mark.usefixtures("source")
def test_faults_can_be_sent(canvas: Caller, world: World, kind: str, after: float, state: str) -> None:
    """The control endpoint lets the next export get stuck, or take longer."""
    assert canvas("POST", "/_emulator/faults", json={"content_export": kind}).status_code == 200
    row = exported(canvas)
    assert row["workflow_state"] == "exporting"
    world.clock.advance(after - 10)
    assert canvas.get(f"{PATH}/{row['id']}")["workflow_state"] == state


class TestContentList:
    def test_types(self, canvas: Caller, source: dict[str, Any]) -> None:
        """Without a type the list has the number of assets of each type, with properties of an export's ``select``."""
        rows = {row["type"]: row for row in canvas.get(f"courses/{SOURCE}/content_list")}
        assert rows["assignments"]["count"] == 4
        assert rows["assignments"]["property"] == "select[all_assignments]"
        assert rows["assignments"]["sub_items_url"].endswith(f"/courses/{SOURCE}/content_list?type=assignments")

    def test_things(self, canvas: Caller, source: dict[str, Any]) -> None:
        """With a type it lists asset strings, which an export takes back as they are."""
        (node,) = canvas.get(f"courses/{SOURCE}/content_list", type="quizzes")
        assert node["id"] == f"quizzes:quiz_{source['quiz'].id}"
        package = read_package(downloaded(exported(canvas, select={"quizzes": {node["id"]: "1"}})))
        assert {kind.KIND for kind, rows in package.rows.items() if rows} == {
            "quizzes",
            "quiz_questions",
            "assignments",
        }

    def test_unknown_type(self, canvas: Caller) -> None:
        """A type that is none is a 400."""
        response = canvas("GET", f"courses/{SOURCE}/content_list", params={"type": "dreams"})
        assert (response.status_code, response.json()) == (400, {"message": "unsupported migration type"})
