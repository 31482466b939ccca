"""The links of a report to the assets of a course."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from airflow_provider_canvas.html.links import course_link

_PATHS: Mapping[str, str] = {
    "announcements": "discussion_topics/{id}",
    "assignments": "assignments/{id}",
    "discussion_topics": "discussion_topics/{id}",
    "files": "files/{id}",
    "modules": "modules/{id}",
    "module_items": "modules/items/{id}",
    "pages": "pages/{slug}",
    "quizzes": "quizzes/{id}",
}


def asset_link(base_url: str, course_id: str, asset_type: str, asset_id: str | None, slug: str | None) -> str | None:
    """Return the URL of an asset's page in Canvas; None for a page without a slug."""
    course = course_link(base_url, course_id)
    if course is None or not asset_id or (asset_type == "pages" and not slug):
        return None
    path = _PATHS[asset_type].format(id=quote(asset_id, safe=""), slug=quote(slug or "", safe=""))
    return f"{course}/{path}"
