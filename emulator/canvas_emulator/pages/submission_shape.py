"""The JSON of a Submission that was not handed in: nobody hands anything in here."""

from __future__ import annotations

from typing import Any

from canvas_emulator.model.content import Assignment
from canvas_emulator.pages.assignment_dates import dates_for_caller
from canvas_emulator.wire.request import Request
from canvas_emulator.wire.responses import stamp

NOTHING = (
    "body",
    "url",
    "grade",
    "score",
    "submitted_at",
    "submission_type",
    "graded_at",
    "grader_id",
    "attempt",
    "excused",
    "late_policy_status",
    "points_deducted",
    "grading_period_id",
    "extra_attempts",
    "posted_at",
    "entered_grade",
    "entered_score",
)


def submission_shape(request: Request, row: Assignment) -> dict[str, Any]:
    """Render the caller's Submission of an assignment."""
    due_at, now = dates_for_caller(request, row).due_at, request.world.clock.now()
    missing = due_at is not None and due_at < now
    path = f"/courses/{row.course_id}/assignments/{row.id}/submissions/{request.user.id}"
    return {
        "id": row.id,
        **dict.fromkeys(NOTHING),
        "assignment_id": row.id,
        "user_id": request.user.id,
        "workflow_state": "unsubmitted",
        "grade_matches_current_submission": True,
        "cached_due_date": stamp(due_at),
        "redo_request": False,
        "late": False,
        "missing": missing,
        "seconds_late": 0,
        "preview_url": request.url(f"{path}?preview=1&version=0"),
    }
