"""An adapter of requests that sends an address exactly as it is, and knows whether anything of a request was sent.

requests and urllib3 rewrite paths and queries (``%7e``, ``/../``, ``//``), which breaks signatures. So the connection
takes the target from the address.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from requests import PreparedRequest
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.poolmanager import PoolManager

from airflow_provider_canvas.security.address import Address


@dataclass
class Exchange:
    """One request on its way.

    :param address: The address to request.
    :param sent: Whether a part of the request may have reached the server.
    """

    address: Address
    sent: bool = False


class ExactAdapter(HTTPAdapter):
    """Sends requests that :func:`with_exchange` prepared."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Create the pools of connections."""
        super().init_poolmanager(*args, **options)
        _use_exact_pools(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **options: Any) -> Any:
        """Return the pools of connections to a proxy."""
        manager = super().proxy_manager_for(*args, **options)
        _use_exact_pools(manager)
        return manager


def with_exchange(request: PreparedRequest, exchange: Exchange) -> PreparedRequest:
    """Return a prepared request that is sent to the address of an exchange, whatever URL it was prepared with."""
    request.url = exchange.address.url
    request.headers = _Headers(request.headers, exchange)
    return request


class _Headers(CaseInsensitiveDict[str]):
    """Headers that carry the exchange to the connection; urllib3 hands both over unchanged."""

    def __init__(self, headers: CaseInsensitiveDict[str], exchange: Exchange) -> None:
        super().__init__(headers)
        self.exchange = exchange

    def copy(self) -> _Headers:
        return _Headers(self, self.exchange)


class _Exact(HTTPConnection):
    """A connection that sends the target of the exchange."""

    exchange: Exchange | None = None

    def request(self, method: str, url: str, body: Any = None, headers: Any = None, **options: Any) -> None:
        self.exchange = exchange = headers.exchange
        target = exchange.address.target if url.startswith("/") else exchange.address.url  # to a proxy
        super().request(method, target, body, headers, **options)

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        if self.exchange is not None:
            self.exchange.sent = True
        super().send(data)

    def close(self) -> None:
        super().close()
        self.exchange = None  # what the next connection sends to a proxy is no part of a request


class _ExactTls(_Exact, HTTPSConnection):
    """A connection over TLS."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Exact


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _ExactTls


def _use_exact_pools(manager: PoolManager) -> None:
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
