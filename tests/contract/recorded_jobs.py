"""The jobs of the recorded Canvas: migrations with issues, exports, Progress, and blueprints."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from canvas_emulator.machines.blueprint import SyncState
from canvas_emulator.machines.content_migration import Stored
from canvas_emulator.model.content_base import ContextType
from canvas_emulator.model.records import (
    BlueprintMigration,
    BlueprintSubscription,
    BlueprintTemplate,
    ContentExport,
    ContentMigration,
    MigrationIssue,
    Progress,
)

from tests.contract.facts import Owner, sightings
from tests.contract.recorded_world import RecordedWorld, ids
from tests.contract.rows import STORED, build
from tests.support.recordings import all_exchanges

BLUEPRINT_TYPE = "master_course_import"


class RecordedJobs:
    """Puts the jobs of the recorded Canvas into its world.

    :param recorded: The world, which has the rest already.
    """

    def __init__(self, recorded: RecordedWorld) -> None:
        self.recorded, self.world = recorded, recorded.world
        self.facts, self.exchange = recorded.facts, recorded.exchange
        for kind, add in (("migration", self.add_migration), ("export", self.add_export)):
            for row_id in recorded.ids(kind):
                owner = recorded.owner_of(kind, row_id)
                if owner is not None and owner in recorded.owners:
                    add(row_id, owner)
        self._add_blueprints()

    def add_migration(self, row_id: int, owner: Owner, told: Mapping[str, Any] | None = None) -> ContentMigration:
        """Add a migration with its file, its Progress and its issues.

        :param row_id: Its id.
        :param owner: Where it goes.
        :param told: Facts in place of those of the recordings.
        """
        facts: dict[str, Any] = {"id": row_id, "user_id": 1, "migration_type": "course_copy_importer"}
        facts |= {"created_at": "2026-11-29T19:00:00Z", "workflow_state": "completed"}
        facts |= self.facts("migration", row_id) if told is None else told
        audit = facts.get("audit_info") or {}
        settings = audit.get("migration_settings") or {"import_immediately": True}
        state = _stored(facts)
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
            if "progress" in audit:
                self.world.tables.progress[progress_id].completion = audit["progress"]
        self._add_issues(migration, int(facts.get("migration_issues_count") or 0))
        return migration

    def _add_issues(self, migration: ContentMigration, number: int) -> None:
        path = f"/content_migrations/{migration.id}"
        known = [
            row_id
            for row_id in self.recorded.ids("issue")
            if str(self.facts("issue", row_id).get("content_migration_url", "")).endswith(path)
        ]
        for row_id in [*known, *range(900_001, 900_001 + max(number - len(known), 0))]:
            facts = {"issue_type": "warning", "description": "An issue"} | self.facts("issue", row_id)
            facts = {"created_at": "2026-11-29T19:00:00Z", "updated_at": "2026-11-29T19:00:00Z", "id": row_id} | facts
            report = _last_id(facts.get("error_report_html_url"))
            issue = build(MigrationIssue, facts, content_migration_id=migration.id, error_report_id=report)
            self.world.add_issue(issue)

    def _add_attachment(self, facts: Mapping[str, Any] | None, owner: Owner) -> None:
        if facts:
            self.recorded.add_content("files", facts["id"], owner)

    def add_export(self, row_id: int, owner: Owner, told: Mapping[str, Any] | None = None) -> None:
        """Add an export with its file and its Progress.

        :param row_id: Its id.
        :param owner: What it is of.
        :param told: Facts in place of those of the recordings.
        """
        facts = self.facts("export", row_id) if told is None else dict(told)
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

    def _add_blueprints(self) -> None:
        """Add the courses that follow blueprints, and the syncs, if they were there before the exchange."""
        tables = self.world.tables
        began = all_exchanges()["blueprint_courses.update_associations"].order
        synced = all_exchanges()["blueprint_courses.sync"].order
        for row_id in ids("blueprint_subscription"):
            seen = sightings()["blueprint_subscription", row_id][0]
            blueprint, follower = seen.facts["blueprint_course"]["id"], seen.owner.id if seen.owner else 0
            if self.exchange.order <= began or not {Owner("Course", blueprint), seen.owner} & self.recorded.owners:
                continue
            if follower not in tables.courses:
                self.recorded.add_course(follower)
            template_id = seen.facts["template_id"]
            tables.blueprint_templates[template_id] = BlueprintTemplate(template_id, blueprint)
            subscription = BlueprintSubscription(row_id, template_id, blueprint, follower)
            tables.blueprint_subscriptions[row_id] = subscription
            if self.exchange.order > synced:
                self._add_sync(subscription)

    def _add_sync(self, subscription: BlueprintSubscription) -> None:
        """Add the one sync that was recorded, with its content migration."""
        (sync_id,) = ids("blueprint_migration")
        facts = self.facts("blueprint_migration", sync_id)
        migration_id = self._followers_id()
        states = {"completed": "completed", "queued": "queued"}
        self.world.add_migration(
            build(
                ContentMigration,
                facts | {"id": migration_id, "updated_at": facts.get("imports_completed_at") or facts["created_at"]},
                course_id=subscription.course_id,
                migration_type=BLUEPRINT_TYPE,
                source_course_id=subscription.blueprint_course_id,
                workflow_state=STORED[states.get(facts["workflow_state"], "running")],
                started_at=_date(facts["imports_queued_at"]),
                finished_at=_date(facts["imports_completed_at"]),
                migration_settings={"import_immediately": True},
            )
        )
        row = build(
            BlueprintMigration,
            facts,
            template_id=subscription.template_id,
            workflow_state=SyncState.IMPORTS_QUEUED if facts["imports_queued_at"] else SyncState.QUEUED,
            content_migration_ids={subscription.id: migration_id},
        )
        self.world.tables.blueprint_migrations[sync_id] = row

    @staticmethod
    def _followers_id() -> int:
        """Return the id that the course that follows sees."""
        body = all_exchanges()["blueprint_courses.subscription_migration"].response_body
        return int(body["id"])


def _stored(facts: Mapping[str, Any]) -> Stored:
    """Return the stored state of a migration: some are reported alike."""
    if facts["workflow_state"] == "pre_processing" and "progress_url" not in facts:
        return Stored.CREATED
    if facts["workflow_state"] == "failed" and facts.get("finished_at") is None:
        return Stored.PRE_PROCESS_ERROR
    return STORED[facts["workflow_state"]]


def _date(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _last_id(url: str | None) -> int | None:
    return int(url.rpartition("/")[2]) if url else None
