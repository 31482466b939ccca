"""The Courses API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from airflow_provider_canvas.emulator.content import Announcement, Assignment, DiscussionTopic, File, Module, ModuleItem
from airflow_provider_canvas.emulator.records import AccessToken, Account, Term, User
from airflow_provider_canvas.emulator.roster import EnrollmentState, EnrollmentType
from airflow_provider_canvas.emulator.world import World
from emulator.small_world import DESTINATION, OTHER, READER, SOURCE, STRANGER, WRITER, Caller

CallAs = Callable[[str | None], Caller]
STUDENT, STUDENTS = "student-token", range(101, 131)


@pytest.fixture(autouse=True)
def people(world: World) -> None:
    """Thirty students and a teacher in the source course."""
    tables = world.tables
    tables.accounts[2] = Account(2, "Biology", 1, sis_account_id="BIO")
    tables.accounts[3] = Account(3, "Chemistry", 1)
    tables.terms |= {1: Term(1, "Default Term"), 2: Term(2, "Spring", "2026SP")}
    for number in STUDENTS:
        tables.users[number] = User(number, f"Stu Dent{number}", sis_user_id=f"S{number}", email=f"s{number}@x.example")
        world.enroll(number, SOURCE, EnrollmentType.STUDENT)
    tables.tokens[STUDENT] = AccessToken(STUDENT, 101)
    world.enroll(4, SOURCE, EnrollmentType.TEACHER)  # whose token is STRANGER


def put(canvas: Caller, course_id: int = SOURCE, **course: Any) -> dict[str, Any]:
    answer = canvas("PUT", f"courses/{course_id}", json={"course": course})
    assert answer.status_code == 200, answer.text
    return answer.json()


class TestLists:
    """GET /courses and /users/:id/courses."""

    def test_courses_of_the_caller(self, call_as: CallAs, canvas: Caller) -> None:
        """The list has the caller's enrollments, which an administrator without any has not."""
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
        """`enrollment_type` is the short form, `enrollment_role` the role's name, and `enrollment_role_id` wins."""
        student = call_as(STUDENT)
        assert len(student.get("courses", enrollment_type="student")) == 1
        assert student.get("courses", enrollment_type="teacher") == []
        assert len(student.get("courses", enrollment_role="StudentEnrollment")) == 1
        assert len(student.get("courses", enrollment_type="teacher", enrollment_role_id=3)) == 1

    def test_enrollment_states(self, call_as: CallAs, world: World) -> None:
        """A course to which one is only invited is listed as pending."""
        world.enroll(101, OTHER, EnrollmentType.STUDENT, EnrollmentState.INVITED)
        student = call_as(STUDENT)
        assert [c["id"] for c in student.get("courses", enrollment_state="invited_or_pending")] == [OTHER]
        assert [c["id"] for c in student.get("courses", enrollment_state="active")] == [SOURCE]

    def test_students_see_published_courses(self, call_as: CallAs, world: World) -> None:
        """Without `state[]` students see only available courses, teachers all but deleted ones."""
        world.tables.courses[SOURCE].workflow_state = "unpublished"
        assert call_as(STUDENT).get("courses") == []
        teacher = call_as(STRANGER)
        assert [c["workflow_state"] for c in teacher.get("courses")] == ["unpublished"]
        assert teacher.get("courses", **{"state[]": "available"}) == []
        world.tables.courses[SOURCE].workflow_state = "deleted"
        assert teacher.get("courses") == []
        assert len(teacher.get("courses", **{"state[]": "deleted"})) == 1

    def test_courses_of_somebody_else(self, call_as: CallAs, canvas: Caller) -> None:
        """Administrators may ask for anybody's courses, everybody for their own."""
        assert [c["id"] for c in canvas.get("users/101/courses")] == [SOURCE]
        assert [c["id"] for c in call_as(STUDENT).get("users/self/courses")] == [SOURCE]
        assert call_as(STUDENT)("GET", "users/102/courses").status_code == 403

    def test_blueprints_can_be_left_out(self, call_as: CallAs, world: World) -> None:
        """`exclude_blueprint_courses` does so."""
        world.tables.courses[SOURCE].settings.blueprint = True
        assert call_as(STUDENT).get("courses", exclude_blueprint_courses="true") == []


class TestShow:
    """GET /courses/:id and /accounts/:id/courses/:id."""

    def test_the_account_must_hold_it(self, canvas: Caller) -> None:
        """Under an account the course is found in it and in those below, and nowhere else."""
        assert canvas.get(f"accounts/1/courses/{SOURCE}")["id"] == SOURCE
        assert canvas("GET", f"accounts/2/courses/{SOURCE}").status_code == 404

    def test_a_deleted_course(self, canvas: Caller) -> None:
        """A deleted course is a 404, unless all courses are included."""
        canvas("DELETE", f"courses/{SOURCE}", params={"event": "delete"})
        assert canvas("GET", f"courses/{SOURCE}").status_code == 404
        shown = canvas.get(f"courses/{SOURCE}", **{"include[]": "all_courses"})
        assert shown["workflow_state"] == "deleted"

    def test_always_there(self, canvas: Caller) -> None:
        """The keys that every course has."""
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

    def test_sis_ids_are_for_those_who_may_read_them(self, canvas: Caller, call_as: CallAs) -> None:
        """Administrators and teachers see the SIS id, students do not have the key."""
        assert canvas.get(f"courses/{SOURCE}")["sis_course_id"] == "SIS/Source"
        assert "sis_course_id" not in call_as(STUDENT).get(f"courses/{SOURCE}")

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
            ("teachers", "teachers", [{"id": 4, "display_name": "Stran Ger"}]),
            ("needs_grading_count", "needs_grading_count", 0),
            ("grading_periods", "grading_periods", []),
        ],
    )
    def test_includes(self, canvas: Caller, include: str, key: str, value: Any) -> None:
        """Each include adds its key, which is not there otherwise."""
        assert key not in canvas.get(f"courses/{SOURCE}")
        shown = canvas.get(f"courses/{SOURCE}", **{"include[]": include})[key]
        if isinstance(value, dict):
            shown = {name: shown[name] for name in value}
        assert shown == value

    def test_a_limit_of_teachers(self, canvas: Caller, world: World) -> None:
        """Above `teacher_limit` the number of teachers takes their place."""
        world.enroll(2, SOURCE, EnrollmentType.TEACHER)
        shown = canvas.get(f"courses/{SOURCE}", **{"include[]": "teachers", "teacher_limit": 1})
        assert (shown["teacher_count"], "teachers" in shown) == (2, False)

    def test_restricted_by_date(self, call_as: CallAs, world: World) -> None:
        """Of a course whose time is over and that hides then, students see an id and a flag, and no name."""
        course = world.tables.courses[SOURCE]
        course.settings.restrict_enrollments_to_course_dates = course.settings.restrict_student_past_view = True
        course.end_at = world.clock.now() - timedelta(days=1)
        assert call_as(STUDENT).get(f"courses/{SOURCE}") == {"id": SOURCE, "access_restricted_by_date": True}
        assert call_as(STRANGER).get(f"courses/{SOURCE}")["name"] == "Source"

    def test_nicknames(self, call_as: CallAs) -> None:
        """A nickname takes the name's place for its user, and the name moves to `original_name`."""
        student = call_as(STUDENT)
        student("PUT", f"users/self/course_nicknames/{SOURCE}", json={"nickname": "Bugs"})
        shown = student.get(f"courses/{SOURCE}")
        assert (shown["name"], shown["original_name"]) == ("Bugs", "Source")
        assert "original_name" not in call_as(STRANGER).get(f"courses/{SOURCE}")
        student("DELETE", f"users/self/course_nicknames/{SOURCE}")
        assert student.get(f"courses/{SOURCE}")["name"] == "Source"


class TestProgressOfStudents:
    """GET /courses/:id/users/:id/progress and /bulk_user_progress."""

    def test_without_requirements(self, canvas: Caller) -> None:
        """A course whose modules require nothing answers with the key `error`, which the bulk route does as a 400."""
        assert "No progress available because" in canvas.get(f"courses/{SOURCE}/users/101/progress")["error"]["message"]
        answer = canvas("GET", f"courses/{SOURCE}/bulk_user_progress")
        assert (answer.status_code, list(answer.json())) == (400, ["error"])
        assert answer.json()["error"]["message"].startswith("No progress available because")

    def test_requirements_and_what_is_done(self, canvas: Caller, world: World, call_as: CallAs) -> None:
        """Requirements are counted, those met too, and the next one has an address."""
        module = world.add(Module(course_id=SOURCE, title="M"))
        first, second = (
            world.add(
                ModuleItem(
                    course_id=SOURCE,
                    title=title,
                    module_id=module.id,
                    type="SubHeader",
                    completion_requirement="must_view",
                )
            )
            for title in "ab"
        )
        world.roster.completions[101, SOURCE] = {first.id: world.clock.now()}
        progress = call_as(STUDENT).get(f"courses/{SOURCE}/users/self/progress")
        assert (progress["requirement_count"], progress["requirement_completed_count"]) == (2, 1)
        assert progress["next_requirement_url"].endswith(f"/modules/items/{second.id}")
        assert progress["completed_at"] is None
        bulk = canvas.get(f"courses/{SOURCE}/bulk_user_progress", per_page=100)
        assert [row["progress"]["requirement_completed_count"] for row in bulk] == [1] + [0] * 29
        assert call_as(STUDENT)("GET", f"courses/{SOURCE}/bulk_user_progress").status_code == 403
        assert call_as(STUDENT)("GET", f"courses/{SOURCE}/users/102/progress").status_code == 403


class TestCreate:
    """POST /accounts/:id/courses."""

    def test_answers_200_with_more_keys(self, canvas: Caller) -> None:
        """A new course is unpublished, and its answer has keys that others lack."""
        answer = canvas("POST", "accounts/2/courses", json={"course": {"name": "New", "sis_course_id": "N1"}})
        course = answer.json()
        assert (answer.status_code, course["name"], course["account_id"]) == (200, "New", 2)
        assert (course["workflow_state"], course["sis_course_id"]) == ("unpublished", "N1")
        assert {"allow_wiki_comments", "open_enrollment", "self_enrollment", "public_description"} <= set(course)
        assert canvas.get("courses/sis_course_id:N1")["id"] == course["id"]

    def test_parameters_in_the_wrong_place_are_ignored(self, canvas: Caller) -> None:
        """`name` outside of `course[...]` makes an Unnamed Course."""
        answer = canvas("POST", "accounts/sis_account_id:BIO/courses", data={"name": "Mine"})
        assert answer.json()["name"] == "Unnamed Course"

    def test_offer_and_enroll_me(self, canvas: Caller) -> None:
        """`offer` publishes it, `enroll_me` makes the caller its teacher."""
        body = {"course": {"name": "New"}, "offer": True, "enroll_me": True}
        course = canvas("POST", "accounts/1/courses", json=body).json()
        assert course["workflow_state"] == "available"
        assert [row["type"] for row in course["enrollments"]] == ["teacher"]
        assert [row["id"] for row in canvas.get("courses")] == [course["id"]]

    def test_dates_need_their_restriction(self, canvas: Caller) -> None:
        """Dates are ignored unless enrollments are restricted to them."""
        dates = {"start_at": "2026-01-12T05:00:00Z", "end_at": "2026-05-01"}
        assert canvas("POST", "accounts/1/courses", json={"course": dates}).json()["start_at"] is None
        restricted = dates | {"restrict_enrollments_to_course_dates": True}
        course = canvas("POST", "accounts/1/courses", json={"course": restricted}).json()
        assert (course["start_at"], course["end_at"]) == ("2026-01-12T05:00:00Z", "2026-05-01T00:00:00Z")

    def test_terms_have_several_names(self, canvas: Caller) -> None:
        """`term_id` and `enrollment_term_id` take ids, SIS forms and `default`."""
        for key, term, expected in (("term_id", "sis_term_id:2026SP", 2), ("enrollment_term_id", "default", 1)):
            course = canvas("POST", "accounts/1/courses", json={"course": {key: term}}).json()
            assert course["enrollment_term_id"] == expected

    def test_an_sis_id_is_taken(self, canvas: Caller) -> None:
        """An SIS id that another course has is an error of the record."""
        answer = canvas("POST", "accounts/1/courses", json={"course": {"sis_course_id": "SIS/Source"}})
        (error,) = answer.json()["errors"]["sis_source_id"]
        assert (answer.status_code, set(error)) == (400, {"attribute", "type", "message"})

    def test_sis_reactivation(self, canvas: Caller) -> None:
        """`enable_sis_reactivation` brings a deleted course with that SIS id back."""
        canvas("DELETE", f"courses/{SOURCE}", params={"event": "delete"})
        body = {"course": {"sis_course_id": "SIS/Source"}, "enable_sis_reactivation": True}
        course = canvas("POST", "accounts/1/courses", json=body).json()
        assert (course["id"], course["workflow_state"]) == (SOURCE, "unpublished")

    def test_templates(self, canvas: Caller, world: World) -> None:
        """Where the account has a template, a migration fills the new course, unless that is skipped."""
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

    def test_an_sis_id_that_went_on(self, canvas: Caller, world: World) -> None:
        """A deleted course whose SIS id another one has by now does not come back, by itself or with others."""
        canvas("DELETE", f"courses/{SOURCE}", params={"event": "delete"})
        canvas("PUT", f"courses/{OTHER}", json={"course": {"sis_course_id": "SIS/Source"}})
        answer = canvas("PUT", f"courses/{SOURCE}", json={"course": {"event": "undelete"}})
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["sis_source_id"])
        canvas("PUT", "accounts/1/courses", json={"course_ids": [SOURCE], "event": "undelete"})
        world.clock.advance(60)
        assert canvas("GET", f"courses/{SOURCE}").status_code == 404

    def test_only_administrators_may(self, call_as: CallAs) -> None:
        """Teachers are refused."""
        assert call_as(WRITER)("POST", "accounts/1/courses").status_code == 403


class TestUpdate:
    """PUT /courses/:id."""

    def test_changes_what_it_says(self, canvas: Caller) -> None:
        """Keys that are given change, others stay."""
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
        """An event changes the state; one without effect succeeds."""
        assert [put(canvas, event=event) for event in events][-1]["workflow_state"] == state

    def test_a_course_with_submissions_stays_published(self, canvas: Caller, world: World) -> None:
        """`claim` is an error of `workflow_state` then."""
        world.tables.courses[SOURCE].settings.has_student_submissions = True
        answer = canvas("PUT", f"courses/{SOURCE}", json={"course": {"event": "claim"}})
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["workflow_state"])

    def test_updates_clear_dates(self, canvas: Caller, world: World) -> None:
        """Without the restriction an update takes the end, and an unpublished course's start; an event does not."""
        course = world.tables.courses[SOURCE]
        course.start_at = course.end_at = world.clock.now()
        assert put(canvas, event="offer")["end_at"] is not None
        changed = put(canvas, name="X")
        assert (changed["start_at"], changed["end_at"]) == ("2026-05-04T09:00:00Z", None)
        put(canvas, event="claim")
        assert put(canvas, name="Y")["start_at"] is None

    def test_restricted_dates_stay(self, canvas: Caller) -> None:
        """With the restriction dates are kept."""
        put(canvas, restrict_enrollments_to_course_dates=True, end_at="2026-08-01T00:00:00Z")
        assert put(canvas, name="X")["end_at"] == "2026-08-01T00:00:00Z"

    def test_what_one_may_not_change_is_ignored(self, call_as: CallAs) -> None:
        """A teacher's SIS id, quota, account and term change nothing, and nothing says so."""
        teacher = call_as(STRANGER)
        changed = put(teacher, name="Mine", sis_course_id="X", storage_quota_mb=9999, account_id=2, term_id=2)
        assert (changed["name"], changed["sis_course_id"], changed["storage_quota_mb"]) == ("Mine", "SIS/Source", 500)
        assert (changed["account_id"], changed["enrollment_term_id"]) == (1, 1)

    def test_names_may_be_locked(self, call_as: CallAs, world: World) -> None:
        """Where teachers may not rename courses, a new name is ignored."""
        world.settings.teachers_rename_courses = False
        assert put(call_as(STRANGER), name="Mine")["name"] == "Source"

    def test_limited_users_change_the_syllabus_only(self, call_as: CallAs, world: World) -> None:
        """A teaching assistant's name is ignored, the syllabus is not."""
        world.enroll(3, OTHER, EnrollmentType.TA)
        changed = put(call_as(READER), OTHER, name="Mine", syllabus_body="<p>Hi</p>")
        assert changed["name"] == "Other"
        assert world.tables.courses[OTHER].syllabus_body == "<p>Hi</p>"

    def test_two_images(self, canvas: Caller) -> None:
        """An address and an id together are refused."""
        answer = canvas("PUT", f"courses/{SOURCE}", json={"course": {"image_url": "http://x", "image_id": 1}})
        assert (answer.status_code, answer.json()) == (
            400,
            {"message": "You cannot provide both an image_url and a image_id."},
        )

    def test_an_image_is_a_file_of_the_course(self, canvas: Caller, world: World) -> None:
        """An id that is none is refused, a file's id is taken."""
        answer = canvas("PUT", f"courses/{SOURCE}", json={"course": {"image_id": 1}})
        assert answer.json() == {"message": "The image_id is not a valid course file id."}
        file = world.add(File(course_id=SOURCE, title="a.png"))
        put(canvas, image_id=file.id)
        assert canvas.get(f"courses/{SOURCE}/settings")["image_id"] == str(file.id)

    def test_colors(self, canvas: Caller) -> None:
        """A color is hexadecimal; one character clears it."""
        assert put(canvas, course_color="#c9ff00")["course_color"] == "#c9ff00"
        assert canvas("PUT", f"courses/{SOURCE}", json={"course": {"course_color": "blue!"}}).status_code == 400
        assert put(canvas, course_color="#")["course_color"] is None

    def test_strangers_are_refused(self, call_as: CallAs) -> None:
        """Students may change nothing."""
        assert call_as(STUDENT)("PUT", f"courses/{SOURCE}", json={"course": {"name": "X"}}).status_code == 403


class TestDelete:
    """DELETE /courses/:id."""

    @pytest.mark.parametrize(("event", "state"), [("delete", "deleted"), ("conclude", "completed")])
    def test_events(self, canvas: Caller, world: World, event: str, state: str) -> None:
        """The answer has the event as a key and true as its value, from the query or from a body."""
        assert canvas("DELETE", f"courses/{SOURCE}", params={"event": event}).json() == {event: True}
        assert canvas("DELETE", f"courses/{OTHER}", data={"event": event}).json() == {event: True}
        assert world.tables.courses[SOURCE].workflow_state == state

    @pytest.mark.parametrize("event", [None, "offer", "Delete"])
    def test_other_events(self, canvas: Caller, event: str | None) -> None:
        """Anything else, and nothing, is refused."""
        answer = canvas("DELETE", f"courses/{SOURCE}", params={"event": event})
        assert (answer.status_code, answer.json()) == (
            400,
            {"message": 'Only "delete" and "conclude" events are allowed.'},
        )

    def test_a_deletion_that_fails(self, canvas: Caller, world: World) -> None:
        """Where SIS courses cannot be deleted, the answer is a 400 with false."""
        world.settings.deletes_sis_courses = False
        answer = canvas("DELETE", f"courses/{SOURCE}", params={"event": "delete"})
        assert (answer.status_code, answer.json()) == (400, {"delete": False})


class TestReset:
    """POST /courses/:id/reset_content."""

    def test_a_new_course_takes_its_place(self, canvas: Caller, world: World) -> None:
        """The answer is another course with the SIS id and the people; the old one is deleted."""
        new = canvas("POST", f"courses/{SOURCE}/reset_content").json()
        assert new["id"] != SOURCE
        assert (new["name"], new["sis_course_id"]) == ("Source", "SIS/Source")
        assert canvas("GET", f"courses/{SOURCE}").status_code == 404
        assert len(canvas.get(f"courses/{new['id']}/users", per_page=100)) == 31
        assert canvas.get("courses/sis_course_id:SIS%2FSource")["id"] == new["id"]

    def test_rights_go_with_it(self, call_as: CallAs) -> None:
        """Who taught the old one teaches the new one."""
        teacher = call_as(STRANGER)
        new = teacher("POST", f"courses/{SOURCE}/reset_content").json()
        assert teacher.get(f"courses/{new['id']}")["enrollments"][0]["type"] == "teacher"

    def test_blueprints(self, canvas: Caller, world: World) -> None:
        """Blueprints and templates cannot be reset."""
        world.tables.courses[SOURCE].settings.blueprint = True
        answer = canvas("POST", f"courses/{SOURCE}/reset_content")
        assert (answer.status_code, answer.json()) == (
            400,
            {"message": "cannot reset_content on a blueprint or template course"},
        )


class TestUsers:
    """Lists of people in a course."""

    @pytest.mark.parametrize("route", ["users", "search_users"])
    def test_pages_have_no_last(self, canvas: Caller, route: str) -> None:
        """Users are not counted; ten are on a page, by name."""
        answer = canvas("GET", f"courses/{SOURCE}/{route}")
        assert len(answer.json()) == 10
        assert set(answer.links) == {"current", "next", "first"}

    def test_limit_is_per_page(self, canvas: Caller) -> None:
        """The old name of the parameter still works."""
        assert len(canvas.get(f"courses/{SOURCE}/users", limit=25)) == 25

    def test_search(self, canvas: Caller) -> None:
        """A term is searched in names, logins, SIS ids and addresses; one character is too short."""
        assert [u["id"] for u in canvas.get(f"courses/{SOURCE}/users", search_term="dent115")] == [115]
        assert [u["id"] for u in canvas.get(f"courses/{SOURCE}/users", search_term="S116")] == [116]
        assert canvas("GET", f"courses/{SOURCE}/users", params={"search_term": "x"}).status_code == 400

    def test_types(self, canvas: Caller) -> None:
        """`enrollment_type[]` selects, and several add up."""
        teachers = canvas.get(f"courses/{SOURCE}/users", **{"enrollment_type[]": "teacher"})
        assert [user["id"] for user in teachers] == [4]
        both = canvas.get(f"courses/{SOURCE}/users", per_page=100, **{"enrollment_type[]": ["teacher", "student"]})
        assert len(both) == 31

    def test_states(self, canvas: Caller, world: World) -> None:
        """Concluded enrollments show when they are asked for."""
        world.tables.users[200] = User(200, "Old Timer")
        world.enroll(200, SOURCE, EnrollmentType.STUDENT, EnrollmentState.COMPLETED)
        assert len(canvas.get(f"courses/{SOURCE}/users", per_page=100)) == 31
        old = canvas.get(f"courses/{SOURCE}/users", **{"enrollment_state[]": "completed"})
        assert [user["id"] for user in old] == [200]

    def test_ids(self, canvas: Caller) -> None:
        """`user_ids[]` is a list, or one string with commas."""
        for value in (["101", "102"], "101,102"):
            assert [u["id"] for u in canvas.get(f"courses/{SOURCE}/users", **{"user_ids[]": value})] == [101, 102]

    def test_the_page_of_a_user(self, canvas: Caller) -> None:
        """`user_id` shows the page that has the user, whatever `page` says."""
        shown = canvas.get(f"courses/{SOURCE}/users", user_id=125, page=1, per_page=5)
        assert 125 in [user["id"] for user in shown]

    def test_sorting(self, canvas: Caller) -> None:
        """By name, or by SIS id, where those without come first."""
        assert canvas.get(f"courses/{SOURCE}/users")[0]["id"] == 101
        assert canvas.get(f"courses/{SOURCE}/users", sort="sis_id")[0]["id"] == 4

    def test_includes(self, canvas: Caller) -> None:
        """Enrollments come with long types, and an address when it is asked for."""
        (user,) = canvas.get(f"courses/{SOURCE}/users", **{"include[]": ["enrollments", "email"], "user_ids[]": "101"})
        assert (user["enrollments"][0]["type"], user["email"]) == ("StudentEnrollment", "s101@x.example")

    def test_the_test_student(self, canvas: Caller) -> None:
        """It is made once, and taken off pages that did not ask for it, so that these are short."""
        first = canvas.get(f"courses/{SOURCE}/student_view_student")
        assert first["name"] == "Test Student"
        assert canvas.get(f"courses/{SOURCE}/student_view_student")["id"] == first["id"]
        assert len(canvas.get(f"courses/{SOURCE}/users", per_page=100)) == 31
        with_it = canvas.get(f"courses/{SOURCE}/users", per_page=100, **{"include[]": "test_student"})
        assert len(with_it) == 32

    def test_one_user(self, canvas: Caller) -> None:
        """One of the course is shown, another is a 404."""
        assert canvas.get(f"courses/{SOURCE}/users/101")["name"] == "Stu Dent101"
        assert canvas("GET", f"courses/{SOURCE}/users/3").status_code == 404

    def test_students_come_on_one_page(self, canvas: Caller) -> None:
        """The deprecated list of students has all of them and no links."""
        answer = canvas("GET", f"courses/{SOURCE}/students")
        assert (len(answer.json()), "Link" in answer.headers) == (30, False)

    def test_recent_students(self, canvas: Caller, world: World, call_as: CallAs) -> None:
        """Who was here last comes first, with the time; only those with reports see it."""
        row = next(row for row in world.roster.in_course(SOURCE) if row.user_id == 120)
        row.last_login = world.clock.now()
        first, second = canvas.get(f"courses/{SOURCE}/recent_students")[:2]
        assert (first["id"], first["last_login"], second["last_login"]) == (120, "2026-05-04T09:00:00Z", None)
        assert call_as(STUDENT)("GET", f"courses/{SOURCE}/recent_students").status_code == 403

    def test_sharing_content(self, canvas: Caller) -> None:
        """Those who teach anywhere are found by name, and the search term must be there."""
        assert canvas("GET", f"courses/{SOURCE}/content_share_users").status_code == 400
        found = canvas.get(f"courses/{SOURCE}/content_share_users", search_term="ger")
        assert [user["id"] for user in found] == [4]


class TestSettings:
    """GET and PUT /courses/:id/settings."""

    def test_keys_are_at_the_top(self, canvas: Caller) -> None:
        """A PUT takes keys of its own, and not those of `course[...]`."""
        changed = canvas("PUT", f"courses/{SOURCE}/settings", data={"hide_final_grades": "true"}).json()
        assert changed["hide_final_grades"] is True
        nested = {"course": {"hide_final_grades": False}}
        assert canvas("PUT", f"courses/{SOURCE}/settings", json=nested).json()["hide_final_grades"] is True
        assert canvas.get(f"courses/{SOURCE}")["hide_final_grades"] is True

    def test_the_default_due_time(self, canvas: Caller) -> None:
        """It is the end of the day, unless it is set, and `inherit` brings that back."""
        assert canvas.get(f"courses/{SOURCE}/settings")["default_due_time"] == "23:59:59"
        for sent, shown in (("22:00:00", "22:00:00"), ("inherit", "23:59:59")):
            answer = canvas("PUT", f"courses/{SOURCE}/settings", data={"default_due_time": sent})
            assert answer.json()["default_due_time"] == shown

    def test_who_may(self, call_as: CallAs) -> None:
        """Students read settings, and do not change them."""
        student = call_as(STUDENT)
        assert student("GET", f"courses/{SOURCE}/settings").status_code == 200
        assert student("PUT", f"courses/{SOURCE}/settings").status_code == 403


class TestSmallThings:
    """What a course can be asked besides."""

    def test_html_is_cleaned(self, canvas: Caller) -> None:
        """A preview has no scripts."""
        html = '<p onclick="x()">A<script>alert(1)</script></p>'
        answer = canvas("POST", f"courses/{SOURCE}/preview_html", data={"html": html})
        assert answer.json() == {"html": "<p>A</p>"}

    def test_permissions(self, call_as: CallAs, canvas: Caller) -> None:
        """Named permissions are real booleans; without names all are told."""
        names = {"permissions[]": ["read", "manage_grades", "nonsense"]}
        assert call_as(STUDENT).get(f"courses/{SOURCE}/permissions", **names) == {
            "read": True,
            "manage_grades": False,
            "nonsense": False,
        }
        assert len(canvas.get(f"courses/{SOURCE}/permissions")) > 10

    def test_due_dates(self, canvas: Caller, world: World) -> None:
        """Due dates are by assignment and student."""
        row = world.add(Assignment(course_id=SOURCE, title="A", due_at=world.clock.now()))
        due = canvas.get(f"courses/{SOURCE}/effective_due_dates", **{"assignment_ids[]": row.id})
        assert due[str(row.id)]["101"]["due_at"] == "2026-05-04T09:00:00Z"
        assert len(due[str(row.id)]) == 30

    @pytest.mark.parametrize("query", ["assignment_ids[]=abc", "assignment_ids[]=999999", "assignment_ids=5"])
    def test_bad_assignment_ids(self, canvas: Caller, query: str) -> None:
        """What is no id of an assignment is a 422, of the few there are."""
        answer = canvas("GET", f"courses/{SOURCE}/effective_due_dates?{query}")
        assert (answer.status_code, answer.json()) == (422, {"errors": "assignment_ids param is invalid"})

    def test_the_migration_message(self, canvas: Caller, world: World) -> None:
        """It can be dismissed once."""
        path = f"courses/{SOURCE}/dismiss_migration_limitation_message"
        assert canvas("POST", path).json() == {"message": "Quiz migration alert not found"}
        world.tables.courses[SOURCE].settings.migration_limitation = True
        assert canvas("POST", path).json() == {"success": True}
        assert canvas("POST", path).status_code == 404

    def test_the_activity_stream(self, canvas: Caller, world: World) -> None:
        """Announcements and discussions, with a summary that counts them."""
        world.add(Announcement(course_id=SOURCE, title="Hear"))
        world.add(DiscussionTopic(course_id=SOURCE, title="Talk"))
        stream = canvas.get(f"courses/{SOURCE}/activity_stream")
        assert sorted((row["type"], row["title"]) for row in stream) == [
            ("Announcement", "Hear"),
            ("DiscussionTopic", "Talk"),
        ]
        summary = canvas.get(f"courses/{SOURCE}/activity_stream/summary")
        assert [(row["type"], row["count"]) for row in summary] == [("Announcement", 1), ("DiscussionTopic", 1)]

    def test_todo_pages_are_bookmarks(self, call_as: CallAs, world: World) -> None:
        """What is due is read forward, by links that nobody can make up."""
        for number in range(5):
            due = world.clock.now() + timedelta(days=number)
            world.add(Assignment(course_id=SOURCE, title=str(number), due_at=due))
        student = call_as(STUDENT)
        answer, names = student("GET", f"courses/{SOURCE}/todo", params={"per_page": 2}), []
        assert "page=bookmark:" in answer.links["next"]["url"]
        while True:
            assert not {"prev", "last"} & set(answer.links)
            names += [row["assignment"]["name"] for row in answer.json()]
            if "next" not in answer.links:
                break
            answer = student("GET", answer.links["next"]["url"])
        assert names == ["0", "1", "2", "3", "4"]

    @pytest.mark.parametrize("page", ["bookmark:nonsense", "bookmark:W10x", "2"])
    def test_stale_bookmarks(self, call_as: CallAs, page: str) -> None:
        """A bookmark that is none is a 400 with a key for its reason."""
        answer = call_as(STUDENT)("GET", f"courses/{SOURCE}/todo", params={"page": page})
        assert (answer.status_code, answer.json()) == (
            400,
            {
                "status": "bad_request",
                "errors": [{"page": "Invalid page; please restart iteration and follow `next` links"}],
            },
        )


class TestBatch:
    """PUT /accounts/:id/courses."""

    @staticmethod
    def start(canvas: Caller, course_ids: list[Any], event: str = "conclude") -> dict[str, Any]:
        answer = canvas("PUT", "accounts/self/courses", json={"course_ids": course_ids, "event": event})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def test_runs_in_the_background(self, canvas: Caller, world: World) -> None:
        """The answer is a queued Progress of the account; at its end the courses have changed and a message counts."""
        progress = self.start(canvas, [SOURCE, "sis_course_id:SIS/Other"])
        assert progress["tag"] == "course_batch_update"
        assert (progress["context_type"], progress["context_id"]) == ("Account", 1)
        assert (progress["workflow_state"], progress["completion"]) == ("queued", 0.0)
        world.clock.advance(60)
        end = canvas.get(progress["url"])
        assert (end["workflow_state"], end["completion"]) == ("completed", 100.0)
        assert end["message"] == "2 courses processed"
        assert "results" not in end
        assert canvas.get(f"courses/{OTHER}")["workflow_state"] == "completed"

    def test_some_fail(self, canvas: Caller, world: World) -> None:
        """One course that succeeds makes the whole a success; the message names the others."""
        progress = self.start(canvas, [SOURCE, 998, 999])
        world.clock.advance(60)
        end = canvas.get(progress["url"])
        assert end["workflow_state"] == "completed"
        assert end["message"] == "1 course processed\nThe course was not found: 998, 999"

    def test_all_fail(self, canvas: Caller, world: World) -> None:
        """Only when none succeeds has the whole failed, at 100 per cent."""
        progress = self.start(canvas, [999])
        world.clock.advance(60)
        end = canvas.get(progress["url"])
        assert (end["workflow_state"], end["completion"]) == ("failed", 100.0)

    @pytest.mark.parametrize(
        ("body", "status", "message"),
        [
            ({"event": "offer"}, 400, "must specify course_ids[]"),
            ({"event": "offer", "course_ids": 5}, 400, "must specify course_ids[]"),
            ({"course_ids": [5]}, 400, "need to specify event"),
            ({"course_ids": [5], "event": "claim"}, 400, "invalid event"),
            ({"course_ids": [5] * 501, "event": "offer"}, 403, "course batch size limit (500) exceeded"),
        ],
    )
    def test_refusals(self, canvas: Caller, body: dict[str, Any], status: int, message: str) -> None:
        """Each check has its words, and too many courses are a 403."""
        answer = canvas("PUT", "accounts/1/courses", json=body)
        assert (answer.status_code, answer.json()) == (status, {"message": message})

    def test_only_administrators_see_it(self, canvas: Caller, call_as: CallAs) -> None:
        """Its Progress is the account's, and so is the right to read it."""
        progress = self.start(canvas, [DESTINATION])
        assert call_as(WRITER)("GET", progress["url"]).status_code == 403


class TestAccounts:
    """What an account lists."""

    def test_courses_of_an_account(self, canvas: Caller) -> None:
        """An account has the courses of those below it, and searches them."""
        canvas("POST", "accounts/2/courses", json={"course": {"name": "Below"}})
        assert len(canvas.get("accounts/self/courses")) == 4
        assert [c["name"] for c in canvas.get("accounts/1/courses", search_term="belo")] == ["Below"]
        assert canvas.get("accounts/3/courses") == []
