from __future__ import annotations

import re
import time
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest

from canvas_emulator.effects.html_places import places
from canvas_emulator.model.clock import ManualClock
from canvas_emulator.model.content import (
    MAPPED_KINDS,
    Announcement,
    CalendarEvent,
    Content,
    DiscussionTopic,
    Module,
    Page,
)
from canvas_emulator.model.editions import Edition
from canvas_emulator.model.settings import Settings
from canvas_emulator.seeds.term import FIRST_SHELL, FIRST_TEMPLATE, term_shells, term_world
from canvas_emulator.server import EmulatorServer, serve
from tests.support.caller import Caller
from tests.support.copying import copy_course


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
    assert term_canvas.get("courses/sis_course_id:CHEM-1010-007")["account_id"] == 13


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
        "assignments": 20,
        "discussion_topics": 5,
        "files": 15,
        "module_items": 57,
        "modules": 15,
        "pages": 16,
        "quizzes": 3,
    }


def test_a_larger_term_begins_with_the_shells_of_a_smaller_one() -> None:
    """A term of any size has the documented ids first, and its shells have different ids and SIS ids."""
    large = list(term_shells(5000))
    assert large[:240] == list(term_shells())
    assert (large[0].id, large[0].sis_course_id) == (2001, "BIOL-1010-001")
    assert (large[239].id, large[239].sis_course_id) == (2240, "STAT-1010-020")
    assert (large[240].id, large[240].sis_course_id, large[240].template_id) == (2241, "BIOL-1020-001", 1022)
    assert len({shell.sis_course_id for shell in large}) == len({shell.id for shell in large}) == 5000


@pytest.mark.parametrize("sections", [1, 239, 240, 241, 1000])
def test_a_term_has_as_many_shells_as_asked_for(sections: int) -> None:
    """Each shell of a term is a course that a teacher has, and its template exists."""
    world = term_world(sections=sections)
    courses = world.tables.courses
    shells = [course for course in courses.values() if course.id >= FIRST_SHELL]
    assert [shell.sis_course_id for shell in shells] == [shell.sis_course_id for shell in term_shells(sections)]
    for shell in term_shells(sections):
        assert courses[shell.template_id].sis_course_id == shell.template_sis_course_id
        assert world.tables.users[shell.teacher_id].may_write(shell.id)


def test_the_templates_of_a_larger_term_have_different_sizes() -> None:
    """The twelve documented templates have fifteen weeks; those of further courses have four weeks at most."""
    world = term_world(sections=241)
    weeks = [len(world.live(Module, course.id)) for course in world.tables.courses.values() if course.id < FIRST_SHELL]
    assert weeks == [15] * 12 + [4] * 12 + [2] * 12 + [1] * 12 + [0] * 12


def test_a_term_of_15000_sections_is_built_quickly_and_in_little_memory() -> None:
    """15,000 shells take less than five seconds and 100 MB."""
    tracemalloc.start()
    started = time.process_time()
    try:
        world = term_world(sections=15_000)
        assert time.process_time() - started < 30  # tracing makes it several times slower
        assert tracemalloc.get_traced_memory()[0] < 100e6
    finally:
        tracemalloc.stop()
    assert len(world.tables.courses) == 15_000 + 12 + 48


@pytest.mark.parametrize("sections", [0, -1])
def test_a_term_without_sections_is_refused(sections: int) -> None:
    """The error says what to write instead."""
    with pytest.raises(ValueError, match="sections must be 1 or more"):
        term_world(sections=sections)


@pytest.mark.parametrize("edition", list(Edition))
def test_links_of_a_copied_section_stay_in_it(edition: Edition) -> None:
    """A copy of a template has no link to the template and no placeholder, and every link to a row finds it."""
    world = term_world(settings=Settings(edition=edition))
    copy_course(world, FIRST_TEMPLATE, FIRST_SHELL)
    html = " ".join(place.text for place in places(world, FIRST_SHELL))
    assert f"/courses/{FIRST_TEMPLATE}" not in html
    assert "$" not in html
    assert html.count(f"/courses/{FIRST_SHELL}/") > 100
    linked: tuple[type[Content], ...] = (*MAPPED_KINDS, CalendarEvent)
    kinds = {kind.SECTION: kind for kind in linked}
    kinds |= {"announcements": Announcement, "discussion_topics": DiscussionTopic}
    for section, number in re.findall(rf"/courses/{FIRST_SHELL}/([\w/]+)/(\d+)", html):
        assert (row := world.find(kinds[section], FIRST_SHELL, int(number))) is not None
        assert not row.deleted
    for name in re.findall(rf"/courses/{FIRST_SHELL}/pages/([\w-]+)", html):
        assert name in {page.url for page in world.live(Page, FIRST_SHELL)}
