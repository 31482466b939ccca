"""Test imports into an existing module."""

from __future__ import annotations

from typing import Any

import pytest

from canvas_emulator.model.content import Announcement, Assignment, Module, ModuleItem, Page, Quiz
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import DESTINATION, SOURCE
from tests.support.caller import Caller
from tests.support.packaging import IMPORT_SECONDS, cartridge, start_import


@pytest.fixture
def module(world: World) -> Module:
    """Return a module of the destination with one item; the source has content in a module of its own."""
    module = world.add(Module(course_id=DESTINATION, title="Here"))
    world.add(ModuleItem(course_id=DESTINATION, title="Old", module_id=module.id, type="SubHeader"))
    page = world.add(Page(course_id=SOURCE, title="One"))
    quiz = world.add(Quiz(course_id=SOURCE, title="Test"))
    quiz.assignment_id = world.add(Assignment(course_id=SOURCE, title="Test", quiz_id=quiz.id)).id
    world.add(Announcement(course_id=SOURCE, title="News"))
    other = world.add(Module(course_id=SOURCE, title="There"))
    world.add(ModuleItem(course_id=SOURCE, title="One", module_id=other.id, type="Page", content_id=page.id))
    return module


def items(world: World, module: Module) -> list[tuple[str, str]]:
    """Return the items of a module in their order."""
    world.settle()
    rows = [row for row in world.live(ModuleItem, DESTINATION) if row.module_id == module.id]
    return [(row.type, row.title) for row in sorted(rows, key=lambda row: row.position)]


def copy_into(canvas: Caller, module: Module, **settings: Any) -> None:
    """Copy the source course into the module."""
    canvas.copied(settings={"source_course_id": SOURCE, "insert_into_module_id": module.id} | settings)


def test_imported_content_is_added_at_the_end(canvas: Caller, world: World, module: Module) -> None:
    """Imported content becomes items at the module's end, a graded quiz as a quiz; no other module is added."""
    copy_into(canvas, module)
    assert items(world, module) == [("SubHeader", "Old"), ("Page", "One"), ("Quiz", "Test")]
    assert [row.title for row in world.live(Module, DESTINATION)] == ["Here"]


def test_insertion_of_one_type(canvas: Caller, world: World, module: Module) -> None:
    """With a type, only rows of that type become items; other content is imported without an item."""
    copy_into(canvas, module, insert_into_module_type="quiz")
    assert items(world, module) == [("SubHeader", "Old"), ("Quiz", "Test")]
    assert len(world.live(Page, DESTINATION)) == 1


def test_insertion_at_a_position(canvas: Caller, world: World, module: Module) -> None:
    """Items are inserted at the position, and the existing items after it move back."""
    copy_into(canvas, module, insert_into_module_position="1", insert_into_module_type="page")
    assert items(world, module) == [("Page", "One"), ("SubHeader", "Old")]


def test_second_import_adds_no_second_item(canvas: Caller, world: World, module: Module) -> None:
    """A second import adds no second item for the same content."""
    copy_into(canvas, module)
    copy_into(canvas, module)
    assert len(items(world, module)) == 3


def test_unknown_module_is_ignored(canvas: Caller, world: World, module: Module) -> None:
    """If the module does not exist, the source's modules are imported as usual."""
    canvas.copied(settings={"source_course_id": SOURCE, "insert_into_module_id": 999})
    assert [row.title for row in world.live(Module, DESTINATION)] == ["Here", "There"]


def test_insertion_from_a_package(canvas: Caller, world: World, module: Module) -> None:
    """Imports of packages accept the setting as well."""
    start_import(canvas, cartridge(canvas, world), settings={"insert_into_module_id": module.id})
    world.clock.advance(IMPORT_SECONDS)
    assert items(world, module) == [("SubHeader", "Old"), ("Page", "One"), ("Quiz", "Test")]
