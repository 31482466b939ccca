"""What an exchange needs beyond the facts: rows that its path names, enrollments, as many rows as a listing had."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count
from typing import Any

from canvas_emulator.effects.mapping import migration_id
from canvas_emulator.machines.upload import OnDuplicate, UploadState
from canvas_emulator.model.content_base import ContextType
from canvas_emulator.model.records import Upload
from canvas_emulator.model.settings import StorageMode
from canvas_emulator.model.world import World

from tests.contract.facts import API, USERS, Owner, owner_of, sightings, sightings_in
from tests.contract.listings import fill
from tests.contract.recorded_jobs import RecordedJobs
from tests.contract.recorded_world import ENROLLED, SOURCE_COURSE, UNKNOWN_ID, RecordedWorld, made_by
from tests.contract.rows import CONTENT, content
from tests.contract.states import apply_states
from tests.support.recordings import Exchange

ELSEWHERE = Owner("Course", 24)
"""Where a row is whose course no response names: nobody is enrolled there."""
COURSE_KEYS = {"source_course_id", "source_course", "course_ids", "course_ids_to_add", "course_ids_to_remove"}
"""The keys of a request that name courses."""
NAMED = {
    r"/content_migrations/(\d+)": "migration",
    r"/course_copy/(\d+)": "migration",
    r"/content_exports/(\d+)": "export",
    r"^progress/(\d+)": "progress",
    r"files/(\d+)": "files",
    r"folders/(\d+)": "folders",
}
"""The parts of a path that name a row, and its kind."""
COUNTERS = {"course": "course", "migration": "content_migration", "export": "content_export", "progress": "progress"}
"""The emulator's counters of ids by kind of row; those of content are named by its assets."""


def prepare(exchange: Exchange) -> World:
    """Return the world of an exchange."""
    recorded = RecordedWorld(exchange, _owners(exchange))
    _add_named_courses(recorded)
    jobs = RecordedJobs(recorded)
    _add_named_rows(recorded, jobs)
    _add_named_folder(recorded)
    _enroll_caller(recorded)
    _add_upload(recorded)
    _add_copies(recorded)
    fill(recorded, jobs)
    apply_states(jobs)
    _set_counters(recorded)
    return recorded.world


def _owners(exchange: Exchange) -> Iterator[Owner]:
    """Yield what an exchange names whose content it needs."""
    if (owner := owner_of(exchange)) is not None:
        yield owner
    for course_id in [*_course_ids(exchange), *map(int, re.findall(r"course_(\d+)", exchange.query))]:
        yield Owner("Course", course_id)
    for seen in sightings_in(exchange):
        if seen.owner is not None:
            yield seen.owner
        source = (seen.facts.get("settings") or {}) if seen.kind == "migration" else {}
        if "source_course_id" in source:
            yield Owner("Course", source["source_course_id"])
    path = exchange.path.removeprefix(API)
    for pattern, kind in NAMED.items():
        if match := re.search(pattern, path):
            yield from _owners_of(kind, int(match[1]))
    if exchange.path.endswith(("/asset_id_mapping", "/selective_data", "/graphql")):
        yield Owner("Course", SOURCE_COURSE)


def _owners_of(kind: str, row_id: int) -> Iterator[Owner]:
    for seen in sightings().get((kind, row_id), []):
        if seen.owner is not None:
            yield seen.owner
        if kind == "files" and (folder_id := seen.facts.get("folder_id")):
            yield from _owners_of("folders", folder_id)


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
    """Add the courses that an exchange names and no response shows."""
    in_account = re.search(r"accounts/\d+/courses/(\d+)$", recorded.exchange.path)
    named = recorded.owners | ({Owner("Course", int(in_account[1]))} if in_account else set())
    for owner in sorted(named, key=lambda each: (each.type, each.id)):
        known = owner.id in recorded.world.tables.courses or owner.id in (0, UNKNOWN_ID)
        if owner.type == "Course" and not known and owner.id < 900_000:
            recorded.add_course(owner.id)


def _add_named_folder(recorded: RecordedWorld) -> None:
    """Add the folder that the import of a zip file names."""
    body, owner = recorded.exchange.request_body, owner_of(recorded.exchange)
    settings = body.get("settings") if isinstance(body, dict) else None
    folder_id = settings.get("folder_id") if isinstance(settings, dict) else None
    if owner is not None and folder_id not in (None, UNKNOWN_ID) and not _is_there(recorded, "folders", folder_id):
        recorded.world.add(content("folders", {"id": folder_id, "title": "files"}, owner.type, owner.id))


def _add_named_rows(recorded: RecordedWorld, jobs: RecordedJobs) -> None:
    """Add the migration, export, Progress, file or folder that the path names, if it is not there yet."""
    exchange, tables = recorded.exchange, recorded.world.tables
    path, owner = exchange.path.removeprefix(API), owner_of(exchange)
    for pattern, kind in NAMED.items():
        match = re.search(pattern, path)
        if match is None or int(match[1]) == UNKNOWN_ID or exchange.status == 404:
            continue
        row_id = int(match[1])
        known = recorded.owner_of(kind, row_id)
        if kind == "migration" and row_id not in tables.content_migrations:
            jobs.add_migration(row_id, known or owner or ELSEWHERE)
        elif kind == "export" and row_id not in tables.content_exports:
            jobs.add_export(row_id, known or owner or ELSEWHERE)
        elif kind == "progress" and row_id not in tables.progress:
            _add_progress(recorded, jobs, row_id)
        elif kind in CONTENT and not _is_there(recorded, kind, row_id):
            recorded.add_content(kind, row_id, known or ELSEWHERE)


def _is_there(recorded: RecordedWorld, kind: str, row_id: int) -> bool:
    """Tell whether a row is there, or must not be there yet because the exchange creates it."""
    return recorded.world.anywhere(CONTENT[kind], row_id) is not None or (kind, row_id) in made_by(recorded.exchange)


def _add_progress(recorded: RecordedWorld, jobs: RecordedJobs, row_id: int) -> None:
    """Add a Progress, and the migration or export that it belongs to."""
    facts, tables = recorded.facts("progress", row_id), recorded.world.tables
    kind, context_id = facts.get("context_type", "ContentMigration"), facts.get("context_id", 1)
    if kind == "ContentMigration" and context_id not in tables.content_migrations:
        jobs.add_migration(context_id, recorded.owner_of("migration", context_id) or ELSEWHERE)
    elif kind == "ContentExport" and context_id not in tables.content_exports:
        jobs.add_export(context_id, recorded.owner_of("export", context_id) or ELSEWHERE)
    elif kind == "Course" and context_id not in tables.courses:
        recorded.add_course(context_id)
    jobs.add_progress(row_id, kind, context_id)


def _enroll_caller(recorded: RecordedWorld) -> None:
    """Enroll the teacher or the student in a course whose content the recorded Canvas gave them."""
    exchange, owner = recorded.exchange, owner_of(recorded.exchange)
    role = ENROLLED.get(exchange.who)
    was_allowed = exchange.status not in (401, 403, 404)
    if role is not None and owner is not None and owner.type == "Course" and was_allowed:
        recorded.enroll(USERS[exchange.who], owner.id, role)


def _add_upload(recorded: RecordedWorld) -> None:
    """Add the upload that an exchange confirms: its bytes have arrived."""
    exchange = recorded.exchange
    match = re.search(r"files/(\d+)/create_success", exchange.path)
    if match is None:
        return
    file_id = int(match[1])
    facts, owner = recorded.facts("files", file_id), recorded.owner_of("files", file_id) or ELSEWHERE
    recorded.world.tables.uploads[file_id] = Upload(
        id=file_id,
        course_id=owner.id,
        context_type=ContextType(owner.type),
        user_id=1,
        name=facts["display_name"],
        content_type=facts["content-type"],
        size=facts["size"],
        folder_id=facts["folder_id"],
        on_duplicate=OnDuplicate.OVERWRITE,
        storage=StorageMode.LOCAL,
        uuid=exchange.query.removeprefix("uuid="),
        base_url="",
        expires_at=recorded.world.clock.now(),
        workflow_state=UploadState.STORED if exchange.status == 200 else UploadState.SUCCESS,
        data=b"x" * facts["size"],
    )


def _add_copies(recorded: RecordedWorld) -> None:
    """Add the copied rows that a mapping names, and their sources."""
    exchange, world = recorded.exchange, recorded.world
    if not exchange.path.endswith("/asset_id_mapping") or exchange.status != 200:
        return
    owner = owner_of(exchange)
    migration = world.tables.content_migrations[int(exchange.path.split("/")[-2])]
    migration.source_course_id = migration.source_course_id or SOURCE_COURSE
    for kind, pairs in exchange.response_body.items():
        for source, copy in pairs.items():
            if source.isdigit() and owner is not None:
                key = migration_id(CONTENT[kind], int(source))
                world.add(content(kind, {"id": int(copy)}, owner.type, owner.id, migration_id=key))
                if world.find(CONTENT[kind], migration.source_course_id, int(source)) is None:
                    world.add(content(kind, {"id": int(source)}, "Course", migration.source_course_id))


def _set_counters(recorded: RecordedWorld) -> None:
    """Let the rows that an exchange creates have the ids that they had."""
    exchange, world = recorded.exchange, recorded.world
    ids = [(kind, row_id) for kind, row_id in made_by(exchange) if not exchange.path.endswith("/create_success")]
    text = str(exchange.response_body)
    ids += [("progress", int(number)) for number in re.findall(r"/progress/(\d+)'", text)]
    ids += [("files", int(number)) for number in re.findall(r"tmp/files/\d+/(\d+)/", text)]
    for kind, row_id in ids:
        name = COUNTERS.get(kind) or (CONTENT[kind].ASSET if kind in CONTENT else kind)
        if name in world._ids:
            world._ids[name] = count(row_id)
