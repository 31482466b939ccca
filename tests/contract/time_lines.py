"""What the polls of a job show, in a form that does not depend on how long the job took and when it was polled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

MOMENTS = (
    "started_at",
    "finished_at",
    "progress_url",
    "attachment",
    "settings",
    "message",
    "exports_started_at",
    "imports_queued_at",
    "imports_completed_at",
)
"""Keys whose first value comes with a certain state."""

NOTED = ("job_ids", "worker_class", "imported_assets", "skip_import_notification", "overwrite_quizzes", "id_prepender")
"""Settings in ``audit_info`` that come with a certain state."""


@dataclass(frozen=True)
class Poll:
    """What one poll saw that differs from the poll before.

    :param of: The name of the record.
    :param body: The whole response.
    """

    of: str
    body: Any = field(hash=False)


def shown(polls: Iterable[Poll]) -> dict[str, Any]:
    """Return what polls show of each record, by a description."""
    by_record: dict[str, list[Mapping[str, Any]]] = {}
    for poll in polls:
        for body in poll.body if isinstance(poll.body, list) else [poll.body]:
            by_record.setdefault(poll.of, []).append(body)
    return {f"{name}: {what}": value for name, bodies in by_record.items() for what, value in _facts(bodies)}


def falls(polls: Iterable[Poll]) -> dict[str, bool]:
    """Tell of each record whether its percentage falls other than to the start of a further run."""
    by_record: dict[str, list[float]] = {}
    for poll in polls:
        if isinstance(poll.body, dict) and isinstance(poll.body.get("completion"), float):
            by_record.setdefault(poll.of, []).append(poll.body["completion"])
    return {name: any(0 < after < before for before, after in pairwise(values)) for name, values in by_record.items()}


def _facts(bodies: list[Mapping[str, Any]]) -> Iterator[tuple[str, Any]]:
    states = _states(bodies)
    yield "states", states
    for key in MOMENTS:
        yield f"{key} comes with state", _state_of_first(bodies, lambda body, key=key: body.get(key))
        yield f"{key} stays as it first was", len({str(body[key]) for body in bodies if body.get(key)}) < 2
    for key in NOTED:
        yield f"setting {key} comes with state", _state_of_first(bodies, lambda body, key=key: key in _settings(body))
    if "migration_issues_count" in bodies[0]:
        first = _state_of_first(bodies, lambda body: body["migration_issues_count"])
        early = [f"{number}: {state}" for number, state in enumerate(states[:-2], start=1)]
        yield "has issues at its end", bodies[-1]["migration_issues_count"] > 0
        yield "has issues before its last two states", first in early
    if "completion" in bodies[0]:
        yield "completion of the first state", bodies[0]["completion"]
        yield "completion of the last state", bodies[-1]["completion"]
        yield "messages by state", [(state, message) for state, message in _messages(bodies)]


def _states(bodies: list[Mapping[str, Any]]) -> list[str]:
    states = [str(body.get("workflow_state")) for body in bodies]
    return [state for place, state in enumerate(states) if place == 0 or state != states[place - 1]]


def _messages(bodies: list[Mapping[str, Any]]) -> list[tuple[str, Any]]:
    pairs = [(str(body["workflow_state"]), bool(body.get("message"))) for body in bodies]
    return [pair for place, pair in enumerate(pairs) if place == 0 or pair != pairs[place - 1]]


def _state_of_first(bodies: list[Mapping[str, Any]], has: Any) -> str | None:
    """Return the number and the name of the first state in which a response has something."""
    number, last = 0, None
    for body in bodies:
        if body.get("workflow_state") != last:
            number, last = number + 1, body.get("workflow_state")
        if has(body):
            return f"{number}: {last}"
    return None


def _settings(body: Mapping[str, Any]) -> Mapping[str, Any]:
    settings: Mapping[str, Any] = (body.get("audit_info") or {}).get("migration_settings") or {}
    return settings
