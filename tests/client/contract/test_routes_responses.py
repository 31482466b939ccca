"""Test the checks of ``routes_responses``: they detect errors, and know every type of response."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, TypedDict, get_args, is_typeddict

import pytest

from airflow_provider_canvas.api.canvas import routes
from airflow_provider_canvas.api.course_records import Term
from tests.client.contract.routes_responses import ALWAYS, differences, faults


class Example(TypedDict, total=False):
    """An object with something of everything."""

    id: int
    name: str | None
    share: float
    kind: Literal["a", "b"]
    terms: list[Term]
    counts: dict[str, int]


TERM = {"id": 1, "name": "Spring", "start_at": None, "end_at": "2026-06-01T00:00:00Z", "grading": "more"}


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"id": 1, "name": None, "share": 1, "kind": "b", "terms": [TERM], "counts": {"x": 2}, "more": object()},
        {"share": 0.5, "terms": [], "counts": {}},
    ],
)
def test_valid_responses(value: dict[str, Any]) -> None:
    """Missing optional keys, extra keys, and integers for floats are valid."""
    assert [*faults(value, Example)] == []


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], "response is [], not Example"),
        ({"id": "1"}, "response.id is '1', not <class 'int'>"),
        ({"id": True}, "response.id is True, not <class 'int'>"),
        ({"id": None}, "response.id is None, not <class 'int'>"),
        ({"name": 1}, "response.name is 1, not str | None"),
        ({"kind": "c"}, "response.kind is 'c', not typing.Literal['a', 'b']"),
        ({"terms": {}}, "response.terms is {}, not list"),
        ({"terms": [TERM, {**TERM, "name": 2}]}, "response.terms[1].name is 2, not <class 'str'>"),
        ({"terms": [{"id": 1, "start_at": None, "end_at": None}]}, "response.terms[0] has no name"),
        ({"counts": {"x": "2"}}, "response.counts['x'] is '2', not <class 'int'>"),
    ],
)
def test_invalid_responses(value: Any, message: str) -> None:
    """A value of another type, and a missing required key, are detected at any depth."""
    (fault,) = faults(value, Example)
    assert fault.startswith(message)


def test_differences() -> None:
    """Only the expected keys of a response are compared, at any depth."""
    response = {"id": 1, "more": True, "inner": {"a": 1, "b": [1, 2]}}
    assert [*differences(response, {"inner": {"b": [1, 2]}})] == []
    assert [*differences(response, {"id": 2, "other": None, "inner": {"b": [1]}})] == [
        "response.id is 1, not 2",
        "response has no other",
        "response.inner.b is [1, 2], not [1]",
    ]


def objects(kind: Any) -> Iterator[Any]:
    """Return the objects that a type of response is, or is a list or dict of."""
    if is_typeddict(kind):
        yield kind
    for inner in get_args(kind):
        yield from objects(inner)


OBJECTS = dict.fromkeys(each for route in routes().values() for each in objects(route.returns))


@pytest.mark.parametrize("kind", OBJECTS)
def test_every_response_type_has_required_keys(kind: Any) -> None:
    """Each type that an endpoint returns has a list of the keys that Canvas always sends, and declares these keys."""
    assert ALWAYS[kind].split()
    assert set(ALWAYS[kind].split()) <= set(kind.__annotations__)
