"""A server in a thread of a test."""

from __future__ import annotations

import requests

from canvas_emulator.model.content import Course
from canvas_emulator.seeds.small import ADMIN, SOURCE, small_world
from canvas_emulator.server import serve


def test_show_serves_another_world_at_the_same_address() -> None:
    """The next request reads the new world, and the world before is left as it was."""
    before, after = small_world(), small_world()
    after.tables.courses[SOURCE] = Course(SOURCE, "Renamed", "Renamed", 1, 1)
    with serve(before) as server, requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {ADMIN}"
        url = f"{server.url}/api/v1/courses/{SOURCE}"
        assert session.get(url, timeout=10).json()["name"] == "Source"
        server.show(after)
        assert session.get(url, timeout=10).json()["name"] == "Renamed"
    assert server.world is after
    assert after.storage_urls == before.storage_urls
    assert (len(before.requests), len(after.requests)) == (1, 1)
