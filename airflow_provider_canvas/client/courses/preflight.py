"""What a plan of many course copies must know of Canvas, in as few requests as Canvas allows.

:func:`~.course_lookup.look_up_courses` finds the courses, and which kinds of content each has. Then each destination
costs one request, for its newest content migrations. Rights are checked once per account for a token that may list the
account's courses, because its rights come from the account, and once per course for any other token. Content is counted
only where there is some, and only as long as all of that costs one request per destination on average.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeVar, cast

from airflow_provider_canvas.api.accounts import Accounts
from airflow_provider_canvas.api.blueprint_courses import BlueprintCourse, BlueprintCourses
from airflow_provider_canvas.api.call import Call
from airflow_provider_canvas.api.canvas import Canvas
from airflow_provider_canvas.api.content_migrations import ContentMigration, ContentMigrations
from airflow_provider_canvas.api.courses import Course
from airflow_provider_canvas.api.endpoint import AsyncIO
from airflow_provider_canvas.client.courses.course_lookup import MAX_READ_SINGLY, TABS, FoundCourse, look_up_courses
from airflow_provider_canvas.client.errors import CanvasNotFoundError, CanvasPermissionError
from airflow_provider_canvas.client.jobs.waiters import progress_id_of
from airflow_provider_canvas.client.protocol.task_group import concurrently

log = logging.getLogger(__name__)

T = TypeVar("T")

CONTENT = ("modules", "pages", "assignments")
"""The kinds of content that make a course not empty, as for ``if_not_empty`` of a single copy."""

IMPORT_RIGHTS = ("manage_course_content_add", "manage_content")
"""Each of these lets a user import into a course. Older versions of Canvas use the second, newer ones the first."""

READ_RIGHT = "read_as_admin"
"""The right in the source of a copy."""

MAX_MIGRATIONS = 10
"""How many of the newest content migrations of a destination are read."""

REFUSED = (CanvasPermissionError, CanvasNotFoundError)


@dataclass
class Destination:
    """What Canvas shows of a destination, besides its course record.

    :param migrations: Its newest content migrations, the newest first; ``None`` if the token's user may not see them.
    :param may_import: Whether the token's user may import content; ``None`` if that is not known.
    :param blueprint: The blueprint course that it follows.
    :param kinds: The kinds of its content that its navigation shows; ``None`` if that is not known.
    :param counts: The number of items by kind, if they were counted.
    :param changes: When each page and assignment was last changed, if they were counted.
    :param last_copy_ended_at: When the newest completed copy ended, if it was read.
    :param known_edits: How many of its assets a reconciliation found to be edited after the newest completed copy.
    """

    migrations: list[ContentMigration] | None = None
    may_import: bool | None = None
    blueprint: BlueprintCourse | None = None
    kinds: frozenset[str] | None = None
    counts: Mapping[str, int] | None = None
    changes: Sequence[str] = ()
    last_copy_ended_at: str | None = None
    known_edits: int | None = None


@dataclass
class Preflight:
    """What Canvas shows of the courses of many copies.

    :param courses: The course of each id, as given.
    :param destinations: The facts of each destination, by the number of its course.
    :param may_read: Whether the token's user may copy a source, by the number of its course; ``None`` if that is not
        known.
    """

    courses: dict[str, FoundCourse] = field(default_factory=dict)
    destinations: dict[int, Destination] = field(default_factory=dict)
    may_read: dict[int, bool | None] = field(default_factory=dict)


async def preflight(
    canvas: Canvas[AsyncIO],
    copies: Sequence[tuple[str, str]],
    *,
    settled: Collection[str] = (),
    edited: Mapping[str, int] = MappingProxyType({}),
) -> Preflight:
    """Return what Canvas shows of the courses of many copies.

    :param canvas: An asynchronous client.
    :param copies: The source and the destination of each copy, as ids in any form.
    :param settled: The destinations about which only their course must be known.
    :param edited: By content migration, how many assets of its destination are known to be edited since: what such a
        migration copied last is not counted again.
    :raises CanvasError: When Canvas does not respond.
    """
    reader = _Reader(canvas, edited)
    await reader.run(copies, set(settled))
    return reader.facts


class _Reader:
    def __init__(self, canvas: Canvas[AsyncIO], edited: Mapping[str, int]) -> None:
        self._canvas, self._edited, self.facts = canvas, edited, Preflight()

    async def run(self, copies: Sequence[tuple[str, str]], settled: set[str]) -> None:
        sources = list(dict.fromkeys(source for source, _ in copies))
        names = list(dict.fromkeys(destination for _, destination in copies))
        open_names = [name for name in names if name not in settled]
        include = ("concluded", "term", TABS) if open_names else ("concluded", "term")
        courses = await look_up_courses(self._canvas, [*names, *sources], include=include)
        self.facts.courses = courses
        destinations = _live(courses[name] for name in open_names)
        for course_id, course in destinations.items():
            self.facts.destinations[course_id] = Destination(kinds=_kinds(course))
        await concurrently([each for each in destinations.values() if TABS not in each], self._read_kinds)
        administered = await self._read_blueprints(destinations)
        await concurrently(destinations, self._read_migrations)
        await self._read_rights(destinations, _live(courses[name] for name in sources), administered)
        await self._count_content(destinations)

    async def _read_kinds(self, course: Course) -> None:
        """Read which kinds of content a course has, if the listing did not show it."""
        try:
            course = await self._canvas.courses.get(course_id=course["id"], include=[TABS])
        except REFUSED:
            return
        self.facts.destinations[course["id"]].kinds = _kinds(course)

    async def _read_blueprints(self, destinations: Mapping[int, Course]) -> set[int]:
        """Read which destinations follow a blueprint; return the root accounts whose courses the user may list."""
        administered: set[int] = set()
        children: list[int] = []
        unlisted: list[int] = []
        by_listing: defaultdict[tuple[Any, Any], list[int]] = defaultdict(list)
        for course_id, course in destinations.items():
            by_listing[course.get("root_account_id"), course.get("enrollment_term_id")].append(course_id)

        async def list_children(key: tuple[Any, Any]) -> None:
            wanted = by_listing[key]
            try:
                listed = await self._blueprint_children(*key, set(wanted))
            except REFUSED as error:
                log.info("Each destination is read to see whether it follows a blueprint: %s", error)
                listed = None
            else:
                if listed is not None:
                    administered.add(key[0])
            if listed is None:
                unlisted.extend(wanted)
            else:
                children.extend(listed)

        await concurrently(by_listing, list_children)
        await self._name_blueprints(children)
        await concurrently(unlisted, self._name_blueprint)
        return administered

    async def _blueprint_children(self, account_id: Any, term_id: Any, wanted: Collection[int]) -> list[int] | None:
        """Return which courses of a term follow a blueprint; ``None`` if it takes fewer requests to read each.

        :raises CanvasPermissionError: If the token's user may not list the account's courses.
        """
        if account_id is None or term_id is None:
            return None
        listing = Accounts.courses.call(account_id=account_id, enrollment_term_id=term_id, blueprint_associated=True)
        courses, is_complete = await self._pages(listing, max(len(wanted), 3))
        return [course["id"] for course in courses if course["id"] in wanted] if is_complete else None

    async def _pages(self, listing: Call[T], at_most: int) -> tuple[list[T], bool]:
        """Return the items of the first pages of a listing, and whether these are known to be all."""
        items: list[T] = []
        number = 0
        async with aclosing(cast("AsyncGenerator[list[T], None]", self._canvas.io.iterate_pages(listing))) as pages:
            async for page in pages:
                items, number = items + page, number + 1
                if number == at_most:
                    return items, False
        return items, True

    async def _name_blueprints(self, children: Iterable[int]) -> None:
        """Read the blueprint of each course that follows one, and which of the others follow it too."""
        remaining = dict.fromkeys(children)
        while remaining:
            child = next(iter(remaining))
            del remaining[child]
            if (blueprint := await self._name_blueprint(child)) is None:
                continue
            for sibling in await self._followers(blueprint):
                if sibling in remaining:
                    del remaining[sibling]
                    self.facts.destinations[sibling].blueprint = blueprint

    async def _name_blueprint(self, course_id: int) -> BlueprintCourse | None:
        """Read the blueprint that a course follows, if it follows one."""
        listing = BlueprintCourses.subscriptions.call(course_id=course_id)
        try:
            subscriptions, _ = await self._pages(listing, 1)
        except REFUSED:
            return None
        blueprint = subscriptions[0].get("blueprint_course") if subscriptions else None
        self.facts.destinations[course_id].blueprint = blueprint
        return blueprint

    async def _followers(self, blueprint: BlueprintCourse) -> list[int]:
        try:
            courses = self._canvas.blueprint_courses.associated_courses(
                course_id=blueprint["id"], template_id="default"
            )
            return [course["id"] async for course in courses]
        except REFUSED:
            return []

    async def _read_migrations(self, course_id: int) -> None:
        listing = ContentMigrations.list.call(course_id=course_id, per_page=MAX_MIGRATIONS)
        facts = self.facts.destinations[course_id]
        try:
            facts.migrations, _ = await self._pages(listing, 1)
        except REFUSED:
            facts.may_import = False

    async def _read_rights(
        self, destinations: Mapping[int, Course], sources: Mapping[int, Course], administered: Collection[int]
    ) -> None:
        """Read whether the token's user may import into the destinations, and copy the sources.

        Who may list an account's courses mostly has the same rights in all of them: if one of them can be copied into,
        only the others whose migrations are refused cannot.
        """
        groups: defaultdict[tuple[Any, Any], list[int]] = defaultdict(list)
        alone: list[int] = []
        for course_id, course in {**sources, **destinations}.items():
            if self.facts.destinations.get(course_id, Destination()).may_import is False and course_id not in sources:
                continue
            is_few = course_id in sources and len(sources) <= MAX_READ_SINGLY
            if is_few or course.get("root_account_id") not in administered:
                alone.append(course_id)
            else:
                # A concluded course has other rights than the others of its account.
                groups[course.get("account_id"), course.get("workflow_state")].append(course_id)

        async def read_group(course_ids: list[int]) -> None:
            rights = await self._rights(course_ids[0])
            if _may_import(rights) and rights.get(READ_RIGHT):
                for course_id in course_ids:
                    self._keep_rights(course_id, rights, sources)
            else:
                self._keep_rights(course_ids[0], rights, sources)
                alone.extend(course_ids[1:])

        async def read_alone(course_id: int) -> None:
            self._keep_rights(course_id, await self._rights(course_id), sources)

        await concurrently(groups.values(), read_group)
        await concurrently(alone, read_alone)

    def _keep_rights(self, course_id: int, rights: Mapping[str, bool], sources: Collection[int]) -> None:
        facts = self.facts.destinations.get(course_id)
        if facts is not None and facts.may_import is None:
            facts.may_import = _may_import(rights)
        if course_id in sources:
            self.facts.may_read[course_id] = rights.get(READ_RIGHT)

    async def _rights(self, course_id: int) -> Mapping[str, bool]:
        try:
            return await self._canvas.courses.permissions(course_id=course_id, permissions=[*IMPORT_RIGHTS, READ_RIGHT])
        except CanvasNotFoundError:
            return {}
        except CanvasPermissionError as error:
            if "scope" in str(error).lower():  # the developer key may not read permissions: that says nothing
                return {}
            return {READ_RIGHT: False}

    async def _count_content(self, destinations: Mapping[int, Course]) -> None:
        """Count the content of destinations that have some: first of those into which something was copied before."""
        for course_id, facts in self.facts.destinations.items():
            if (copy := self._last_copy(course_id)) is not None:
                facts.known_edits = self._edited.get(str(copy["id"]))
        known = {course_id for course_id, facts in self.facts.destinations.items() if facts.known_edits}
        used = [course_id for course_id in destinations if course_id not in known and self._kinds_to_count(course_id)]
        must = {course_id for course_id in used if self._last_copy(course_id) or self._is_uncertain(course_id)}
        budget = max(len(destinations), MAX_MIGRATIONS) // len(CONTENT) + 1
        counted = dict.fromkeys([*must, *[course_id for course_id in used if course_id not in must][:budget]])
        if len(counted) < len(used):
            log.info("%s destinations have content; it was counted in %s of them.", len(used), len(counted))
        await concurrently(counted, self._count)

    async def _count(self, course_id: int) -> None:
        facts, kinds = self.facts.destinations[course_id], self._kinds_to_count(course_id)
        records = {kind: await self._list(kind, course_id) for kind in CONTENT if kind in kinds}
        facts.counts = {kind: len(rows) for kind, rows in records.items()}
        facts.changes = [
            changed
            for kind in ("pages", "assignments")
            for row in records.get(kind, ())
            if (changed := row.get("updated_at"))
        ]
        if any(facts.counts.values()) and (copy := self._last_copy(course_id)) is not None:
            facts.last_copy_ended_at = await self._end_of(copy)

    def _kinds_to_count(self, course_id: int) -> Collection[str]:
        """Return the kinds of content that a course has, or may have."""
        kinds = self.facts.destinations[course_id].kinds
        return CONTENT if kinds is None else kinds.intersection(CONTENT)

    def _is_uncertain(self, course_id: int) -> bool:
        """Return whether a course may be empty: Canvas never calls pages unused that students may edit."""
        return self.facts.destinations[course_id].kinds is None or self._kinds_to_count(course_id) == {"pages"}

    def _last_copy(self, course_id: int) -> ContentMigration | None:
        migrations = self.facts.destinations[course_id].migrations or ()
        return next((each for each in migrations if each.get("workflow_state") == "completed"), None)

    async def _list(self, kind: str, course_id: int) -> list[Any]:
        try:
            rows: AsyncIterator[Any] = getattr(self._canvas, kind).list(course_id=course_id)
            return [row async for row in rows]
        except REFUSED:  # the course has disabled that tab
            return []

    async def _end_of(self, migration: ContentMigration) -> str | None:
        """Return when a migration ended: Canvas's ``finished_at`` is the end of its export only."""
        audited: str | None = (migration.get("audit_info") or {}).get("updated_at")
        progress_id = progress_id_of(migration)
        if progress_id is None:
            return audited
        try:
            return (await self._canvas.progress.get(progress_id=progress_id)).get("updated_at") or audited
        except REFUSED:  # Canvas deletes old ones
            return audited


def _may_import(rights: Mapping[str, bool]) -> bool | None:
    return any(rights.get(name) for name in IMPORT_RIGHTS) if rights else None


def _live(found: Iterable[FoundCourse]) -> dict[int, Course]:
    """Return the courses that exist, by number."""
    return {each.course["id"]: each.course for each in found if each.course is not None and each.problem is None}


def _kinds(course: Course) -> frozenset[str] | None:
    """Return the kinds of content that a course has, as its navigation shows; ``None`` if Canvas does not show it."""
    tabs: Any = course.get("tabs")
    if not isinstance(tabs, list):
        return None
    return frozenset(tab["id"] for tab in tabs if not tab.get("unused") and tab.get("type") != "external")
