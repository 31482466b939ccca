"""The settings of a connection for many triggers that start within seconds: they are read once.

In a triggerer, Airflow loads its secrets backends for each read of a connection, and asks its supervisor, which reads
the database. For 200 triggers of one connection that was most of what their starts cost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, cast
from weakref import WeakKeyDictionary

from airflow_provider_canvas.client.settings import Settings

MAX_AGE = 10.0
"""Seconds for which settings that were read are used again. A token that Canvas refuses is read again at once."""

_Loops = WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, Any]]
_settings: _Loops = WeakKeyDictionary()
"""By event loop and connection: when it was read, and its settings."""
_reads: _Loops = WeakKeyDictionary()
"""By event loop and connection: the read that has not ended. A task keeps its loop alive, so none is kept longer."""


async def recent_settings(conn_id: str, read: Callable[[], Coroutine[Any, Any, Settings]]) -> Settings:
    """Return the validated settings of a connection, at most :data:`MAX_AGE` seconds old.

    Hooks that ask at the same time wait for the same read. A read that failed is not used again.

    :param conn_id: The connection.
    :param read: Reads it.
    :raises CanvasConnectionError: When a field of the connection is not valid.
    """
    loop = asyncio.get_running_loop()
    known, reads = _settings.setdefault(loop, {}), _reads.setdefault(loop, {})
    read_at, settings = known.get(conn_id, (0.0, None))
    if settings is not None and loop.time() - read_at <= MAX_AGE:
        return cast("Settings", settings)
    if conn_id not in reads:
        reads[conn_id] = loop.create_task(read())
        reads[conn_id].add_done_callback(lambda _: reads.pop(conn_id))
    fresh: Settings = await asyncio.shield(reads[conn_id])
    known[conn_id] = (loop.time(), fresh)
    return fresh
