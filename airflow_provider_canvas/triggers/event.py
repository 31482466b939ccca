"""The event of a trigger, which tells the second half of a deferred task how its job ended.

An event is JSON: ``status`` (``succeeded``, ``failed``, ``timeout`` or ``error``), ``workflow_state``, ``completion``,
``message``, ``record``, the job's own record, if the last poll read it, and ``last_error``, the message of the last
poll's error, if that failed; with ``error`` only ``message`` and ``permanent``: whether a retry would fail again.
Airflow stores it, so it has no secrets, and its size is limited.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from airflow.providers.common.compat.sdk import AirflowNotFoundException

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.storable import storable, storable_text
from airflow_provider_canvas.client.errors import CanvasError
from airflow_provider_canvas.client.jobs.waiters import OtherVersionError, Status, WaitError
from airflow_provider_canvas.security.redaction import redact, scrub

MAX_RECORD_LENGTH = 16_000
"""Characters of JSON. A longer record is left out, and the task fetches it."""

MAX_STATE_LENGTH, MAX_MESSAGE_LENGTH, MAX_ERROR_LENGTH = 200, 4000, 8000
"""Characters of the name of a state, of Canvas's message and of an error; the rest is cut off."""


def event_of_status(outcome: str, status: Status | None, last_error: CanvasError | None = None) -> dict[str, Any]:
    """Return the event of a wait that is over.

    :param outcome: ``succeeded``, ``failed`` or ``timeout``.
    :param status: The job's last status, if it is known.
    :param last_error: The error of the last poll, if that failed.
    """
    event: dict[str, Any] = {
        "status": outcome,
        "workflow_state": _storable(status.workflow_state, MAX_STATE_LENGTH) if status else None,
        "completion": _storable(status.completion) if status else None,
        "message": _storable(status.message, MAX_MESSAGE_LENGTH) if status else None,
    }
    if last_error is not None:
        event["last_error"] = _storable(str(last_error), MAX_ERROR_LENGTH)
    if status is not None and status.record is not None and len(json.dumps(status.record)) <= 4 * MAX_RECORD_LENGTH:
        record = storable_record(status.record)
        if len(json.dumps(record)) <= MAX_RECORD_LENGTH:
            event["record"] = record
    return event


def event_of_error(error: Exception) -> dict[str, Any]:
    """Return the event of a wait that was given up.

    :param error: The reason. An error that this package does not expect is not permanent: a retry waits for the job.
    """
    if isinstance(error, CanvasError):
        return {"status": "error", "message": _storable(str(error), MAX_ERROR_LENGTH), "permanent": error.permanent}
    permanent = isinstance(error, CanvasInputError | AirflowNotFoundException)
    message = str(error) if permanent else f"The trigger ended with {type(error).__name__}: {error}"
    return {"status": "error", "message": _storable(message, MAX_ERROR_LENGTH), "permanent": permanent}


def status_of_event(event: Any) -> Status | None:
    """Return how the job ended; ``None`` if it did not end in time.

    Keys that this version does not know are ignored.

    :param event: An event, also one of another version of this package.
    :raises CanvasError: When the trigger gave up, or the event cannot be understood.
    """
    if not isinstance(event, Mapping):
        raise OtherVersionError(f"The trigger ended with {event!r} instead of an event.")
    record = event.get("record")
    match event.get("status"):
        case "succeeded" | "failed" as state:
            return Status(
                state,
                str(event.get("workflow_state") or "unknown"),
                event.get("completion"),
                event.get("message"),
                record if isinstance(record, Mapping) else None,
            )
        case "timeout":
            return None
        case "error":
            error = WaitError(str(event.get("message") or "The trigger gave up without a message."))
            error.permanent = bool(event.get("permanent"))
            raise error
        case unknown:
            raise OtherVersionError(f"The trigger ended with an event whose status {unknown!r} is unknown.")


def storable_record(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record of Canvas as JSON that may be stored: without secrets, signed URLs, NUL and NaN."""
    return {
        _storable(name): _without_urls(value) if isinstance(value, dict | list) else _storable(value)
        for name, value in scrub(dict(record)).items()
    }


def _without_urls(value: Any) -> Any:
    """Return a nested value without URLs and UUIDs: those of files let their holder download the file."""
    match value:
        case list():
            return [_without_urls(item) for item in value]
        case dict():
            return {
                _storable(name): _without_urls(item)
                for name, item in value.items()
                if name not in ("url", "uuid") and not str(name).endswith("_url")
            }
        case _:
            return _storable(value)


def _storable(value: Any, max_length: int | None = None) -> Any:
    """Return a scalar as it can be stored. Of a URL, the query is cut off.

    :param max_length: The longest text in characters; the rest is cut off.
    """
    match value:
        case str():
            shortened = value if max_length is None else value[: 2 * max_length]  # so redaction takes no long time
            text = storable_text(redact(shortened), max_length)
            return text.partition("?")[0] if text.startswith(("https://", "http://")) else text
        case _:
            return storable(value)
