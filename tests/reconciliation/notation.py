"""A notation for tests, in which a few lines of text describe courses, mappings and the rows of a reconciliation.

A line describes an asset: its type in the singular, its id, its title in quotes, and other fields::

    page 9 "Introduction" unpublished
    assignment 13 "Essay" points=10 due=2026-01-20T23:59:00Z state=importing
    file 4 "slides.pdf" size=1000 folder=3 created=2026-01-05T10:00:00Z
    folder 3 "course files/week 1"
    module 1 "Week 1"
    item 2 "Introduction" in=1 type=Page shows=introduction
    quiz 5 "Survey" kind=survey questions=3
    page 9 "Introduction" html=/files/4

A line of a mapping is ``page 9 -> 55``. Both become the JSON that Canvas sends, so that the tests cover parsing, too.
"""

from __future__ import annotations

import shlex
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from airflow_provider_canvas.reconciliation import (
    ASSET_TYPES,
    AssetMap,
    AssetRow,
    Inventory,
    PreviousAsset,
    Reconciliation,
    classify,
    reconcile,
)
from airflow_provider_canvas.reconciliation.selection import Selected

TYPES = {
    "announcement": "announcements",
    "assignment": "assignments",
    "topic": "discussion_topics",
    "file": "files",
    "folder": "folders",
    "module": "modules",
    "item": "module_items",
    "page": "pages",
    "quiz": "quizzes",
}
_TITLE_KEYS = {"assignments": "name", "modules": "name", "files": "display_name", "folders": "full_name"}
WORDS = {asset_type: word for word, asset_type in TYPES.items()}

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)

COPY = {
    "id": 77,
    "migration_type": "course_copy_importer",
    "migration_type_title": "Course Copy",
    "workflow_state": "completed",
    "created_at": "2026-01-05T10:00:00Z",
    "started_at": "2026-01-05T10:00:30Z",
    "finished_at": "2026-01-05T10:02:00Z",
}

PROGRESS = {"id": 78, "workflow_state": "completed", "updated_at": "2026-01-05T10:04:42Z"}


def listings(text: str) -> dict[str, list[dict[str, Any]]]:
    """Return the listings that Canvas would send for a course."""
    bodies: dict[str, list[dict[str, Any]]] = {asset_type: [] for asset_type in (*ASSET_TYPES, "folders")}
    for line in text.strip().splitlines():
        if line.strip():
            word, asset_id, title, *rest = shlex.split(line)
            bodies[TYPES[word]].append(_body(TYPES[word], asset_id, title, rest))
    return bodies


def course(text: str, **body: Any) -> Inventory:
    """Return the inventory of a course."""
    return Inventory.parse({"id": 11, "name": "Biology", **body}, listings(text))


def mapping(text: str) -> AssetMap:
    """Return a parsed mapping."""
    return AssetMap.parse(mapping_body(text))


def mapping_body(text: str) -> dict[str, dict[str, str]]:
    """Return a mapping as the JSON that Canvas sends."""
    body: dict[str, dict[str, str]] = {}
    for line in text.strip().splitlines():
        word, source_id, _, dest_id = line.split()
        body.setdefault(TYPES[word], {})[source_id] = dest_id
    return body


def rows_of(
    source: str,
    destination: str,
    pairs: str = "",
    selected: Selected | None = None,
    previous: Collection[PreviousAsset] = (),
    *,
    copy_began_at: datetime | None = None,
    copy_ended_at: datetime | None = None,
) -> list[AssetRow]:
    """Return the rows of two courses."""
    courses = course(source), course(destination, id=22)
    times = {"copy_began_at": copy_began_at, "copy_ended_at": copy_ended_at}
    return classify(*courses, mapping(pairs), selected, previous, **times)


def outcome(*args: Any, **kwargs: Any) -> list[str]:
    """Return the rows of two courses, each as ``page 9 -> 55: matched``."""
    return [
        f"{WORDS[row.asset_type]} {row.source_asset_id or '-'} -> {row.dest_asset_id or '-'}: {row.status}"
        for row in rows_of(*args, **kwargs)
    ]


def reconciled(source: str, destination: str, pairs: str = "", **changed: Any) -> Reconciliation:
    """Return the reconciliation of two courses, at a fixed time."""
    arguments: dict[str, Any] = {
        "canvas_instance": "canvas.example.edu",
        "content_migration": COPY,
        "progress": PROGRESS,
        "reconciled_at": NOW,
        "run_id": "manual__1",
        **changed,
    }
    return reconcile(
        course(source, name="BIOL 1010 Master", sis_course_id="TMPL-BIOL1010"),
        course(destination, id=22, name="BIOL 1010-002", sis_course_id="BIOL-1010-002"),
        mapping(pairs),
        **arguments,
    )


def _body(asset_type: str, asset_id: str, title: str, rest: list[str]) -> dict[str, Any]:
    """Return an asset as the JSON that Canvas sends."""
    options = dict(part.partition("=")[::2] for part in rest)
    body: dict[str, Any] = {
        "page_id" if asset_type == "pages" else "id": int(asset_id),
        _TITLE_KEYS.get(asset_type, "title"): title,
        "published": "unpublished" not in options,
        "updated_at": options.get("updated", "2026-01-01T00:00:00Z"),
        **({"created_at": options["created"]} if "created" in options else {}),
    }
    graded = {
        "points_possible": float(options["points"]) if "points" in options else None,
        "due_at": options.get("due"),
    }
    match asset_type:
        case "assignments":
            body |= graded | {"workflow_state": options.get("state", "published")}
            body |= {"quiz_id": int(options["quiz"]), "submission_types": ["online_quiz"]} if "quiz" in options else {}
            body |= {"submission_types": options["via"].split(",")} if "via" in options else {}
            body |= {"grading_type": options["grading"]} if "grading" in options else {}
        case "quizzes":
            body |= graded | {"quiz_type": options.get("kind", "assignment")}
            body |= {"question_count": int(options["questions"])} if "questions" in options else {}
            body |= {"assignment_id": int(options["graded"])} if "graded" in options else {}
        case "discussion_topics" | "announcements":
            body |= {"assignment": graded} if "points" in options else {}
        case "pages":
            body["url"] = options.get("slug", title.lower().replace(" ", "-"))
        case "files":
            body |= {"size": int(options.get("size", 1))}
            body |= {"folder_id": int(options["folder"])} if "folder" in options else {}
        case "module_items":
            body |= {"module_id": int(options["in"]), "type": options.get("type", "Page")}
            body |= {"indent": int(options.get("indent", 0)), "external_url": options.get("url")}
            shown = "page_url" if body["type"] == "Page" else "content_id"
            body |= {shown: options["shows"]} if "shows" in options else {}
    if "html" in options:
        key = {"pages": "body", "assignments": "description", "quizzes": "description"}.get(asset_type, "message")
        body[key] = f'<p><img src="{options["html"]}/preview"></p>'
    return body
