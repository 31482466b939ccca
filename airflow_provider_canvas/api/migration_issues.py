"""Issues that Canvas raised while it imported content.

https://developerdocs.instructure.com/services/canvas/resources/content_migrations
"""

from __future__ import annotations

from typing import Literal, TypedDict, Unpack

from airflow_provider_canvas.api.call import Context
from airflow_provider_canvas.api.endpoint import IO, Resource, many, one
from airflow_provider_canvas.api.ids import Id
from airflow_provider_canvas.api.listing_parameters import check_per_page
from airflow_provider_canvas.api.parameters import Params, check_choice, drop_none

ISSUE_TYPES = ("error", "warning", "todo")
"""What an issue can be, the gravest first."""


class MigrationIssue(TypedDict, total=False):
    """An issue, as Canvas sends it.

    ``error_message`` and ``error_report_html_url`` are for admins only; ``fix_issue_html_url`` may lack the host;
    ``content_migration_url`` is right for courses only.
    """

    id: int
    content_migration_url: str
    description: str
    workflow_state: str
    fix_issue_html_url: str | None
    issue_type: str
    error_message: str | None
    error_report_html_url: str
    created_at: str
    updated_at: str


class MigrationIssues(Resource[IO]):
    """Issues of a content migration.

    https://developerdocs.instructure.com/services/canvas/resources/content_migrations
    """

    @many("{context}/content_migrations/{content_migration_id}/migration_issues", MigrationIssue)
    def list(self, *, content_migration_id: Id, per_page: int | None = None, **context: Unpack[Context]) -> Params:
        """List migration issues, resolved ones too. They are gone as soon as the migration is run again.

        https://developerdocs.instructure.com/services/canvas/resources/content_migrations#method.migration_issues.index
        """
        return drop_none(per_page=check_per_page(per_page))

    @one(
        "GET",
        "{context}/content_migrations/{content_migration_id}/migration_issues/{migration_issue_id}",
        MigrationIssue,
    )
    def get(self, *, content_migration_id: Id, migration_issue_id: Id, **context: Unpack[Context]) -> Params:
        """Get a migration issue.

        https://developerdocs.instructure.com/services/canvas/resources/content_migrations#method.migration_issues.show
        """
        return {}

    @one(
        "PUT",
        "{context}/content_migrations/{content_migration_id}/migration_issues/{migration_issue_id}",
        MigrationIssue,
    )
    def update(
        self,
        *,
        content_migration_id: Id,
        migration_issue_id: Id,
        workflow_state: Literal["active", "resolved"],
        **context: Unpack[Context],
    ) -> Params:
        """Update a migration issue.

        https://developerdocs.instructure.com/services/canvas/resources/content_migrations#method.migration_issues.update
        """
        return {"workflow_state": check_choice("workflow_state", workflow_state, ("active", "resolved"))}
