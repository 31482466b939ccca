"""Content exports and imports of their files through ``canvasapi``, an independent client, unmodified."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from canvasapi import Canvas
from canvasapi.course import Course as ApiCourse
from canvasapi.exceptions import BadRequest, Forbidden, ResourceDoesNotExist
from canvasapi.group import Group as ApiGroup

from canvas_emulator.effects.packages.importing import read_package
from canvas_emulator.model.records import Group
from canvas_emulator.model.world import World
from canvas_emulator.seeds.full_course import fill
from canvas_emulator.seeds.small import ADMIN, DESTINATION, READER, SOURCE
from canvas_emulator.server import EmulatorServer

pytestmark = pytest.mark.filterwarnings("ignore:Canvas may respond unexpectedly")  # it prefers HTTPS
CARTRIDGE = "common_cartridge"


@pytest.fixture
def api(server: EmulatorServer, world: World) -> Iterator[Canvas]:
    """Return a ``canvasapi`` client of an administrator; the source course has content of every kind."""
    fill(world, SOURCE)
    canvas = Canvas(server.url, ADMIN)
    yield canvas
    canvas._Canvas__requester._session.close()


def test_export_of_a_course(api: Canvas, world: World) -> None:
    """A course export is created, polled, listed and shown; its file is downloaded and read."""
    course = api.get_course(SOURCE)
    export = course.export_content(export_type=CARTRIDGE)
    assert export.workflow_state == "created"
    world.clock.advance(10)
    assert api.get_progress(int(export.progress_url.rpartition("/")[2])).workflow_state == "completed"
    assert [each.id for each in course.get_content_exports()] == [export.id]
    finished = course.get_content_export(export)
    assert (finished.workflow_state, finished.course_id) == ("exported", SOURCE)
    data = api.get_file(finished.attachment["id"]).get_contents(binary=True)
    assert read_package(data).course.name == "Source"


def test_exports_of_groups_and_users(api: Canvas, world: World) -> None:
    """Groups and users can export their files."""
    world.tables.groups[5] = Group(5, "Team", SOURCE, frozenset({1}))
    for context in (ApiGroup(api._Canvas__requester, {"id": 5}), api.get_current_user()):
        export = context.export_content(export_type="zip")
        world.clock.advance(10)
        assert context.get_content_export(export.id).workflow_state == "exported"


@pytest.mark.edition("current")
def test_export_errors(api: Canvas, server: EmulatorServer) -> None:
    """A bad type, a missing export and a missing permission raise canvasapi's exceptions for them."""
    course = api.get_course(SOURCE)
    with pytest.raises(BadRequest):
        course.export_content(export_type="everything")
    with pytest.raises(ResourceDoesNotExist):
        course.get_content_export(1)
    reader = Canvas(server.url, READER)
    with pytest.raises(Forbidden):
        ApiCourse(reader._Canvas__requester, {"id": SOURCE}).export_content(export_type=CARTRIDGE)
    reader._Canvas__requester._session.close()


def test_export_is_imported_into_another_course(api: Canvas, world: World) -> None:
    """A migration imports the export of one course into another course."""
    export = api.get_course(SOURCE).export_content(export_type=CARTRIDGE)
    world.clock.advance(10)
    destination = api.get_course(DESTINATION)
    migration = destination.create_content_migration(
        "canvas_cartridge_importer", settings={"content_export_id": export.id}
    )
    world.clock.advance(60)
    assert destination.get_content_migration(migration).workflow_state == "completed"
    assert [page.title for page in destination.get_pages()] == ["Intro & more"]
    assert sorted(group.name for group in destination.get_assignment_groups()) == [
        "Assignments",
        "Exams",
        "Work",
    ]
    assert [tool.name for tool in destination.get_external_tools()] == ["Library"]
    assert [event.title for event in api.get_calendar_events(context_codes=["course_22"], all_events=True)] == [
        "Field trip"
    ]
    assert [rubric.title for rubric in destination.get_rubrics()] == ["Essays"]
