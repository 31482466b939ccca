"""States of courses after a batch update, and the reasons in the message of its Progress."""

from __future__ import annotations

import pytest
from canvas_emulator.model.enrollments import EnrollmentType
from canvas_emulator.model.faults import Rule
from canvas_emulator.model.world import World
from canvas_emulator.seeds.demo import TEACHER_ID, TEACHER_TOKEN
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.client.courses.course_states import CourseState, failure_reasons, fetch_course_states
from airflow_provider_canvas.client.errors import CanvasServerError
from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.aiohttp_client import run_with_client


def fetch(settings: Settings, course_ids: list[str]) -> list[CourseState]:
    return run_with_client(settings, lambda canvas: fetch_course_states(canvas, course_ids))


def test_states_have_the_order_of_the_ids(emulator: EmulatorServer, world: World) -> None:
    """Deleted and unknown courses and SIS ids have a state too. A course that is given twice is fetched once."""
    world.tables.courses[2002].workflow_state = "deleted"
    ids = ["2002", "sis_course_id:BIOL-1010-001", "999999", "1010", "2002"]
    states = fetch(Settings(emulator.url, emulator.token), ids)
    assert [course.course_id for course in states] == ids
    assert [course.workflow_state for course in states] == ["deleted", "unpublished", None, "available", "deleted"]
    assert "does not exist" in (states[2].problem or "")
    assert len(world.requests) == 4


def test_many_courses(emulator: EmulatorServer, world: World) -> None:
    """More courses than are fetched concurrently keep their order."""
    ids = [str(number) for number in range(900000, 900060)]
    states = fetch(Settings(emulator.url, emulator.token), ids)
    assert [course.course_id for course in states] == ids


def test_a_course_without_permission(emulator: EmulatorServer, world: World) -> None:
    """If the user may not read a course, its problem says why."""
    world.enroll(TEACHER_ID, 2001, EnrollmentType.TEACHER)
    states = fetch(Settings(emulator.url, TEACHER_TOKEN), ["1010", "2001"])
    assert states[0].workflow_state is None
    assert "lacks the permission" in (states[0].problem or "")
    assert states[1] == CourseState("2001", "unpublished")


def test_error_of_canvas(emulator: EmulatorServer, world: World) -> None:
    """An error of Canvas is raised, not returned as the state of a course."""
    world.faults.rules.append(Rule("/courses/", status=503, times=None))
    with pytest.raises(CanvasServerError):
        fetch(Settings(emulator.url, emulator.token, retry_for=0), ["2001", "2002"])


def test_failure_reasons() -> None:
    """Each line after the first is a reason with ids, also SIS forms. Other messages contain no reason."""
    messages = [
        "2 courses processed\nThe course was not found: 99, sis_course_id:X\nAccess was denied: 7",
        "500 courses processed",
        None,
        "Unexpected error, ID: 12",
    ]
    assert failure_reasons(messages) == {
        "99": "The course was not found",
        "sis_course_id:X": "The course was not found",
        "7": "Access was denied",
    }
