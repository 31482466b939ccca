"""The requests of the endpoints of migration issues."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_canvas.api.migration_issues import MigrationIssues
from tests.api.wire import CONTEXTS, wire


@pytest.mark.parametrize(("context", "path"), CONTEXTS)
def test_every_context(context: dict[str, Any], path: str) -> None:
    """The issues of a migration are below the migration in every context."""
    path = f"{path}/content_migrations/7/migration_issues"
    call = MigrationIssues.list.call(content_migration_id=7, per_page=100, **context)
    assert wire(call) == ("GET", path, [("per_page", "100")])
    assert wire(MigrationIssues.get.call(content_migration_id=7, migration_issue_id=9, **context)) == (
        "GET",
        f"{path}/9",
        [],
    )
    resolved = MigrationIssues.update.call(
        content_migration_id=7, migration_issue_id=9, workflow_state="resolved", **context
    )
    assert wire(resolved) == ("PUT", f"{path}/9", [("workflow_state", "resolved")])


def test_invalid_state() -> None:
    """An invalid state is an error, because Canvas answers it as if a right were missing."""
    with pytest.raises(ValueError, match="Did you mean 'resolved'"):
        MigrationIssues.update.call(
            course_id=1,
            content_migration_id=7,
            migration_issue_id=9,
            workflow_state="resolve",
        )
