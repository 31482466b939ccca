"""What tests of imports share: a real cartridge, and running a task through all its deferrals."""

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
    """A cartridge of the master course, as an export makes it."""
    world = demo_world(clock=ManualClock())
    with serve(world) as server, CanvasClient(Settings(server.url, server.token)) as canvas:
        export = canvas.content_exports.create(course_id=MASTER_ID, export_type="common_cartridge")
        world.clock.advance(60)
        export = canvas.content_exports.get(course_id=MASTER_ID, content_export_id=export["id"])
        into = io.BytesIO()
        canvas.download(export, into)
        return into.getvalue()


def run_to_the_end(make: Callable[[], Any], attempt: Attempt) -> Any:
    """Run a task through all its deferrals, each half in a new copy of the operator."""
    task = make()
    try:
        return task.execute(attempt.context(task))
    except TaskDeferred as deferral:
        waiting = deferral
    while True:
        event, task = asyncio.run(fired(waiting)), make()
        try:
            return getattr(task, waiting.method_name)(attempt.context(task), event=event, **(waiting.kwargs or {}))
        except TaskDeferred as deferral:
            waiting = deferral


def sent(world: World, method: str = "POST") -> list[str]:
    """The paths of the requests of a method, without the uploads' own."""
    return [r.path for r in world.requests if r.method == method and r.path.startswith("/api/v1/")]
