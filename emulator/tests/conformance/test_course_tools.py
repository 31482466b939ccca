"""Test settings, batches, previews, streams, due dates, permissions and accounts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from canvas_emulator.model.content import Announcement, Assignment, DiscussionTopic
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import DESTINATION, OTHER, SOURCE, WRITER
from tests.support.caller import Caller
from tests.support.people import STUDENT, CallAs, people

__all__ = ["people"]


class TestSettings:
    """GET and PUT /courses/:id/settings."""

    def test_put_takes_top_level_keys(self, canvas: Caller) -> None:
        """A PUT takes top-level keys, and not those of ``course[...]``."""
        changed = canvas("PUT", f"courses/{SOURCE}/settings", data={"hide_final_grades": "true"}).json()
        assert changed["hide_final_grades"] is True
        nested = {"course": {"hide_final_grades": False}}
        assert canvas("PUT", f"courses/{SOURCE}/settings", json=nested).json()["hide_final_grades"] is True
        assert canvas.get(f"courses/{SOURCE}")["hide_final_grades"] is True

    def test_default_due_time(self, canvas: Caller) -> None:
        """The default due time is the end of the day; ``inherit`` restores it."""
        assert canvas.get(f"courses/{SOURCE}/settings")["default_due_time"] == "23:59:59"
        for sent, shown in (("22:00:00", "22:00:00"), ("inherit", "23:59:59")):
            response = canvas("PUT", f"courses/{SOURCE}/settings", data={"default_due_time": sent})
            assert response.json()["default_due_time"] == shown

    @pytest.mark.edition("current")
    def test_rights(self, call_as: CallAs) -> None:
        """Students read settings, and cannot change them."""
        student = call_as(STUDENT)
        assert student("GET", f"courses/{SOURCE}/settings").status_code == 200
        assert student("PUT", f"courses/{SOURCE}/settings").status_code == 403


class TestSmallThings:
    """Small endpoints of a course."""

    def test_preview_removes_scripts(self, canvas: Caller) -> None:
        """A preview contains no scripts."""
        html = '<p onclick="x()">A<script>alert(1)</script></p>'
        response = canvas("POST", f"courses/{SOURCE}/preview_html", data={"html": html})
        assert response.json() == {"html": "<p>A</p>"}

    def test_permissions(self, call_as: CallAs, canvas: Caller) -> None:
        """Requested permissions are booleans; without names all permissions are returned."""
        names = {"permissions[]": ["read", "manage_grades", "nonsense"]}
        assert call_as(STUDENT).get(f"courses/{SOURCE}/permissions", **names) == {
            "read": True,
            "manage_grades": False,
            "nonsense": False,
        }
        assert len(canvas.get(f"courses/{SOURCE}/permissions")) > 10

    def test_due_dates(self, canvas: Caller, world: World) -> None:
        """Due dates are grouped by assignment and student."""
        row = world.add(Assignment(course_id=SOURCE, title="A", due_at=world.clock.now()))
        due = canvas.get(f"courses/{SOURCE}/effective_due_dates", **{"assignment_ids[]": row.id})
        assert due[str(row.id)]["101"]["due_at"] == "2026-05-04T09:00:00Z"
        assert len(due[str(row.id)]) == 30

    @pytest.mark.parametrize("query", ["assignment_ids[]=abc", "assignment_ids[]=999999", "assignment_ids=5"])
    def test_bad_assignment_ids(self, canvas: Caller, query: str) -> None:
        """Invalid assignment ids are a 422."""
        response = canvas("GET", f"courses/{SOURCE}/effective_due_dates?{query}")
        assert (response.status_code, response.json()) == (422, {"errors": "assignment_ids param is invalid"})

    def test_migration_message(self, canvas: Caller, world: World) -> None:
        """The message about the limits of a migration can be dismissed once."""
        path = f"courses/{SOURCE}/dismiss_migration_limitation_message"
        assert canvas("POST", path).json() == {"message": "Quiz migration alert not found"}
        world.tables.courses[SOURCE].settings.migration_limitation = True
        assert canvas("POST", path).json() == {"success": True}
        assert canvas("POST", path).status_code == 404

    def test_activity_stream(self, canvas: Caller, world: World) -> None:
        """The stream has announcements and discussions, and the summary counts them."""
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
        """The to-do list leads forward only, by bookmarks that cannot be forged, and its last page says so."""
        for number in range(5):
            due = world.clock.now() + timedelta(days=number)
            world.add(Assignment(course_id=SOURCE, title=str(number), due_at=due))
        student = call_as(STUDENT)
        response, names = student("GET", f"courses/{SOURCE}/todo", params={"per_page": 2}), []
        assert "page=bookmark:" in response.links["next"]["url"]
        while True:
            expected = {"current", "first", "next" if "next" in response.links else "last"}
            assert set(response.links) == expected
            names += [row["assignment"]["name"] for row in response.json()]
            if "next" not in response.links:
                break
            response = student("GET", response.links["next"]["url"])
        assert names == ["0", "1", "2", "3", "4"]

    @pytest.mark.edition("current")
    @pytest.mark.parametrize("page", ["bookmark:nonsense", "bookmark:W10x", "2"])
    def test_invalid_bookmarks(self, call_as: CallAs, page: str) -> None:
        """An invalid bookmark is a 400 with a key for its reason."""
        response = call_as(STUDENT)("GET", f"courses/{SOURCE}/todo", params={"page": page})
        assert (response.status_code, response.json()) == (
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
        response = canvas("PUT", "accounts/self/courses", json={"course_ids": course_ids, "event": event})
        assert response.status_code == 200, response.text
        return response.json()

    def test_runs_in_the_background(self, canvas: Caller, world: World) -> None:
        """The response is a queued Progress of the account; when it is completed, the courses have changed."""
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
        """If one course succeeds, the batch is completed, and its message names the failed courses."""
        progress = self.start(canvas, [SOURCE, 998, 999])
        world.clock.advance(60)
        end = canvas.get(progress["url"])
        assert end["workflow_state"] == "completed"
        assert end["message"] == "1 course processed\nThe course was not found: 998, 999"

    def test_all_fail(self, canvas: Caller, world: World) -> None:
        """If no course succeeds, the batch has failed, at 100 percent."""
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
    def test_errors(self, canvas: Caller, body: dict[str, Any], status: int, message: str) -> None:
        """Each failed check has its message, and too many courses are a 403."""
        response = canvas("PUT", "accounts/1/courses", json=body)
        assert (response.status_code, response.json()) == (status, {"message": message})

    @pytest.mark.edition("current")
    def test_only_administrators_read_the_progress(self, canvas: Caller, call_as: CallAs) -> None:
        """The Progress belongs to the account, so only its administrators may read it."""
        progress = self.start(canvas, [DESTINATION])
        assert call_as(WRITER)("GET", progress["url"]).status_code == 403


class TestAccounts:
    """Lists of an account."""

    def test_courses_of_an_account(self, canvas: Caller) -> None:
        """An account lists and searches its courses and those of accounts below it."""
        canvas("POST", "accounts/2/courses", json={"course": {"name": "Below"}})
        assert len(canvas.get("accounts/self/courses")) == 4
        assert [c["name"] for c in canvas.get("accounts/1/courses", search_term="belo")] == ["Below"]
        assert canvas.get("accounts/3/courses") == []

    @pytest.mark.parametrize(
        ("params", "ids"),
        [
            ({}, [SOURCE, DESTINATION, OTHER]),
            ({"state[]": "available"}, [SOURCE]),
            ({"state[]": ["created", "claimed"]}, [DESTINATION]),
            ({"state[]": "unpublished"}, []),
            ({"state[]": "all"}, [SOURCE, DESTINATION, OTHER, 44]),
            ({"state[]": "deleted"}, [44]),
            ({"published": "true"}, [SOURCE]),
            ({"published": "false"}, [DESTINATION, OTHER]),
            ({"published": "true", "state[]": "completed"}, []),
        ],
    )
    def test_states_have_their_stored_names(
        self, canvas: Caller, world: World, params: dict[str, Any], ids: list[int]
    ) -> None:
        """``created`` and ``claimed`` select ``unpublished`` courses; deleted ones are listed only on request."""
        courses = world.tables.courses
        courses[DESTINATION].workflow_state, courses[OTHER].workflow_state = "unpublished", "completed"
        courses[44] = replace(courses[OTHER], id=44, workflow_state="deleted")
        assert [course["id"] for course in canvas.get("accounts/1/courses", **params)] == ids

    def test_terms(self, canvas: Caller) -> None:
        """A term is found by an id of any form; an unknown term is a 404."""
        assert len(canvas.get("accounts/1/courses", enrollment_term_id=1)) == 3
        assert canvas.get("accounts/1/courses", enrollment_term_id="sis_term_id:2026SP") == []
        assert canvas("GET", "accounts/1/courses", params={"enrollment_term_id": 99}).status_code == 404

    def test_no_last_link(self, canvas: Caller) -> None:
        """The list has a ``next`` link, and no ``last`` link."""
        links = canvas("GET", "accounts/1/courses", params={"per_page": 2}).links
        assert sorted(links) == ["current", "first", "next"]
