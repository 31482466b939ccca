"""The jobs of the emulator change as the recorded ones did."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests
from canvas_emulator.model.clock import ManualClock
from canvas_emulator.model.world import World
from canvas_emulator.server import serve

from tests.contract.job_runs import RUNS, Emulator, build, settings
from tests.contract.time_lines import Poll, falls, shown
from tests.support.recordings import TimeLine, time_lines

TIME_LINES = {line.name: line for line in time_lines()}

MISSED = "the recorder polled every 0.3 seconds and missed a state that was shorter"

EXCEPTIONS: dict[str, dict[str, str]] = {
    "jobs.export.zip": dict.fromkeys(("export.progress: states", "export.progress: messages by state"), MISSED),
    "jobs.import.broken": dict.fromkeys(
        ("migration.progress: states", "migration.progress: messages by state"), MISSED
    ),
}
"""By job, what the emulator shows otherwise on purpose, and why."""


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """Start an emulator of the recorded edition, whose clock stands still."""
    world = World(build, clock=ManualClock(), settings=settings())
    with serve(world) as server, requests.Session() as session:
        yield Emulator(world, session, server.url)


def recorded(line: TimeLine) -> list[Poll]:
    """Return the polls of a recorded job that were successful."""
    return [Poll(each["of"], each["body"]) for each in line.timeline if each["status"] == 200]


def test_every_recorded_job_is_run() -> None:
    """Each recorded job has a run on the emulator, and each exception belongs to a job."""
    assert set(RUNS) == set(TIME_LINES)
    assert set(EXCEPTIONS) <= set(TIME_LINES)


@pytest.mark.parametrize("name", TIME_LINES)
def test_job_changes_as_recorded(name: str, emulator: Emulator) -> None:
    """States, their order, what comes with which state, and whose percentage falls are those of the recorded job."""
    RUNS[name](emulator)
    expected, observed = shown(recorded(TIME_LINES[name])), shown(emulator.polls)
    excused = EXCEPTIONS.get(name, {})
    differences = {
        what: f"recorded {expected.get(what)}, emulator {observed.get(what)}"
        for what in expected.keys() | observed.keys()
        if expected.get(what) != observed.get(what)
    }
    assert {what: text for what, text in differences.items() if what not in excused} == {}
    assert excused.keys() <= differences.keys()
    fell, fallen = falls(recorded(TIME_LINES[name])), falls(emulator.polls)
    assert {record for record, fall in fell.items() if fall and not fallen.get(record)} == set()
