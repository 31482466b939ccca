from __future__ import annotations

import zlib
from datetime import UTC, datetime
from typing import Any

import pytest

from canvas_emulator.model.content import (
    CONTENT_KINDS,
    Assignment,
    AssignmentGroup,
    CalendarEvent,
    ExternalTool,
    File,
    Module,
    Page,
    Quiz,
    QuizQuestion,
    Rubric,
)
from canvas_emulator.model.world import World
from canvas_emulator.seeds.full_course import fill
from canvas_emulator.seeds.small import DESTINATION, SOURCE
from tests.support.caller import Caller
from tests.support.comparable import comparable


@pytest.fixture
def source(world: World) -> dict[str, Any]:
    """Return the rows of a course with content of every kind."""
    return fill(world, SOURCE)


def only_row(world: World, kind: type[Any], title: str) -> Any:
    """Return the only live row of a kind and a title in the destination."""
    (row,) = (row for row in world.live(kind, DESTINATION) if row.title == title)
    return row


def test_copy_equals_its_source(canvas: Caller, world: World, source: dict[str, Any]) -> None:
    """Every kind is copied, with bytes, weights, criteria, questions and links to the copies."""
    migration = canvas.copied()
    assert comparable(world, DESTINATION) == comparable(world, SOURCE)
    assert all(world.live(kind, DESTINATION) for kind in CONTENT_KINDS)
    assert canvas.issues(migration) == []


def test_mapping_has_only_the_types_of_canvas(canvas: Caller, world: World, source: dict[str, Any]) -> None:
    """The mapping has eight types; New Quizzes are listed as assignments only."""
    mapping = canvas.mapping(canvas.copied())
    assert {name: len(entries) for name, entries in mapping.items()} == {
        "assignments": 4,
        "announcements": 1,
        "files": 2,
        "module_items": 8,
        "modules": 2,
        "discussion_topics": 1,
        "quizzes": 1,
        "pages": 1,
    }
    assert str(source["new_quiz"].id) in mapping["assignments"]


def test_dates_of_all_kinds_are_shifted(canvas: Caller, world: World, source: dict[str, Any]) -> None:
    """The dates of events, file locks, to-dos, modules and assignments are shifted."""
    dates = {"old_start_date": "2026-01-12", "old_end_date": "2026-03-08"}
    dates |= {"new_start_date": "2026-06-01", "new_end_date": "2026-07-26"}
    canvas.copied(date_shift_options={"shift_dates": True} | dates)
    due = datetime(2026, 6, 5, 21, 0, tzinfo=UTC)
    event = only_row(world, CalendarEvent, "Field trip")
    assert (event.start_at, event.end_at) == (due, due.replace(hour=22))
    assert only_row(world, File, "i.png").lock_at == due
    assert only_row(world, Page, "Intro & more").todo_date == due
    assert only_row(world, Module, "One").unlock_at == due
    assert only_row(world, Assignment, "Essay").due_at == due


@pytest.mark.parametrize(
    ("select", "copied"),
    [
        ("calendar_events", {"calendar_events", "files", "folders"}),
        ("rubrics", {"rubrics"}),
        ("folders", {"files", "folders"}),
        ("learning_outcomes", {"learning_outcomes"}),
        ("context_external_tools", {"external_tools"}),
        ("assessment_question_banks", {"question_banks", "quiz_questions"}),
    ],
)
def test_each_kind_can_be_selected(
    canvas: Caller, world: World, source: dict[str, Any], select: str, copied: set[str]
) -> None:
    """All rows of a kind that no mapping lists can be selected by Canvas's internal type name, with files they show."""
    canvas.copied(copy={f"all_{select}": "1"})
    assert {kind.KIND for kind in CONTENT_KINDS if world.live(kind, DESTINATION)} == copied


def test_assignment_without_its_group(canvas: Caller, world: World, source: dict[str, Any]) -> None:
    """An assignment selected alone goes into the group "Imported Assignments", without its rubric."""
    canvas.copied(select={"assignments": [source["essay"].id]})
    canvas.copied(select={"assignments": [source["new_quiz"].id]})
    (group,) = world.live(AssignmentGroup, DESTINATION)
    assert group.title == "Imported Assignments"
    assert {row.assignment_group_id for row in world.live(Assignment, DESTINATION)} == {group.id}
    assert world.live(Rubric, DESTINATION) == []


def test_assignments_can_be_moved_into_a_group(canvas: Caller, world: World, source: dict[str, Any]) -> None:
    """``move_to_assignment_group_id`` puts all imported assignments into that group of the destination."""
    existing = world.add(AssignmentGroup(course_id=DESTINATION, title="Mine"))
    canvas.copied(settings={"source_course_id": SOURCE, "move_to_assignment_group_id": existing.id})
    assert {row.assignment_group_id for row in world.live(Assignment, DESTINATION)} == {existing.id}


def test_quiz_includes_its_questions(canvas: Caller, world: World, source: dict[str, Any]) -> None:
    """A quiz selected alone is copied with its questions and their pictures, without an issue."""
    migration = canvas.copied(select={"quizzes": [source["quiz"].id]})
    quiz = only_row(world, Quiz, "Quiz")
    assert [(row.title, row.quiz_id) for row in world.live(QuizQuestion, DESTINATION)] == [
        ("Q1", quiz.id),
        ("Q2", quiz.id),
    ]
    assert [file.title for file in world.live(File, DESTINATION)] == ["i.png"]
    assert canvas.issues(migration) == []


def test_changed_file_is_updated_in_the_copy(canvas: Caller, world: World, source: dict[str, Any]) -> None:
    """A second copy updates a file's bytes under the same id, and the URL of a tool."""
    canvas.copied()
    file = only_row(world, File, "a b.pdf")
    source["file"].data, source["file"].size = b"new", 3
    next(iter(world.live(ExternalTool, SOURCE))).url = "https://library.example/new"
    canvas.copied()
    assert only_row(world, File, "a b.pdf") is file
    assert (file.data, file.size) == (b"new", 3)
    assert only_row(world, ExternalTool, "Library").url == "https://library.example/new"


def test_generated_data_has_the_size_of_the_file() -> None:
    """A file without data has generated bytes, which are deterministic and exactly as many as its size."""
    file = File(course_id=1, title="x.bin", size=200_001)
    first, second = (b"".join(file.chunks()) for _ in range(2))
    assert (len(first), first == second, first[:6]) == (200_001, True, b"x.bin\n")
    assert list(File(course_id=1, title="empty").chunks()) == []


@pytest.mark.parametrize("size", [1, 5_000, 200_001, 20_000_000])
def test_generated_data_compresses_at_most_as_far_as_canvas_allows(size: int) -> None:
    """Generated data compresses at most 100 times: a real Canvas refuses packages that unpack to more."""
    data = b"".join(File(course_id=1, title="x.bin", size=size).chunks())
    assert len(zlib.compress(data, 9)) * 100 > size
