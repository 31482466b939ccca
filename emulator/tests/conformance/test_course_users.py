"""Test the users of a course: lists, searches, single users, and the progress of students."""

from __future__ import annotations

from dataclasses import replace

import pytest

from canvas_emulator.model.content import Module, ModuleItem
from canvas_emulator.model.enrollments import EnrollmentState, EnrollmentType
from canvas_emulator.model.records import User
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import SOURCE
from tests.support.caller import Caller
from tests.support.people import STUDENT, CallAs, people

__all__ = ["people"]


class TestProgressOfStudents:
    """GET /courses/:id/users/:id/progress and /bulk_user_progress."""

    def test_without_requirements(self, canvas: Caller) -> None:
        """Without requirements both routes answer 400, with a message in the key ``error``."""
        for route in ("users/101/progress", "bulk_user_progress"):
            response = canvas("GET", f"courses/{SOURCE}/{route}")
            assert (response.status_code, list(response.json())) == (400, ["error"])
            assert "progress available because" in response.json()["error"]["message"]
        shown = canvas.get(f"courses/{SOURCE}", **{"include[]": "course_progress"})
        assert list(shown["course_progress"]) == ["error"]

    def test_users_without_progress(self, canvas: Caller, world: World) -> None:
        """A teacher has no progress (400), and a user who is not in the course is a 404."""
        module = world.add(Module(course_id=SOURCE, title="M"))
        required = {"module_id": module.id, "type": "SubHeader", "completion_requirement": "must_view"}
        world.add(ModuleItem(course_id=SOURCE, title="I", **required))
        student = canvas.get(f"courses/{SOURCE}/users/101/progress")
        assert (student["requirement_count"], student["next_requirement_url"]) == (1, None)
        assert canvas("GET", f"courses/{SOURCE}/users/4/progress").status_code == 400
        assert canvas("GET", f"courses/{SOURCE}/users/self/progress").status_code == 404

    @pytest.mark.edition("current")
    def test_requirements(self, canvas: Caller, world: World, call_as: CallAs) -> None:
        """Requirements and completed ones are counted, and the next one has a URL."""
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
        world.enrollments.completions[101, SOURCE] = {first.id: world.clock.now()}
        progress = call_as(STUDENT).get(f"courses/{SOURCE}/users/self/progress")
        assert (progress["requirement_count"], progress["requirement_completed_count"]) == (2, 1)
        assert progress["next_requirement_url"].endswith(f"/modules/items/{second.id}")
        assert progress["completed_at"] is None
        bulk = canvas.get(f"courses/{SOURCE}/bulk_user_progress", per_page=100)
        assert [row["progress"]["requirement_completed_count"] for row in bulk] == [1] + [0] * 29
        assert call_as(STUDENT)("GET", f"courses/{SOURCE}/bulk_user_progress").status_code == 403
        assert call_as(STUDENT)("GET", f"courses/{SOURCE}/users/102/progress").status_code == 403


class TestUsers:
    """Lists of the users of a course."""

    @pytest.mark.parametrize("route", ["users", "search_users"])
    def test_no_last_link(self, canvas: Caller, route: str) -> None:
        """Users are not counted, so there is no ``last`` link; ten are on a page, ordered by name."""
        response = canvas("GET", f"courses/{SOURCE}/{route}")
        assert len(response.json()) == 10
        assert set(response.links) == {"current", "next", "first"}

    def test_a_full_page_has_a_next_page(self, canvas: Caller) -> None:
        """A full page has a ``next`` link even if it is the last one, and the empty page after it is the ``last``."""
        full = canvas("GET", f"courses/{SOURCE}/users", params={"per_page": 31})
        assert (len(full.json()), set(full.links)) == (31, {"current", "next", "first"})
        after = canvas("GET", full.links["next"]["url"])
        assert (after.json(), set(after.links)) == ([], {"current", "prev", "first", "last"})

    def test_limit_is_per_page(self, canvas: Caller) -> None:
        """``limit``, the old name of ``per_page``, still works."""
        assert len(canvas.get(f"courses/{SOURCE}/users", limit=25)) == 25

    def test_search(self, canvas: Caller) -> None:
        """A term is searched in names, logins, SIS ids and e-mail addresses; one character is too short."""
        assert [u["id"] for u in canvas.get(f"courses/{SOURCE}/users", search_term="dent115")] == [115]
        assert [u["id"] for u in canvas.get(f"courses/{SOURCE}/users", search_term="S116")] == [116]
        assert canvas("GET", f"courses/{SOURCE}/users", params={"search_term": "x"}).status_code == 400

    def test_types(self, canvas: Caller) -> None:
        """``enrollment_type[]`` selects users, and several values add up."""
        teachers = canvas.get(f"courses/{SOURCE}/users", **{"enrollment_type[]": "teacher"})
        assert [user["id"] for user in teachers] == [4]
        both = canvas.get(f"courses/{SOURCE}/users", per_page=100, **{"enrollment_type[]": ["teacher", "student"]})
        assert len(both) == 31

    def test_states(self, canvas: Caller, world: World) -> None:
        """Concluded enrollments are listed on request."""
        world.tables.users[200] = User(200, "Old Timer")
        world.enroll(200, SOURCE, EnrollmentType.STUDENT, EnrollmentState.COMPLETED)
        assert len(canvas.get(f"courses/{SOURCE}/users", per_page=100)) == 31
        old = canvas.get(f"courses/{SOURCE}/users", **{"enrollment_state[]": "completed"})
        assert [user["id"] for user in old] == [200]

    def test_ids(self, canvas: Caller) -> None:
        """``user_ids[]`` is a list, or one string with commas."""
        for value in (["101", "102"], "101,102"):
            assert [u["id"] for u in canvas.get(f"courses/{SOURCE}/users", **{"user_ids[]": value})] == [101, 102]

    def test_page_of_a_user(self, canvas: Caller) -> None:
        """``user_id`` returns the page with the user, whatever ``page`` says."""
        shown = canvas.get(f"courses/{SOURCE}/users", user_id=125, page=1, per_page=5)
        assert 125 in [user["id"] for user in shown]

    def test_sorting(self, canvas: Caller) -> None:
        """Users are sorted by name, or by SIS id with the users without one at the beginning."""
        assert canvas.get(f"courses/{SOURCE}/users")[0]["id"] == 101
        assert canvas.get(f"courses/{SOURCE}/users", sort="sis_id")[0]["id"] == 4

    def test_includes(self, canvas: Caller) -> None:
        """Enrollments have long type names, and e-mail addresses are included on request."""
        (user,) = canvas.get(f"courses/{SOURCE}/users", **{"include[]": ["enrollments", "email"], "user_ids[]": "101"})
        assert (user["enrollments"][0]["type"], user["email"]) == ("StudentEnrollment", "s101@x.example")

    def test_student(self, canvas: Caller) -> None:
        """The test student is created once, and removed from pages unless requested, so that they are shorter."""
        first = canvas.get(f"courses/{SOURCE}/student_view_student")
        assert first["name"] == "Test Student"
        assert canvas.get(f"courses/{SOURCE}/student_view_student")["id"] == first["id"]
        assert len(canvas.get(f"courses/{SOURCE}/users", per_page=100)) == 31
        with_it = canvas.get(f"courses/{SOURCE}/users", per_page=100, **{"include[]": "test_student"})
        assert len(with_it) == 32

    def test_one_user(self, canvas: Caller) -> None:
        """A user of the course is shown; another is a 404."""
        assert canvas.get(f"courses/{SOURCE}/users/101")["name"] == "Stu Dent101"
        assert canvas("GET", f"courses/{SOURCE}/users/3").status_code == 404

    def test_login_of_a_user(self, canvas: Caller, world: World) -> None:
        """A user has a login id, or null without a login."""
        world.tables.users[102] = replace(world.tables.users[102], login_id="dent102")
        assert canvas.get(f"courses/{SOURCE}/users/102")["login_id"] == "dent102"
        assert "login_id" not in canvas.get(f"courses/{SOURCE}/users/101")

    def test_students_are_on_one_page(self, canvas: Caller) -> None:
        """The deprecated list of students has all of them and no links."""
        response = canvas("GET", f"courses/{SOURCE}/students")
        assert (len(response.json()), "Link" in response.headers) == (30, False)

    @pytest.mark.edition("current")
    def test_recent_students(self, canvas: Caller, world: World, call_as: CallAs) -> None:
        """Recent students are ordered by their last login, which only users with the right to reports see."""
        row = next(row for row in world.enrollments.in_course(SOURCE) if row.user_id == 120)
        row.last_login = world.clock.now()
        first, second = canvas.get(f"courses/{SOURCE}/recent_students")[:2]
        assert (first["id"], first["last_login"], second["last_login"]) == (120, "2026-05-04T09:00:00Z", None)
        assert call_as(STUDENT)("GET", f"courses/{SOURCE}/recent_students").status_code == 403

    def test_sharing_content(self, canvas: Caller) -> None:
        """Users who teach any course are found by name, and the search term is required."""
        assert canvas("GET", f"courses/{SOURCE}/content_share_users").status_code == 400
        users = canvas.get(f"courses/{SOURCE}/content_share_users", search_term="ger")
        assert [user["id"] for user in users] == [4]
