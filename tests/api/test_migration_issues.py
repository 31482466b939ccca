"""What the endpoints of migration issues send."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_canvas.api.migration_issues import MigrationIssues
from tests.api.wire import CONTEXTS, wire


@pytest.mark.parametrize(("context", "path"), CONTEXTS)
def test_in_every_context(context: dict[str, Any], path: str) -> None:
    """The issues of a migration are below it, whatever it is in."""
    path = f"{path}/content_migrations/7/migration_issues"
    listed = MigrationIssues.list.call(content_migration_id=7, per_page=100, **context)
    assert wire(listed) == ("GET", path, [("per_page", "100")])
    assert wire(MigrationIssues.get.call(content_migration_id=7, migration_issue_id=9, **context)) == (
        "GET",
        f"{path}/9",
        [],
    )
    resolved = MigrationIssues.update.call(
        content_migration_id=7, migration_issue_id=9, workflow_state="resolved", **context
    )
    assert wire(resolved) == ("PUT", f"{path}/9", [("workflow_state", "resolved")])


def test_a_state_that_an_issue_cannot_have() -> None:
    """Canvas answers it like a missing right, so it is refused first."""
    with pytest.raises(ValueError, match="Did you mean 'resolved'"):
        MigrationIssues.update.call(
            course_id=1,
            content_migration_id=7,
            migration_issue_id=9,
            workflow_state="resolve",
        )
