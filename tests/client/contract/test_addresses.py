"""Test that the server that is contacted is the server that was checked, with real servers on both transports."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from airflow_provider_canvas.client import errors
from airflow_provider_canvas.client.protocol.retry import RetryPolicy
from airflow_provider_canvas.security.address import AddressError, parse_address
from tests.support.recording_server import Received, RecordingServer, Reply, recording

Connect = Callable[..., Any]

ONCE = RetryPolicy(retry_for=0)

ODD = [
    r"http://{evil}\@{canvas}/x",
    r"http://{canvas}\@{evil}/x",
    r"http://{evil}\.{canvas}/x",
    "http://{canvas}@{evil}/x",
    "http://user:password@{evil}/x",
    "http://{evil} #@{canvas}/x",
    "http://{evil}%23@{canvas}/x",
    "http://{evil}%2f@{canvas}/x",
    "http:{evil}/x",
    "http:/{evil}/x",
    "http:///{evil}/x",
    r"http:\\{evil}/x",
    "http://{evil}\t/x",
    "http://{evil} /x",
    "http://{evil}\u3002/x",
    "http://[{evil}]/x",
    "http://{evil}:1/x",
    "ftp://{evil}/x",
    "file:///etc/passwd",
]
"""Addresses of a hostile server that some parser takes for another one, or for none."""


@pytest.fixture
def evil() -> Iterator[RecordingServer]:
    """A server that must never get a token."""
    with recording() as server:
        yield server


@pytest.fixture
def storage() -> Iterator[RecordingServer]:
    """A storage host."""
    with recording() as server:
        yield server


@pytest.fixture
def school() -> Iterator[RecordingServer]:
    """A Canvas that records what it receives."""
    with recording() as server:
        yield server


@pytest.fixture
def client(connect: Connect, school: RecordingServer) -> Any:
    """A client of that Canvas which does not retry."""
    return connect(ONCE, base_url=school.url)


def spelled(pattern: str, evil: RecordingServer, school: RecordingServer) -> str:
    return pattern.format(evil=evil.netloc, canvas=school.netloc)


def download(client: Any, url: str) -> None:
    client.download({"url": url, "size": 1, "display_name": "a.zip"}, io.BytesIO())


def redirect(location: str, status: int = 302) -> Callable[[Received], Reply]:
    return lambda _: (status, {"Location": location}, b"")


@pytest.mark.parametrize("pattern", ODD)
def test_url_of_a_file(client: Any, evil: RecordingServer, school: RecordingServer, pattern: str) -> None:
    """An odd URL in a file's record is refused before any request."""
    with pytest.raises(errors.CanvasUnexpectedResponseError, match=r"URL of a.zip is not used: its? .*which server"):
        download(client, spelled(pattern, evil, school))
    assert not evil.requests
    assert not school.requests


LATIN = [pattern for pattern in ODD if pattern.isascii() and "\t" not in pattern]
RELATIVE = [r"\\{evil}/x", r"/\{evil}/x", "//user@{evil}/x", "///{evil}/x", "http://{evil}:99999/x", ""]


@pytest.mark.parametrize("pattern", [*LATIN, *RELATIVE])
def test_redirect_of_a_download(
    client: Any, evil: RecordingServer, school: RecordingServer, storage: RecordingServer, pattern: str
) -> None:
    """A storage host that redirects a download to an odd address is not followed."""
    storage.respond = redirect(spelled(pattern, evil, school))
    with pytest.raises(errors.CanvasError):
        download(client, f"{storage.url}/x")
    assert not evil.requests
    assert not school.requests
    assert len(storage.requests) == 1


@pytest.mark.parametrize("pattern", [*LATIN, *RELATIVE])
def test_redirect_of_an_upload(
    client: Any, evil: RecordingServer, school: RecordingServer, storage: RecordingServer, pattern: str
) -> None:
    """A storage host that redirects an upload to an odd address is not followed, and the file may have arrived."""
    storage.respond = redirect(spelled(pattern, evil, school), 303)
    school.respond = first_step(f"{storage.url}/x")
    with pytest.raises(
        errors.CanvasUnexpectedResponseError, match=r"redirects the upload of a\.zip is not used"
    ) as failure:
        client.upload(io.BytesIO(b"x"), name="a.zip", course_id=1)
    assert failure.value.maybe_done
    assert not evil.requests
    assert not storage.with_token
    assert [request.method for request in school.requests] == ["POST"]


@pytest.mark.parametrize("pattern", ODD)
def test_upload_url(client: Any, evil: RecordingServer, school: RecordingServer, pattern: str) -> None:
    """An odd ``upload_url`` is refused, and nothing is sent to it."""
    school.respond = first_step(spelled(pattern, evil, school))
    with pytest.raises(errors.CanvasUnexpectedResponseError, match=r"upload_url of a\.zip is not used"):
        client.upload(io.BytesIO(b"x"), name="a.zip", course_id=1)
    assert not evil.requests
    assert len(school.requests) == 1


@pytest.mark.parametrize("pattern", ODD)
def test_success_url(
    client: Any, evil: RecordingServer, school: RecordingServer, storage: RecordingServer, pattern: str
) -> None:
    """An odd ``success_url`` is refused after the upload, so the file may have arrived."""
    school.respond = first_step(f"{storage.url}/x", success_url=spelled(pattern, evil, school))
    storage.respond = lambda _: (201, {}, b"<ok/>")
    with pytest.raises(errors.CanvasUnexpectedResponseError, match=r"success_url of a\.zip is not used") as failure:
        client.upload(io.BytesIO(b"x"), name="a.zip", course_id=1)
    assert failure.value.maybe_done
    assert not evil.requests


def first_step(upload_url: str, **params: str) -> Callable[[Received], Reply]:
    """Respond to the first step of an upload."""
    body = json.dumps({"upload_url": upload_url, "upload_params": params, "file_param": "file"}).encode()
    return lambda _: (200, {"Content-Type": "application/json"}, body)


def test_redirect_to_another_host(client: Any, evil: RecordingServer, school: RecordingServer) -> None:
    """Canvas may redirect to any host, which never gets the token; the way back to Canvas carries it again."""
    school.respond = lambda received: (
        redirect(f"{evil.url}/b?sig=%2f%7E")(received) if received.target == "/a" else (200, {}, b"x")
    )
    evil.respond = redirect(f"{school.url.replace('http', 'HTTP')}/c")
    download(client, f"{school.url}/a")
    assert [(request.target, request.has_token) for request in school.requests] == [("/a", True), ("/c", True)]
    assert [(request.target, request.has_token) for request in evil.requests] == [("/b?sig=%2f%7E", False)]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.2"])
def test_token_stays_with_the_origin(connect: Connect, host: str, evil: RecordingServer) -> None:
    """Another name, port or address of the same machine is another origin, and gets no token."""
    client = connect(ONCE, base_url=f"http://{host}:{evil.port}")
    download(client, f"{evil.url}/x")
    assert [request.has_token for request in evil.requests] == [False]


def test_ipv6(connect: Connect) -> None:
    """A Canvas with an IPv6 address is contacted, and gets the token."""
    with recording(lambda _: (200, {}, b'{"id": 1}'), host="::1") as school:
        assert connect(ONCE, base_url=f"http://[0::1]:{school.port}").courses.get(course_id=1) == {"id": 1}
        assert school.requests[0].has_token
        assert school.requests[0].headers["host"] == f"[::1]:{school.port}"


TARGETS = [
    "/b/a.zip?X-Amz-Signature=ab%2Fcd%2fef%7e~%7E&x=%zz&&y=a+b%20c&z",
    "//two//slashes",
    "/a/../b/./c",
    "/a;b=c,d:e@f!$'()*",
    "/x?\"<>^`{|}[]'",
    "/x?a=?&b=/../&c=//h&d=http://h",
    "/%",
    "/%C3%A4?%c3%a4",
]


@pytest.mark.parametrize("target", TARGETS)
def test_signed_urls_are_sent_byte_for_byte(client: Any, evil: RecordingServer, target: str) -> None:
    """Path and query of a signed URL arrive unchanged."""
    download(client, f"{evil.url}{target}")
    assert [request.target for request in evil.requests] == [target]


PIECES = st.sampled_from(
    [
        "{evil}",
        "{canvas}",
        "localhost",
        "127.0.0.1",
        "[::1]",
        "@",
        "\\",
        "/",
        "//",
        "?",
        "#",
        ":",
        ":80",
        "%40",
        "%2f",
        "%5c",
        ".",
        " ",
        "\t",
        "\n",
        "。",
        "user",
        ";",
        "&",
        "x",
        "[",
        "]",
    ]
)
URLS = st.builds(
    lambda start, pieces: start + "".join(pieces),
    st.sampled_from(["http://", "HTTP://", "http:/", "http:", "//", "http:///"]),
    st.lists(PIECES, min_size=1, max_size=6),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pattern=st.one_of(URLS, st.builds("http://{{evil}}{}".format, URLS), st.builds("http://{{canvas}}{}".format, URLS))
)
def test_any_url(client: Any, evil: RecordingServer, school: RecordingServer, pattern: str) -> None:
    """Whatever the URL: it is refused, or exactly the checked server is contacted, and only Canvas gets the token."""
    url = spelled(pattern, evil, school)
    for server in (evil, school):
        server.requests.clear()
    try:
        address = parse_address(url)
    except AddressError:
        with pytest.raises(errors.CanvasUnexpectedResponseError):
            download(client, url)
        assert not evil.requests + school.requests
        return
    origins = {parse_address(server.url).origin: server for server in (evil, school)}
    if address.origin not in origins:  # another port of this machine, which does not listen, or any other host
        return
    download(client, url)
    assert [request.target for request in origins[address.origin].requests] == [address.target]
    assert len(evil.requests) + len(school.requests) == 1
    assert not evil.with_token


LOCATIONS = st.builds(
    lambda start, pieces: (start + "".join(pieces)).strip(" "),
    st.sampled_from(
        ["http://", "HTTP://", "http:/", "http:", "//", "/", "?", "", "///", "\\\\", "http://{evil}", "//{evil}"]
    ),
    st.lists(PIECES.filter(lambda piece: piece.isascii() and piece not in "\t\n"), max_size=5),
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pattern=LOCATIONS)
def test_any_redirect(
    client: Any, evil: RecordingServer, school: RecordingServer, storage: RecordingServer, pattern: str
) -> None:
    """Whatever a storage host redirects to: it is refused, or exactly the checked server is contacted."""
    location = spelled(pattern, evil, school)
    servers = {parse_address(server.url).origin: server for server in (evil, school, storage)}
    for server in servers.values():
        server.requests.clear()
    storage.respond = lambda request: redirect(location)(request) if len(storage.requests) == 1 else (200, {}, b"x")
    first = parse_address(f"{storage.url}/a/b?c=d")
    try:
        target = first.resolve(location)
    except AddressError:
        with pytest.raises(errors.CanvasUnexpectedResponseError, match="is not used"):
            download(client, first.url)
        assert [len(server.requests) for server in (evil, school, storage)] == [0, 0, 1]
        return
    if target.origin not in servers:
        return
    download(client, first.url)
    contacted = servers[target.origin].requests[-1]
    assert contacted.target == target.target
    assert contacted.has_token == (target.origin == parse_address(school.url).origin)
    assert sum(len(server.requests) for server in servers.values()) == 2
    assert not evil.with_token + storage.with_token
