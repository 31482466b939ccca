"""One asynchronous client, and so one connection pool, for all users of a connection in an event loop.

A triggerer runs a thousand triggers in one loop. They share one client; the last user closes it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.aiohttp_client import AsyncCanvasClient


@dataclass
class _Shared:
    client: AsyncCanvasClient
    users: int = 0


_shared: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Settings, _Shared]] = WeakKeyDictionary()


@asynccontextmanager
async def shared_client(
    settings: Settings, reload_settings: Callable[[], Awaitable[Settings]] | None = None
) -> AsyncIterator[AsyncCanvasClient]:
    """Provide the running loop's client for these settings.

    :param settings: Equal settings share a client.
    :param reload_settings: Reads the settings from their source again.
    """
    for closed in [loop for loop in _shared if loop.is_closed()]:
        del _shared[closed]  # it ended without closing its clients
    clients = _shared.setdefault(asyncio.get_running_loop(), {})
    shared = clients.get(settings)
    if shared is None:
        shared = clients[settings] = _Shared(AsyncCanvasClient(settings, reload_settings=reload_settings))
    shared.users += 1
    try:
        yield shared.client
    finally:
        shared.users -= 1
        if not shared.users:
            del clients[settings]
            await shared.client.close()
