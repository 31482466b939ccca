from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canvas_emulator.machines.agenda import Agenda, Run
from canvas_emulator.machines.course import COURSE_BATCH, EVENTS, UNDERSTOOD, CourseEvent, CourseState, after
from canvas_emulator.machines.lanes import Lanes
from canvas_emulator.machines.plans import IllegalMoveError, Stage
from canvas_emulator.machines.progress import ALLOWED as PROGRESS_ALLOWED
from canvas_emulator.machines.progress import ProgressState


@pytest.mark.parametrize("state", CourseState)
@pytest.mark.parametrize("event", CourseEvent)
def test_every_event_has_a_rule(state: CourseState, event: CourseEvent) -> None:
    """An event moves a course to its state, changes nothing, or is refused for a deleted course."""
    if state is CourseState.DELETED and event not in (CourseEvent.UNDELETE, CourseEvent.DELETE):
        with pytest.raises(IllegalMoveError):
            after(state, event)
    else:
        assert after(state, event) in {state, EVENTS[event]}


def test_every_state_can_be_left_and_reached() -> None:
    """Every state of a course can be left, and every state can be reached."""
    ways = {state: {EVENTS[event] for event in events} - {state} for state, events in UNDERSTOOD.items()}
    assert set(ways) == set(CourseState)
    assert all(ways.values())
    assert set().union(*ways.values()) == set(CourseState)


def test_plan_of_a_batch_makes_only_allowed_moves() -> None:
    """The stages of a batch update move its Progress as the table of states allows."""
    state = ProgressState.QUEUED
    for stage in COURSE_BATCH:
        assert stage.state is state or stage.state in PROGRESS_ALLOWED[state]
        state = ProgressState(stage.state)
    assert PROGRESS_ALLOWED[ProgressState.RUNNING] >= {ProgressState.COMPLETED, ProgressState.FAILED}


@settings(max_examples=60, deadline=None)
@given(
    limit=st.integers(1, 4),
    moves=st.lists(st.tuples(st.sampled_from(["begin", "stop", "wait"]), st.integers(0, 30)), max_size=40),
)
def test_lanes_lose_no_job(limit: int, moves: list[tuple[str, int]]) -> None:
    """At most ``limit`` runs execute at the same time, and all runs that were not stopped end."""
    agenda, now = Agenda(), datetime(2026, 1, 1, tzinfo=UTC)
    runs: list[Run] = []
    ended: set[int] = set()
    stopped: set[int] = set()
    lanes = Lanes(agenda, lambda _: limit)

    def job(number: int) -> Run:
        plan = (Stage(3, ProgressState.RUNNING), Stage(4, ProgressState.COMPLETED))

        def apply(stage: Stage, _: Any) -> None:
            if stage.state is ProgressState.COMPLETED:
                ended.add(number)

        return agenda.begin(plan, apply, now)

    for move, number in moves:
        match move:
            case "begin":
                runs.append(job(len(runs)))
                lanes.enter("x", runs[-1], now)
            case "stop" if runs:
                stopped.add(number % len(runs))
                agenda.stop(runs[number % len(runs)])
            case _:
                now += timedelta(seconds=number)
                agenda.settle(now)
        assert lanes.running("x") <= limit
        assert lanes.running("x") == limit or not lanes.waiting("x")
    agenda.settle(now + timedelta(days=1))
    assert ended | stopped == set(range(len(runs)))
    assert (lanes.running("x"), lanes.waiting("x")) == (0, 0)
