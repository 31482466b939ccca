"""Courses, terms and accounts that the documentation and the examples name exist in both worlds of the emulator."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from canvas_emulator.model.world import World
from canvas_emulator.seeds.demo import demo_world
from canvas_emulator.seeds.term import term_shells, term_world

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [ROOT / "README.md", ROOT / "emulator/README.md", *(ROOT / "docs").rglob("*.md"), *ROOT.glob("dags_examples/*.py")]
)
IDS = {
    "course": re.compile(r"(?:\b|_)course_id(?:=|\": |': )['\"]?(\d+)\b"),
    "SIS id of a course": re.compile(
        r"sis_course_id:(\w[\w-]*)|\b(TMPL-[\w-]+|(?:2026\w\w-)?[A-Z]{4}-\d{4}-\w+)|\"sis_course_id\": \"(\w[\w-]*)\""
    ),
    "SIS id of a term": re.compile(r"sis_term_id:(\w+)"),
    "SIS id of an account": re.compile(r"sis_account_id:(\w+)"),
}
"""What names a course, a term or an account in the pages, by kind."""

NEW = {"BIOL-1010-NEW"}
"""SIS ids of courses that examples create."""
OF_A_TERM = {"emulator/README.md", "docs/emulator.md"}
"""The pages that describe the world ``term`` itself, and name further sections and templates of it."""


def ids_of(world: World) -> dict[str, set[str]]:
    """Return the ids of a world, by kind."""
    tables = world.tables
    return {
        "course": {str(course_id) for course_id in tables.courses},
        "SIS id of a course": {course.sis_course_id or "" for course in tables.courses.values()},
        "SIS id of a term": {term.sis_term_id or "" for term in tables.terms.values()},
        "SIS id of an account": {account.sis_account_id or "" for account in tables.accounts.values()},
    }


@pytest.fixture(scope="module")
def common_ids() -> dict[str, set[str]]:
    """Return the ids that both worlds have."""
    demo, term = ids_of(demo_world()), ids_of(term_world())
    return {kind: demo[kind] & term[kind] for kind in IDS}


def named_in(text: str) -> set[tuple[str, str]]:
    """Return the ids that a text names, each with its kind."""
    return {
        (kind, "".join(found.groups(default=""))) for kind, pattern in IDS.items() for found in pattern.finditer(text)
    }


def test_both_worlds_have_the_same_courses_under_the_same_ids() -> None:
    """The template and the six sections of the demo have the same ids and SIS ids in a term."""
    demo, term = demo_world().tables.courses, term_world().tables.courses
    both = {course_id: demo[course_id].sis_course_id for course_id in demo.keys() & term.keys()}
    assert both == {1010: "TMPL-BIOL1010", **{2000 + number: f"BIOL-1010-00{number}" for number in range(1, 7)}}
    assert {course_id: term[course_id].sis_course_id for course_id in both} == both


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_named_ids_exist_in_both_worlds(page: Path, common_ids: dict[str, set[str]]) -> None:
    """Each id that a page or an example names is that of a course, term or account of both worlds."""
    known = {**common_ids, "SIS id of a course": common_ids["SIS id of a course"] | NEW}
    if str(page.relative_to(ROOT)) in OF_A_TERM:
        further = {
            sis_id for shell in term_shells(5000) for sis_id in (shell.sis_course_id, shell.template_sis_course_id)
        }
        known["SIS id of a course"] |= further | {"2026FA-PLAN-HAS-CONTENT"}
    named = named_in(page.read_text(encoding="utf-8"))
    assert [(kind, name) for kind, name in sorted(named) if name not in known[kind]] == []


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("destination_course_id='sis_course_id:BIO-1',", ("SIS id of a course", "BIO-1")),
        ("hook.courses.get(course_id=5001)", ("course", "5001")),
        ('{"source_course_id": 5001}', ("course", "5001")),
        ("the template `TMPL-BIOL-1010`", ("SIS id of a course", "TMPL-BIOL-1010")),
        ("1010,2026FA-BIOL-1010-001,", ("SIS id of a course", "2026FA-BIOL-1010-001")),
        ('{"sis_course_id": "BIO-1"}', ("SIS id of a course", "BIO-1")),
        ("sis_term_id:2024SP", ("SIS id of a term", "2024SP")),
        ("sis_account_id:SCIENCE", ("SIS id of an account", "SCIENCE")),
    ],
)
def test_ids_are_found(text: str, named: tuple[str, str], common_ids: dict[str, set[str]]) -> None:
    """An id that no world has is found in each form that the pages use."""
    assert named_in(text) == {named}
    assert named[1] not in common_ids[named[0]]
