"""The stored form of a submission's record."""

from __future__ import annotations

import json
from typing import Any

import pytest

from airflow_provider_canvas.client.jobs.submission_record import SubmissionRecord

STORED = {
    "kind": "course_reset",
    "idempotency_key": "key",
    "state": "submitted",
    "ids": [43],
    "newest_id_before": None,
    "started_by_other": False,
    "details": {"old_course_id": 42},
}
RECORD = SubmissionRecord("course_reset", "key", "submitted", (43,), details={"old_course_id": 42})


def test_json_form_of_a_record() -> None:
    """The JSON form of a record only gets new fields, because Airflow stores it."""
    assert RECORD.to_json() == {**STORED, "seen_ended": False}
    assert SubmissionRecord.from_json(json.loads(json.dumps(STORED))) == RECORD


def test_unknown_and_missing_fields() -> None:
    """Unknown fields are ignored, and missing ones have their defaults."""
    assert SubmissionRecord.from_json({**STORED, "later": 1}) == RECORD
    assert SubmissionRecord.from_json({"kind": "x", "idempotency_key": "y"}) == SubmissionRecord("x", "y")


@pytest.mark.parametrize(
    "data",
    [
        {"mark": "key", "after": 0, "content_migration_id": 7},
        {**STORED, "kind": None},
        {**STORED, "idempotency_key": 7},
        {**STORED, "state": "paused"},
        {**STORED, "ids": 43},
        {**STORED, "ids": ["43"]},
        {**STORED, "newest_id_before": "0"},
        {**STORED, "started_by_other": "no"},
        {**STORED, "seen_ended": 1},
        {**STORED, "details": []},
        ["a list"],
        "text",
        7,
    ],
)
def test_record_of_an_unknown_form(data: Any, caplog: pytest.LogCaptureFixture) -> None:
    """A record of an unknown form is ignored with a warning."""
    assert SubmissionRecord.from_json(data) is None
    assert "does not know its form" in caplog.text


def test_missing_record(caplog: pytest.LogCaptureFixture) -> None:
    """An empty store causes no warning."""
    assert SubmissionRecord.from_json(None) is None
    assert not caplog.text
