"""Which error class a response means: one table per kind of server, one function that all requests use.

A rate limit, a server error, a lost connection and a timeout mean the same everywhere. What 4xx statuses mean depends
on the server: the API of Canvas, a storage host, or the token endpoint.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_provider_canvas.client import errors
from airflow_provider_canvas.client.protocol.other_servers import asks_for_other_login
from airflow_provider_canvas.client.protocol.response import Response, ResponseOrError, TransportError

MAX_REQUEST_ID = 200
"""Longest id of a request, in characters; the rest is cut off."""

ErrorClass = type[errors.CanvasError]

API_STATUSES: Mapping[int, ErrorClass] = {
    401: errors.CanvasPermissionError,
    403: errors.CanvasPermissionError,
    404: errors.CanvasNotFoundError,
    409: errors.CanvasConflictError,
}
"""The API of Canvas. It also answers 401 to a rejected token (:func:`is_token_rejected`), and 403 to wrong values."""

STORAGE_STATUSES: Mapping[int, ErrorClass] = {
    401: errors.CanvasPermissionError,
    403: errors.CanvasPermissionError,
    404: errors.CanvasNotFoundError,
    410: errors.CanvasNotFoundError,
}
"""Hosts that store files. They answer 404 or 410 for a file that was deleted."""

TOKEN_STATUSES: Mapping[int, ErrorClass] = {
    400: errors.CanvasAuthenticationError,
    401: errors.CanvasAuthenticationError,
}
"""The token endpoint, if the body names an OAuth2 error."""

TEMPORARY = (errors.CanvasThrottledError, errors.CanvasServerError, errors.CanvasTransportError)
"""Errors that usually pass without any change."""


def error_class(
    response: ResponseOrError,
    statuses: Mapping[int, ErrorClass],
    default: ErrorClass = errors.CanvasValidationError,
) -> ErrorClass:
    """Return the class of the error that a response means.

    :param response: A response that is not a success, or a transport error.
    :param statuses: The meaning of 4xx statuses for this server.
    :param default: The class for any other 4xx status.
    """
    match response:
        case TransportError(sent=True, temporary=False):
            return errors.CanvasUnexpectedResponseError
        case TransportError(timed_out=timed_out):
            return errors.CanvasTimeoutError if timed_out else errors.CanvasTransportError
        case _ if is_throttled(response):
            return errors.CanvasThrottledError
        case Response(status) if status >= 500:
            return errors.CanvasServerError
        case Response(status) if status < 400:
            return errors.CanvasUnexpectedResponseError
        case Response(status):
            return statuses.get(status, default)


def response_error(
    kind: ErrorClass, response: Response, text: str, message: str | None, advice: str, **attributes: Any
) -> errors.CanvasError:
    """Return an error of the form ``text: message. advice`` with the status and the request id of the response.

    :param kind: The error class.
    :param response: The response.
    :param text: What happened.
    :param message: The message of the server, without secrets.
    :param advice: What to do about it.
    :param attributes: Further attributes of the error, such as ``route``.
    """
    return kind(
        f"{text}: {message.rstrip('.')}. {advice}" if message else f"{text}. {advice}",
        status=response.status,
        canvas_message=message,
        request_id=_request_id(response),
        **attributes,
    )


def _request_id(response: Response) -> str | None:
    request_id = response.headers.get("x-request-context-id") or response.headers.get("x-amz-request-id")
    return request_id[:MAX_REQUEST_ID] if request_id else None


def is_throttled(response: ResponseOrError) -> bool:
    """Tell whether Canvas refuses the request because of the token's rate limit. The request was not executed."""
    return isinstance(response, Response) and (
        response.status == 429 or (response.status == 403 and b"rate limit exceeded" in response.body.lower())
    )


def is_token_rejected(response: ResponseOrError) -> bool:
    """Tell whether Canvas rejects the token. The request was not executed."""
    return (
        isinstance(response, Response)
        and response.status == 401
        and "www-authenticate" in response.headers
        and not asks_for_other_login(response)
    )


def is_temporary(response: ResponseOrError) -> bool:
    """Tell whether the failure usually passes without any change: a rate limit, a server or a network error."""
    if isinstance(response, TransportError):
        return response.temporary
    return is_throttled(response) or response.status >= 500
