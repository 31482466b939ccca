"""As many rows in a listing as the recorded Canvas had: its responses show only some of the pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from canvas_emulator.model.content import Content, Folder, ModuleItem
from canvas_emulator.model.content_base import ContextType
from canvas_emulator.model.enrollments import EnrollmentType
from canvas_emulator.model.records import User

from tests.contract.facts import USERS, Owner, Sighting, kind_of, owner_of, sightings_in
from tests.contract.recorded_jobs import RecordedJobs
from tests.contract.recorded_world import RecordedWorld
from tests.contract.rows import CONTENT, content
from tests.support.recordings import Exchange

PAGING = {"page", "per_page", "include[]", "state[]"}
"""The parameters that do not choose rows."""
FIRST_FILLER = 1_000_001


def fill(recorded: RecordedWorld, jobs: RecordedJobs) -> None:
    """Add rows to what an exchange lists, or delete rows, until there are as many as the recorded Canvas had."""
    exchange = recorded.exchange
    kind, owner, wanted = kind_of(exchange), owner_of(exchange), number_of_rows(exchange)
    if wanted is None or kind is None or _chooses(exchange):
        return
    shown = [seen for seen in sightings_in(exchange) if seen.kind == kind]
    if not shown:
        return
    if kind == "course":
        _fill_courses(recorded, wanted)
    elif kind == "user" and owner is not None:
        _fill_users(recorded, owner, wanted)
    elif kind in ("migration", "export") and owner is not None:
        _fill_jobs(recorded, jobs, owner, shown, wanted)
    elif kind in CONTENT and owner is not None:
        _fill_content(recorded, owner, shown, wanted)


def _chooses(exchange: Exchange) -> bool:
    """Tell whether a query chooses rows; unknown words choose none."""
    query = parse_qs(exchange.query)
    return any(name not in PAGING and "no_such" not in values[0] for name, values in query.items())


def number_of_rows(exchange: Exchange) -> range | None:
    """Return how many rows a listing had, as its links tell; None if they do not."""
    header = exchange.response_headers.get("Link", "")
    links = {relation: url for url, relation in re.findall(r'<([^>]*)>; ?rel="(\w+)"', header)}
    body = exchange.response_body
    if "current" not in links or not isinstance(body, list) or not body:
        return None
    page, size = _page(links["current"])
    if "next" not in links:
        number = (page - 1) * size + len(body)
        return range(number, number + 1)
    if "last" not in links:
        return range(page * size, 100_000)
    last = _page(links["last"])[0]
    return range((last - 1) * size + 1, last * size + 1)


def _page(url: str) -> tuple[int, int]:
    query = parse_qs(urlsplit(url).query)
    page = query.get("page", ["1"])[0]
    return int(page) if page.isdigit() else 1, int(query.get("per_page", ["10"])[0])


def _missing(present: int, wanted: range) -> int:
    """Return how many rows are missing; a negative number if there are too many."""
    return max(wanted.start - present, 0) if present < wanted.stop else wanted.stop - 1 - present


def _fill_content(recorded: RecordedWorld, owner: Owner, shown: list[Sighting], wanted: range) -> None:
    world, kind = recorded.world, shown[0].kind
    rows = world.live(CONTENT[kind], owner.id, ContextType(owner.type))
    place: dict[str, Any] = {}
    if kind == "module_items":
        place["module_id"] = shown[0].facts["module_id"]
        rows = [row for row in rows if isinstance(row, ModuleItem) and row.module_id == place["module_id"]]
    if recorded.exchange.who == "student":
        rows = [row for row in rows if _is_for_students(row)]
    missing = _missing(len(rows), wanted)
    taken = {row.id for row in world.rows(CONTENT[kind], owner.id, ContextType(owner.type))}
    for number in range(missing):
        facts = dict(shown[0].facts) | {"id": FIRST_FILLER + number, "page_id": FIRST_FILLER + number} | place
        for name in ("title", "name", "display_name", "url"):
            if name in facts:
                facts[name] = f"{facts[name]}-{number}"
        world.add(content(kind, facts, owner.type, owner.id))
    shown_ids = {seen.id for seen in shown}
    surplus = [row for row in reversed(rows) if row.id not in shown_ids and row.id in taken]
    for row in surplus[: max(-missing, 0)]:
        row.workflow_state = "deleted"


def _is_for_students(row: Content) -> bool:
    """Tell whether the students' lists have a row."""
    return row.workflow_state not in ("hidden", "unpublished") and not (isinstance(row, Folder) and row.locked)


def _fill_jobs(recorded: RecordedWorld, jobs: RecordedJobs, owner: Owner, shown: list[Sighting], wanted: range) -> None:
    """Add older jobs, since the newest are listed first."""
    world, kind = recorded.world, shown[0].kind
    add: Callable[..., Any] = jobs.add_migration if kind == "migration" else jobs.add_export
    if kind == "migration":
        taken = {row.id for row in world.migrations_of(owner.id, ContextType(owner.type))}
    else:
        exports = world.tables.content_exports.values()
        mine = (row for row in exports if row.export_type != "zip" or row.user_id == USERS[recorded.exchange.who])
        taken = {row.id for row in mine if (row.context_type, row.context_id) == (owner.type, owner.id)}
    missing = _missing(len(taken), wanted)
    free = [number for number in range(1, 100) if not recorded.is_known(kind, number)]
    for number in free[: max(missing, 0)]:
        add(number, owner, dict(shown[-1].facts) | {"id": number, "attachment": None, "progress_url": None})
    if kind == "migration":
        world._migrations[ContextType(owner.type), owner.id].sort(key=lambda row: row.id)
    else:
        world.tables.content_exports = dict(sorted(world.tables.content_exports.items()))


def _fill_users(recorded: RecordedWorld, owner: Owner, wanted: range) -> None:
    """Enroll more students, who come after those that are shown."""
    world = recorded.world
    present = {row.user_id for row in world.enrollments.in_course(owner.id)}
    for number in range(_missing(len(present), wanted)):
        user_id = FIRST_FILLER + number
        world.tables.users[user_id] = User(user_id, f"Zoe {number}", login_id=f"zoe-{number}@example.com")
        recorded.enroll(user_id, owner.id, EnrollmentType.STUDENT)


def _fill_courses(recorded: RecordedWorld, wanted: range) -> None:
    """Add courses of the caller, or of the account: before those of the last page, and after those of others.

    Courses of the caller that are too many are deleted.
    """
    exchange, world = recorded.exchange, recorded.world
    user = USERS[exchange.who] if exchange.path.endswith("/courses") and "/users/2" not in exchange.path else 2
    mine = {row.course_id for row in world.enrollments.of_user(user) if row.course_id in world.tables.courses}
    if "/accounts/" in exchange.path:
        missing = _missing(len(world.tables.courses), wanted) if wanted.stop < 100_000 else 0
    else:
        missing = _missing(len(mine), wanted)
    shown = sightings_in(exchange)[0]
    roles = [seen.facts["type"] for seen in sightings_in(exchange) if seen.kind == "role"]
    role = EnrollmentType.STUDENT if "student" in roles else EnrollmentType.TEACHER
    sis = shown.facts.get("sis_course_id")
    for number in range(missing):
        course_id = FIRST_FILLER + number
        recorded.add_course(
            course_id, dict(shown.facts) | {"id": course_id, "sis_course_id": sis and f"{sis}-{number}"}
        )
        recorded.enroll(user, course_id, role)
    shown_ids = {seen.id for seen in sightings_in(exchange)}
    for course_id in sorted(mine - shown_ids)[: max(-missing, 0)]:
        world.tables.courses[course_id].workflow_state = "deleted"
