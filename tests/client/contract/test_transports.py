"""Test what both transports do with requests, listings, errors and redirects, over HTTP."""

from __future__ import annotations

import itertools
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from canvas_emulator.model.faults import Action, Body, Rule
from canvas_emulator.model.world import World
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.api.canvas import Canvas
from airflow_provider_canvas.api.endpoint import SyncIO
from airflow_provider_canvas.client import errors
from airflow_provider_canvas.client.protocol.retry import RetryPolicy
from tests.support.eventually import eventually

Connect = Callable[..., Canvas[SyncIO]]

SOURCE = "sis_course_id:TMPL-BIOL1010"
QUICK = RetryPolicy(retry_for=20, first_delay=0.01, max_delay=0.05)


def test_record_is_returned_unchanged(canvas: Canvas[SyncIO]) -> None:
    """A record is returned as Canvas sent it, with the keys that its type does not name."""
    course = canvas.courses.get(course_id=SOURCE)
    assert course["name"] == "BIOL 1010 Intro Biology — Master"
    assert "grading_standard_id" in course


def test_listing_follows_all_pages(connect: Connect, world: World) -> None:
    """A listing follows ``next`` links to the end, and requests no page before it is needed."""
    canvas = connect(per_page=5)
    listing = canvas.files.list(course_id=SOURCE)
    assert not world.requests
    first = list(itertools.islice(listing, 3))
    assert len(world.requests) == 1
    names = [file["display_name"] for file in [*first, *listing]]
    assert len(names) == len(set(names)) == 27
    assert len(world.requests) == 6


def test_page_size_is_a_hundred(canvas: Canvas[SyncIO], world: World) -> None:
    """Listings request 100 items per page, not Canvas's default of 10."""
    assert len(list(canvas.assignments.list(course_id=SOURCE))) == 17
    assert [request.query for request in world.requests] == ["per_page=100"]


@pytest.mark.parametrize("sis_id", ["BIO.json", "BIO 1/2.xml", "ü.JSON", "BIO.jsonl"])
def test_sis_id_that_ends_like_a_format(canvas: Canvas[SyncIO], world: World, sis_id: str) -> None:
    """A course is found by an SIS id that ends like the format of a response."""
    with world.lock:
        world.tables.courses[1010].sis_course_id = sis_id
    assert canvas.courses.get(course_id=f"sis_course_id:{sis_id}")["id"] == 1010


@pytest.mark.edition("current")
def test_user_agent_and_token(canvas: Canvas[SyncIO], world: World) -> None:
    """Every request has a User-Agent, which Canvas requires, and the token in a header only."""
    assert world.settings.require_user_agent
    assert canvas.users.get(user_id="self")["name"] == "Canvas Service Account"
    assert world.requests[0].has_authorization
    assert world.requests[0].query == ""


def test_as_user_id(connect: Connect, world: World) -> None:
    """``as_user_id`` is sent with every request."""
    canvas = connect(as_user_id="17")
    assert canvas.users.get(user_id="self")["name"] == "Dana Whitfield"
    assert world.requests[0].query == "as_user_id=17"


def test_netrc_is_ignored(canvas: Canvas[SyncIO], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A password for the host in ``~/.netrc`` does not replace the token."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password something\n")
    monkeypatch.setenv("NETRC", str(netrc))
    assert canvas.users.get(user_id="self")["id"] == 4


def test_rejected_token(connect: Connect) -> None:
    """The error of a rejected token says what to do, and does not contain the token."""
    with pytest.raises(errors.CanvasAuthenticationError, match=r"Invalid access token.*create a new one") as refusal:
        connect(token="7~unknown").courses.get(course_id=SOURCE)
    assert "7~unknown" not in str(refusal.value)
    assert refusal.value.route == "GET courses/{course_id}"


def test_unknown_course(canvas: Canvas[SyncIO]) -> None:
    """The error of an unknown course gives advice about ids and prefixes."""
    with pytest.raises(errors.CanvasNotFoundError, match=r"does not exist.*the prefix of an SIS id"):
        canvas.courses.get(course_id="sis_course_id:NOPE")


@pytest.mark.parametrize(
    "rule",
    [
        {"status": 502, "body": Body.HTML},
        {"status": 429, "body": Body.THROTTLE},
        {"status": 403, "body": Body.THROTTLE},
        {"action": Action.DROP},
        {"action": Action.DROP_AFTER},
        {"action": Action.TRUNCATE},
    ],
    ids=str,
)
def test_get_is_retried_after_temporary_errors(connect: Connect, world: World, rule: dict[str, Any]) -> None:
    """A GET succeeds after three temporary errors in a row, of any kind."""
    canvas = connect(QUICK)
    world.faults.rules.append(Rule("/courses/", times=3, **rule))
    assert canvas.courses.get(course_id=SOURCE)["id"] == 1010
    assert len(world.requests) == 4


def test_get_is_retried_after_a_timeout(connect: Connect, world: World) -> None:
    """A GET is retried after a read timeout."""
    world.faults.rules.append(Rule("/courses/", action=Action.DELAY, seconds=3, times=1))
    canvas = connect(QUICK, read_timeout=0.3)
    assert canvas.courses.get(course_id=SOURCE)["id"] == 1010


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        ({"status": 503, "body": Body.HTML}, errors.CanvasServerError),
        ({"action": Action.DROP_AFTER}, errors.CanvasTransportError),
    ],
    ids=["503", "lost response"],
)
def test_post_that_may_have_succeeded_is_not_retried(
    connect: Connect, world: World, rule: dict[str, Any], error: type[errors.CanvasError]
) -> None:
    """A POST that may have been executed is not retried, and its error has ``maybe_done``."""
    world.faults.rules.append(Rule("/cancel", **rule))
    with pytest.raises(error) as failure:
        connect(QUICK).progress.cancel(progress_id=901)
    assert failure.value.maybe_done
    assert eventually(lambda: len(world.requests)) == 1


@pytest.mark.edition("current")
def test_throttled_post_is_retried(connect: Connect, world: World) -> None:
    """A throttled POST was not executed, so it is retried."""
    world.faults.rules.append(Rule("/cancel", status=429, body=Body.THROTTLE, times=2))
    connect(QUICK).progress.cancel(progress_id=901)
    assert [request.status for request in world.requests] == [429, 429, 200]


def test_host_that_does_not_listen(connect: Connect) -> None:
    """If nothing listens, the error says so, and advises to check the host."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
    down = connect(RetryPolicy(retry_for=0.3, first_delay=0.05), base_url=url)
    with pytest.raises(errors.CanvasTransportError, match=r"could not be reached.*attempts in") as failure:
        down.courses.get(course_id=1)
    assert not failure.value.maybe_done
    assert "host is right" in str(failure.value)


def test_redirects_are_not_followed(connect: Connect, world: World) -> None:
    """A redirect of an API request is an error, so that no other host sees the token."""
    world.faults.rules.append(Rule("/courses/", status=302, body=Body.HTML))
    with pytest.raises(errors.CanvasUnexpectedResponseError, match="address of Canvas itself"):
        connect().courses.get(course_id=SOURCE)
    assert len(world.requests) == 1


def test_next_page_is_requested_from_the_same_host(connect: Connect, emulator: EmulatorServer) -> None:
    """The next page is requested from the connection's host, whatever host the ``next`` link names."""
    canvas = connect(base_url=emulator.url.replace("127.0.0.1", "localhost"), per_page=10)
    assert len(list(canvas.files.list(course_id=SOURCE))) == 27
