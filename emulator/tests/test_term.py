from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from canvas_emulator.model.clock import ManualClock
from canvas_emulator.seeds.term import FIRST_SHELL, FIRST_TEMPLATE, term_world
from canvas_emulator.server import EmulatorServer, serve
from tests.support.caller import Caller


@pytest.fixture(scope="module")
def term() -> Iterator[EmulatorServer]:
    with serve(term_world(clock=ManualClock())) as server:
        yield server


@pytest.fixture
def term_canvas(term: EmulatorServer) -> Iterator[Caller]:
    caller = Caller(term, term.token)
    yield caller
    caller.session.close()


def all_rows(canvas: Caller, path: str, **params: Any) -> list[Any]:
    response = canvas("GET", path, params={"per_page": 100, **params})
    rows = response.json()
    while "next" in response.links:
        response = canvas("GET", response.links["next"]["url"])
        rows += response.json()
    return rows


def test_term_is_built_quickly() -> None:
    """A term is built in less than five seconds."""
    started = time.perf_counter()
    term_world()
    assert time.perf_counter() - started < 5


def test_term_has_shells_and_templates(term_canvas: Caller) -> None:
    """A term has 240 unpublished shells with SIS ids, and there are twelve templates without a term."""
    courses = all_rows(term_canvas, "accounts/1/courses")
    shells = [course for course in courses if course["id"] >= FIRST_SHELL]
    assert (len(shells), len(courses) - len(shells)) == (240, 12)
    assert {(shell["workflow_state"], shell["enrollment_term_id"]) for shell in shells} == {("unpublished", 9)}
    assert len({shell["sis_course_id"] for shell in shells}) == 240
    assert term_canvas.get("courses/sis_course_id:2026FA-CHEM-1010-007")["account_id"] == 12


def test_shells_have_teachers_and_students(term_canvas: Caller) -> None:
    """A lecture has 300 students, and a seminar has 26 users."""
    lecture = all_rows(term_canvas, f"courses/{FIRST_SHELL}/users", **{"enrollment_type[]": "student"})
    seminar = all_rows(term_canvas, f"courses/{FIRST_SHELL + 1}/users")
    assert (len(lecture), len(seminar)) == (300, 26)


def test_template_can_be_copied(term: EmulatorServer, term_canvas: Caller) -> None:
    """A copy of a template fills a shell with fifteen weeks, and its mapping has every row."""
    body = {"migration_type": "course_copy_importer", "settings": {"source_course_id": FIRST_TEMPLATE}}
    path = f"courses/{FIRST_SHELL}/content_migrations"
    migration = term_canvas("POST", path, json=body).json()
    term.world.clock.advance(60)
    assert term_canvas.get(f"{path}/{migration['id']}")["workflow_state"] == "completed"
    modules = all_rows(term_canvas, f"courses/{FIRST_SHELL}/modules")
    assert [module["name"] for module in modules] == [f"Week {week}" for week in range(1, 16)]
    mapping = term_canvas.get(f"{path}/{migration['id']}/asset_id_mapping")
    assert {kind: len(ids) for kind, ids in mapping.items()} == {
        "announcements": 1,
        "assignments": 18,
        "discussion_topics": 5,
        "files": 15,
        "module_items": 53,
        "modules": 15,
        "pages": 16,
        "quizzes": 3,
    }
