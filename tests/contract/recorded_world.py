"""The world of an exchange: what the recorded Canvas held when the exchange began, under the same ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from canvas_emulator.model.clock import ManualClock
from canvas_emulator.model.content import CONTENT_KINDS, Page
from canvas_emulator.model.content_base import ContextType
from canvas_emulator.model.course import Course, CourseSettings
from canvas_emulator.model.enrollments import SHORT_TYPES, Enrollment, EnrollmentState, EnrollmentType, Section
from canvas_emulator.model.records import (
    AccessToken,
    Account,
    ContentExport,
    ContentMigration,
    Group,
    MigrationIssue,
    Progress,
    Term,
    User,
)
from canvas_emulator.model.settings import Settings
from canvas_emulator.model.world import World

from tests.contract.facts import USERS, Owner, Sighting, facts_at, sightings
from tests.contract.rows import STORED, build, content
from tests.support.recordings import HOST, Exchange

NOW = datetime(2026, 11, 29, 20, 0, tzinfo=UTC)
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
    return Settings(
        legacy_permission_401=True,
        legacy_throttle_403=True,
        require_user_agent=False,
        unknown_route_html=True,
        model_error_codes=False,
    )


def empty_world() -> World:
    """Return a world without rows, with the settings and the host of the recorded Canvas."""
    return World(clock=ManualClock(NOW), settings=recorded_settings(), host=HOST)


class RecordedWorld:
    """Puts the rows of the recorded Canvas into a world, as they were when an exchange began.

    :param exchange: The exchange.
    :param owners: The courses, users and groups whose content the exchange needs.
    """

    def __init__(self, exchange: Exchange, owners: Iterable[Owner]) -> None:
        self.exchange = exchange
        self.owners = set(owners)
        self.world = empty_world()
        self._add_accounts()
        self._add_users()
        self._add_courses()
        for kind in CONTENT_KINDS:
            self._add_content(kind.KIND)
        self._add_jobs()

    def facts(self, kind: str, row_id: int) -> dict[str, Any]:
        """Return what a row was when the exchange began."""
        return facts_at(self.exchange, kind, row_id)

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
        for row_id in ids("course"):
            self.add_course(row_id)
        for row_id in ids("section"):
            for seen in sightings()["section", row_id]:
                self._add_section(row_id, seen)
        for row_id in ids("enrollment"):
            self._add_enrollment(row_id)
        for seen in sightings().get(("role", 0), []):
            course_id = seen.owner.id if seen.owner else 0
            self.enroll(seen.facts["user_id"], course_id, SHORT[seen.facts["type"]], seen.facts["enrollment_state"])

    def add_course(self, row_id: int) -> Course:
        """Add a course, which is a fresh one if nothing is known about it."""
        fresh = {
            "id": row_id,
            "name": f"Course {row_id}",
            "course_code": f"Course {row_id}",
            "account_id": 1,
            "enrollment_term_id": 2,
            "uuid": f"course-{row_id}",
            "created_at": "2026-11-29T19:00:00Z",
        }
        facts = fresh | self.facts("course", row_id)
        facts.setdefault("blueprint_restrictions", {})
        settings = build(CourseSettings, facts)
        course = build(Course, facts, settings=settings)
        self.world.tables.courses[row_id] = course
        if course.account_id not in self.world.tables.accounts:
            self.world.tables.accounts[course.account_id] = Account(
                course.account_id, f"Account {course.account_id}", 1
            )
        if course.enrollment_term_id not in self.world.tables.terms:
            self.world.tables.terms[course.enrollment_term_id] = Term(course.enrollment_term_id, "Default Term")
        return course

    def _add_section(self, row_id: int, seen: Sighting) -> None:
        facts = {"name": f"Section {row_id}"} | self.facts("section", row_id)
        course_id = seen.owner.id if seen.owner else 0
        self.world.enrollments.sections[row_id] = build(Section, facts, course_id=course_id)

    def _add_enrollment(self, row_id: int) -> None:
        enrollments, facts = self.world.enrollments, self.facts("enrollment", row_id)
        section_id, course_id, user_id = facts["course_section_id"], facts["course_id"], facts["user_id"]
        if section_id not in enrollments.sections:
            enrollments.sections[section_id] = Section(section_id, course_id, f"Section {section_id}")
        if user_id not in self.world.tables.users:
            self.world.tables.users[user_id] = User(user_id, f"User {user_id}")
        section = enrollments.sections[section_id]
        state = EnrollmentState(facts["enrollment_state"])
        row = self.world.enroll(user_id, course_id, EnrollmentType(facts["type"]), state, section=section)
        self._renumber(row, row_id)

    def _renumber(self, row: Enrollment, row_id: int) -> None:
        rows = self.world.enrollments.enrollments
        del rows[row.id]
        row.id = row_id
        rows[row_id] = row

    def enroll(self, user_id: int, course_id: int, role: EnrollmentType, state: str = "active") -> None:
        """Enroll a user in a course, unless that user has this role there already."""
        enrollments = self.world.enrollments
        if course_id in self.world.tables.courses and not any(
            each.type is role for each in enrollments.of_user(user_id, course_id)
        ):
            self.world.enroll(user_id, course_id, role, EnrollmentState(state))

    def _add_content(self, kind: str) -> None:
        for row_id in ids(kind):
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
        if kind == "files":
            values.setdefault("data", b"x" * min(int(facts.get("size") or 0), 1000))
        self.world.add(content(kind, facts, owner.type, owner.id, **values))

    def _add_jobs(self) -> None:
        for row_id in ids("migration"):
            owner = self.owner_of("migration", row_id)
            if owner in self.owners and owner is not None:
                self.add_migration(row_id, owner)
        for row_id in ids("export"):
            owner = self.owner_of("export", row_id)
            if owner in self.owners and owner is not None:
                self.add_export(row_id, owner)

    def add_migration(self, row_id: int, owner: Owner) -> ContentMigration:
        """Add a migration with its file, its Progress and its issues."""
        facts: dict[str, Any] = {"id": row_id, "user_id": 1, "migration_type": "course_copy_importer"}
        facts |= {"created_at": "2026-11-29T19:00:00Z", "workflow_state": "completed"}
        facts |= self.facts("migration", row_id)
        audit = facts.get("audit_info") or {}
        settings = audit.get("migration_settings") or {"import_immediately": True}
        state = STORED[facts["workflow_state"]]
        if facts["workflow_state"] == "waiting_for_select":
            settings = {key: value for key, value in settings.items() if key != "import_immediately"}
        source = audit.get("source_course_id") or (facts.get("settings") or {}).get("source_course_id")
        progress_id = _last_id(facts.get("progress_url"))
        migration = build(
            ContentMigration,
            facts | {"updated_at": audit.get("updated_at") or facts["created_at"]},
            course_id=owner.id,
            context_type=ContextType(owner.type),
            workflow_state=state,
            migration_settings=settings,
            source_course_id=source,
            progress_id=progress_id,
            attachment_id=(facts.get("attachment") or {}).get("id"),
        )
        self.world.add_migration(migration)
        self._add_attachment(facts.get("attachment"), Owner("ContentMigration", row_id))
        if progress_id is not None:
            self.add_progress(progress_id, "ContentMigration", row_id)
        self._add_issues(migration, int(facts.get("migration_issues_count") or 0))
        return migration

    def _add_issues(self, migration: ContentMigration, number: int) -> None:
        path = f"/content_migrations/{migration.id}"
        known = [
            row_id
            for row_id in ids("issue")
            if str(self.facts("issue", row_id).get("content_migration_url", "")).endswith(path)
        ]
        for row_id in [*known, *range(900_001, 900_001 + max(number - len(known), 0))]:
            facts = {"issue_type": "warning", "description": "An issue"} | self.facts("issue", row_id)
            facts = {"created_at": "2026-11-29T19:00:00Z", "updated_at": "2026-11-29T19:00:00Z", "id": row_id} | facts
            self.world.add_issue(build(MigrationIssue, facts, content_migration_id=migration.id))

    def _add_attachment(self, facts: Mapping[str, Any] | None, owner: Owner) -> None:
        if facts:
            self.add_content("files", facts["id"], owner)

    def add_export(self, row_id: int, owner: Owner) -> None:
        """Add an export with its file and its Progress."""
        facts = self.facts("export", row_id)
        progress_id = _last_id(facts.get("progress_url"))
        self.world.tables.content_exports[row_id] = build(
            ContentExport,
            {"updated_at": facts["created_at"]} | facts,
            context_id=owner.id,
            context_type=ContextType(owner.type),
            progress_id=progress_id,
            attachment_id=(facts.get("attachment") or {}).get("id"),
        )
        self._add_attachment(facts.get("attachment"), Owner("ContentExport", row_id))
        if progress_id is not None:
            self.add_progress(progress_id, "ContentExport", row_id)

    def add_progress(self, row_id: int, context_type: str, context_id: int) -> None:
        """Add a Progress."""
        facts: dict[str, Any] = {
            "id": row_id,
            "context_id": context_id,
            "context_type": context_type,
            "user_id": 1,
            "tag": "content_export" if context_type == "ContentExport" else "content_migration",
            "created_at": "2026-11-29T19:00:00Z",
            "updated_at": "2026-11-29T19:00:00Z",
            "completion": 100.0,
            "workflow_state": "completed",
        }
        self.world.tables.progress[row_id] = build(Progress, facts | self.facts("progress", row_id))


@cache
def ids(kind: str) -> tuple[int, ...]:
    """Return the ids of all rows of a kind that the recordings show."""
    return tuple(sorted(row_id for seen, row_id in sightings() if seen == kind))


def _last_id(url: str | None) -> int | None:
    return int(url.rpartition("/")[2]) if url else None
