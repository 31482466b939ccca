"""Addresses that may stand in a report: of http or https, without secrets, of an asset in Canvas."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, urljoin, urlsplit

from airflow_provider_canvas.security.redaction import strip_url_secrets

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


def safe_link(base_url: str, address: str | None) -> str | None:
    """Return the address with its host (Canvas often gives a path), or None if it must not be a link.

    Not a link: another scheme than http and https, and an address with a user or password in it.
    """
    if not address:
        return None
    try:
        joined = urljoin(f"{base_url}/", strip_url_secrets(address.strip()))
        parts = urlsplit(joined)
    except ValueError:
        return None
    return joined if parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc else None


def course_link(base_url: str, course_id: str) -> str | None:
    """Return where the course is shown in Canvas."""
    return safe_link(base_url, f"/courses/{quote(course_id, safe='')}") if course_id else None


def asset_link(base_url: str, course_id: str, asset_type: str, asset_id: str | None, slug: str | None) -> str | None:
    """Return where the asset is shown in Canvas; a page needs its slug."""
    course = course_link(base_url, course_id)
    if course is None or not asset_id or (asset_type == "pages" and not slug):
        return None
    path = _PATHS[asset_type].format(id=quote(asset_id, safe=""), slug=quote(slug or "", safe=""))
    return f"{course}/{path}"
