"""Test the deprecated endpoint for course copies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from canvas_emulator.machines.content_migration import Stored
from canvas_emulator.machines.migration_reports import CopyState, copy_percentage, copy_state
from canvas_emulator.model.content import CONTENT_KINDS
from canvas_emulator.model.world import World
from canvas_emulator.seeds.full_course import fill
from canvas_emulator.seeds.small import DESTINATION, OTHER, SOURCE, STRANGER, WRITER
from tests.support.caller import Caller

PATH = f"courses/{DESTINATION}/course_copy"
BOTH = 'You can not use "only" and "except" options at the same time.'


@pytest.fixture
def source(world: World) -> dict[str, Any]:
    """The rows of a course that has everything."""
    return fill(world, SOURCE)


def copied(canvas: Caller, **options: Any) -> dict[str, Any]:
    """POST a copy, and let its time pass."""
    response = canvas("POST", PATH, json={"source_course": SOURCE} | options)
    assert response.status_code == 200, response.text
    canvas.server.world.clock.advance(25)
    return canvas.get(response.json()["status_url"])


def arrived(world: World) -> set[str]:
    """The kinds of which the destination has rows."""
    world.settle()
    return {kind.KIND for kind in CONTENT_KINDS if world.live(kind, DESTINATION)}


def test_new_copy(canvas: Caller, source: dict[str, Any]) -> None:
    """A new copy is ``created`` without a percentage, with an absolute URL, even if another one is running."""
    row = canvas("POST", PATH, json={"source_course": "sis_course_id:SIS/Source"}).json()
    assert (row["workflow_state"], row["progress"]) == ("created", None)
    assert row["status_url"] == f"{canvas.server.url}/api/v1/{PATH}/{row['id']}"
    assert set(row) == {"id", "progress", "created_at", "workflow_state", "status_url"}


def test_states(canvas: Caller, world: World, source: dict[str, Any]) -> None:
    """The copy is ``started``, then ``completed`` at 100.0, and all content arrives."""
    row = canvas("POST", PATH, json={"source_course": SOURCE}).json()
    observed = []
    for _ in range(26):
        observed.append(canvas.get(row["status_url"]))
        world.clock.advance(1)
    assert [each["workflow_state"] for each in observed[:-1]] == ["started"] * 24 + ["completed"]
    assert observed[-1]["progress"] == 100.0
    assert all(isinstance(each["progress"], float) for each in observed)
    assert arrived(world) == {kind.KIND for kind in CONTENT_KINDS}
    assert world.tables.courses[DESTINATION].syllabus_body


def test_shows_any_migration(canvas: Caller, source: dict[str, Any]) -> None:
    """The id of any content migration into the course works, and of no other course."""
    migration = canvas.copied()
    assert canvas.get(f"{PATH}/{migration['id']}")["workflow_state"] == "completed"
    assert canvas("GET", f"courses/{OTHER}/course_copy/{migration['id']}").status_code == 404


def test_copy_is_a_content_migration(canvas: Caller, source: dict[str, Any]) -> None:
    """The copy is in the list of content migrations, and has a mapping."""
    row = copied(canvas)
    migration = canvas.migration(row["id"])
    assert (migration["migration_type"], migration["workflow_state"]) == ("course_copy_importer", "completed")
    assert len(canvas.mapping(migration)["pages"]) == 1


@pytest.mark.parametrize(
    ("word", "kinds"),
    [
        ("wiki_pages", {"pages", "files", "folders"}),
        ("files", {"files", "folders"}),
        ("calendar_events", {"calendar_events", "files", "folders"}),
        ("external_tools", {"external_tools"}),
        ("outcomes", {"learning_outcomes", "learning_outcome_groups"}),
        ("topics", {"discussion_topics", "announcements", "assignments", "assignment_groups"}),
        ("announcements", set()),
    ],
)
def test_only(canvas: Caller, world: World, source: dict[str, Any], word: str, kinds: set[str]) -> None:
    """``only`` copies the named types with the files that they show; an unknown type copies nothing."""
    assert copied(canvas, only=[word])["workflow_state"] == "completed"
    assert arrived(world) == kinds
    assert world.tables.courses[DESTINATION].syllabus_body == ""


def test_except_omits_the_course_settings(canvas: Caller, world: World, source: dict[str, Any]) -> None:
    """``except`` leaves out the named types, and always the course settings and the syllabus."""
    world.tables.courses[SOURCE].license = "cc_by"
    copied(canvas, **{"except": ["calendar_events"]})
    assert "calendar_events" not in arrived(world)
    assert {"pages", "files", "modules", "quizzes"} <= arrived(world)
    destination = world.tables.courses[DESTINATION]
    assert (destination.syllabus_body, destination.license) == ("", None)


def test_only_course_settings(canvas: Caller, world: World, source: dict[str, Any]) -> None:
    """``only`` can name the course settings."""
    copied(canvas, only=["course_settings"])
    assert world.tables.courses[DESTINATION].syllabus_body
    assert arrived(world) == set()


def test_only_and_except_together_are_refused(canvas: Caller) -> None:
    """``only`` with ``except`` is refused, and the error is a string and not a list."""
    response = canvas("POST", PATH, json={"source_course": SOURCE, "only": ["files"], "except": ["topics"]})
    assert (response.status_code, response.json()) == (400, {"errors": BOTH})
    response = canvas("POST", PATH, json={"source_course": 999, "only": ["files"], "except": ["topics"]})
    assert response.status_code == 404


@pytest.mark.parametrize("name", ["only", "except"])
def test_text_in_place_of_a_list_is_an_error(canvas: Caller, name: str) -> None:
    """``only`` or ``except`` as a string is a 500."""
    response = canvas("POST", PATH, json={"source_course": SOURCE, name: "files"})
    assert (response.status_code, response.json()["errors"][0]["error_code"]) == (500, "internal_server_error")


@pytest.mark.parametrize("sent", [{}, {"source_course": "999"}, {"source_course": "sis_course_id:none"}])
def test_unknown_source(canvas: Caller, sent: dict[str, Any]) -> None:
    """A source that does not exist is a 404."""
    assert canvas("POST", PATH, json=sent).status_code == 404


@pytest.mark.edition("current")
def test_right_to_copy(call_as: Callable[[str], Caller]) -> None:
    """A teacher may copy her own course and no other; a user without rights may copy into none."""
    assert call_as(WRITER)("POST", PATH, json={"source_course": OTHER}).status_code == 403
    assert call_as(WRITER)("POST", PATH, json={"source_course": SOURCE}).status_code == 200
    assert call_as(STRANGER)("POST", PATH, json={"source_course": SOURCE}).status_code == 403


def test_every_state_is_reported() -> None:
    """Four states are reported for all stored ones; a failure before the start is reported as a start."""
    assert {state: copy_state(state) for state in Stored if copy_state(state) is not CopyState.STARTED} == {
        Stored.CREATED: CopyState.CREATED,
        Stored.IMPORTED: CopyState.COMPLETED,
        Stored.FAILED: CopyState.FAILED,
    }
    assert copy_state(Stored.PRE_PROCESS_ERROR) is CopyState.STARTED


def test_percentage() -> None:
    """The export counts 0.4 of the percentage, and the migration 0.6."""
    assert copy_percentage(Stored.CREATED, 0.0, 0.0) is None
    assert copy_percentage(Stored.PRE_PROCESSING, 50.0, 25.0) == 35.0
    assert copy_percentage(Stored.PRE_PROCESSING, 100.0, 2.5) == 41.5
    assert copy_percentage(Stored.IMPORTING, 100.0, 50.0) == 70.0
    assert copy_percentage(Stored.IMPORTED, 100.0, 100.0) == 100.0
