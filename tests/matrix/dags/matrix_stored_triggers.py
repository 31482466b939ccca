"""Define tasks that wait for triggers which another version of this package might have stored."""

from __future__ import annotations

import time
from typing import Any

from airflow.providers.common.compat.sdk import DAG, BaseOperator

from airflow_provider_canvas.sensors.progress import CanvasProgressSensor
from airflow_provider_canvas.triggers.job import CanvasJobTrigger

FINISHED = 901
"""A Progress of the demo's courses that is completed."""

UNDERSTOOD: dict[str, dict[str, Any]] = {
    "as_today": {},
    "unknown_arguments": {"batch_size": 50, "queue": {"name": "default"}},
    "few_arguments": dict.fromkeys(("job", "cancel_on_kill", "poll_interval", "first_poll_at", "began_at"), ...),
}
NOT_UNDERSTOOD: dict[str, dict[str, Any]] = {
    "no_arguments": dict.fromkeys(("canvas_conn_id", "waiter", "ids", "deadline"), ...),
    "unknown_waiter": {"waiter": "course_batch"},
    "unknown_ids": {"ids": {"progress_id": FINISHED, "shard": 3}},
    "ids_of_another_type": {"ids": [FINISHED]},
    "deadline_as_text": {"deadline": "2026-12-24T18:00:00Z"},
    "connection_as_dict": {"canvas_conn_id": {"id": "canvas_default"}},
    "job_as_text": {"job": "content_migration 7"},
}
"""Arguments that differ from those of this version; ``...`` for missing ones."""


class StoredTrigger(CanvasJobTrigger):
    """A trigger that Airflow stores with other arguments."""

    def __init__(self, arguments: dict[str, Any]) -> None:
        super().__init__()
        self.arguments = arguments

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the path of the real trigger, with the other arguments."""
        return f"{CanvasJobTrigger.__module__}.CanvasJobTrigger", self.arguments


class WaitForStoredTrigger(BaseOperator):
    """Defer to a stored trigger, and read its event as operators do."""

    def __init__(self, *, changed: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.changed = changed

    def execute(self, context: Any) -> None:
        """Defer."""
        now = time.time()
        arguments = {
            "canvas_conn_id": "canvas_default",
            "waiter": "progress",
            "ids": {"progress_id": FINISHED},
            "began_at": now,
            "deadline": now + 60,
            "first_poll_at": now + 10,
            "poll_interval": 1.0,
            "cancel_on_kill": True,
            "job": None,
            **self.changed,
        }
        known = {name: value for name, value in arguments.items() if value is not ...}
        self.defer(trigger=StoredTrigger(known), method_name="execute_complete")

    def execute_complete(self, context: Any, event: Any) -> str:
        """Return the state of the Progress."""
        from airflow_provider_canvas.triggers.event import status_of_event

        status = status_of_event(event)
        assert status is not None
        return status.workflow_state


with DAG("matrix_stored_triggers", schedule=None):
    for name, changed in {**UNDERSTOOD, **NOT_UNDERSTOOD}.items():
        WaitForStoredTrigger(task_id=name, changed=changed)
    CanvasProgressSensor(task_id="ordinary_sensor", progress_id=FINISHED, deferrable=True)
