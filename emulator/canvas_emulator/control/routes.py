"""The emulator's own endpoints, for tests and demos in other processes. No token; on loopback only.

========================  =======================================================================================
POST /_emulator/faults    adds a fault: the fields of ``faults.Rule``, for example ``{"path": "/progress/", "action":
                          "respond", "status": 502, "body": "html", "times": 3}`` (``times`` null: for ever), or
                          ``{"content_migration": "fails", "stage": 9}`` for the next course copy (also
                          ``hung_progress``, ``stuck``, and ``slow`` with ``factor``), or ``{"content_export":
                          "fails"}`` for the next content export (also ``stuck`` and ``slow``)
DELETE /_emulator/faults  takes all of them back
GET /_emulator/requests   the last 100,000 requests: time, method, path, query without secrets, status (null:
                          connection closed), user_id, has_authorization. Never a token
GET /_emulator/counters   how many requests there were by route, method and status, how many were refused by the rate
                          limit, what they cost, and how many were in flight at the same time at most
DELETE /_emulator/counters  sets all counts to 0
GET /_emulator/notices    the notifications that changes of content sent to students, and the entries in their activity
                          streams, since the last reset
GET /_emulator/content_migrations  all content migrations in short, how many there are in each state, and the contexts
                          that have several
GET /_emulator/state      time, settings, courses with their counts, migrations with stored states and Progress
POST /_emulator/clock     ``{"advance": seconds}`` jumps forward
POST /_emulator/holds     ``{"stage": 3}`` holds all jobs before that stage
DELETE /_emulator/holds   releases them
POST /_emulator/throttle  ``{"seconds": 20}`` throttles every request for so long; ``{"call": 5}`` the fifth from now
                          on, and with ``"times": 3`` the two after it
POST /_emulator/tokens    adds an access token, or changes one: ``{"token": ..., "user_id": 4}``, with ``expires_in`` in
                          seconds, ``scopes``, ``revoked``, ``throttling`` (``normal``, ``allowed``, ``blocked``)
GET /_emulator/status     what the status page at ``/`` shows
POST /_emulator/defects   ``{"count": 3000, "seed": 1}`` plants stale links of all kinds into the courses that were
                          copied, or with ``"course_ids": [22]`` into some of them, and returns the truth about each;
                          see ``planted.stale_links``
POST /_emulator/new_quizzes  ``{"course_id": 11}`` opens the New Quizzes of a course, as a person does in a browser
POST /_emulator/settings  changes switches by name, see ``settings.Settings``
POST /_emulator/reset     goes back to the first rows and switches; forgets faults, buckets and requests
========================  =======================================================================================

Bodies are JSON objects. What cannot be understood is answered with 400 and ``{"message": ...}``, and changes nothing.
Other web pages that a browser on this machine shows are refused, see :mod:`~canvas_emulator.control.callers`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

from starlette.requests import Request as HttpRequest
from starlette.types import ASGIApp, Receive, Scope, Send

from canvas_emulator.control.account import content_migrations
from canvas_emulator.control.callers import is_public_host, refusal
from canvas_emulator.control.documents import Document, build, parse
from canvas_emulator.control.status import PAGE, status
from canvas_emulator.effects.new_quizzes import open_new_quizzes
from canvas_emulator.model.content import MAPPED_KINDS
from canvas_emulator.model.faults import Action, Body, ExportFault, MigrationFault, RandomFaults, Rule
from canvas_emulator.model.records import AccessToken, ContentMigration, Throttling
from canvas_emulator.model.world import World
from canvas_emulator.seeds.planted.stale_links import plant_stale_links
from canvas_emulator.wire.layers import headers_of, send_bytes
from canvas_emulator.wire.responses import stamp

PREFIX = "/_emulator/"

Operation = Callable[[World, Document], Any]


def controlled(app: ASGIApp, world: World) -> ASGIApp:
    """Handle the emulator's own endpoints, and pass all other requests on to Canvas."""

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        if is_public_host(headers_of(scope).get("host", "")):
            message = {"message": f"the emulator is at {scope['server'][0]}, and accepts no other name of a host"}
            await send_bytes(send, 421, "application/json; charset=utf-8", json.dumps(message).encode())
            return
        if scope["path"] == "/" and scope["method"] == "GET":
            await send_bytes(send, 200, "text/html; charset=utf-8", PAGE.read_bytes())
            return
        if not scope["path"].startswith(PREFIX):
            await app(scope, receive, send)
            return
        status, payload = await _respond(world, HttpRequest(scope, receive))
        await send_bytes(send, status, "application/json; charset=utf-8", json.dumps(payload).encode())

    return call


async def _respond(world: World, http: HttpRequest) -> tuple[int, Any]:
    if (reason := refusal(http)) is not None:
        return 403, {"message": reason}
    operation = OPERATIONS.get((http.method, http.url.path.removeprefix(PREFIX)))
    if operation is None:
        return 404, {"message": f"{http.method} {http.url.path} does not exist; use one of: {', '.join(_names())}"}
    try:
        document = parse(await http.body())
        if operation is plant_defects:
            document.setdefault("base_url", f"{http.url.scheme}://{http.url.netloc}")
        with world.lock:
            return 200, operation(world, document)
    except (TypeError, ValueError, OverflowError) as error:
        return 400, {"message": str(error)}


def add_fault(world: World, document: Document) -> Document:
    """Add a rule for requests, or a fault for the next course copy."""
    if "content_migration" in document:
        kind = document.pop("content_migration")
        fault = build(MigrationFault, {"kind": kind, **document})
        world.faults.migrations.append(fault)
        return asdict(fault)
    if "rate" in document and "content_migration" not in document:
        random_faults = build(RandomFaults, document)
        world.faults.random.append(random_faults)
        return asdict(random_faults)
    if "content_export" in document:
        kind = document.pop("content_export")
        export_fault = build(ExportFault, {"kind": kind, **document})
        world.faults.exports.append(export_fault)
        return asdict(export_fault)
    rule = build(Rule, document)
    world.faults.rules.append(rule)
    return asdict(rule)


def clear_faults(world: World, _: Document) -> Document:
    """Remove all rules and faults of jobs."""
    world.faults.clear()
    return {}


def requests(world: World, _: Document) -> list[Document]:
    """Return all requests, oldest first."""
    return [asdict(seen) | {"time": seen.time.isoformat()} for seen in world.requests]


def counters(world: World, _: Document) -> Document:
    """Return the counts of requests."""
    return world.counters.document()


def notices(world: World, _: Document) -> Document:
    """Return who was told of changes of content."""
    return {
        name: [asdict(each) | {"at": stamp(each.at)} for each in rows] for name, rows in vars(world.notices).items()
    }


def reset_counters(world: World, _: Document) -> Document:
    """Set the counts of requests to 0."""
    world.counters.reset()
    return {}


def state(world: World, _: Document) -> Document:
    """Return what the API does not show: stored states, and the number of rows in each course."""
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
    """Advance the clock, and run the stages that became due."""
    world.clock.advance(float(document["advance"]) if "advance" in document else _missing("advance"))
    world.settle()
    return {"time": world.clock.now().isoformat()}


def add_hold(world: World, document: Document) -> Document:
    """Hold all jobs before a stage."""
    stage = document.pop("stage", 0)
    if document or not isinstance(stage, int):
        raise ValueError("stage must be a whole number, and no other key is allowed")
    return {"stage": world.hold(stage).stage}


def release_holds(world: World, _: Document) -> Document:
    """Release all holds."""
    world.release_all()
    return {}


def throttle(world: World, document: Document) -> Document:
    """Throttle all requests for a time, or some of the next requests."""
    match document:
        case {"seconds": int() | float() as seconds} if seconds > 0:
            world.faults.storm_until = world.clock.now() + timedelta(seconds=seconds)
            return {"until": world.faults.storm_until.isoformat()}
        case {"call": int() as call} if call > 0:
            times = int(document.get("times", 1))
            rule = Rule("^/api/", Action.RESPOND, body=Body.THROTTLE, skip=call - 1, times=times)
            world.faults.rules.append(rule)
            return asdict(rule)
    raise ValueError("the body must have `seconds` above 0, or the number of a `call` from 1 on")


def change_token(world: World, document: Document) -> Document:
    """Add or change a token. The response does not repeat it."""
    text, tokens = document.pop("token", None), world.tables.tokens
    if not isinstance(text, str) or not text:
        raise ValueError("token is missing")
    row = replace(tokens[text]) if text in tokens else AccessToken(text, 0)
    row.user_id = int(document.pop("user_id", row.user_id))
    if row.user_id not in world.tables.users:
        raise ValueError(f"user_id {row.user_id} does not exist")
    if "expires_in" in document:
        row.expires_at = world.clock.now() + timedelta(seconds=float(document.pop("expires_in")))
    if "scopes" in document:
        row.scopes = frozenset(document.pop("scopes"))
    row.throttling = Throttling(document.pop("throttling", row.throttling))
    row.revoked = bool(document.pop("revoked", row.revoked))
    if document:
        raise ValueError(f"unknown keys: {', '.join(document)}")
    tokens[text] = row
    return {"user_id": row.user_id, "expires_at": stamp(row.expires_at), "throttling": row.throttling}


def plant_defects(world: World, document: Document) -> Document:
    """Plant stale links into copied courses."""
    count, seed, base_url = document.pop("count", None), document.pop("seed", 1), document.pop("base_url")
    course_ids = document.pop("course_ids", None)
    if document or not isinstance(count, int) or count < 1 or not isinstance(seed, int):
        raise ValueError("count must be a whole number of 1 or more, seed a whole number, course_ids ids of courses")
    is_list = isinstance(course_ids, list) and all(isinstance(each, int) for each in course_ids)
    if course_ids is not None and not is_list:
        raise ValueError("course_ids must be a list of the ids of courses that were copied")
    planting = plant_stale_links(world, count, seed, str(base_url), course_ids)
    if not planting.courses:
        raise ValueError("no course has been copied yet: copy courses first")
    return {
        "defects": [asdict(defect) for defect in planting.defects],
        "harmless": planting.harmless,
        "allowed_course_ids": [planting.allowed],
    }


def open_quizzes(world: World, document: Document) -> Document:
    """Open the New Quizzes of a course."""
    course_id = document.pop("course_id", None)
    if document or not isinstance(course_id, int) or course_id not in world.tables.courses:
        raise ValueError("course_id must be the id of a course, and no other key is allowed")
    return {"opened": open_new_quizzes(world, course_id)}


def change_settings(world: World, document: Document) -> Document:
    """Change settings by name."""
    world.settings.change(document)
    return asdict(world.settings)


def reset(world: World, _: Document) -> Document:
    """Restore the first rows and settings."""
    world.reset()
    return {}


OPERATIONS: Mapping[tuple[str, str], Operation] = {
    ("POST", "faults"): add_fault,
    ("DELETE", "faults"): clear_faults,
    ("GET", "requests"): requests,
    ("GET", "counters"): counters,
    ("DELETE", "counters"): reset_counters,
    ("GET", "notices"): notices,
    ("GET", "content_migrations"): content_migrations,
    ("GET", "state"): state,
    ("POST", "clock"): advance_clock,
    ("POST", "holds"): add_hold,
    ("DELETE", "holds"): release_holds,
    ("POST", "throttle"): throttle,
    ("POST", "tokens"): change_token,
    ("GET", "status"): status,
    ("POST", "defects"): plant_defects,
    ("POST", "new_quizzes"): open_quizzes,
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
