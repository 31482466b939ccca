"""A hash of a course's content, which shows without an export whether another export is needed.

It covers the course's listings: of each row the id, the time of the last update, and, since Canvas does not send that
for everything, the fields that a user sees. It does not cover what no listing contains: the questions of quizzes,
question banks, rubrics, outcomes, calendar events, tools, and the content of New Quizzes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from airflow_provider_canvas.security.redaction import scrub

VERSION = 1
"""Part of each hash, and increased when the fields change: hashes of different fields never match."""

_COMMON = ("id", "updated_at", "title", "published", "position")
_DATES = ("due_at", "unlock_at", "lock_at")
_TOPIC = (*_COMMON, "message", "assignment_id", "locked", "pinned", "discussion_type", "delayed_post_at", "lock_at")

FIELDS: Mapping[str, tuple[str, ...]] = {
    "announcements": _TOPIC,
    "assignments": (*_COMMON, *_DATES, "name", "assignment_group_id", "points_possible"),
    "course": ("name", "course_code", "syllabus_body", "default_view", "license", "start_at", "end_at"),
    "discussion_topics": _TOPIC,
    "files": (*_DATES, "id", "updated_at", "modified_at", "display_name", "folder_id", "size", "locked", "hidden"),
    "folders": (*_DATES, "id", "updated_at", "full_name", "locked", "hidden"),
    "module_items": (
        *_COMMON,
        *("module_id", "type", "indent", "content_id", "page_url", "external_url", "new_tab", "completion_requirement"),
    ),
    "modules": (
        *("id", "name", "position", "published", "unlock_at", "require_sequential_progress"),
        "prerequisite_module_ids",
    ),
    "pages": ("page_id", "url", "title", "updated_at", "published", "front_page", "editing_roles", "publish_at"),
    "quizzes": (
        *(*_COMMON, *_DATES, "description", "quiz_type", "points_possible", "question_count", "time_limit"),
        *("shuffle_answers", "allowed_attempts", "version_number"),
    ),
}
"""The fields of each kind of row that are hashed; of other kinds all are. The work of students changes none of them."""


def content_hash(listings: Mapping[str, Iterable[Mapping[str, Any]]]) -> str:
    """Return the hash of a course's content, in hexadecimal digits.

    The order of the rows does not matter.

    :param listings: Canvas's records by kind, as ``fetch_course_content`` returns them.
    """
    digests = sorted(_digest(kind, row) for kind, rows in listings.items() for row in rows)
    return hashlib.sha256(b"".join([b"%d" % VERSION, *digests])).hexdigest()


def _digest(kind: str, row: Mapping[str, Any]) -> bytes:
    names = FIELDS.get(kind, tuple(row))
    values = scrub({name: row[name] for name in names if row.get(name) is not None})
    return hashlib.sha256(json.dumps([kind, values], sort_keys=True).encode()).digest()
