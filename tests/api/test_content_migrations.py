"""What a course copy sends, and what is refused before it is sent."""

from __future__ import annotations

import datetime
from typing import Any

import pendulum
import pytest

from airflow_provider_canvas.api.content_migrations import ContentMigrations
from airflow_provider_canvas.api.parameters import flat


def sent(**params: Any) -> list[tuple[str, str]]:
    call = ContentMigrations.create.call(course_id=22, migration_type="course_copy_importer", **params)
    assert call.path == "courses/22/content_migrations"
    return flat(call.params)[1:]


def test_everything_that_a_copy_can_say() -> None:
    """Settings, dates in three forms, weekdays and a selection arrive nested as Canvas documents them."""
    assert sent(
        settings={"source_course_id": "sis_course_id:BIO", "importer_skips": ["visibility_settings"]},
        date_shift_options={
            "shift_dates": True,
            "old_start_date": "2026-01-12",
            "new_start_date": datetime.date(2026, 8, 24),
            "new_end_date": pendulum.datetime(2026, 10, 16),
            "day_substitutions": {1: 2},
        },
        select={"pages": [1, "2"], "files": []},
    ) == [
        ("settings[source_course_id]", "sis_course_id:BIO"),
        ("settings[importer_skips][]", "visibility_settings"),
        ("date_shift_options[shift_dates]", "true"),
        ("date_shift_options[old_start_date]", "2026-01-12"),
        ("date_shift_options[new_start_date]", "2026-08-24"),
        ("date_shift_options[new_end_date]", "2026-10-16T00:00:00+00:00"),
        ("date_shift_options[day_substitutions][1]", "2"),
        ("select[pages][]", "1"),
        ("select[pages][]", "2"),
    ]


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"settings": {"source_course_id": "BIO"}}, "sis_course_id:"),
        ({"settings": {"importer_skips": ["visiblity_settings"]}}, "Did you mean 'visibility_settings'"),
        ({"settings": {"insert_into_module_type": "pages"}}, "Did you mean 'page'"),
        ({"date_shift_options": {"shift_dates": True, "remove_dates": True}}, "exclude each other"),
        ({"date_shift_options": {"old_start_date": "2026-01-12"}}, "without shift_dates=True or remove_dates=True"),
        ({"date_shift_options": {"shift_dates": True, "day_substitutions": {"Monday": 2}}}, "0 .Sunday."),
        ({"date_shift_options": {"shift_dates": True, "day_substitutions": {1: 7}}}, "0 .Sunday."),
        ({"date_shift_options": {"shift_dates": True, "day_substitutions": {1: 23}}}, "0 .Sunday."),
        ({"date_shift_options": {"shift_dates": True, "old_start": "2026-01-12"}}, "Did you mean 'old_start_date'"),
        ({"select": {"page": [1]}}, "Did you mean 'pages'"),
        ({"select": {"pages": []}}, "Canvas would copy everything"),
        ({"select": {}}, "Canvas would copy everything"),
        ({"select": {"pages": "12"}}, "must be a list of ids"),
    ],
)
def test_refused(params: dict[str, Any], said: str) -> None:
    """What Canvas would refuse, ignore or misread is met with what to write instead."""
    with pytest.raises(ValueError, match=said):
        sent(**params)
