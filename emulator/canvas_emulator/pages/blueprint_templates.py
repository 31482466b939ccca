"""Blueprint courses, seen from the blueprint: who follows it, what it sent them, and what it has not sent yet.

A blueprint has one template, whose id is here that of its course; ``default`` stands for it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from canvas_emulator.jobs import automatic_copies as job
from canvas_emulator.model.content import MAPPED_KINDS
from canvas_emulator.model.course import Course
from canvas_emulator.model.ids import find_course
from canvas_emulator.model.parsing import parse_int, parse_list
from canvas_emulator.model.records import BlueprintMigration, BlueprintSubscription
from canvas_emulator.pages import blueprint_shapes
from canvas_emulator.pages.blueprint_shapes import change_shape, changed_at_source
from canvas_emulator.wire.pagination import listing
from canvas_emulator.wire.request import Request, Route
from canvas_emulator.wire.responses import Response, bad_request, not_found, stamp

MASTER = "/courses/{course_id}/blueprint_templates/{template_id}"
DEFAULT = "default"


def template(request: Request) -> Response:
    """GET what makes a course a blueprint."""
    course, followers, rows = request.course(), _followers(request), _migrations(request)
    return Response(
        {
            "id": course.id,
            "course_id": course.id,
            "last_export_completed_at": stamp(_last_export(request, rows)),
            "associated_course_count": len(followers),
            "latest_migration": shape(request, rows[0]) if rows else None,
        }
    )


def index(request: Request) -> Response:
    """GET the migrations out of a blueprint, newest first."""
    return listing(request, _migrations(request), shape)


def show(request: Request) -> Response:
    """GET one of them."""
    return Response(shape(request, _migration(request)))


def details(request: Request) -> Response:
    """GET what of the blueprint one of them brought, in one response."""
    world = request.world
    migration = blueprint_shapes.content_migration_of(world, _migration(request))
    return Response([change_shape(request, each) for each in changed_at_source(world, migration)])


def sync(request: Request) -> Response:
    """POST a migration out of a blueprint: into all courses that follow it."""
    request.writable_course()
    now, comment = request.world.clock.now(), request.params.get("comment")
    text = None if comment is None else str(comment)
    syncs = [job.sync(request.world, each, request.user.id, now, text) for each in _followers(request)]
    if not syncs:
        raise bad_request("No associated courses to migrate to")
    return Response(shape(request, syncs[0]))


def associated_courses(request: Request) -> Response:
    """GET the courses that follow a blueprint."""
    ids = [each.course_id for each in _followers(request)]
    return listing(request, ids, blueprint_shapes.course_shape)


def update_associations(request: Request) -> Response:
    """PUT which courses follow a blueprint: ``course_ids_to_add[]``, ``course_ids_to_remove[]``."""
    course, world = request.writable_course(), request.world
    for text in parse_list(request.params.get("course_ids_to_add")):
        if (follower := find_course(world, text)) is None or follower.id == course.id:
            raise bad_request("invalid courses")
        job.associate(world, course.id, follower.id)
    removed = set(parse_list(request.params.get("course_ids_to_remove")))
    for each in _followers(request):
        if str(each.course_id) in removed:
            del world.tables.blueprint_subscriptions[each.id]
    return Response({"success": True})


def unsynced_changes(request: Request) -> Response:
    """GET what changed since the last migration, in one response: before the first, the course as a whole."""
    course, since = request.course(), _last_export(request, _migrations(request))
    if since is None:
        return Response([_initial_sync(request, course)])
    rows = (row for kind in MAPPED_KINDS for row in request.world.rows(kind, course.id) if row.updated_at > since)
    return Response([change_shape(request, (row, _what_became(row.created_at > since, row.deleted))) for row in rows])


def shape(request: Request, row: BlueprintMigration) -> dict[str, Any]:
    """Render a BlueprintMigration as the blueprint sees it."""
    return {
        "id": row.id,
        "template_id": row.subscription.blueprint_course_id,
        **blueprint_shapes.migration_shape(request, row),
    }


def _initial_sync(request: Request, course: Course) -> dict[str, Any]:
    return {
        "asset_id": course.id,
        "asset_type": "course",
        "asset_name": course.name,
        "change_type": "initial_sync",
        "html_url": request.url(f"/courses/{course.id}"),
        "locked": False,
    }


def _what_became(is_new: bool, is_deleted: bool) -> str:
    return "deleted" if is_deleted else "created" if is_new else "updated"


def _last_export(request: Request, rows: list[BlueprintMigration]) -> datetime | None:
    """Return when the blueprint last began to be sent; what changed later has not been."""
    begun = (blueprint_shapes.content_migration_of(request.world, row).created_at for row in rows)
    return max(begun, default=None)


def _followers(request: Request) -> list[BlueprintSubscription]:
    course = request.course()
    if request.ids["template_id"] not in (DEFAULT, str(course.id)):
        raise not_found()
    known = request.world.tables.blueprint_subscriptions.values()
    return [each for each in known if each.blueprint_course_id == course.id]


def _migrations(request: Request) -> list[BlueprintMigration]:
    return blueprint_shapes.migrations_of(request.world, _followers(request))


def _migration(request: Request) -> BlueprintMigration:
    wanted = parse_int(request.ids["id"])
    for row in _migrations(request):
        if row.id == wanted:
            return row
    raise not_found()


ROUTES = (
    Route("GET", MASTER, template),
    Route("GET", MASTER + "/migrations", index),
    Route("POST", MASTER + "/migrations", sync),
    Route("GET", MASTER + "/migrations/{id}", show),
    Route("GET", MASTER + "/migrations/{id}/details", details),
    Route("GET", MASTER + "/associated_courses", associated_courses),
    Route("PUT", MASTER + "/update_associations", update_associations),
    Route("GET", MASTER + "/unsynced_changes", unsynced_changes),
)
