from __future__ import annotations

import pytest
import requests

from canvas_emulator.model.faults import Action, Rule
from canvas_emulator.model.settings import Settings, StorageMode
from canvas_emulator.model.signed_urls import row_of, ticket
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import DESTINATION
from tests.support.caller import Caller
from tests.support.uploading import add_file, files_of, finish, send, uploaded

PATH = f"courses/{DESTINATION}/files"


class TestSwitching:
    def test_storage_can_be_changed_during_an_upload(self, canvas: Caller, world: World) -> None:
        """After a change of the storage setting, an open upload still ends in the storage where it began."""
        before = canvas("POST", PATH, data={"name": "a.txt"}).json()
        assert canvas("POST", "/_emulator/settings", json={"storage": "inst_fs"}).json()["storage"] == "inst_fs"
        after = canvas("POST", PATH, data={"name": "b.txt"}).json()
        assert after["upload_url"].startswith(world.storage_urls[StorageMode.INST_FS])
        finish(canvas, after, b"b")
        finish(canvas, before, b"a")
        assert files_of(world) == ["a.txt", "b.txt"]

    @pytest.mark.parametrize("value", ["tape", 1, True, None])
    def test_unknown_storage_is_refused(self, canvas: Caller, value: object) -> None:
        """An unknown storage is refused; the error names the valid values."""
        response = canvas("POST", "/_emulator/settings", json={"storage": value})
        message = "storage must be one of local, s3, inst_fs"
        assert (response.status_code, response.json()) == (400, {"message": message})

    def test_changed_storage_is_an_enum_value(self) -> None:
        """A storage that was set by its name is stored as a ``StorageMode``."""
        settings = Settings()
        settings.change({"storage": "s3"})
        assert settings.storage is StorageMode.S3


class TestTickets:
    def test_ticket_has_one_purpose_and_expires(self, world: World) -> None:
        """A ticket is valid for one purpose, and until it expires."""
        text = ticket(world, "upload", 7, 60)
        assert row_of(world, "upload", text) == 7
        assert row_of(world, "download", text) is None
        world.clock.advance(60)
        assert row_of(world, "upload", text) is None

    @pytest.mark.parametrize("text", ["", ".", "x", "x.y", "WyJ1cGxvYWQiLDcsMWUxMl0.0", "ü.ü"])
    def test_forged_ticket_is_invalid(self, world: World, text: str) -> None:
        """A forged ticket never leads to a row."""
        assert row_of(world, "upload", text) is None


class TestFaults:
    def test_storage_host_that_is_down(self, canvas: Caller, world: World) -> None:
        """Faults apply to storage hosts too; after a 503 nothing is stored and the bytes can be sent again."""
        world.settings.storage = StorageMode.S3
        world.faults.rules.append(Rule(path="^/canvas-files$", status=503))
        target = canvas("POST", PATH, data={"name": "a.txt"}).json()
        assert send(target, b"a").status_code == 503
        assert finish(canvas, target, b"a")["display_name"] == "a.txt"

    def test_truncated_download_can_be_resumed(self, canvas: Caller, world: World) -> None:
        """A truncated download gets half of the bytes, and a range request gets the rest."""
        world.settings.storage = StorageMode.S3
        file = add_file(world)
        url = canvas.get(f"files/{file.id}/public_url")["public_url"]
        world.faults.rules.append(Rule(path="^/objects/", action=Action.TRUNCATE))
        half = b""
        with requests.get(url, stream=True, timeout=10) as response, pytest.raises(requests.RequestException):  # noqa: PT012
            for chunk in response.iter_content(1):
                half += chunk
        assert half == b"01234"
        rest = requests.get(url, headers={"Range": f"bytes={len(half)}-"}, timeout=10).content
        assert half + rest == b"0123456789"

    def test_requests_to_storage_hosts_are_recorded(self, canvas: Caller, world: World) -> None:
        """Requests to storage hosts are recorded, and have no token."""
        world.settings.storage = StorageMode.INST_FS
        uploaded(canvas, PATH, "a.txt", b"a")
        (request,) = [request for request in world.requests if request.path == "/files"]
        assert (request.method, request.status, request.query, request.has_authorization) == ("POST", 201, "", False)
