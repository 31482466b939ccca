"""The emulator's own account of all content migrations and lanes, to compare a client's records with in one request."""

from __future__ import annotations

from collections import Counter
from typing import Any

from canvas_emulator.jobs.lanes import lane_of
from canvas_emulator.machines.content_migration import Stored, reported
from canvas_emulator.model.records import ContentMigration
from canvas_emulator.model.world import World
from canvas_emulator.wire.responses import stamp


def content_migrations(world: World, _: dict[str, Any]) -> dict[str, Any]:
    """Return all content migrations, oldest first, and how many there are in each state, and the lanes."""
    world.settle()
    rows = [_migration(world, row) for row in world.tables.content_migrations.values()]
    contexts = Counter((row["context_type"], row["context_id"]) for row in rows)
    return {
        "time": stamp(world.clock.now()),
        "states": dict(sorted(Counter(row["workflow_state"] for row in rows).items())),
        "contexts": len(contexts),
        "contexts_with_several": [
            {"context_type": kind, "context_id": context_id, "content_migrations": n}
            for (kind, context_id), n in contexts.items()
            if n > 1
        ],
        "lanes": {
            name: {
                "width": world.settings.width_of(name),
                "running": world.lanes.running(name),
                "waiting": world.lanes.waiting(name),
                "peak": world.lanes.peak(name),
            }
            for name in world.lanes.names()
        },
        "content_migrations": rows,
    }


def _migration(world: World, row: ContentMigration) -> dict[str, Any]:
    progress = world.tables.progress.get(row.progress_id or 0)
    course = world.tables.courses.get(row.course_id) if row.context_type == "Course" else None
    return {
        "id": row.id,
        "context_type": row.context_type,
        "context_id": row.course_id,
        "sis_course_id": course.sis_course_id if course else None,
        "source_course_id": row.source_course_id,
        "user_id": row.user_id,
        "lane": lane_of(world, row),
        "workflow_state": reported(Stored(row.workflow_state), imports_immediately=row.imports_immediately),
        "stored_state": row.workflow_state,
        "progress_id": row.progress_id,
        "progress": progress.workflow_state if progress else None,
        "completion": progress.completion if progress else None,
        "issues": len(world.issues_of(row)),
        "created_at": stamp(row.created_at),
        "started_at": stamp(row.started_at),
        "work_began_at": stamp(row.work_began_at),
        "updated_at": stamp(row.updated_at),
    }
