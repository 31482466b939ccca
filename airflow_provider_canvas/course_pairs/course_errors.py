"""Which errors belong to one course, so that others may be readable all the same."""

from __future__ import annotations

from http import HTTPStatus

from airflow_provider_canvas.client.errors import CanvasAuthenticationError, CanvasError


def is_about_the_course(error: CanvasError) -> bool:
    """Return whether another course may be readable: Canvas refused this one, or failed at it.

    A rejected token is no error of a course, nor is a Canvas that is away.

    :param error: What a request about the course raised.
    """
    if isinstance(error, CanvasAuthenticationError):
        return False
    return error.permanent or error.status == HTTPStatus.INTERNAL_SERVER_ERROR
