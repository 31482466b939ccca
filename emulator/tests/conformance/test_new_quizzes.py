"""New Quizzes: the quiz API, and what becomes of a quiz that is copied."""

from __future__ import annotations

from typing import Any

import pytest

from canvas_emulator.model.content import Assignment
from canvas_emulator.model.content_assignments import NewQuizItem
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import DESTINATION, READER, SOURCE
from tests.support.caller import Caller
from tests.support.people import CallAs

pytestmark = pytest.mark.edition("current")

BASE = "/api/quiz/v1/courses"


@pytest.fixture
def quiz(world: World) -> Assignment:
    """Add a New Quiz with three questions, and an assignment that is none."""
    world.add(Assignment(course_id=SOURCE, title="Essay"))
    quiz = Assignment(course_id=SOURCE, title="Check", points_possible=3.0, description="<p>Go</p>")
    quiz.submission_types, quiz.external_tool_url = ("external_tool",), "https://quiz-lti.example/lti/launch"
    quiz.new_quiz_items = tuple(NewQuizItem(f"Q{number}", f"<p>{number}?</p>") for number in range(3))
    return world.add(quiz)


def copied(canvas: Caller) -> dict[str, Any]:
    """Copy the course, and return the copy of the quiz as an assignment."""
    canvas.copied()
    return next(row for row in canvas.get(f"courses/{DESTINATION}/assignments") if row["name"] == "Check")


def test_a_quiz_has_the_id_of_its_assignment_as_text(canvas: Caller, quiz: Assignment) -> None:
    """Only New Quizzes are listed, and each has the documented keys."""
    (row,) = canvas.get(f"{BASE}/{SOURCE}/quizzes")
    assert row == canvas.get(f"{BASE}/{SOURCE}/quizzes/{quiz.id}")
    assert (row["id"], row["title"], row["instructions"], row["published"]) == (
        str(quiz.id),
        "Check",
        "<p>Go</p>",
        True,
    )
    assert {"assignment_group_id", "points_possible", "due_at", "lock_at", "unlock_at", "grading_type"} < set(row)


def test_items_have_positions(canvas: Caller, quiz: Assignment) -> None:
    """The items are listed in their order, in pages with links."""
    path = f"{BASE}/{SOURCE}/quizzes/{quiz.id}/items"
    assert [row["position"] for row in canvas.get(path)] == [1, 2, 3]
    response = canvas("GET", path, params={"per_page": 2})
    assert len(response.json()) == 2
    assert "next" in response.links
    canvas.server.world.settings.new_quizzes_paging = False
    response = canvas("GET", path, params={"per_page": 2})
    assert (len(response.json()), response.links) == (3, {})


def test_a_copy_has_as_many_items(canvas: Caller, quiz: Assignment) -> None:
    """A copied quiz is there at once, with its items."""
    copy = copied(canvas)
    assert (copy["workflow_state"], copy["is_quiz_lti_assignment"]) == ("published", True)
    assert len(canvas.get(f"{BASE}/{DESTINATION}/quizzes/{copy['id']}/items")) == 3


def test_a_copy_may_need_to_be_opened(canvas: Caller, quiz: Assignment) -> None:
    """A copied quiz is an assignment at once, but the quiz API does not know it before it was opened."""
    canvas.server.world.settings.change({"new_quizzes": "needs_opening"})
    copy = copied(canvas)
    path = f"{BASE}/{DESTINATION}/quizzes"
    assert copy["workflow_state"] == "published"
    assert canvas.get(path) == []
    assert canvas("GET", f"{path}/{copy['id']}").status_code == 404
    assert canvas("GET", f"{path}/{copy['id']}/items").status_code == 404
    assert canvas("POST", "/_emulator/new_quizzes", json={"course_id": DESTINATION}).json() == {"opened": 1}
    assert canvas.get(f"{path}/{copy['id']}")["title"] == "Check"
    canvas.copied()
    assert len(canvas.get(path)) == 1


@pytest.mark.parametrize(
    ("mode", "seconds", "states"),
    [
        ("ok", 0, ("published", "published")),
        ("ok", 300, ("duplicating", "published")),
        ("stuck", 300, ("duplicating", "duplicating")),
        ("failed", 300, ("duplicating", "failed_to_duplicate")),
    ],
)
def test_states_of_a_copy(canvas: Caller, quiz: Assignment, mode: str, seconds: int, states: tuple[str, str]) -> None:
    """A copied quiz is duplicated after the migration, or not; the quiz API knows it once it is there."""
    canvas.server.world.settings.change({"new_quizzes": mode, "quiz_duplication_seconds": seconds})
    copy = copied(canvas)
    first, last = states
    assert copy["workflow_state"] == first
    canvas.server.world.clock.advance(1000)
    path = f"{BASE}/{DESTINATION}/quizzes/{copy['id']}"
    assert canvas.get(f"courses/{DESTINATION}/assignments/{copy['id']}")["workflow_state"] == last
    assert canvas("GET", path).status_code == (200 if last == "published" else 404)


def test_an_unpublished_quiz_stays_unpublished(canvas: Caller, quiz: Assignment) -> None:
    """A copy gets back the state that its original has."""
    quiz.workflow_state = "unpublished"
    canvas.server.world.settings.quiz_duplication_seconds = 60
    assert copied(canvas)["workflow_state"] == "duplicating"
    canvas.server.world.clock.advance(100)
    assert copied(canvas)["workflow_state"] == "unpublished"


def test_rights(call_as: CallAs, canvas: Caller, quiz: Assignment) -> None:
    """Strangers are refused, and administrators too where a setting says so."""
    assert call_as(READER)("GET", f"{BASE}/{SOURCE}/quizzes").status_code == 403
    canvas.server.world.settings.new_quizzes_for_admins = False
    assert canvas("GET", f"{BASE}/{SOURCE}/quizzes").status_code == 403


@pytest.mark.edition("2023-06")
def test_june_2023_has_no_new_quizzes(canvas: Caller, quiz: Assignment) -> None:
    """A Canvas without New Quizzes responds with a page of HTML, and a copied quiz is an assignment like others."""
    response = canvas("GET", f"{BASE}/{SOURCE}/quizzes")
    assert (response.status_code, response.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert copied(canvas)["workflow_state"] == "published"


@pytest.mark.parametrize("status", [403, 404, 500])
def test_absence_has_several_forms(canvas: Caller, quiz: Assignment, status: int) -> None:
    """An installation without New Quizzes may respond with another status, and JSON."""
    canvas.server.world.settings.change({"new_quizzes": "absent", "new_quizzes_absent_status": status})
    response = canvas("GET", f"{BASE}/{SOURCE}/quizzes/{quiz.id}")
    assert (response.status_code, "error" in response.json()) == (status, True)
