from __future__ import annotations

import time

from canvas_emulator.model.clock import ManualClock
from canvas_emulator.model.course import Course
from canvas_emulator.model.ids import find_course
from canvas_emulator.model.world import World

LOOKUPS = 5_000


def world_of(courses: int) -> World:
    """Return a world with courses that have SIS ids."""
    world = World(clock=ManualClock())
    for number in range(courses):
        world.tables.courses[number] = Course(number, f"C{number}", "C", 1, 1, sis_course_id=f"SIS-{number}")
    return world


def seconds_of_lookups(world: World) -> float:
    """Look up courses by SIS id, and return how long it took."""
    count = len(world.tables.courses)
    started = time.perf_counter()
    for number in range(LOOKUPS):
        course = find_course(world, f"sis_course_id:SIS-{number % count}")
        assert course is not None
        assert course.id == number % count
    return time.perf_counter() - started


def test_lookup_by_sis_id_does_not_read_all_courses() -> None:
    """Finding a course among 20,000 takes about as long as among 20: a scan would take 1,000 times as long."""
    small, large = world_of(20), world_of(20_000)
    assert seconds_of_lookups(large) < 50 * seconds_of_lookups(small)


def test_index_follows_changed_sis_ids() -> None:
    """A course is found by its current SIS id after the ids of courses were exchanged or a course was deleted."""
    world = world_of(10)
    courses = world.tables.courses
    courses[5].sis_course_id, courses[6].sis_course_id = "SIS-6", "SIS-5"
    found = [find_course(world, f"sis_course_id:SIS-{number}") for number in (5, 6)]
    assert found == [courses[6], courses[5]]
    courses[7].workflow_state, courses[8].sis_course_id = "deleted", "SIS-7"
    assert find_course(world, "sis_course_id:SIS-7") is courses[8]
    assert find_course(world, "sis_course_id:SIS-8") is None
