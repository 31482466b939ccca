"""The valid values of ``select`` and ``copy``, and the parameters that they become."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_canvas.api.parameters import Unchecked, flatten
from airflow_provider_canvas.api.selection import ITEM_TYPES, SELECT_TYPES, WHOLE_TYPES, copy_params, select_params

items = st.text("0123456789abcdef", min_size=1).map("id_g{}".format)
trees = st.dictionaries(st.sampled_from(ITEM_TYPES), st.lists(items, min_size=1, unique=True), min_size=1)


@given(trees, st.lists(st.sampled_from(WHOLE_TYPES), unique=True))
def test_properties_and_nested_dicts_are_equal(tree: dict[str, list[str]], wholes: list[str]) -> None:
    """A list of properties is sent unchanged, each with the value 1, and equals the nested dict."""
    properties = [f"copy[{whole}]" for whole in wholes]
    properties += [f"copy[{kind}][{item}]" for kind, keys in tree.items() for item in keys]
    nested: dict[str, Any] = dict.fromkeys(wholes, True)
    nested |= {kind: dict.fromkeys(keys, True) for kind, keys in tree.items()}
    assert flatten({"copy": copy_params(properties)}) == [(text, "1") for text in properties]
    assert copy_params(nested) == copy_params(properties)


def test_false_values() -> None:
    """Items and types with false values are left out, and so are types without items."""
    tree = {"all_rubrics": False, "pages": {"id_1": False}, "modules": {"id_2": True, "id_3": False}}
    assert copy_params(tree) == {"modules": {"id_2": 1}}


def test_numbers_and_text_as_values() -> None:
    """The values 1 and 0, which Canvas's form sends, are accepted as numbers and as text."""
    tree: Any = {"all_rubrics": "1", "pages": {"id_1": 1, "id_2": "0"}}
    assert copy_params(tree) == {"all_rubrics": 1, "pages": {"id_1": 1}}


@pytest.mark.parametrize("item_type", ["modules", "context_modules", "files", "attachments", "pages", "wiki_pages"])
def test_both_spellings_of_a_type(item_type: str) -> None:
    """Single items may have the types of ``select``, which Canvas translates."""
    assert copy_params({item_type: {"id_1": True}}) == {item_type: {"id_1": 1}}


def test_unchecked_type() -> None:
    """An unchecked type is sent unchanged."""
    assert copy_params({Unchecked("all_rockets"): True}) == {"all_rockets": 1}
    assert copy_params({Unchecked("rockets"): {"id_1": True}}) == {"rockets": {"id_1": 1}}
    assert select_params({Unchecked("rockets"): [1]}) == {"rockets": ["1"]}


@pytest.mark.parametrize(
    ("copy", "message"),
    [
        ({}, "names nothing"),
        ([], "names nothing"),
        ({"pages": {}}, "names nothing"),
        ("copy[all_assignments]", "must be a dict .* or a list"),
        (7, "must be a dict .* or a list"),
        ({"all_assigments": True}, "Did you mean 'all_assignments'"),
        ({"page": {"id_1": True}}, "Did you mean 'pages'"),
        ({"assignments": True}, "all_ key"),
        ({"assignments": ["id_1"]}, "must be a dict of items"),
        ({"assignments": {"": True}}, "no key of an item"),
        ({"assignments": {"copy[assignments][id_1]": True}}, "no key of an item"),
        ({"all_assignments": {"id_1": True}}, "Did you mean 'assignments'"),
        (["all_assignments"], "not the property of a node"),
        (["select[assignments][assignment_1]"], "not the property of a node"),
        (["copy[assignments][id_1][x]"], "not the property of a node"),
        (["copy[asignments][id_1]"], "Did you mean 'assignments'"),
        (["copy[assignments]"], "all_ key"),
        (["copy[assignments][id_1]", "copy[assignments]"], "all_ key"),
        (["copy[assignments]", "copy[assignments][id_1]"], "all_ key"),
        ({"all_assignments": "false"}, "write True"),
        ({"assignments": {"id_1": "yes"}}, "write True"),
    ],
)
def test_invalid_copy(copy: Any, message: str) -> None:
    """A selection that Canvas does not know is an error, because Canvas would import everything, or nothing."""
    with pytest.raises(ValueError, match=message):
        copy_params(copy)


@given(st.dictionaries(st.sampled_from(SELECT_TYPES), st.lists(st.integers(1), min_size=1), min_size=1))
def test_select_is_sent_as_lists(select: dict[str, list[int]]) -> None:
    """Each type becomes a list of its ids, in order."""
    pairs = [(f"select[{kind}][]", str(one)) for kind, ids in select.items() for one in ids]
    assert flatten({"select": select_params(select)}) == pairs


@pytest.mark.parametrize(
    ("select", "message"),
    [
        ({"context_modules": [1]}, "Did you mean 'modules'"),
        ({"pages": {"1": True}}, "must be a list of ids"),
        ({"pages": 12}, "must be a list of ids"),
        ({"pages": ["week-1"]}, r"select\['pages'\] must be a number"),
        (["pages"], "must be a dict"),
        ({"pages": iter(())}, "names no asset"),
    ],
)
def test_invalid_select(select: Any, message: str) -> None:
    """Types, lists and ids are checked, because Canvas would copy nothing and report success."""
    with pytest.raises(ValueError, match=message):
        select_params(select)
