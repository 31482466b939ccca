"""What a reader wants to know of Canvas's ContentMigration and MigrationIssue objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from airflow_provider_canvas.reconciliation.coerce import object_of, text_of, time_of


@dataclass(frozen=True)
class ContentMigration:
    """A content migration, as Canvas reports it.

    :param content_migration_id: Empty if there is no migration.
    :param created_at: UTC; likewise the other times.
    """

    content_migration_id: str
    migration_type: str | None
    migration_type_title: str | None
    workflow_state: str | None
    created_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def parse(cls, body: Mapping[str, Any]) -> ContentMigration:
        """Read Canvas's ContentMigration object."""
        body = object_of(body)
        return cls(
            content_migration_id=text_of(body.get("id")) or "",
            migration_type=text_of(body.get("migration_type")),
            migration_type_title=text_of(body.get("migration_type_title")),
            workflow_state=text_of(body.get("workflow_state")),
            created_at=time_of(body.get("created_at")),
            started_at=time_of(body.get("started_at")),
            finished_at=time_of(body.get("finished_at")),
        )

    @property
    def seconds_queued(self) -> float | None:
        """Return the seconds from creation to start."""
        return _seconds(self.created_at, self.started_at)

    @property
    def seconds_running(self) -> float | None:
        """Return the seconds from start to end."""
        return _seconds(self.started_at, self.finished_at)


@dataclass(frozen=True)
class MigrationIssue:
    """A migration issue, as Canvas reports it.

    :param issue_type: ``todo``, ``warning`` or ``error``.
    :param fix_url: Where to fix it; Canvas often gives a path without a host.
    :param error_message: Only administrators get it; for missing links it lists them.
    """

    issue_type: str
    description: str
    resolved: bool
    fix_url: str | None
    error_message: str | None

    @classmethod
    def parse(cls, body: Mapping[str, Any]) -> MigrationIssue:
        """Read Canvas's MigrationIssue object."""
        body = object_of(body)
        return cls(
            issue_type=text_of(body.get("issue_type")) or "warning",
            description=text_of(body.get("description")) or "(Canvas gives no description)",
            resolved=body.get("workflow_state") == "resolved",
            fix_url=text_of(body.get("fix_issue_html_url")),
            error_message=text_of(body.get("error_message")),
        )


def _seconds(since: datetime | None, until: datetime | None) -> float | None:
    return (until - since).total_seconds() if since and until else None
