"""From a content migration that has ended to the result of its task: its issues, and the errors they may be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_canvas.utils.job_failures import MAX_DETAILS, MAX_REASONS, issue_in_words, migration_page

if TYPE_CHECKING:
    from airflow_provider_canvas.api.migration_issues import MigrationIssue
    from airflow_provider_canvas.client.jobs.waiters import Log
    from airflow_provider_canvas.hooks.canvas import CanvasHook

ISSUES_IN_LOG = 50
"""How many issues the log names, the most severe first; it counts the others by class."""

MAX_LOGGED_LENGTH = 2000
"""Longest line about one issue, in characters."""

ISSUES_IN_RESULT = 20
"""How many issues the result names; it counts them all."""


def page_url(hook: CanvasHook, context: Mapping[str, Any]) -> str:
    """Return the URL of the page on which Canvas shows imports into a course, account, group or user."""
    return migration_page(hook.settings.base_url, context)


def fetch_issues(hook: CanvasHook, migration_ids: Mapping[str, Any], log: Log) -> list[MigrationIssue]:
    """Return the issues of a migration, the most severe first, and log the first :data:`ISSUES_IN_LOG` of them.

    They contain no secrets, and their addresses have a host, which Canvas often leaves out.

    :param migration_ids: ``content_migration_id`` and the migration's context.
    """
    from airflow_provider_canvas.client.migrations.issue_kinds import classify_issue
    from airflow_provider_canvas.security.redaction import redact

    issues = sorted(hook.migration_issues.list(**migration_ids), key=_severity)
    for number, issue in enumerate(issues):
        issue["description"] = redact(str(issue.get("description")))
        if details := issue.get("error_message"):
            issue["error_message"] = redact(" ".join(details.split()))
        if fix := issue.get("fix_issue_html_url"):
            issue["fix_issue_html_url"] = fix = redact(complete_address(hook, fix))
        if report := issue.get("error_report_html_url"):
            issue["error_report_html_url"] = report = redact(complete_address(hook, report))
        if number >= ISSUES_IN_LOG:
            continue
        addresses = " and ".join(filter(None, (fix, report)))
        log.warning(
            "Issue %s (%s): %s%s",
            issue.get("id"),
            issue.get("issue_type"),
            issue_in_words(issue)[:MAX_LOGGED_LENGTH],
            # Airflow's page makes links of addresses, with a parenthesis or comma that follows.
            f" See {addresses}"[:MAX_LOGGED_LENGTH] if addresses else "",
        )
    if others := issues[ISSUES_IN_LOG:]:
        by_class = Counter(str(classify_issue(issue).issue_class) for issue in others)
        log.warning(
            "%d more issues are not listed here: %s. All of them are on %s, and CanvasMigrationIssuesOperator writes "
            "them to a file.",
            len(others),
            ", ".join(f"{count} {name}" for name, count in by_class.most_common()),
            page_url(hook, {name: value for name, value in migration_ids.items() if name != "content_migration_id"}),
        )
    return issues


def complete_address(hook: CanvasHook, address: str) -> str:
    """Return an address of Canvas with its host."""
    return hook.settings.base_url + address if address.startswith("/") else address


def raise_for_issues(
    migration_ids: Mapping[str, Any], issues: Sequence[MigrationIssue], fail_on_issues: str | None, url: str
) -> None:
    """Raise an error if there are issues of the given type or a more severe one.

    :param fail_on_issues: ``"error"``, ``"warning"``, or ``None`` for never.
    :raises CanvasIssuesError: If there are.
    """
    from airflow_provider_canvas.client.errors import CanvasIssuesError

    counts = count_by_type(issues)
    types = {"error": ("error",), "warning": ("error", "warning"), None: ()}[fail_on_issues]
    excess = [f"{counts[kind]} {kind}{'s' if counts[kind] > 1 else ''}" for kind in types if counts.get(kind)]
    if excess:
        raised = [issue for issue in issues if issue.get("issue_type") in types]
        first = "; ".join(_with_address(issue) for issue in raised[:MAX_REASONS])
        more = f"; and {len(raised) - MAX_REASONS} more" if len(raised) > MAX_REASONS else ""
        raise CanvasIssuesError(
            f"The import into {_destination(migration_ids)} is complete, but Canvas raised {' and '.join(excess)}: "
            f"{first}{more}. The task's log lists all of them, as does {url}. Resolve them in Canvas and "
            "mark this task as successful: after you clear it, it imports again. Or set fail_on_issues to None to "
            "accept such imports."
        )


def _with_address(issue: MigrationIssue) -> str:
    """Return an issue in words, with the address of the page that mends it."""
    text, address = issue_in_words(issue).removesuffix("."), issue.get("fix_issue_html_url")
    return f"{text} ({address})" if address else text


def count_by_type(issues: Sequence[MigrationIssue]) -> dict[str, int]:
    """Return the number of issues of each type."""
    return dict(Counter(issue.get("issue_type", "unknown") for issue in issues))


def short_issues(issues: Sequence[MigrationIssue]) -> list[dict[str, Any]]:
    """Return the first issues, small enough for an XCom."""
    return [
        {
            "id": issue.get("id"),
            "issue_type": issue.get("issue_type"),
            "description": issue["description"][:200],
            "error_message": (issue.get("error_message") or "")[:MAX_DETAILS] or None,
            "error_report_html_url": issue.get("error_report_html_url"),
        }
        for issue in issues[:ISSUES_IN_RESULT]
    ]


def _destination(migration_ids: Mapping[str, Any]) -> str:
    """Return the destination in words, such as ``course 42``."""
    ((name, value),) = [(name, value) for name, value in migration_ids.items() if name != "content_migration_id"]
    return f"{name.removesuffix('_id')} {value}"


def _severity(issue: MigrationIssue) -> tuple[int, int]:
    from airflow_provider_canvas.api.migration_issues import ISSUE_TYPES

    kind = issue.get("issue_type", "")
    return (ISSUE_TYPES.index(kind) if kind in ISSUE_TYPES else len(ISSUE_TYPES)), issue.get("id", 0)
