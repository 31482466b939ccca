"""Courses in a few lines of text, and the rows of a reconciliation in as many.

A line is an asset: its type in the singular, its id, its title in quotes, and what else matters::

    page 9 "Introduction" unpublished
    assignment 13 "Essay" points=10 due=2026-01-20T23:59:00Z state=importing
    file 4 "slides.pdf" size=1000
    module 1 "Week 1"
    item 2 "Introduction" in=1 type=Page

and a line of a mapping is ``page 9 -> 55``. They become the JSON that Canvas answers with, so that what is tested
begins where it begins in real life.
"""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from airflow_provider_canvas.reconciliation import (
    ASSET_TYPES,
    AssetMap,
    AssetRow,
    Inventory,
    Reconciliation,
    RememberedAsset,
    classify,
    reconcile,
)

TYPES = {
    "announcement": "announcements",
    "assignment": "assignments",
    "topic": "discussion_topics",
    "file": "files",
    "module": "modules",
    "item": "module_items",
    "page": "pages",
    "quiz": "quizzes",
}
WORDS = {asset_type: word for word, asset_type in TYPES.items()}

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)

COPY = {
    "id": 77,
    "migration_type": "course_copy_importer",
    "migration_type_title": "Course Copy",
    "workflow_state": "completed",
    "created_at": "2026-01-05T10:00:00Z",
    "started_at": "2026-01-05T10:00:30Z",
    "finished_at": "2026-01-05T10:04:42Z",
}


def listings(text: str) -> dict[str, list[dict[str, Any]]]:
    """Read a course into the listings that Canvas would give."""
    found: dict[str, list[dict[str, Any]]] = {asset_type: [] for asset_type in ASSET_TYPES}
    for line in text.strip().splitlines():
        if line.strip():
            word, asset_id, title, *rest = shlex.split(line)
            found[TYPES[word]].append(_body(TYPES[word], asset_id, title, rest))
    return found


def course(text: str, **body: Any) -> Inventory:
    """Read a course into an inventory."""
    return Inventory.parse({"id": 11, "name": "Biology", **body}, listings(text))


def mapping(text: str) -> AssetMap:
    """Read a mapping."""
    return AssetMap.parse(mapping_body(text))


def mapping_body(text: str) -> dict[str, dict[str, str]]:
    """Read a mapping into what Canvas answers."""
    body: dict[str, dict[str, str]] = {}
    for line in text.strip().splitlines():
        word, source_id, _, dest_id = line.split()
        body.setdefault(TYPES[word], {})[source_id] = dest_id
    return body


def rows_of(
    source: str,
    destination: str,
    pairs: str = "",
    selected: Mapping[str, Collection[str]] | None = None,
    remembered: Collection[RememberedAsset] = (),
) -> list[AssetRow]:
    """Classify two courses."""
    return classify(course(source), course(destination, id=22), mapping(pairs), selected, remembered)


def outcome(*args: Any, **kwargs: Any) -> list[str]:
    """Classify two courses, and write each row as ``page 9 -> 55: matched``."""
    return [
        f"{WORDS[row.asset_type]} {row.source_asset_id or '-'} -> {row.dest_asset_id or '-'}: {row.status}"
        for row in rows_of(*args, **kwargs)
    ]


def reconciled(source: str, destination: str, pairs: str = "", **changed: Any) -> Reconciliation:
    """Reconcile two courses, as at noon of a fixed day."""
    arguments: dict[str, Any] = {
        "canvas_instance": "canvas.example.edu",
        "content_migration": COPY,
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
    given = dict(part.partition("=")[::2] for part in rest)
    body: dict[str, Any] = {
        "page_id" if asset_type == "pages" else "id": int(asset_id),
        {"assignments": "name", "modules": "name", "files": "display_name"}.get(asset_type, "title"): title,
        "published": "unpublished" not in given,
        "updated_at": given.get("updated", "2026-01-01T00:00:00Z"),
    }
    graded = {"points_possible": float(given["points"]) if "points" in given else None, "due_at": given.get("due")}
    match asset_type:
        case "assignments":
            body |= graded | {"workflow_state": given.get("state", "published")}
            body |= {"quiz_id": int(given["quiz"]), "submission_types": ["online_quiz"]} if "quiz" in given else {}
        case "quizzes":
            body |= graded
        case "discussion_topics" | "announcements":
            body |= {"assignment": graded} if "points" in given else {}
        case "pages":
            body["url"] = given.get("slug", title.lower().replace(" ", "-"))
        case "files":
            body["size"] = int(given.get("size", 1))
        case "module_items":
            body |= {"module_id": int(given["in"]), "type": given.get("type", "Page")}
    return body
