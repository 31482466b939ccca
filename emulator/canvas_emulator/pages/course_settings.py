"""The settings of a course, which have a page of their own and top-level keys."""

from __future__ import annotations

from typing import Any

from canvas_emulator.model.course import Course
from canvas_emulator.model.parsing import parse_int
from canvas_emulator.pages.course_requests import READERS, store
from canvas_emulator.wire.request import Request, Route
from canvas_emulator.wire.responses import Response

SWITCHES = (
    "allow_final_grade_override",
    "allow_student_discussion_topics",
    "allow_student_forum_attachments",
    "allow_student_discussion_editing",
    "allow_student_discussion_reporting",
    "allow_student_anonymous_discussion_topics",
    "filter_speed_grader_by_student_group",
    "allow_student_organized_groups",
    "hide_final_grades",
    "hide_distribution_graphs",
    "hide_sections_on_course_users_page",
    "lock_all_announcements",
    "usage_rights_required",
    "restrict_student_past_view",
    "restrict_student_future_view",
    "show_announcements_on_home_page",
    "syllabus_course_summary",
    "conditional_release",
)
"""What a PUT may set besides the limit and the default time."""

NEED_FEATURES = frozenset({"allow_final_grade_override", "filter_speed_grader_by_student_group"})
"""Those that stay off where the gradebook has not these features."""

INHERIT = "inherit"
END_OF_DAY = "23:59:59"


def show(request: Request) -> Response:
    """GET the settings."""
    return Response(shape(request, request.seen_course()))


def update(request: Request) -> Response:
    """PUT settings: keys of their own, and not of ``course[...]``."""
    course, params = request.seen_course(right="manage_course_content_edit"), request.params
    for name in SWITCHES:
        if name in params and (name not in NEED_FEATURES or request.world.settings.gradebook_features):
            store(course, name, READERS[name](params[name]))
    if (limit := parse_int(str(params.get("home_page_announcement_limit", "")))) is not None:
        course.settings.home_page_announcement_limit = limit
    if due_time := params.get("default_due_time"):
        course.settings.default_due_time = END_OF_DAY if due_time == INHERIT else str(due_time)
    return Response(shape(request, course))


def shape(request: Request, course: Course) -> dict[str, Any]:
    """Render the settings."""
    settings = course.settings
    payload = {name: getattr(settings, name) for name in SWITCHES} | {
        "grading_standard_enabled": settings.grading_standard_id is not None,
        "grading_standard_id": settings.grading_standard_id,
        "grade_passback_setting": settings.grade_passback_setting,
        "restrict_quantitative_data": False,
        "home_page_announcement_limit": settings.home_page_announcement_limit,
        "homeroom_course": settings.homeroom_course,
        "image_url": settings.image_url,
        "image_id": None if settings.image_id is None else str(settings.image_id),
        "image": course_image(request, course),
        "banner_image_url": None,
        "banner_image_id": None,
        "banner_image": None,
        "course_color": settings.course_color,
        "friendly_name": settings.friendly_name,
        "default_due_time": settings.default_due_time,
    }
    if request.world.settings.newer_keys:
        payload |= {
            "use_default_discussion_settings": False,
            "default_discussion_settings": {},
            "default_student_gradebook_view": False,
        }
    return payload


def course_image(request: Request, course: Course) -> str | None:
    """Return the URL of the image on the course's card: of a file of the course, or of any other image."""
    settings = course.settings
    if settings.image_id is None:
        return settings.image_url
    return request.url(f"/courses/{course.id}/files/{settings.image_id}/download")


ROUTES = (
    Route("GET", "/courses/{course_id}/settings", show),
    Route("PUT", "/courses/{course_id}/settings", update),
)
