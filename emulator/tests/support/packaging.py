"""Packages for tests, and migrations that import them."""

from __future__ import annotations

import io
import time
import zipfile
from typing import Any

from canvas_emulator.model.content import Page
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import DESTINATION, SOURCE
from tests.support.caller import Caller
from tests.support.uploading import finish

PATH = f"courses/{DESTINATION}/content_migrations"
IMPORT_SECONDS = 20
CARTRIDGE = "canvas_cartridge_importer"


def zipped(**files: bytes) -> bytes:
    """Return a zip file; ``a__b`` in a name is ``a/b``."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "/"), data)
    return buffer.getvalue()


def cartridge(canvas: Caller, world: World, *titles: str) -> bytes:
    """Return a real cartridge: an export of the source course, after a page of each title was added to it."""
    for title in titles:
        world.add(Page(course_id=SOURCE, title=title, body=f"<p>{title}</p>"))
    export = finished_export(canvas, world)
    response = canvas("GET", export["attachment"]["url"])
    assert response.status_code == 200, response.text
    return response.content


def finished_export(canvas: Caller, world: World) -> dict[str, Any]:
    """Return a finished export of the source course."""
    path = f"courses/{SOURCE}/content_exports"
    export = canvas("POST", path, json={"export_type": "common_cartridge"}).json()
    world.clock.advance(600)
    return canvas.get(f"{path}/{export['id']}")


def post(canvas: Caller, path: str = PATH, **body: Any) -> dict[str, Any]:
    """POST a migration, which must succeed."""
    response = canvas("POST", path, json={"migration_type": CARTRIDGE} | body)
    assert response.status_code == 200, response.text
    return response.json()


def start_import(canvas: Caller, data: bytes, path: str = PATH, **body: Any) -> dict[str, Any]:
    """POST a migration and upload its package, without advancing the clock."""
    migration = post(canvas, path, pre_attachment={"name": "c.imscc", "size": len(data)}, **body)
    finish(canvas, migration["pre_attachment"], data)
    return migration


def observed_states(
    canvas: Caller, migration: dict[str, Any], seconds: int = IMPORT_SECONDS
) -> list[tuple[str, str, float]]:
    """Return the successive states of a migration and its Progress."""
    states: list[tuple[str, str, float]] = []
    for _ in range(seconds * 8 + 1):
        progress = canvas.progress(migration)
        now = (canvas.get(f"{PATH}/{migration['id']}")["workflow_state"], progress["workflow_state"])
        if (*now, progress["completion"]) not in states[-1:]:
            states.append((*now, progress["completion"]))
        canvas.server.world.clock.advance(0.125)
    return states


def wait_for_state(canvas: Caller, path: str, *ends: str) -> dict[str, Any]:
    """Wait, in real time, until a migration is in one of some states: a download takes real time."""
    deadline = time.monotonic() + 10
    while (migration := canvas.get(path))["workflow_state"] not in ends:
        assert time.monotonic() < deadline, migration
        canvas.server.world.clock.advance(1)
        time.sleep(0.01)
    return migration
