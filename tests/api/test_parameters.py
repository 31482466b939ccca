"""Parameters are encoded as Rails decodes them, and values are checked."""

from __future__ import annotations

import datetime
from typing import Any

import pendulum
import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_canvas.api.parameters import (
    check_choice,
    check_option,
    flatten,
    format_timestamp,
    format_value,
    parse_bool,
)

UTC = datetime.UTC


@pytest.mark.parametrize(
    ("params", "pairs"),
    [
        ({"a": 1}, [("a", "1")]),
        ({"a": None}, []),
        ({"a": ""}, [("a", "")]),
        ({"a": True, "b": False}, [("a", "true"), ("b", "false")]),
        ({"settings": {"source_course_id": 1}}, [("settings[source_course_id]", "1")]),
        ({"select": {"files": [5, 6]}}, [("select[files][]", "5"), ("select[files][]", "6")]),
        ({"d": {"day_substitutions": {1: 2}}}, [("d[day_substitutions][1]", "2")]),
        ({"include": ()}, []),
        ({"at": datetime.date(2026, 1, 12)}, [("at", "2026-01-12")]),
        ({"at": datetime.datetime(2026, 1, 12, 8, tzinfo=UTC)}, [("at", "2026-01-12T08:00:00+00:00")]),
        ({"at": pendulum.datetime(2026, 1, 12, tz="America/Denver")}, [("at", "2026-01-12T00:00:00-07:00")]),
    ],
)
def test_flatten(params: dict[str, object], pairs: list[tuple[str, str]]) -> None:
    """Nesting becomes brackets, lists get ``[]``, and ``None`` is left out."""
    assert flatten(params) == pairs


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1, max_size=3), inner, max_size=3)
    ),
)


@given(st.dictionaries(st.text("abc", min_size=1, max_size=3), JSON, max_size=4))
def test_flatten_any_nesting(params: dict[str, object]) -> None:
    """Any nesting becomes pairs of text."""
    assert all(isinstance(name, str) and isinstance(value, str) for name, value in flatten(params))


def test_unsupported_type() -> None:
    """An object that has no text form in Canvas is an error."""
    with pytest.raises(ValueError, match=r"cannot be sent to Canvas"):
        format_value(object())


def test_misspelt_choice() -> None:
    """The error of a misspelt choice names the nearest valid one."""
    with pytest.raises(ValueError, match="Did you mean 'visibility_settings'"):
        check_choice("importer_skips", "visibilty_settings", ["all_course_settings", "visibility_settings"])


def test_option() -> None:
    """The error of an invalid option does not mention unchecked values, because no Canvas knows more options."""
    assert check_option("if_exists", "fail", ("return", "update", "fail")) == "fail"
    with pytest.raises(
        ValueError, match=r"^if_exists 'updte' is not one of fail, return, update. Did you mean 'update'\?$"
    ):
        check_option("if_exists", "updte", ("return", "update", "fail"))


@pytest.mark.parametrize("value", ["12.01.2026", "next week", "2026-13-01"])
def test_invalid_date_text(value: str) -> None:
    """Text that is no date is an error with a valid form."""
    with pytest.raises(ValueError, match=r"old_start_date .* is not a date. Write it as 2026-01-12"):
        format_timestamp("old_start_date", value)


@pytest.mark.parametrize(
    ("value", "expected"), [(True, True), (False, False), ("True", True), ("false", False), ("0", False), (1, True)]
)
def test_booleans(value: object, expected: bool) -> None:
    """Booleans may be text or numbers, as templates render them."""
    assert parse_bool("offer", value) is expected


@pytest.mark.parametrize("value", ["maybe", "None", "", None, 2, 0.5, [True]])
def test_invalid_booleans(value: object) -> None:
    """A value that is no boolean is an error."""
    with pytest.raises(ValueError, match=r"offer is .*: write True or False"):
        parse_bool("offer", value)


@pytest.mark.parametrize("value", [5, 1.5, True, ["2026-01-12"]])
def test_invalid_date_type(value: Any) -> None:
    """A value of another type than date or text is an error, because Canvas would clear the date."""
    with pytest.raises(ValueError, match="is not a date"):
        format_timestamp("start_at", value)
