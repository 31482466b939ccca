"""Link validation of a course, which Canvas does not document."""

from __future__ import annotations

from urllib.parse import urlsplit

from canvas_emulator.jobs.link_validation import begin, validation_of
from canvas_emulator.pages import progress
from canvas_emulator.wire.request import Request, Route
from canvas_emulator.wire.responses import Response

PATH = "/courses/{course_id}/link_validation"
RIGHT = "manage_course_content_edit"


def show(request: Request) -> Response:
    """GET the Progress of the last validation; an empty object if there was none."""
    row = validation_of(request.world, request.seen_course(right=RIGHT))
    return Response({} if row is None else progress.shape(request, row))


def start(request: Request) -> Response:
    """POST the start of a validation. The response is the same if one is running already."""
    course = request.seen_course(right=RIGHT)
    begin(request.world, course, frozenset({request.world.host, urlsplit(request.base_url).hostname or ""}))
    return Response({"success": True})


ROUTES = (
    Route("GET", PATH, show),
    Route("POST", PATH, start),
)
