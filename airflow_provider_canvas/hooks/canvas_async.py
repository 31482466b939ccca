"""The asynchronous hook, for triggers and for tasks with an event loop of their own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from importlib import import_module
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from airflow_provider_canvas.api.call import Call
from airflow_provider_canvas.api.canvas import Canvas
from airflow_provider_canvas.api.endpoint import AsyncIO
from airflow_provider_canvas.client.operations import Operations
from airflow_provider_canvas.hooks.connection_settings import read_settings
from airflow_provider_canvas.hooks.find_connection import find_fields_async
from airflow_provider_canvas.hooks.recent_settings import recent_settings

if TYPE_CHECKING:
    from airflow_provider_canvas.client.caller import Caller
    from airflow_provider_canvas.client.protocol.flow import Flow
    from airflow_provider_canvas.client.settings import Settings
    from airflow_provider_canvas.client.transports.aiohttp_client import AsyncCanvasClient

T = TypeVar("T")


class CanvasAsyncHook(Canvas[AsyncIO], Operations[AsyncIO]):
    """An asynchronous client for the Canvas of an Airflow connection.

    .. code-block:: python

        async with CanvasAsyncHook("canvas_default") as hook:
            course = await hook.courses.get(course_id=42)
            async for issue in hook.migration_issues.list(course_id=42, content_migration_id=7):
                ...

    Entering the hook reads the connection and opens the client, which all hooks of this connection in the event loop
    share.

    :param canvas_conn_id: The id of the Airflow connection (default ``canvas_default``).
    """

    def __init__(self, canvas_conn_id: str = "canvas_default") -> None:
        super().__init__()
        self.canvas_conn_id = canvas_conn_id
        self._exit_stack = AsyncExitStack()
        self._client: AsyncCanvasClient | None = None
        self._entered = 0

    @property
    def client(self) -> AsyncCanvasClient:
        """The client of this connection, while the hook is entered."""
        if self._client is None:
            raise RuntimeError("Enter the hook first: async with CanvasAsyncHook(...) as hook: ...")
        return self._client

    async def __aenter__(self) -> Self:
        """Read the connection and open the client.

        :raises CanvasConnectionError: When a field of the connection is not valid.
        """
        self._entered += 1
        if self._client is not None:
            return self
        settings = await recent_settings(self.canvas_conn_id, self._read_settings)
        shared = (await _sessions()).shared_client(settings, self._read_settings)
        self._client = await self._exit_stack.enter_async_context(shared)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._entered -= 1
        if not self._entered:
            self._client = None
            await self._exit_stack.aclose()

    async def _read_settings(self) -> Settings:
        return read_settings(await find_fields_async(self.canvas_conn_id))

    async def send(self, call: Call[T]) -> T:
        """Make a call and return its JSON.

        :raises CanvasError: When Canvas refuses a request or does not respond.
        """
        return await self.client.send(call)

    def iterate(self, call: Call[T]) -> AsyncIterator[T]:
        """Yield the items of all pages of a listing.

        :raises CanvasError: When Canvas refuses a request or does not respond.
        """
        return self.client.iterate(call)

    def iterate_pages(self, call: Call[T]) -> AsyncIterator[list[T]]:
        """Yield the pages of a listing.

        :raises CanvasError: When Canvas refuses a request or does not respond.
        """
        return self.client.iterate_pages(call)

    async def run(self, make_flow: Callable[[Caller], Flow[T]]) -> T:
        """Run a flow of several requests and return its result.

        :raises CanvasError: When Canvas refuses a request or does not respond.
        """
        return await self.client.run(make_flow)


async def _sessions() -> Any:
    """Return the module of the shared clients. It is imported in a thread: importing aiohttp blocks the event loop."""
    if not _imported:
        name = "airflow_provider_canvas.client.transports.shared_session"
        _imported.append(await asyncio.to_thread(import_module, name))
    return _imported[0]


_imported: list[Any] = []
