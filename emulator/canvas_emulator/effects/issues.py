"""Issues of a migration: what a person should check."""

from __future__ import annotations

from datetime import datetime

from canvas_emulator.model.records import ContentMigration, MigrationIssue
from canvas_emulator.model.world import World


def add_issue(
    world: World,
    migration: ContentMigration,
    at: datetime,
    issue_type: str,
    description: str,
    *,
    fix_issue_html_url: str | None = None,
    error_message: str | None = None,
    has_report: bool = False,
) -> None:
    """Add an issue to a migration, unless it has the same one already.

    :param issue_type: ``todo``, ``warning`` or ``error``.
    :param fix_issue_html_url: Where a person can do something about it: a path without a host.
    :param error_message: Details, for admins.
    :param has_report: Whether there is a report of the error, for admins.
    """
    issue = MigrationIssue(
        id=0,
        content_migration_id=migration.id,
        issue_type=issue_type,
        description=description,
        fix_issue_html_url=fix_issue_html_url,
        error_message=error_message,
        created_at=at,
        updated_at=at,
    )
    words = (issue_type, description, fix_issue_html_url, error_message)
    for other in world.issues_of(migration).values():
        if words == (other.issue_type, other.description, other.fix_issue_html_url, other.error_message):
            return
    issue.error_report_id = world.next_id("error_report") if has_report else None
    issue.id = world.next_id("migration_issue")
    world.add_issue(issue)


def delete_issues(world: World, migration: ContentMigration) -> None:
    """Delete all issues of a migration, as Canvas does whenever it queues one."""
    world.issues_of(migration).clear()
