"""Test errors, throttling, headers, pages of lists, parameters and Progress."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from canvas_emulator.model.content import Page
from canvas_emulator.model.faults import Action, Body, Rule
from canvas_emulator.model.records import Throttling
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import ADMIN, DESTINATION, READER, SOURCE, WRITER
from tests.support.caller import Caller

CallAs = Callable[[str | None], Caller]
JSON = "application/json; charset=utf-8"
TEXT = "text/plain; charset=utf-8"


class TestErrors:
    """Formats of errors."""

    def test_missing_token(self, call_as: CallAs) -> None:
        """A request without a token is a 401 with a status, an error, and a challenge."""
        response = call_as(None)("GET", "courses")
        assert response.status_code == 401
        assert response.json() == {"status": "unauthenticated", "errors": [{"message": "user authorization required"}]}
        assert response.headers["WWW-Authenticate"] == 'Bearer realm="canvas-lms"'

    @pytest.mark.parametrize(("legacy", "status"), [(False, 403), (True, 401)])
    def test_missing_right(self, call_as: CallAs, world: World, legacy: bool, status: int) -> None:
        """A missing right is a 403, or a 401 on older servers, without a challenge."""
        world.settings.legacy_permission_401 = legacy
        response = call_as(READER)("GET", f"courses/{SOURCE}")
        assert response.status_code == status
        assert response.json() == {
            "status": "unauthorized",
            "errors": [{"message": "user not authorized to perform that action"}],
        }
        assert "WWW-Authenticate" not in response.headers

    def test_unknown_record(self, canvas: Caller) -> None:
        """An unknown record is a 404 with one sentence."""
        response = canvas("GET", "courses/999")
        assert (response.status_code, response.json()) == (
            404,
            {"errors": [{"message": "The specified resource does not exist."}]},
        )

    @pytest.mark.parametrize(("html", "content_type"), [(False, JSON), (True, "text/html; charset=utf-8")])
    def test_unknown_route(self, canvas: Caller, world: World, html: bool, content_type: str) -> None:
        """An unknown route is a 404, in JSON or in HTML, depending on a setting."""
        world.settings.unknown_route_html = html
        response = canvas("GET", "nonsense")
        assert (response.status_code, response.headers["Content-Type"]) == (404, content_type)

    @pytest.mark.parametrize("coded", [False, True])
    def test_validation_errors(self, canvas: Caller, world: World, coded: bool) -> None:
        """Each attribute has a list of errors with attribute, type and message; the type may be a code."""
        world.settings.model_error_codes = coded
        response = canvas("PUT", f"courses/{SOURCE}", json={"course": {"course_color": "no color"}})
        (error,) = response.json()["errors"]["course_color"]
        assert (response.status_code, error["attribute"]) == (400, "course_color")
        assert (error["type"] == error["message"]) is not coded

    def test_server_error(self, canvas: Caller, world: World) -> None:
        """A 500 has a code, and the number of an error report."""
        world.faults.rules.append(Rule("/courses", status=500))
        response = canvas("GET", "courses")
        assert response.status_code == 500
        assert response.json()["errors"] == [{"message": "An error occurred.", "error_code": "internal_server_error"}]
        assert isinstance(response.json()["error_report_id"], int)

    def test_load_balancer(self, canvas: Caller, world: World) -> None:
        """A 502 has an HTML page."""
        world.faults.rules.append(Rule("/courses", status=502, body=Body.HTML))
        response = canvas("GET", "courses")
        assert (response.status_code, response.headers["Content-Type"]) == (502, "text/html; charset=utf-8")

    @pytest.mark.parametrize("action", [Action.DROP, Action.DROP_AFTER, Action.TRUNCATE])
    def test_lost_connection(self, canvas: Caller, world: World, action: Action) -> None:
        """A connection may close without a response, before or after the request was executed."""
        world.faults.rules.append(Rule(f"/courses/{SOURCE}$", action, method="PUT"))
        with pytest.raises(requests.RequestException):
            canvas("PUT", f"courses/{SOURCE}", json={"course": {"name": "New"}})
        assert canvas.get(f"courses/{SOURCE}")["name"] == ("Source" if action is Action.DROP else "New")


class TestThrottling:
    """The leaky bucket."""

    def test_headers(self, canvas: Caller) -> None:
        """Each response has its cost, and the units left after the refund of the up-front cost."""
        headers = canvas("GET", "users/self").headers
        assert float(headers["X-Request-Cost"]) < 1
        assert 599 < float(headers["X-Rate-Limit-Remaining"]) < 600

    @pytest.mark.parametrize(
        ("legacy", "status", "text"),
        [
            (False, 429, "429 Too Many Requests (Rate Limit Exceeded)\n"),
            (True, 403, "403 Forbidden (Rate Limit Exceeded)\n"),
        ],
    )
    def test_throttled_response(self, canvas: Caller, world: World, legacy: bool, status: int, text: str) -> None:
        """A throttled response is plain text, with the units left, which may be negative, and no cost."""
        world.settings.legacy_throttle_403 = legacy
        world.settings.cost = 700
        canvas("GET", "users/self")
        response = canvas("GET", "users/self")
        assert (response.status_code, response.text, response.headers["Content-Type"]) == (status, text, TEXT)
        assert float(response.headers["X-Rate-Limit-Remaining"]) < 0
        assert "X-Request-Cost" not in response.headers

    @pytest.mark.edition("current")
    def test_full_bucket(self, canvas: Caller, world: World) -> None:
        """The up-front cost of a request is added before the comparison with the high-water mark."""
        world.settings.cost = 550
        assert canvas("GET", "users/self").status_code == 200
        assert canvas("GET", "users/self").status_code == 429

    @pytest.mark.edition("current")
    def test_bucket_leaks_ten_units_per_second(self, canvas: Caller, world: World) -> None:
        """After enough seconds requests are accepted again."""
        world.settings.cost = 600
        canvas("GET", "users/self")
        world.clock.advance(4.9)
        assert canvas("GET", "users/self").status_code == 429
        world.clock.advance(0.2)
        assert canvas("GET", "users/self").status_code == 200

    @pytest.mark.edition("current")
    def test_each_token_has_a_bucket(self, canvas: Caller, call_as: CallAs, world: World) -> None:
        """Each token has its own bucket, also when it acts as another user."""
        world.settings.cost = 700
        canvas("GET", "users/self", params={"as_user_id": 2})
        assert canvas("GET", "users/self").status_code == 429
        assert call_as(WRITER)("GET", "users/self").status_code == 200

    @pytest.mark.edition("current")
    def test_allowed_and_blocked_tokens(self, canvas: Caller, world: World) -> None:
        """An allowed token is never throttled nor counted, and a blocked one always is throttled."""
        world.settings.cost = 700
        world.tables.tokens[ADMIN].throttling = Throttling.ALLOWED
        assert [canvas("GET", "users/self").status_code for _ in range(3)] == [200] * 3
        world.settings.throttle = False
        world.tables.tokens[ADMIN].throttling = Throttling.BLOCKED
        response = canvas("GET", "users/self")
        assert (response.status_code, response.headers["X-Rate-Limit-Remaining"]) == (429, "0.0")

    @pytest.mark.edition("current")
    def test_storm(self, canvas: Caller, world: World) -> None:
        """For some seconds every request is throttled, and afterwards none."""
        canvas("POST", "/_emulator/throttle", json={"seconds": 20})
        assert canvas("GET", "users/self").status_code == 429
        world.clock.advance(20)
        assert canvas("GET", "users/self").status_code == 200

    @pytest.mark.edition("current")
    def test_nth_call(self, canvas: Caller) -> None:
        """The third request from now on and the one after it are throttled."""
        canvas("POST", "/_emulator/throttle", json={"call": 3, "times": 2})
        assert [canvas("GET", "users/self").status_code for _ in range(5)] == [200, 200, 429, 429, 200]


class TestHeaders:
    """Headers of requests and responses."""

    def test_headers_of_a_response(self, canvas: Caller) -> None:
        """A response has a charset, the global id of the user, and its own request id."""
        headers = canvas("GET", "users/self").headers
        assert (headers["Content-Type"], headers["X-Canvas-User-Id"]) == (JSON, "10000000000001")
        assert headers["X-Request-Context-Id"]

    @pytest.mark.edition("current")
    def test_user_agent_is_required(self, canvas: Caller, world: World) -> None:
        """A request without a User-Agent is refused, with the status of a setting."""
        assert canvas("GET", "users/self", headers={"User-Agent": ""}).status_code == 403
        world.settings.user_agent_status = 400
        assert canvas("GET", "users/self", headers={"User-Agent": ""}).status_code == 400
        world.settings.require_user_agent = False
        assert canvas("GET", "users/self", headers={"User-Agent": ""}).status_code == 200


class TestPages:
    """The pages of a list."""

    @pytest.fixture(autouse=True)
    def pages(self, world: World) -> None:
        for number in range(23):
            world.add(Page(course_id=SOURCE, title=f"Page {number:02}"))

    @pytest.mark.parametrize(("per_page", "rows"), [(None, 10), ("0", 1), ("abc", 1), ("500", 23), ("7", 7)])
    def test_per_page(self, canvas: Caller, per_page: str | None, rows: int) -> None:
        """A page has 10 rows by default, and from 1 to 100."""
        assert len(canvas.get(f"courses/{SOURCE}/pages", per_page=per_page)) == rows

    def test_link_header(self, canvas: Caller) -> None:
        """Links have an order and no spaces, and keep the query, with page and per_page at its end."""
        url = f"{canvas.server.url}/api/v1/courses/{SOURCE}/pages"
        response = canvas("GET", url + f"?access_token={ADMIN}&page=2&include[]=body&per_page=5")
        expected = (("current", 2), ("next", 3), ("prev", 1), ("first", 1), ("last", 5))
        links = (f'<{url}?include%5B%5D=body&page={page}&per_page=5>; rel="{rel}"' for rel, page in expected)
        assert response.headers["Link"] == ",".join(links)

    def test_long_links(self, canvas: Caller) -> None:
        """Links that are too long lose ``first`` and ``current``, then ``prev``, ``last`` and ``next``."""
        for length, left in ((1800, {"next", "last", "prev"}), (4000, {"next"})):
            response = canvas("GET", f"courses/{SOURCE}/pages", params={"page": 2, "per_page": 5, "x": "y" * length})
            assert set(response.links) == left

    def test_past_the_end(self, canvas: Caller) -> None:
        """A page past the end is empty and leads to the page after it."""
        response = canvas("GET", f"courses/{SOURCE}/pages", params={"page": 9})
        assert (response.status_code, response.json(), "next" in response.links) == (200, [], True)

    def test_invalid_page(self, canvas: Caller) -> None:
        """A page that is not a number is a 404."""
        assert canvas("GET", f"courses/{SOURCE}/pages", params={"page": "abc"}).status_code == 404


class TestParameters:
    """Formats of parameters."""

    @pytest.mark.parametrize(
        "options",
        [
            {"data": {"course[name]": "New", "course[is_public]": "1"}},
            {"files": {"course[name]": (None, "New"), "course[is_public]": (None, "yes")}},
            {"json": {"course": {"name": "New", "is_public": True}}},
            {"params": {"course[name]": "New", "course[is_public]": "on"}},
        ],
        ids=["form", "multipart", "json", "query"],
    )
    def test_forms(self, canvas: Caller, options: dict[str, Any]) -> None:
        """Form, multipart, JSON and query parameters nest in the same way."""
        course = canvas("PUT", f"courses/{SOURCE}", **options).json()
        assert (course["name"], course["is_public"]) == ("New", True)

    @pytest.mark.parametrize("value", ["True", "t", "YES", "1", "on", "2", "-1"])
    def test_true(self, canvas: Caller, value: str) -> None:
        """True has many spellings in any case, and so has every number but 0."""
        name = "hide_final_grades"
        assert canvas("PUT", f"courses/{SOURCE}", data={f"course[{name}]": value}).json()[name] is True

    @pytest.mark.parametrize("value", ["False", "no", "0", "off", "", "tru"])
    def test_false(self, canvas: Caller, value: str) -> None:
        """Everything else is false."""
        name = "hide_final_grades"
        canvas("PUT", f"courses/{SOURCE}", data={f"course[{name}]": "1"})
        assert canvas("PUT", f"courses/{SOURCE}", data={f"course[{name}]": value}).json()[name] is False

    def test_unknown_parameters(self, canvas: Caller) -> None:
        """Unknown parameters are ignored."""
        assert canvas("PUT", f"courses/{SOURCE}", data={"course[nonsense]": "1", "x": "y"}).status_code == 200

    def test_list_without_brackets(self, canvas: Caller) -> None:
        """Without ``[]`` only the last value is kept, which is no list."""
        body = "course_ids=11&course_ids=22&event=offer"
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        response = canvas("PUT", "accounts/1/courses", data=body, headers=headers)
        assert response.json() == {"message": "must specify course_ids[]"}


class TestProgress:
    """The Progress of any job."""

    def test_keys(self, canvas: Caller) -> None:
        """A Progress has these keys, and its completion is a float."""
        progress = canvas.progress(canvas.copy())
        keys = "id context_id context_type user_id tag completion workflow_state created_at updated_at message url"
        assert sorted(progress) == sorted(keys.split())
        assert isinstance(progress["completion"], float)

    def test_cancelling_does_not_stop_the_job(self, canvas: Caller, world: World) -> None:
        """Cancelling fails the Progress with a message; the job continues and overwrites this at its end."""
        migration = canvas.copy()
        path = migration["progress_url"] + "/cancel"
        cancelled = canvas("POST", path, data={"message": "stop"}).json()
        assert (cancelled["workflow_state"], cancelled["message"]) == ("failed", "stop")
        world.clock.advance(60)
        assert canvas.migration(migration["id"])["workflow_state"] == "completed"
        assert canvas.progress(migration)["workflow_state"] == "completed"

    @pytest.mark.edition("current")
    def test_right_to_cancel(self, canvas: Caller, call_as: CallAs) -> None:
        """Only the user who started the job may cancel it, even if others may read it."""
        migration = canvas.copy()
        writer = call_as(WRITER)
        assert writer("GET", migration["progress_url"]).status_code == 200
        assert writer("POST", migration["progress_url"] + "/cancel").status_code == 403

    def test_route_of_tools(self, canvas: Caller, world: World) -> None:
        """If switched on, a course's Progress has another URL for LTI tools."""
        progress = canvas.progress(canvas.copy())
        path = f"/api/lti/courses/{DESTINATION}/progress/{progress['id']}"
        assert canvas("GET", path).status_code == 404
        world.settings.lti_progress_route = True
        assert canvas.get(path) == progress

    def test_retention(self, canvas: Caller, world: World) -> None:
        """A Progress is kept, unless a number of days is set."""
        migration = canvas.copy()
        world.clock.advance(400 * 86_400)
        assert canvas.progress(migration)["workflow_state"] == "completed"
        world.settings.progress_days = 30
        assert canvas("GET", migration["progress_url"]).status_code == 404
