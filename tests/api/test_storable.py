"""Texts and numbers are cleaned so that PostgreSQL, a log and a report can hold them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.parameters import flatten
from airflow_provider_canvas.api.storable import MAX_INTEGER, storable, storable_text
from airflow_provider_canvas.client.errors import CanvasError
from airflow_provider_canvas.client.jobs.waiters import Status
from airflow_provider_canvas.client.protocol.response import Response, TransportError
from airflow_provider_canvas.triggers.event import event_of_error, event_of_status

ANY_TEXT = st.text(st.characters(exclude_categories=()))
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(ANY_TEXT, inner),
    max_leaves=20,
)


def assert_stored(value: Any) -> None:
    """Check a value as PostgreSQL does."""
    text = json.dumps(value, allow_nan=False, ensure_ascii=False)
    assert "\0" not in text.encode().decode()
    assert "\\u0000" not in text.replace("\\\\", "")


@given(ANY_JSON)
def test_any_value(value: Any) -> None:
    """Every value of JSON can be stored, and a value that could be stored already is unchanged."""
    cleaned = storable(value)
    assert_stored(cleaned)
    assert storable(cleaned) == cleaned


@given(ANY_TEXT, ANY_TEXT, st.floats(), ANY_JSON)
def test_any_event(message: str, state: str, completion: float, value: Any) -> None:
    """Every status and every error make an event that can be stored."""
    status = Status("succeeded", state, completion, message, {"id": 1, message: value})
    assert_stored(event_of_status("succeeded", status))
    assert_stored(event_of_error(CanvasError(message)))
    assert_stored(event_of_error(KeyError(message)))


@given(ANY_TEXT)
def test_texts_that_are_not_json(text: str) -> None:
    """Headers, pages, reasons and the messages of errors can be stored."""
    response = Response(500, {"x-request-context-id": text}, text.encode("utf-8", "surrogatepass"))
    error = CanvasError(text)
    assert_stored([dict(response.headers), response.text, TransportError(text, sent=True).reason, str(error)])
    assert_stored(str(CanvasInputError(text)))


def test_bounds() -> None:
    """Texts are cut off, and numbers that no database holds become null."""
    assert storable_text("abcdef", 4) == "abc…"
    assert storable([MAX_INTEGER, MAX_INTEGER + 1, float("nan"), float("inf")]) == [MAX_INTEGER, None, None, None]
    event = event_of_status("failed", Status("failed", "s" * 10**6, 1.0, "m" * 10**6, {"id": 1, "x": "x" * 10**6}))
    assert len(json.dumps(event)) < 10_000
    assert len(TransportError("r" * 10**6, sent=True).reason) == 1000


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b"])
def test_parameters(text: str) -> None:
    """A parameter that Canvas cannot store is refused before anything is sent."""
    with pytest.raises(CanvasInputError, match="cannot be sent to Canvas"):
        flatten({"course": {"name": text}})
