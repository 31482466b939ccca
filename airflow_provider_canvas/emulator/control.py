"""The emulator's own endpoints, for tests and demos in other processes. No token; on loopback only.

========================  =======================================================================================
POST /_emulator/faults    adds a fault: the fields of `faults.Rule`, for example `{"path": "/progress/", "action":
                          "answer", "status": 502, "body": "html", "times": 3}` (`times` null: for ever), or
                          `{"content_migration": "fails", "stage": 9}` for the next course copy (also `hung_progress`,
                          `stuck`, and `slow` with `factor`)
DELETE /_emulator/faults  takes all of them back
GET /_emulator/requests   every request seen: time, method, path, query without secrets, status (null: connection
                          closed), user_id, has_authorization. Never a token
GET /_emulator/state      time, settings, courses with their counts, migrations with stored states and Progress
POST /_emulator/clock     `{"advance": seconds}` jumps forward
POST /_emulator/settings  changes switches by name, see `settings.Settings`
POST /_emulator/reset     goes back to the first rows and switches; forgets faults, buckets and requests
========================  =======================================================================================

Bodies are JSON objects. What cannot be understood is answered with 400 and `{"message": ...}`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from ipaddress import ip_address
from typing import Any

from starlette.requests import Request as HttpRequest
from starlette.types import ASGIApp, Receive, Scope, Send

from airflow_provider_canvas.emulator.content import MAPPED_KINDS
from airflow_provider_canvas.emulator.faults import MigrationFault, Rule
from airflow_provider_canvas.emulator.records import ContentMigration
from airflow_provider_canvas.emulator.wire.answers import stamp
from airflow_provider_canvas.emulator.wire.layers import send_bytes
from airflow_provider_canvas.emulator.world import World

PREFIX = "/_emulator/"

Document = dict[str, Any]
Operation = Callable[[World, Document], Any]


def controlled(app: ASGIApp, world: World) -> ASGIApp:
    """Answer the emulator's own endpoints; everything else is for Canvas."""

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        if not scope["path"].startswith(PREFIX):
            await app(scope, receive, send)
            return
        status, payload = await _answer(world, HttpRequest(scope, receive))
        await send_bytes(send, status, "application/json; charset=utf-8", json.dumps(payload).encode())

    return call


async def _answer(world: World, http: HttpRequest) -> tuple[int, Any]:
    if not _is_local(http):
        return 403, {"message": "only for callers on this machine"}
    operation = OPERATIONS.get((http.method, http.url.path.removeprefix(PREFIX)))
    if operation is None:
        return 404, {"message": f"no {http.method} {http.url.path}; there are: {', '.join(_names())}"}
    try:
        document = _document(await http.body())
        with world.lock:
            return 200, operation(world, document)
    except (TypeError, ValueError) as error:
        return 400, {"message": str(error)}


def _document(body: bytes) -> Document:
    document = json.loads(body or b"{}")
    if not isinstance(document, dict):
        raise ValueError("the body must be a JSON object")
    return document


def _is_local(http: HttpRequest) -> bool:
    try:
        return http.client is not None and ip_address(http.client.host).is_loopback
    except ValueError:
        return False


def add_fault(world: World, document: Document) -> Document:
    """Add a rule for requests, or a fault for the next course copy."""
    if "content_migration" in document:
        kind = document.pop("content_migration")
        fault = MigrationFault(kind=kind, **document)
        world.faults.migrations.append(fault)
        return asdict(fault)
    rule = Rule(**document)
    world.faults.rules.append(rule)
    return asdict(rule)


def clear_faults(world: World, _: Document) -> Document:
    """Take all rules and migration faults back."""
    world.faults.clear()
    return {}


def requests(world: World, _: Document) -> list[Document]:
    """Every request seen, oldest first."""
    return [asdict(seen) | {"time": seen.time.isoformat()} for seen in world.requests]


def state(world: World, _: Document) -> Document:
    """Tell what the API does not tell: stored states, and what each course holds."""
    world.settle()
    return {
        "time": world.clock.now().isoformat(),
        "settings": asdict(world.settings),
        "courses": [
            {
                "id": course.id,
                "name": course.name,
                "sis_course_id": course.sis_course_id,
                "counts": {kind.KIND: len(world.live(kind, course.id)) for kind in MAPPED_KINDS},
            }
            for course in world.tables.courses.values()
        ],
        "content_migrations": [_migration(world, row) for row in world.tables.content_migrations.values()],
    }


def advance_clock(world: World, document: Document) -> Document:
    """Jump forward, and let happen what became due."""
    world.clock.advance(float(document["advance"]) if "advance" in document else _missing("advance"))
    world.settle()
    return {"time": world.clock.now().isoformat()}


def change_settings(world: World, document: Document) -> Document:
    """Change switches by name."""
    world.settings.change(document)
    return asdict(world.settings)


def reset(world: World, _: Document) -> Document:
    """Go back to the beginning."""
    world.reset()
    return {}


OPERATIONS: Mapping[tuple[str, str], Operation] = {
    ("POST", "faults"): add_fault,
    ("DELETE", "faults"): clear_faults,
    ("GET", "requests"): requests,
    ("GET", "state"): state,
    ("POST", "clock"): advance_clock,
    ("POST", "settings"): change_settings,
    ("POST", "reset"): reset,
}


def _names() -> list[str]:
    return [f"{method} {PREFIX}{name}" for method, name in OPERATIONS]


def _missing(name: str) -> float:
    raise ValueError(f"{name} is missing")


def _migration(world: World, row: ContentMigration) -> Document:
    progress = world.tables.progress.get(row.progress_id or 0)
    return {
        "id": row.id,
        "course_id": row.course_id,
        "source_course_id": row.source_course_id,
        "workflow_state": row.workflow_state,
        "created_at": stamp(row.created_at),
        "finished_at": stamp(row.finished_at),
        "migration_settings": row.migration_settings,
        "progress": progress
        and {
            "id": progress.id,
            "workflow_state": progress.workflow_state,
            "completion": progress.completion,
            "message": progress.message,
        },
    }
