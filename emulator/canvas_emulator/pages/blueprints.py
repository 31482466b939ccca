"""Blueprint courses, seen from a course that follows one: which blueprint that is, and what came from it."""

from __future__ import annotations

from typing import Any

from canvas_emulator.model.parsing import parse_int
from canvas_emulator.model.records import BlueprintMigration, BlueprintSubscription
from canvas_emulator.pages import blueprint_shapes
from canvas_emulator.pages.blueprint_shapes import change_shape, changed
from canvas_emulator.wire.pagination import listing
from canvas_emulator.wire.request import Request, Route
from canvas_emulator.wire.responses import Response, not_found

CHILD = "/courses/{course_id}/blueprint_subscriptions"
DEFAULT = "default"


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
    """GET what one of them changed in this course, in one response."""
    world = request.world
    migration = blueprint_shapes.content_migration_of(world, _migration(request))
    return Response([change_shape(request, each) for each in changed(world, migration)])


def shape(request: Request, row: BlueprintMigration) -> dict[str, Any]:
    """Render a BlueprintMigration as the course that follows sees it. Its id may be that of the content migration."""
    return {
        "id": _shown_id(request, row),
        "subscription_id": row.subscription.id,
        **blueprint_shapes.migration_shape(request, row),
    }


def _shown_id(request: Request, row: BlueprintMigration) -> int:
    return row.content_migration_id if request.world.settings.blueprint_ids_of_migrations else row.id


def _subscriptions(request: Request) -> list[BlueprintSubscription]:
    course = request.course()
    return [each for each in request.world.tables.blueprint_subscriptions.values() if each.course_id == course.id]


def _migrations(request: Request) -> list[BlueprintMigration]:
    wanted = request.ids["subscription_id"]
    for each in _subscriptions(request):
        if wanted in (DEFAULT, str(each.id)):
            return blueprint_shapes.migrations_of(request.world, [each])
    raise not_found()


def _migration(request: Request) -> BlueprintMigration:
    wanted = parse_int(request.ids["id"])
    for row in _migrations(request):
        if _shown_id(request, row) == wanted:
            return row
    raise not_found()


def _subscription_shape(request: Request, row: BlueprintSubscription) -> dict[str, Any]:
    return {
        "id": row.id,
        "template_id": row.blueprint_course_id,
        "blueprint_course": blueprint_shapes.course_shape(request, row.blueprint_course_id),
    }


ROUTES = (
    Route("GET", CHILD, subscriptions),
    Route("GET", CHILD + "/{subscription_id}/migrations", index),
    Route("GET", CHILD + "/{subscription_id}/migrations/{id}", show),
    Route("GET", CHILD + "/{subscription_id}/migrations/{id}/details", details),
)
