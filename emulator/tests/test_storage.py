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
    def test_over_http_while_it_runs(self, canvas: Caller, world: World) -> None:
        """The storage is a setting like any other; an upload that is under way ends where it began."""
        before = canvas("POST", PATH, data={"name": "a.txt"}).json()
        assert canvas("POST", "/_emulator/settings", json={"storage": "inst_fs"}).json()["storage"] == "inst_fs"
        after = canvas("POST", PATH, data={"name": "b.txt"}).json()
        assert after["upload_url"].startswith(world.storage_urls[StorageMode.INST_FS])
        finish(canvas, after, b"b")
        finish(canvas, before, b"a")
        assert files_of(world) == ["a.txt", "b.txt"]

    @pytest.mark.parametrize("value", ["tape", 1, True, None])
    def test_takes_its_words_only(self, canvas: Caller, value: object) -> None:
        """An unknown storage is refused; the error names the valid values."""
        response = canvas("POST", "/_emulator/settings", json={"storage": value})
        message = "storage must be one of local, s3, inst_fs"
        assert (response.status_code, response.json()) == (400, {"message": message})

    def test_is_a_word_after_a_change(self) -> None:
        """What was changed by its text is compared by its meaning."""
        settings = Settings()
        settings.change({"storage": "s3"})
        assert settings.storage is StorageMode.S3


class TestTickets:
    def test_say_one_thing_for_some_time(self, world: World) -> None:
        """A ticket is for one purpose, and until it expires."""
        made = ticket(world, "upload", 7, 60)
        assert row_of(world, "upload", made) == 7
        assert row_of(world, "download", made) is None
        world.clock.advance(60)
        assert row_of(world, "upload", made) is None

    @pytest.mark.parametrize("text", ["", ".", "x", "x.y", "WyJ1cGxvYWQiLDcsMWUxMl0.0", "ü.ü"])
    def test_forged_ones_say_nothing(self, world: World, text: str) -> None:
        """A forged ticket never leads to a row."""
        assert row_of(world, "upload", text) is None


class TestFaults:
    def test_a_bucket_that_is_down(self, canvas: Caller, world: World) -> None:
        """Faults apply to storage hosts too; the bytes can be sent again, since none were stored."""
        world.settings.storage = StorageMode.S3
        world.faults.rules.append(Rule(path="^/canvas-files$", status=503))
        target = canvas("POST", PATH, data={"name": "a.txt"}).json()
        assert send(target, b"a").status_code == 503
        assert finish(canvas, target, b"a")["display_name"] == "a.txt"

    def test_a_download_that_breaks_off(self, canvas: Caller, world: World) -> None:
        """Half of the bytes arrive, and a range brings the rest."""
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

    def test_requests_of_storage_are_seen(self, canvas: Caller, world: World) -> None:
        """The list of requests has them too, and tells that no token came."""
        world.settings.storage = StorageMode.INST_FS
        uploaded(canvas, PATH, "a.txt", b"a")
        (seen,) = [seen for seen in world.requests if seen.path == "/files"]
        assert (seen.method, seen.status, seen.query, seen.has_authorization) == ("POST", 201, "", False)
