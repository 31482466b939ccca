"""How courses stand after a batch update: each is looked at, and the message of the Progress is read."""

from __future__ import annotations

import pytest
from canvas_emulator.model.faults import Rule
from canvas_emulator.model.roster import EnrollmentType
from canvas_emulator.model.world import World
from canvas_emulator.seeds.demo import TEACHER_ID, TEACHER_TOKEN
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.client.courses.course_states import CourseState, fetch_course_states, reasons
from airflow_provider_canvas.client.errors import CanvasServerError
from airflow_provider_canvas.client.settings import Settings


def test_courses_in_their_order(emulator: EmulatorServer, world: World) -> None:
    """Also deleted ones, those that never were, and by SIS id; a course that is named twice is looked at once."""
    world.tables.courses[2002].workflow_state = "deleted"
    asked = ["2002", "sis_course_id:BIOL-1010-001", "999999", "1010", "2002"]
    found = fetch_course_states(Settings(emulator.url, emulator.token), asked)
    assert [course.course_id for course in found] == asked
    assert [course.workflow_state for course in found] == ["deleted", "unpublished", None, "available", "deleted"]
    assert "does not exist" in (found[2].problem or "")
    assert len(world.requests) == 4


def test_many_courses(emulator: EmulatorServer, world: World) -> None:
    """More than are looked at at once."""
    asked = [str(number) for number in range(900000, 900060)]
    found = fetch_course_states(Settings(emulator.url, emulator.token), asked)
    assert [course.course_id for course in found] == asked


def test_a_course_that_may_not_be_seen(emulator: EmulatorServer, world: World) -> None:
    """A user who may not read a course hears why."""
    world.enroll(TEACHER_ID, 2001, EnrollmentType.TEACHER)
    found = fetch_course_states(Settings(emulator.url, TEACHER_TOKEN), ["1010", "2001"])
    assert found[0].workflow_state is None
    assert "lacks the permission" in (found[0].problem or "")
    assert found[1] == CourseState("2001", "unpublished")


def test_canvas_is_down(emulator: EmulatorServer, world: World) -> None:
    """Then nothing is known of any course, and that is no result."""
    world.faults.rules.append(Rule("/courses/", status=503, times=None))
    with pytest.raises(CanvasServerError):
        fetch_course_states(Settings(emulator.url, emulator.token, retry_for=0), ["2001", "2002"])


def test_what_messages_say() -> None:
    """Each line after the first is a reason and its ids, SIS forms too; a message without such lines says nothing."""
    messages = [
        "2 courses processed\nThe course was not found: 99, sis_course_id:X\nAccess was denied: 7",
        "500 courses processed",
        None,
        "Unexpected error, ID: 12",
    ]
    assert reasons(messages) == {
        "99": "The course was not found",
        "sis_course_id:X": "The course was not found",
        "7": "Access was denied",
    }
