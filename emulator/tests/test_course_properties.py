from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from canvas_emulator.machines.course import CourseEvent, CourseState
from canvas_emulator.machines.progress import FINAL
from canvas_emulator.model.clock import ManualClock
from canvas_emulator.seeds.small import SOURCE, small_world
from canvas_emulator.server import EmulatorServer, serve
from tests.support.caller import Caller

COURSES = st.integers(0, 5)
SIS_IDS = st.sampled_from(["A", "B", "C"])
EVENTS = st.sampled_from(list(CourseEvent))

STEPS = st.one_of(
    st.tuples(st.just("create"), SIS_IDS, st.booleans()),
    st.tuples(st.just("event"), COURSES, EVENTS),
    st.tuples(st.just("rename"), COURSES, SIS_IDS),
    st.tuples(st.just("delete"), COURSES, st.sampled_from(["delete", "conclude"])),
    st.tuples(st.just("reset"), COURSES, st.none()),
    st.tuples(st.just("batch"), st.lists(COURSES, max_size=4), EVENTS),
    st.tuples(st.just("copy"), COURSES, st.none()),
    st.tuples(st.just("wait"), st.integers(0, 40), st.none()),
)


@pytest.fixture(scope="module")
def own_server() -> Iterator[EmulatorServer]:
    """Serve a world for this module only, with a manual clock."""
    with serve(small_world()) as server:
        yield server


def send_step(caller: Caller, step: tuple[str, Any, Any]) -> int:
    """Send the request of a step, and return the status. Courses are named by their index in the table."""
    kind, subject, argument = step
    ids = list(caller.server.world.tables.courses)
    path = f"courses/{ids[subject % len(ids)]}" if isinstance(subject, int) else "accounts/1/courses"
    match kind:
        case "create":
            body = {"course": {"sis_course_id": subject}, "enable_sis_reactivation": argument, "enroll_me": True}
            response = caller("POST", path, json=body)
        case "event":
            response = caller("PUT", path, json={"course": {"event": argument}})
        case "rename":
            response = caller("PUT", path, json={"course": {"sis_course_id": argument}})
        case "delete":
            response = caller("DELETE", path, params={"event": argument})
        case "reset":
            response = caller("POST", f"{path}/reset_content")
        case "batch":
            response = caller("PUT", path, json={"course_ids": [ids[n % len(ids)] for n in subject], "event": argument})
        case "copy":
            body = {"migration_type": "course_copy_importer", "settings": {"source_course_id": SOURCE}}
            response = caller("POST", f"{path}/content_migrations", json=body)
        case _:
            response = caller("POST", "/_emulator/clock", json={"advance": subject})
    return response.status_code


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, max_size=14))
def test_no_sequence_of_requests_breaks_a_course(own_server: EmulatorServer, steps: list[tuple[str, Any, Any]]) -> None:
    """No sequence of requests leads to a 500, an invalid state, a duplicate SIS id, or a job without an end."""
    world = own_server.world
    with world.lock:
        world.clock = ManualClock()
        world.reset()
        world.settings.throttle = False
    caller = Caller(own_server)
    try:
        for step in steps:
            assert send_step(caller, step) < 500, step
            live = [row for row in world.tables.courses.values() if row.workflow_state != CourseState.DELETED]
            sis_ids = [row.sis_course_id for row in live if row.sis_course_id]
            assert {row.workflow_state for row in world.tables.courses.values()} <= set(CourseState)
            assert len(sis_ids) == len(set(sis_ids))
            assert all(row.course_id in world.tables.courses for row in world.enrollments.enrollments.values())
            assert caller("GET", "courses", params={"state[]": list(CourseState)}).status_code == 200
        world.clock.advance(10 * 3600)
        world.settle()
        assert {row.workflow_state for row in world.tables.progress.values()} <= FINAL
        assert (world.lanes.running(), world.lanes.waiting()) == (0, 0)
    finally:
        caller.session.close()
