"""Blueprint courses: which blueprint a course follows, and how its content came; on the other side, who follows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from airflow_provider_canvas.emulator.content import (
    MAPPED_KINDS,
    Announcement,
    Assignment,
    Content,
    DiscussionTopic,
    File,
    Module,
    ModuleItem,
    Page,
    Quiz,
)
from airflow_provider_canvas.emulator.effects.mapping import migration_id
from airflow_provider_canvas.emulator.jobs import blueprint as job
from airflow_provider_canvas.emulator.machines.blueprint import REPORTED
from airflow_provider_canvas.emulator.machines.content_migration import Stored
from airflow_provider_canvas.emulator.records import BlueprintMigration, BlueprintSubscription, ContentMigration
from airflow_provider_canvas.emulator.wire.answers import Answer, bad_request, not_found, stamp
from airflow_provider_canvas.emulator.wire.ids import find_course
from airflow_provider_canvas.emulator.wire.pagination import listing
from airflow_provider_canvas.emulator.wire.parameters import listed, number
from airflow_provider_canvas.emulator.wire.request import Request, Route

CHILD = "/courses/{course_id}/blueprint_subscriptions"
MASTER = "/courses/{course_id}/blueprint_templates/{template_id}"
DEFAULT = "default"

ASSET_TYPES: Mapping[type[Content], str] = {
    Assignment: "assignment",
    Announcement: "announcement",
    File: "attachment",
    ModuleItem: "content_tag",
    Module: "context_module",
    DiscussionTopic: "discussion_topic",
    Quiz: "quiz",
    Page: "wiki_page",
}
"""What the list of changes calls the kinds."""


def subscriptions(request: Request) -> Answer:
    """GET the blueprint that a course follows: a list of one, or of none."""
    return listing(request, _subscriptions(request), _subscription_shape)


def index(request: Request) -> Answer:
    """GET the migrations from the blueprint into this course, newest first."""
    return listing(request, _migrations(request, [_subscription(request)]), shape)


def show(request: Request) -> Answer:
    """GET one of them."""
    return Answer(shape(request, _migration(request)))


def details(request: Request) -> Answer:
    """GET what one of them changed in this course."""
    migration = _content_migration(request, _migration(request))
    return listing(request, _changed(request, migration), _change_shape(migration))


def syncs(request: Request) -> Answer:
    """GET the migrations out of a blueprint, newest first."""
    return listing(request, _migrations(request, _followers(request)), shape)


def sync(request: Request) -> Answer:
    """POST a migration out of a blueprint: into all courses that follow it."""
    request.writable_course()
    now, comment = request.world.clock.now(), request.params.get("comment")
    text = None if comment is None else str(comment)
    made = [job.sync(request.world, each, request.user.id, now, text) for each in _followers(request)]
    if not made:
        raise bad_request("No associated courses to migrate to")
    return Answer(shape(request, made[0]))


def associated_courses(request: Request) -> Answer:
    """GET the courses that follow a blueprint."""
    return listing(request, _followers(request), _course_shape)


def update_associations(request: Request) -> Answer:
    """PUT which courses follow a blueprint: `course_ids_to_add[]`, `course_ids_to_remove[]`."""
    course, world = request.writable_course(), request.world
    for text in listed(request.params.get("course_ids_to_add")):
        if (follower := find_course(world, text)) is None or follower.id == course.id:
            raise bad_request("invalid courses")
        job.associate(world, course.id, follower.id)
    removed = set(listed(request.params.get("course_ids_to_remove")))
    for each in _followers(request):
        if str(each.course_id) in removed:
            del world.tables.blueprint_subscriptions[each.id]
    return Answer({"success": True})


def shape(request: Request, row: BlueprintMigration) -> dict[str, Any]:
    """Render a BlueprintMigration. Its id, on the side of the course that follows, may be that of the migration."""
    subscription = row.subscription
    migration = _content_migration(request, row)
    is_child = "template_id" not in request.ids
    done = migration.finished_at if migration.workflow_state is Stored.IMPORTED else None
    return {
        "id": _shown_id(request, row) if is_child else row.id,
        "subscription_id" if is_child else "template_id": subscription.id if is_child else _template_id(subscription),
        "user_id": migration.user_id,
        "workflow_state": REPORTED[migration.workflow_state],
        "created_at": stamp(migration.created_at),
        "exports_started_at": stamp(migration.created_at),
        "imports_queued_at": stamp(migration.started_at),
        "imports_completed_at": stamp(done),
        "comment": row.comment,
    }


def _shown_id(request: Request, row: BlueprintMigration) -> int:
    return row.content_migration_id if request.world.settings.blueprint_ids_of_migrations else row.id


def _template_id(subscription: BlueprintSubscription) -> int:
    """Return the id of a blueprint's one template, which is here that of its course."""
    return subscription.blueprint_course_id


def _subscriptions(request: Request) -> list[BlueprintSubscription]:
    course = request.course()
    return [each for each in request.world.tables.blueprint_subscriptions.values() if each.course_id == course.id]


def _subscription(request: Request) -> BlueprintSubscription:
    wanted = request.ids["subscription_id"]
    for each in _subscriptions(request):
        if wanted in (DEFAULT, str(each.id)):
            return each
    raise not_found()


def _followers(request: Request) -> list[BlueprintSubscription]:
    course = request.course()
    if request.ids["template_id"] not in (DEFAULT, str(course.id)):
        raise not_found()
    known = request.world.tables.blueprint_subscriptions.values()
    return [each for each in known if each.blueprint_course_id == course.id]


def _migrations(request: Request, of: list[BlueprintSubscription]) -> list[BlueprintMigration]:
    rows = request.world.tables.blueprint_migrations.values()
    return [row for row in rows if row.subscription in of][::-1]


def _migration(request: Request) -> BlueprintMigration:
    wanted = number(request.ids["id"])
    for row in _migrations(request, [_subscription(request)]):
        if _shown_id(request, row) == wanted:
            return row
    raise not_found()


def _content_migration(request: Request, row: BlueprintMigration) -> ContentMigration:
    return request.world.tables.content_migrations[row.content_migration_id]


def _changed(request: Request, migration: ContentMigration) -> list[Content]:
    """Return what a migration made or changed in its course."""
    world, since = request.world, migration.started_at
    if migration.workflow_state is not Stored.IMPORTED or since is None or migration.source_course_id is None:
        return []
    found: list[Content] = []
    for kind in MAPPED_KINDS:
        keys = {migration_id(kind, row.id) for row in world.rows(kind, migration.source_course_id)}
        rows = world.live(kind, migration.course_id)
        found += [row for row in rows if row.migration_id in keys and row.updated_at >= since]
    return found


def _change_shape(migration: ContentMigration) -> Callable[[Request, Content], dict[str, Any]]:
    def shaped(request: Request, row: Content) -> dict[str, Any]:
        is_new = migration.started_at is not None and row.created_at >= migration.started_at
        return {
            "asset_id": row.id,
            "asset_type": ASSET_TYPES[type(row)],
            "asset_name": row.title,
            "change_type": "created" if is_new else "updated",
            "html_url": request.url(row.path),
            "exceptions": [],
        }

    return shaped


def _subscription_shape(request: Request, row: BlueprintSubscription) -> dict[str, Any]:
    course = request.world.tables.courses[row.blueprint_course_id]
    term = request.world.tables.terms.get(course.enrollment_term_id)
    return {
        "id": row.id,
        "template_id": _template_id(row),
        "blueprint_course": {
            "id": course.id,
            "name": course.name,
            "course_code": course.course_code,
            "term_name": term.name if term else None,
        },
    }


def _course_shape(request: Request, row: BlueprintSubscription) -> dict[str, Any]:
    course = request.world.tables.courses[row.course_id]
    term = request.world.tables.terms.get(course.enrollment_term_id)
    return {
        "id": course.id,
        "name": course.name,
        "course_code": course.course_code,
        "term_name": term.name if term else None,
        "sis_course_id": course.sis_course_id,
    }


ROUTES = (
    Route("GET", CHILD, subscriptions),
    Route("GET", CHILD + "/{subscription_id}/migrations", index),
    Route("GET", CHILD + "/{subscription_id}/migrations/{id}", show),
    Route("GET", CHILD + "/{subscription_id}/migrations/{id}/details", details),
    Route("GET", MASTER + "/migrations", syncs),
    Route("POST", MASTER + "/migrations", sync),
    Route("GET", MASTER + "/associated_courses", associated_courses),
    Route("PUT", MASTER + "/update_associations", update_associations),
)
