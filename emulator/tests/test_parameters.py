from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canvas_emulator.model.parsing import parse_bool, parse_column_bool, parse_list
from canvas_emulator.wire.parameters import ParameterConflictError, nested


@pytest.mark.parametrize(
    ("query", "params"),
    [
        ("", {}),
        ("a=1&a=2", {"a": "2"}),
        ("settings[source_course_id]=11", {"settings": {"source_course_id": "11"}}),
        ("select[files][]=5&select[files][]=6", {"select": {"files": ["5", "6"]}}),
        ("d[day_substitutions][1]=2&d[shift_dates]=1", {"d": {"day_substitutions": {"1": "2"}, "shift_dates": "1"}}),
        ("include[]=items", {"include": ["items"]}),
        ("include=items", {"include": "items"}),
        ("a[][b]=1&a[][c]=2&a[][b]=3", {"a": [{"b": "1", "c": "2"}, {"b": "3"}]}),
        ("a[b][c][d]=1", {"a": {"b": {"c": {"d": "1"}}}}),
        ("a[]=", {"a": [""]}),
        ("[odd=1&odd]=2", {"[odd": "1", "odd]": "2"}),
    ],
)
def test_brackets_are_parsed_as_in_rails(query: str, params: dict[str, Any]) -> None:
    """Names with brackets become hashes and lists, and names with unmatched brackets are unchanged."""
    assert nested(parse_qsl(query, keep_blank_values=True)) == params


@pytest.mark.parametrize("query", ["a=1&a[b]=2", "a[]=1&a[b]=2", "a[b]=1&a[]=2"])
def test_conflicting_types_are_refused(query: str) -> None:
    """A name that is used with two types is refused."""
    with pytest.raises(ParameterConflictError):
        nested(parse_qsl(query))


@given(st.lists(st.tuples(st.text(alphabet="ab[]", max_size=8), st.text(max_size=3)), max_size=6))
def test_any_names_are_parsed_or_refused(pairs: list[tuple[str, str]]) -> None:
    """Every name is either parsed, or refused as a conflict."""
    try:
        params = nested(pairs)
    except ParameterConflictError:
        return
    assert bool(params) is bool(pairs)


@pytest.mark.parametrize("value", [True, 1, 2, -1, "1", "t", "True", "YES", "on", "2", "-1", "01", " 7x"])
def test_true_values(value: object) -> None:
    """Words for true and numbers other than 0 are true."""
    assert parse_bool(value)


@pytest.mark.parametrize("value", [None, False, 0, "", "0", "-0", "false", "off", "tru", "x1", [], {}, [1]])
def test_false_values(value: object) -> None:
    """All other values are false."""
    assert not parse_bool(value)


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        *((value, False) for value in (False, 0, "0", "f", "F", "false", "FALSE", "off", "OFF")),
        *((value, True) for value in (True, 1, "1", "true", "False", "no", "n", "N", "Off", "x", 2)),
        *((value, None) for value in (None, "")),
    ],
)
def test_boolean_columns(value: object, stored: bool | None) -> None:
    """A boolean column takes all but a few texts for true: Python's ``False``, and ``no`` and ``n``, among them."""
    assert parse_column_bool(value) is stored


@pytest.mark.parametrize(("value", "values"), [(None, []), ("a", ["a"]), (5, ["5"]), ([5, "6"], ["5", "6"])])
def test_single_value_is_a_list_of_one(value: object, values: list[str]) -> None:
    """A single value becomes a list of one, and ``None`` an empty list."""
    assert parse_list(value) == values
