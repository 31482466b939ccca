"""The facts that planted changes record, checked against what the API and the mapping of the copy show."""

from __future__ import annotations

from typing import Any

import pytest

from canvas_emulator.model.content import CONTENT_KINDS, MAPPED_KINDS, Content
from canvas_emulator.model.world import World
from canvas_emulator.seeds.planted import collisions, in_a_selection, in_the_destination, in_the_source
from canvas_emulator.seeds.planted.changes import Courses, Fact, PlantedChange, Truth, plant
from canvas_emulator.seeds.small import DESTINATION, SOURCE
from tests.support.caller import Caller

ALL = (*in_the_destination.CHANGES, *in_the_source.ADDITIONS, *in_the_source.CHANGES, *collisions.CHANGES)
KINDS: dict[str, type[Content]] = {kind.KIND: kind for kind in CONTENT_KINDS}
IN_DESTINATION = {Truth.MATCHED, Truth.CHANGED, Truth.RENAMED, Truth.DUPLICATED, Truth.ADDED, Truth.SOURCE_DELETED}
IN_SOURCE = set(Truth) - {Truth.ADDED, Truth.SOURCE_DELETED, Truth.DELETED_IN_BOTH}


def check(fact: Fact, world: World, mapping: dict[str, dict[str, str]]) -> None:
    """Assert that a fact is true of the rows of both courses, and of the mapping."""
    kind = KINDS[fact.asset_type]
    source = None if fact.source_id is None else world.find(kind, SOURCE, fact.source_id)
    copy = None if fact.destination_id is None else world.find(kind, DESTINATION, fact.destination_id)
    other = None if fact.other_id is None else world.find(kind, DESTINATION, fact.other_id)
    assert (source is not None and not source.deleted) == (fact.truth in IN_SOURCE)
    assert (copy is not None and not copy.deleted) == (fact.truth in IN_DESTINATION)
    has_copy = fact.source_id is not None and fact.truth not in (Truth.ADDED_SINCE, Truth.NOT_SELECTED)
    mapped = mapping.get(fact.asset_type, {}).get(str(fact.source_id))
    assert mapped == (str(fact.destination_id) if has_copy else None)
    if fact.truth in (Truth.CHANGED, Truth.RENAMED):
        assert fact.differs
    if fact.truth in (Truth.REPLACED, Truth.DUPLICATED):
        assert other is not None
        assert source is not None
        assert (other.title, other.deleted) == (source.title, False)
    if fact.truth is Truth.RENAMED and source is not None and copy is not None:
        assert copy.title != source.title
    for name in fact.differs if source is not None and copy is not None else ():
        if not (fact.change == "graded_topic_of_other_points" and fact.asset_type == "discussion_topics"):
            assert getattr(source, name) != getattr(copy, name)


def made(canvas: Caller, world: World, changes: tuple[PlantedChange, ...]) -> tuple[list[Fact], dict[str, Any]]:
    """Copy the course with some changes; return the facts, and the mapping of the copy."""
    courses, migrations = Courses(world, SOURCE, DESTINATION), list[dict[str, Any]]()

    def copy() -> None:
        select = {"select": courses.selection} if courses.selection else {}
        migrations.append(canvas.copied(**select))

    facts = plant(courses, changes, copy)
    return facts, canvas.mapping(migrations[0])


def test_all_cases_are_there() -> None:
    """There are 36 changes of the destination and 7 additions to the source, each with its own name and sentence."""
    assert (len(in_the_destination.CHANGES), len(in_the_source.ADDITIONS)) == (36, 7)
    assert len({change.name for change in ALL}) == len({change.done for change in ALL}) == len(ALL)
    assert all(change.done.endswith(".") for change in ALL)


@pytest.mark.parametrize("change", ALL, ids=lambda change: change.name)
def test_facts_of_one_change(canvas: Caller, world: World, change: PlantedChange) -> None:
    """A change that is planted alone has the facts that it records."""
    facts, mapping = made(canvas, world, (change,))
    assert facts
    for fact in facts:
        check(fact, world, mapping)


def test_facts_of_all_changes_together(canvas: Caller, world: World) -> None:
    """All changes can be planted at once; every other asset of the courses is as the copy left it."""
    facts, mapping = made(canvas, world, ALL)
    for fact in facts:
        check(fact, world, mapping)
    assert {fact.truth for fact in facts} == set(Truth) - {Truth.NOT_SELECTED}
    assert len({(fact.asset_type, fact.source_id, fact.destination_id) for fact in facts}) == len(facts)
    known = {(fact.asset_type, fact.destination_id) for fact in facts}
    known |= {(fact.asset_type, fact.other_id) for fact in facts}
    for kind in MAPPED_KINDS:
        for row in world.rows(kind, DESTINATION):
            if (kind.KIND, row.id) not in known:
                assert row.migration_id
                assert not row.deleted


def test_facts_of_a_selection(canvas: Caller, world: World) -> None:
    """What a selection brings along was copied, and is in the mapping, although nobody named it."""
    facts, mapping = made(canvas, world, tuple(in_a_selection.CHANGES))
    for fact in facts:
        check(fact, world, mapping)
    assert {fact.truth for fact in facts} == {Truth.MATCHED, Truth.DELETED, Truth.NOT_SELECTED}
