"""The fields of ``course={...}`` are params; ``None`` clears a field, and a misspelt name is an error."""

from __future__ import annotations

import datetime
import re
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from airflow_provider_canvas.api.course_fields import (
    COURSE_FORMATS,
    DEFAULT_VIEWS,
    EVENTS,
    GRADE_PASSBACK_SETTINGS,
    LICENSES,
    CourseChanges,
    CourseFields,
    create_params,
    update_params,
)
from airflow_provider_canvas.api.course_settings import SETTINGS
from airflow_provider_canvas.api.courses import Courses
from airflow_provider_canvas.api.parameters import Unchecked, flatten, format_value

RESTRICTION = st.sampled_from(["content", "points", "due_dates", "availability_dates"])
RESTRICTIONS = st.dictionaries(RESTRICTION, st.booleans(), min_size=1)
TYPES = st.sampled_from(["assignment", "attachment", "discussion_topic", "quiz", "wiki_page"])
TERMS = st.sampled_from(
    [77, "1~77", "default", "current", "sis_term_id:2026/F", "hex:sis_term_id:3230", "sis_integration_id:x"]
)
COLORS = st.from_regex(r"\A#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})\Z") | st.sampled_from(["", "x"])
DATES = st.dates() | st.datetimes(timezones=st.just(datetime.UTC)) | st.dates().map(str)
TEXT = st.text(st.characters(exclude_categories=["C"]), min_size=1)

SPECIAL_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "account_id": st.sampled_from([1, "self", "sis_account_id:BIO"]),
    "blueprint_restrictions": RESTRICTIONS,
    "blueprint_restrictions_by_object_type": st.dictionaries(TYPES, RESTRICTIONS, min_size=1),
    "course_color": COLORS,
    "course_format": st.sampled_from(COURSE_FORMATS),
    "default_view": st.sampled_from(DEFAULT_VIEWS),
    "end_at": DATES,
    "enrollment_term_id": TERMS,
    "event": st.sampled_from(EVENTS),
    "grade_passback_setting": st.sampled_from(GRADE_PASSBACK_SETTINGS),
    "grading_standard_id": st.integers(0),
    "image_id": st.integers(1),
    "license": st.sampled_from(LICENSES),
    "start_at": DATES,
    "storage_quota_mb": st.integers(0),
    "term_id": TERMS,
}


def value_of(name: str) -> st.SearchStrategy[Any]:
    """Return a strategy for the values of a field: its own, or any value of its type."""
    if name in SPECIAL_VALUES:
        return SPECIAL_VALUES[name]
    return st.booleans() if "bool" in str(CourseChanges.__annotations__[name]) else TEXT


FIELDS = st.sampled_from(sorted(CourseChanges.__annotations__)).flatmap(
    lambda name: st.tuples(st.just(name), value_of(name))
)


def expected(prefix: str, value: Any) -> list[tuple[str, str]]:
    """Return the expected pairs of a value, computed independently of the code."""
    if isinstance(value, dict):
        return [pair for key, inner in value.items() for pair in expected(f"{prefix}[{key}]", inner)]
    return [(prefix, format_value(value))]


@given(field=FIELDS)
def test_any_field_is_sent(field: tuple[str, Any]) -> None:
    """Any valid value of a field is params unchanged under the field's name."""
    name, value = field
    call = Courses.update.call(course_id=42, course={name: value})
    assert flatten(call.params) == expected(f"course[{name}]", value)


@given(
    name=st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=40)
    | st.sampled_from(sorted(CourseChanges.__annotations__)).map(lambda name: name[:-1])
)
def test_unknown_field(name: str) -> None:
    """An unknown field, which Canvas would ignore, is an error."""
    assume(name not in CourseChanges.__annotations__ and name not in SETTINGS)
    with pytest.raises(ValueError, match=re.escape(f"course {name!r} is not one of")):
        Courses.update.call(course_id=42, course={name: "x"})


def test_misspelt_field() -> None:
    """The error of a misspelt field names the nearest field, and how to send the name anyway."""
    with pytest.raises(ValueError, match=r"Did you mean 'sis_course_id'\?.*Unchecked\('sis_courseid'\)"):
        create_params({"sis_courseid": "BIO-1"})  # type: ignore[typeddict-unknown-key]


@pytest.mark.parametrize("name", ["event", "image_id", "blueprint", "account_id"])
def test_fields_of_updates_only(name: str) -> None:
    """A field that Canvas ignores when it creates a course is an error."""
    with pytest.raises(ValueError, match=f"course '{name}' is not one of"):
        create_params({name: 1})  # type: ignore[misc]


def test_unchecked_fields_and_values() -> None:
    """Unchecked keys and values are params unchanged."""
    params = update_params({Unchecked("brand_new"): 1, "license": Unchecked("cc_by_moon"), "event": Unchecked("pause")})  # type: ignore[misc]
    assert params == {"brand_new": 1, "license": "cc_by_moon", "event": "pause"}


CANNOT_BE_CLEARED = {
    "account_id",
    "blueprint_restrictions",
    "blueprint_restrictions_by_object_type",
    "default_view",
    "enrollment_term_id",
    "event",
    "term_id",
}


@pytest.mark.parametrize("blank", [None, ""])
@pytest.mark.parametrize("name", sorted(CourseChanges.__annotations__))
def test_cleared_fields(name: str, blank: str | None) -> None:
    """``None`` and empty text clear a field, and are errors for fields that a course must have."""
    if name in CANNOT_BE_CLEARED:
        with pytest.raises(ValueError, match=f"{name} cannot be cleared"):
            update_params({name: blank})  # type: ignore[misc]
    else:
        assert flatten({"course": update_params({name: blank})}) == [(f"course[{name}]", "")]  # type: ignore[misc]


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ({"license": "cc-by"}, "Did you mean 'cc_by'"),
        ({"default_view": "module"}, "Did you mean 'modules'"),
        ({"grade_passback_setting": "nightly"}, "Did you mean 'nightly_sync'"),
        ({"course_format": "on_line"}, "Did you mean 'online'"),
        ({"course_color": "teal"}, "course_color 'teal' is not a color: write it as #14b8a6"),
        ({"course_color": "#12345"}, "is not a color"),
        ({"start_at": "24.08.2026"}, "start_at '24.08.2026' is not a date. Write it as 2026-01-12"),
        ({"term_id": "2026F"}, "Write its number, such as 77, sis_term_id:..., or one of default, current"),
        ({"term_id": "sis_term_id:"}, "is not the id of a term"),
        ({"enrollment_term_id": True}, "enrollment_term_id True is not the id of a term"),
        ({"blueprint_restrictions": True}, "blueprint_restrictions must be a dict"),
        ({"blueprint_restrictions": {}}, "blueprint_restrictions must be a dict"),
        ({"blueprint_restrictions": {"due_date": True}}, "Did you mean 'due_dates'"),
        ({"blueprint_restrictions_by_object_type": ["quiz"]}, "must be a dict"),
        ({"blueprint_restrictions_by_object_type": {"page": {}}}, "Did you mean 'wiki_page'"),
        ({"blueprint_restrictions_by_object_type": {"quiz": {"point": True}}}, "Did you mean 'points'"),
        ({"blueprint_restrictions_by_object_type": {"quiz": True}}, "blueprint_restrictions_by_object_type[quiz] must"),
    ],
)
def test_invalid_values(field: Any, message: str) -> None:
    """A value that Canvas does not know is an error that says what to write instead."""
    with pytest.raises(ValueError, match=re.escape(message)):
        update_params(field)


def test_input_is_not_changed() -> None:
    """The dict that a caller passes is not changed."""
    course: CourseFields = {"name": "Biology", "sis_course_id": None, "term_id": 7}
    create_params(course)
    assert course == {"name": "Biology", "sis_course_id": None, "term_id": 7}
