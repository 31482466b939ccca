"""Which ids Canvas takes, and what is said of the others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_canvas.api.ids import canvas_id, quoted


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("course_id", 42),
        ("course_id", "42"),
        ("course_id", "1~42"),
        ("course_id", "10000003793279"),
        ("course_id", "sis_course_id:BIO 1/2"),
        ("course_id", "hex:sis_course_id:42494f"),
        ("course_id", "lti_context_id:abc"),
        ("user_id", "self"),
        ("user_id", "sis_login_id:ann@example.edu"),
        ("account_id", "default"),
        ("group_id", "sis_group_id:G"),
        ("content_migration_id", 7),
    ],
)
def test_taken(name: str, value: int | str) -> None:
    """Every form that Canvas documents for a kind of id is taken as it is."""
    assert canvas_id(name, value) == str(value)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("course_id", "BIO-1", "sis_course_id:"),
        ("course_id", "", "number from the page's address"),
        ("course_id", None, "number from the page's address"),
        ("course_id", True, "number"),
        ("course_id", 0, "number"),
        ("course_id", -3, "number"),
        ("course_id", "self", "number"),
        ("course_id", "sis_user_id:1", "sis_course_id:"),
        ("course_id", "sis_course_id:", "number"),
        ("content_migration_id", "sis_course_id:1", "must be a number such as 77"),
        ("progress_id", 1.5, "must be a number"),
    ],
)
def test_refused(name: str, value: object, said: str) -> None:
    """What Canvas would not find is refused with the parameter's name and what to write."""
    with pytest.raises(ValueError, match=name) as refusal:
        canvas_id(name, value)
    assert said in str(refusal.value)


@given(st.text(min_size=1))
def test_an_sis_id_stays_one_segment_of_the_path(text: str) -> None:
    """Whatever an SIS id holds, it adds no segment, no query and no fragment."""
    path = quoted(f"sis_course_id:{text}")
    assert not set(path) & set("/?#% ") - {"%"}
    assert path.isascii()
