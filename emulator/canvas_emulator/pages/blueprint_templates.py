"""Blueprint courses, seen from the blueprint: who follows it, what it sent them, and what it has not sent yet.

A blueprint has one template, with an id of its own; ``default`` stands for it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from canvas_emulator.jobs import blueprint as job
from canvas_emulator.machines.blueprint import RUNNING, SyncState
from canvas_emulator.machines.course import CourseState
from canvas_emulator.model.content import MAPPED_KINDS
from canvas_emulator.model.course import Course
from canvas_emulator.model.enrollments import EnrollmentType
from canvas_emulator.model.ids import find_course
from canvas_emulator.model.parsing import parse_int, parse_list
from canvas_emulator.model.records import BlueprintMigration, BlueprintTemplate
from canvas_emulator.model.world import World
from canvas_emulator.pages import blueprint_shapes
from canvas_emulator.pages.blueprint_shapes import ASSET_TYPES, change_shape, changed, detail_shape
from canvas_emulator.pages.user_shapes import user_display
from canvas_emulator.wire.pagination import listing
from canvas_emulator.wire.request import Request, Route
from canvas_emulator.wire.responses import Response, bad_request, not_found, stamp

MASTER = "/courses/{course_id}/blueprint_templates/{template_id}"
DEFAULT = "default"


def template(request: Request) -> Response:
    """GET what makes a course a blueprint."""
    row = _template(request)
    syncs = job.syncs_of(request.world, row.id)
    payload = {
        "id": row.id,
        "course_id": row.course_id,
        "last_export_completed_at": stamp(_last_completed(request.world, syncs)),
        "associated_course_count": len(job.subscriptions_of(request.world, row)),
    }
    return Response(payload | ({"latest_migration": shape(request, syncs[0])} if syncs else {}))


def index(request: Request) -> Response:
    """GET the migrations out of a blueprint, newest first."""
    return listing(request, job.syncs_of(request.world, _template(request).id), shape)


def show(request: Request) -> Response:
    """GET one of them."""
    return Response(shape(request, _migration(request)))


def details(request: Request) -> Response:
    """GET what of the blueprint one of them brought, in one response; nothing if it brought everything."""
    world, row = request.world, _migration(request)
    imports = [world.tables.content_migrations[row.content_migration_ids[each]] for each in sorted(row.selective_ids)]
    changes = {source.path: (source, change) for each in imports for _, source, change in changed(world, each)}
    return Response([detail_shape(request, change) for change in changes.values()])


def sync(request: Request) -> Response:
    """POST a migration out of a blueprint: into all courses that follow it."""
    row, world, comment = _template(request), request.world, request.params.get("comment")
    if any(job.state(world, each) in RUNNING for each in job.syncs_of(world, row.id)):
        raise bad_request("Cannot queue a migration while one is currently running")
    if not job.subscriptions_of(world, row):
        raise bad_request("No associated courses to migrate to")
    text = None if comment is None else str(comment)
    return Response(shape(request, job.sync(world, row, request.user.id, world.clock.now(), text)))


def associated_courses(request: Request) -> Response:
    """GET the courses that follow a blueprint, deleted ones left out."""
    tables = request.world.tables
    followers = job.subscriptions_of(request.world, _template(request))
    ids = [each.course_id for each in followers if not _is_deleted(tables.courses[each.course_id])]
    return listing(request, ids, _associated_shape)


def update_associations(request: Request) -> Response:
    """PUT which courses follow a blueprint: ``course_ids_to_add[]``, ``course_ids_to_remove[]``."""
    row, world = _template(request), request.world
    request.permit(request.user.is_admin)
    added, removed = (
        {course.id: course for text in parse_list(request.params.get(name)) if (course := find_course(world, text))}
        for name in ("course_ids_to_add", "course_ids_to_remove")
    )
    if added.keys() & removed.keys():
        raise bad_request("cannot add and remove a course at the same time")
    if removed and any(job.state(world, each) in RUNNING for each in job.syncs_of(world, row.id)):
        raise bad_request("cannot remove courses while a sync is ongoing")
    if wrong := [str(course.id) for course in added.values() if course.settings.blueprint or _is_deleted(course)]:
        raise bad_request(f"invalid courses to add ({', '.join(wrong)})")
    subscriptions = world.tables.blueprint_subscriptions
    elsewhere = {each.course_id for each in subscriptions.values() if each.template_id != row.id}
    if taken := [str(course_id) for course_id in added if course_id in elsewhere]:
        raise bad_request(f"cannot add courses already associated with other templates ({', '.join(taken)})")
    for course_id in added:
        job.associate(world, row.course_id, course_id)
    for each in job.subscriptions_of(world, row):
        if each.course_id in removed:
            del subscriptions[each.id]
    return Response({"success": True})


def restrict_item(request: Request) -> Response:
    """PUT whether an item of a blueprint is locked in the courses that follow."""
    template, params = _template(request), request.params
    kind = next((kind for kind, name in ASSET_TYPES.items() if name == params.get("content_type")), None)
    row_id = parse_int(str(params.get("content_id", ""))) or 0
    if kind is None or request.world.find(kind, template.course_id, row_id) is None:
        raise not_found()
    if request.parse_bool("restricted"):
        template.restricted.add((kind.KIND, row_id))
    else:
        template.restricted.discard((kind.KIND, row_id))
    return Response({"success": True})


def unsynced_changes(request: Request) -> Response:
    """GET what changed since the last sync, in one response: before the first, the course as a whole."""
    row, world = _template(request), request.world
    completed = [each for each in job.syncs_of(world, row.id) if job.state(world, each) is SyncState.COMPLETED]
    since = completed[0].exports_started_at if completed else None
    if since is None:
        return Response([{"asset_name": world.tables.courses[row.course_id].name, "change_type": "initial_sync"}])
    rows = (each for kind in MAPPED_KINDS for each in world.rows(kind, row.course_id) if each.updated_at > since)
    return Response(
        [change_shape(request, (each, _what_became(each.created_at > since, each.deleted))) for each in rows]
    )


def shape(request: Request, row: BlueprintMigration) -> dict[str, Any]:
    """Render a BlueprintMigration as the blueprint sees it."""
    return {"id": row.id, "template_id": row.template_id, **blueprint_shapes.migration_shape(request, row)}


def _associated_shape(request: Request, course_id: int) -> dict[str, Any]:
    """Render a course that follows, with its teachers."""
    world = request.world
    teachers = {
        enrollment.user_id: world.tables.users[enrollment.user_id]
        for enrollment in world.enrollments.in_course(course_id)
        if enrollment.type is EnrollmentType.TEACHER and enrollment.current
    }
    shown = [user_display(request, user, course_id) for user in teachers.values()]
    return blueprint_shapes.course_shape(request, course_id) | {"teachers": shown}


def _is_deleted(course: Course) -> bool:
    return course.workflow_state == CourseState.DELETED


def _what_became(is_new: bool, is_deleted: bool) -> str:
    return "deleted" if is_deleted else "created" if is_new else "updated"


def _last_completed(world: World, syncs: list[BlueprintMigration]) -> datetime | None:
    """Return when the newest completed sync ended."""
    return next((at for row in syncs if (at := job.completed_at(world, row)) is not None), None)


def _template(request: Request) -> BlueprintTemplate:
    """Return the template of the path, in a course that the caller manages.

    :raises CanvasError: 404, when the course is no blueprint or the template is another one's.
    """
    template = job.template_of(request.world, request.writable_course())
    if template is None or request.ids["template_id"] not in (DEFAULT, str(template.id)):
        raise not_found()
    return template


def _migration(request: Request) -> BlueprintMigration:
    wanted = parse_int(request.ids["id"])
    for row in job.syncs_of(request.world, _template(request).id):
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
    Route("PUT", MASTER + "/restrict_item", restrict_item),
    Route("GET", MASTER + "/unsynced_changes", unsynced_changes),
)
