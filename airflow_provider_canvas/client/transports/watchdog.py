"""The end of a request of requests at a set time, whatever it waits for.

requests and urllib3 have a timeout for each read of the socket, so a server that drips bytes never meets it. A
:class:`Watchdog` shuts the socket down at the set time, which ends every read and write on it at once.
"""

from __future__ import annotations

import functools
import socket
import threading
import time
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from airflow_provider_canvas.client.transports.exact_requests import ExactAdapter

RETRY_INTERVAL = 0.1
"""Seconds after which a request that did not end is ended again: a TLS handshake replaces the socket."""


class Watchdog:
    """Ends the request that this thread sends, at a set time."""

    def __init__(self) -> None:
        self.expired = False
        """Whether the request was ended."""
        self._end: float | None = None
        self._is_over = False
        self._connection: Any = None
        self._socket: Any = None
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="canvas-request-time-limit", daemon=True)

    def __enter__(self) -> Self:
        _of_thread.watchdog = self
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _of_thread.watchdog = None
        with self._changed:
            self._is_over = True
            self._changed.notify()

    def reschedule(self, end: float | None) -> None:
        """Set the time at which the request ends, in seconds of the monotonic clock; ``None`` for never."""
        with self._changed:
            self._end = end
            self._changed.notify()

    def use(self, connection: Any) -> None:
        """Set the connection of the request.

        The socket is kept too: http.client forgets it when a response says that it is the last one.
        """
        with self._changed:
            self._connection = connection
            self._socket = getattr(connection, "sock", None) or self._socket

    def _run(self) -> None:
        with self._changed:
            while not self._is_over:
                left = None if self._end is None else self._end - time.monotonic()
                if left is not None and left <= 0:
                    self.expired, left = True, RETRY_INTERVAL
                    for sock in (self._socket, getattr(self._connection, "sock", None)):
                        _shut_down(sock)
                self._changed.wait(left)


def _shut_down(sock: Any) -> None:
    """Shut a socket down, below its TLS layers."""
    inner = getattr(sock, "socket", sock)  # urllib3's TLS within the TLS of a proxy
    if isinstance(inner, socket.socket):
        with suppress(OSError):
            socket.socket.shutdown(inner, socket.SHUT_RDWR)


class _OfThread(threading.local):
    watchdog: Watchdog | None = None


_of_thread = _OfThread()


class _TimedConnection:
    """A connection that tells the watchdog of the current thread which socket a request uses."""

    def connect(self, *args: Any, **options: Any) -> Any:
        self._tell()
        result = super().connect(*args, **options)  # type: ignore[misc]  # of urllib3's connection
        self._tell()
        return result

    def putrequest(self, *args: Any, **options: Any) -> Any:
        self._tell()
        return super().putrequest(*args, **options)  # type: ignore[misc]

    def getresponse(self, *args: Any, **options: Any) -> Any:
        self._tell()
        return super().getresponse(*args, **options)  # type: ignore[misc]

    def _tell(self) -> None:
        if _of_thread.watchdog is not None:
            _of_thread.watchdog.use(self)


@functools.cache
def _timed(pool: Any) -> Any:
    """Return a class of connection pools whose connections a watchdog can end."""
    connection = type(pool.ConnectionCls.__name__, (_TimedConnection, pool.ConnectionCls), {})
    return type(pool.__name__, (pool,), {"ConnectionCls": connection})


def _time(manager: Any) -> None:
    pools = manager.pool_classes_by_scheme
    if not any(issubclass(pool.ConnectionCls, _TimedConnection) for pool in pools.values()):
        manager.pool_classes_by_scheme = {scheme: _timed(pool) for scheme, pool in pools.items()}


class TimedAdapter(ExactAdapter):
    """An adapter whose requests a :class:`Watchdog` can end."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Make the pools for direct connections."""
        super().init_poolmanager(*args, **options)
        _time(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **options: Any) -> Any:
        """Return the pools for connections through a proxy."""
        manager = super().proxy_manager_for(*args, **options)
        _time(manager)
        return manager
