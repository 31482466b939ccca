"""Test uploads in three steps, to each kind of storage."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
import requests

from canvas_emulator.model.content import File
from canvas_emulator.model.content_base import ContextType
from canvas_emulator.model.settings import StorageMode
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import DESTINATION, READER, WRITER
from tests.support.caller import Caller
from tests.support.uploading import GROUP, add_file, add_group, files_of, finish, folder, send, set_quota, uploaded

PATH = f"courses/{DESTINATION}/files"
EVERY_MODE = pytest.mark.parametrize("mode", list(StorageMode))
CallAs = Callable[[str | None], Caller]


def first_step(canvas: Caller, **params: Any) -> dict[str, Any]:
    """Send the first step of an upload, which must succeed, and return the response."""
    response = canvas("POST", PATH, data={"name": "c.zip", "size": 3} | params)
    assert response.status_code == 200, response.text
    return response.json()


def progress_at_its_end(canvas: Caller, progress: dict[str, Any]) -> dict[str, Any]:
    """Wait until a Progress has ended: the download runs in real time."""
    deadline = time.monotonic() + 10
    while (now := canvas.get(progress["url"]))["workflow_state"] not in ("completed", "failed"):
        assert time.monotonic() < deadline, now
        time.sleep(0.01)
    return now


class TestFirstStep:
    """The first step, which returns an upload target."""

    def test_local(self, canvas: Caller) -> None:
        """With local storage, the upload target is a URL of Canvas itself."""
        target = first_step(canvas, content_type="application/zip")
        assert target["upload_url"] == f"{canvas.server.url}/files_api"
        assert list(target["upload_params"]) == ["Filename", "key", "acl", "Policy", "Signature", "content-type"]
        assert target["upload_params"]["content-type"] == "application/zip"
        assert (target["file_param"], set(target)) == (
            "attachment[uploaded_data]",
            {"upload_url", "upload_params", "file_param"},
        )

    def test_s3(self, canvas: Caller, world: World) -> None:
        """With S3, the upload target is on another host, with the URL to continue at."""
        world.settings.storage = StorageMode.S3
        target = first_step(canvas)
        assert target["upload_url"].startswith(world.storage_urls[StorageMode.S3])
        assert not target["upload_url"].startswith(canvas.server.url)
        assert {"x-amz-credential", "x-amz-algorithm", "x-amz-date", "Policy"} <= set(target["upload_params"])
        assert target["upload_params"]["success_action_redirect"].startswith(f"{canvas.server.url}/api/v1/files/")

    def test_s3_without_a_redirect(self, canvas: Caller, world: World) -> None:
        """With ``no_redirect`` the client requests ``success_url`` itself."""
        world.settings.storage = StorageMode.S3
        params = first_step(canvas, no_redirect="1")["upload_params"]
        assert (params["success_action_status"], "success_action_redirect" in params) == ("201", False)
        assert "create_success" in params["success_url"]

    def test_inst_fs(self, canvas: Caller, world: World) -> None:
        """The upload target of the file service has its token in the URL, and a Progress that is null."""
        world.settings.storage = StorageMode.INST_FS
        target = first_step(canvas, content_type="text/plain")
        assert target["upload_url"].startswith(f"{world.storage_urls[StorageMode.INST_FS]}/files?token=")
        assert target["upload_params"] == {"filename": "c.zip", "content_type": "text/plain"}
        assert (target["file_param"], target["progress"]) == ("file", None)

    @pytest.mark.parametrize(
        ("params", "status", "message"),
        [
            ({"parent_folder_id": "1", "parent_folder_path": "x"}, 400, "Can't set folder path and folder id"),
            ({"on_duplicate": "maybe"}, 400, "invalid on_duplicate option"),
            ({"size": str(2 * 1024 * 1024)}, 400, "file size exceeds quota"),
            ({"parent_folder_id": "999"}, 404, "The specified resource does not exist."),
        ],
    )
    def test_errors(self, canvas: Caller, world: World, params: dict[str, str], status: int, message: str) -> None:
        """Each failed check has its message, and starts no upload."""
        set_quota(world, 1)
        response = canvas("POST", PATH, data={"name": "c.zip"} | params)
        assert (response.status_code, response.json()) == (status, {"message": message})
        assert world.tables.uploads == {}

    @pytest.mark.edition("current")
    def test_on_duplicate_error(self, canvas: Caller, world: World) -> None:
        """With ``on_duplicate=error`` an existing name is a 409 in the first step."""
        uploaded(canvas, PATH, "c.zip", b"one")
        response = canvas("POST", PATH, data={"name": "c.zip", "on_duplicate": "error"})
        assert response.status_code == 409
        assert response.json() == {"message": "file already exists; use on_duplicate='overwrite' or 'rename'"}

    @pytest.mark.edition("current")
    def test_right_to_write(self, call_as: CallAs, world: World) -> None:
        """Users who only read a course cannot upload into it, and other users cannot upload into a group."""
        add_group(world)
        assert call_as(READER)("POST", PATH, data={"name": "a"}).status_code == 403
        assert call_as(READER)("POST", f"groups/{GROUP}/files", data={"name": "a"}).status_code == 403
        assert call_as(WRITER)("POST", f"groups/{GROUP}/files", data={"name": "a"}).status_code == 200


@EVERY_MODE
class TestInEveryMode:
    """Behaviour that is the same with every storage."""

    def test_upload(self, canvas: Caller, world: World, mode: StorageMode) -> None:
        """After all steps a file with these bytes is in the named folder."""
        world.settings.storage = mode
        row = uploaded(canvas, PATH, "c.zip", b"abc", parent_folder_path="a/b", content_type="application/zip")
        file = world.anywhere(File, row["id"])
        assert file is not None
        assert (b"".join(file.chunks()), row["size"], row["content-type"]) == (b"abc", 3, "application/zip")
        assert (row["display_name"], row["upload_status"]) == ("c.zip", "success")
        assert canvas.get(f"folders/{row['folder_id']}")["full_name"] == "course files/a/b"
        assert canvas.get(PATH)[0]["id"] == row["id"]

    def test_first_step_creates_no_file(self, canvas: Caller, world: World, mode: StorageMode) -> None:
        """The first step alone creates no file."""
        world.settings.storage = mode
        first_step(canvas)
        assert canvas.get(PATH) == []

    def test_expired_signature(self, canvas: Caller, world: World, mode: StorageMode) -> None:
        """After thirty minutes the bytes are refused."""
        world.settings.storage = mode
        target = first_step(canvas)
        world.clock.advance(30 * 60)
        assert send(target, b"abc").status_code in (400, 403)

    def test_second_upload_to_the_same_url(self, canvas: Caller, world: World, mode: StorageMode) -> None:
        """After the upload is confirmed, its URL accepts no other bytes."""
        world.settings.storage = mode
        target = first_step(canvas)
        row = finish(canvas, target, b"abc")
        assert send(target, b"xyz").status_code in (400, 403)
        assert b"".join(world.anywhere(File, row["id"]).chunks()) == b"abc"

    def test_places(self, canvas: Caller, world: World, mode: StorageMode) -> None:
        """Users, groups and folders accept files as courses do."""
        world.settings.storage = mode
        add_group(world)
        below = folder(world, "course files/deep")
        for path, context in (
            ("users/self/files", (ContextType.USER, 1)),
            (f"groups/{GROUP}/files", (ContextType.GROUP, GROUP)),
            (f"folders/{below.id}/files", (ContextType.COURSE, DESTINATION)),
        ):
            file = world.anywhere(File, uploaded(canvas, path, "c.zip", b"abc")["id"])
            assert (file.context_type, file.course_id) == context

    @pytest.mark.parametrize(
        ("on_duplicate", "titles"), [("overwrite", ["c.zip"]), ("rename", ["c-1.zip", "c.zip"]), (None, ["c.zip"])]
    )
    def test_existing_name(
        self, canvas: Caller, world: World, mode: StorageMode, on_duplicate: str | None, titles: list[str]
    ) -> None:
        """A file of the same name is replaced, or renamed on request. The new file has its own id."""
        world.settings.storage = mode
        first = uploaded(canvas, PATH, "c.zip", b"one")
        second = uploaded(canvas, PATH, "c.zip", b"two", on_duplicate=on_duplicate)
        assert files_of(world) == titles
        assert first["id"] != second["id"]

    def test_full_quota_in_the_last_step(self, canvas: Caller, world: World, mode: StorageMode) -> None:
        """Without a size in the first step, a full quota is an error of the last step."""
        world.settings.storage = mode
        set_quota(world, 1)
        target = canvas("POST", PATH, data={"name": "c.zip"}).json()
        response = send(target, b"x" * (1024 * 1024 + 1))
        if response.status_code in (302, 303):
            response = requests.get(response.headers["location"], timeout=10)
        assert (response.status_code, response.json()) == (400, {"message": "file size exceeds quota limits"})
        assert files_of(world) == []


class TestLocal:
    """Uploads to Canvas itself."""

    def test_redirects_to_the_last_step(self, canvas: Caller) -> None:
        """The response to the bytes is a 302 to the confirmation, which a GET without a token requests."""
        response = send(first_step(canvas, **{"success_include[]": "avatar"}), b"abc")
        assert response.status_code == 302
        assert response.headers["location"].startswith(f"{canvas.server.url}/api/v1/files/")
        assert response.headers["location"].endswith("&include%5B%5D=avatar")
        assert requests.get(response.headers["location"], timeout=10).json()["preview_url"]

    def test_confirms_once(self, canvas: Caller) -> None:
        """A second confirmation is a 400 without a body."""
        location = send(first_step(canvas), b"abc").headers["location"]
        assert requests.post(location, timeout=10).status_code == 200
        second = requests.get(location, timeout=10)
        assert (second.status_code, second.content) == (400, b"")

    def test_invalid_confirmation(self, canvas: Caller) -> None:
        """A confirmation with another uuid, or before the bytes, is a 400 without a body."""
        target = first_step(canvas)
        location = send(target, b"abc").headers["location"]
        assert requests.get(location + "x", timeout=10).status_code == 400

    @pytest.mark.parametrize("name", ["Policy", "Signature", "key"])
    def test_changed_parameter(self, canvas: Caller, name: str) -> None:
        """A changed parameter is a 400 without a body."""
        target = first_step(canvas)
        target["upload_params"][name] += "x"
        response = send(target, b"abc")
        assert (response.status_code, response.content) == (400, b"")

    def test_missing_file(self, canvas: Caller) -> None:
        """A form without a file is accepted as if all were well; only the size in the last step tells."""
        target = first_step(canvas)
        response = requests.post(target["upload_url"], data=target["upload_params"], timeout=10, allow_redirects=False)
        assert (response.status_code, response.headers["Content-Type"]) == (302, "text/html; charset=utf-8")
        confirmed = requests.get(response.headers["Location"], timeout=10).json()
        assert (confirmed["upload_status"], confirmed["size"]) == ("success", 0)

    def test_empty_file(self, canvas: Caller) -> None:
        """A form with an empty file is a 400 without a body."""
        response = send(first_step(canvas), b"")
        assert (response.status_code, response.content) == (400, b"")
        assert response.headers["Content-Type"] == "application/json"

    def test_no_redirect_is_no_use(self, canvas: Caller) -> None:
        """Local storage redirects, even if the first step says that it shall not."""
        target = first_step(canvas, no_redirect=True)
        assert target["upload_params"]["success_action_status"] == "201"
        response = send(target, b"abc")
        assert (response.status_code, target["upload_params"]["success_url"]) == (302, None)

    def test_parameters_of_the_upload(self, canvas: Caller) -> None:
        """The parameters are signed, and the key is a path on the disk of Canvas."""
        params = first_step(canvas)["upload_params"]
        assert list(params) == ["Filename", "key", "acl", "Policy", "Signature", "content-type"]
        assert params["key"].startswith("/")

    def test_file_without_a_name(self, canvas: Caller) -> None:
        """A first step without a name is an error of Canvas itself."""
        response = canvas("POST", f"courses/{DESTINATION}/files", json={"size": 3})
        assert (response.status_code, response.json()["errors"][0]["error_code"]) == (500, "internal_server_error")

    def test_field_called_file(self, canvas: Caller) -> None:
        """The field ``file`` is accepted, whatever ``file_param`` says."""
        assert send(first_step(canvas) | {"file_param": "file"}, b"abc").status_code == 302


class TestS3:
    """Uploads to a bucket."""

    @pytest.fixture(autouse=True)
    def mode(self, world: World) -> None:
        world.settings.storage = StorageMode.S3

    def test_redirect_to_canvas(self, canvas: Caller) -> None:
        """A 303 redirects to Canvas, with bucket, key and etag added."""
        response = send(first_step(canvas), b"abc")
        assert response.status_code == 303
        for name in ("bucket=", "key=", "etag="):
            assert name in response.headers["location"]

    def test_response_without_a_redirect(self, canvas: Caller) -> None:
        """With ``no_redirect`` the response is a 201 with XML, and nothing is confirmed yet."""
        target = first_step(canvas, no_redirect="1")
        response = send(target, b"abc")
        assert (response.status_code, response.headers["content-type"]) == (201, "application/xml")
        assert "<PostResponse>" in response.text
        assert canvas.get(PATH) == []
        assert requests.get(target["upload_params"]["success_url"], timeout=10).json()["display_name"] == "c.zip"

    def test_token(self, canvas: Caller) -> None:
        """A request with an ``Authorization`` header is refused as S3 refuses it."""
        response = send(first_step(canvas), b"abc", headers={"Authorization": "Bearer x"})
        assert response.status_code == 400
        assert "Only one auth mechanism allowed" in response.text

    def test_order_of_parameters(self, canvas: Caller) -> None:
        """Parameters in another order are refused."""
        target = first_step(canvas)
        target["upload_params"] = dict(reversed(target["upload_params"].items()))
        assert send(target, b"abc").status_code == 403

    def test_file_that_is_not_last(self, canvas: Caller) -> None:
        """S3 ignores all fields after the file, so a form whose file is not last is refused."""
        target = first_step(canvas)
        fields: list[tuple[str, Any]] = [("file", ("c.zip", b"abc"))]
        fields += [(name, (None, value)) for name, value in target["upload_params"].items()]
        assert requests.post(target["upload_url"], files=fields, timeout=10).status_code == 400

    @pytest.mark.parametrize("name", ["key", "acl", "x-amz-signature", "success_action_redirect"])
    def test_changed_parameter(self, canvas: Caller, name: str) -> None:
        """Every parameter is signed, so a change is refused."""
        target = first_step(canvas)
        target["upload_params"][name] += "x"
        assert send(target, b"abc").status_code == 403


class TestInstFs:
    """Uploads to the file service."""

    @pytest.fixture(autouse=True)
    def mode(self, world: World) -> None:
        world.settings.storage = StorageMode.INST_FS

    def test_no_confirmation(self, canvas: Caller, world: World) -> None:
        """The response is a 201 with the file and its URL, and there is no confirmation."""
        response = send(first_step(canvas), b"abc")
        row = response.json()
        assert (response.status_code, row["display_name"]) == (201, "c.zip")
        location = f"{canvas.server.url}/api/v1/files/{row['id']}?include[]=enhanced_preview_url"
        assert response.headers["location"] == location
        assert requests.get(location, timeout=10).status_code == 401
        assert canvas.get(location)["id"] == row["id"]

    def test_token_in_a_header(self, canvas: Caller) -> None:
        """Only the token of the URL is accepted."""
        assert send(first_step(canvas), b"abc", headers={"Authorization": "Bearer x"}).status_code == 400


class TestByUrl:
    """Files that Canvas fetches from a URL."""

    @pytest.mark.parametrize("mode", [StorageMode.LOCAL, StorageMode.S3])
    def test_canvas_fetches(self, canvas: Caller, world: World, mode: StorageMode) -> None:
        """With a ``url`` the response has a Progress and no upload target, and the results name the file."""
        world.settings.storage = mode
        url = canvas.get(f"files/{add_file(world).id}")["url"]
        response = canvas("POST", PATH, data={"name": "copy.txt", "url": url}).json()
        assert set(response) == {"progress"}
        assert (response["progress"]["tag"], response["progress"]["context_type"]) == ("upload_via_url", "User")
        progress = progress_at_its_end(canvas, response["progress"])
        row = canvas.get(f"files/{progress['results']['id']}")
        assert (progress["workflow_state"], row["display_name"], row["size"]) == ("completed", "copy.txt", 10)

    def test_the_file_service_fetches(self, canvas: Caller, world: World) -> None:
        """With the file service, the second step without a file starts the download."""
        world.settings.storage = StorageMode.INST_FS
        url = canvas.get(f"files/{add_file(world).id}")["url"]
        target = canvas("POST", PATH, data={"name": "copy.txt", "url": url}).json()
        assert (target["file_param"], target["upload_params"]["target_url"]) == (None, url)
        assert canvas.get(target["progress"]["url"])["workflow_state"] == "queued"
        assert send(target, b"").ok
        assert progress_at_its_end(canvas, target["progress"])["workflow_state"] == "completed"
        assert files_of(world) == ["copy.txt", "notes.txt"]

    @pytest.mark.parametrize("url", ["http://192.0.2.1/x.zip", "file:///etc/passwd", "nonsense"])
    def test_other_hosts_are_not_fetched(self, canvas: Caller, world: World, url: str) -> None:
        """A URL of another machine ends like one that cannot be reached."""
        response = canvas("POST", PATH, data={"name": "x.zip", "url": url}).json()
        assert progress_at_its_end(canvas, response["progress"])["workflow_state"] == "failed"
        assert files_of(world) == []
