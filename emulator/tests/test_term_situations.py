"""Test the sections in the situations that a plan of course copies must recognize, as the API shows them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from canvas_emulator.model.clock import ManualClock
from canvas_emulator.seeds.term import FIRST_TEMPLATE, term_world
from canvas_emulator.seeds.term_situations import BY_NAME, SITUATIONS
from canvas_emulator.server import serve
from tests.support.caller import Caller


@pytest.fixture(scope="module")
def planned() -> Iterator[Caller]:
    with serve(term_world(clock=ManualClock(), situations=True)) as server:
        caller = Caller(server, server.token)
        yield caller
        caller.session.close()


def section(canvas: Caller, name: str, **params: Any) -> dict[str, Any]:
    return canvas.get(f"courses/{BY_NAME[name].course_id}", **params)


def copies(canvas: Caller, name: str) -> list[str]:
    """Return the states of the copies into a section, newest first."""
    rows = canvas.get(f"courses/{BY_NAME[name].course_id}/content_migrations")
    assert all(row["settings"]["source_course_id"] == FIRST_TEMPLATE for row in rows)
    return [row["workflow_state"] for row in rows]


def pages(canvas: Caller, name: str) -> int:
    return len(canvas.get(f"courses/{BY_NAME[name].course_id}/pages", per_page=50))


@pytest.mark.parametrize(
    ("name", "states", "page_count"),
    [
        ("empty", [], 0),
        ("has_content", [], 1),
        ("copied_before", ["completed"], 16),
        ("edited_since_copy", ["completed"], 16),
        ("copy_running", ["pre_processing"], 0),
        ("copy_queued", ["queued", "pre_processing"], 0),
        ("copy_failed", ["failed"], 0),
        ("template_copy", ["pre_processing"], 0),
        ("published", [], 0),
    ],
)
def test_a_section_has_its_copies_and_its_content(
    planned: Caller, name: str, states: list[str], page_count: int
) -> None:
    """The list of content migrations and the pages tell what happened in the section before."""
    planned("POST", "/_emulator/clock", json={"advance": 300})
    assert (copies(planned, name), pages(planned, name)) == (states, page_count)


def test_only_one_section_was_edited_since_its_copy(planned: Caller) -> None:
    """A page of one section changed after the end of the copy, and no page of the other one did."""
    for name, is_edited in (("copied_before", False), ("edited_since_copy", True)):
        path = f"courses/{BY_NAME[name].course_id}"
        (migration,) = planned.get(f"{path}/content_migrations")
        updated = [page["updated_at"] for page in planned.get(f"{path}/pages", per_page=50)]
        assert (max(updated) > migration["finished_at"]) is is_edited


def test_blueprints_and_their_followers_say_so(planned: Caller) -> None:
    """A blueprint says that it is one; the course that follows it has a subscription."""
    assert section(planned, "blueprint")["blueprint"] is True
    child = BY_NAME["blueprint_child"].course_id
    (subscription,) = planned.get(f"courses/{child}/blueprint_subscriptions")
    assert subscription["blueprint_course"]["id"] == BY_NAME["blueprint"].course_id
    assert section(planned, "is_template")["template"] is True


@pytest.mark.parametrize(("name", "state"), [("concluded", "completed"), ("published", "available")])
def test_the_state_of_a_section_is_reported(planned: Caller, name: str, state: str) -> None:
    """A section is concluded, or published with one student."""
    course = section(planned, name, **{"include[]": "total_students"})
    assert (course["workflow_state"], course["total_students"]) == (state, int(name == "published"))


def test_the_term_of_a_section_is_over(planned: Caller) -> None:
    """The term of one section ended years ago."""
    assert section(planned, "term_over", **{"include[]": "term"})["term"]["end_at"] < "2021"


@pytest.mark.parametrize("name", ["deleted", "deleted_source", "unknown"])
def test_a_section_that_does_not_exist_is_not_found(planned: Caller, name: str) -> None:
    """A deleted section and an unknown one answer 404 to their SIS id."""
    assert planned("GET", f"courses/sis_course_id:{BY_NAME[name].sis_course_id}").status_code == 404


def test_canvas_copies_from_a_deleted_course(planned: Caller) -> None:
    """A deleted course is copied without any message."""
    body = {
        "migration_type": "course_copy_importer",
        "settings": {"source_course_id": BY_NAME["deleted_source"].course_id},
    }
    empty = BY_NAME["is_template"].course_id
    assert planned("POST", f"courses/{empty}/content_migrations", json=body).json()["workflow_state"] == "running"


@pytest.mark.parametrize("name", ["reused_sis_id", "other_root_account"])
def test_a_shared_sis_id_means_the_section(planned: Caller, name: str) -> None:
    """An SIS id that another course has, too, means the section of this root account that is not deleted."""
    wanted = BY_NAME[name]
    assert planned.get(f"courses/sis_course_id:{wanted.sis_course_id}")["id"] == wanted.course_id


def test_each_situation_has_its_own_course() -> None:
    """No two situations share a course, and all have SIS ids of one form."""
    ids = [situation.course_id for situation in SITUATIONS]
    assert len(set(ids)) == len(ids)
    assert all(situation.sis_course_id.startswith("2026FA-PLAN-") for situation in SITUATIONS)
