"""The routes of what a course contains beside the eight types of the asset id mapping.

The ids are those of :mod:`~client.contract.routes_world`: course 11 has one of every kind at least.
"""

from __future__ import annotations

from tests.client.contract.routes_row import row

COURSE = "/api/v1/courses/11"
QUIZZES = "/api/quiz/v1/courses/11/quizzes"
HERE = {"course_id": 11}
UUID = "5b4f1d6c-0d4d-4b4c-9a58-6c1d0f5f3f11"
QUIZ = "5002"

ROWS = (
    row(
        "assignment_groups.list",
        {**HERE, "include": ["assignments", "all_dates"], "override_assignment_dates": False},
        f"GET {COURSE}/assignment_groups",
        "per_page=100",
        "include[]=assignments",
        "include[]=all_dates",
        "override_assignment_dates=false",
        shows={"id": 2301, "name": "Work", "group_weight": 60.0, "position": 1},
        count=2,
    ),
    row(
        "external_tools.list",
        HERE,
        f"GET {COURSE}/external_tools",
        "per_page=100",
        shows={"name": "Library", "url": "https://library.example/lti", "privacy_level": "anonymous"},
        count=1,
    ),
    row(
        "group_categories.list",
        HERE,
        f"GET {COURSE}/group_categories",
        "per_page=100",
        shows={"name": "Labs", "course_id": 11},
        count=2,
    ),
    row(
        "outcome_groups.list",
        HERE,
        f"GET {COURSE}/outcome_groups",
        "per_page=100",
        shows={"title": "Skills", "context_id": 11},
        count=2,
    ),
    row(
        "outcome_groups.links",
        {**HERE, "outcome_style": "full", "outcome_group_style": "abbr"},
        f"GET {COURSE}/outcome_group_links",
        "per_page=100",
        "outcome_style=full",
        "outcome_group_style=abbr",
        shows={"outcome": {"title": "Argues", "mastery_points": 4.0}, "outcome_group": {"title": "Writing"}},
        count=1,
    ),
    row(
        "rubrics.list",
        HERE,
        f"GET {COURSE}/rubrics",
        "per_page=100",
        shows={"title": "Essays", "points_possible": 10.0, "context_type": "Course"},
        count=1,
    ),
    row("tabs.list", HERE, f"GET {COURSE}/tabs", shows={"id": "home", "position": 1, "type": "internal"}, count=14),
    row("link_validation.get", HERE, f"GET {COURSE}/link_validation", shows={"tag": "link_validation"}),
    row("link_validation.start", HERE, f"POST {COURSE}/link_validation", shows={"success": True}),
    row(
        "lti_resource_links.list",
        HERE,
        f"GET {COURSE}/lti_resource_links",
        "per_page=100",
        shows={"lookup_uuid": UUID, "context_type": "Course"},
        count=1,
    ),
    row(
        "lti_resource_links.get",
        {**HERE, "resource_link_id": f"lookup_uuid:{UUID}", "include_deleted": True},
        f"GET {COURSE}/lti_resource_links/lookup_uuid:{UUID}",
        "include_deleted=true",
        shows={"title": "Reading room"},
    ),
    row(
        "new_quizzes.list",
        HERE,
        f"GET {QUIZZES}",
        "per_page=100",
        shows={"id": QUIZ, "title": "New Quiz"},
        count=1,
    ),
    row("new_quizzes.get", {**HERE, "assignment_id": QUIZ}, f"GET {QUIZZES}/{QUIZ}", shows={"id": QUIZ}),
    row(
        "new_quizzes.items",
        {**HERE, "assignment_id": QUIZ},
        f"GET {QUIZZES}/{QUIZ}/items",
        "per_page=100",
        shows={"position": 1, "entry_type": "Item"},
        count=2,
    ),
)

SENT = (
    row(
        "external_tools.list",
        {**HERE, "search_term": "lib", "selectable": True, "include_parents": True, "placement": "course_navigation"},
        f"GET {COURSE}/external_tools",
        "per_page=100",
        "search_term=lib",
        "selectable=true",
        "include_parents=true",
        "placement=course_navigation",
    ),
    row(
        "lti_resource_links.list",
        {**HERE, "include_deleted": True},
        f"GET {COURSE}/lti_resource_links",
        "per_page=100",
        "include_deleted=true",
    ),
    row(
        "lti_resource_links.update",
        {
            **HERE,
            "resource_link_id": 7,
            "url": "https://tool.example/x?a=1&b=2",
            "custom": {"course": "11", "kept": "as is"},
            "context_external_tool_id": 3,
        },
        f"PUT {COURSE}/lti_resource_links/7",
        "url=https://tool.example/x?a=1&b=2",
        "custom[course]=11",
        "custom[kept]=as is",
        "context_external_tool_id=3",
    ),
)
"""Calls that are only sent, and not asked of the local Canvas."""
