"""The dates of assignments with overrides, by who asks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from canvas_emulator.model.content import Assignment, AssignmentOverride, DiscussionTopic, Quiz
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import DESTINATION, SOURCE
from tests.support.caller import Caller
from tests.support.people import STUDENT, people

__all__ = ["people"]

PATH = f"courses/{SOURCE}/assignments"
DUE = datetime(2026, 12, 6, 23, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def assignment(world: World) -> Assignment:
    """Add an assignment with overrides for a section, two days later, and for one student, thirteen days later."""
    section = world.enrollments.add_section(SOURCE, "Evening section")
    overrides = (
        AssignmentOverride(1, "Evening section", DUE + 2 * DAY, DUE - 5 * DAY, DUE + 9 * DAY, section.id),
        AssignmentOverride(2, "One student", DUE + 13 * DAY, student_ids=(101,)),
    )
    return world.add(
        Assignment(
            course_id=SOURCE,
            title="Essay",
            due_at=DUE,
            unlock_at=DUE - 7 * DAY,
            lock_at=DUE + 7 * DAY,
            overrides=overrides,
        )
    )


def _days(row: dict[str, str]) -> tuple[int, ...]:
    return tuple(
        (datetime.fromisoformat(row[name]) - DUE).days if row[name] else 0
        for name in ("due_at", "unlock_at", "lock_at")
    )


@pytest.mark.usefixtures("assignment")
class TestListedDates:
    """Which of the dates a listing shows."""

    def test_teachers_see_the_widest_of_all_overrides(self, canvas: Caller) -> None:
        """Teachers and administrators do not see the assignment's own dates."""
        (row,) = canvas.get(PATH)
        assert (_days(row), row["has_overrides"]) == ((13, -5, 9), True)

    def test_students_see_their_own(self, call_as: Callable[[str], Caller]) -> None:
        """A student sees the override for the student, and the assignment's own dates where that has none."""
        (row,) = call_as(STUDENT).get(PATH)
        assert _days(row) == (13, -7, 7)

    @pytest.mark.parametrize(("sent", "days"), [("false", (0, -7, 7)), ("0", (0, -7, 7)), ("true", (13, -5, 9))])
    def test_the_query_leaves_overrides_aside(self, canvas: Caller, sent: str, days: tuple[int, ...]) -> None:
        """``override_assignment_dates=false`` gives the assignment's own dates."""
        (row,) = canvas.get(PATH, override_assignment_dates=sent)
        assert _days(row) == days

    def test_a_body_does_not(self, canvas: Caller) -> None:
        """In a JSON body the parameter has no effect."""
        (row,) = canvas("GET", PATH, json={"override_assignment_dates": False}).json()
        assert _days(row) == (13, -5, 9)


def test_included_dates(canvas: Caller, assignment: Assignment) -> None:
    """All dates and overrides are included on request; a date that an override leaves has no key there."""
    (row,) = canvas.get(PATH, **{"include[]": ["all_dates", "overrides", "assignment_visibility"]})
    assert [(each.get("base"), each.get("set_type"), _days(each)[0]) for each in row["all_dates"]] == [
        (True, None, 0),
        (None, "CourseSection", 2),
        (None, "ADHOC", 13),
    ]
    section, single = row["overrides"]
    assert section["course_section_id"] == assignment.overrides[0].course_section_id
    assert (single["student_ids"], "unlock_at" in single, "lock_at" in single) == ([101], False, False)
    assert "101" in row["assignment_visibility"]


def test_only_students_of_overrides_see_it(
    call_as: Callable[[str], Caller], world: World, assignment: Assignment
) -> None:
    """An assignment for some students only is not there for the others."""
    assignment.only_visible_to_overrides = True
    assert len(call_as(STUDENT).get(PATH)) == 1
    assignment.overrides = assignment.overrides[:1]
    assert call_as(STUDENT).get(PATH) == []


def test_a_graded_topic_has_the_dates_of_overrides_and_a_quiz_its_own(
    canvas: Caller, world: World, assignment: Assignment
) -> None:
    """The assignment within a topic has no switch; a quiz lists its own date."""
    topic = world.add(DiscussionTopic(course_id=SOURCE, title="Talk", assignment_id=assignment.id))
    quiz = world.add(Quiz(course_id=SOURCE, title="Quiz", assignment_id=assignment.id, due_at=DUE))
    shown = canvas.get(f"courses/{SOURCE}/discussion_topics/{topic.id}")["assignment"]
    assert _days(shown) == (13, -5, 9)
    assert canvas.get(f"courses/{SOURCE}/quizzes/{quiz.id}")["due_at"] == "2026-12-06T23:00:00Z"


def test_copies_have_no_overrides(canvas: Caller, world: World, assignment: Assignment) -> None:
    """A copy has the assignment's own dates, and no overrides."""
    assignment.sis_assignment_id = "A-1"
    canvas.copied()
    (row,) = canvas.get(f"courses/{DESTINATION}/assignments")
    assert (_days(row), row["has_overrides"], row["sis_assignment_id"]) == ((0, -7, 7), False, None)
