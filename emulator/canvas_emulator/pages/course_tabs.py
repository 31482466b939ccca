"""The navigation of a course."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from canvas_emulator.model.content import Announcement, Assignment, DiscussionTopic, File, Module, Page, Quiz
from canvas_emulator.model.content_base import Content
from canvas_emulator.model.course import Course
from canvas_emulator.model.rights import rights
from canvas_emulator.model.unmapped_content import ExternalTool
from canvas_emulator.wire.request import Request, Route
from canvas_emulator.wire.responses import Response

TABS = {
    "home": ("Home", ""),
    "announcements": ("Announcements", "/announcements"),
    "pages": ("Pages", "/wiki"),
    "files": ("Files", "/files"),
    "assignments": ("Assignments", "/assignments"),
    "discussions": ("Discussions", "/discussion_topics"),
    "grades": ("Grades", "/grades"),
    "people": ("People", "/users"),
    "syllabus": ("Syllabus", "/assignments/syllabus"),
    "outcomes": ("Outcomes", "/outcomes"),
    "rubrics": ("Rubrics", "/rubrics"),
    "quizzes": ("Quizzes", "/quizzes"),
    "modules": ("Modules", "/modules"),
}
"""By id, the label and the path of each tab, in their order; tools and the settings come after them."""

HIDDEN = frozenset({"rubrics"})
"""The tabs that are hidden from students in every course; a course may hide others."""

CONTENT: Mapping[str, type[Content]] = {
    "announcements": Announcement,
    "assignments": Assignment,
    "discussions": DiscussionTopic,
    "files": File,
    "modules": Module,
    "pages": Page,
    "quizzes": Quiz,
}
"""The tabs that are ``unused`` in a course without such content; students do not see these.

Canvas never calls pages unused that students may edit, nor discussions that students may start. The emulator ignores
these two settings of a course.
"""


def index(request: Request) -> Response:
    """GET the tabs, all at once."""
    return Response(course_tabs(request, request.seen_course()))


def course_tabs(request: Request, course: Course) -> list[dict[str, Any]]:
    """Render the tabs that the caller sees."""
    tabs = [_tab(request, course, name, label, path) for name, (label, path) in TABS.items()]
    tools = request.world.live(ExternalTool, course.id)
    tabs += [_tool_tab(request, course, tool) for tool in tools if tool.course_navigation]
    tabs.append(_tab(request, course, "settings", "Settings", "/settings") | {"visibility": "admins"})
    sees_all = "read_as_admin" in rights(request.world, request.user, course)
    return [
        tab | {"position": position}
        for position, tab in enumerate(tabs, 1)
        if sees_all or tab["visibility"] == "public"
    ]


def _tab(request: Request, course: Course, name: str, label: str, path: str) -> dict[str, Any]:
    html_url, hidden = f"/courses/{course.id}{path}", name in HIDDEN | course.hidden_tabs
    unused = name in CONTENT and not request.world.live(CONTENT[name], course.id)
    return {
        "id": name,
        "html_url": html_url,
        "full_url": request.url(html_url),
        "label": label,
        "type": "internal",
        "visibility": "admins" if hidden or unused else "public",
        **({"hidden": True} if hidden else {}),
        **({"unused": True} if unused else {}),
    }


def _tool_tab(request: Request, course: Course, tool: ExternalTool) -> dict[str, Any]:
    launch = f"/courses/{course.id}/external_tools/sessionless_launch?id={tool.id}&launch_type=course_navigation"
    tab = _tab(request, course, f"context_external_tool_{tool.id}", tool.title, f"/external_tools/{tool.id}")
    return tab | {"type": "external", "url": request.api_url(launch)}


ROUTES = (Route("GET", "/courses/{course_id}/tabs", index),)
