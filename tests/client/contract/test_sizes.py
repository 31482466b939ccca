"""Test that no response takes more memory than the connection allows, whatever it is and however it is packed."""

from __future__ import annotations

import gzip
import io
import json
import socket
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_canvas.client import errors
from airflow_provider_canvas.client.protocol.retry import RetryPolicy
from tests.client.contract.raw_server import read_body, response, serving

Connect = Callable[..., Any]

MIB = 1 << 20
COURSE = json.dumps({"id": 1, "name": "Biology " * 40}).encode()
POLICY = RetryPolicy(retry_for=5, first_delay=0.01)

OF_CANVAS = "X-Request-Context-Id: 00000000-0000-4000-8000-000000000605"
"""The header by which a response of Canvas is known."""


def raw_deflate(data: bytes) -> bytes:
    """Pack without the header of zlib, as some servers do."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


PACKERS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "GZip": ("GZip", gzip.compress),
    "x-gzip": ("x-gzip", gzip.compress),
    "gzip of two members": ("gzip", lambda data: gzip.compress(data[:50]) + gzip.compress(data[50:])),
    "padded gzip": ("gzip", lambda data: gzip.compress(data) + b"\0" * 9),
    "deflate": ("deflate", zlib.compress),
    "deflate without a header": ("deflate", raw_deflate),
    "twice": ("gzip, gzip", lambda data: gzip.compress(gzip.compress(data))),
    "deflate, then gzip": ("deflate,gzip", lambda data: gzip.compress(zlib.compress(data))),
    "identity": ("identity", bytes),
}


def answering(data: bytes) -> Callable[[socket.socket, bytes], None]:
    """Return a script that sends the same response to every request."""

    def script(connection: socket.socket, head: bytes) -> None:
        read_body(connection, head)
        with suppress(OSError):
            connection.sendall(data)

    return script


def endless(*start: bytes, block: bytes) -> Callable[[socket.socket, bytes], None]:
    """Return a script that sends a block for ever."""

    def script(connection: socket.socket, head: bytes) -> None:
        read_body(connection, head)
        connection.sendall(b"".join(start))
        while True:
            connection.sendall(block)

    return script


@contextmanager
def memory_below(limit: int) -> Iterator[None]:
    """Check the memory that is allocated within."""
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < limit


@pytest.mark.parametrize("packing", PACKERS)
@pytest.mark.parametrize("chunked", [False, True])
def test_packed_response_is_read(connect: Connect, packing: str, chunked: bool) -> None:
    """A response is unpacked, whichever of the accepted encodings it has."""
    encoding, pack = PACKERS[packing]
    packed = pack(COURSE)
    data = response(packed, f"Content-Encoding: {encoding}")
    if chunked:
        chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in packed)
        headers = (f"Content-Encoding: {encoding}", "Transfer-Encoding: chunked")
        data = response(chunks + b"0\r\n\r\n", *headers, length=False)
    with serving(answering(data)) as server:
        assert connect(POLICY, base_url=server.url).courses.get(course_id=1) == json.loads(COURSE)
    assert b"accept-encoding: gzip, deflate\r\n" in server.heads[0].lower()


@pytest.mark.parametrize("packing", [name for name in PACKERS if name != "identity"])
def test_bomb_is_not_unpacked(connect: Connect, packing: str) -> None:
    """A small response that unpacks to 64 MiB is an error that is not retried, and costs a few MiB."""
    encoding, pack = PACKERS[packing]
    data = response(pack(b"[" + b" " * (64 * MIB)), f"Content-Encoding: {encoding}")
    canvas = None
    with serving(answering(data)) as server:
        canvas = connect(POLICY, base_url=server.url, max_response_mib=1)
        with (
            memory_below(8 * MIB),
            pytest.raises(errors.CanvasUnexpectedResponseError, match=r"larger than 1 MiB.*max_response_mib"),
        ):
            canvas.courses.get(course_id=1)
    assert len(server.heads) == 1


BLOCK = b" " * 65536
ENDLESS = {
    "a length": (response(b"", "Content-Length: 99999999999", length=False), BLOCK),
    "a length of 5,000 digits": (response(b"", "Content-Length: " + "9" * 5000, length=False), BLOCK),
    "no length": (response(b"", "Connection: close", length=False), BLOCK),
    "chunks": (response(b"", "Transfer-Encoding: chunked", length=False), b"10000\r\n" + BLOCK + b"\r\n"),
    "gzip of empty members": (
        response(b"", "Connection: close", "Content-Encoding: gzip", length=False),
        gzip.compress(b"") * 3000,
    ),
}


@pytest.mark.parametrize("form", ENDLESS)
def test_endless_response_ends_at_the_limit(connect: Connect, form: str) -> None:
    """A response without end is an error as soon as it reaches the limit."""
    start, block = ENDLESS[form]
    with serving(endless(start, block=block)) as server:
        canvas = connect(RetryPolicy(retry_for=0), base_url=server.url, max_response_mib=1)
        with memory_below(8 * MIB), pytest.raises(errors.CanvasError):
            canvas.courses.get(course_id=1)


@pytest.mark.parametrize("status", ["404 Not Found", "401 Unauthorized", "302 Found", "400 Bad Request"])
@pytest.mark.parametrize("packing", ["identity", "gzip", "twice"])
def test_body_of_an_error_is_cut_off(connect: Connect, status: str, packing: str) -> None:
    """Of a response that is not a success, a short part is read: its status decides about the error."""
    encoding, pack = PACKERS[packing]
    body = pack(b"No such thing. " * (MIB * 2))
    data = response(body, f"Content-Encoding: {encoding}", status=status)
    with serving(answering(data)) as server:
        canvas = connect(POLICY, base_url=server.url)
        with memory_below(8 * MIB + len(body)), pytest.raises(errors.CanvasError) as failure:
            canvas.courses.get(course_id=1)
    assert failure.value.status == int(status[:3])
    assert len(str(failure.value)) < 2000


@pytest.mark.parametrize(
    ("encoding", "body", "reason"),
    [
        ("br", b"\x0b\x02\x80", "content encoding 'br', which was not requested"),
        ("zstd", b"\x28\xb5\x2f\xfd", "content encoding 'zstd'"),
        ("gzip, br", b"x", "content encoding 'br'"),
        ("gzip, gzip, gzip", gzip.compress(gzip.compress(gzip.compress(COURSE))), "encoded 3 times"),
        ("gzip", COURSE, "does not have the content encoding"),
        ("gzip", gzip.compress(COURSE)[:-9], "ends within its content encoding"),
        ("deflate", zlib.compress(COURSE)[:-1], "ends within its content encoding"),
        ("y" * 5000, COURSE, "content encoding 'y{20}'"),
    ],
    ids=["br", "zstd", "gzip, br", "three times", "no gzip", "cut gzip", "cut deflate", "a long name"],
)
def test_response_that_cannot_be_unpacked(connect: Connect, encoding: str, body: bytes, reason: str) -> None:
    """A response with another encoding, or a broken one, is an error that names it."""
    with serving(answering(response(body, f"Content-Encoding: {encoding}"))) as server:
        canvas = connect(RetryPolicy(retry_for=0), base_url=server.url)
        with pytest.raises(errors.CanvasError, match=reason):
            canvas.courses.get(course_id=1)


@pytest.mark.parametrize("encoding", ["gzip", "br"])
def test_error_that_cannot_be_unpacked_keeps_its_status(connect: Connect, encoding: str) -> None:
    """An error whose body cannot be unpacked is known by its status."""
    data = response(b"{}", f"Content-Encoding: {encoding}", OF_CANVAS, status="404 Not Found")
    with serving(answering(data)) as server, pytest.raises(errors.CanvasNotFoundError):
        connect(base_url=server.url).courses.get(course_id=1)


def test_empty_body_has_no_encoding(connect: Connect) -> None:
    """An empty body needs no unpacking, whatever its header says."""
    data = response(b"", "Content-Encoding: gzip", OF_CANVAS, status="404 Not Found")
    with serving(answering(data)) as server, pytest.raises(errors.CanvasNotFoundError):
        connect(base_url=server.url).courses.get(course_id=1)


def test_large_response_to_a_post_may_have_been_executed(connect: Connect) -> None:
    """After a POST, a response that is too large means that Canvas may have executed the request."""
    data = response(b" " * (2 * MIB))
    with serving(answering(data)) as server:
        canvas = connect(POLICY, base_url=server.url, max_response_mib=1)
        with pytest.raises(errors.CanvasUnexpectedResponseError, match="check first whether") as failure:
            canvas.content_migrations.create(
                course_id=1, migration_type="course_copy_importer", settings={"source_course_id": 2}
            )
    assert failure.value.maybe_done
    assert len(server.heads) == 1


def test_storage_response_has_a_limit(connect: Connect) -> None:
    """The response of a storage host to an upload has the same limit."""

    def script(connection: socket.socket, head: bytes) -> None:
        read_body(connection, head)
        if b"/files " in head.partition(b"\r\n")[0]:
            target = {"upload_url": f"{server.url}/upload", "upload_params": {}, "file_param": "file"}
            connection.sendall(response(json.dumps(target).encode(), "Connection: close"))
        else:
            connection.sendall(response(b" " * (3 * MIB), status="201 Created"))

    with serving(script) as server:
        canvas = connect(RetryPolicy(retry_for=0), base_url=server.url, max_response_mib=1)
        with pytest.raises(errors.CanvasUnexpectedResponseError, match="larger than 1 MiB") as failure:
            canvas.upload(io.BytesIO(b"data"), name="a.bin", course_id=1)
    assert failure.value.maybe_done


@pytest.mark.parametrize("packing", ["gzip", "twice", "deflate"])
def test_download_is_never_unpacked_in_memory(connect: Connect, packing: str, tmp_path: Path) -> None:
    """A file is not limited, and one that arrives packed is unpacked in small pieces."""
    encoding, pack = PACKERS[packing]
    content = b"\0" * (48 * MIB)
    data = response(pack(content), f"Content-Encoding: {encoding}")
    with serving(answering(data)) as server:
        canvas = connect(POLICY, base_url=server.url, max_response_mib=1)
        record = {"url": f"{server.url}/file", "display_name": "a.bin", "content-type": "application/zip"}
        with memory_below(8 * MIB):
            canvas.download(record, tmp_path / "a.bin")
    assert (tmp_path / "a.bin").stat().st_size == len(content)


def test_page_instead_of_a_file_is_not_read(connect: Connect, tmp_path: Path) -> None:
    """An HTML page without end in place of a file is an error at once."""
    start = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n"
    with serving(endless(start, block=b"<p>Log in</p>" * 1000)) as server:
        record = {"url": f"{server.url}/file", "display_name": "a.bin", "content-type": "application/zip"}
        with memory_below(8 * MIB), pytest.raises(errors.CanvasUnexpectedResponseError, match="HTML page"):
            connect(POLICY, base_url=server.url).download(record, tmp_path / "a.bin")


def test_file_larger_than_its_record(connect: Connect, tmp_path: Path) -> None:
    """A file without end is an error as soon as it exceeds the size in its record."""
    start = b"HTTP/1.1 200 OK\r\nContent-Type: application/zip\r\nConnection: close\r\n\r\n"
    with serving(endless(start, block=BLOCK)) as server:
        record = {"url": f"{server.url}/file", "display_name": "a.bin", "size": MIB, "content-type": "application/zip"}
        with pytest.raises(errors.CanvasUnexpectedResponseError, match="More than the 1048576 bytes"):
            connect(POLICY, base_url=server.url).download(record, tmp_path / "a.bin")
    assert list(tmp_path.iterdir()) == []
