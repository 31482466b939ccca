"""Test selective data: what a waiting migration can import."""

from __future__ import annotations

from typing import Any

import pytest

from canvas_emulator.effects.mapping import migration_id
from canvas_emulator.model.content import (
    Announcement,
    Assignment,
    AssignmentGroup,
    File,
    LearningOutcome,
    LearningOutcomeGroup,
    Module,
    ModuleItem,
    Page,
    Quiz,
)
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import DESTINATION, SOURCE
from tests.support.caller import Caller
from tests.support.packaging import IMPORT_SECONDS, PATH, cartridge, post, start_import
from tests.support.uploading import folder


@pytest.fixture
def held(canvas: Caller) -> dict[str, Any]:
    """A course copy that waits for a selection."""
    return canvas.copy(selective_import=True)


def nodes(canvas: Caller, migration: dict[str, Any], **params: str) -> list[dict[str, Any]]:
    """The selective data of a migration."""
    return canvas.get(f"{PATH}/{migration['id']}/selective_data", **params)


class TestOfACourse:
    """Selective data of a course copy."""

    def test_empty_course(self, canvas: Caller, held: dict[str, Any]) -> None:
        """Settings and syllabus are always listed; types without content are left out."""
        assert nodes(canvas, held) == [
            {"type": "course_settings", "property": "copy[all_course_settings]", "title": "Course Settings"},
            {"type": "syllabus_body", "property": "copy[all_syllabus_body]", "title": "Syllabus Body"},
        ]

    def test_order_of_types(self, canvas: Caller, world: World, held: dict[str, Any]) -> None:
        """Each type has its count and the URL of its rows; deleted rows are not counted."""
        world.add(Page(course_id=SOURCE, title="One"))
        world.add(Page(course_id=SOURCE, title="Gone", workflow_state="deleted"))
        for kind in (Announcement, Quiz, Module, Assignment):
            world.add(kind(course_id=SOURCE, title="x"))
        types = nodes(canvas, held)[2:]
        assert [node["type"] for node in types] == [
            "context_modules",
            "assignments",
            "quizzes",
            "wiki_pages",
            "announcements",
        ]
        url = f"{canvas.server.url}/api/v1/{PATH}/{held['id']}/selective_data?type=wiki_pages"
        assert types[3] == {
            "type": "wiki_pages",
            "property": "copy[all_wiki_pages]",
            "title": "Pages",
            "count": 1,
            "sub_items_url": url,
        }
        assert len(canvas.get(url)) == 1

    def test_rows_of_a_type(self, canvas: Caller, world: World, held: dict[str, Any]) -> None:
        """A row has its migration id, in the form that a PUT accepts."""
        page = world.add(Page(course_id=SOURCE, title="One"))
        key = migration_id(Page, page.id)
        node = {
            "type": "wiki_pages",
            "title": "One",
            "migration_id": key,
            "property": f"copy[wiki_pages][id_{key}]",
        }
        assert nodes(canvas, held, type="wiki_pages") == [node]

    def test_property_in_a_put(self, canvas: Caller, world: World, held: dict[str, Any]) -> None:
        """A PUT with the property of a row copies that row."""
        for title in ("One", "Two"):
            world.add(Page(course_id=SOURCE, title=title))
        two = nodes(canvas, held, type="wiki_pages")[1]
        canvas("PUT", f"{PATH}/{held['id']}", data={two["property"]: "1"})
        world.clock.advance(25)
        world.settle()
        assert [page.title for page in world.live(Page, DESTINATION)] == ["Two"]

    def test_assignments(self, canvas: Caller, world: World, held: dict[str, Any]) -> None:
        """A group has its assignments as ``sub_items``."""
        group = world.add(AssignmentGroup(course_id=SOURCE, title="Homework"))
        world.add(Assignment(course_id=SOURCE, title="Essay", assignment_group_id=group.id))
        (node,) = nodes(canvas, held, type="assignments")
        assert (node["type"], node["title"]) == ("assignment_groups", "Homework")
        assert [(item["type"], item["title"]) for item in node["sub_items"]] == [("assignments", "Essay")]

    def test_files(self, canvas: Caller, world: World, held: dict[str, Any]) -> None:
        """A folder has its full name as title; a file of a course has no path."""
        below = folder(world, "course files/in", SOURCE)
        world.add(File(course_id=SOURCE, title="a.txt", folder_id=below.id))
        (node,) = nodes(canvas, held, type="attachments")
        assert (node["type"], node["title"]) == ("folders", "course files/in")
        assert (node["sub_items"][0]["title"], "path" in node["sub_items"][0]) == ("a.txt", False)

    def test_linked_rows(self, canvas: Caller, world: World, held: dict[str, Any]) -> None:
        """A graded quiz and its assignment refer to each other."""
        quiz = world.add(Quiz(course_id=SOURCE, title="Test"))
        shell = world.add(Assignment(course_id=SOURCE, title="Test", quiz_id=quiz.id))
        quiz.assignment_id = shell.id
        key = migration_id(Assignment, shell.id)
        assert nodes(canvas, held, type="quizzes")[0]["linked_resource"] == {
            "type": "assignments",
            "migration_id": key,
            "property": f"copy[assignments][id_{key}]",
            "message": "linked with Assignment 'Test'",
        }
        assert nodes(canvas, held, type="assignments")[0]["linked_resource"]["message"] == "linked with Quiz 'Test'"

    def test_modules(self, canvas: Caller, world: World, held: dict[str, Any]) -> None:
        """A module of a course does not say how many items it has."""
        module = world.add(Module(course_id=SOURCE, title="Week 1"))
        world.add(ModuleItem(course_id=SOURCE, title="Text", module_id=module.id, type="SubHeader"))
        assert nodes(canvas, held, type="context_modules")[0].keys() == {"type", "property", "title", "migration_id"}
        assert nodes(canvas, held, type=f"submodules_{module.id}") == []

    def test_outcomes(self, canvas: Caller, world: World, held: dict[str, Any]) -> None:
        """A group of outcomes has a URL for its content."""
        group = world.add(LearningOutcomeGroup(course_id=SOURCE, title="Skills"))
        world.add(LearningOutcome(course_id=SOURCE, title="Writes", outcome_group_id=group.id))
        (outer,) = nodes(canvas, held, type="learning_outcomes")
        assert outer["title"] == "Skills"
        assert [node["title"] for node in canvas.get(outer["sub_items_url"])] == ["Writes"]
        assert "sub_items_url" not in nodes(canvas, held)[-1]

    @pytest.mark.parametrize("name", ["pages", "files", "magic", "course_settings"])
    def test_unknown_types(self, canvas: Caller, held: dict[str, Any], name: str) -> None:
        """The type names of the rest of the API are unknown here."""
        response = canvas("GET", f"{PATH}/{held['id']}/selective_data", params={"type": name})
        assert (response.status_code, response.json()) == (400, {"message": "unsupported migration type"})


class TestOfAPackage:
    """Selective data of a package."""

    def test_before_the_conversion(self, canvas: Caller) -> None:
        """Before the conversion of the package the response is a 500, as in Canvas."""
        migration = post(canvas, pre_attachment={"name": "c.imscc"}, selective_import=True)
        response = canvas("GET", f"{PATH}/{migration['id']}/selective_data")
        assert response.status_code == 500
        assert response.json()["errors"][0]["error_code"] == "internal_server_error"

    def test_after_the_conversion(self, canvas: Caller, world: World) -> None:
        """After the conversion the rows have the migration ids that the package gives them."""
        below = folder(world, "course files/in", SOURCE)
        world.add(File(course_id=SOURCE, title="a.txt", folder_id=below.id, data=b"a", size=1))
        migration = start_import(canvas, cartridge(canvas, world, "One", "Two"), selective_import=True)
        world.clock.advance(IMPORT_SECONDS)
        types = {node["type"]: node.get("count") for node in nodes(canvas, migration)}
        assert (types["wiki_pages"], types["attachments"]) == (2, 1)
        page = world.live(Page, SOURCE)[0]
        assert nodes(canvas, migration, type="wiki_pages")[0]["migration_id"] == migration_id(Page, page.id)
        file = nodes(canvas, migration, type="attachments")[0]["sub_items"][0]
        assert (file["title"], file["path"]) == ("a.txt", "course files/in")
