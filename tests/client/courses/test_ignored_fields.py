"""Ignored fields of a course update, with values written in several ways."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_canvas.api.parameters import Unchecked
from airflow_provider_canvas.client.courses.ignored_fields import ignored_fields


@pytest.mark.parametrize(
    ("requested", "response"),
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
        ({"syllabus_body": "<p>not in the response</p>"}, {"name": "A"}),
        ({Unchecked("brand_new"): 1}, {"name": "A"}),
    ],
)
def test_fields_that_were_set(requested: dict[str, Any], response: Any) -> None:
    """A value written in another way counts as set, and so does a field that the response does not show."""
    course: Any = {"id": 1, **response}
    assert ignored_fields(requested, course) == []


@pytest.mark.parametrize(
    ("requested", "response", "words"),
    [
        ({"name": "A"}, {"name": "B"}, "name (requested 'A', is 'B')"),
        ({"sis_course_id": "X"}, {}, "sis_course_id (requested 'X', is None)"),
        ({"term_id": 77}, {"enrollment_term_id": 1}, "term_id (requested 77, is 1)"),
        ({"is_public": True}, {"is_public": False}, "is_public (requested True, is False)"),
        ({"end_at": "2026-09-01"}, {"end_at": None}, "end_at (requested '2026-09-01', is None)"),
        ({"end_at": ""}, {"end_at": "2026-09-01T08:00:00Z"}, "end_at (requested '', is '2026-09-01T08:00:00Z')"),
        ({"event": "offer"}, {"workflow_state": "unpublished"}, "event (requested 'offer', is 'unpublished')"),
        (
            {"time_zone": "Europe/Berlin"},
            {"time_zone": "Etc/UTC"},
            "time_zone (requested 'Europe/Berlin', is 'Etc/UTC')",
        ),
    ],
)
def test_fields_that_were_ignored(requested: dict[str, Any], response: Any, words: str) -> None:
    """An ignored field is named with both values."""
    course: Any = {"id": 1, **response}
    assert [str(one) for one in ignored_fields(requested, course)] == [words]
