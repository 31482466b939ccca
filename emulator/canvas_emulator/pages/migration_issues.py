"""Migration issues: what a person should check after a migration."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from canvas_emulator.model.records import MigrationIssue
from canvas_emulator.pages.content_migrations import course_path, migration_of
from canvas_emulator.pages.contexts import in_contexts, writable_context
from canvas_emulator.wire.pagination import listing
from canvas_emulator.wire.request import Request, Route
from canvas_emulator.wire.responses import CanvasError, Response, not_found, stamp

PATHS = in_contexts("/content_migrations/{content_migration_id}/migration_issues")
STATES = frozenset({"active", "resolved"})


def index(request: Request) -> Response:
    """GET the issues of a migration, oldest first, resolved ones among them."""
    migration = migration_of(request, "content_migration_id")
    path = f"/api/v1{course_path(migration)}/migration_issues"
    return listing(replace(request, path=path), list(request.world.issues_of(migration).values()), shape)


def show(request: Request) -> Response:
    """GET one issue."""
    return Response(shape(request, _issue(request)))


def update(request: Request) -> Response:
    """PUT an issue's state."""
    writable_context(request)
    issue = _issue(request)
    state = request.params.get("workflow_state")
    if state not in STATES:
        raise CanvasError(403, {"message": "Must send a valid workflow state"})
    issue.workflow_state, issue.updated_at = state, request.world.clock.now()
    return Response(shape(request, issue))


def shape(request: Request, issue: MigrationIssue) -> dict[str, Any]:
    """Render a MigrationIssue. The error behind it shows to admins only."""
    migration = request.world.tables.content_migrations[issue.content_migration_id]
    payload = {
        "id": issue.id,
        "description": issue.description,
        "workflow_state": issue.workflow_state,
        "fix_issue_html_url": issue.fix_issue_html_url,
        "issue_type": issue.issue_type,
        "created_at": stamp(issue.created_at),
        "updated_at": stamp(issue.updated_at),
        "content_migration_url": request.api_url(course_path(migration)),
    }
    if request.user.is_admin:
        payload["error_message"] = issue.error_message
        if issue.error_report_id is not None:
            payload["error_report_html_url"] = request.url(f"/error_reports/{issue.error_report_id}")
    return payload


def _issue(request: Request) -> MigrationIssue:
    migration = migration_of(request, "content_migration_id")
    issue = request.world.issues_of(migration).get(request.id())
    if issue is None:
        raise not_found()
    return issue


ROUTES = tuple(
    route
    for path in PATHS
    for route in (
        Route("GET", path, index),
        Route("GET", path + "/{id}", show),
        Route("PUT", path + "/{id}", update),
    )
)
