"""The world of an exchange: what the recorded Canvas held when the exchange began, under the same ids."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

from canvas_emulator.model.clock import ManualClock
from canvas_emulator.model.content import CONTENT_KINDS, Page
from canvas_emulator.model.course import Course, CourseSettings
from canvas_emulator.model.editions import Edition
from canvas_emulator.model.enrollments import SHORT_TYPES, Enrollment, EnrollmentState, EnrollmentType, Section
from canvas_emulator.model.records import (
    AccessToken,
    Account,
    Group,
    Term,
    User,
)
from canvas_emulator.model.settings import Settings
from canvas_emulator.model.world import World

from tests.contract.facts import USERS, Owner, Sighting, facts_at, sightings, sightings_in
from tests.contract.rows import NO_FIT, build, content, fit, hints
from tests.support.recordings import HOST, Exchange, all_exchanges

BEGIN = datetime(2026, 11, 29, 19, 15, tzinfo=UTC)
END = datetime(2026, 11, 29, 20, 0, tzinfo=UTC)
"""The end of the recordings."""
EARLY = datetime(2026, 11, 29, 19, 0, tzinfo=UTC)
TOKENS = {who: f"{who}-token" for who in USERS}
SOURCE_COURSE = 14
UNKNOWN_ID = 987654321
"""The id that the recorded requests use for what does not exist."""

SHORT = {short: long for long, short in SHORT_TYPES.items()}
ENROLLED = {"teacher": EnrollmentType.TEACHER, "student": EnrollmentType.STUDENT}
GROUP = 4


def recorded_settings() -> Settings:
    """Return the settings of the recorded Canvas."""
    return Settings(edition=Edition.JUNE_2023)


def empty_world(exchange: Exchange) -> World:
    """Return a world without rows at the time of an exchange, with the settings and host of the recorded Canvas."""
    return World(clock=ManualClock(time_of(exchange)), settings=recorded_settings(), host=HOST)


class RecordedWorld:
    """Puts the rows of the recorded Canvas into a world, as they were when an exchange began.

    :param exchange: The exchange.
    :param owners: The courses, users and groups whose content the exchange needs.
    """

    def __init__(self, exchange: Exchange, owners: Iterable[Owner]) -> None:
        self.exchange = exchange
        self.owners = {each for owner in owners for each in (owner, self.owner_of_owner(owner)) if each}
        self.world = empty_world(exchange)
        self._add_accounts()
        self._add_users()
        self._add_courses()
        for kind in CONTENT_KINDS:
            self._add_content(kind.KIND)

    def ids(self, kind: str) -> list[int]:
        """Return the ids of the rows of a kind that there were when the exchange began."""
        made = made_by(self.exchange)
        if kind not in MADE_MEANWHILE:
            return list(ids(kind))
        now = self.world.clock.now()
        return [row_id for row_id in ids(kind) if (kind, row_id) not in made and created_at(kind, row_id) <= now]

    def facts(self, kind: str, row_id: int) -> dict[str, Any]:
        """Return what a row was when the exchange began."""
        return facts_at(self.exchange, kind, row_id)

    def owner_of_owner(self, owner: Owner) -> Owner | None:
        """Return where the migration or export is whose file an exchange names."""
        return self.owner_of(KIND_OF_OWNER[owner.type], owner.id) if owner.type in KIND_OF_OWNER else None

    def _add_accounts(self) -> None:
        tables = self.world.tables
        tables.accounts[1] = Account(1, "Root account", uuid="root-account")
        for row_id in ids("account"):
            tables.accounts[row_id] = build(Account, {"name": f"Account {row_id}"} | self.facts("account", row_id))
        for row_id in ids("term"):
            tables.terms[row_id] = build(Term, self.facts("term", row_id))

    def _add_users(self) -> None:
        tables = self.world.tables
        for row_id in sorted({*ids("user"), *USERS.values()}):
            facts = {"id": row_id, "name": f"User {row_id}"} | self.facts("user", row_id)
            tables.users[row_id] = build(User, facts, is_admin=row_id == 1)
        for who, token in TOKENS.items():
            tables.tokens[token] = AccessToken(token, USERS[who])
        tables.tokens[TOKENS["revoked"]].revoked = True
        tables.tokens[TOKENS["expired"]].expires_at = EARLY
        scopes = frozenset({"url:GET|/api/v1/courses", "url:GET|/api/v1/courses/:id"})
        tables.tokens[TOKENS["scoped"]].scopes = scopes
        tables.groups[GROUP] = Group(GROUP, "Real group", SOURCE_COURSE, frozenset({3}))

    def _add_courses(self) -> None:
        for row_id in self.ids("course"):
            self.add_course(row_id)
        for row_id in ids("section"):
            for seen in sightings()["section", row_id]:
                self._add_section(row_id, seen)
        for row_id in ids("enrollment"):
            self._add_enrollment(row_id)
        for seen in sightings().get(("role", 0), []):
            course_id = seen.owner.id if seen.owner else 0
            self.enroll(seen.facts["user_id"], course_id, SHORT[seen.facts["type"]], seen.facts["enrollment_state"])

    def add_course(self, row_id: int, facts: Mapping[str, Any] | None = None) -> Course:
        """Add a course, which is a fresh one if nothing is known about it.

        :param row_id: Its id.
        :param facts: Facts in place of those of the recordings.
        """
        fresh: dict[str, Any] = {
            "id": row_id,
            "name": f"Course {row_id}",
            "course_code": f"Course {row_id}",
            "account_id": 1,
            "enrollment_term_id": 2,
            "uuid": f"course-{row_id}",
            "created_at": "2026-11-29T19:00:00Z",
            "workflow_state": "available" if self.exchange.who == "student" else "unpublished",
        }
        facts = fresh | (self.facts("course", row_id) if facts is None else dict(facts))
        by_type = "blueprint_restrictions_by_object_type"
        settings = build(CourseSettings, facts | {f"use_{by_type}": by_type in facts})
        hidden = frozenset(tab["id"] for tab in facts.get("tabs", ()) if tab.get("hidden"))
        course = build(Course, facts, settings=settings, hidden_tabs=hidden)
        self.world.tables.courses[row_id] = course
        if course.account_id not in self.world.tables.accounts:
            self.world.tables.accounts[course.account_id] = Account(
                course.account_id, f"Account {course.account_id}", 1
            )
        if course.enrollment_term_id not in self.world.tables.terms:
            self.world.tables.terms[course.enrollment_term_id] = Term(course.enrollment_term_id, "Default Term")
        return course

    @staticmethod
    def is_known(kind: str, row_id: int) -> bool:
        """Tell whether the recordings show a row."""
        return (kind, row_id) in sightings()

    def _add_section(self, row_id: int, seen: Sighting) -> None:
        facts = {"name": f"Section {row_id}"} | self.facts("section", row_id)
        course_id = seen.owner.id if seen.owner else 0
        self.world.enrollments.put_section(build(Section, facts, course_id=course_id))

    def _add_enrollment(self, row_id: int) -> None:
        enrollments, facts = self.world.enrollments, self.facts("enrollment", row_id)
        section_id, course_id, user_id = facts["course_section_id"], facts["course_id"], facts["user_id"]
        if section_id not in enrollments.sections:
            enrollments.put_section(Section(section_id, course_id, f"Section {section_id}"))
        if user_id not in self.world.tables.users:
            self.world.tables.users[user_id] = User(user_id, f"User {user_id}")
        section = enrollments.sections[section_id]
        if facts.get("sis_section_id"):
            section = replace(section, sis_section_id=facts["sis_section_id"])
            enrollments.put_section(section)
        state = EnrollmentState(facts["enrollment_state"])
        row = self.world.enroll(user_id, course_id, EnrollmentType(facts["type"]), state, section=section)
        rows = self.world.enrollments.enrollments
        del rows[row.id]
        rows[row_id] = row
        for name, hint in hints(Enrollment).items():
            if name != "section_id" and name in facts and (value := fit(hint, facts[name])) is not NO_FIT:
                setattr(row, name, value)

    def enroll(self, user_id: int, course_id: int, role: EnrollmentType, state: str = "active") -> None:
        """Enroll a user in a course, unless that user has this role there already."""
        enrollments = self.world.enrollments
        if course_id in self.world.tables.courses and not any(
            each.type is role for each in enrollments.of_user(user_id, course_id)
        ):
            self.world.enroll(user_id, course_id, role, EnrollmentState(state))

    def _add_content(self, kind: str) -> None:
        for row_id in self.ids(kind):
            owner = self.owner_of(kind, row_id)
            if owner in self.owners and owner is not None:
                self.add_content(kind, row_id, owner)

    def owner_of(self, kind: str, row_id: int) -> Owner | None:
        """Return what a row is in: a file without a course in its response is where its folder is."""
        seen = sightings().get((kind, row_id), [])
        owner = next((each.owner for each in seen if each.owner is not None), None)
        if owner is None and kind == "files" and (folder_id := self.facts(kind, row_id).get("folder_id")):
            owner = self.owner_of("folders", folder_id)
        return owner

    def add_content(self, kind: str, row_id: int, owner: Owner, **values: Any) -> None:
        """Add a row of content with the facts about it."""
        facts = {"id": row_id} | self.facts(kind, row_id)
        if kind == "module_items" and facts.get("page_url"):
            pages = (page for page in self.world.rows(Page, owner.id) if page.url == facts["page_url"])
            facts["content_id"] = next((page.id for page in pages), None)
        if kind == "assignments" and (rubric := facts.get("rubric_settings")):
            criteria = tuple(f"{each['description']}: {each['points']:g}" for each in facts.get("rubric", ()))
            named = {"id": rubric["id"], "title": rubric["title"], "points_possible": rubric["points_possible"]}
            self.world.add(content("rubrics", named | {"criteria": criteria}, owner.type, owner.id))
        if kind == "quizzes":
            self._add_questions(row_id, facts, owner)
        if kind == "files":
            values.setdefault("data", b"x" * min(int(facts.get("size") or 0), 1000))
        self.world.add(content(kind, facts, owner.type, owner.id, **values))

    def _add_questions(self, quiz_id: int, facts: Mapping[str, Any], owner: Owner) -> None:
        """Add as many questions as a quiz has, of all its types."""
        types = facts.get("question_types") or ("multiple_choice_question",)
        for number in range(int(facts.get("question_count") or 0)):
            values = {"question_type": types[number % len(types)], "position": number + 1}
            named = {"title": f"Question {number + 1}", "question_text": "<p>Why?</p>", "quiz_id": quiz_id}
            self.world.add(content("quiz_questions", named | values, owner.type, owner.id))


KIND_OF_OWNER = {"ContentMigration": "migration", "ContentExport": "export"}
"""By the type of the owner of a file: the kind of row that it is."""

MADE_MEANWHILE = frozenset({"course", "migration", "export", "files", "folders", "progress", "issue"})
"""The kinds of rows that were made while the recordings were made: an earlier exchange does not find them."""


@cache
def created_at(kind: str, row_id: int) -> datetime:
    """Return when a row was created; the beginning of time if no response tells."""
    told = (seen.facts.get("created_at") for seen in sightings()[kind, row_id])
    return next((datetime.fromisoformat(each) for each in told if each), BEGIN)


def made_by(exchange: Exchange) -> set[tuple[str, int]]:
    """Return the rows that an exchange creates: they are in its response, but not in its path."""
    seen = sightings_in(exchange)
    if exchange.path.endswith("/create_success"):
        return {(each.kind, each.id) for each in seen}
    if exchange.method != "POST" and (exchange.method, exchange.path) != ("PUT", "/api/v1/accounts/1/courses"):
        return set()
    return {(each.kind, each.id) for each in seen if f"/{each.id}" not in exchange.path and each.kind in MADE_MEANWHILE}


@cache
def _times() -> Mapping[int, datetime]:
    """Return the latest date in the responses until each exchange of the recorder."""
    times, latest = {}, BEGIN
    recorder = (each for each in all_exchanges().values() if each.source == "recorder" and each.response_body)
    for exchange in sorted(recorder, key=lambda each: each.order):
        dates = re.findall(
            r'"\w*(?:created|updated|started|finished|completed)_at": "([\d-]+T[\d:]+Z)"',
            json.dumps(exchange.response_body),
        )
        latest = max([latest, *(datetime.fromisoformat(each) for each in dates)])
        times[exchange.order] = latest
    return times


def time_of(exchange: Exchange) -> datetime:
    """Return the time of an exchange: the latest date in all responses until then."""
    if exchange.source != "recorder":
        return END
    reads = exchange.method in ("GET", "HEAD")
    return max((at for order, at in _times().items() if order < exchange.order + reads), default=BEGIN)


@cache
def ids(kind: str) -> tuple[int, ...]:
    """Return the ids of all rows of a kind that the recordings show."""
    return tuple(sorted(row_id for seen, row_id in sightings() if seen == kind))
