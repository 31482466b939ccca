"""Courses of which only what Canvas's mapping lacks is listed, as Canvas sends it, and pristine copies of them."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st

Listings = dict[str, list[Any]]

SOURCE_ID, COPY_ID = 11, 22
HIGHER = 5_000
"""By how much the ids of a copy are higher."""

LISTED = (
    "assignment_groups",
    "calendar_events",
    "external_tools",
    "group_categories",
    "outcome_groups",
    "outcomes",
    "rubrics",
)
DELETABLE = {
    "assignment_groups": "assignment_groups",
    "calendar_events": "calendar_events",
    "external_tools": "external_tools",
    "outcomes": "outcomes",
    "rubrics": "rubrics",
}
"""The listings of which single records can be deleted, and the asset types of their rows."""


def rubric(number: int, title: str, *criteria: tuple[str, float]) -> dict[str, Any]:
    """Return a rubric."""
    data = [
        {"id": f"_{number}_{place}", "description": text, "points": points, "ratings": []}
        for place, (text, points) in enumerate(criteria)
    ]
    return {"id": number, "title": title, "points_possible": sum(points for _, points in criteria), "data": data}


def group(number: int, name: str, weight: float = 0, position: int = 1, **rules: Any) -> dict[str, Any]:
    """Return an assignment group."""
    return {"id": number, "name": name, "group_weight": weight, "position": position, "rules": rules}


def event(number: int, title: str, start: str | None = None, **values: Any) -> dict[str, Any]:
    """Return a calendar event."""
    return {"id": number, "title": title, "start_at": start, "end_at": start, "context_code": "course_11", **values}


def tool(number: int, name: str, url: str = "", **values: Any) -> dict[str, Any]:
    """Return an external tool."""
    return {"id": number, "name": name, "url": url or None, "domain": None, "privacy_level": "public", **values}


def outcome(number: int, title: str, in_group: int = 1, **values: Any) -> dict[str, Any]:
    """Return an outcome in a group."""
    body = {"id": number, "title": title, "points_possible": 5, "mastery_points": 3, "context_type": "Course", **values}
    return {"outcome": body, "outcome_group": {"id": in_group, "title": f"Group {in_group}"}}


def outcome_group(number: int, title: str, parent: int | None = None) -> dict[str, Any]:
    """Return a group of outcomes."""
    above = {} if parent is None else {"parent_outcome_group": {"id": parent}}
    return {"id": number, "title": title, "description": None, **above}


def tab(name: str, position: int, **values: Any) -> dict[str, Any]:
    """Return a tab."""
    return {"id": name, "label": name.title(), "type": "internal", "position": position, **values}


def course(number: int, syllabus: str | None = "", **values: Any) -> dict[str, Any]:
    """Return the record of a course."""
    return {"id": number, "name": f"Course {number}", "syllabus_body": syllabus, "default_view": "modules", **values}


def pristine(source: Listings) -> Listings:
    """Return what the destination of a copy of everything lists, if nothing was changed since."""
    copied = copy.deepcopy(source)
    copied["group_categories"] = []
    copied["calendar_events"] = [
        each for each in copied["calendar_events"] if not each["context_code"].startswith("course_section_")
    ]
    for name in LISTED:
        for record in copied[name]:
            for part in (record, *(value for value in record.values() if isinstance(value, dict))):
                if isinstance(part.get("id"), int):
                    part["id"] += HIGHER
    for record in copied["assignments"]:
        record["id"] += HIGHER
        record["assignment_group_id"] += HIGHER
    for record in copied["course"]:
        record |= {"id": COPY_ID, "name": "Another name"}
    return copied


names = st.sampled_from(["Labs", "labs ", "Essay", "Week 1", "Ünit", ""])
points = st.sampled_from([0.0, 5.0, 10.0])
times = st.sampled_from([None, "2026-01-05T10:00:00Z", "2026-01-12T10:00:00Z", "2026-01-19T10:00:00Z"])


@st.composite
def courses(draw: st.DrawFn) -> Listings:
    """Draw a course with equal names, equal contents, and nothing at all of some types."""

    def some(first: int, make: Any) -> list[Any]:
        return [make(first + number) for number in range(draw(st.integers(0, 5)))]

    groups = some(
        100, lambda number: group(number, draw(names), draw(points), number, drop_lowest=draw(st.integers(0, 1)))
    )
    return {
        "assignment_groups": groups,
        "assignments": [
            {"id": 900 + place, "name": f"Task {place}", "assignment_group_id": draw(st.sampled_from(groups))["id"]}
            for place in range(draw(st.integers(0, 4)) if groups else 0)
        ],
        "calendar_events": some(
            200,
            lambda number: event(
                number,
                draw(names),
                draw(times),
                location_name=draw(names),
                **({"context_code": "course_section_3"} if draw(st.integers(0, 4)) == 0 else {}),
            ),
        ),
        "external_tools": some(
            300, lambda number: tool(number, draw(names), draw(st.sampled_from(["", "https://t.example"])))
        ),
        "group_categories": some(400, lambda number: {"id": number, "name": draw(names)}),
        "outcome_groups": [
            outcome_group(1, "Course 11"),
            outcome_group(2, "Group 2", 1),
            outcome_group(3, "Group 3", 1),
        ],
        "outcomes": some(
            500, lambda number: outcome(number, draw(names), draw(st.integers(1, 3)), points_possible=draw(points))
        ),
        "rubrics": some(
            600, lambda number: rubric(number, draw(names), *[("Form", draw(points))] * draw(st.integers(0, 2)))
        ),
        "settings": [{"hide_distribution_graphs": draw(st.booleans()), "grading_standard_enabled": False}],
        "tabs": [tab(name, place, hidden=draw(st.booleans())) for place, name in enumerate(("home", "pages", "files"))],
        "course": [course(SOURCE_ID, draw(st.sampled_from([None, "", "<p>Read</p>"])), is_public=draw(st.booleans()))],
    }
