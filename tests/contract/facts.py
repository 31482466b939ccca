"""Facts about the rows of the recorded Canvas: what its responses said about each row, and when.

A sighting is a row in a response. The sightings of a row before an exchange tell what the row was then.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from canvas_emulator.model.content import CONTENT_KINDS

from tests.support.recordings import Exchange, all_exchanges

API = "/api/v1/"
USERS = {"admin": 1, "teacher": 2, "student": 3, "scoped": 1, "expired": 1, "revoked": 1}
"""The ids of the users whose tokens the exchanges have."""

OWNERS = {"courses": "Course", "users": "User", "groups": "Group", "accounts": "Account"}
OWNER = "(?P<type>courses|users|groups|accounts)/(?P<owner>[^/]+)"

PATHS = {
    "courses(?:/[^/]+)?": "course",
    "(accounts|users)/[^/]+/courses(?:/[^/]+)?": "course",
    f"{OWNER}/settings": "course_settings",
    "users/[^/]+": "user",
    f"{OWNER}/(users|search_users|students|recent_students|student_view_student)(/[^/]+)?": "user",
    f"{OWNER}/assignments(/[^/]+)?": "assignments",
    f"{OWNER}/discussion_topics(/[^/]+)?": "discussion_topics",
    f"{OWNER}/pages(/[^/]+)?": "pages",
    f"{OWNER}/(quizzes|all_quizzes)(/[^/]+)?": "quizzes",
    f"{OWNER}/modules(/[^/]+)?": "modules",
    f"{OWNER}/modules/[^/]+/items": "module_items",
    f"{OWNER}/content_list": "selectable",
    "announcements": "announcements",
    f"{OWNER}/files": "files",
    "files/[^/]+(/create_success)?": "files",
    "folders/[^/]+/files": "files",
    f"{OWNER}/folders(/.*)?": "folders",
    "folders/[^/]+(/folders)?": "folders",
    f"{OWNER}/content_migrations(/[^/]+)?": "migration",
    f"{OWNER}/content_migrations/[^/]+/migration_issues(/[^/]+)?": "issue",
    f"{OWNER}/content_exports(/[^/]+)?": "export",
    "progress/[^/]+(/cancel)?": "progress",
    f"{OWNER}/blueprint_subscriptions": "blueprint_subscription",
    f"{OWNER}/blueprint_templates/default/migrations(/[^/]+)?": "blueprint_migration",
}
"""The kind of the rows in a response, by path."""

PARTS = {
    "course": {"term": "term", "account": "account", "sections": "section", "enrollments": "role"},
    "user": {"enrollments": "enrollment"},
    "migration": {"attachment": "files"},
    "export": {"attachment": "files"},
    "modules": {"items": "module_items"},
    "discussion_topics": {"assignment": "assignments"},
}
"""The rows within rows: by kind, the keys that hold others, and their kinds."""

FILE_OWNERS = {"migration": "ContentMigration", "export": "ContentExport"}
LINKED = {"quizzes": "quiz_id", "discussion_topics": "discussion_topic_id"}
"""By what is behind an assignment: how the assignment names it."""
WITHIN = {"folders": "folder_id", "assignment_groups": "assignment_group_id", "modules": "module_id"}
"""By kind of selectable content: how the rows below name it."""
ASSETS = {kind.ASSET: kind.KIND for kind in reversed(CONTENT_KINDS)}
"""The kinds of selectable content by the first part of its id."""


OPTIONAL = {"module_items": ("completion_requirement",)}
"""By kind: the keys that a row has not had yet if a response does not show them."""


@dataclass(frozen=True)
class Owner:
    """What a row is in: a course, a user, a migration, and so on.

    :param type: Its type, as in ``context_type``.
    :param id: Its id.
    """

    type: str
    id: int


@dataclass(frozen=True)
class Sighting:
    """What one response said about a row.

    :param kind: That of the emulator's content, such as ``pages``, or ``course``, ``user``, ``migration``, and so on.
    :param id: Its id.
    :param facts: Its keys and values.
    :param exchange: The exchange with the response.
    :param owner: What the row is in, if the path or the row says so.
    """

    kind: str
    id: int
    facts: Mapping[str, Any] = field(hash=False)
    exchange: Exchange = field(hash=False)
    owner: Owner | None = None


def owner_of(exchange: Exchange) -> Owner | None:
    """Return the course, user, group or account that a path names."""
    match = re.match(OWNER, exchange.path.removeprefix(API))
    return Owner(OWNERS[match["type"]], _number(match["owner"], exchange)) if match else None


def _number(text: str, exchange: Exchange) -> int:
    if text.removesuffix(".json").isdigit():
        return int(text.removesuffix(".json"))
    if text == "self":
        return USERS.get(exchange.who, 0) if "/users/" in exchange.path else 1
    return 14 if text == "sis_course_id:REAL-SRC" else 0


@cache
def sightings() -> Mapping[tuple[str, int], list[Sighting]]:
    """Return all sightings of each row, by kind and id, in the order in which they were seen."""
    found: defaultdict[tuple[str, int], list[Sighting]] = defaultdict(list)
    for exchange in sorted(all_exchanges().values(), key=lambda each: each.order):
        for sighting in sightings_in(exchange):
            found[sighting.kind, sighting.id].append(sighting)
    return dict(found)


@cache
def _sightings_by_name(name: str) -> tuple[Sighting, ...]:
    return tuple(_seen(all_exchanges()[name]))


def sightings_in(exchange: Exchange) -> tuple[Sighting, ...]:
    """Return the rows that the response of an exchange shows, those within others too."""
    return _sightings_by_name(exchange.name)


def kind_of(exchange: Exchange) -> str | None:
    """Return the kind of the rows in the response of an exchange."""
    path = exchange.path.removeprefix(API).strip("/").removesuffix(".json")
    if exchange.method == "PUT" and path == "accounts/1/courses":
        return "progress"
    return next((kind for pattern, kind in PATHS.items() if re.fullmatch(pattern, path)), None)


def _seen(exchange: Exchange) -> Iterator[Sighting]:
    kind, owner, body = kind_of(exchange), owner_of(exchange), exchange.response_body
    yield from _ends(exchange, owner)
    string_ids = "string-ids" in exchange.request_headers.get("Accept", "")
    if kind is None or exchange.status != 200 or body is None or string_ids:
        return
    if kind == "course_settings" and owner:
        kind, body = "course", {**body, "id": owner.id}
    rows = body if isinstance(body, list) else [body]
    if kind == "selectable":
        yield from _selectable(rows, {}, owner, exchange)
        return
    for row in rows:
        if isinstance(row, dict):
            yield from _row(kind, row, owner, exchange)


def _row(kind: str, row: dict[str, Any], owner: Owner | None, exchange: Exchange) -> Iterator[Sighting]:
    row_id = row.get("id", row.get("page_id"))
    if not isinstance(row_id, (int, str)) or not str(row_id).isdigit():
        if kind != "role":
            return
        row_id = 0
    if kind == "discussion_topics" and row.get("is_announcement"):
        kind = "announcements"
    if kind in ("files", "folders") and "context_type" in row:
        owner = Owner(row["context_type"], row["context_id"])
    if kind == "announcements" and owner is None:
        owner = Owner("Course", int(row["context_code"].removeprefix("course_")))
    if kind == "enrollment":
        owner = Owner("Course", row["course_id"])
    yield Sighting(kind, int(row_id), row, exchange, owner)
    if kind == "module_items" and row["type"] == "File" and "content_details" in row:
        rights = row["content_details"].get("usage_rights")
        yield Sighting("files", row["content_id"], {"usage_rights": rights} if rights else {}, exchange, owner)
    for key, part in PARTS.get(kind, {}).items():
        within = Owner(FILE_OWNERS.get(kind, "Course"), int(row_id))
        if kind in ("modules", "discussion_topics"):
            within = owner or within
        value = row.get(key)
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict):
                yield from _row(part, each, within, exchange)


def _selectable(
    rows: list[dict[str, Any]], place: dict[str, Any], owner: Owner | None, exchange: Exchange
) -> Iterator[Sighting]:
    """Yield the rows of a list of selectable content, with the folder or the group that each is in."""
    for position, row in enumerate(rows, 1):
        asset, _, row_id = str(row.get("id", "")).rpartition("_")
        kind = "announcements" if row["type"] == "announcements" else ASSETS.get(asset)
        within = place
        if kind and row_id.isdigit():
            facts = {"id": int(row_id), "title": row["title"], "list_position": position} | place
            facts |= _linked(kind, row.get("linked_resource") or {})
            if kind == "folders":
                facts |= {"full_name": row["title"], "title": row["title"].rpartition("/")[2]}
            yield Sighting(kind, int(row_id), facts, exchange, owner)
            within = {WITHIN[kind]: int(row_id)} if kind in WITHIN else {}
        yield from _selectable(row.get("sub_items", []), within, owner, exchange)


def _linked(kind: str, linked: dict[str, Any]) -> dict[str, Any]:
    """Return the id of the assignment behind a quiz or a discussion, or of what is behind an assignment."""
    names = {"assignments": "assignment_id"} if kind != "assignments" else LINKED
    name = names.get(linked.get("type", ""))
    return {name: int(linked["id"].rpartition("_")[2])} if name else {}


def _ends(exchange: Exchange, owner: Owner | None) -> Iterator[Sighting]:
    """Yield the courses that an exchange deletes or concludes: its response does not show them."""
    if exchange.status != 200 or owner is None or owner.type != "Course":
        return
    if exchange.method == "DELETE" and exchange.path.count("/") == 4:
        state = "completed" if "conclude" in exchange.query else "deleted"
        yield Sighting("course", owner.id, {"workflow_state": state, "ended": True}, exchange)
    elif exchange.path.endswith("/reset_content"):
        yield Sighting("course", owner.id, {"workflow_state": "deleted", "ended": True}, exchange)
        yield from _row("course", exchange.response_body, None, exchange)


JOBS = frozenset({"migration", "export", "progress", "issue"})
"""The kinds of rows that change by themselves: what was seen later says nothing of them."""


def facts_at(exchange: Exchange, kind: str, row_id: int) -> dict[str, Any]:
    """Return what a row was when an exchange began.

    Later sightings tell what earlier ones do not, except that the row was deleted. The exchange itself tells the most
    if it only reads.
    """
    seen = sightings().get((kind, row_id), [])
    before = [each for each in seen if _counts(each, exchange)]
    if before and kind in JOBS:
        return dict(before[-1].facts)
    after = [each for each in seen if each not in before and "ended" not in each.facts]
    facts: dict[str, Any] = {}
    for each in [*reversed(after), *before]:
        facts |= each.facts
    own = [each for each in before if each.exchange.name == exchange.name]
    for key in OPTIONAL.get(kind, ()):
        if own and key not in own[-1].facts:
            facts.pop(key, None)
    return facts


def _counts(sighting: Sighting, exchange: Exchange) -> bool:
    """Tell whether a sighting is one before or by an exchange; its own does not count if it writes."""
    if sighting.exchange.name == exchange.name:
        return exchange.method in ("GET", "HEAD")
    return sighting.exchange.order < exchange.order
