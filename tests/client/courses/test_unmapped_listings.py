"""What Canvas's mapping does not have, read from the emulator, and compared after a copy and after edits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from canvas_emulator.model.content import (
    AssignmentGroup,
    CalendarEvent,
    Content,
    ExternalTool,
    LearningOutcome,
    LearningOutcomeGroup,
    Rubric,
)
from canvas_emulator.model.faults import Rule
from canvas_emulator.model.records import GroupCategory
from canvas_emulator.model.world import World
from canvas_emulator.seeds.full_course import fill
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.client.courses.course_listings import fetch_listings
from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.aiohttp_client import run_with_client
from airflow_provider_canvas.client.transports.requests_client import CanvasClient
from airflow_provider_canvas.reconciliation import AssetRow, Status
from airflow_provider_canvas.reconciliation.assets import UNMAPPED_TYPES
from airflow_provider_canvas.reconciliation.unmapped import LISTINGS, compare_unmapped

SOURCE, COPY = 1010, 2001
SECTION = 31


@pytest.fixture
def settings(emulator: EmulatorServer) -> Settings:
    """Return the settings of a client that does not retry."""
    return Settings(emulator.url, emulator.token, retry_for=0)


def listings(settings: Settings, course_id: int) -> dict[str, list[Any]]:
    """Read a course with all further listings of this area."""
    return dict(run_with_client(settings, lambda canvas: fetch_listings(canvas, course_id, also=(*LISTINGS, "course"))))


def copy_course(settings: Settings, world: World, *, skip: Sequence[str] = (), select: Any = None) -> None:
    """Copy the source into the destination, to its end."""
    with CanvasClient(settings) as canvas:
        canvas.content_migrations.create(
            course_id=COPY,
            migration_type="course_copy_importer",
            settings={"source_course_id": SOURCE, "importer_skips": list(skip)}
            if skip
            else {"source_course_id": SOURCE},
            select=select,
        )
    with world.lock:
        world.clock.advance(3600)
        world.settle()


def compare(settings: Settings, **options: Any) -> list[AssetRow]:
    """Compare both courses as Canvas lists them now."""
    source, destination = listings(settings, SOURCE), listings(settings, COPY)
    assert source["unreadable"] == destination["unreadable"] == []
    return compare_unmapped(source, destination, **{"copied_settings": True, "selected": None, **options})


def prepare(world: World) -> None:
    """Give the source something of every type, and settings that a new course does not have."""
    with world.lock:
        fill(world, SOURCE)
        course = world.tables.courses[SOURCE]
        course.default_view, course.license, course.is_public = "assignments", "cc_by", True
        course.hidden_tabs = frozenset({"files", "people"})
        course.settings.apply_assignment_group_weights = True
        course.settings.public_syllabus = True
        course.settings.hide_distribution_graphs = True
        course.settings.allow_student_discussion_topics = False
        course.syllabus_body = f'<p>See <a href="/courses/{SOURCE}/pages/home">home</a>, /courses/{SOURCE}/pages/x.</p>'
        world.tables.group_categories[7] = GroupCategory(7, "Labs", SOURCE)
        world.add(CalendarEvent(course_id=SOURCE, title="Section meeting", course_section_id=SECTION))


def first(kind: type[Content], title: str | None = None) -> Callable[[World], Any]:
    """Return a function that finds the oldest row of a kind in the destination."""
    return lambda world: min(
        (row for row in world.live(kind, COPY) if title in (None, row.title)), key=lambda row: row.id
    )


def deleted(row: Content) -> Callable[[World], Any]:
    """Return a function that adds a row which is deleted already."""
    row.workflow_state = "deleted"
    return lambda world: world.add(row)


def the_course(world: World) -> Any:
    return world.tables.courses[COPY]


def its_options(world: World) -> Any:
    return world.tables.courses[COPY].settings


DELETED = ("workflow_state", "deleted")
OWN_TOOL = ExternalTool(course_id=COPY, title="Own", url="https://own.example")

EDITS: list[tuple[Callable[[World], Any], str, Any, str, str]] = [
    (first(AssignmentGroup), *DELETED, "assignment_groups", "missing_in_destination"),
    (first(CalendarEvent), *DELETED, "calendar_events", "missing_in_destination"),
    (first(ExternalTool), *DELETED, "external_tools", "missing_in_destination"),
    (first(LearningOutcome), *DELETED, "outcomes", "missing_in_destination"),
    (first(LearningOutcomeGroup, "Writing"), *DELETED, "outcome_groups", "missing_in_destination"),
    (first(Rubric), *DELETED, "rubrics", "missing_in_destination"),
    (first(AssignmentGroup), "group_weight", 1.0, "assignment_groups", "matched_changed"),
    (first(AssignmentGroup), "title", "Renamed", "assignment_groups", "matched_changed"),
    (first(CalendarEvent), "location_name", "Elsewhere", "calendar_events", "matched_changed"),
    (first(ExternalTool), "url", "https://other.example/lti", "external_tools", "matched_changed"),
    (first(ExternalTool), "title", "Renamed", "external_tools", "matched_changed"),
    (first(LearningOutcome), "points_possible", 9.0, "outcomes", "matched_changed"),
    (first(Rubric), "criteria", ("Other: 4",), "rubrics", "matched_changed"),
    (first(Rubric), "title", "Renamed", "rubrics", "matched_changed"),
    (deleted(OWN_TOOL), "workflow_state", "public", "external_tools", "orphan_in_destination"),
    (deleted(Rubric(course_id=COPY, title="Essays")), "workflow_state", "active", "rubrics", "duplicate"),
    (the_course, "syllabus_body", "", "syllabus", "missing_in_destination"),
    (the_course, "syllabus_body", "<p>Other</p>", "syllabus", "matched_changed"),
    (the_course, "default_view", "feed", "course_settings", "matched_changed"),
    (the_course, "is_public", False, "course_settings", "matched_changed"),
    (the_course, "license", "private", "course_settings", "matched_changed"),
    (the_course, "hidden_tabs", frozenset({"files"}), "course_settings", "matched_changed"),
    (its_options, "apply_assignment_group_weights", False, "course_settings", "matched_changed"),
    (its_options, "allow_student_discussion_topics", True, "course_settings", "matched_changed"),
]
"""What is edited in the destination, an attribute with its new value, and the row in which that shows."""


def test_a_copy_and_what_was_edited_since(settings: Settings, world: World) -> None:
    """After a copy nothing is missing or changed, and each edit in the destination shows in one row only."""
    prepare(world)
    copy_course(settings, world)
    rows = compare(settings)
    assert {row.asset_type for row in rows} == set(UNMAPPED_TYPES)
    excluded = {row.source_title for row in rows if row.status is Status.EXPECTED_EXCLUDED}
    assert excluded == {"Labs", "Section meeting"}
    assert [row for row in rows if row.status not in {Status.MATCHED, Status.EXPECTED_EXCLUDED}] == []
    source = listings(settings, SOURCE)
    pristine = {(row.asset_type, row.asset_key, row.status) for row in rows}
    for find, attribute, value, asset_type, status in EDITS:
        edited = find(world)
        before = getattr(edited, attribute)
        setattr(edited, attribute, value)
        after = compare_unmapped(source, listings(settings, COPY), copied_settings=True, selected=None)
        setattr(edited, attribute, before)
        new = {(row.asset_type, row.asset_key, row.status) for row in after} - pristine
        assert [(name, str(found)) for name, _, found in new] == [(asset_type, status)], (attribute, value)


def test_a_copy_without_settings(settings: Settings, world: World) -> None:
    """Settings that were left out of a copy are no loss, and the syllabus comes all the same."""
    prepare(world)
    copy_course(settings, world, skip=["all_course_settings"])
    rows = compare(settings, copied_settings=False)
    assert {str(row.status) for row in rows} == {"matched", "expected_excluded"}
    different = {row.source_asset_id for row in rows if row.asset_type == "course_settings" and row.detail}
    assert different >= {"default_view", "visibility", "license", "grading", "students", "navigation"}


def test_a_copy_of_selected_assets(settings: Settings, world: World) -> None:
    """Of a copy of one rubric, only that is expected."""
    prepare(world)
    rubric = min(world.live(Rubric, SOURCE), key=lambda row: row.id)
    select = {"rubrics": [rubric.id]}
    copy_course(settings, world, select=select)
    rows = compare(settings, selected=select)
    assert [row.source_asset_id for row in rows if row.asset_type == "rubrics" and row.status is Status.MATCHED] == [
        str(rubric.id)
    ]
    assert {row.status for row in rows} <= {Status.MATCHED, Status.EXPECTED_EXCLUDED, Status.ORPHAN_IN_DESTINATION}


@pytest.mark.parametrize("status", [401, 403, 404, 500])
def test_a_listing_that_breaks(settings: Settings, world: World, status: int) -> None:
    """Whatever Canvas responds to one listing, that one is unknown, and the others are read."""
    world.faults.rules.append(Rule(path=r"/rubrics$", status=status, times=None))
    read = listings(settings, SOURCE)
    assert read["unreadable"] == ["rubrics"]
    assert "rubrics" not in read
    assert read["outcomes"]
