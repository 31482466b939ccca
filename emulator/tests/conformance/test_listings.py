"""Test lists of course content."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from canvas_emulator.model.world import World
from canvas_emulator.seeds.full_course import DUE, fill
from canvas_emulator.seeds.small import SOURCE, STRANGER
from tests.support.caller import Caller

COURSE = f"courses/{SOURCE}"


@pytest.fixture(autouse=True)
def source(world: World) -> dict[str, Any]:
    """The rows of a course that has everything."""
    return fill(world, SOURCE)


def test_assignment_groups(canvas: Caller) -> None:
    """Groups are ordered by position, with weights, and with their assignments if requested."""
    groups = canvas.get(f"{COURSE}/assignment_groups", **{"include[]": "assignments"})
    assert [(group["name"], group["group_weight"]) for group in groups] == [("Work", 60.0), ("Exams", 40.0)]
    assert [[each["name"] for each in group["assignments"]] for group in groups] == [
        ["Essay", "Debate"],
        ["New Quiz", "Quiz"],
    ]
    assert "assignments" not in canvas.get(f"{COURSE}/assignment_groups/{groups[0]['id']}")
    essay = next(row for row in canvas.get(f"{COURSE}/assignments") if row["name"] == "Essay")
    assert essay["assignment_group_id"] == groups[0]["id"]


def test_rubrics(canvas: Caller) -> None:
    """A rubric has its criteria with points."""
    (rubric,) = canvas.get(f"{COURSE}/rubrics")
    assert (rubric["title"], rubric["points_possible"]) == ("Essays", 10.0)
    assert [(line["description"], line["points"]) for line in rubric["data"]] == [("Form", 4.0), ("Thought", 6.0)]


def test_outcome_groups(canvas: Caller) -> None:
    """Groups have the id of their parent, and list their outcomes as links."""
    top, group = canvas.get(f"{COURSE}/outcome_groups")
    assert ("parent_outcome_group" in top, group["parent_outcome_group"]["title"]) == (False, "Skills")
    assert canvas.get(f"{COURSE}/outcome_groups/{top['id']}/outcomes") == []
    (link,) = canvas.get(f"{COURSE}/outcome_groups/{group['id']}/outcomes")
    assert (link["outcome"]["title"], link["outcome_group"]["id"]) == ("Argues", group["id"])
    assert canvas.get(f"{COURSE}/outcome_group_links") == [link]


def test_external_tools(canvas: Caller) -> None:
    """A tool has its URL."""
    (tool,) = canvas.get(f"{COURSE}/external_tools")
    assert (tool["name"], tool["url"]) == ("Library", "https://library.example/lti")


def test_all_quizzes(canvas: Caller) -> None:
    """Classic and New Quizzes are listed together there; ``quizzes`` lists classic ones only."""
    rows = canvas.get(f"{COURSE}/all_quizzes")
    assert [(row["title"], row["quiz_type"]) for row in rows] == [("New Quiz", "quizzes.next"), ("Quiz", "assignment")]
    assert [row["title"] for row in canvas.get(f"{COURSE}/quizzes")] == ["Quiz"]


def test_quiz_questions(canvas: Caller, source: dict[str, Any]) -> None:
    """The questions of a quiz are ordered by position, and the right choice has its weight."""
    rows = canvas.get(f"{COURSE}/quizzes/{source['quiz'].id}/questions")
    assert [row["question_name"] for row in rows] == ["Q1", "Q2"]
    choices = [{"text": "yes", "html": "", "weight": 0}, {"text": "no", "html": "", "weight": 100}]
    assert rows[0]["answers"] == choices


def test_one_quiz_question(canvas: Caller, source: dict[str, Any]) -> None:
    """A question alone is as in the list, and is found below its own quiz only."""
    path = f"{COURSE}/quizzes/{source['quiz'].id}/questions"
    (first, *_) = canvas.get(path)
    assert canvas.get(f"{path}/{first['id']}") == first
    assert canvas("GET", f"{COURSE}/quizzes/987654321/questions/{first['id']}").status_code == 404
    assert canvas("GET", f"{path}/987654321").status_code == 404


@pytest.mark.parametrize(
    ("params", "count"),
    [
        ({"all_events": "true"}, 1),
        ({}, 0),
        ({"start_date": "2026-01-01", "end_date": "2026-02-01"}, 1),
        ({"start_date": "2026-01-16"}, 1),
        ({"start_date": "2026-01-17", "end_date": "2026-02-01"}, 0),
    ],
)
def test_calendar_events(canvas: Caller, params: dict[str, str], count: int) -> None:
    """Events are listed for a period, by default today."""
    rows = canvas.get("calendar_events", **{"context_codes[]": f"course_{SOURCE}"}, **params)
    assert [row["title"] for row in rows] == ["Field trip"] * count
    for row in rows:
        assert row["start_at"] == DUE.strftime("%Y-%m-%dT%H:%M:%SZ")
        assert canvas.get(f"calendar_events/{row['id']}") == row


@pytest.mark.edition("current")
def test_errors_of_calendar_events(canvas: Caller, call_as: Callable[[str], Caller]) -> None:
    """An unreadable course is a 403, an unknown one a 404, and an invalid date a 400."""
    params = {"context_codes[]": f"course_{SOURCE}"}
    assert call_as(STRANGER)("GET", "calendar_events", params=params).status_code == 403
    assert canvas("GET", "calendar_events", params={"context_codes[]": "course_99"}).status_code == 404
    assert canvas("GET", "calendar_events", params=params | {"start_date": "soon"}).status_code == 400
    assert canvas("GET", "calendar_events/1").status_code == 404
