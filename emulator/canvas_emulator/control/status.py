"""The data of the status page: courses, migrations with their states, and the last requests."""

from __future__ import annotations

from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

from canvas_emulator.machines.content_migration import Stored, reported
from canvas_emulator.model.content_base import ContextType
from canvas_emulator.model.records import ContentMigration
from canvas_emulator.model.world import World
from canvas_emulator.wire.responses import stamp

PAGE = Path(__file__).with_name("status.html")
MAX_MIGRATIONS, MAX_REQUESTS = 100, 40
RUNNING = frozenset({"running", "pre_processing", "pre_processed", "queued"})


def status(world: World, _: dict[str, Any]) -> dict[str, Any]:
    """Return the data of the page, newest first."""
    world.settle()
    rows = list(world.tables.content_migrations.values())
    states = [_state(row) for row in rows]
    latest = {row.course_id: row for row in rows if row.context_type is ContextType.COURSE}
    return {
        "host": world.host,
        "time": stamp(world.clock.now()),
        "counts": {
            "courses": len(world.tables.courses),
            "running": sum(state in RUNNING for state in states),
            "completed": states.count("completed"),
            "failed": states.count("failed"),
            "faults": len(world.faults.rules) + len(world.faults.random) + len(world.faults.migrations),
        },
        "courses": [
            {
                "id": course.id,
                "name": course.name,
                "sis_course_id": course.sis_course_id,
                "workflow_state": course.workflow_state,
                "copied": _state(latest[course.id]) if course.id in latest else None,
            }
            for course in world.tables.courses.values()
        ],
        "content_migrations": [_migration(world, row) for row in rows[: -MAX_MIGRATIONS - 1 : -1]],
        "requests": [
            asdict(seen) | {"time": stamp(seen.time)} for seen in islice(reversed(world.requests), MAX_REQUESTS)
        ],
    }


def _state(row: ContentMigration) -> str:
    return reported(Stored(row.workflow_state), imports_immediately=row.imports_immediately)


def _migration(world: World, row: ContentMigration) -> dict[str, Any]:
    progress = world.tables.progress.get(row.progress_id or 0)
    source = world.tables.courses.get(row.source_course_id or 0)
    course = world.tables.courses.get(row.course_id) if row.context_type is ContextType.COURSE else None
    return {
        "id": row.id,
        "course_id": row.course_id,
        "context_type": row.context_type,
        "context": f"{row.course_id} {course.name}" if course else f"{row.context_type} {row.course_id}",
        "source": source.name if source else row.migration_type,
        "stored": row.workflow_state,
        "workflow_state": _state(row),
        "completion": progress.completion if progress else None,
        "progress": progress.workflow_state if progress else None,
        "issues": len(world.issues_of(row)),
        "created_at": stamp(row.created_at),
    }
