"""Rows of any source become requests for copies, or one error that names every bad row."""

from __future__ import annotations

from airflow_provider_canvas.rollover.copy_request import CopyRequest
from airflow_provider_canvas.rollover.input_rows import parse_copies


def test_a_row_becomes_a_request_with_its_parameters_and_labels():
    """Known columns become parameters of the copy, other columns labels, blank cells nothing."""
    row = {
        "source": "42",
        "Destination course ID": "sis_course_id:BIO-1",
        "new_start_date": "2026-01-12",
        "day_substitutions": "1:2, 3:4",
        "select": "",
        "Department": " Biology ",
    }
    assert parse_copies([(2, row)]) == [
        CopyRequest(
            line=2,
            source_course_id=42,
            destination_course_id="sis_course_id:BIO-1",
            parameters={"new_start_date": "2026-01-12", "day_substitutions": {"1": 2, "3": 4}},
            labels={"Department": "Biology"},
        )
    ]
