"""What Canvas ignored of what a course was told: fields in all the ways in which they can be written."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_canvas.api.parameters import Unchecked
from airflow_provider_canvas.client.courses.ignored_fields import ignored


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ({"name": "A"}, {"name": "A"}),
        ({"name": "A"}, {"name": "my nickname", "original_name": "A"}),
        ({"term_id": "77"}, {"enrollment_term_id": 77}),
        ({"term_id": "sis_term_id:2026F"}, {"enrollment_term_id": 77}),
        ({"account_id": "self"}, {"account_id": 1}),
        ({"is_public": "true"}, {"is_public": True}),
        ({"is_public": True}, {"is_public": True}),
        ({"storage_quota_mb": "500"}, {"storage_quota_mb": 500}),
        ({"end_at": "2026-09-01T10:00:00+02:00"}, {"end_at": "2026-09-01T08:00:00Z"}),
        ({"end_at": "2026-09-01"}, {"end_at": "2026-09-01T06:00:00Z"}),
        ({"sis_course_id": None}, {"sis_course_id": None}),
        ({"license": ""}, {"license": None}),
        ({"time_zone": "Eastern Time (US & Canada)"}, {"time_zone": "America/New_York"}),
        ({"course_color": "#1BA"}, {"course_color": "1ba"}),
        ({"event": "offer"}, {"workflow_state": "available"}),
        ({"event": "undelete"}, {"workflow_state": "completed"}),
        ({"syllabus_body": "<p>not in the answer</p>"}, {"name": "A"}),
        ({Unchecked("brand_new"): 1}, {"name": "A"}),
    ],
)
def test_what_was_taken(asked: dict[str, Any], answer: Any) -> None:
    """The same value written otherwise is taken, and what the answer does not show is not judged."""
    assert ignored(asked, {"id": 1, **answer}) == []


@pytest.mark.parametrize(
    ("asked", "answer", "words"),
    [
        ({"name": "A"}, {"name": "B"}, "name (asked for 'A', is 'B')"),
        ({"sis_course_id": "X"}, {}, "sis_course_id (asked for 'X', is None)"),
        ({"term_id": 77}, {"enrollment_term_id": 1}, "term_id (asked for 77, is 1)"),
        ({"is_public": True}, {"is_public": False}, "is_public (asked for True, is False)"),
        ({"end_at": "2026-09-01"}, {"end_at": None}, "end_at (asked for '2026-09-01', is None)"),
        ({"end_at": ""}, {"end_at": "2026-09-01T08:00:00Z"}, "end_at (asked for '', is '2026-09-01T08:00:00Z')"),
        ({"event": "offer"}, {"workflow_state": "unpublished"}, "event (asked for 'offer', is 'unpublished')"),
        (
            {"time_zone": "Europe/Berlin"},
            {"time_zone": "Etc/UTC"},
            "time_zone (asked for 'Europe/Berlin', is 'Etc/UTC')",
        ),
    ],
)
def test_what_was_ignored(asked: dict[str, Any], answer: Any, words: str) -> None:
    """It is named, with both values."""
    assert [str(one) for one in ignored(asked, {"id": 1, **answer})] == [words]
