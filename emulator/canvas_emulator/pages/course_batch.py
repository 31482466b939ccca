"""One event for up to 500 courses of an account, in the background."""

from __future__ import annotations

from canvas_emulator.jobs import course_batch
from canvas_emulator.machines.course import CourseEvent
from canvas_emulator.model.ids import find_row
from canvas_emulator.model.records import Progress
from canvas_emulator.model.rights import rights
from canvas_emulator.pages import progress
from canvas_emulator.wire.request import Request, Route
from canvas_emulator.wire.responses import CanvasError, Response, bad_request

MAX_COURSES = 500
EVENTS = (CourseEvent.OFFER, CourseEvent.CONCLUDE, CourseEvent.DELETE, CourseEvent.UNDELETE)


def update(request: Request) -> Response:
    """PUT an event to courses; the response is the Progress of the job."""
    account, world, user = request.account(), request.world, request.user
    course_ids, event = request.params.get("course_ids"), request.params.get("event")
    if not isinstance(course_ids, list):
        raise bad_request("must specify course_ids[]")
    if len(course_ids) > MAX_COURSES:
        raise CanvasError(403, {"message": f"course batch size limit ({MAX_COURSES}) exceeded"})
    if not event:
        raise bad_request("need to specify event")
    if event not in EVENTS:
        raise bad_request("invalid event")
    now = world.clock.now()
    row = Progress(
        id=world.next_id("progress"),
        context_id=account.id,
        context_type="Account",
        user_id=user.id,
        tag="course_batch_update",
        created_at=now,
        updated_at=now,
    )
    world.tables.progress[row.id] = row
    course_batch.begin(
        world,
        row,
        event=CourseEvent(event),
        course_ids=[str(course_id) for course_id in course_ids],
        find=lambda text: find_row(world, "course", world.tables.courses, text),
        may_change=lambda course: "change_course_state" in rights(world, user, course),
    )
    return Response(progress.shape(request, row))


ROUTES = (Route("PUT", "/accounts/{account_id}/courses", update),)
