from __future__ import annotations

from hypothesis import given, settings

from canvas_emulator.effects.copy import copy_files, import_content
from canvas_emulator.effects.mapping import asset_id_mapping
from canvas_emulator.effects.selection import EVERYTHING
from canvas_emulator.model.content import CONTENT_KINDS, MAPPED_KINDS
from canvas_emulator.model.records import ContentMigration
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import DESTINATION, SOURCE
from tests.support.comparable import comparable
from tests.support.course_strategies import worlds


def copy(world: World) -> None:
    """Copy everything from the source into the destination, at once."""
    now = world.clock.now()
    migration = ContentMigration(
        id=world.next_id("content_migration"),
        course_id=DESTINATION,
        user_id=1,
        migration_type="course_copy_importer",
        source_course_id=SOURCE,
        migration_settings={"copy_options": dict(EVERYTHING)},
        created_at=now,
        updated_at=now,
    )
    world.add_migration(migration)
    copy_files(world, migration, now)
    import_content(world, migration, now)


@settings(max_examples=60, deadline=None)
@given(worlds())
def test_copy_equals_its_source(world: World) -> None:
    """Every row is copied once and equals its source, with links to the copies; the mapping lists each row."""
    copy(world)
    assert comparable(world, DESTINATION) == comparable(world, SOURCE)
    mapping = asset_id_mapping(world, SOURCE, DESTINATION)
    for kind in MAPPED_KINDS:
        old, new = ([str(row.id) for row in world.live(kind, course_id)] for course_id in (SOURCE, DESTINATION))
        assert mapping.get(kind.KIND, {}) == dict(zip(old, new, strict=True))


@settings(max_examples=40, deadline=None)
@given(worlds())
def test_copies_are_idempotent(world: World) -> None:
    """A second copy of an unchanged course changes no field of any row."""
    copy(world)
    before = {kind: [vars(row).copy() for row in world.rows(kind, DESTINATION)] for kind in CONTENT_KINDS}
    world.clock.advance(60)
    copy(world)
    assert {kind: [vars(row) for row in world.rows(kind, DESTINATION)] for kind in CONTENT_KINDS} == before
