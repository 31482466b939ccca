"""A hash of what Canvas says of a course's content: it tells, without an export, whether another one is worth it.

It is made of the course's listings: of each row its id, when it was updated, and, since Canvas does not tell that of
everything, what a person sees of it. What no listing shows it does not see: the questions of quizzes, question banks,
rubrics, outcomes, calendar events, tools, and what is inside New Quizzes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from airflow_provider_canvas.api.canvas import Canvas
from airflow_provider_canvas.api.endpoint import SyncIO
from airflow_provider_canvas.client.errors import CanvasNotFoundError, CanvasPermissionError
from airflow_provider_canvas.security.redaction import scrub

VERSION = 1
"""Part of every hash: raised when the fields change, so that no two that were made differently are compared."""

_SHOWN = ("id", "updated_at", "title", "published", "position")
_DATES = ("due_at", "unlock_at", "lock_at")
_TOPIC = (*_SHOWN, "message", "assignment_id", "locked", "pinned", "discussion_type", "delayed_post_at", "lock_at")

FIELDS: Mapping[str, tuple[str, ...]] = {
    "announcements": _TOPIC,
    "assignments": (*_SHOWN, *_DATES, "name", "assignment_group_id", "points_possible"),
    "course": ("name", "course_code", "syllabus_body", "default_view", "license", "start_at", "end_at"),
    "discussion_topics": _TOPIC,
    "files": (*_DATES, "id", "updated_at", "modified_at", "display_name", "folder_id", "size", "locked", "hidden"),
    "folders": (*_DATES, "id", "updated_at", "full_name", "locked", "hidden"),
    "items": (
        *_SHOWN,
        *("module_id", "type", "indent", "content_id", "page_url", "external_url", "new_tab", "completion_requirement"),
    ),
    "modules": (
        *("id", "name", "position", "published", "unlock_at", "require_sequential_progress"),
        "prerequisite_module_ids",
    ),
    "pages": ("page_id", "url", "title", "updated_at", "published", "front_page", "editing_roles", "publish_at"),
    "quizzes": (
        *(*_SHOWN, *_DATES, "description", "quiz_type", "points_possible", "question_count", "time_limit"),
        *("shuffle_answers", "allowed_attempts", "version_number"),
    ),
}
"""What counts of each row. Nothing that a student's work changes is among it, as far as Canvas keeps these apart."""


def content_hash(canvas: Canvas[SyncIO], course_id: int) -> str:
    """Return the hash of a course's content, in hexadecimal digits.

    :param canvas: The client; what its user may not see does not count.
    :param course_id: The course's number.
    :raises CanvasError: When Canvas does not answer.
    """
    digests = sorted(_digest(kind, row) for kind, rows in _listings(canvas, course_id) for row in _allowed(rows))
    return hashlib.sha256(b"".join([b"%d" % VERSION, *digests])).hexdigest()


def _listings(canvas: Canvas[SyncIO], course_id: int) -> Iterator[tuple[str, Iterable[Any]]]:
    yield "course", [canvas.courses.get(course_id=course_id, include=["syllabus_body"])]
    yield "settings", _settings(canvas, course_id)
    yield "assignments", canvas.assignments.list(course_id=course_id)
    yield "pages", canvas.pages.list(course_id=course_id)
    yield "files", canvas.files.list(course_id=course_id)
    yield "folders", canvas.folders.list(course_id=course_id)
    yield "quizzes", canvas.quizzes.list(course_id=course_id)
    yield "discussion_topics", canvas.discussion_topics.list(course_id=course_id)
    yield "announcements", canvas.discussion_topics.list(course_id=course_id, only_announcements=True)
    modules = list(_allowed(canvas.modules.list(course_id=course_id, include=["items"])))
    yield "modules", modules
    for module in modules:
        items = module.get("items")
        if items is None:  # Canvas leaves them out where there are many
            items = canvas.modules.items(course_id=course_id, module_id=module["id"])
        yield "items", items


def _settings(canvas: Canvas[SyncIO], course_id: int) -> Iterator[Any]:
    yield canvas.courses.settings(course_id=course_id)


def _allowed(rows: Iterable[Any]) -> Iterator[Any]:
    """Yield the rows of a listing; none of a page that the course has switched off, or that is not for this user."""
    try:
        yield from rows
    except (CanvasNotFoundError, CanvasPermissionError):
        return


def _digest(kind: str, row: Mapping[str, Any]) -> bytes:
    names = FIELDS.get(kind, tuple(row))
    told = scrub({name: row[name] for name in names if row.get(name) is not None})
    return hashlib.sha256(json.dumps([kind, told], sort_keys=True).encode()).digest()
