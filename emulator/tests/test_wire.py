"""Test bodies, paths, ids as strings, and required headers."""

from __future__ import annotations

import json
from collections.abc import Callable
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
import requests

from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import ADMIN, DESTINATION, SOURCE
from canvas_emulator.wire.responses import with_string_ids
from tests.support.caller import Caller

MIGRATIONS = f"courses/{DESTINATION}/content_migrations"


def test_form_multipart_and_json_are_equivalent(canvas: Caller) -> None:
    """A form, a multipart body and a JSON body start the same migration."""
    fields = {
        "migration_type": "course_copy_importer",
        "settings[source_course_id]": str(SOURCE),
        "settings[importer_skips][]": "all_course_settings",
        "do_not_run": "true",
    }
    document = {
        "migration_type": "course_copy_importer",
        "settings": {"source_course_id": str(SOURCE), "importer_skips": ["all_course_settings"]},
        "do_not_run": True,
    }
    responses = [
        canvas("POST", MIGRATIONS, data=fields),
        canvas("POST", MIGRATIONS, files={name: (None, value) for name, value in fields.items()}),
        canvas("POST", MIGRATIONS, json=document),
        canvas("POST", MIGRATIONS, params=fields),
    ]
    settings = [
        canvas.migration(response.json()["id"], **{"include[]": "audit_info"})["audit_info"]["migration_settings"]
        for response in responses
    ]
    assert settings == [settings[0]] * 4
    assert settings[0]["importer_skips"] == ["all_course_settings"]


JSON, FORM = "application/json", "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (JSON, b"{"),
        (JSON, "\ufeff[".encode()),
        (JSON, b"nope"),
        (JSON, b'{"name": "\xff"}'),
        (JSON, b'{"name": "\\ud800"}'),
        (FORM, b"name=%ff"),
        (FORM, b"name=\xff"),
        (FORM, b"settings=1&settings[a]=2"),
        ("multipart/form-data", b"nope"),
        ("multipart/form-data; boundary=x", b"nope"),
        (None, b'{"name": "x"}'),
    ],
)
def test_body_that_cannot_be_read(canvas: Caller, content_type: str | None, body: bytes) -> None:
    """For a body that it cannot read, the web server answers 500 with plain text, which costs nothing."""
    headers = {"Content-Type": content_type} if content_type else {}
    assert_unreadable(canvas("POST", MIGRATIONS, data=body, headers=headers))


@pytest.mark.parametrize("query", ["search_term=%ff%fe", "a=1&a[b]=2", "a[]=1&a[b]=2"])
def test_query_that_cannot_be_read(canvas: Caller, query: str) -> None:
    """For a query that it cannot read, the web server answers 500 with plain text."""
    assert_unreadable(canvas("GET", f"courses/{SOURCE}/pages?{query}"))


def assert_unreadable(response: requests.Response) -> None:
    assert (response.status_code, response.headers["Content-Type"]) == (500, "text/plain")
    assert not {"X-Request-Cost", "X-Rate-Limit-Remaining", "X-Canvas-User-Id"} & set(response.headers)


def test_null_character(canvas: Caller) -> None:
    """A null character in a parameter is an error of Canvas itself: its database cannot hold it."""
    for response in (
        canvas("GET", f"courses/{SOURCE}/pages?search_term=a%00b"),
        canvas("PUT", f"courses/{SOURCE}", json={"course": {"name": "a\0b"}}),
        canvas("PUT", f"courses/{SOURCE}", json={"list": [{"x": ["\0"]}]}),
    ):
        assert response.status_code == 500
        assert response.json()["errors"] == [{"message": "An error occurred.", "error_code": "internal_server_error"}]
        assert response.json()["error_report_id"]
        assert response.headers["X-Canvas-User-Id"]


@pytest.mark.parametrize("content_type", ["text/plain", "text/json", "application/vnd.api+json"])
def test_other_content_types_are_ignored(canvas: Caller, content_type: str) -> None:
    """A body of another type than forms and JSON changes nothing."""
    body = b'{"course": {"name": "Renamed"}}'
    response = canvas("PUT", f"courses/{SOURCE}", data=body, headers={"Content-Type": content_type})
    assert (response.status_code, response.json()["name"]) == (200, "Source")


@pytest.mark.parametrize("method", ["PUT", "put"])
def test_method_override(canvas: Caller, method: str) -> None:
    """A POST may name another method: in a header, or in a form."""
    path = f"courses/{SOURCE}"
    in_header = canvas("POST", path, json={"course": {"name": "A"}}, headers={"X-HTTP-Method-Override": method})
    assert (in_header.status_code, in_header.json()["name"]) == (200, "A")
    in_form = canvas("POST", path, data={"_method": method, "course[name]": "B"})
    assert (in_form.status_code, in_form.json()["name"]) == (200, "B")
    assert canvas("GET", path, headers={"X-HTTP-Method-Override": "DELETE"}).json()["name"] == "B"


def test_query_wins_over_the_body(canvas: Caller) -> None:
    """A key at the top of the query replaces the same key of the body, with all that is in it."""
    body = {"course": {"name": "Of the body", "course_code": "BODY"}}
    response = canvas("PUT", f"courses/{SOURCE}?course[name]=Of+the+query", json=body)
    assert (response.json()["name"], response.json()["course_code"]) == ("Of the query", "Source")


def test_body_of_a_get_is_read(canvas: Caller) -> None:
    """The parameters of a GET may be in its body."""
    response = canvas("GET", f"courses/{SOURCE}/pages", json={"per_page": 3})
    assert "per_page=3>" in response.headers["Link"]


@pytest.mark.parametrize("suffix", [".json", "%2Ejson", ".json?per_page=2"])
def test_format_at_the_end_of_a_path(canvas: Caller, suffix: str) -> None:
    """A ``.json`` at the end of a path is ignored."""
    assert canvas("GET", f"courses/{SOURCE}{suffix}").json()["id"] == SOURCE


def test_id_that_ends_like_a_format(canvas: Caller, world: World) -> None:
    """An SIS id that ends like a format is cut there, or makes the route unknown; its ``hex:`` form is not."""
    world.tables.courses[SOURCE].sis_course_id = "BIOL.json"
    assert canvas("GET", "courses/sis_course_id:BIOL.json").status_code == 404
    in_the_middle = canvas("GET", "courses/sis_course_id:BIOL.json/pages")
    assert (in_the_middle.status_code, in_the_middle.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    hexadecimal = b"BIOL.json".hex()
    assert canvas("GET", f"courses/hex:sis_course_id:{hexadecimal}").json()["id"] == SOURCE


def test_known_version_is_not_sent_again(canvas: Caller) -> None:
    """A GET that names the version it knows gets 304 until the row changes."""
    first = canvas("GET", f"courses/{SOURCE}")
    known = {"If-None-Match": first.headers["ETag"]}
    second = canvas("GET", f"courses/{SOURCE}", headers=known)
    assert (second.status_code, second.content, second.headers["ETag"]) == (304, b"", first.headers["ETag"])
    assert "Content-Type" not in second.headers
    canvas("PUT", f"courses/{SOURCE}", json={"course": {"name": "Renamed"}})
    assert canvas("GET", f"courses/{SOURCE}", headers=known).json()["name"] == "Renamed"


def test_json_list(canvas: Caller) -> None:
    """A JSON list as a body has no parameters, so that a migration has no type, which is a 500."""
    assert canvas("POST", MIGRATIONS, json=[1, 2]).status_code == 500


@pytest.mark.parametrize("token", [ADMIN, None])
def test_unknown_routes(call_as: Callable[[str | None], Caller], token: str | None) -> None:
    """For an unknown path or method, Canvas answers 404 with a page of HTML, with a token and without."""
    for method, path in (("GET", "nonsense"), ("GET", "nonsense.json"), ("DELETE", MIGRATIONS), ("OPTIONS", "courses")):
        response = call_as(token)(method, path)
        assert (response.status_code, response.headers["Content-Type"]) == (404, "text/html; charset=utf-8")


def test_slash_at_the_end(canvas: Caller) -> None:
    """A slash at the end of the path is ignored."""
    assert canvas.get(f"courses/{SOURCE}/")["id"] == SOURCE


def test_string_ids(canvas: Caller) -> None:
    """With the ``Accept`` header for string ids, ids are strings and nothing else changes."""
    accept = {"Accept": "application/json+canvas-string-ids, application/json"}
    course = canvas("GET", f"courses/{SOURCE}", headers=accept)
    assert (course.json()["id"], course.json()["account_id"]) == (str(SOURCE), "1")
    assert course.json()["storage_quota_mb"] == 500
    assert course.headers["Content-Type"] == "application/json; charset=utf-8"


def test_string_ids_in_lists() -> None:
    """Ids are converted at any depth and in lists under plural names; booleans are unchanged."""
    payload = [{"a": {"user_id": 1, "prerequisite_module_ids": [1, 2], "ids": [3]}, "is_id": True, "paid": 5, "n": [4]}]
    assert with_string_ids(payload) == [
        {"a": {"user_id": "1", "prerequisite_module_ids": ["1", "2"], "ids": ["3"]}, "is_id": True, "paid": 5, "n": [4]}
    ]


def test_urls_start_with_the_host_of_the_request(canvas: Caller) -> None:
    """URLs are absolute, with the host that the client used."""
    response = canvas("GET", f"courses/{SOURCE}", headers={"Host": "canvas.test:81"})
    assert response.json()["calendar"]["ics"].startswith("http://canvas.test:81/feeds/")


def without_user_agent(canvas: Caller) -> tuple[int, dict[str, object]]:
    connection = HTTPConnection(urlsplit(canvas.server.url).netloc, timeout=10)
    connection.request("GET", "/api/v1/users/self", headers={"Authorization": f"Bearer {ADMIN}"})
    response = connection.getresponse()
    body = json.loads(response.read())
    connection.close()
    return response.status, body


@pytest.mark.edition("current")
def test_user_agent_is_required(canvas: Caller, world: World) -> None:
    """A request without a User-Agent is refused, unless the setting allows it."""
    assert without_user_agent(canvas)[0] == 403
    world.settings.require_user_agent = False
    assert without_user_agent(canvas)[0] == 200


def test_every_response_has_a_request_id(canvas: Caller) -> None:
    """Every response has its own request id, and so do errors."""
    ids = {canvas("GET", path).headers["X-Request-Context-Id"] for path in ("users/self", "users/self", "nonsense")}
    assert len(ids) == 3
