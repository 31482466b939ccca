"""Stale links that are planted into the copies of a term, and the truth about them."""

from __future__ import annotations

from collections import Counter
from html import unescape
from typing import Any

import pytest
import requests

from canvas_emulator.effects.html_places import places
from canvas_emulator.model.clock import ManualClock
from canvas_emulator.model.content import Assignment, Content, LtiResourceLink, ModuleItem, Page
from canvas_emulator.model.world import World
from canvas_emulator.seeds.planted.defects import Defect, Planting
from canvas_emulator.seeds.planted.stale_links import ADDRESSES, NOT_IN_ADDRESSES, TEXTS, plant_stale_links
from canvas_emulator.seeds.term import term_shells, term_world
from canvas_emulator.server import serve
from tests.support.copying import copy_course

SECTIONS, COUNT = 24, 700
PROBLEMS = {
    "points_to_source",
    "points_to_other_course",
    "points_to_other_host",
    "placeholder",
    "source_id",
    "target_missing",
    "target_unpublished",
    "wrong_page",
    "lost_anchor",
}


def term_of_copies(sections: int = SECTIONS) -> World:
    """Return a term whose first sections of two courses were copied."""
    world = term_world(clock=ManualClock())
    for number, shell in enumerate(term_shells()):
        if number % 240 < sections // 2 or 0 <= number - 20 < sections // 2:
            copy_course(world, shell.template_id, shell.id)
    return world


@pytest.fixture(scope="module")
def planting() -> Planting:
    """Plant defects of all kinds."""
    return plant_stale_links(term_of_copies(), COUNT, 1, "http://canvas.example")


def text_at(world: World, defect: Defect) -> str:
    """Return what is at the place of a defect."""
    for place in places(world, defect.course_id):
        if (place.type, str(place.owner.id), place.field) == (defect.place_type, defect.place_id, defect.field):
            return place.text
    kinds: dict[str, type[Content]] = {kind.KIND: kind for kind in (Assignment, LtiResourceLink, ModuleItem)}
    row: Any = world.find(kinds[defect.place_type], defect.course_id, int(defect.place_id))
    if defect.field.startswith("custom."):
        return str(row.custom[defect.field.removeprefix("custom.")])
    return str(row.external_tool_url if isinstance(row, Assignment) else getattr(row, defect.field))


def test_each_problem_is_in_each_kind_of_place(planting: Planting) -> None:
    """Every problem is planted into every kind of place that can have it."""
    planted = {(defect.problem, defect.place_type) for defect in planting.defects}
    assert {problem for problem, _ in planted} == PROBLEMS
    written = PROBLEMS - {"target_unpublished", "wrong_page"}
    assert {(problem, kind) for problem in written for kind in TEXTS} <= planted
    in_items = written - set(NOT_IN_ADDRESSES)
    assert {(problem, ADDRESSES[0]) for problem in in_items} <= planted
    in_tools = {("points_to_source", ADDRESSES[1]), ("source_id", ADDRESSES[1])}
    assert planted & in_tools == (in_tools if planting.world.settings.lti_resource_links else set())


def test_there_are_as_many_defects_as_asked_for(planting: Planting) -> None:
    """The number is that of the request, no defect is listed twice, and there are harmless links beside them."""
    assert len(planting.defects) == len(set(planting.defects)) == COUNT
    assert planting.harmless > COUNT // 20


def test_each_defect_is_where_the_truth_says(planting: Planting) -> None:
    """The address of each defect stands in the field that the truth names, and the right one is another."""
    for defect in planting.defects:
        assert defect.url in unescape(text_at(planting.world, defect)), defect
        assert defect.right_url != defect.url or defect.problem == "target_unpublished", defect


def test_right_addresses_lead_to_live_rows(planting: Planting) -> None:
    """A right address never names the source or a placeholder, and a page that it names is there."""
    for defect in planting.defects:
        right = defect.right_url or ""
        assert not right.startswith("$")
        if right.startswith(prefix := f"/courses/{defect.course_id}/pages/"):
            slug = right.removeprefix(prefix).partition("?")[0].partition("#")[0]
            assert slug in {page.url for page in planting.world.live(Page, defect.course_id)}, defect


def test_the_same_seed_plants_the_same(planting: Planting) -> None:
    """The same seed makes the same defects, and another seed others."""
    second = plant_stale_links(term_of_copies(), COUNT, 1, "http://canvas.example")
    assert second.defects == planting.defects
    other = plant_stale_links(term_of_copies(), COUNT, 2, "http://canvas.example")
    assert Counter(other.defects) != Counter(planting.defects)


def test_nothing_is_planted_without_copies() -> None:
    """A term without copies gets no defect."""
    assert plant_stale_links(term_world(), 10, 1).defects == []


def test_defects_are_planted_by_a_control_route() -> None:
    """The control route plants defects and returns the truth; it refuses wrong numbers and a term without copies."""
    with serve(term_world(clock=ManualClock())) as server:
        url = f"{server.url}/_emulator/defects"
        assert requests.post(url, json={"count": 5}, timeout=10).status_code == 400
        with server.world.lock:
            copy_course(server.world, 1010, 2001)
        wrong = [{"count": 5, **each} for each in ({"seed": "x"}, {"more": 1}, {"course_ids": "2001"})]
        for body in ({}, {"count": 0}, {"count": "5"}, *wrong):
            assert requests.post(url, json=body, timeout=10).status_code == 400
        truth = requests.post(url, json={"count": 40, "seed": 3}, timeout=10).json()
        assert len(truth["defects"]) >= 40
        assert set(truth["defects"][0]) == {
            "course_id",
            "place_type",
            "place_id",
            "field",
            "attribute",
            "url",
            "problem",
            "right_url",
        }
        (allowed,) = truth["allowed_course_ids"]
        assert allowed not in (1010, 2001)
        with server.world.lock:
            copy_course(server.world, 1010, 2002)
        few = requests.post(url, json={"count": 10, "course_ids": [2002]}, timeout=10).json()
        assert {defect["course_id"] for defect in few["defects"]} == {2002}
