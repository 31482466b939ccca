"""What both transports make of a Canvas over HTTP: the same."""

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


def test_a_record(canvas: Canvas[SyncIO]) -> None:
    """An object comes as Canvas sent it, keys that no type names among them."""
    course = canvas.courses.get(course_id=SOURCE)
    assert course["name"] == "BIOL 1010 Intro Biology — Master"
    assert "grading_standard_id" in course


def test_all_pages_of_a_listing(connect: Connect, world: World) -> None:
    """Listings follow the next link to the end, and ask for no page before it is needed."""
    canvas = connect(per_page=5)
    listing = canvas.files.list(course_id=SOURCE)
    assert not world.requests
    first = list(itertools.islice(listing, 3))
    assert len(world.requests) == 1
    names = [file["display_name"] for file in [*first, *listing]]
    assert len(names) == len(set(names)) == 27
    assert len(world.requests) == 6


def test_pages_are_of_a_hundred(canvas: Canvas[SyncIO], world: World) -> None:
    """Canvas's own default of ten would make ten times the requests."""
    assert len(list(canvas.assignments.list(course_id=SOURCE))) == 17
    assert [request.query for request in world.requests] == ["per_page=100"]


def test_who_asks(canvas: Canvas[SyncIO], world: World) -> None:
    """Every request names itself, or Canvas would refuse it, and carries the token in a header only."""
    assert world.settings.require_user_agent
    assert canvas.users.get(user_id="self")["name"] == "Canvas Service Account"
    assert world.requests[0].has_authorization
    assert world.requests[0].query == ""


def test_acting_as_another(connect: Connect, world: World) -> None:
    """``as_user_id`` goes with every request."""
    canvas = connect(as_user_id="17")
    assert canvas.users.get(user_id="self")["name"] == "Dana Whitfield"
    assert world.requests[0].query == "as_user_id=17"


def test_no_netrc_replaces_the_token(canvas: Canvas[SyncIO], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A password for the host in ~/.netrc is not sent in the token's place."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password something\n")
    monkeypatch.setenv("NETRC", str(netrc))
    assert canvas.users.get(user_id="self")["id"] == 4


def test_a_refused_token(connect: Connect) -> None:
    """The error says what to do, and does not contain the token."""
    with pytest.raises(errors.CanvasAuthenticationError, match=r"Invalid access token.*create a new one") as refusal:
        connect(token="7~unknown").courses.get(course_id=SOURCE)
    assert "7~unknown" not in str(refusal.value)
    assert refusal.value.route == "GET courses/{course_id}"


def test_an_unknown_course(canvas: Canvas[SyncIO]) -> None:
    """The advice speaks of ids and prefixes."""
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
def test_a_get_outlasts_what_passes(connect: Connect, world: World, rule: dict[str, Any]) -> None:
    """Three errors in a row, of any passing kind, cost time and nothing else."""
    canvas = connect(QUICK)
    world.faults.rules.append(Rule("/courses/", times=3, **rule))
    assert canvas.courses.get(course_id=SOURCE)["id"] == 1010
    assert len(world.requests) == 4


def test_a_slow_answer_is_asked_for_again(connect: Connect, world: World) -> None:
    """A read timeout is an error that passes."""
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
def test_a_post_is_not_repeated_blindly(
    connect: Connect, world: World, rule: dict[str, Any], error: type[errors.CanvasError]
) -> None:
    """What may have been carried out is left to who asked for it."""
    world.faults.rules.append(Rule("/cancel", **rule))
    with pytest.raises(error) as failure:
        connect(QUICK).progress.cancel(progress_id=901)
    assert failure.value.maybe_done
    assert eventually(lambda: len(world.requests)) == 1


def test_a_throttled_post_is_repeated(connect: Connect, world: World) -> None:
    """A refused request was not carried out."""
    world.faults.rules.append(Rule("/cancel", status=429, body=Body.THROTTLE, times=2))
    connect(QUICK).progress.cancel(progress_id=901)
    assert [request.status for request in world.requests] == [429, 429, 200]


def test_canvas_that_is_down(connect: Connect) -> None:
    """Nothing listens: the message says so, and what to look at."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
    down = connect(RetryPolicy(retry_for=0.3, first_delay=0.05), base_url=url)
    with pytest.raises(errors.CanvasTransportError, match=r"could not be reached.*attempts in") as failure:
        down.courses.get(course_id=1)
    assert not failure.value.maybe_done
    assert "host is right" in str(failure.value)


def test_no_redirect_is_followed(connect: Connect, world: World) -> None:
    """Another address never sees the token: a redirect is an error that shows where to look."""
    world.faults.rules.append(Rule("/courses/", status=302, body=Body.HTML))
    with pytest.raises(errors.CanvasUnexpectedResponseError, match="address of Canvas itself"):
        connect().courses.get(course_id=SOURCE)
    assert len(world.requests) == 1


def test_the_next_page_is_our_own(connect: Connect, emulator: EmulatorServer) -> None:
    """Whatever host the next link names, the page is asked of the connection's host."""
    canvas = connect(base_url=emulator.url.replace("127.0.0.1", "localhost"), per_page=10)
    assert len(list(canvas.files.list(course_id=SOURCE))) == 27
