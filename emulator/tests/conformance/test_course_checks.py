"""Test what Canvas refuses of a course, in its words, and what it ignores."""

from __future__ import annotations

from typing import Any

import pytest

from canvas_emulator.model.content import Page
from canvas_emulator.model.editions import Edition
from canvas_emulator.model.enrollments import EnrollmentType
from canvas_emulator.model.records import BlueprintSubscription
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import DESTINATION, OTHER, SOURCE, STRANGER
from tests.support.caller import Caller
from tests.support.people import STUDENT, CallAs, people

__all__ = ["people"]

LONG = "x" * 256
DATES = {"start_at": "2031-06-03", "end_at": "2031-02-03", "restrict_enrollments_to_course_dates": True}

REFUSED: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"name": LONG}, {"name": "too_long"}),
    ({"name": LONG, "course_code": LONG}, {"name": "too_long", "course_code": "too_long"}),
    ({"default_view": "dashboard"}, {"default_view": "Home page is not valid"}),
    ({"default_view": "wiki"}, {"default_view": "A Front Page is required"}),
    ({"grade_passback_setting": "hourly_sync"}, {"grade_passback_setting": "Invalid grade_passback_setting"}),
    ({"course_color": "reddish"}, {"course_color": "Invalid hexcode provided"}),
    (DATES, {"conclude_at": "End date cannot be before start date"}),
    ({"event": "explode"}, {"workflow_state": "There is no event explode defined for the available state"}),
    ({"blueprint": True}, {"master_course": "Cannot have a blueprint course with students"}),
    ({"blueprint_restrictions": {"colour": True}}, {"master_course_restrictions": "Invalid restrictions"}),
    (
        {"blueprint_restrictions_by_object_type": {"assignment": {"colour": True}}},
        {"master_course_restrictions": "Invalid restrictions"},
    ),
    ({"template": True}, {"template": "Courses with enrollments can't become templates"}),
]


@pytest.mark.parametrize(("course", "messages"), REFUSED)
def test_an_update_is_refused_with_a_message_for_each_attribute(
    canvas: Caller, course: dict[str, Any], messages: dict[str, str]
) -> None:
    """A value that cannot be is a 400 with Canvas's message, and nothing of the request is stored."""
    response = canvas("PUT", f"courses/{SOURCE}", json={"course": {"syllabus_body": "new"} | course})
    found = {name: error["message"] for name, (error,) in response.json()["errors"].items()}
    assert (response.status_code, found) == (400, messages)
    assert canvas.get(f"courses/{SOURCE}", **{"include[]": "syllabus_body"})["syllabus_body"] is None


@pytest.mark.parametrize(
    ("course", "attributes"),
    [
        ({"name": LONG}, {"name", "course_code"}),
        ({"name": "A " + LONG}, {"name"}),
        ({"course_code": LONG}, {"course_code"}),
    ],
)
def test_a_new_course_is_refused_like_an_update(canvas: Caller, course: dict[str, Any], attributes: set[str]) -> None:
    """A name or code over 255 characters is refused, also a code that was made from the name; no course is created."""
    before = len(canvas.get("accounts/1/courses", per_page=50))
    response = canvas("POST", "accounts/1/courses", json={"course": course})
    assert (response.status_code, set(response.json()["errors"])) == (400, attributes)
    assert len(canvas.get("accounts/1/courses", per_page=50)) == before


@pytest.mark.parametrize("key", ["term_id", "enrollment_term_id"])
def test_an_unknown_term_is_a_404(canvas: Caller, key: str) -> None:
    """A course is neither created nor changed with a term that does not exist."""
    for method, path in (("POST", "accounts/1/courses"), ("PUT", f"courses/{SOURCE}")):
        assert canvas(method, path, json={"course": {key: 987654321}}).status_code == 404


@pytest.mark.parametrize("value", ["x", ["x"], 5, True, {"name": True}])
def test_a_course_that_is_no_hash_is_a_500(canvas: Caller, value: object) -> None:
    """``course`` as a text, list or number makes Canvas fail, and so does a name that is a boolean."""
    for method, path in (("POST", "accounts/1/courses"), ("PUT", f"courses/{SOURCE}")):
        response = canvas(method, path, json={"course": value})
        assert (response.status_code, set(response.json())) == (500, {"errors", "error_report_id"})


def test_values_that_are_ignored(canvas: Caller) -> None:
    """An unknown license, format or time zone, and outside of elementary schools a friendly name, change nothing."""
    ignored = {"license": "mine", "course_format": "by_mail", "time_zone": "Mars/Olympus", "friendly_name": "Bugs"}
    response = canvas("PUT", f"courses/{SOURCE}", json={"course": ignored})
    shown = response.json()
    assert (response.status_code, shown["license"], shown["friendly_name"]) == (200, None, None)
    assert (shown["time_zone"], shown["name"], "course_format" in shown) == ("America/New_York", "Source", False)
    created = canvas("POST", "accounts/1/courses", json={"course": {"grade_passback_setting": "hourly_sync"}})
    assert (created.status_code, created.json()["grade_passback_setting"]) == (200, None)


def test_friendly_names_of_an_elementary_school(canvas: Caller, world: World) -> None:
    """In an elementary school the friendly name replaces the name."""
    world.settings.elementary_school = True
    shown = canvas("PUT", f"courses/{SOURCE}", json={"course": {"friendly_name": "Bugs"}}).json()
    assert (shown["name"], shown["original_name"], shown["friendly_name"]) == ("Bugs", "Source", "Bugs")


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("Eastern Time (US & Canada)", "America/New_York"),
        ("Mountain Time (US & Canada)", "America/Denver"),
        ("Berlin", "Europe/Berlin"),
        ("America/Chicago", "America/Chicago"),
    ],
)
def test_time_zones_have_two_names(canvas: Caller, name: str, zone: str) -> None:
    """A time zone is named as Rails or as IANA does; the response has the IANA name."""
    assert canvas("PUT", f"courses/{SOURCE}", json={"course": {"time_zone": name}}).json()["time_zone"] == zone


def test_a_home_page_that_is_a_page_needs_a_front_page(canvas: Caller, world: World) -> None:
    """With a front page the home page may be ``wiki``."""
    world.add(Page(course_id=SOURCE, title="Front", front_page=True))
    response = canvas("PUT", f"courses/{SOURCE}", json={"course": {"default_view": "wiki"}})
    assert response.json()["default_view"] == "wiki"


def test_an_associated_course_becomes_no_blueprint(canvas: Caller, world: World) -> None:
    """A course that follows a blueprint is refused as one."""
    world.tables.blueprint_subscriptions[1] = BlueprintSubscription(1, 1, DESTINATION, OTHER)
    response = canvas("PUT", f"courses/{OTHER}", json={"course": {"blueprint": True}})
    assert list(response.json()["errors"]) == ["master_course"]


def test_restrictions_of_blueprints(canvas: Caller) -> None:
    """A new blueprint locks content; its restrictions are for everything, or by kind of content."""
    shown = canvas("PUT", f"courses/{OTHER}", json={"course": {"blueprint": True}}).json()
    assert (shown["blueprint"], shown["blueprint_restrictions"]) == (True, {"content": True})
    kinds = {"quiz": {"points": True}}
    wanted = {"use_blueprint_restrictions_by_object_type": True, "blueprint_restrictions_by_object_type": kinds}
    shown = canvas("PUT", f"courses/{OTHER}", json={"course": wanted}).json()
    assert (shown["blueprint_restrictions_by_object_type"], "blueprint_restrictions" in shown) == (kinds, False)


@pytest.mark.parametrize(("sent", "status"), [("data", 500), ("json", 200)])
def test_stickiness_in_a_form(canvas: Caller, sent: str, status: int) -> None:
    """``override_sis_stickiness=false`` makes Canvas fail in a form, and has no effect in JSON."""
    body = {"override_sis_stickiness": "false" if sent == "data" else False}
    assert canvas("PUT", f"courses/{SOURCE}", **{sent: body}).status_code == status


@pytest.mark.parametrize(("text", "value"), [("False", True), ("no", True), ("false", False), ("0", False), ("", None)])
def test_booleans_that_are_columns(canvas: Caller, text: str, value: bool | None) -> None:
    """A column takes ``False`` and ``no`` for true, and a blank for null."""
    shown = canvas("PUT", f"courses/{SOURCE}", data={"course[is_public]": text}).json()
    assert shown["is_public"] is value


@pytest.mark.parametrize(("text", "value"), [("False", False), ("no", False), ("2", True), ("-1", True)])
def test_booleans_that_are_settings(canvas: Caller, text: str, value: bool) -> None:
    """A setting takes words for false, and numbers for true."""
    shown = canvas("PUT", f"courses/{SOURCE}", data={"course[hide_final_grades]": text}).json()
    assert shown["hide_final_grades"] is value


def test_a_public_course_has_a_public_syllabus(canvas: Caller) -> None:
    """Making a course public makes its syllabus public too."""
    assert canvas("PUT", f"courses/{SOURCE}", json={"course": {"is_public": True}}).json()["public_syllabus"] is True


def test_null_does_not_clear_an_sis_id(canvas: Caller) -> None:
    """An SIS id stays when it is null in a request, and is cleared by a blank."""
    for value, kept in ((None, "SIS/Source"), ("", None)):
        canvas("PUT", f"courses/{SOURCE}", json={"course": {"sis_course_id": value}})
        assert canvas.get(f"courses/{SOURCE}")["sis_course_id"] == kept


def test_a_deleted_course_is_deleted_and_changed_again(canvas: Caller) -> None:
    """DELETE and PUT of a deleted course are 200, although GET is 404."""
    for _ in range(2):
        assert canvas("DELETE", f"courses/{OTHER}", params={"event": "delete"}).json() == {"delete": True}
    response = canvas("PUT", f"courses/{OTHER}", json={"course": {"name": "Gone"}})
    assert (response.status_code, response.json()["workflow_state"]) == (200, "deleted")
    assert canvas("GET", f"courses/{OTHER}").status_code == 404


def test_templates_cannot_be_deleted(canvas: Caller, world: World) -> None:
    """The deletion of a template is refused as a missing right."""
    world.tables.courses[OTHER].settings.template = True
    assert canvas("DELETE", f"courses/{OTHER}", params={"event": "delete"}).status_code in (401, 403)


@pytest.mark.parametrize("path", ["accounts/1/courses", f"courses/{SOURCE}/users", f"courses/{SOURCE}/search_users"])
def test_a_search_for_one_letter_is_refused(canvas: Caller, path: str) -> None:
    """A search term has two characters or more."""
    response = canvas("GET", path, params={"search_term": "x"})
    error = {"field": "search_term", "code": "invalid", "message": "2 or more characters is required"}
    assert (response.status_code, response.json()) == (400, {"errors": [error]})


def test_unknown_kinds_of_users(canvas: Caller) -> None:
    """An unknown type of enrollments is a 400 with its name, an unknown role a 500."""
    response = canvas("GET", f"courses/{SOURCE}/users", params={"enrollment_type[]": "king"})
    assert (response.status_code, response.json()) == (
        400,
        {"status": "bad_request", "message": "Invalid enrollment type: king"},
    )
    assert canvas("GET", f"courses/{SOURCE}/users", params={"enrollment_role_id": 999}).status_code == 500


@pytest.mark.parametrize(("edition", "status"), [(Edition.JUNE_2023, 500), (Edition.CURRENT, 200)])
def test_users_by_last_login(canvas: Caller, world: World, edition: Edition, status: int) -> None:
    """Sorting users by their last login made the Canvas of June 2023 fail."""
    world.settings.edition = edition
    assert canvas("GET", f"courses/{SOURCE}/users", params={"sort": "last_login"}).status_code == status


@pytest.mark.parametrize(("edition", "status"), [(Edition.JUNE_2023, 200), (Edition.CURRENT, 403)])
def test_teachers_who_create_courses(call_as: CallAs, world: World, edition: Edition, status: int) -> None:
    """Teachers create courses where the account lets them, without the right to make them public; students never."""
    world.settings.edition = edition
    world.enroll(4, OTHER, EnrollmentType.TEACHER)
    response = call_as(STRANGER)("POST", "accounts/1/courses", json={"course": {"name": "New", "is_public": True}})
    assert response.status_code == status
    assert call_as(STUDENT)("POST", "accounts/1/courses").status_code in (401, 403)
    if status == 200:
        assert (response.json()["is_public"], "sis_course_id" in response.json()) == (False, False)
