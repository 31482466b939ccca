"""Test downloads from every kind of storage on both transports, and how they resume after a failure."""

from __future__ import annotations

import hashlib
import io
import random
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from canvas_emulator.model.content import File
from canvas_emulator.model.faults import Action, Body, Rule
from canvas_emulator.model.settings import StorageMode
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
    """A storage host that is not Canvas's."""
    with hosted(Host(DATA)) as served:
        yield served


def record_of(host: Host, **more: Any) -> Any:
    """Return the record of a file whose URL leads to the host."""
    return {"url": host.url, "size": len(DATA), "content-type": "application/zip", "display_name": "a.zip", **more}


def names_in(folder: Path) -> list[str]:
    """Return the names of the files in a folder."""
    return sorted(path.name for path in folder.iterdir())


def test_download_by_id(canvas: Any, world: World, mode: Any, file: File, tmp_path: Path) -> None:
    """A file is downloaded to a path by its id, and the result describes it."""
    done = canvas.download(file.id, tmp_path / "a.zip", checksum=True)
    assert (tmp_path / "a.zip").read_bytes() == DATA
    assert (done.path, done.size, done.content_type) == (tmp_path / "a.zip", len(DATA), "application/zip")
    assert done.sha256 == hashlib.sha256(DATA).hexdigest()
    assert names_in(tmp_path) == ["a.zip"]


def test_token_is_not_sent_to_the_storage(canvas: Any, world: World, mode: Any, file: File, tmp_path: Path) -> None:
    """Canvas receives the token, and the storage host never does."""
    canvas.download(file.id, tmp_path / "a.zip")
    seen = {request.path.split("/")[1]: request.has_authorization for request in world.requests}
    assert seen == {"api": True, "files": True} | ({} if mode is StorageMode.LOCAL else {"objects": False})


@pytest.mark.parametrize("size", [0, 1, 1 << 20])
def test_sizes(canvas: Any, world: World, tmp_path: Path, size: int) -> None:
    """Empty and larger files are downloaded completely."""
    file = world.add(File(course_id=COURSE, title="a", content_type="text/plain", data=bytes(size), size=size))
    assert canvas.download(file.id, str(tmp_path / "a")).size == size
    assert (tmp_path / "a").read_bytes() == bytes(size)


def test_download_to_a_file_object(canvas: Any, file: File) -> None:
    """A download to an open file object writes to it, and leaves it open."""
    target = io.BytesIO()
    assert canvas.download(file.id, target).path is None
    assert target.getvalue() == DATA


def test_existing_file_is_replaced_at_the_end(canvas: Any, host: Host, tmp_path: Path) -> None:
    """A failed download keeps the existing file and leaves no temporary file; a finished one replaces it."""
    (tmp_path / "a.zip").write_bytes(b"older")
    host.responses = [(404, {})]
    with pytest.raises(errors.CanvasNotFoundError, match=r"the download of a.zip.*export again"):
        canvas.download(record_of(host), tmp_path / "a.zip")
    assert (tmp_path / "a.zip").read_bytes() == b"older"
    assert names_in(tmp_path) == ["a.zip"]
    canvas.download(record_of(host), tmp_path / "a.zip")
    assert (tmp_path / "a.zip").read_bytes() == DATA


def test_progress_callback(canvas: Any, host: Host) -> None:
    """The callback gets the bytes received so far and the total."""
    seen: list[tuple[int, int | None]] = []
    canvas.download(record_of(host), io.BytesIO(), on_progress=lambda *now: seen.append(now))
    assert seen[-1] == (len(DATA), len(DATA))
    assert seen == sorted(set(seen))


def test_progress_callback_that_raises(canvas: Any, host: Host, tmp_path: Path) -> None:
    """An exception of the callback ends the download unchanged, and no file is left."""

    def stop(received: int, total: int | None) -> None:
        raise InterruptedError("enough")

    with pytest.raises(InterruptedError, match="enough"):
        canvas.download(record_of(host), tmp_path / "a.zip", on_progress=stop)
    assert names_in(tmp_path) == []
    assert len(host.requests) == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_write_error(canvas: Any, host: Host) -> None:
    """An error of writing is raised unchanged, and the download is not retried."""
    with Path("/dev/full").open("wb", buffering=0) as full, pytest.raises(OSError, match="No space left"):
        canvas.download(record_of(host), full)
    assert len(host.requests) == 1


class TestResume:
    """Downloads that break off."""

    def test_requests_the_missing_range(self, canvas: Any, host: Host, tmp_path: Path) -> None:
        """A retry requests the missing range of the same file, at the original URL."""
        host.breaks = [MIB + 100, 10, MIB + 20]
        canvas.download(record_of(host), tmp_path / "a.zip")
        assert (tmp_path / "a.zip").read_bytes() == DATA
        first, *others = host.requests
        assert "range" not in first
        starts = [int(headers["range"].removeprefix("bytes=").removesuffix("-")) for headers in others]
        assert starts == [MIB + 100, MIB + 110, 2 * MIB + 130]
        assert {headers["if-range"] for headers in others} == {'"1"'}

    @pytest.mark.parametrize("rest", [1, 100, 10_000, 50_000])
    def test_bytes_that_arrive_during_a_write_are_kept(self, canvas: Any, host: Host, rest: int) -> None:
        """Bytes that arrived while earlier ones were written are kept, also if the connection broke meanwhile."""

        class SlowTarget(io.BytesIO):
            def write(self, data: Any) -> int:
                time.sleep(0.2)  # the rest arrives, and the connection breaks
                return super().write(data)

        host.data, host.breaks, target = DATA[: MIB + 2 * rest], [MIB + rest], SlowTarget()
        host.pause_at = MIB  # then the first write begins
        canvas.download(record_of(host, size=len(host.data)), target)
        assert target.getvalue() == host.data
        assert [headers.get("range") for headers in host.requests] == [None, f"bytes={MIB + rest}-"]

    @pytest.mark.parametrize("piece", [1, 100, 65_535, 65_536, 65_537, MIB - 1])
    def test_every_received_byte_is_kept(
        self, *, connect: Connect, host: Host, tmp_path: Path, piece: int, caplog: pytest.LogCaptureFixture
    ) -> None:
        """However few bytes arrive at a time, the next request asks for those after them, and the log says so."""
        caplog.set_level("INFO")
        host.data, host.breaks = (DATA * 3)[: 6 * piece], [piece] * 5
        canvas = connect(RetryPolicy(retry_for=0.05, first_delay=0.01, jitter=lambda: 1.0))
        canvas.download(record_of(host, size=len(host.data)), tmp_path / "a.zip")
        assert (tmp_path / "a.zip").read_bytes() == host.data
        assert [headers.get("range") for headers in host.requests] == [
            None,
            *(f"bytes={count * piece}-" for count in range(1, 6)),
        ]
        lines = [message for message in caplog.messages if "Retrying" in message]
        for count, line in enumerate(lines, 1):
            assert f" {count * piece} bytes were received and are kept: the next request asks for the rest." in line
        assert len(lines) == 5
        assert "of the file was kept" not in caplog.text

    @pytest.mark.parametrize("ranges", [True, False])
    def test_the_log_says_what_is_requested(
        self, *, canvas: Any, host: Host, tmp_path: Path, ranges: bool, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Without a size and an ETag nothing is kept, and the log says that the whole file is requested."""
        caplog.set_level("INFO")
        host.breaks, host.headers, host.ranges = [1000], {"Content-Length": "", "Connection": "close"}, ranges
        record = record_of(host)
        canvas.download(record, tmp_path / "a.zip")
        assert "1000 bytes were received; the next request asks for the whole file." in caplog.text
        assert (tmp_path / "a.zip").read_bytes() == DATA

    def test_errors_say_what_remains(self, connect: Connect, host: Host, tmp_path: Path) -> None:
        """The error of a download that failed for good says what remains of it: nothing, or bytes in a file object."""
        canvas = connect(RetryPolicy(retry_for=0.03, first_delay=0.01))
        host.breaks = [1000] + [0] * 50
        with pytest.raises(errors.CanvasError, match="1000 bytes were received; nothing of them is kept"):
            canvas.download(record_of(host), tmp_path / "a.zip")
        host.breaks, target = [1000] + [0] * 50, io.BytesIO()
        with pytest.raises(errors.CanvasError, match="first 1000 bytes of the file were written to the file object"):
            canvas.download(record_of(host), target)
        assert target.getvalue() == DATA[:1000]
        host.breaks = [0] * 50
        with pytest.raises(errors.CanvasError) as failure:
            canvas.download(record_of(host), tmp_path / "a.zip")
        assert "kept" not in str(failure.value)

    @settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        size=st.integers(0, 5000),
        breaks=st.lists(st.integers(0, 5000), max_size=5),
        ranges=st.booleans(),
        etag=st.sampled_from(['"1"', 'W/"1"', ""]),
    )
    def test_broken_at_any_byte(
        self, *, canvas: Any, host: Host, tmp_path: Path, size: int, breaks: list[int], ranges: bool, etag: str
    ) -> None:
        """The file is complete wherever the connection breaks, with and without ranges and ETags."""
        host.data, host.breaks, host.ranges = random.Random(size).randbytes(size), list(breaks), ranges
        host.headers = {"ETag": etag} if etag else {}
        canvas.download(record_of(host, size=size), tmp_path / "a.zip")
        assert (tmp_path / "a.zip").read_bytes() == host.data

    def test_resumes_into_a_file_object(self, canvas: Any, host: Host) -> None:
        """A download to a file object is resumed as well."""
        host.breaks, target = [MIB + 100], io.BytesIO()
        canvas.download(record_of(host), target)
        assert target.getvalue() == DATA

    def test_server_without_ranges(self, canvas: Any, host: Host) -> None:
        """If the server sends the whole file again, the bytes that were already received are skipped."""
        host.breaks, host.ranges, target = [MIB + 100], False, io.BytesIO()
        done = canvas.download(record_of(host), target, checksum=True)
        assert target.getvalue() == DATA
        assert done.sha256 == hashlib.sha256(DATA).hexdigest()

    def test_without_an_etag(self, canvas: Any, host: Host, tmp_path: Path) -> None:
        """Without an ETag, the size alone decides whether it is the same file."""
        host.breaks, host.headers = [MIB + 100], {}
        canvas.download(record_of(host), tmp_path / "a.zip")
        assert (tmp_path / "a.zip").read_bytes() == DATA
        assert "range" in host.requests[1]
        assert "if-range" not in host.requests[1]

    @pytest.mark.parametrize(
        "etag", ['"\u00ff\u00fe"', '"a\x01b"', f'"{"x" * 5000}"', '"\u00e2\u0080\u00a6"', '"a\x7f"']
    )
    def test_etag_that_cannot_be_sent(self, canvas: Any, host: Host, tmp_path: Path, etag: str) -> None:
        """An ETag that no request header can hold counts like none: the size decides."""
        host.breaks, host.headers = [MIB + 100], {"ETag": etag}
        canvas.download(record_of(host), tmp_path / "a.zip")
        assert (tmp_path / "a.zip").read_bytes() == DATA
        assert "if-range" not in host.requests[1]

    def test_changed_file(self, canvas: Any, host: Host, tmp_path: Path) -> None:
        """If the file changed after the interruption, it is downloaded from its beginning."""
        host.breaks = [MIB + 100]

        def change(received: int, total: int | None) -> None:
            host.data, host.headers = DATA[::-1], {"ETag": '"2"'}

        done = canvas.download(record_of(host), tmp_path / "a.zip", on_progress=change, checksum=True)
        assert (tmp_path / "a.zip").read_bytes() == DATA[::-1]
        assert done.sha256 == hashlib.sha256(DATA[::-1]).hexdigest()

    def test_changed_file_into_a_file_object(self, canvas: Any, host: Host) -> None:
        """If the file changed and the file object cannot be rewound, the download raises an error."""
        host.breaks = [MIB + 100]

        def change(received: int, total: int | None) -> None:
            host.data, host.headers = DATA[::-1], {"ETag": '"2"'}

        with pytest.raises(errors.CanvasUnexpectedResponseError, match="download to a path"):
            canvas.download(record_of(host), io.BytesIO(), on_progress=change)

    def test_wrong_range(self, canvas: Any, host: Host, tmp_path: Path) -> None:
        """A response with another range than the requested one is discarded."""
        host.breaks = [MIB + 100]
        seen = iter([True])

        def mislead(received: int, total: int | None) -> None:
            if next(seen, None):
                host.responses = [(206, {"ETag": '"1"', "Content-Range": f"bytes 5-9/{len(DATA)}", "body": "wrong"})]

        canvas.download(record_of(host), tmp_path / "a.zip", on_progress=mislead)
        assert (tmp_path / "a.zip").read_bytes() == DATA

    @pytest.mark.parametrize("status", [416, 503, 429, 500])
    def test_temporary_errors_are_retried(self, canvas: Any, host: Host, tmp_path: Path, status: int) -> None:
        """Temporary errors are retried, at the beginning and after an interruption."""
        host.breaks, host.responses = [MIB + 100], [(status, {})]
        seen = iter([True])

        def reject_next(received: int, total: int | None) -> None:
            if next(seen, None):
                host.responses = [(status, {})]

        canvas.download(record_of(host), tmp_path / "a.zip", on_progress=reject_next)
        assert (tmp_path / "a.zip").read_bytes() == DATA

    def test_progress_resets_the_retry_time(self, connect: Connect, host: Host, tmp_path: Path) -> None:
        """While each attempt receives bytes, the retries do not end."""
        host.data, host.breaks = DATA * 6, [MIB + 100] * 10
        canvas = connect(RetryPolicy(retry_for=0.02, first_delay=0.01, jitter=lambda: 1.0))
        canvas.download(record_of(host, size=len(host.data)), tmp_path / "a.zip")
        assert (tmp_path / "a.zip").read_bytes() == host.data

    def test_retries_without_progress_end(self, connect: Connect, host: Host, tmp_path: Path) -> None:
        """After ``retry_for`` seconds without a byte the error is raised, and no file is left."""
        host.breaks = [1000] + [0] * 50
        canvas = connect(RetryPolicy(retry_for=0.05, first_delay=0.01))
        with pytest.raises(errors.CanvasTransportError, match=r"the download of a.zip.*attempts"):
            canvas.download(record_of(host), tmp_path / "a.zip")
        assert names_in(tmp_path) == []

    @pytest.mark.parametrize("action", [Action.DROP, Action.TRUNCATE, Action.DROP_AFTER], ids=str)
    @pytest.mark.parametrize("path", ["/objects/", "/files/"])
    def test_every_hop_may_fail(
        self, *, canvas: Any, world: World, mode: Any, file: File, tmp_path: Path, path: str, action: Action
    ) -> None:
        """The file is complete whichever hop fails."""
        world.faults.rules.append(Rule(path, action=action, method="GET", times=2))
        canvas.download(file.id, tmp_path / "a.zip")
        assert (tmp_path / "a.zip").read_bytes() == DATA


class TestSizes:
    """The size of the record, the response and the file."""

    def test_size_differs_from_the_record(self, canvas: Any, host: Host, tmp_path: Path) -> None:
        """A size other than the record's raises an error before a byte is written."""
        with pytest.raises(errors.CanvasUnexpectedResponseError, match=f"{len(DATA)} bytes, but its record says 7"):
            canvas.download(record_of(host, size=7), tmp_path / "a.zip")
        assert names_in(tmp_path) == []

    def test_shorter_than_the_record(self, connect: Connect, host: Host, tmp_path: Path) -> None:
        """Without a ``Content-Length``, a file shorter than its record is an error."""
        host.headers = {"Content-Length": "", "Connection": "close"}
        canvas = connect(RetryPolicy(retry_for=0.05, first_delay=0.01))
        with pytest.raises(errors.CanvasError, match=r"\d+ attempts"):
            canvas.download(record_of(host, size=len(DATA) + 1), tmp_path / "a.zip")

    def test_unknown_size(self, canvas: Any, host: Host, tmp_path: Path) -> None:
        """Without any size, the end of the response is the end of the file."""
        record = record_of(host)
        del record["size"]
        assert canvas.download(record, tmp_path / "a.zip").size == len(DATA)


class TestPages:
    """HTML pages in place of a file."""

    def test_login_page(self, canvas: Any, world: World, mode: Any, file: File, tmp_path: Path) -> None:
        """If the file's URL leads to a login page, the client requests its public URL."""
        world.settings.file_verifiers = False
        canvas.download(file.id, tmp_path / "a.zip")
        assert (tmp_path / "a.zip").read_bytes() == DATA
        paths = [request.path.rpartition("/")[2] for request in world.requests]
        assert "login" not in paths
        assert "public_url" in paths

    def test_file_url_that_accepts_the_token(
        self, canvas: Any, world: World, mode: Any, file: File, tmp_path: Path
    ) -> None:
        """If the file's URL accepts the token, no public URL is requested, and the storage gets no token."""
        world.settings.file_verifiers, world.settings.bearer_downloads = False, True
        canvas.download(file.id, tmp_path / "a.zip")
        seen = [(request.path.split("/")[1], request.has_authorization) for request in world.requests]
        assert seen == [("api", True), ("files", True)] + ([] if mode is StorageMode.LOCAL else [("objects", False)])

    def test_html_page_is_an_error(self, canvas: Any, host: Host, tmp_path: Path) -> None:
        """An HTML page in place of the file is an error, and no file is left."""
        host.headers = {"Content-Type": "text/html; charset=utf-8"}
        with pytest.raises(errors.CanvasUnexpectedResponseError, match=r"Received an HTML page instead of a\.zip"):
            canvas.download(record_of(host), tmp_path / "a.zip")
        assert names_in(tmp_path) == []

    def test_html_file(self, canvas: Any, world: World, tmp_path: Path) -> None:
        """A file that is an HTML page is downloaded."""
        page = b"<p>Welcome</p>"
        file = world.add(File(course_id=COURSE, title="a.html", content_type="text/html", data=page, size=len(page)))
        canvas.download(file.id, tmp_path / "a.html")
        assert (tmp_path / "a.html").read_bytes() == page


class TestUrls:
    """Redirects, and URLs that expire or are missing."""

    def test_redirect_to_another_host(
        self, *, canvas: Any, emulator: EmulatorServer, world: World, host: Host, file: File, tmp_path: Path
    ) -> None:
        """Redirects to other hosts carry neither the token nor any other private header."""
        with hosted(Host(b"", responses=[(302, {"Location": host.url})])) as between:
            canvas.download(record_of(between), tmp_path / "a.zip")
        for headers in (*host.requests, *between.requests):
            assert set(headers) <= {"host", "user-agent", "accept", "accept-encoding", "connection", "path"}
            assert emulator.token not in str(headers)
        assert host.requests[0]["accept-encoding"] == "identity"

    def test_redirect_loop(self, canvas: Any, host: Host, tmp_path: Path) -> None:
        """Five redirects are followed, and the sixth is an error."""
        host.responses = [(302, {"Location": host.url}) for _ in range(5)]
        canvas.download(record_of(host), tmp_path / "a.zip")
        host.responses = [(302, {"Location": host.url}) for _ in range(9)]
        with pytest.raises(errors.CanvasUnexpectedResponseError, match="302"):
            canvas.download(record_of(host), tmp_path / "a.zip")

    @pytest.mark.parametrize("status", [401, 403, 404, 410])
    def test_expired_url(
        self, *, canvas: Any, world: World, host: Host, file: File, tmp_path: Path, status: int
    ) -> None:
        """If the URL has expired, the record is read again, once, for a new URL."""
        host.responses = [(status, {})]
        canvas.download(record_of(host, id=file.id), tmp_path / "a.zip")
        assert (tmp_path / "a.zip").read_bytes() == DATA
        assert next(request.path for request in world.requests) == f"/api/v1/files/{file.id}"

    def test_url_that_expires_repeatedly(
        self, *, canvas: Any, world: World, host: Host, file: File, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A long download may read the record again each time that it has received bytes."""
        world.settings.storage = StorageMode.S3
        monkeypatch.setattr(files, "download_url", lambda *_: host.url)
        host.breaks = [MIB + 100, MIB + 100]
        host.responses = [(403, {})]
        refused = {MIB: True, 2 * MIB: True}

        def refuse(received: int, total: int | None) -> None:
            if refused.pop(received // MIB * MIB, None):
                host.responses = [(403, {})]

        canvas.download(file.id, tmp_path / "a.zip", on_progress=refuse)
        assert (tmp_path / "a.zip").read_bytes() == DATA
        assert len(host.requests) >= 4

    def test_url_that_is_always_rejected(
        self, canvas: Any, world: World, mode: Any, file: File, tmp_path: Path
    ) -> None:
        """If the new URL is rejected too, the error is raised, without the URL."""
        place = "/download" if mode is StorageMode.LOCAL else "/objects/"
        world.faults.rules.append(Rule(place, status=403, times=None, body=Body.HTML))
        with pytest.raises(errors.CanvasPermissionError, match=r"the download of Grüße 1\.zip") as failure:
            canvas.download(file.id, tmp_path / "a.zip")
        assert place not in str(failure.value)
        assert len([request for request in world.requests if place in request.path]) == 2

    def test_locked_file(self, canvas: Any, tmp_path: Path) -> None:
        """A locked file has no URL, and the error says why."""
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
    def test_export_without_a_file(self, canvas: Any, tmp_path: Path, export: Any, message: str) -> None:
        """The error of an export without a file says whether it expired or is not finished."""
        with pytest.raises(errors.CanvasNotFoundError, match=message):
            canvas.download(export, tmp_path / "a.zip")

    def test_export(self, canvas: Any, world: World, mode: Any, tmp_path: Path) -> None:
        """The attachment of an export is downloaded until it expires after 30 days."""
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
    """Paths and file objects to write to."""

    def test_symbolic_link(self, canvas: Any, host: Host, tmp_path: Path) -> None:
        """A download to a symbolic link replaces the file that the link points to."""
        (tmp_path / "link").symlink_to(tmp_path / "real")
        canvas.download(record_of(host), tmp_path / "link")
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "real").read_bytes() == DATA

    def test_file_permissions(self, canvas: Any, host: Host, tmp_path: Path) -> None:
        """A downloaded file has the permissions of any other file that the user creates."""
        canvas.download(record_of(host), tmp_path / "a")
        (tmp_path / "b").write_bytes(b"")
        assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode

    @pytest.mark.parametrize(("target", "error"), [("", IsADirectoryError), ("no/such/x", FileNotFoundError)])
    def test_invalid_path(self, canvas: Any, host: Host, tmp_path: Path, target: str, error: type[OSError]) -> None:
        """A path that cannot be written is an error before any request."""
        with pytest.raises(error):
            canvas.download(record_of(host), tmp_path / target)
        assert not host.requests

    @pytest.mark.parametrize("target", [io.StringIO(), 7], ids=["text", "number"])
    def test_invalid_file_object(self, canvas: Any, host: Host, target: Any) -> None:
        """A target that does not accept bytes is refused."""
        with pytest.raises(ValueError, match=r"give a path|mode 'wb'"):
            canvas.download(record_of(host), target)
