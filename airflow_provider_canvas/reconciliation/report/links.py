"""The links of a report. Their addresses come from users of Canvas, so only safe ones become links."""

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
    """Return an address with its host and without secrets, or None if it must not be a link.

    Schemes other than http and https, and addresses that contain a user or password, do not become links.

    :param base_url: Base URL of Canvas, for addresses without a host.
    :param address: The address; may be None.
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
    """Return the URL of a course's page in Canvas."""
    return safe_link(base_url, f"/courses/{quote(course_id, safe='')}") if course_id else None


def asset_link(base_url: str, course_id: str, asset_type: str, asset_id: str | None, slug: str | None) -> str | None:
    """Return the URL of an asset's page in Canvas; None for a page without a slug."""
    course = course_link(base_url, course_id)
    if course is None or not asset_id or (asset_type == "pages" and not slug):
        return None
    path = _PATHS[asset_type].format(id=quote(asset_id, safe=""), slug=quote(slug or "", safe=""))
    return f"{course}/{path}"
