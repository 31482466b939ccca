from __future__ import annotations

import time

import pytest

from canvas_emulator.model.clock import ManualClock
from canvas_emulator.model.course import Course
from canvas_emulator.model.ids import find_course
from canvas_emulator.model.world import World

COURSES = 20_000


@pytest.fixture(scope="module")
def large_world() -> World:
    world = World(clock=ManualClock())
    for number in range(COURSES):
        world.tables.courses[number] = Course(number, f"C{number}", "C", 1, 1, sis_course_id=f"SIS-{number}")
    return world


def test_20000_courses_are_found_by_sis_id(large_world: World) -> None:
    """Finding 20,000 courses by SIS id takes less than two seconds."""
    started = time.perf_counter()
    for number in range(COURSES):
        course = find_course(large_world, f"sis_course_id:SIS-{number}")
        assert course is not None
        assert course.id == number
    assert time.perf_counter() - started < 2


def test_index_follows_changed_sis_ids(large_world: World) -> None:
    """A course is found by its current SIS id after the ids of courses were exchanged or a course was deleted."""
    courses = large_world.tables.courses
    courses[5].sis_course_id, courses[6].sis_course_id = "SIS-6", "SIS-5"
    assert [find_course(large_world, f"sis_course_id:SIS-{number}").id for number in (5, 6)] == [6, 5]
    courses[7].workflow_state, courses[8].sis_course_id = "deleted", "SIS-7"
    assert find_course(large_world, "sis_course_id:SIS-7") is courses[8]
    assert find_course(large_world, "sis_course_id:SIS-8") is None
