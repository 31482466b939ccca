"""What a completed copy did not bring of its ``select``: Canvas ignores ids that the source does not have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_provider_canvas.api.content_migrations import AssetIdMapping
    from airflow_provider_canvas.hooks.canvas import CanvasHook

MAPPED_TYPES = {
    "announcements": "announcements",
    "assignments": "assignments",
    "attachments": "files",
    "discussion_topics": "discussion_topics",
    "files": "files",
    "modules": "modules",
    "pages": "pages",
    "quizzes": "quizzes",
}
"""Types of ``select``, and their names in the asset id mapping.

It does not have the other types, and an item arrives only with its module: what it shows arrives without it.
"""

MAX_IDS = 20
"""How many ids of a type a message and the result name."""


def fetch_mapping(hook: CanvasHook, course_id: Any, content_migration_id: Any) -> AssetIdMapping | None:
    """Return the asset id mapping of a completed copy; None if Canvas does not give it."""
    from airflow_provider_canvas.client.errors import CanvasError

    try:
        return hook.content_migrations.asset_id_mapping(course_id=course_id, content_migration_id=content_migration_id)
    except CanvasError as error:
        if not error.permanent:
            raise
        return None


def ids_that_did_not_arrive(select: Mapping[str, Sequence[Any]], mapping: AssetIdMapping) -> dict[str, list[str]]:
    """Return the ids by type that ``select`` names and the mapping does not have.

    :param select: Ids by type. Ids of another shard (``1~23``) are skipped: the mapping spells them in another way.
    :param mapping: Canvas's asset id mapping.
    """
    from airflow_provider_canvas.api.asset_pairs import asset_pairs

    missing: dict[str, list[str]] = {}
    for name, ids in select.items():
        if name in MAPPED_TYPES:
            arrived = asset_pairs(mapping.get(MAPPED_TYPES[name]))
            lost = [text for text in dict.fromkeys(map(str, ids)) if text.isdecimal() and text not in arrived]
            if lost:
                missing[name] = lost
    return missing


def describe_ids(ids: Mapping[str, Sequence[str]]) -> str:
    """Return ids in words: ``pages 12, 13 and files 7``, with the first ones of each type."""
    texts = []
    for asset_type, of_type in ids.items():
        more = len(of_type) - MAX_IDS
        texts.append(f"{asset_type} {', '.join(of_type[:MAX_IDS])}{f' and {more} more' if more > 0 else ''}")
    return " and ".join(texts)
