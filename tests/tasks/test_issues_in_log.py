"""Test that the log of an import with very many issues stays short, and says where all of them are."""

from __future__ import annotations

import logging

import pytest
from canvas_emulator.effects.issues import add_issue
from canvas_emulator.model.clock import RealClock
from canvas_emulator.model.world import World
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.hooks.canvas import CanvasHook
from airflow_provider_canvas.operators.migration_result import ISSUES_IN_LOG, MAX_LOGGED_LENGTH, fetch_issues


def test_log_of_many_issues_is_short(
    connection: str, emulator: EmulatorServer, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """The log names the most severe issues, counts the others by class, and gives the address of all."""
    with world.lock:
        migration = world.migrations_of(2002)[0]
        world.issues_of(migration).clear()
        now = RealClock().now()
        for number in range(150):
            add_issue(world, migration, now, "warning", f"Missing links found in imported content - Page {number}")
        add_issue(world, migration, now, "todo", 'The title of the page "L" was too long and has been shortened.')
        add_issue(world, migration, now, "error", "x" * 10_000)
    log = logging.getLogger("tests.issues")
    with caplog.at_level(logging.INFO, log.name):
        issues = fetch_issues(CanvasHook(), {"course_id": 2002, "content_migration_id": migration.id}, log)
    lines = [record.getMessage() for record in caplog.records if record.name == log.name]
    assert len(issues) == 152
    assert len(lines) == ISSUES_IN_LOG + 1
    assert "(error): xxx" in lines[0]
    assert max(map(len, lines)) < 2 * MAX_LOGGED_LENGTH
    assert lines[-1].startswith(
        "102 more issues are not listed here: 101 missing_link, 1 title_shortened. All of them "
    )
    assert f"{emulator.url}/courses/2002/content_migrations" in lines[-1]
