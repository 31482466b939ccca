"""The engine of the database that holds the package's tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import BaseHook

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine


@contextmanager
def sql_engine(sql_conn_id: str) -> Iterator[Engine]:
    """Yield an engine of a database, from the hook for the connection's type.

    :param sql_conn_id: The connection.
    """
    hook = BaseHook.get_hook(sql_conn_id)
    # SQLite has one writer at a time: others wait up to 60 s instead of the default 5 s.
    options = {"connect_args": {"timeout": 60}} if hook.conn_type == "sqlite" else None
    engine = hook.get_sqlalchemy_engine(options)
    try:
        yield engine
    finally:
        engine.dispose()
