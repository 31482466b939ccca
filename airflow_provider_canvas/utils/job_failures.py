"""The messages of jobs that failed: what happened to which job, Canvas's reasons, and what to do.

Operators and sensors use the same messages; only an operator can submit the job again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_provider_canvas.client.errors import CanvasJobError
    from airflow_provider_canvas.client.jobs.waiters import Status
    from airflow_provider_canvas.hooks.canvas import CanvasHook

MAX_DETAILS = 300
"""How many characters of the details of an issue its log line, an error and the result contain."""

MAX_REASONS = 3
"""How many issues an error quotes."""


def migration_failure(
    job: str, status: Status, issues: Sequence[Mapping[str, Any]], page: str, *, submits: bool = True
) -> CanvasJobError:
    """Return the error of a content migration that failed, or that waits for a selection that nobody sends.

    :param job: What messages call the migration, such as ``content_migration 90 into course 42``.
    :param status: How it ended.
    :param issues: Its issues, the most severe first.
    :param page: The address of the page that lists it.
    :param submits: Whether a retry of the task submits it again.
    """
    from airflow_provider_canvas.client.errors import CanvasPackageError
    from airflow_provider_canvas.client.jobs.content_requests import WAITING_FOR_SELECTION
    from airflow_provider_canvas.client.migrations.issue_kinds import IssueClass, classify_issue

    if status.workflow_state == WAITING_FOR_SELECTION:
        return _waits_for_selection(job, page, submits=submits)
    if status.workflow_state == "completed":
        return _failure(job, "is completed", [status.message], page)
    classes = {classify_issue(issue).issue_class for issue in issues}
    reasons = [status.message, *(issue_in_words(issue) for issue in issues[:MAX_REASONS])]
    if IssueClass.PACKAGE_UNREADABLE in classes:
        advice = (
            "Canvas cannot read this package, and nothing was imported: check that it is a complete package of a kind "
            "that migration_type imports."
        )
        return _failure(job, "failed", reasons, page, advice, kind=CanvasPackageError)
    if IssueClass.BLOCKED_BY_RUNNING in classes:
        advice = "Nothing was imported: other migrations of the same course ran for too long."
        retry = "A retry of this task waits until none is running, and then imports again."
    else:
        advice = "What it had imported, if anything, stays there."
        retry = "A retry of this task imports again."
    return _failure(job, "failed", reasons, page, f"{advice} {retry}" if submits else advice)


def migration_failure_of(hook: CanvasHook, ids: Mapping[str, Any], status: Status) -> CanvasJobError:
    """Return the error of a content migration that the task did not submit; its issues are read.

    :param hook: The hook.
    :param ids: ``content_migration_id``, the migration's context, and perhaps ``until``.
    :param status: How it ended.
    """
    from airflow_provider_canvas.client.errors import CanvasError

    context = context_of(ids)
    migration_id, page = ids["content_migration_id"], migration_page(hook.settings.base_url, context)
    issues: list[Mapping[str, Any]] = []
    if status.workflow_state == "failed":
        try:
            issues = [*hook.migration_issues.list(**context, content_migration_id=migration_id)]
        except CanvasError as error:
            issues = [{"description": f"its issues could not be read ({error})"}]
    return migration_failure(migration_in_words(ids), status, issues, page, submits=False)


def migration_in_words(ids: Mapping[str, Any]) -> str:
    """Return what messages call a content migration, such as ``content_migration 90 into course 42``.

    :param ids: ``content_migration_id``, the migration's context, and perhaps others.
    """
    from airflow_provider_canvas.client.jobs.content_requests import context_in_words

    return f"content_migration {ids['content_migration_id']} into {context_in_words(context_of(ids))}"


def context_of(ids: Mapping[str, Any]) -> dict[str, Any]:
    """Return the context among the ids of a job: one of ``account_id``, ``course_id``, ``group_id``, ``user_id``.

    :param ids: The ids.
    """
    from airflow_provider_canvas.api.call import CONTEXTS

    return {name: value for name, value in ids.items() if name in CONTEXTS}


def export_failure(job: str, status: Status, page: str, *, submits: bool = True) -> CanvasJobError:
    """Return the error of a content export that failed, was deleted, or has no file.

    :param job: What messages call the export, such as ``content_export 12 of course 42``.
    :param status: How it ended.
    :param page: The address of the page that lists it.
    :param submits: Whether a retry of the task exports again.
    """
    advice = "A retry of this task exports again." if submits else "Export the content again."
    if status.workflow_state == "exported":
        return _failure(job, "is exported, but has no file", [status.message], page, advice)
    happened = f"ended as {status.workflow_state}"
    return _failure(job, happened, [status.message or "Canvas gives no reasons for exports"], page, advice)


def progress_failure(job: str, status: Status, page: str) -> CanvasJobError:
    """Return the error of a Progress that failed or was cancelled.

    :param job: What messages call the Progress, such as ``Progress 5``.
    :param status: How it ended.
    :param page: The address that shows it.
    """
    return _failure(job, f"ended as {status.workflow_state}", [status.message or "Canvas gave no reason"], page)


def issue_in_words(issue: Mapping[str, Any]) -> str:
    """Return the description of an issue, and the details that Canvas gives to administrators, without secrets."""
    from airflow_provider_canvas.security.redaction import redact

    description = redact(str(issue.get("description")))
    details = redact(" ".join(str(issue.get("error_message") or "").split()))
    if not details or details in description:
        return description
    return f"{description.removesuffix('.')}: {details[:MAX_DETAILS]}"


def migration_page(base_url: str, context: Mapping[str, Any]) -> str:
    """Return the address of the page that lists the imports into a course or account; else of the group or user.

    :param base_url: The address of Canvas.
    :param context: One of ``course_id``, ``account_id``, ``group_id``, ``user_id``.
    """
    return _page(base_url, context, "content_migrations", has_page=("course_id", "account_id"))


def export_page(base_url: str, context: Mapping[str, Any]) -> str:
    """Return the address of the page that lists the exports of a course; else of the group or user.

    :param base_url: The address of Canvas.
    :param context: One of ``course_id``, ``group_id``, ``user_id``.
    """
    return _page(base_url, context, "content_exports", has_page=("course_id",))


def _page(base_url: str, context: Mapping[str, Any], listing: str, has_page: Sequence[str]) -> str:
    ((name, value),) = context.items()
    return f"{base_url}/{name.removesuffix('_id')}s/{value}{f'/{listing}' if name in has_page else ''}"


def _waits_for_selection(job: str, page: str, *, submits: bool) -> CanvasJobError:
    from airflow_provider_canvas.client.errors import CanvasJobError

    advice = (
        "Choose its content there, and clear this task: it waits for the same migration. To choose by a task, use "
        "CanvasSelectiveImportOperator."
        if submits
        else "Choose its content there, or let the sensor end in this state: until='waiting_for_select'."
    )
    error = CanvasJobError(
        f"{job} waits until its content is chosen (waiting_for_select), and imports nothing before that. A retry "
        f"changes nothing. See {page}. {advice}"
    )
    error.permanent = True
    return error


def _failure(
    job: str,
    happened: str,
    reasons: Sequence[str | None],
    page: str,
    advice: str = "",
    *,
    kind: type[CanvasJobError] | None = None,
) -> CanvasJobError:
    """Return an error of the form ``job happened: reasons. advice See page.``"""
    from airflow_provider_canvas.client.errors import CanvasJobError

    reason = "; ".join(each.rstrip().removesuffix(".") for each in reasons if each)
    what = f": {reason}" if reason else ", and Canvas gave no reason"
    return (kind or CanvasJobError)(" ".join(filter(None, [f"{job} {happened}{what}.", advice, f"See {page}."])))
