"""The engine of the database that holds the package's tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import BaseHook

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.ids import redacted_repr
from airflow_provider_canvas.api.text_values import is_blank

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine


def sql_hook(sql_conn_id: str, parameter: str = "sql_conn_id") -> Any:
    """Return the hook of a connection to a database.

    :param sql_conn_id: The connection.
    :param parameter: The parameter that names it, for the message.
    :raises CanvasInputError: When no connection is named, or it is none to a database.
    """
    if is_blank(sql_conn_id):
        raise CanvasInputError(
            f"{parameter} is {redacted_repr(sql_conn_id)}: write the id of an Airflow connection to a database."
        )
    hook = BaseHook.get_hook(sql_conn_id)
    if not hasattr(hook, "get_sqlalchemy_engine"):
        raise CanvasInputError(
            f"The connection {sql_conn_id} is of type {hook.conn_type}, which is no SQL database: choose another one "
            f"for {parameter}."
        )
    return hook


@contextmanager
def sql_engine(sql_conn_id: str) -> Iterator[Engine]:
    """Yield an engine of a database, from the hook for the connection's type.

    :param sql_conn_id: The connection.
    :raises CanvasInputError: When no connection is named, or it is none to a database.
    :raises CanvasError: When the database refuses what is done with the engine, or is away.
    """
    hook = sql_hook(sql_conn_id)
    # SQLite has one writer at a time: others wait up to 60 s instead of the default 5 s.
    options = {"connect_args": {"timeout": 60}} if hook.conn_type == "sqlite" else None
    engine = hook.get_sqlalchemy_engine(options)
    try:
        with named_database(sql_conn_id):
            yield engine
    finally:
        engine.dispose()


@contextmanager
def named_database(sql_conn_id: str) -> Iterator[None]:
    """Turn the errors of a database into one that names its connection and says what to do.

    :param sql_conn_id: The connection.
    :raises CanvasError: When the database refuses what is done, or is away.
    """
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.exc import TimeoutError as NoConnectionError

    from airflow_provider_canvas.client.errors import CanvasError
    from airflow_provider_canvas.ledger.patience import first_line, is_away

    try:
        yield
    except (DBAPIError, NoConnectionError) as error:
        reason = first_line(error).rstrip(".")
        if is_away(error):
            raise CanvasError(
                f"The database of the connection {sql_conn_id} is away: {reason}. Check that it is running and can be "
                "reached, or that the folder of its file exists. Then a retry of this task continues."
            ) from error
        raise CanvasError(
            f"The database of the connection {sql_conn_id} refuses a statement: {reason}. Check its tables, and the "
            "rights of the connection's user. Then a retry of this task continues."
        ) from error
