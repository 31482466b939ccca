"""Test the keys and values of courses, and of the people, accounts and terms in them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from canvas_emulator.model.content import DELETED, Assignment, DiscussionTopic, ExternalTool, Page, Quiz
from canvas_emulator.model.editions import Edition
from canvas_emulator.model.enrollments import EnrollmentType
from canvas_emulator.model.records import Account
from canvas_emulator.model.world import World
from canvas_emulator.pages.course_tabs import CONTENT
from canvas_emulator.seeds.small import OTHER, SOURCE, STRANGER
from tests.support.caller import Caller
from tests.support.people import STUDENT, CallAs, people

__all__ = ["people"]

UNSET = ("is_public", "license", "self_enrollment", "open_enrollment", "allow_wiki_comments")


def test_a_new_course_has_nulls(canvas: Caller) -> None:
    """Options that nobody has set are null."""
    created = canvas("POST", "accounts/1/courses", json={}).json()
    assert [created[name] for name in UNSET] == [None] * len(UNSET)
    assert canvas.get(f"courses/{created['id']}/settings")["home_page_announcement_limit"] is None


@pytest.mark.parametrize(
    ("course", "code"),
    [
        ({"name": "Biology"}, "Biology"),
        ({"name": "Biology for all 101 x2"}, "Biology 101"),
        ({"name": None}, "Unnamed"),
        ({}, "Unnamed"),
    ],
)
def test_a_course_code_comes_from_the_name(canvas: Caller, course: dict[str, Any], code: str) -> None:
    """Without a code, a new course's is the first word of its name and the next one with a digit."""
    created = canvas("POST", "accounts/1/courses", json={"course": course}).json()
    assert created["course_code"] == code


def test_which_responses_have_enrollments(canvas: Caller) -> None:
    """A course that was got always has the key ``enrollments``, a course of an account and a changed one never."""
    assert canvas.get(f"courses/{SOURCE}")["enrollments"] == []
    (listed,) = canvas.get("accounts/1/courses", search_term="Source")
    changed = canvas("PUT", f"courses/{SOURCE}", json={"course": {"name": "X"}}).json()
    assert ("enrollments" in listed, "enrollments" in changed) == (False, False)


def test_enrollments_of_another_user(canvas: Caller) -> None:
    """The list of a user's courses has the enrollments of that user."""
    (course,) = canvas.get("users/101/courses")
    assert [row["user_id"] for row in course["enrollments"]] == [101]


def test_courses_are_listed_by_name(call_as: CallAs, world: World) -> None:
    """The courses of a user are sorted by their names, without regard to case."""
    world.tables.courses[SOURCE].name = "pottery"
    world.enroll(101, OTHER, EnrollmentType.STUDENT)
    assert [course["name"] for course in call_as(STUDENT).get("courses")] == ["Other", "pottery"]


def test_unknown_states(call_as: CallAs, world: World) -> None:
    """With unknown states only, a list has concluded courses too."""
    for state, listed in (("available", True), ("completed", True), ("deleted", False)):
        world.tables.courses[SOURCE].workflow_state = state
        assert bool(call_as(STRANGER).get("courses", **{"state[]": "no_such_state"})) is listed


@pytest.mark.parametrize("params", [{"include[0]": "term"}, {"per_page[]": "5"}])
def test_parameters_of_another_type(canvas: Caller, params: dict[str, str]) -> None:
    """``include`` with numbered keys, and ``per_page`` as a list, make Canvas fail."""
    assert canvas("GET", "accounts/1/courses", params=params).status_code == 500


@pytest.mark.parametrize(("edition", "newer"), [(Edition.JUNE_2023, False), (Edition.CURRENT, True)])
def test_keys_that_came_later(canvas: Caller, world: World, edition: Edition, newer: bool) -> None:
    """Some keys came after June 2023, and the stored end went."""
    world.settings.edition = edition
    created = canvas("POST", "accounts/1/courses", json={"course": {"name": "New"}}).json()
    assert ("allow_student_assignment_edits" in created, "conclude_at" in created) == (newer, not newer)
    settings = canvas.get(f"courses/{SOURCE}/settings")
    for name in ("default_discussion_settings", "use_default_discussion_settings", "default_student_gradebook_view"):
        assert (name in settings) is newer
    assert ("post_manually" in canvas.get(f"courses/{SOURCE}", **{"include[]": "post_manually"})) is newer


def test_settings_that_need_a_feature(canvas: Caller, world: World) -> None:
    """Without its feature, a setting of the gradebook stays off whatever is PUT."""
    for features in (False, True):
        world.settings.gradebook_features = features
        shown = canvas("PUT", f"courses/{SOURCE}/settings", json={"allow_final_grade_override": True}).json()
        assert shown["allow_final_grade_override"] is features


def test_teachers_of_a_course(canvas: Caller) -> None:
    """A teacher is in the short form that other records have of users too."""
    (teacher,) = canvas.get(f"courses/{SOURCE}", **{"include[]": "teachers"})["teachers"]
    keys = {"id", "anonymous_id", "display_name", "avatar_image_url", "html_url", "pronouns"}
    assert (teacher["id"], teacher["anonymous_id"], set(teacher)) == (4, "4", keys)
    (bulk,) = canvas.get("accounts/1/courses", search_term="Source", **{"include[]": "teachers"})
    assert bulk["teachers"] == [teacher]


@pytest.mark.parametrize(("user_id", "anonymous_id"), [(35, "z"), (36, "10"), (1295, "zz")])
def test_anonymous_ids(canvas: Caller, world: World, user_id: int, anonymous_id: str) -> None:
    """The anonymous id is the id in base 36."""
    world.tables.users[user_id] = replace(world.tables.users[4], id=user_id)
    world.enroll(user_id, OTHER, EnrollmentType.TEACHER)
    (teacher,) = canvas.get(f"courses/{OTHER}", **{"include[]": "teachers"})["teachers"]
    assert teacher["anonymous_id"] == anonymous_id


def test_who_sees_sis_keys(canvas: Caller, call_as: CallAs) -> None:
    """Teachers see SIS ids, and only administrators the SIS import; terms show theirs to administrators only."""
    query = {"include[]": "term"}
    for caller, keys, sis_term in (
        (canvas, {"sis_course_id", "integration_id", "sis_import_id"}, True),
        (call_as(STRANGER), {"sis_course_id", "integration_id"}, False),
        (call_as(STUDENT), set(), False),
    ):
        shown = caller.get(f"courses/{SOURCE}", **query)
        assert {key for key in shown if "sis" in key or key == "integration_id"} == keys
        assert ("sis_term_id" in shown["term"]) is sis_term


def test_sections(canvas: Caller, call_as: CallAs) -> None:
    """A section shows the caller's role in it, if there is one."""
    query = {"include[]": "sections"}
    assert "enrollment_role" not in canvas.get(f"courses/{SOURCE}", **query)["sections"][0]
    (section,) = call_as(STUDENT).get(f"courses/{SOURCE}", **query)["sections"]
    assert section["enrollment_role"] == "StudentEnrollment"


def test_tabs(canvas: Caller, call_as: CallAs) -> None:
    """Tabs have a path and an address; a student does not see those of teachers."""
    tabs = canvas.get(f"courses/{SOURCE}", **{"include[]": "tabs"})["tabs"]
    assert [tab["position"] for tab in tabs] == list(range(1, 15))
    assert all(tab["full_url"].endswith(tab["html_url"]) for tab in tabs)
    public = {tab["id"] for tab in tabs if tab["visibility"] == "public"}
    assert {tab["id"] for tab in call_as(STUDENT).get(f"courses/{SOURCE}", **{"include[]": "tabs"})["tabs"]} == public
    assert public < {tab["id"] for tab in tabs}


def test_tabs_without_content(canvas: Caller, call_as: CallAs, world: World) -> None:
    """A tab whose kind of content a course does not have is unused, and hidden from students."""
    kinds = {"announcements", "assignments", "discussions", "files", "modules", "pages", "quizzes"}

    def unused(course_id: int) -> set[str]:
        tabs = canvas.get(f"courses/{course_id}", **{"include[]": "tabs"})["tabs"]
        assert all(tab["visibility"] == "admins" for tab in tabs if "unused" in tab)
        return {tab["id"] for tab in tabs if tab.get("unused")}

    assert unused(SOURCE) == {kind for kind, row in CONTENT.items() if not world.live(row, SOURCE)}
    empty = canvas("POST", "accounts/1/courses").json()["id"]
    assert unused(empty) == kinds
    page = world.add(Page(course_id=empty, title="Welcome"))
    assert unused(empty) == kinds - {"pages"}
    page.workflow_state = DELETED
    assert unused(empty) == kinds
    student_tabs = {tab["id"] for tab in call_as(STUDENT).get(f"courses/{SOURCE}", **{"include[]": "tabs"})["tabs"]}
    assert not student_tabs & unused(SOURCE)


def test_concluded_by_the_end_of_the_term(canvas: Caller, world: World) -> None:
    """A course is over when its term is, unless enrollments are restricted to its own dates."""
    course, now = world.tables.courses[SOURCE], world.clock.now()
    term = world.tables.terms[course.enrollment_term_id]

    def concluded() -> bool:
        return bool(canvas.get(f"courses/{SOURCE}", **{"include[]": "concluded"})["concluded"])

    course.end_at, course.settings.restrict_enrollments_to_course_dates = None, False
    for end, expected in ((None, False), (now - timedelta(days=1), True), (now + timedelta(days=1), False)):
        world.tables.terms[term.id] = replace(term, end_at=end)
        assert concluded() is expected
    course.end_at = now - timedelta(days=1)
    assert not concluded()
    course.settings.restrict_enrollments_to_course_dates = True
    assert concluded()


def test_tabs_that_a_course_hides(canvas: Caller, world: World) -> None:
    """Only managers see a tab that the course hides, and a tool that is in the navigation has a tab."""
    world.tables.courses[SOURCE].hidden_tabs = frozenset({"files"})
    tool = world.add(ExternalTool(course_id=SOURCE, title="Library", course_navigation=True))
    tabs = {tab["id"]: tab for tab in canvas.get(f"courses/{SOURCE}", **{"include[]": "tabs"})["tabs"]}
    assert (tabs["files"]["hidden"], tabs["files"]["visibility"], "hidden" in tabs["pages"]) == (True, "admins", False)
    assert tabs[f"context_external_tool_{tool.id}"]["type"] == "external"


def test_accounts(canvas: Caller) -> None:
    """An account shows its quotas, and which account is the root."""
    root, child = canvas.get("accounts/1"), canvas.get("accounts/2")
    assert (root["root_account_id"], child["root_account_id"]) == (None, 1)
    assert child["default_storage_quota_mb"] == 500


def test_courses_of_an_account_sorted(canvas: Caller) -> None:
    """Courses of an account are listed by id, or as ``sort`` and ``order`` say, with the account's name on request."""
    by_id = canvas.get("accounts/1/courses")
    assert [course["id"] for course in by_id] == sorted(course["id"] for course in by_id)
    by_name = canvas.get("accounts/1/courses", sort="course_name", order="desc", **{"include[]": "account_name"})
    assert [course["name"] for course in by_name] == ["Source", "Other", "Destination"]
    assert {course["account_name"] for course in by_name} == {"Root"}


@pytest.mark.parametrize(
    ("zone", "created_at"),
    [
        ("America/Denver", "2026-05-04T03:00:00-06:00"),
        ("Asia/Kolkata", "2026-05-04T14:30:00+05:30"),
        ("Etc/UTC", "2026-05-04T09:00:00Z"),
    ],
)
def test_dates_of_users(canvas: Caller, world: World, zone: str, created_at: str) -> None:
    """The date of a user has the offset of the account's time zone, unlike all other dates."""
    world.tables.accounts[1] = Account(1, "Root", default_time_zone=zone)
    moment = datetime(2026, 5, 4, 9, tzinfo=UTC)
    world.tables.users[101] = replace(world.tables.users[101], created_at=moment)
    assert canvas.get("users/101")["created_at"] == created_at
    assert canvas.get(f"courses/{SOURCE}/users/101")["created_at"] == created_at


def test_who_sees_addresses(canvas: Caller, call_as: CallAs) -> None:
    """Staff see e-mail addresses in lists of users, students do not; one user has it only on request."""
    path = f"courses/{SOURCE}/users"
    for caller, sees in ((canvas, True), (call_as(STRANGER), True), (call_as(STUDENT), False)):
        assert ("email" in caller.get(path)[0]) is sees
    assert "email" not in canvas.get(f"{path}/101")
    assert canvas.get(f"{path}/101", **{"include[]": "email"})["email"] == "s101@x.example"
    assert ("email" in canvas.get("users/101"), "email" in call_as(STUDENT).get("users/self")) == (True, False)


def test_another_user_is_not_found(call_as: CallAs) -> None:
    """Who may not see a user gets the 404 of a user that does not exist."""
    assert call_as(STUDENT)("GET", "users/1").status_code == 404


def test_a_student_with_two_enrollments(canvas: Caller, world: World) -> None:
    """The deprecated list of students has a student once for each enrollment, the list of users has one once."""
    section = world.enrollments.add_section(SOURCE, "Second", "S2")
    world.enroll(101, SOURCE, EnrollmentType.STUDENT, section=section)
    assert [user["id"] for user in canvas.get(f"courses/{SOURCE}/students")].count(101) == 2
    users = canvas.get(f"courses/{SOURCE}/users", per_page=50, **{"include[]": "enrollments"})
    (enrollments,) = [user["enrollments"] for user in users if user["id"] == 101]
    assert [row["sis_section_id"] for row in enrollments] == [None, "S2"]
    assert all(row["grades"]["final_score"] == 0.0 for row in enrollments)
    (teacher,) = [user["enrollments"] for user in users if user["id"] == 4]
    assert "grades" not in teacher[0]


@pytest.mark.parametrize(("edition", "granular"), [(Edition.JUNE_2023, False), (Edition.CURRENT, True)])
def test_permissions(canvas: Caller, call_as: CallAs, world: World, edition: Edition, granular: bool) -> None:
    """Without names all permissions are listed; nobody has those to add, edit and delete where these are not apart."""
    world.settings.edition = edition
    everything = canvas.get(f"courses/{SOURCE}/permissions")
    assert (everything["manage_content"], everything["participate_as_student"]) == (True, False)
    assert everything["manage_course_content_edit"] is granular
    query = {"permissions[]": ["read", "manage_grades", "no_such_permission"]}
    assert call_as(STUDENT).get(f"courses/{SOURCE}/permissions", **query) == {
        "read": True,
        "manage_grades": False,
        "no_such_permission": False,
    }


def test_profiles_of_users(canvas: Caller, world: World) -> None:
    """Where users have no avatars and profiles, these are not included."""
    query = {"include[]": ["avatar_url", "bio", "custom_links"]}
    for profiles in (False, True):
        world.settings.user_profiles = profiles
        shown = canvas.get(f"courses/{SOURCE}/users/101", **query)
        assert ("avatar_url" in shown, "bio" in shown, "custom_links" in shown) == (profiles, profiles, True)


def test_things_to_do(call_as: CallAs, world: World) -> None:
    """What is due within a week is to do, with the whole assignment or quiz."""
    now = world.clock.now()
    for title, days in (("soon", 6), ("later", 8), ("past", -1)):
        world.add(Assignment(course_id=SOURCE, title=title, due_at=now + timedelta(days=days)))
    world.add(Quiz(course_id=SOURCE, title="quiz", workflow_state="available", due_at=now + timedelta(days=1)))
    student = call_as(STUDENT)
    (todo,) = student.get(f"courses/{SOURCE}/todo")
    assert (todo["assignment"]["name"], todo["assignment"]["locked_for_user"]) == ("soon", False)
    assert todo["html_url"].endswith(f"/assignments/{todo['assignment']['id']}#submit")
    assert len(student.get(f"courses/{SOURCE}/todo", **{"include[]": "ungraded_quizzes"})) == 2
    assert call_as(STRANGER).get(f"courses/{SOURCE}/todo") == []


def test_the_activity_stream(canvas: Caller, call_as: CallAs, world: World) -> None:
    """Those who are enrolled are notified of new assignments, but not of imported ones."""
    world.add(DiscussionTopic(course_id=SOURCE, title="D"))
    world.add(DiscussionTopic(course_id=SOURCE, title="of groups", group_category_id=1))
    world.add(Assignment(course_id=SOURCE, title="A"))
    world.add(Assignment(course_id=SOURCE, title="Copied", migration_id="g1"))
    assert [entry["type"] for entry in canvas.get(f"courses/{SOURCE}/activity_stream")] == ["DiscussionTopic"]
    student = call_as(STUDENT)
    entries = {entry["type"]: entry for entry in student.get(f"courses/{SOURCE}/activity_stream")}
    assert entries["Message"]["title"] == "Assignment Created - A, Source"
    assert entries["DiscussionTopic"]["root_discussion_entries"] == []
    summary = {row["type"]: row for row in student.get(f"courses/{SOURCE}/activity_stream/summary")}
    assert {name: row["count"] for name, row in summary.items()} == {"DiscussionTopic": 1, "Message": 1}
    assert (summary["Message"]["notification_category"], summary["DiscussionTopic"]["unread_count"]) == ("Due Date", 1)
