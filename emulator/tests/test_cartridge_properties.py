from __future__ import annotations

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from canvas_emulator.effects.packages.importing import read_package
from canvas_emulator.effects.packages.package import PackageError
from canvas_emulator.model.content import CONTENT_KINDS, Page
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import DESTINATION, SOURCE, small_world
from tests.support.comparable import packaged
from tests.support.course_strategies import full_worlds, worlds
from tests.test_cartridge import cartridge_of, migrate


@settings(max_examples=60, deadline=None)
@given(full_worlds())
def test_cartridge_keeps_any_titles_and_texts(world: World) -> None:
    """Rows with any titles and texts are unchanged after an export and an import."""
    migrate(world, read_package(cartridge_of(world)))
    assert packaged(world, DESTINATION) == packaged(world, SOURCE)


@settings(max_examples=25, deadline=None)
@given(worlds())
def test_second_import_changes_nothing(world: World) -> None:
    """A second import finds the existing rows by their migration ids and changes none."""
    data = cartridge_of(world)
    migrate(world, read_package(data))
    before = {kind: [vars(row).copy() for row in world.rows(kind, DESTINATION)] for kind in CONTENT_KINDS}
    world.clock.advance(60)
    migrate(world, read_package(data))
    assert {kind: [vars(row) for row in world.rows(kind, DESTINATION)] for kind in CONTENT_KINDS} == before


CARTRIDGE = bytearray()


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=5))
def test_damaged_cartridge_is_refused_or_read(damage: list[tuple[float, int]]) -> None:
    """Reading damaged bytes returns a package or raises ``PackageError``, and no other error."""
    if not CARTRIDGE:
        world = small_world()
        world.add(Page(course_id=SOURCE, title="A page", body="<p>text</p>" * 20))
        CARTRIDGE.extend(cartridge_of(world))
    data = bytearray(CARTRIDGE)
    for place, value in damage:
        data[int(place * len(data))] = value
    with suppress(PackageError):
        read_package(bytes(data))
