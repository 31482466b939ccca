"""Test the error of an import with too severe issues, which a mail shows without the task's log."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_canvas.client.errors import CanvasIssuesError
from airflow_provider_canvas.operators.migration_result import raise_for_issues

URL = "https://canvas.example.edu/courses/42/content_migrations"
WHERE = {"content_migration_id": 90, "course_id": 42}


def issue(number: int, issue_type: str = "warning", **more: Any) -> Any:
    """Return an issue, as ``fetch_issues`` returns it."""
    return {"id": number, "issue_type": issue_type, "description": f"Problem {number}.", **more}


def message(issues: list[Any], fail_on_issues: str) -> str:
    """Return the message of the error that the issues raise."""
    with pytest.raises(CanvasIssuesError) as failure:
        raise_for_issues(WHERE, issues, fail_on_issues, URL)
    return str(failure.value)


def test_first_issues_are_named() -> None:
    """The first three issues are named with the links that mend them, the others are counted."""
    link = "https://canvas.example.edu/courses/42/pages/home"
    issues = [issue(1, "error", fix_issue_html_url=link), *(issue(number, "error") for number in range(2, 6))]
    text = message(issues, "error")
    assert text == (
        "The import into course 42 is complete, but Canvas raised 5 errors: "
        f"Problem 1 ({link}); Problem 2; Problem 3; and 2 more. The task's log lists all of them, as does {URL}. "
        "Resolve them in Canvas and mark this task as successful: after you clear it, it imports again. Or set "
        "fail_on_issues to None to accept such imports."
    )


def test_only_issues_that_fail_the_task_are_named() -> None:
    """An issue that is not severe enough to fail the task is not in the error."""
    text = message([issue(1, "error"), issue(2, "warning"), issue(3, "todo")], "error")
    assert "raised 1 error: Problem 1. The task's log" in text
    assert "Problem 1; Problem 2. The" in message([issue(1, "error"), issue(2), issue(3, "todo")], "warning")


def test_the_reasons_for_administrators_are_named() -> None:
    """The links that are missing are only in ``error_message``."""
    text = message([issue(1, error_message="/courses/1/files/2")], "warning")
    assert "Problem 1: /courses/1/files/2." in text
