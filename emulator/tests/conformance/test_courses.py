"""Test the Courses API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from canvas_emulator.model.content import Assignment, File
from canvas_emulator.model.enrollments import EnrollmentState, EnrollmentType
from canvas_emulator.model.records import Account
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import OTHER, READER, SOURCE, STRANGER, WRITER
from tests.support.caller import Caller
from tests.support.people import STUDENT, CallAs, people

__all__ = ["people"]


def put(canvas: Caller, course_id: int = SOURCE, **course: Any) -> dict[str, Any]:
    response = canvas("PUT", f"courses/{course_id}", json={"course": course})
    assert response.status_code == 200, response.text
    return response.json()


class TestLists:
    """GET /courses and /users/:id/courses."""

    def test_courses_of_the_caller(self, call_as: CallAs, canvas: Caller) -> None:
        """The list has the courses with an enrollment of the caller; an administrator without any gets none."""
        assert canvas.get("courses") == []
        (course,) = call_as(STUDENT).get("courses")
        assert course["id"] == SOURCE
        assert course["enrollments"] == [
            {
                "type": "student",
                "role": "StudentEnrollment",
                "role_id": 3,
                "user_id": 101,
                "enrollment_state": "active",
                "limit_privileges_to_course_section": False,
            }
        ]

    def test_enrollment_types(self, call_as: CallAs) -> None:
        """``enrollment_type`` is the short form, ``enrollment_role`` the role's name; ``enrollment_role_id`` wins."""
        student = call_as(STUDENT)
        assert len(student.get("courses", enrollment_type="student")) == 1
        assert student.get("courses", enrollment_type="teacher") == []
        assert len(student.get("courses", enrollment_role="StudentEnrollment")) == 1
        assert len(student.get("courses", enrollment_type="teacher", enrollment_role_id=3)) == 1

    def test_enrollment_states(self, call_as: CallAs, world: World) -> None:
        """A course with an invitation only is listed as pending."""
        world.enroll(101, OTHER, EnrollmentType.STUDENT, EnrollmentState.INVITED)
        student = call_as(STUDENT)
        assert [c["id"] for c in student.get("courses", enrollment_state="invited_or_pending")] == [OTHER]
        assert [c["id"] for c in student.get("courses", enrollment_state="active")] == [SOURCE]

    def test_students_see_published_courses(self, call_as: CallAs, world: World) -> None:
        """Without ``state[]`` students see only available courses, teachers all but concluded and deleted ones."""
        world.tables.courses[SOURCE].workflow_state = "unpublished"
        assert call_as(STUDENT).get("courses") == []
        teacher = call_as(STRANGER)
        assert [c["workflow_state"] for c in teacher.get("courses")] == ["unpublished"]
        assert teacher.get("courses", **{"state[]": "available"}) == []
        for state in ("completed", "deleted"):
            world.tables.courses[SOURCE].workflow_state = state
            assert teacher.get("courses") == []
            assert len(teacher.get("courses", **{"state[]": state})) == 1

    @pytest.mark.edition("current")
    def test_courses_of_another_user(self, call_as: CallAs, canvas: Caller) -> None:
        """Administrators list the courses of any user, other users only their own."""
        assert [c["id"] for c in canvas.get("users/101/courses")] == [SOURCE]
        assert [c["id"] for c in call_as(STUDENT).get("users/self/courses")] == [SOURCE]
        assert call_as(STUDENT)("GET", "users/102/courses").status_code == 403

    def test_exclude_blueprint_courses(self, call_as: CallAs, world: World) -> None:
        """``exclude_blueprint_courses`` removes blueprints from the list."""
        world.tables.courses[SOURCE].settings.blueprint = True
        assert call_as(STUDENT).get("courses", exclude_blueprint_courses="true") == []


class TestShow:
    """GET /courses/:id and /accounts/:id/courses/:id."""

    def test_course_below_an_account(self, canvas: Caller) -> None:
        """Under an account, courses of it and of accounts below it are found, and no others."""
        assert canvas.get(f"accounts/1/courses/{SOURCE}")["id"] == SOURCE
        assert canvas("GET", f"accounts/2/courses/{SOURCE}").status_code == 404

    def test_deleted_course(self, canvas: Caller) -> None:
        """A deleted course is a 404, unless ``include[]`` has ``all_courses``."""
        canvas("DELETE", f"courses/{SOURCE}", params={"event": "delete"})
        assert canvas("GET", f"courses/{SOURCE}").status_code == 404
        shown = canvas.get(f"courses/{SOURCE}", **{"include[]": "all_courses"})
        assert shown["workflow_state"] == "deleted"

    def test_required_keys(self, canvas: Caller) -> None:
        """Every course has these keys."""
        always = (
            "id name account_id uuid start_at grading_standard_id is_public created_at course_code default_view "
            "root_account_id enrollment_term_id license grade_passback_setting end_at public_syllabus "
            "public_syllabus_to_auth storage_quota_mb is_public_to_auth_users homeroom_course course_color "
            "friendly_name apply_assignment_group_weights calendar time_zone blueprint template hide_final_grades "
            "workflow_state restrict_enrollments_to_course_dates"
        )
        shown = canvas.get(f"courses/{SOURCE}")
        assert set(always.split()) <= set(shown)
        assert isinstance(shown["blueprint"], bool)

    def test_right_to_read_sis_ids(self, canvas: Caller, call_as: CallAs) -> None:
        """Administrators and teachers see the SIS id; for students the key is absent."""
        assert canvas.get(f"courses/{SOURCE}")["sis_course_id"] == "SIS/Source"
        assert "sis_course_id" not in call_as(STUDENT).get(f"courses/{SOURCE}")

    @pytest.mark.edition("current")
    @pytest.mark.parametrize(
        ("include", "key", "value"),
        [
            ("term", "term", {"id": 1, "name": "Default Term"}),
            ("account", "account", {"id": 1, "name": "Root"}),
            ("total_students", "total_students", 30),
            ("concluded", "concluded", False),
            ("favorites", "is_favorite", False),
            ("course_image", "image_download_url", None),
            ("banner_image", "banner_image_download_url", None),
            ("post_manually", "post_manually", False),
            ("passback_status", "passback_status", None),
            ("storage_quota_used_mb", "storage_quota_used_mb", 0),
            ("lti_context_id", "lti_context_id", "Source-uuid"),
            ("permissions", "permissions", {"create_announcement": True, "create_discussion_topic": True}),
            ("grading_periods", "grading_periods", None),
            ("current_grading_period_scores", "has_grading_periods", False),
        ],
    )
    def test_includes(self, canvas: Caller, include: str, key: str, value: Any) -> None:
        """Each value of ``include[]`` adds its key, which is absent otherwise."""
        assert key not in canvas.get(f"courses/{SOURCE}")
        shown = canvas.get(f"courses/{SOURCE}", **{"include[]": include})[key]
        if isinstance(value, dict):
            shown = {name: shown[name] for name in value}
        assert shown == value

    def test_teacher_limit(self, canvas: Caller, world: World) -> None:
        """With more teachers than ``teacher_limit`` a list has their number instead; one course has them all."""
        world.enroll(2, SOURCE, EnrollmentType.TEACHER)
        query = {"include[]": "teachers", "teacher_limit": 1}
        (listed,) = canvas.get("accounts/1/courses", search_term="Source", **query)
        assert (listed["teacher_count"], "teachers" in listed) == (2, False)
        assert [teacher["id"] for teacher in canvas.get(f"courses/{SOURCE}", **query)["teachers"]] == [4, 2]

    def test_ungraded_submissions(self, canvas: Caller, call_as: CallAs) -> None:
        """Only those who grade in the course see ``needs_grading_count``."""
        for caller, sees in ((canvas, False), (call_as(STRANGER), True), (call_as(STUDENT), False)):
            shown = caller.get(f"courses/{SOURCE}", **{"include[]": "needs_grading_count"})
            assert ("needs_grading_count" in shown) is sees

    def test_restricted_by_date(self, call_as: CallAs, world: World) -> None:
        """Students see only the id and a flag of a course that is over and hidden."""
        course = world.tables.courses[SOURCE]
        course.settings.restrict_enrollments_to_course_dates = course.settings.restrict_student_past_view = True
        course.end_at = world.clock.now() - timedelta(days=1)
        assert call_as(STUDENT).get(f"courses/{SOURCE}") == {"id": SOURCE, "access_restricted_by_date": True}
        assert call_as(STRANGER).get(f"courses/{SOURCE}")["name"] == "Source"

    def test_nicknames(self, call_as: CallAs) -> None:
        """For its user a nickname replaces the name, which moves to ``original_name``."""
        student = call_as(STUDENT)
        student("PUT", f"users/self/course_nicknames/{SOURCE}", json={"nickname": "Bugs"})
        shown = student.get(f"courses/{SOURCE}")
        assert (shown["name"], shown["original_name"]) == ("Bugs", "Source")
        assert "original_name" not in call_as(STRANGER).get(f"courses/{SOURCE}")
        student("DELETE", f"users/self/course_nicknames/{SOURCE}")
        assert student.get(f"courses/{SOURCE}")["name"] == "Source"


class TestCreate:
    """POST /accounts/:id/courses."""

    def test_new_course(self, canvas: Caller) -> None:
        """A new course is unpublished, and its response has keys that others lack."""
        response = canvas("POST", "accounts/2/courses", json={"course": {"name": "New", "sis_course_id": "N1"}})
        course = response.json()
        assert (response.status_code, course["name"], course["account_id"]) == (200, "New", 2)
        assert (course["workflow_state"], course["sis_course_id"]) == ("unpublished", "N1")
        assert {"allow_wiki_comments", "open_enrollment", "self_enrollment"} <= set(course)
        assert canvas.get("courses/sis_course_id:N1")["id"] == course["id"]

    def test_parameters_in_the_wrong_place_are_ignored(self, canvas: Caller) -> None:
        """``name`` outside of ``course[...]`` makes an Unnamed Course."""
        response = canvas("POST", "accounts/sis_account_id:BIO/courses", data={"name": "Mine"})
        assert response.json()["name"] == "Unnamed Course"

    def test_offer_and_enroll_me(self, canvas: Caller) -> None:
        """``offer`` publishes the course, and ``enroll_me`` makes the caller its teacher."""
        body = {"course": {"name": "New"}, "offer": True, "enroll_me": True}
        course = canvas("POST", "accounts/1/courses", json=body).json()
        assert (course["workflow_state"], "enrollments" in course) == ("available", False)
        (listed,) = canvas.get("courses")
        assert (listed["id"], listed["enrollments"][0]["type"]) == (course["id"], "teacher")

    def test_dates_need_their_restriction(self, canvas: Caller) -> None:
        """Dates are ignored unless enrollments are restricted to them."""
        dates = {"start_at": "2026-01-12T05:00:00Z", "end_at": "2026-05-01"}
        assert canvas("POST", "accounts/1/courses", json={"course": dates}).json()["start_at"] is None
        restricted = dates | {"restrict_enrollments_to_course_dates": True}
        course = canvas("POST", "accounts/1/courses", json={"course": restricted}).json()
        assert (course["start_at"], course["end_at"]) == ("2026-01-12T05:00:00Z", "2026-05-01T04:00:00Z")

    @pytest.mark.parametrize(
        ("text", "moment"),
        [
            ("2026-05-01", "2026-05-01T06:00:00Z"),
            ("2026-01-01 10:00", "2026-01-01T17:00:00Z"),
            ("2026-05-01T00:00:00Z", "2026-05-01T00:00:00Z"),
            ("2026-05-01T00:00:00+02:00", "2026-04-30T22:00:00Z"),
            ("no date", None),
            ("0001-01-01T00:00:00+12:00", None),
        ],
    )
    def test_times_without_a_zone(self, canvas: Caller, world: World, text: str, moment: str | None) -> None:
        """A time without a zone is one of the account's time zone, and what is no time is null."""
        world.tables.accounts[1] = Account(1, "Root", default_time_zone="America/Denver")
        course = {"start_at": text, "restrict_enrollments_to_course_dates": True}
        assert canvas("POST", "accounts/1/courses", json={"course": course}).json()["start_at"] == moment

    def test_terms_have_several_names(self, canvas: Caller) -> None:
        """``term_id`` and ``enrollment_term_id`` take ids, SIS forms and ``default``."""
        for key, term, expected in (("term_id", "sis_term_id:2026SP", 2), ("enrollment_term_id", "default", 1)):
            course = canvas("POST", "accounts/1/courses", json={"course": {key: term}}).json()
            assert course["enrollment_term_id"] == expected

    def test_sis_id_of_another_course(self, canvas: Caller) -> None:
        """An SIS id that another course has is a validation error."""
        response = canvas("POST", "accounts/1/courses", json={"course": {"sis_course_id": "SIS/Source"}})
        (error,) = response.json()["errors"]["sis_source_id"]
        assert (response.status_code, set(error)) == (400, {"attribute", "type", "message"})

    def test_sis_reactivation(self, canvas: Caller) -> None:
        """``enable_sis_reactivation`` restores the deleted course with that SIS id."""
        canvas("DELETE", f"courses/{SOURCE}", params={"event": "delete"})
        body = {"course": {"sis_course_id": "SIS/Source"}, "enable_sis_reactivation": True}
        course = canvas("POST", "accounts/1/courses", json=body).json()
        assert (course["id"], course["workflow_state"]) == (SOURCE, "unpublished")

    @pytest.mark.edition("current")
    def test_templates(self, canvas: Caller, world: World) -> None:
        """If the account has a template, a migration fills the new course, unless this is skipped."""
        world.tables.accounts[1] = Account(1, "Root", course_template_id=SOURCE)
        world.add(Assignment(course_id=SOURCE, title="A"))
        course = canvas("POST", "accounts/2/courses", json={"course": {"name": "New"}}).json()
        (migration,) = canvas.get(f"courses/{course['id']}/content_migrations")
        assert (migration["workflow_state"], migration["settings"]["source_course_id"]) == ("running", SOURCE)
        world.clock.advance(60)
        assert [row["name"] for row in canvas.get(f"courses/{course['id']}/assignments")] == ["A"]
        body = {"course": {"name": "Bare"}, "skip_course_template": True}
        bare = canvas("POST", "accounts/2/courses", json=body).json()
        assert canvas.get(f"courses/{bare['id']}/content_migrations") == []

    def test_deleted_courses_keep_their_sis_id(self, canvas: Caller) -> None:
        """No other course may have the SIS id of a deleted one."""
        canvas("DELETE", f"courses/{SOURCE}", params={"event": "delete"})
        response = canvas("PUT", f"courses/{OTHER}", json={"course": {"sis_course_id": "SIS/Source"}})
        assert (response.status_code, list(response.json()["errors"])) == (400, ["sis_source_id"])

    def test_sis_id_that_another_course_has_now(self, canvas: Caller, world: World) -> None:
        """A deleted course whose SIS id another course has now is not restored, alone or in a batch."""
        canvas("DELETE", f"courses/{SOURCE}", params={"event": "delete"})
        world.tables.courses[OTHER].sis_course_id = "SIS/Source"
        response = canvas("PUT", f"courses/{SOURCE}", json={"course": {"event": "undelete"}})
        assert (response.status_code, list(response.json()["errors"])) == (400, ["sis_source_id"])
        canvas("PUT", "accounts/1/courses", json={"course_ids": [SOURCE], "event": "undelete"})
        world.clock.advance(60)
        assert canvas("GET", f"courses/{SOURCE}").status_code == 404

    @pytest.mark.edition("current")
    def test_only_administrators_create_courses(self, call_as: CallAs) -> None:
        """Teachers get a 403."""
        assert call_as(WRITER)("POST", "accounts/1/courses").status_code == 403


class TestUpdate:
    """PUT /courses/:id."""

    def test_put_changes_the_given_keys(self, canvas: Caller) -> None:
        """The keys of the request change, and others stay."""
        changed = put(canvas, name="Renamed", license="cc_by", is_public=True, time_zone="America/Denver")
        assert (changed["name"], changed["license"], changed["is_public"]) == ("Renamed", "cc_by", True)
        assert changed["course_code"] == "Source"

    @pytest.mark.parametrize(
        ("events", "state"),
        [
            (["claim"], "unpublished"),
            (["offer"], "available"),
            (["conclude"], "completed"),
            (["conclude", "offer"], "available"),
            (["delete", "undelete"], "unpublished"),
            (["undelete"], "available"),
        ],
    )
    def test_events(self, canvas: Caller, events: list[str], state: str) -> None:
        """An event changes the state; an event without effect succeeds."""
        assert [put(canvas, event=event) for event in events][-1]["workflow_state"] == state

    def test_a_course_with_submissions_stays_published(self, canvas: Caller, world: World) -> None:
        """With submissions of students, ``claim`` is a validation error of ``workflow_state``."""
        world.tables.courses[SOURCE].settings.has_student_submissions = True
        response = canvas("PUT", f"courses/{SOURCE}", json={"course": {"event": "claim"}})
        assert (response.status_code, list(response.json()["errors"])) == (400, ["workflow_state"])

    def test_updates_clear_dates(self, canvas: Caller, world: World) -> None:
        """Without the restriction an update removes the end, and the start if unpublished; an event does not."""
        course = world.tables.courses[SOURCE]
        course.start_at = course.end_at = world.clock.now()
        assert put(canvas, event="offer")["end_at"] is not None
        changed = put(canvas, name="X")
        assert (changed["start_at"], changed["end_at"]) == ("2026-05-04T09:00:00Z", None)
        put(canvas, event="claim")
        assert put(canvas, name="Y")["start_at"] is None

    def test_restricted_dates_stay(self, canvas: Caller) -> None:
        """With the restriction the dates are kept."""
        put(canvas, restrict_enrollments_to_course_dates=True, end_at="2026-08-01T00:00:00Z")
        assert put(canvas, name="X")["end_at"] == "2026-08-01T00:00:00Z"

    def test_fields_without_the_right_are_ignored(self, call_as: CallAs) -> None:
        """A teacher's SIS id, quota, account and term change nothing, without an error."""
        teacher = call_as(STRANGER)
        changed = put(teacher, name="Mine", sis_course_id="X", storage_quota_mb=9999, account_id=2, term_id=2)
        assert (changed["name"], changed["sis_course_id"], changed["storage_quota_mb"]) == ("Mine", "SIS/Source", 500)
        assert (changed["account_id"], changed["enrollment_term_id"]) == (1, 1)

    def test_names_may_be_locked(self, call_as: CallAs, world: World) -> None:
        """If teachers may not rename courses, a new name is ignored."""
        world.settings.teachers_rename_courses = False
        assert put(call_as(STRANGER), name="Mine")["name"] == "Source"

    def test_limited_users_change_the_syllabus_only(self, call_as: CallAs, world: World) -> None:
        """A teaching assistant's new name is ignored, and the new syllabus is stored."""
        world.enroll(3, OTHER, EnrollmentType.TA)
        changed = put(call_as(READER), OTHER, name="Mine", syllabus_body="<p>Hi</p>")
        assert changed["name"] == "Other"
        assert world.tables.courses[OTHER].syllabus_body == "<p>Hi</p>"

    def test_images_that_are_ignored(self, canvas: Caller, world: World) -> None:
        """An image URL and an image id together, and the id of no file of the course, leave the image as it is."""
        file = world.add(File(course_id=SOURCE, title="a.png"))
        put(canvas, image_url="http://x/a.png")
        for images in ({"image_url": "http://x/b.png", "image_id": file.id}, {"image_id": file.id + 1}):
            put(canvas, **images)
            assert canvas.get(f"courses/{SOURCE}/settings")["image"] == "http://x/a.png"

    def test_image_id(self, canvas: Caller, world: World) -> None:
        """A file of the course as its image is a text in ``image_id``, and ``image_url`` is null."""
        file = world.add(File(course_id=SOURCE, title="a.png"))
        put(canvas, image_id=file.id)
        settings = canvas.get(f"courses/{SOURCE}/settings")
        assert (settings["image_id"], settings["image_url"]) == (str(file.id), None)
        assert f"/courses/{SOURCE}/files/{file.id}/download" in settings["image"]

    def test_colors(self, canvas: Caller) -> None:
        """A color is hexadecimal, and a single character removes it."""
        assert put(canvas, course_color="#c9ff00")["course_color"] == "#c9ff00"
        assert canvas("PUT", f"courses/{SOURCE}", json={"course": {"course_color": "blue!"}}).status_code == 400
        assert put(canvas, course_color="#")["course_color"] is None

    @pytest.mark.edition("current")
    def test_students_cannot_update(self, call_as: CallAs) -> None:
        """Students may change nothing."""
        assert call_as(STUDENT)("PUT", f"courses/{SOURCE}", json={"course": {"name": "X"}}).status_code == 403


class TestDelete:
    """DELETE /courses/:id."""

    @pytest.mark.parametrize(("event", "state"), [("delete", "deleted"), ("conclude", "completed")])
    def test_events(self, canvas: Caller, world: World, event: str, state: str) -> None:
        """The response has the event as a key and true as its value, from the query or from a body."""
        assert canvas("DELETE", f"courses/{SOURCE}", params={"event": event}).json() == {event: True}
        assert canvas("DELETE", f"courses/{OTHER}", data={"event": event}).json() == {event: True}
        assert world.tables.courses[SOURCE].workflow_state == state

    @pytest.mark.parametrize("event", [None, "offer", "Delete"])
    def test_other_events(self, canvas: Caller, event: str | None) -> None:
        """Any other event, and none, is refused."""
        response = canvas("DELETE", f"courses/{SOURCE}", params={"event": event})
        assert (response.status_code, response.json()) == (
            400,
            {"message": 'Only "delete" and "conclude" events are allowed.'},
        )

    def test_deletion_that_fails(self, canvas: Caller, world: World) -> None:
        """If SIS courses cannot be deleted, the response is a 400 with false."""
        world.settings.deletes_sis_courses = False
        response = canvas("DELETE", f"courses/{SOURCE}", params={"event": "delete"})
        assert (response.status_code, response.json()) == (400, {"delete": False})


class TestReset:
    """POST /courses/:id/reset_content."""

    def test_reset_creates_a_new_course(self, canvas: Caller, world: World) -> None:
        """The response is a new course with the SIS id and the users; the old one is deleted."""
        new = canvas("POST", f"courses/{SOURCE}/reset_content").json()
        assert new["id"] != SOURCE
        assert (new["name"], new["sis_course_id"]) == ("Source", "SIS/Source")
        assert canvas("GET", f"courses/{SOURCE}").status_code == 404
        assert len(canvas.get(f"courses/{new['id']}/users", per_page=100)) == 31
        assert canvas.get("courses/sis_course_id:SIS%2FSource")["id"] == new["id"]

    def test_rights_are_kept(self, call_as: CallAs) -> None:
        """The teachers of the old course are teachers of the new one."""
        teacher = call_as(STRANGER)
        new = teacher("POST", f"courses/{SOURCE}/reset_content").json()
        assert teacher.get(f"courses/{new['id']}")["enrollments"][0]["type"] == "teacher"

    def test_blueprints(self, canvas: Caller, world: World) -> None:
        """Blueprints and templates cannot be reset."""
        world.tables.courses[SOURCE].settings.blueprint = True
        response = canvas("POST", f"courses/{SOURCE}/reset_content")
        assert (response.status_code, response.json()) == (
            400,
            {"message": "cannot reset_content on a blueprint or template course"},
        )
