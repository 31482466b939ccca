"""Downloads from every kind of storage, over both transports, and what becomes of them when something breaks."""

from __future__ import annotations

import hashlib
import io
import random
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from canvas_emulator.model.content import File
from canvas_emulator.model.faults import Action, Body, Rule
from canvas_emulator.model.world import World
from canvas_emulator.pages import files
from canvas_emulator.seeds.small import DESTINATION
from canvas_emulator.server import EmulatorServer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from airflow_provider_canvas.client import errors
from airflow_provider_canvas.client.protocol.retry import RetryPolicy
from tests.support.storage_hosts import Host, canvas, hosted, mode, world

Connect = Callable[..., Any]

__all__ = ["canvas", "mode", "world"]  # fixtures

COURSE = DESTINATION
MIB = 1 << 20
DATA = bytes(range(256)) * 9000  # a bit more than two of them


@pytest.fixture
def file(world: World) -> File:
    """A file in a course."""
    return world.add(
        File(course_id=COURSE, title="Grüße 1.zip", content_type="application/zip", data=DATA, size=len(DATA))
    )


@pytest.fixture
def host() -> Iterator[Host]:
    """A storage of another make."""
    with hosted(Host(DATA)) as served:
        yield served


def record_of(host: Host, **more: Any) -> Any:
    """A file's record that leads there."""
    return {"url": host.url, "size": len(DATA), "content-type": "application/zip", "display_name": "a.zip", **more}


def names_in(folder: Path) -> list[str]:
    """What is in a folder."""
    return sorted(path.name for path in folder.iterdir())


def test_a_file_arrives(canvas: Any, world: World, mode: Any, file: File, tmp_path: Path) -> None:
    """By its id, it is written to the path, and what comes back says what it is."""
    done = canvas.download(file.id, tmp_path / "a.zip", checksum=True)
    assert (tmp_path / "a.zip").read_bytes() == DATA
    assert (done.path, done.size, done.content_type) == (tmp_path / "a.zip", len(DATA), "application/zip")
    assert done.sha256 == hashlib.sha256(DATA).hexdigest()
    assert names_in(tmp_path) == ["a.zip"]


def test_no_token_elsewhere(canvas: Any, world: World, mode: Any, file: File, tmp_path: Path) -> None:
    """Canvas sees the token, the storage never does."""
    canvas.download(file.id, tmp_path / "a.zip")
    seen = {request.path.split("/")[1]: request.has_authorization for request in world.requests}
    assert seen == {"api": True, "files": True, "objects": False}


@pytest.mark.parametrize("size", [0, 1, 1 << 20])
def test_other_sizes(canvas: Any, world: World, tmp_path: Path, size: int) -> None:
    """An empty file is a file, too."""
    file = world.add(File(course_id=COURSE, title="a", content_type="text/plain", data=bytes(size), size=size))
    assert canvas.download(file.id, str(tmp_path / "a")).size == size
    assert (tmp_path / "a").read_bytes() == bytes(size)


def test_to_a_file_object(canvas: Any, file: File) -> None:
    """What is open is written to, and stays open."""
    target = io.BytesIO()
    assert canvas.download(file.id, target).path is None
    assert target.getvalue() == DATA


def test_what_is_there_is_replaced_at_the_end(canvas: Any, host: Host, tmp_path: Path) -> None:
    """A failure leaves the older file as it was, and nothing beside it."""
    (tmp_path / "a.zip").write_bytes(b"older")
    host.responses = [(404, {})]
    with pytest.raises(errors.CanvasNotFoundError, match=r"the download of a.zip.*export again"):
        canvas.download(record_of(host), tmp_path / "a.zip")
    assert (tmp_path / "a.zip").read_bytes() == b"older"
    assert names_in(tmp_path) == ["a.zip"]
    canvas.download(record_of(host), tmp_path / "a.zip")
    assert (tmp_path / "a.zip").read_bytes() == DATA


def test_progress(canvas: Any, host: Host) -> None:
    """It is told how much has come, of how much."""
    seen: list[tuple[int, int | None]] = []
    canvas.download(record_of(host), io.BytesIO(), on_progress=lambda *now: seen.append(now))
    assert seen[-1] == (len(DATA), len(DATA))
    assert seen == sorted(set(seen))


def test_progress_that_fails(canvas: Any, host: Host, tmp_path: Path) -> None:
    """What the callback raises ends the download, comes out as it is, and nothing is left."""

    def stop(received: int, total: int | None) -> None:
        raise InterruptedError("enough")

    with pytest.raises(InterruptedError, match="enough"):
        canvas.download(record_of(host), tmp_path / "a.zip", on_progress=stop)
    assert names_in(tmp_path) == []
    assert len(host.asked) == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk(canvas: Any, host: Host) -> None:
    """An error of writing comes out as it is, and is no reason to try again."""
    with Path("/dev/full").open("wb", buffering=0) as full, pytest.raises(OSError, match="No space left"):
        canvas.download(record_of(host), full)
    assert len(host.asked) == 1


class TestResume:
    def test_goes_on_where_it_stopped(self, canvas: Any, host: Host, tmp_path: Path) -> None:
        """It asks for the rest of the same file, each time at the first address."""
        host.breaks = [MIB + 100, 10, MIB + 20]
        canvas.download(record_of(host), tmp_path / "a.zip")
        assert (tmp_path / "a.zip").read_bytes() == DATA
        first, *others = host.asked
        assert "range" not in first
        starts = [int(asked["range"].removeprefix("bytes=").removesuffix("-")) for asked in others]
        assert 0 < starts[0] <= starts[1] < starts[2]  # the libraries lose the last part of what came
        assert {asked["if-range"] for asked in others} == {'"1"'}

    @settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        size=st.integers(0, 5000),
        breaks=st.lists(st.integers(0, 5000), max_size=5),
        ranges=st.booleans(),
        etag=st.sampled_from(['"1"', 'W/"1"', ""]),
    )
    def test_broken_anywhere(
        self, *, canvas: Any, host: Host, tmp_path: Path, size: int, breaks: list[int], ranges: bool, etag: str
    ) -> None:
        """Wherever it breaks, and whatever the server can do, the file arrives whole."""
        host.data, host.breaks, host.ranges = random.Random(size).randbytes(size), list(breaks), ranges
        host.headers = {"ETag": etag} if etag else {}
        canvas.download(record_of(host, size=size), tmp_path / "a.zip")
        assert (tmp_path / "a.zip").read_bytes() == host.data

    def test_to_a_file_object(self, canvas: Any, host: Host) -> None:
        """There, too."""
        host.breaks, target = [MIB + 100], io.BytesIO()
        canvas.download(record_of(host), target)
        assert target.getvalue() == DATA

    def test_a_server_that_gives_no_parts(self, canvas: Any, host: Host) -> None:
        """The whole comes again; of the same file, what is here already is passed over."""
        host.breaks, host.ranges, target = [MIB + 100], False, io.BytesIO()
        done = canvas.download(record_of(host), target, checksum=True)
        assert target.getvalue() == DATA
        assert done.sha256 == hashlib.sha256(DATA).hexdigest()

    def test_without_an_etag(self, canvas: Any, host: Host, tmp_path: Path) -> None:
        """The size alone tells whether it is the same file."""
        host.breaks, host.headers = [MIB + 100], {}
        canvas.download(record_of(host), tmp_path / "a.zip")
        assert (tmp_path / "a.zip").read_bytes() == DATA
        assert "range" in host.asked[1]
        assert "if-range" not in host.asked[1]

    def test_another_file(self, canvas: Any, host: Host, tmp_path: Path) -> None:
        """If it changed meanwhile, it is downloaded from its beginning."""
        host.breaks = [MIB + 100]

        def change(received: int, total: int | None) -> None:
            host.data, host.headers = DATA[::-1], {"ETag": '"2"'}

        done = canvas.download(record_of(host), tmp_path / "a.zip", on_progress=change, checksum=True)
        assert (tmp_path / "a.zip").read_bytes() == DATA[::-1]
        assert done.sha256 == hashlib.sha256(DATA[::-1]).hexdigest()

    def test_another_file_into_a_file_object(self, canvas: Any, host: Host) -> None:
        """What was written cannot be taken back: that is an error."""
        host.breaks = [MIB + 100]

        def change(received: int, total: int | None) -> None:
            host.data, host.headers = DATA[::-1], {"ETag": '"2"'}

        with pytest.raises(errors.CanvasUnexpectedResponseError, match="download to a path"):
            canvas.download(record_of(host), io.BytesIO(), on_progress=change)

    def test_the_wrong_part(self, canvas: Any, host: Host, tmp_path: Path) -> None:
        """A part that is not the one that was asked for is not taken."""
        host.breaks = [MIB + 100]
        seen = iter([True])

        def mislead(received: int, total: int | None) -> None:
            if next(seen, None):
                host.responses = [(206, {"ETag": '"1"', "Content-Range": f"bytes 5-9/{len(DATA)}", "body": "wrong"})]

        canvas.download(record_of(host), tmp_path / "a.zip", on_progress=mislead)
        assert (tmp_path / "a.zip").read_bytes() == DATA

    @pytest.mark.parametrize("status", [416, 503, 429, 500])
    def test_what_passes(self, canvas: Any, host: Host, tmp_path: Path, status: int) -> None:
        """It is outlasted, in the middle as at the beginning."""
        host.breaks, host.responses = [MIB + 100], [(status, {})]
        seen = iter([True])

        def reject_next(received: int, total: int | None) -> None:
            if next(seen, None):
                host.responses = [(status, {})]

        canvas.download(record_of(host), tmp_path / "a.zip", on_progress=reject_next)
        assert (tmp_path / "a.zip").read_bytes() == DATA

    def test_something_always_comes(self, connect: Connect, host: Host, tmp_path: Path) -> None:
        """As long as bytes come, patience does not end."""
        host.data, host.breaks = DATA * 6, [MIB + 100] * 10
        canvas = connect(RetryPolicy(retry_for=0.02, first_delay=0.01, jitter=lambda: 1.0))
        canvas.download(record_of(host, size=len(host.data)), tmp_path / "a.zip")
        assert (tmp_path / "a.zip").read_bytes() == host.data

    def test_nothing_comes_any_more(self, connect: Connect, host: Host, tmp_path: Path) -> None:
        """In the end it is an error, and nothing is left."""
        host.breaks = [1000] + [0] * 50
        canvas = connect(RetryPolicy(retry_for=0.05, first_delay=0.01))
        with pytest.raises(errors.CanvasTransportError, match=r"the download of a.zip.*attempts"):
            canvas.download(record_of(host), tmp_path / "a.zip")
        assert names_in(tmp_path) == []

    @pytest.mark.parametrize("action", [Action.DROP, Action.TRUNCATE, Action.DROP_AFTER], ids=str)
    @pytest.mark.parametrize("path", ["/objects/", "/files/"])
    def test_from_every_storage(
        self, *, canvas: Any, world: World, mode: Any, file: File, tmp_path: Path, path: str, action: Action
    ) -> None:
        """Whichever hop breaks, the file arrives."""
        world.faults.rules.append(Rule(path, action=action, method="GET", times=2))
        canvas.download(file.id, tmp_path / "a.zip")
        assert (tmp_path / "a.zip").read_bytes() == DATA


class TestSizes:
    def test_not_as_the_record_says(self, canvas: Any, host: Host, tmp_path: Path) -> None:
        """Another size than the record's is an error before a byte is written."""
        with pytest.raises(errors.CanvasUnexpectedResponseError, match=f"{len(DATA)} bytes, but its record says 7"):
            canvas.download(record_of(host, size=7), tmp_path / "a.zip")
        assert names_in(tmp_path) == []

    def test_too_short_in_the_end(self, connect: Connect, host: Host, tmp_path: Path) -> None:
        """Where the storage does not say how long it is, the record does."""
        host.headers = {"Content-Length": "", "Connection": "close"}
        canvas = connect(RetryPolicy(retry_for=0.05, first_delay=0.01))
        with pytest.raises(errors.CanvasError, match=r"\d+ attempts"):
            canvas.download(record_of(host, size=len(DATA) + 1), tmp_path / "a.zip")

    def test_nobody_knows(self, canvas: Any, host: Host, tmp_path: Path) -> None:
        """Without any size, the end of the response is the end of the file."""
        record = record_of(host)
        del record["size"]
        assert canvas.download(record, tmp_path / "a.zip").size == len(DATA)


class TestPages:
    def test_a_login_page(self, canvas: Any, world: World, mode: Any, file: File, tmp_path: Path) -> None:
        """Where the address wants a login, Canvas is asked for one that needs none."""
        world.settings.file_verifiers = False
        canvas.download(file.id, tmp_path / "a.zip")
        assert (tmp_path / "a.zip").read_bytes() == DATA
        paths = [request.path.rpartition("/")[2] for request in world.requests]
        assert "login" not in paths
        assert "public_url" in paths

    def test_a_canvas_that_takes_the_token_there(
        self, canvas: Any, world: World, mode: Any, file: File, tmp_path: Path
    ) -> None:
        """Where the address takes a token, that is enough; the storage still sees none."""
        world.settings.file_verifiers, world.settings.bearer_downloads = False, True
        canvas.download(file.id, tmp_path / "a.zip")
        seen = [(request.path.split("/")[1], request.has_authorization) for request in world.requests]
        assert seen == [("api", True), ("files", True), ("objects", False)]

    def test_no_other_way(self, canvas: Any, host: Host, tmp_path: Path) -> None:
        """A page in the file's place is an error, and is not kept."""
        host.headers = {"Content-Type": "text/html; charset=utf-8"}
        with pytest.raises(errors.CanvasUnexpectedResponseError, match=r"Received an HTML page instead of a\.zip"):
            canvas.download(record_of(host), tmp_path / "a.zip")
        assert names_in(tmp_path) == []

    def test_a_page_that_is_the_file(self, canvas: Any, world: World, tmp_path: Path) -> None:
        """A file may be a page."""
        page = b"<p>Welcome</p>"
        file = world.add(File(course_id=COURSE, title="a.html", content_type="text/html", data=page, size=len(page)))
        canvas.download(file.id, tmp_path / "a.html")
        assert (tmp_path / "a.html").read_bytes() == page


class TestAddresses:
    def test_a_foreign_redirect(
        self, *, canvas: Any, emulator: EmulatorServer, world: World, host: Host, file: File, tmp_path: Path
    ) -> None:
        """Wherever the way leads, no token arrives there, and none but our own headers."""
        with hosted(Host(b"", responses=[(302, {"Location": host.url})])) as between:
            canvas.download(record_of(between), tmp_path / "a.zip")
        for asked in (*host.asked, *between.asked):
            assert set(asked) <= {"host", "user-agent", "accept", "accept-encoding", "connection", "path"}
            assert emulator.token not in str(asked)
        assert host.asked[0]["accept-encoding"] == "identity"

    def test_a_loop(self, canvas: Any, host: Host, tmp_path: Path) -> None:
        """Five redirects are followed, and a sixth is an error."""
        host.responses = [(302, {"Location": host.url}) for _ in range(5)]
        canvas.download(record_of(host), tmp_path / "a.zip")
        host.responses = [(302, {"Location": host.url}) for _ in range(9)]
        with pytest.raises(errors.CanvasUnexpectedResponseError, match="302"):
            canvas.download(record_of(host), tmp_path / "a.zip")

    @pytest.mark.parametrize("status", [401, 403, 404, 410])
    def test_one_that_expired(
        self, *, canvas: Any, world: World, host: Host, file: File, tmp_path: Path, status: int
    ) -> None:
        """The record is read again, once, for an address that works."""
        host.responses = [(status, {})]
        canvas.download(record_of(host, id=file.id), tmp_path / "a.zip")
        assert (tmp_path / "a.zip").read_bytes() == DATA
        assert next(request.path for request in world.requests) == f"/api/v1/files/{file.id}"

    def test_one_that_expires_again_and_again(
        self, canvas: Any, host: Host, file: File, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """In a long download, each time that something came there may be another address."""
        monkeypatch.setattr(files, "download_url", lambda *_: host.url)
        host.breaks = [MIB + 100, MIB + 100]
        host.responses = [(403, {})]
        refused = {MIB: True, 2 * MIB: True}

        def refuse(received: int, total: int | None) -> None:
            if refused.pop(received // MIB * MIB, None):
                host.responses = [(403, {})]

        canvas.download(file.id, tmp_path / "a.zip", on_progress=refuse)
        assert (tmp_path / "a.zip").read_bytes() == DATA
        assert len(host.asked) >= 4

    def test_what_may_not_be_had(self, canvas: Any, world: World, mode: Any, file: File, tmp_path: Path) -> None:
        """If it is refused again, it is an error that shows no address."""
        world.faults.rules.append(Rule("/objects/", status=403, times=None, body=Body.HTML))
        with pytest.raises(errors.CanvasPermissionError, match=r"the download of Grüße 1\.zip") as failure:
            canvas.download(file.id, tmp_path / "a.zip")
        assert "objects" not in str(failure.value)
        assert len([request for request in world.requests if "/objects/" in request.path]) == 2

    def test_a_locked_file(self, canvas: Any, tmp_path: Path) -> None:
        """It has no address, and the error says why."""
        record = {"url": "", "display_name": "a.zip", "locked_for_user": True, "lock_explanation": "Until May"}
        with pytest.raises(errors.CanvasPermissionError, match=r"a\.zip is locked: Until May"):
            canvas.download(record, tmp_path / "a.zip")

    @pytest.mark.parametrize(
        ("export", "message"),
        [
            ({"id": 5, "workflow_state": "exported"}, "Content export 5 has no attachment any more.*export again"),
            ({"id": 5, "workflow_state": "exporting"}, "it is exporting: wait"),
            ({"id": 5, "workflow_state": "completed", "migration_type": "x"}, "Content migration 5"),
            ({"id": 5}, "file 5 has no URL"),
        ],
        ids=str,
    )
    def test_an_export_without_its_file(self, canvas: Any, tmp_path: Path, export: Any, message: str) -> None:
        """After 30 days it is gone, and before the end it is not there: the error says which."""
        with pytest.raises(errors.CanvasNotFoundError, match=message):
            canvas.download(export, tmp_path / "a.zip")

    def test_an_export(self, canvas: Any, world: World, mode: Any, tmp_path: Path) -> None:
        """What is attached to it is downloaded, for 30 days."""
        export = canvas.content_exports.create(course_id=COURSE, export_type="common_cartridge")
        world.clock.advance(600)
        export = canvas.content_exports.get(course_id=COURSE, content_export_id=export["id"])
        canvas.download(export, tmp_path / "a.imscc")
        assert zipfile.is_zipfile(tmp_path / "a.imscc")
        world.clock.advance(31 * 24 * 3600)
        export = canvas.content_exports.get(course_id=COURSE, content_export_id=export["id"])
        with pytest.raises(errors.CanvasNotFoundError, match="export again"):
            canvas.download(export, tmp_path / "b.imscc")


class TestTargets:
    def test_a_link_stays_a_link(self, canvas: Any, host: Host, tmp_path: Path) -> None:
        """What it leads to is replaced."""
        (tmp_path / "link").symlink_to(tmp_path / "real")
        canvas.download(record_of(host), tmp_path / "link")
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "real").read_bytes() == DATA

    def test_rights_are_the_usual_ones(self, canvas: Any, host: Host, tmp_path: Path) -> None:
        """Others may read it, if they may read what this user writes."""
        canvas.download(record_of(host), tmp_path / "a")
        (tmp_path / "b").write_bytes(b"")
        assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode

    @pytest.mark.parametrize(("target", "error"), [("", IsADirectoryError), ("no/such/x", FileNotFoundError)])
    def test_no_place(self, canvas: Any, host: Host, tmp_path: Path, target: str, error: type[OSError]) -> None:
        """It is an error before anything is asked for."""
        with pytest.raises(error):
            canvas.download(record_of(host), tmp_path / target)
        assert not host.asked

    @pytest.mark.parametrize("target", [io.StringIO(), 7], ids=["text", "number"])
    def test_no_target(self, canvas: Any, host: Host, target: Any) -> None:
        """Bytes are written to files that take bytes."""
        with pytest.raises(ValueError, match=r"give a path|mode 'wb'"):
            canvas.download(record_of(host), target)
