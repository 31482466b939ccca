"""The emulator says that a client waits for a clock that stands still, in the terminal and at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from canvas_emulator.model.clock import RealClock
from canvas_emulator.model.still_clock import POLLS
from canvas_emulator.model.world import World
from tests.support.caller import Caller

pytest_plugins = ["pytester"]

MIGRATIONS = "courses/{}/content_migrations"


@pytest.fixture
def migration(canvas: Caller) -> dict:
    """Return a course copy that is not over."""
    settings = {"source_course_id": SOURCE}
    body = {"migration_type": "course_copy_importer", "settings": settings}
    return canvas("POST", MIGRATIONS.format(DESTINATION), json=body).json()


SOURCE, DESTINATION = 11, 22


def _poll_with_graphql(canvas: Caller, row: dict) -> None:
    progress_id = row["progress_url"].rpartition("/")[2]
    query = f'{{legacyNode(_id: "{progress_id}", type: Progress) {{... on Progress {{state}}}}}}'
    canvas("POST", "/api/graphql", json={"query": query})


WAYS = {
    "Progress": lambda canvas, row: canvas.get(row["progress_url"].partition("/api/v1/")[2]),
    "migration": lambda canvas, row: canvas.get(f"{MIGRATIONS.format(DESTINATION)}/{row['id']}"),
    "GraphQL": _poll_with_graphql,
}
"""How clients poll a copy."""


@pytest.mark.parametrize("way", WAYS)
def test_polls_of_a_still_clock_are_a_warning(
    canvas: Caller, migration: dict, caplog: pytest.LogCaptureFixture, way: str
) -> None:
    """The warning comes once, names the job and the count, and says what to write instead."""
    for number in range(1, 3 * POLLS):
        WAYS[way](canvas, migration)
        assert len(caplog.messages) == (number >= POLLS)
    assert f"of ContentMigration {migration['id']} was polled {POLLS} times" in caplog.text
    assert "running_canvas_emulator" in caplog.text


def test_a_clock_that_is_advanced_is_no_warning(
    canvas: Caller, world: World, migration: dict, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither polls between which the clock moves are a warning, nor polls of a job that is over."""
    for _ in range(2 * POLLS):
        WAYS["Progress"](canvas, migration)
        world.clock.advance(0.1)
    world.clock.advance(1000)
    for _ in range(2 * POLLS):
        WAYS["Progress"](canvas, migration)
    assert caplog.messages == []


def test_a_running_clock_is_no_warning(
    canvas: Caller, world: World, migration: dict, caplog: pytest.LogCaptureFixture
) -> None:
    """A clock that runs has moved between two polls."""
    world.clock = RealClock()
    for _ in range(2 * POLLS):
        WAYS["Progress"](canvas, migration)
    assert caplog.messages == []


TESTS = """
import requests

def poll(emulator, times):
    headers = {"Authorization": f"Bearer {emulator.token}"}
    url = f"{emulator.url}/api/v1/courses/2001/content_migrations"
    body = {"migration_type": "course_copy_importer", "settings": {"source_course_id": 1010}}
    row = requests.post(url, json=body, headers=headers).json()
    for number in range(times):
        progress = requests.get(row["progress_url"], headers=headers).json()
        if progress["workflow_state"] == "completed":
            return number

def test_running(running_canvas_emulator):
    running_canvas_emulator.settings.copy_seconds = 3600  # of which one real second is enough
    assert poll(running_canvas_emulator, 100_000)

def test_still(canvas_emulator, capsys):
    assert poll(canvas_emulator, 10) is None
    print("printed by the test")
    assert capsys.readouterr().out == "printed by the test\\n"

def test_the_next_test_has_a_still_clock(canvas_emulator):
    assert canvas_emulator.world.clock.now() == canvas_emulator.world.clock.now()
"""


def test_the_fixtures_and_the_terminal(pytester: pytest.Pytester) -> None:
    """The clock of one fixture runs; what the other one says is in the terminal although pytest captures output."""
    pytester.makeconftest('pytest_plugins = ["canvas_emulator.testing"]')
    pytester.makepyfile(TESTS)
    root = Path(__file__).parents[2]
    run = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-q", f"--rootdir={root}", "-o", "pythonpath=.")
    run.assert_outcomes(passed=3)
    (line,) = [line for line in run.errlines if "clock" in line]
    assert line.startswith("WARNING: The clock of the Canvas emulator stands still, and Progress 9")
