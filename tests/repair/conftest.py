"""A function that starts over, for all tests of repairs."""

from __future__ import annotations

from collections.abc import Callable, Collection

import pytest
import sqlalchemy as sa
from canvas_emulator.model.world import World
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.security.secret import Secret
from tests.support import stale_course

Start = Callable[..., tuple[sa.engine.Engine, Settings, World]]


@pytest.fixture
def start(emulator_server: EmulatorServer) -> Start:
    """Return a function that starts over: a course with stale links, and their rows in a database in memory."""

    def make(text: str = stale_course.TEXT, types: Collection[str] = ()) -> tuple[sa.engine.Engine, Settings, World]:
        world = stale_course.stale_world(text)
        emulator_server.show(world)
        canvas = Settings(emulator_server.url, Secret(stale_course.TOKEN))
        options = {"check_same_thread": False}
        engine = sa.create_engine("sqlite://", poolclass=sa.pool.StaticPool, connect_args=options)
        places = [each for each in stale_course.all_places(world) if not types or each.place_type in types]
        stale_course.record_stale_links(engine, canvas, places)
        world.counters.reset()
        return engine, canvas, world

    return make
