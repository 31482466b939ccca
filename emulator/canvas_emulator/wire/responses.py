"""Responses of handlers, and Canvas's errors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from html import escape
from itertools import count
from typing import Any

from canvas_emulator.model.settings import Settings

CHALLENGE = (("www-authenticate", 'Bearer realm="canvas-lms"'),)
"""Comes with a 401 that is about the token, and with no other."""

NOT_FOUND = {"errors": [{"message": "The specified resource does not exist."}]}
NOT_PERMITTED = {
    "status": "unauthorized",
    "errors": [{"message": "user not authorized to perform that action"}],
}

INTERNAL_ERROR = {"errors": [{"message": "An error occurred.", "error_code": "internal_server_error"}]}
ERROR_REPORTS = count(123)


@dataclass(frozen=True)
class Response:
    """A response: of JSON, unless it brings its own bytes.

    :param payload: The value to send as JSON.
    :param status: The HTTP status.
    :param headers: Pairs of a name and a value.
    :param rows: How many rows of a list it holds: they add to its cost.
    :param body: The bytes to send in place of the payload; empty ones for a response without a body.
    :param chunks: The pieces of a long body, which are sent one after the other.
    :param content_type: Of the bytes.
    :param of_web_server: Whether it comes from the web server before Canvas: then it costs nothing.
    :param seconds: How long it takes at least, in real seconds.
    """

    payload: Any = None
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    rows: int = 0
    body: bytes | None = None
    chunks: Iterable[bytes] = ()
    content_type: str = "application/json; charset=utf-8"
    of_web_server: bool = False
    seconds: float = 0.0


def without_body(status: int) -> Response:
    """Return a response that has a status and nothing else."""
    return Response(status=status, body=b"", content_type="application/json")


def redirect(url: str) -> Response:
    """Return a redirect, with a page for those who do not follow it."""
    body = f'<html><body>You are being <a href="{escape(url)}">redirected</a>.</body></html>'.encode()
    return Response(status=302, headers=(("location", url),), body=body, content_type="text/html; charset=utf-8")


class CanvasError(Exception):
    """Ends a request with a response that is not a success.

    :param status: The HTTP status.
    :param payload: The value to send as JSON.
    :param headers: Pairs of a name and a value.
    :param form: Other fields of the ``Response``.
    """

    def __init__(self, status: int, payload: Any, headers: tuple[tuple[str, str], ...] = (), **form: Any) -> None:
        super().__init__(status, payload)
        self.response = Response(payload, status, headers, **form)


def not_found() -> CanvasError:
    """Return the error for a record that does not exist in this context."""
    return CanvasError(404, NOT_FOUND)


NO_PAGE = Response(
    status=404,
    body=b"<!DOCTYPE html><html><body><h1>Page Not Found</h1></body></html>",
    content_type="text/html; charset=utf-8",
    of_web_server=True,
)
"""The response to a path that is no route."""


def no_route() -> CanvasError:
    """Return the error for a route that this Canvas does not have."""
    error = CanvasError(404, None)
    error.response = NO_PAGE
    return error


def unreadable_request() -> CanvasError:
    """Return the error of the web server for a request that it cannot read."""
    body = (
        b"500 Internal Server Error\nIf you are the administrator of this website, then please read this web "
        b"application's log file and/or the web server's log file to find out what went wrong."
    )
    return CanvasError(500, None, body=body, content_type="text/plain", of_web_server=True)


def bad_request(message: str) -> CanvasError:
    """Return the error for a failed check of an endpoint."""
    return CanvasError(400, {"message": message})


def internal_error() -> CanvasError:
    """Return the error for a request that Canvas does not handle, where a client expects a refusal."""
    return CanvasError(500, INTERNAL_ERROR | {"error_report_id": next(ERROR_REPORTS)})


def empty_internal_error() -> CanvasError:
    """Return the error for a request that Canvas answers with status 500 and nothing else."""
    return CanvasError(500, None, body=b"", content_type="application/json")


def invalid_record(settings: Settings | None = None, /, **messages: str) -> CanvasError:
    """Return the error for a failed validation of a record: the messages by attribute.

    :param settings: Where one may switch to codes as types.
    """
    coded = settings is not None and settings.model_error_codes
    errors = {
        name: [{"attribute": name, "type": "invalid" if coded else message, "message": message}]
        for name, message in messages.items()
    }
    return CanvasError(400, {"errors": errors})


def stamp(moment: datetime | None) -> str | None:
    """Format a time as Canvas does: UTC, whole seconds."""
    return None if moment is None else moment.isoformat()[:19] + "Z"


def number(value: float | None) -> float | None:
    """Render a number as Canvas does those that need not be whole: points have a decimal point even if they are."""
    return None if value is None else float(value)


def with_string_ids(payload: Any) -> Any:
    """Return a payload with every integer id as a string."""
    if isinstance(payload, list):
        return [with_string_ids(element) for element in payload]
    if not isinstance(payload, dict):
        return payload
    return {key: _stringified(key, value) for key, value in payload.items()}


def _stringified(key: str, value: Any) -> Any:
    if (key == "id" or key.endswith("_id")) and _is_integer(value):
        return str(value)
    if (key == "ids" or key.endswith("_ids")) and isinstance(value, list):
        return [str(element) if _is_integer(element) else with_string_ids(element) for element in value]
    return with_string_ids(value)


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
