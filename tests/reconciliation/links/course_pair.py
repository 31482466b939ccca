"""A source and a destination with what the recorded links lead to, and the mapping between them.

The ids are those of the recordings: course 14 was copied into course 852, on shard 1.
"""

from __future__ import annotations

from typing import Any

from airflow_provider_canvas.reconciliation.links import StaleLink, find_stale_links
from airflow_provider_canvas.reconciliation.mapping import AssetMap

SOURCE, COPY = "14", "852"
HOST = "canvas.example"

PAIRS = {
    "announcements": {"15": "775"},
    "assignments": {"2": "1339", "40": "1340"},
    "discussion_topics": {"1": "787"},
    "files": {"1": "1341", "3": "1334", "8": "1331", "10": "1338", "5": "1346"},
    "module_items": {"12": "1279"},
    "modules": {"1": "339"},
    "pages": {"8": "901", "9": "902", "10": "903", "11": "904", "12": "905", "13": "906"},
    "quizzes": {"1": "345"},
}
PAGES = {
    "8": ("lab-safety", "Lab safety"),
    "9": ("lab-safety-2", "Lab safety-2"),
    "10": ("home", "Home"),
    "11": ("unicode-title-ri-ben-yu", "Unicode title 日本語"),
    "12": ("links", "Links of every form"),
    "13": ("grosse-and-mass", "Größe & Maß"),
}
FILES = {
    "1": ("20", "lab sheet.pdf"),
    "3": ("20", "flask.png"),
    "5": ("22", "lab sheet 1.html"),
    "8": ("20", "生物学.txt"),
    "10": ("20", "talk.mp4"),
}
FOLDERS = {"20": "course files", "21": "course files/week 1", "22": "course files/week 1/lab sheets"}


def listings(course_id: str, html: str = "", **changed: Any) -> dict[str, Any]:
    """Return the listings of the source or of the destination, in which the page of links has a text."""
    is_source = course_id == SOURCE

    def new(listing: str, asset_id: str) -> int:
        return int(asset_id if is_source else PAIRS[listing][asset_id])

    def objects(listing: str, key: str = "title", **more: Any) -> list[dict[str, Any]]:
        ids = PAIRS[listing]
        return [{"id": new(listing, n), key: f"{listing} {n}", "published": True, **more} for n in ids]

    pages = [
        {"page_id": new("pages", n), "url": slug, "title": title, "published": True, "body": html if n == "12" else ""}
        for n, (slug, title) in PAGES.items()
    ]
    files = [
        {"id": new("files", n), "folder_id": int(folder), "display_name": name, "locked": False}
        for n, (folder, name) in FILES.items()
    ]
    found = {
        "announcements": objects("announcements"),
        "assignments": objects("assignments", "name"),
        "calendar_events": [{"id": 1 if is_source else 345, "title": "Field trip"}],
        "course": [{"id": int(course_id), "lti_context_id": f"{int(course_id):040d}"}],
        "discussion_topics": objects("discussion_topics"),
        "external_tools": [{"id": 1 if is_source else 51, "name": "Annotations"}],
        "files": files,
        "folders": [{"id": int(n), "full_name": name} for n, name in FOLDERS.items()],
        "group_categories": [{"id": 5 if is_source else 55, "name": "Project groups"}],
        "module_items": objects("module_items", type="Page"),
        "modules": objects("modules", "name"),
        "pages": pages,
        "quizzes": objects("quizzes"),
        "rubrics": [{"id": 1 if is_source else 31, "title": "Essay rubric"}],
    }
    return {**found, **changed}


def mapping(pairs: dict[str, dict[str, str]] | None = None) -> AssetMap:
    """Return the mapping between both courses."""
    return AssetMap.parse(PAIRS if pairs is None else pairs)


def find(html: str, source_html: str = "", **changed: Any) -> list[StaleLink]:
    """Return the stale links of the destination's page of links."""
    arguments: dict[str, Any] = {
        "source": listings(SOURCE, source_html),
        "destination": listings(COPY, html),
        "mapping": mapping(),
        "source_course_ids": [SOURCE],
        "destination_course_id": COPY,
        "hosts": [HOST],
    }
    return find_stale_links(**(arguments | changed))


def short(link: StaleLink) -> tuple[str, str | None]:
    """Return the problem and the right address of a stale link."""
    return str(link.problem), link.right_url
