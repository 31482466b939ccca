from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

TESTS = """
import os
import requests

SECTION = "BIOL-1010-001"

def start(canvas_emulator):
    master, section = canvas_emulator.course("TMPL-BIOL1010"), canvas_emulator.course(SECTION)
    return requests.post(
        f"{canvas_emulator.url}/api/v1/courses/{section.id}/content_migrations",
        data={"migration_type": "course_copy_importer", "settings[source_course_id]": master.id},
        headers={"Authorization": f"Bearer {canvas_emulator.token}"},
    ).json()

def state(canvas_emulator, migration):
    section = canvas_emulator.course(SECTION)
    return requests.get(
        f"{canvas_emulator.url}/api/v1/courses/{section.id}/content_migrations/{migration['id']}",
        params={"access_token": canvas_emulator.token},
    ).json()["workflow_state"]

def test_time_is_driven(canvas_emulator):
    migration = start(canvas_emulator)
    assert state(canvas_emulator, migration) == "running"
    canvas_emulator.advance(60)
    assert state(canvas_emulator, migration) == "completed"
    canvas_emulator.settings.copy_seconds = 1

def test_each_test_has_its_own_beginning(canvas_emulator, monkeypatch):
    assert canvas_emulator.settings.copy_seconds == 25
    assert canvas_emulator.course(SECTION).id == 2001
    assert not [row for row in canvas_emulator.world.migrations_of(2001)]
    monkeypatch.setenv("AIRFLOW_CONN_CANVAS_DEFAULT", canvas_emulator.connection_json)
    from airflow_provider_canvas.hooks.canvas import CanvasHook
    assert CanvasHook().get_conn() is not None

def test_edition_can_be_chosen(canvas_emulator):
    canvas_emulator.settings.edition = "2023-06"
    assert canvas_emulator.settings.max_per_page == 50

def test_nothing_shows_the_token(canvas_emulator):
    assert canvas_emulator.token not in repr(canvas_emulator)
"""


def test_fixture_with_the_plugin(pytester: pytest.Pytester) -> None:
    """A project that loads the plugin gets a Canvas with a manual clock for each test."""
    pytester.makeconftest('pytest_plugins = ["canvas_emulator.testing"]')
    pytester.makepyfile(TESTS)
    root = Path(__file__).parents[2]
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-q", f"--rootdir={root}", "-o", "pythonpath=.")
    result.assert_outcomes(passed=4)


def test_no_fixture_without_the_plugin(pytester: pytest.Pytester) -> None:
    """A project that does not load the plugin has no fixture."""
    pytester.makepyfile("def test_it(canvas_emulator): pass")
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-q")
    result.assert_outcomes(errors=1)
