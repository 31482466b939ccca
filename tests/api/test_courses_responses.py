"""Responses of courses with status 200 that report a failure."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_canvas.api.call import Call
from airflow_provider_canvas.api.courses import Courses

DELETE = Courses.delete.call(course_id=42, event="delete")
DISMISS = Courses.dismiss_migration_limitation_message.call(course_id=42)
BATCH = Courses.batch_update.call(account_id=1, course_ids=[42], event="offer")
PROGRESS = Courses.user_progress.call(course_id=42, user_id=7)


@pytest.mark.parametrize(
    ("call", "response", "message"),
    [
        (DELETE, {"delete": True}, None),
        (DELETE, {"delete": "true"}, None),
        (DELETE, {"delete": False}, "Canvas did not do it: delete"),
        (DELETE, {"conclude": "false"}, "Canvas did not do it: conclude"),
        (DISMISS, {"success": True}, None),
        (DISMISS, {"success": False}, "Canvas did not do it: success"),
        (BATCH, {"id": 9, "workflow_state": "queued"}, None),
        (BATCH, {"workflow_state": "failed", "message": "no rights"}, "Canvas did not update the courses: no rights"),
        (BATCH, {"workflow_state": "failed"}, "Canvas did not update the courses: it gives no reason"),
        (PROGRESS, {"requirement_count": 0}, None),
        (PROGRESS, {"error": {"message": "not module based"}}, "not module based"),
        (PROGRESS, {"error": {}}, "No progress available"),
    ],
)
def test_failures_in_200_responses(call: Call[Any], response: Any, message: str | None) -> None:
    """A failure in a 200 response is recognized, and its message is kept."""
    assert call.find_error is not None
    assert call.find_error(response) == message
