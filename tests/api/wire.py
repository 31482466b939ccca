"""The requests of calls, in the form that the tests of the endpoints compare."""

from __future__ import annotations

from typing import Any

from airflow_provider_canvas.api.call import Call
from airflow_provider_canvas.api.parameters import flatten

CONTEXTS = (
    ({"account_id": "sis_account_id:A/1"}, "accounts/sis_account_id:A%2F1"),
    ({"course_id": 22}, "courses/22"),
    ({"group_id": "3"}, "groups/3"),
    ({"user_id": "self"}, "users/self"),
)
"""Each context as a parameter, and as a path."""

OWNERS = CONTEXTS[1:]
"""The contexts that have files and exports."""


def wire(call: Call[Any]) -> tuple[str, str, list[tuple[str, str]]]:
    """Return the method, path and parameters of a call."""
    return call.method, call.path, flatten(call.params)
