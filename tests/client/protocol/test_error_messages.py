"""Test that Canvas's message is read from every format of an error."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_canvas.client.protocol.error_messages import MAX_LENGTH, canvas_message
from airflow_provider_canvas.client.protocol.response import Response


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"errors": [{"message": "a"}, {"message": "b", "error_code": "x"}]}, "a; b"),
        ({"errors": {"name": [{"attribute": "name", "type": "t", "message": "blank"}]}}, "name: blank"),
        ({"errors": [{"field": "name", "message": "blank", "error_code": "x"}]}, "name: blank"),
        ({"errors": "text"}, "text"),
        ({"errors": [{"page": "Invalid page"}], "status": "bad_request"}, "page: Invalid page"),
        ({"message": "text"}, "text"),
        ({"error": {"message": "text"}}, "text"),
        ({"error": "invalid_grant", "error_description": "refresh_token not found"}, "refresh_token not found"),
        ({"error": "invalid_client"}, "invalid_client"),
        ({"delete": False}, None),
        (b"403 Forbidden (Rate Limit Exceeded)\n", "403 Forbidden (Rate Limit Exceeded)"),
        (b"<html><head><title>502 Bad\nGateway</title></head></html>", "502 Bad Gateway"),
        (b"<div>no title</div>", "an HTML page"),
        (b'<?xml version="1.0"?><Error><SignatureProvided>abc</SignatureProvided></Error>', "an XML document"),
        (b"the value of x must be < 5", "the value of x must be < 5"),
        (b"", None),
    ],
)
def test_error_formats(body: Any, message: str | None) -> None:
    """Each format of an error gives one line."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    assert canvas_message(Response(400, {}, raw)) == message


@given(st.binary())
def test_any_bytes(body: bytes) -> None:
    """Any body gives a short line or nothing."""
    message = canvas_message(Response(500, {}, body))
    assert message is None or (0 < len(message) <= MAX_LENGTH and "\n" not in message)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_any_json(body: Any) -> None:
    """No JSON body raises an exception."""
    canvas_message(Response(400, {}, json.dumps(body).encode()))
