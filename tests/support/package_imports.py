"""A course package for tests of imports, and functions that run their tasks."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from typing import Any

import pytest
from airflow.exceptions import TaskDeferred
from canvas_emulator.model.clock import ManualClock
from canvas_emulator.model.world import World
from canvas_emulator.seeds.demo import MASTER_ID, demo_world
from canvas_emulator.server import serve

from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.requests_client import CanvasClient
from tests.support.task_attempt import Attempt, fired


@pytest.fixture(scope="session")
def cartridge() -> bytes:
    """Return a package of the master course, as an export creates it."""
    world = demo_world(clock=ManualClock())
    with serve(world) as server, CanvasClient(Settings(server.url, server.token)) as canvas:
        export = canvas.content_exports.create(course_id=MASTER_ID, export_type="common_cartridge")
        world.clock.advance(60)
        export = canvas.content_exports.get(course_id=MASTER_ID, content_export_id=export["id"])
        buffer = io.BytesIO()
        canvas.download(export, buffer)
        return buffer.getvalue()


def run_to_the_end(make: Callable[[], Any], attempt: Attempt) -> Any:
    """Run a task through all its deferrals, each part in a new instance of the operator."""
    task = make()
    try:
        return task.execute(attempt.context(task))
    except TaskDeferred as deferral:
        current = deferral
    while True:
        event, task = asyncio.run(fired(current)), make()
        try:
            return getattr(task, current.method_name)(attempt.context(task), event=event, **(current.kwargs or {}))
        except TaskDeferred as deferral:
            current = deferral


def sent_paths(world: World, method: str = "POST") -> list[str]:
    """Return the paths of the API requests of a method, without those to the storage."""
    return [r.path for r in world.requests if r.method == method and r.path.startswith("/api/v1/")]
