from __future__ import annotations

import time

import pytest

from canvas_emulator.model.clock import ManualClock
from canvas_emulator.model.course import Course
from canvas_emulator.model.ids import find_course
from canvas_emulator.model.world import World

MANY = 20_000


@pytest.fixture(scope="module")
def big() -> World:
    world = World(clock=ManualClock())
    for number in range(MANY):
        world.tables.courses[number] = Course(number, f"C{number}", "C", 1, 1, sis_course_id=f"SIS-{number}")
    return world


def test_all_of_20000_courses_are_found_by_their_sis_ids(big: World) -> None:
    """Finding 20,000 courses by SIS id takes a few seconds."""
    started = time.perf_counter()
    for number in range(MANY):
        course = find_course(big, f"sis_course_id:SIS-{number}")
        assert course is not None
        assert course.id == number
    assert time.perf_counter() - started < 2


def test_ids_may_change_hands(big: World) -> None:
    """An index follows changes of the rows."""
    courses = big.tables.courses
    courses[5].sis_course_id, courses[6].sis_course_id = "SIS-6", "SIS-5"
    assert [find_course(big, f"sis_course_id:SIS-{number}").id for number in (5, 6)] == [6, 5]
    courses[7].workflow_state, courses[8].sis_course_id = "deleted", "SIS-7"
    assert find_course(big, "sis_course_id:SIS-7") is courses[8]
    assert find_course(big, "sis_course_id:SIS-8") is None
