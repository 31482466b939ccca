"""Canvas's ContentMigration and MigrationIssue objects, parsed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from airflow_provider_canvas.reconciliation.coerce import to_datetime, to_object, to_text


@dataclass(frozen=True)
class ContentMigration:
    """A content migration, as Canvas reports it. All times are in UTC.

    :param content_migration_id: Canvas's id, as text; empty if there is no migration.
    :param migration_type: Canvas's name for the type, such as ``course_copy_importer``.
    :param migration_type_title: The type's title, as Canvas shows it to people.
    :param workflow_state: Canvas's name for the state.
    :param created_at: When it was requested.
    :param started_at: When Canvas began to run it; None while it is queued.
    :param finished_at: What Canvas calls so. It is not the end: a copy has it when its export half is over, or even
        before ``started_at``.
    :param ended_at: When it ended; None if that is not known.
    """

    content_migration_id: str
    migration_type: str | None
    migration_type_title: str | None
    workflow_state: str | None
    created_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    ended_at: datetime | None = None

    @classmethod
    def parse(cls, body: Mapping[str, Any], progress: Mapping[str, Any] | None = None) -> ContentMigration:
        """Parse Canvas's ContentMigration object.

        :param body: The object.
        :param progress: Its Progress, of which the last update is the end of the migration.
        """
        body = to_object(body)
        return cls(
            content_migration_id=to_text(body.get("id")) or "",
            migration_type=to_text(body.get("migration_type")),
            migration_type_title=to_text(body.get("migration_type_title")),
            workflow_state=to_text(body.get("workflow_state")),
            created_at=to_datetime(body.get("created_at")),
            started_at=to_datetime(body.get("started_at")),
            finished_at=to_datetime(body.get("finished_at")),
            ended_at=_ended_at(to_object(progress)),
        )

    @property
    def began_at(self) -> datetime | None:
        """When Canvas began to read the source, or shortly before; what was created later was not copied."""
        return self.started_at or self.created_at

    @property
    def seconds_queued(self) -> float | None:
        """Seconds from creation to start."""
        return _seconds(self.created_at, self.started_at)

    @property
    def seconds_running(self) -> float | None:
        """Seconds from start to end; None if the end is not known."""
        return _seconds(self.started_at, self.ended_at)


@dataclass(frozen=True)
class MigrationIssue:
    """A migration issue, as Canvas reports it.

    :param issue_type: ``todo``, ``warning`` or ``error``.
    :param description: Canvas's description of the issue.
    :param resolved: Whether a user has marked it as resolved.
    :param fix_url: The page on which to fix it; Canvas often sends a path without a host.
    :param error_message: Details, such as the missing links; only administrators get them.
    """

    issue_type: str
    description: str
    resolved: bool
    fix_url: str | None
    error_message: str | None

    @classmethod
    def parse(cls, body: Mapping[str, Any]) -> MigrationIssue:
        """Parse Canvas's MigrationIssue object."""
        body = to_object(body)
        return cls(
            issue_type=to_text(body.get("issue_type")) or "warning",
            description=to_text(body.get("description")) or "(Canvas sent no description)",
            resolved=body.get("workflow_state") == "resolved",
            fix_url=to_text(body.get("fix_issue_html_url")),
            error_message=to_text(body.get("error_message")),
        )


def _ended_at(progress: Mapping[str, Any]) -> datetime | None:
    """Return when a job ended: the last update of its completed Progress.

    If the Progress is not completed, its last update is another one, such as a cancellation after the end.
    """
    return to_datetime(progress.get("updated_at")) if progress.get("workflow_state") == "completed" else None


def _seconds(since: datetime | None, until: datetime | None) -> float | None:
    return (until - since).total_seconds() if since and until else None
