"""The connection of an id: its fields, or an error that says how to create or to correct it."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable
from typing import Any

from airflow.providers.common.compat.sdk import AirflowNotFoundException

from airflow_provider_canvas.api.errors import CanvasConnectionError, CanvasInputError
from airflow_provider_canvas.api.text_values import is_blank
from airflow_provider_canvas.hooks.connection_fields import Fields

CONN_TYPE = "canvas"
ENVIRONMENT = "AIRFLOW_CONN_"
"""How the names of environment variables begin that Airflow reads as connections."""


def find_fields(conn_id: str, get_connection: Callable[[str], Any]) -> Fields:
    """Return the fields of a connection.

    :param conn_id: Its id.
    :param get_connection: Airflow's function that returns a connection.
    :raises AirflowNotFoundException: When there is none.
    :raises CanvasInputError: When the id is blank.
    :raises CanvasConnectionError: When it is of another type.
    """
    _check_conn_id(conn_id)
    try:
        connection = get_connection(conn_id)
    except AirflowNotFoundException as error:
        raise _not_found(conn_id) from error
    _check_type(conn_id, connection)
    return Fields(conn_id, connection, connection.extra_dejson)


async def find_fields_async(conn_id: str) -> Fields:
    """Return the fields of a connection without blocking the event loop, for triggers.

    :param conn_id: Its id.
    :raises AirflowNotFoundException: When there is none.
    :raises CanvasInputError: When the id is blank.
    :raises CanvasConnectionError: When it is of another type.
    """
    _check_conn_id(conn_id)
    try:
        connection = await _get_connection_async(conn_id)
    except AirflowNotFoundException as error:
        raise _not_found(conn_id) from error
    _check_type(conn_id, connection)
    return Fields(conn_id, connection, await _get_extra_async(connection))


async def _get_connection_async(conn_id: str) -> Any:
    """Return a connection of Airflow. Before 3.3.2, only a thread may wait for it: the loop itself would be blocked.

    The functions of common-compat do the same, but only from 1.22.0 on.
    """
    from airflow.providers.common.compat.sdk import BaseHook, Connection
    from asgiref.sync import sync_to_async

    if hasattr(Connection, "aextra_dejson"):  # Airflow 3.3.2 or newer
        return await BaseHook.aget_connection(conn_id)
    return await sync_to_async(BaseHook.get_connection)(conn_id)


async def _get_extra_async(connection: Any) -> dict[str, Any]:
    """Return the extra of a connection. Before Airflow 3.3.2, only a thread may wait until its secrets are masked."""
    from asgiref.sync import sync_to_async

    if hasattr(connection, "aextra_dejson"):
        extra: dict[str, Any] = await connection.aextra_dejson()
        return extra
    return await sync_to_async(lambda: dict(connection.extra_dejson))()


def _check_conn_id(conn_id: object) -> None:
    """Refuse a blank id of a connection, which Airflow would report as a connection without a name."""
    if is_blank(conn_id):
        raise CanvasInputError(
            f"canvas_conn_id is {conn_id!r}: write the id of an Airflow connection of the type canvas, such as "
            "'canvas_default'. In a template, look at what it renders to."
        )


def _check_type(conn_id: str, connection: Any) -> None:
    """Refuse a connection of another system, whose host and password must not be sent anywhere."""
    conn_type = connection.conn_type
    if conn_type and conn_type != CONN_TYPE:
        raise CanvasConnectionError(
            f"Connection {conn_id!r} is of the type {conn_type!r}: write the id of a connection of the type 'canvas' "
            "into canvas_conn_id, or change its Connection Type to Canvas LMS (conn_type in JSON, canvas:// in a URI)."
        )


def _not_found(conn_id: str) -> AirflowNotFoundException:
    """Return the error for a connection that does not exist. Tasks cannot list the connections of the database.

    A task that raises it is retried as Airflow says: a secrets backend that cannot be reached looks the same.
    """
    names = [name.removeprefix(ENVIRONMENT).lower() for name in os.environ if name.startswith(ENVIRONMENT)]
    near = difflib.get_close_matches(str(conn_id).lower(), names, n=3)
    hint = f"Did you mean {' or '.join(map(repr, near))}? " if near else ""
    return AirflowNotFoundException(
        f"There is no connection {conn_id!r}. {hint}`airflow connections list` shows those of Airflow's database. To "
        f"create it: airflow connections add {conn_id} --conn-type canvas --conn-host https://school.instructure.com "
        f"--conn-password TOKEN, or Admin, Connections in the browser, or the environment variable "
        f"{ENVIRONMENT}{str(conn_id).upper()}, exported for workers, triggerer and API server."
    )
