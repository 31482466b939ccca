"""Test the listings of what Canvas's mapping does not have, and what a copy brings of a course's options."""

from __future__ import annotations

from canvas_emulator.model.content import CalendarEvent, ExternalTool
from canvas_emulator.model.records import GroupCategory
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import DESTINATION, SOURCE
from tests.support.caller import Caller


def test_tabs(canvas: Caller) -> None:
    """The route of the tabs has what ``include[]=tabs`` adds to a course, all at once."""
    assert canvas.get(f"courses/{SOURCE}/tabs") == canvas.get(f"courses/{SOURCE}", **{"include[]": "tabs"})["tabs"]


def test_sets_of_groups(canvas: Caller, world: World) -> None:
    """A course lists its own sets of groups, by name."""
    for number, name, course_id in ((1, "Pairs", SOURCE), (2, "Labs", SOURCE), (3, "Other", DESTINATION)):
        world.tables.group_categories[number] = GroupCategory(number, name, course_id)
    listed = canvas.get(f"courses/{SOURCE}/group_categories")
    assert [(row["id"], row["name"], row["course_id"]) for row in listed] == [(2, "Labs", SOURCE), (1, "Pairs", SOURCE)]


def test_the_event_of_a_section(canvas: Caller, world: World) -> None:
    """The event of a section has the context of the section, and is shown in the calendar of the course."""
    row = world.add(CalendarEvent(course_id=SOURCE, title="Meeting", course_section_id=31))
    event = canvas.get(f"calendar_events/{row.id}")
    assert (event["context_code"], event["effective_context_code"]) == ("course_section_31", f"course_{SOURCE}")


def test_options_that_a_copy_brings(canvas: Caller, world: World) -> None:
    """A copy of everything brings hidden tabs, those of tools too, and options; its visibility can be left out."""
    source, destination = world.tables.courses[SOURCE], world.tables.courses[DESTINATION]
    tool = world.add(ExternalTool(course_id=SOURCE, title="Library", url="https://l.example", course_navigation=True))
    source.hidden_tabs = frozenset({"files", f"context_external_tool_{tool.id}"})
    source.settings.apply_assignment_group_weights = source.settings.public_syllabus = True
    options = {"source_course_id": SOURCE, "importer_skips": ["visibility_settings"]}
    canvas(
        "POST",
        f"courses/{DESTINATION}/content_migrations",
        json={"migration_type": "course_copy_importer", "settings": options},
    )
    world.clock.advance(3600)
    world.settle()
    copied = max(world.live(ExternalTool, DESTINATION), key=lambda row: row.id)
    assert destination.hidden_tabs == {"files", f"context_external_tool_{copied.id}"}
    assert destination.settings.apply_assignment_group_weights
    assert not destination.settings.public_syllabus
