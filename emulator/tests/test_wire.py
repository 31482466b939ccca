"""Test bodies, paths, ids as strings, and required headers."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

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


@pytest.mark.parametrize("body", ["{", "\ufeff[", "nope"])
def test_invalid_json(canvas: Caller, body: str) -> None:
    """Invalid JSON is a 400."""
    response = canvas("POST", MIGRATIONS, data=body.encode(), headers={"Content-Type": "application/json"})
    assert response.status_code == 400
    assert "errors" in response.json()


@pytest.mark.parametrize("boundary", ["", "; boundary=x"])
def test_invalid_form(canvas: Caller, boundary: str) -> None:
    """An invalid multipart body is a 400."""
    headers = {"Content-Type": "multipart/form-data" + boundary}
    assert canvas("POST", MIGRATIONS, data=b"nope", headers=headers).status_code == 400


def test_conflicting_parameters(canvas: Caller) -> None:
    """A name that is used for two types of value is a 400."""
    response = canvas("POST", MIGRATIONS, data={"settings": "1", "settings[a]": "2"})
    assert (response.status_code, response.json()) == (
        400,
        {"errors": [{"message": "expected dict for parameter settings"}]},
    )


def test_json_list(canvas: Caller) -> None:
    """A JSON list as a body has no parameters, so that a migration has no type, which is a 500."""
    assert canvas("POST", MIGRATIONS, json=[1, 2]).status_code == 500


def test_unknown_routes(canvas: Caller) -> None:
    """An unknown path or method is a 404."""
    assert canvas("GET", "nonsense").status_code == 404
    assert canvas("DELETE", MIGRATIONS).status_code == 404


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


def test_user_agent_is_required(canvas: Caller, world: World) -> None:
    """A request without a User-Agent is refused, unless the setting allows it."""
    assert without_user_agent(canvas)[0] == 403
    world.settings.require_user_agent = False
    assert without_user_agent(canvas)[0] == 200


def test_every_response_has_a_request_id(canvas: Caller) -> None:
    """Every response has its own request id, and so do errors."""
    ids = {canvas("GET", path).headers["X-Request-Context-Id"] for path in ("users/self", "users/self", "nonsense")}
    assert len(ids) == 3
