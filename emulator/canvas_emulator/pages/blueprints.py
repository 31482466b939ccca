"""Blueprint courses, seen from a course that follows one: which blueprint that is, and what came from it."""

from __future__ import annotations

from typing import Any

from canvas_emulator.jobs.blueprint import syncs_of
from canvas_emulator.model.parsing import parse_int
from canvas_emulator.model.records import BlueprintMigration, BlueprintSubscription
from canvas_emulator.pages import blueprint_shapes
from canvas_emulator.pages.blueprint_shapes import detail_shape
from canvas_emulator.wire.pagination import listing
from canvas_emulator.wire.request import Request, Route
from canvas_emulator.wire.responses import Response, not_found

CHILD = "/courses/{course_id}/blueprint_subscriptions"
DEFAULT = "default"

Import = tuple[BlueprintSubscription, BlueprintMigration]
"""A sync, as one of the courses that follow sees it."""


def subscriptions(request: Request) -> Response:
    """GET the blueprint that a course follows: a list of one, or of none."""
    return listing(request, _subscriptions(request), _subscription_shape)


def index(request: Request) -> Response:
    """GET the migrations from the blueprint into this course, newest first."""
    return listing(request, _migrations(request), shape)


def show(request: Request) -> Response:
    """GET one of them."""
    return Response(shape(request, _migration(request)))


def details(request: Request) -> Response:
    """GET what one of them changed in this course, in one response; nothing if it brought everything."""
    subscription, row = _migration(request)
    if subscription.id not in row.selective_ids:
        return Response([])
    migration = request.world.tables.content_migrations[row.content_migration_ids[subscription.id]]
    changes = blueprint_shapes.changed(request.world, migration)
    return Response([detail_shape(request, (row, change)) for row, _, change in changes])


def shape(request: Request, import_: Import) -> dict[str, Any]:
    """Render a BlueprintMigration as the course that follows sees it. Its id is that of the content migration."""
    subscription, row = import_
    return {
        "id": row.content_migration_ids[subscription.id],
        "subscription_id": subscription.id,
        **blueprint_shapes.migration_shape(request, row),
    }


def _subscriptions(request: Request) -> list[BlueprintSubscription]:
    course = request.writable_course()
    return [each for each in request.world.tables.blueprint_subscriptions.values() if each.course_id == course.id]


def _migrations(request: Request) -> list[Import]:
    wanted = request.ids["subscription_id"]
    for each in _subscriptions(request):
        if wanted in (DEFAULT, str(each.id)):
            rows = syncs_of(request.world, each.template_id)
            return [(each, row) for row in rows if each.id in row.content_migration_ids]
    raise not_found()


def _migration(request: Request) -> Import:
    wanted = parse_int(request.ids["id"])
    for subscription, row in _migrations(request):
        if row.content_migration_ids[subscription.id] == wanted:
            return subscription, row
    raise not_found()


def _subscription_shape(request: Request, row: BlueprintSubscription) -> dict[str, Any]:
    return {
        "id": row.id,
        "template_id": row.template_id,
        "blueprint_course": blueprint_shapes.course_shape(request, row.blueprint_course_id),
    }


ROUTES = (
    Route("GET", CHILD, subscriptions),
    Route("GET", CHILD + "/{subscription_id}/migrations", index),
    Route("GET", CHILD + "/{subscription_id}/migrations/{id}", show),
    Route("GET", CHILD + "/{subscription_id}/migrations/{id}/details", details),
)
