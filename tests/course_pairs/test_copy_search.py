"""Which copies count as those of a range of time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from airflow_provider_canvas.course_pairs.find_copies import CopySearch


def at(minute: int) -> str:
    """Return a time as Canvas writes it."""
    return f"2026-01-05T10:{minute:02}:00Z"


@pytest.mark.parametrize(
    ("times", "is_wanted"),
    [
        ({"created_at": at(0), "started_at": at(1), "finished_at": at(9)}, True),
        ({"created_at": at(0), "started_at": at(9), "finished_at": at(1)}, True),
        ({"created_at": at(0), "started_at": at(9), "finished_at": None}, True),
        ({"created_at": at(0), "started_at": at(1), "finished_at": at(2)}, False),
        ({"created_at": at(9)}, True),
        ({}, False),
    ],
)
def test_end_of_a_copy(times: dict[str, Any], is_wanted: bool) -> None:
    """The latest time of the record counts: ``finished_at`` of a selective copy is before ``started_at``."""
    migration: Any = {
        "id": 77,
        "workflow_state": "completed",
        "migration_type": "course_copy_importer",
        "settings": {"source_course_id": 14},
        **times,
    }
    search = CopySearch(account_id=1, finished_after=datetime(2026, 1, 5, 10, 5, tzinfo=UTC))
    assert search.is_wanted(migration) is is_wanted
