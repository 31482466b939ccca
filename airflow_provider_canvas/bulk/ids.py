"""Ids as the ledger has them, and the states of Canvas's records: what the trigger needs of a row, and no database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_provider_canvas.api.ids import Id
from airflow_provider_canvas.client.jobs.content_requests import WAITING_FOR_SELECTION

ENDED = frozenset({"completed", "failed", WAITING_FOR_SELECTION})
"""The states that a content migration does not leave by itself."""


def has_ended(migration: Mapping[str, Any]) -> bool:
    """Return whether Canvas has ended a content migration, or waits for a person."""
    return migration.get("workflow_state") in ENDED


def id_of(text: str) -> Id:
    """Return an id of the ledger as a number, if it is one."""
    return int(text) if text.isdecimal() else text
