"""What GraphQL tells of a course's content, as the records of the REST API.

Only what GraphQL tells as the REST API does is here: discussion topics, announcements, files and folders. It lacks the
slugs and bodies of pages, most fields of quizzes and module items, and calendar events. Of assignments it lacks the
addresses of tools, and it leaves out those that the gradebook hides, which no response shows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

PAGE_SIZE = 100
"""The largest page of a connection. Canvas reduces larger ones without an error."""

_NODES = {
    "discussions": """
        _id title message isAnnouncement published locked createdAt delayedPostAt lockAt todoDate
        assignment { _id pointsPossible dueAt(applyOverrides: false) }
    """,
    "files": "_id displayName sizeBytes locked createdAt updatedAt lockAt unlockAt folder { _id }",
    "folders": "_id name fullName parentFolderId locked hidden createdAt updatedAt lockAt unlockAt",
}

CONNECTIONS = tuple(_NODES)
"""The connections of a course that can be queried, without ``Connection``."""


@dataclass(frozen=True)
class ContentPage:
    """A page of a connection.

    :param records: The records of its nodes, with the names and values of the REST API.
    :param next_cursor: The cursor of the next page; None on the last page.
    """

    records: list[dict[str, Any]]
    next_cursor: str | None


def content_query(course_id: str, cursors: Mapping[str, str | None]) -> str:
    """Return the query of a page of some connections of a course.

    :param course_id: The course, a number.
    :param cursors: By connection, the cursor of the page; None for the first page.
    """
    connections = (
        f"{name}Connection(first: {PAGE_SIZE}{_after(cursor)}) "
        f"{{ nodes {{ {' '.join(_NODES[name].split())} }} pageInfo {{ hasNextPage endCursor }} }}"
        for name, cursor in cursors.items()
    )
    return f'query {{ course(id: "{course_id}") {{ permissions {{ manageGrades }} {" ".join(connections)} }} }}'


def _after(cursor: str | None) -> str:
    return "" if cursor is None else f", after: {json.dumps(cursor, ensure_ascii=False)}"


def content_pages(response: Any, cursors: Mapping[str, str | None]) -> dict[str, ContentPage]:
    """Return the pages of a response, by connection. One that is missing here must be read with the REST API.

    Who cannot grade may see less in GraphQL than in the REST API, so nothing is taken from such a response.

    :param response: The response to :func:`content_query`.
    :param cursors: What was queried.
    """
    data = response.get("data")
    course = data.get("course") if isinstance(data, dict) else None
    permissions = course.get("permissions") if isinstance(course, dict) else None
    if not isinstance(course, dict) or not isinstance(permissions, dict) or permissions.get("manageGrades") is not True:
        return {}
    failed = _failed(response.get("errors"))
    if failed is None:
        return {}
    pages = {
        name: _page(name, course.get(f"{name}Connection")) for name in cursors if f"{name}Connection" not in failed
    }
    return {name: page for name, page in pages.items() if page is not None}


def _failed(errors: Any) -> set[str] | None:
    """Return the fields of the course in which errors are; None if one is elsewhere."""
    if errors is None:
        return set()
    fields = set()
    try:
        for error in errors:
            field, name, *_ = error["path"]
            if field != "course":
                return None
            fields.add(str(name))
    except (KeyError, TypeError, ValueError):
        return None
    return fields


def _page(name: str, connection: Any) -> ContentPage | None:
    """Return a page; None if anything in it is not as expected."""
    try:
        nodes, info = connection["nodes"], connection["pageInfo"]
        records = [_RECORDS[name](_Node(node)) for node in nodes]
        if not info["hasNextPage"]:
            return ContentPage(records, None)
        cursor = info["endCursor"]
    except (KeyError, OverflowError, TypeError, ValueError, _UnexpectedNodeError):
        return None
    return ContentPage(records, cursor) if isinstance(cursor, str) and cursor and records else None


class _UnexpectedNodeError(Exception):
    """A node that is not as expected."""


class _Node:
    """A node, of which every field is checked.

    :param values: The node.
    :raises _UnexpectedNodeError: When it is no object.
    """

    def __init__(self, values: Any) -> None:
        if not isinstance(values, dict):
            raise _UnexpectedNodeError(values)
        self._values = values

    def get(self, name: str, *kinds: type) -> Any:
        """Return a value of one of some types.

        :raises _UnexpectedNodeError: When it has another type.
        """
        value = self._values[name]
        if type(value) not in kinds:
            raise _UnexpectedNodeError(value)
        return value

    def text(self, name: str) -> str | None:
        """Return a text or None."""
        value: str | None = self.get(name, str, type(None))
        return value

    def boolean(self, name: str) -> bool | None:
        """Return a boolean or None."""
        value: bool | None = self.get(name, bool, type(None))
        return value

    def identifier(self, name: str = "_id") -> int:
        """Return an id as the number that the REST API has."""
        text: str = self.get(name, str)
        if not (text.isascii() and text.isdigit()):
            raise _UnexpectedNodeError(text)
        return int(text)

    def time(self, name: str) -> str | None:
        """Return a time in UTC, as the REST API has it; GraphQL has the time zone of the user."""
        text = self.text(name)
        if text is None:
            return None
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise _UnexpectedNodeError(text)
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def child(self, name: str) -> _Node | None:
        """Return an object within the node, or None."""
        value = self._values[name]
        return None if value is None else _Node(value)


def _discussion(node: _Node) -> dict[str, Any]:
    assignment = node.child("assignment")
    record: dict[str, Any] = {
        "id": node.identifier(),
        "title": node.text("title"),
        "message": node.text("message"),
        "is_announcement": node.get("isAnnouncement", bool),
        "published": node.get("published", bool),
        "locked": node.get("locked", bool),
        "created_at": node.time("createdAt"),
        "delayed_post_at": node.time("delayedPostAt"),
        "lock_at": node.time("lockAt"),
        "todo_date": node.time("todoDate"),
        "assignment_id": None if assignment is None else assignment.identifier(),
    }
    if assignment is not None:
        record["assignment"] = {
            "id": assignment.identifier(),
            "points_possible": assignment.get("pointsPossible", int, float, type(None)),
            "due_at": assignment.time("dueAt"),
        }
    return record


def _file(node: _Node) -> dict[str, Any]:
    folder = node.child("folder")
    return {
        "id": node.identifier(),
        "display_name": node.text("displayName"),
        "size": node.get("sizeBytes", int),
        "folder_id": None if folder is None else folder.identifier(),
        "locked": bool(node.boolean("locked")),
        "created_at": node.time("createdAt"),
        "updated_at": node.time("updatedAt"),
        "lock_at": node.time("lockAt"),
        "unlock_at": node.time("unlockAt"),
    }


def _folder(node: _Node) -> dict[str, Any]:
    parent = node.text("parentFolderId")
    return {
        "id": node.identifier(),
        "name": node.text("name"),
        "full_name": node.text("fullName"),
        "parent_folder_id": None if parent is None else node.identifier("parentFolderId"),
        "locked": bool(node.boolean("locked")),
        "hidden": node.boolean("hidden"),
        "created_at": node.time("createdAt"),
        "updated_at": node.time("updatedAt"),
        "lock_at": node.time("lockAt"),
        "unlock_at": node.time("unlockAt"),
    }


_RECORDS: Mapping[str, Callable[[_Node], dict[str, Any]]] = {
    "discussions": _discussion,
    "files": _file,
    "folders": _folder,
}
