"""The links of a report to the assets of a course."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from airflow_provider_canvas.html.links import course_link

_PATHS: Mapping[str, str] = {
    "announcements": "discussion_topics/{id}",
    "assignment_groups": "assignments",
    "assignments": "assignments/{id}",
    "calendar_events": "calendar_events/{id}",
    "course_settings": "settings",
    "discussion_topics": "discussion_topics/{id}",
    "external_tools": "external_tools/{id}",
    "files": "files/{id}",
    "groups": "groups",
    "modules": "modules/{id}",
    "module_items": "modules/items/{id}",
    "outcome_groups": "outcomes",
    "outcomes": "outcomes/{id}",
    "pages": "pages/{slug}",
    "question_banks": "question_banks/{id}",
    "quizzes": "quizzes/{id}",
    "rubrics": "rubrics/{id}",
    "syllabus": "assignments/syllabus",
}


def asset_link(base_url: str, course_id: str, asset_type: str, asset_id: str | None, slug: str | None) -> str | None:
    """Return the URL of an asset's page in Canvas; None for a page without a slug, or a type without a page."""
    course, path = course_link(base_url, course_id), _PATHS.get(asset_type)
    if course is None or path is None or not asset_id or (asset_type == "pages" and not slug):
        return None
    path = path.format(id=quote(asset_id, safe=""), slug=quote(slug or "", safe=""))
    return f"{course}/{path}"
