"""One awaiting client, and so one pool of connections, for all who use a token in an event loop.

A triggerer runs a thousand triggers in one loop. Each borrows the client here; the last one to give it back closes it.
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
class _Lent:
    client: AsyncCanvasClient
    users: int = 0


_lent: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Settings, _Lent]] = WeakKeyDictionary()


@asynccontextmanager
async def shared_client(
    settings: Settings, reload_settings: Callable[[], Awaitable[Settings]] | None = None
) -> AsyncIterator[AsyncCanvasClient]:
    """Lend the running loop's client for these settings.

    :param settings: Where Canvas is; equal settings share a client.
    :param reread: Reads the settings again, from where they came from.
    """
    clients = _lent.setdefault(asyncio.get_running_loop(), {})
    lent = clients.setdefault(settings, _Lent(AsyncCanvasClient(settings, reload_settings=reload_settings)))
    lent.users += 1
    try:
        yield lent.client
    finally:
        lent.users -= 1
        if not lent.users:
            del clients[settings]
            await lent.client.close()
