from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from canvas_emulator.model.content import Page
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import ADMIN, DESTINATION, SOURCE
from tests.support.caller import Caller


def test_control_endpoints_need_no_token(canvas: Caller) -> None:
    """The control endpoints need no token from callers on this machine."""
    response = requests.get(canvas.server.url + "/_emulator/state", timeout=10)
    assert response.status_code == 200
    assert [course["id"] for course in response.json()["courses"]] == [11, 22, 33]


def test_state_shows_migrations_settings_and_courses(canvas: Caller, world: World) -> None:
    """The state has stored states, settings and Progress of all migrations, and the contents of courses."""
    world.add(Page(course_id=SOURCE, title="P"))
    migration = canvas.copy()
    world.clock.advance(8)
    state = canvas.get("/_emulator/state")
    (row,) = state["content_migrations"]
    assert (row["id"], row["course_id"], row["workflow_state"]) == (migration["id"], DESTINATION, "pre_processing")
    assert (row["progress"]["workflow_state"], row["progress"]["completion"]) == ("running", 2.5)
    assert row["migration_settings"]["source_course_id"] == SOURCE
    assert state["courses"][0]["counts"]["pages"] == 1


def test_clock_can_be_advanced(canvas: Caller) -> None:
    """Advancing the clock runs the stages that are due."""
    migration = canvas.copy()
    response = canvas("POST", "/_emulator/clock", json={"advance": 25})
    assert response.json() == {"time": "2026-05-04T09:00:25+00:00"}
    assert canvas.migration(migration["id"])["workflow_state"] == "completed"


def test_faults_are_added_and_removed(canvas: Caller) -> None:
    """A rule is added, applies to requests but not to the control endpoints, and is removed."""
    rule = canvas("POST", "/_emulator/faults", json={"path": ".", "status": 503, "body": "html", "times": None})
    assert (rule.status_code, rule.json()["action"]) == (200, "respond")
    assert canvas("GET", "users/self").status_code == 503
    assert canvas("DELETE", "/_emulator/faults").status_code == 200
    assert canvas("GET", "users/self").status_code == 200


def test_fault_of_the_next_copy(canvas: Caller) -> None:
    """The next copy fails at the stage that the fault names."""
    canvas("POST", "/_emulator/faults", json={"content_migration": "fails", "stage": 2})
    assert canvas.copied()["workflow_state"] == "failed"


def test_settings_can_be_changed(canvas: Caller, world: World) -> None:
    """A changed setting applies at once, and is shown in the state."""
    response = canvas("POST", "/_emulator/settings", json={"copy_seconds": 3, "legacy_permission_401": True})
    assert response.json()["copy_seconds"] == 3
    assert (world.settings.copy_seconds, world.settings.legacy_permission_401) == (3, True)


@pytest.mark.parametrize(
    ("method", "name", "body"),
    [
        ("POST", "settings", {"copy_second": 3}),
        ("POST", "settings", {"copy_seconds": True}),
        ("POST", "settings", {"copy_seconds": -1}),
        ("POST", "settings", {"throttle": 1}),
        ("POST", "clock", {}),
        ("POST", "clock", {"advance": -5}),
        ("POST", "clock", {"advance": "soon"}),
        ("POST", "faults", {"path": "("}),
        ("POST", "faults", {"nonsense": 1}),
        ("POST", "faults", {"content_migration": "explodes"}),
        ("POST", "faults", [1]),
    ],
)
def test_invalid_bodies_are_refused(canvas: Caller, world: World, method: str, name: str, body: Any) -> None:
    """An invalid body is a 400 with a reason, and changes nothing."""
    settings = vars(world.settings).copy()
    response = canvas(method, f"/_emulator/{name}", json=body)
    assert response.status_code == 400
    assert response.json()["message"]
    assert (vars(world.settings), world.faults.rules) == (settings, [])


@pytest.mark.parametrize(
    "body", [{}, {"call": 0}, {"seconds": "soon"}, {"seconds": -1}], ids=["nothing", "no call", "text", "the past"]
)
def test_invalid_throttle_is_refused(canvas: Caller, world: World, body: Any) -> None:
    """A throttle with missing, misspelt or invalid values is refused, and changes nothing."""
    assert canvas("POST", "/_emulator/throttle", json=body).status_code == 400
    assert (world.faults.rules, world.faults.storm_until) == ([], None)


@pytest.mark.edition("current")
def test_tokens_are_added_and_revoked(canvas: Caller, call_as: Callable[[str | None], Caller]) -> None:
    """A token is added for a user, expires, and is revoked; no response repeats it."""
    added = canvas("POST", "/_emulator/tokens", json={"token": "brief", "user_id": 2, "expires_in": 60})
    assert (added.json()["user_id"], "brief" in added.text) == (2, False)
    caller = call_as("brief")
    assert caller.get("users/self")["id"] == 2
    canvas("POST", "/_emulator/clock", json={"advance": 60})
    assert "Expired" in caller("GET", "users/self").text
    canvas("POST", "/_emulator/tokens", json={"token": "brief", "revoked": True})
    assert "Revoked" in caller("GET", "users/self").text


@pytest.mark.parametrize(
    "body", [{}, {"token": "x"}, {"token": "x", "user_id": 99}, {"token": "x", "user_id": 1, "y": 1}]
)
def test_invalid_tokens_are_refused(canvas: Caller, world: World, body: Any) -> None:
    """A token needs a text and an existing user; unknown keys are refused."""
    assert canvas("POST", "/_emulator/tokens", json=body).status_code == 400
    assert "x" not in world.tables.tokens


def test_status_page(canvas: Caller, world: World) -> None:
    """The root URL is a page that loads nothing from other hosts; its data comes from an endpoint."""
    page = requests.get(canvas.server.url + "/", timeout=10)
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "http://" not in page.text
    assert "https://" not in page.text
    migration = canvas.copy()
    world.clock.advance(8)
    shown = canvas.get("/_emulator/status")
    (row,) = shown["content_migrations"]
    assert (row["id"], row["workflow_state"], row["completion"]) == (migration["id"], "pre_processing", 2.5)
    assert shown["counts"] == {"courses": 3, "running": 1, "completed": 0, "failed": 0, "faults": 0}
    assert shown["requests"][0]["path"].endswith("/content_migrations")
    assert [course["copied"] for course in shown["courses"]] == [None, "pre_processing", None]


def test_unknown_endpoint(canvas: Caller) -> None:
    """A request to an unknown control endpoint is a 404 that lists the existing ones."""
    response = canvas("GET", "/_emulator/nonsense")
    assert response.status_code == 404
    assert "GET /_emulator/state" in response.json()["message"]


def test_requests_are_listed_without_tokens(canvas: Caller, world: World) -> None:
    """All requests are listed with their status, without tokens in any form."""
    canvas("GET", "users/self", params={"access_token": ADMIN, "x": "1"})
    requests.get(canvas.server.url + "/api/v1/nonsense", timeout=10)
    canvas("POST", "/_emulator/faults", json={"path": "users/self", "action": "drop"})
    with pytest.raises(requests.ConnectionError):
        canvas("GET", "users/self")
    response = canvas("GET", "/_emulator/requests")
    assert ADMIN not in response.text
    assert [
        (row["method"], row["path"], row["query"], row["status"], row["user_id"], row["has_authorization"])
        for row in response.json()
    ] == [
        ("GET", "/api/v1/users/self", "x=1", 200, 1, True),
        ("GET", "/api/v1/nonsense", "", 404, None, False),
        ("GET", "/api/v1/users/self", "", None, None, True),
    ]


def test_reset_restores_the_initial_state(canvas: Caller, world: World) -> None:
    """Rows, settings, faults, buckets and requests are reset; ids start again."""
    first = canvas.copied()
    canvas("POST", "/_emulator/settings", json={"copy_seconds": 3})
    canvas("POST", "/_emulator/faults", json={"path": "x"})
    canvas("POST", "/_emulator/reset")
    assert canvas.get("/_emulator/requests") == []
    assert canvas.get("/_emulator/state")["content_migrations"] == []
    assert (world.settings.copy_seconds, world.faults.rules, world.buckets) == (25.0, [], {})
    assert canvas.copy()["id"] == first["id"]


OWN = (
    "127.0.0.1",
    "localhost",
    "[::1]",
    "127.8.9.1:3000",
    "canvas.test",
    "school.example:81",
    "a.localhost.",
    "x.invalid",
)
PUBLIC = (
    "evil.com",
    "127.0.0.1.evil.com",
    "localhost.evil.com",
    "evil.com:3000",
    "0.0.0.0",
    "10.0.0.1",
    "[::2]",
    "[",
    "a b",
)


@pytest.mark.parametrize("path", ["/", "/_emulator/state", "/api/v1/users/self"])
@pytest.mark.parametrize("host", PUBLIC)
def test_a_public_host_is_refused(canvas: Caller, path: str, host: str) -> None:
    """A page whose own domain leads to this machine reads nothing, whatever it requests."""
    response = canvas("GET", path, headers={"Host": host})
    assert response.status_code in (400, 421)
    assert "courses" not in response.text


@pytest.mark.parametrize("host", OWN)
def test_names_that_nobody_can_register_are_hosts(canvas: Caller, host: str) -> None:
    """The names of this machine, and domains that are reserved, are accepted."""
    assert canvas("GET", "/_emulator/state", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.com"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1"},
        {"Origin": "http://localhost:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
@pytest.mark.parametrize(
    ("method", "name"), [("POST", "reset"), ("POST", "clock"), ("GET", "state"), ("DELETE", "faults")]
)
def test_other_web_pages_are_refused(
    canvas: Caller, method: str, name: str, headers: dict[str, str], world: World
) -> None:
    """A web page that a browser shows on this machine changes nothing, and reads nothing."""
    before = world.clock.now()
    response = canvas(method, f"/_emulator/{name}", data='{"advance": 60}', headers=headers)
    assert (response.status_code, world.clock.now()) == (403, before)
    assert "accept no requests of other web pages" in response.json()["message"]


def test_the_own_page_is_accepted(canvas: Caller) -> None:
    """The emulator's own page uses the endpoints from a browser."""
    headers = {"Origin": canvas.server.url, "Sec-Fetch-Site": "same-origin"}
    assert canvas("GET", "/_emulator/status", headers=headers).status_code == 200


COPY = {"migration_type": "course_copy_importer", "settings": {"source_course_id": SOURCE}}
KEYS = {
    "clock": ("advance",),
    "faults": (
        *("path", "action", "method", "times", "skip", "probability", "status", "body", "seconds"),
        *("content_migration", "content_export", "stage", "factor"),
    ),
    "holds": ("stage",),
    "settings": ("copy_seconds", "lanes", "per_page", "throttle", "storage", "edition", "outflow", "user_agent_status"),
    "throttle": ("seconds", "call", "times"),
    "tokens": ("token", "user_id", "expires_in", "scopes", "revoked", "throttling"),
}
ODD = ("1e300", "1e999", "NaN", "9" * 400, "-1", "true", "null", '"x"', "[]", "{}")
GOOD = {"faults": '"path": ".", "seconds": 0, ', "tokens": '"token": "a", "user_id": 1, ', "throttle": '"seconds": 1, '}


@pytest.mark.parametrize("value", ODD, ids=[value[:12] for value in ODD])
@pytest.mark.parametrize(("name", "key"), [(name, key) for name, keys in KEYS.items() for key in keys])
def test_no_value_breaks_a_later_request(canvas: Caller, name: str, key: str, value: str) -> None:
    """Whatever a control endpoint is sent, the emulator works afterwards."""
    for before in {"", GOOD.get(name, "")}:
        response = canvas("POST", f"/_emulator/{name}", data=f'{{{before}"{key}": {value}}}')
        assert response.status_code in (200, 400), response.text
        assert canvas("GET", "users/self").status_code in range(200, 600)  # a fault may hit this request
        assert canvas("DELETE", "/_emulator/faults").status_code == 200
        migration = canvas("POST", f"courses/{DESTINATION}/content_migrations", json=COPY)
        assert migration.status_code < 500, migration.text
        assert canvas("POST", "/_emulator/clock", json={"advance": 100_000}).status_code == 200
        assert canvas("GET", "users/self").status_code < 500
        assert canvas("GET", "/_emulator/state").status_code == 200
        assert canvas("POST", "/_emulator/reset").status_code == 200


def test_time_ends_before_calendars_do(canvas: Caller) -> None:
    """The clock jumps as often as wanted, but never so far that a date cannot be written."""
    statuses = [canvas("POST", "/_emulator/clock", json={"advance": 10**9}).status_code for _ in range(40)]
    assert {200, 400} == set(statuses)
    assert canvas("GET", "users/self").status_code == 200


@pytest.mark.parametrize(
    "body", [b"[" * 100_000, b'{"a":' * 100_000, b"\xff", b" " * (2 << 20), b'{"advance": 1' + b"0" * 5_000]
)
def test_bodies_that_are_no_json_are_refused(canvas: Caller, body: bytes) -> None:
    """A body that is nested, long, or no text is refused."""
    assert canvas("POST", "/_emulator/clock", data=body).status_code == 400
