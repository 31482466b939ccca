"""What an exchange needs beyond the facts: rows that its path names, enrollments, as many rows as a listing had."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import requests
from canvas_emulator.model.signed_urls import verifier
from canvas_emulator.model.world import World

from tests.contract.facts import API, USERS, Owner, owner_of, sightings, sightings_in
from tests.contract.recorded_world import ENROLLED, UNKNOWN_ID, RecordedWorld
from tests.contract.rows import CONTENT
from tests.support.recordings import Exchange

ELSEWHERE = Owner("Course", 24)
"""Where a row is whose course no response names: nobody is enrolled there."""
COURSE_KEYS = {"source_course_id", "source_course", "course_ids", "course_ids_to_add", "course_ids_to_remove"}
JOB_PATHS = {
    r"/content_migrations/(\d+)": "migration",
    r"/course_copy/(\d+)": "migration",
    r"/content_exports/(\d+)": "export",
    r"^progress/(\d+)": "progress",
    r"files/(\d+)": "files",
    r"folders/(\d+)": "folders",
}


@dataclass
class Preparation:
    """A world for an exchange, and what else its request needs.

    :param exchange: The exchange.
    :param world: The world.
    :param before: Sends what must come before the request.
    :param options: Options of the request in place of those that follow from the exchange.
    """

    exchange: Exchange
    world: World
    before: Callable[[str, requests.Session], None] = lambda url, session: None
    options: dict[str, Any] = field(default_factory=dict)

    def query(self) -> str:
        """Return the recorded query, with the verifier that the emulator gives for the file."""
        match = re.search(r"files/(\d+)/download", self.exchange.path)
        if match is None:
            return self.exchange.query
        actual = verifier(self.world, int(match[1]))
        return re.sub(r"verifier=Verifier\w+", f"verifier={actual}", self.exchange.query)


def prepared(exchange: Exchange) -> Preparation:
    """Return the world of an exchange, and what its request needs."""
    recorded = RecordedWorld(exchange, _owners(exchange))
    world = recorded.world
    _add_named_courses(recorded)
    _add_named_rows(recorded)
    _enroll_caller(recorded)
    return Preparation(exchange, world)


def _owners(exchange: Exchange) -> Iterator[Owner]:
    """Yield what an exchange names whose content it needs."""
    if (owner := owner_of(exchange)) is not None:
        yield owner
    for course_id in _course_ids(exchange):
        yield Owner("Course", course_id)
    for context in re.findall(r"course_(\d+)", exchange.query):
        yield Owner("Course", int(context))
    for seen in sightings_in(exchange):
        if seen.owner is not None and seen.owner.type in ("Course", "User", "Group", "Account"):
            yield seen.owner
        source = (seen.facts.get("settings") or {}) if seen.kind == "migration" else {}
        if "source_course_id" in source:
            yield Owner("Course", source["source_course_id"])
    path = exchange.path.removeprefix(API)
    for pattern, kind in JOB_PATHS.items():
        if match := re.search(pattern, path):
            for seen in sightings().get((kind, int(match[1])), []):
                if seen.owner is not None:
                    yield seen.owner
                if kind == "files" and (folder := seen.facts.get("folder_id")):
                    yield from (each.owner for each in sightings().get(("folders", folder), []) if each.owner)


def _course_ids(exchange: Exchange) -> Iterator[int]:
    """Yield the ids of courses in a body."""

    def walk(value: Any, key: str = "") -> Iterator[int]:
        if isinstance(value, dict):
            for name, each in value.items():
                yield from walk(each, re.sub(r".*\[(\w+)\]$", r"\1", name))
        elif isinstance(value, list):
            for each in value:
                yield from walk(each, key)
        elif key in COURSE_KEYS and str(value).isdigit():
            yield int(value)

    yield from walk(exchange.request_body)


def _add_named_courses(recorded: RecordedWorld) -> None:
    """Add the courses that an exchange names and no response shows, unless the recorded Canvas did not know them."""
    courses = recorded.world.tables.courses
    for owner in recorded.owners:
        known = owner.id in courses or owner.id in (0, UNKNOWN_ID)
        if owner.type == "Course" and not known and owner.id < 900_000:
            recorded.add_course(owner.id)


def _add_named_rows(recorded: RecordedWorld) -> None:
    """Add the migration, export, Progress, file or folder that the path names, if it is not there yet."""
    exchange, tables = recorded.exchange, recorded.world.tables
    path, owner = exchange.path.removeprefix(API), owner_of(exchange)
    if exchange.status == 404:
        return
    for pattern, kind in JOB_PATHS.items():
        match = re.search(pattern, path)
        if match is None or int(match[1]) == UNKNOWN_ID:
            continue
        row_id = int(match[1])
        known = recorded.owner_of(kind, row_id)
        place = known or owner or ELSEWHERE
        if kind == "migration" and row_id not in tables.content_migrations:
            recorded.add_migration(row_id, place)
        elif kind == "export" and row_id not in tables.content_exports:
            recorded.add_export(row_id, place)
        elif kind == "progress" and row_id not in tables.progress:
            _add_progress(recorded, row_id)
        elif kind in ("files", "folders") and not _is_there(recorded, kind, row_id):
            recorded.add_content(kind, row_id, known or ELSEWHERE)


def _is_there(recorded: RecordedWorld, kind: str, row_id: int) -> bool:
    return recorded.world.anywhere(CONTENT[kind], row_id) is not None


def _add_progress(recorded: RecordedWorld, row_id: int) -> None:
    """Add a Progress, and the migration or export that it belongs to."""
    facts = recorded.facts("progress", row_id)
    kind, context_id = facts.get("context_type", "ContentMigration"), facts.get("context_id", 1)
    tables = recorded.world.tables
    if kind == "ContentMigration" and context_id not in tables.content_migrations:
        recorded.add_migration(context_id, recorded.owner_of("migration", context_id) or ELSEWHERE)
    elif kind == "ContentExport" and context_id not in tables.content_exports:
        recorded.add_export(context_id, recorded.owner_of("export", context_id) or ELSEWHERE)
    recorded.add_progress(row_id, kind, context_id)


def _enroll_caller(recorded: RecordedWorld) -> None:
    """Enroll the teacher or the student in a course whose content the recorded Canvas gave them."""
    exchange, owner = recorded.exchange, owner_of(recorded.exchange)
    role = ENROLLED.get(exchange.who)
    if role is not None and owner is not None and owner.type == "Course" and exchange.status < 400:
        recorded.enroll(USERS[exchange.who], owner.id, role)
