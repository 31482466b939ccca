"""Sections of a course."""

from __future__ import annotations

from typing import Any

from canvas_emulator.model.content import EPOCH
from canvas_emulator.model.enrollments import Section
from canvas_emulator.model.ids import find_section
from canvas_emulator.model.rights import rights
from canvas_emulator.wire.pagination import listing
from canvas_emulator.wire.request import Request, Route
from canvas_emulator.wire.responses import Response, not_found, stamp


def index(request: Request) -> Response:
    """GET the sections of a course."""
    course = request.seen_course(right="read_roster")
    return listing(request, request.world.enrollments.sections_of(course.id), shape, as_sent=True)


def show(request: Request) -> Response:
    """GET a section, by its id alone."""
    section = find_section(request.world, request.ids["id"])
    if section is None:
        raise not_found()
    course = request.world.tables.courses[section.course_id]
    request.permit("read_roster" in rights(request.world, request.user, course))
    return Response(shape(request, section))


def shape(request: Request, section: Section) -> dict[str, Any]:
    """Render a Section."""
    payload: dict[str, Any] = {
        "id": section.id,
        "course_id": section.course_id,
        "name": section.name,
        "start_at": None,
        "end_at": None,
        "created_at": stamp(EPOCH),
        "nonxlist_course_id": None,
        "restrict_enrollments_to_section_dates": None,
    }
    course = request.world.tables.courses[section.course_id]
    if "read_sis" in rights(request.world, request.user, course):
        payload |= {
            "sis_section_id": section.sis_section_id,
            "sis_course_id": course.sis_course_id,
            "integration_id": section.integration_id,
        }
    return payload


ROUTES = (
    Route("GET", "/courses/{course_id}/sections", index),
    Route("GET", "/sections/{id}", show),
)
