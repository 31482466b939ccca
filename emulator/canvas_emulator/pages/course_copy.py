"""The deprecated course copy, which is a content migration in another form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from canvas_emulator.effects.selection import EVERYTHING
from canvas_emulator.jobs import content_migration as job
from canvas_emulator.machines.migration_reports import copy_percentage, copy_state
from canvas_emulator.model.course import Course
from canvas_emulator.model.ids import find_course
from canvas_emulator.model.parsing import parse_list
from canvas_emulator.model.records import ContentMigration
from canvas_emulator.wire.request import Request, Route
from canvas_emulator.wire.responses import CanvasError, Response, internal_error, not_found, stamp

PATH = "/courses/{course_id}/course_copy"

WORDS: Mapping[str, tuple[str, ...]] = {
    "course_settings": ("all_course_settings", "all_syllabus_body"),
    "assignments": ("all_assignments", "all_assignment_groups"),
    "external_tools": ("all_external_tools",),
    "files": ("all_files", "all_folders"),
    "topics": ("all_discussion_topics", "all_announcements"),
    "calendar_events": ("all_calendar_events",),
    "quizzes": ("all_quizzes",),
    "wiki_pages": ("all_wiki_pages",),
    "modules": ("all_context_modules",),
    "outcomes": ("all_learning_outcomes", "all_learning_outcome_groups"),
}
"""What ``only`` and ``except`` may name, and the ``copy`` options that each means."""

EXCEPTED_FROM = tuple(word for word in WORDS if word != "course_settings")
"""What ``except`` takes away from: with it, whatever it says, course settings and syllabus are not copied."""


def create(request: Request) -> Response:
    """POST a copy. The response always says ``created``, without a percentage."""
    course = request.writable_course()
    source = _source(request)
    options = _options(request)
    world, now = request.world, request.world.clock.now()
    migration = ContentMigration(
        id=world.next_id("content_migration"),
        course_id=course.id,
        user_id=request.user.id,
        migration_type="course_copy_importer",
        source_course_id=source.id,
        migration_settings={"initiated_source": "api", "copy_options": options},
        created_at=now,
        updated_at=now,
    )
    world.add_migration(migration)
    response = Response(shape(request, migration))
    job.queue(world, migration, now)
    return response


def show(request: Request) -> Response:
    """GET a copy: any migration into the course, however it was created."""
    course = request.course()
    migration = request.world.tables.content_migrations.get(request.id())
    if migration is None or migration not in request.world.migrations_of(course.id):
        raise not_found()
    return Response(shape(request, migration))


def shape(request: Request, migration: ContentMigration) -> dict[str, Any]:
    """Render the state of a copy. Unlike what the documentation shows, its address is absolute."""
    progress = request.world.tables.progress.get(migration.progress_id or 0)
    completion = (progress and progress.completion) or 0.0
    return {
        "id": migration.id,
        "progress": copy_percentage(migration.workflow_state, migration.export_completion, completion),
        "created_at": stamp(migration.created_at),
        "workflow_state": copy_state(migration.workflow_state),
        "status_url": request.api_url(f"/courses/{migration.course_id}/course_copy/{migration.id}"),
    }


def _options(request: Request) -> dict[str, Any]:
    """Read ``only`` and ``except`` as ``copy`` options. Words that are none of theirs mean nothing."""
    selections = [request.params.get(name) for name in ("only", "except")]
    if any(isinstance(words, str) for words in selections):
        raise internal_error()
    only, excluded = (parse_list(words) for words in selections)
    if only and excluded:
        raise CanvasError(400, {"errors": 'You can not use "only" and "except" options at the same time.'})
    if not only and not excluded:
        return dict(EVERYTHING)
    words = only or [word for word in EXCEPTED_FROM if word not in excluded]
    return {option: "1" for word in words for option in WORDS.get(word, ())}


def _source(request: Request) -> Course:
    source = find_course(request.world, str(request.params.get("source_course", "")))
    if source is None:
        raise not_found()
    request.permit(request.user.may_read(source.id))
    return source


ROUTES = (
    Route("POST", PATH, create),
    Route("GET", PATH + "/{id}", show, secondary=True),
)
