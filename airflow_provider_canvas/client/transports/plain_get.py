"""Plain GETs of the API, as polls are, over the pooled connections of an aiohttp session.

For each request aiohttp prepares cookies, redirects, middlewares, traces, timers. That takes longer than a poll
itself. Here a request is a few bytes that are written to a connection of the same pool, and its response is parsed by
the same parser. The first request to a server goes through the session, and shows how to connect to it.
"""

from __future__ import annotations

import copy
from typing import Any

import aiohttp
from aiohttp.http import HttpProcessingError
from multidict import CIMultiDict

from airflow_provider_canvas.client.protocol.content_encoding import ACCEPTED
from airflow_provider_canvas.client.protocol.flow import Send
from airflow_provider_canvas.client.protocol.response import Response
from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.body_reader import BodyReader


class PlainGets:
    """Sends plain GETs to one Canvas.

    :param settings: The address of Canvas and the limits.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._template: aiohttp.ClientRequest | None = None
        self._tls: object = None
        self._timeout = aiohttp.ClientTimeout(
            total=None, connect=settings.connect_timeout, sock_connect=settings.connect_timeout
        )

    def learn(self, request: aiohttp.ClientRequest, tls: object) -> None:
        """Keep how to connect to Canvas.

        :param request: A request to Canvas, before it has the token.
        :param tls: The TLS settings of the request.
        """
        if request.proxy is None:
            self._template, self._tls = copy.copy(request), tls
            self._template.headers = CIMultiDict()

    def can_send(self, request: Send, tls: object) -> bool:
        """Tell whether a request is a plain GET to Canvas, and it is known how to connect with these TLS settings."""
        return (
            self._template is not None
            and self._tls is tls
            and request.method == "GET"
            and request.body is None
            and request.into is None
            and request.token is not None
            and self._settings.owns(request.address)
        )

    async def send(self, request: Send, session: aiohttp.ClientSession, exchange: Any) -> Response:
        """Send a request once, and return the response.

        :param request: The request.
        :param session: The session whose connections are used.
        :param exchange: Gets ``connected`` when the request has a connection.
        :raises aiohttp.ClientError: When there is no complete response.
        :raises BodyError: When the body exceeds the limit, or cannot be unpacked.
        """
        if self._template is None or session.connector is None:
            raise RuntimeError("It is not known how to connect: call can_send first.")
        connection = await session.connector.connect(self._template, traces=[], timeout=self._timeout)
        exchange.connected = True
        try:
            response = await self._exchange(connection, request)
        except HttpProcessingError as error:
            connection.close()
            raise aiohttp.ClientConnectionError(f"{error.code}, message: {error.message}") from error
        except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
            connection.close()
            raise aiohttp.ClientConnectionError(str(error)) from error
        except BaseException:
            connection.close()
            raise
        connection.release()
        return response

    async def _exchange(self, connection: Any, request: Send) -> Response:
        protocol = connection.protocol
        protocol.set_response_params(
            read_until_eof=True, auto_decompress=False, read_timeout=self._settings.read_timeout
        )
        connection.transport.write(_head(request))
        protocol.start_timeout()
        message, payload = await protocol.read()
        while 100 <= message.code < 200 and message.code != 101:  # informational responses
            message, payload = await protocol.read()
        head = Response(message.code, joined_headers(message.headers), b"")
        reader = BodyReader(head, request, self._settings)
        while reader.wants_more and not payload.at_eof():
            reader.feed(await payload.readany())
        return reader.finish()


def _head(request: Send) -> bytes:
    """Return the bytes of a request. An address, and a token, have only characters that may be in them."""
    address = request.address.with_query(request.query)
    token = "" if request.token is None else request.token.reveal()
    lines = [f"GET {address.target} HTTP/1.1", f"Host: {address.netloc}", f"Accept-Encoding: {ACCEPTED}"]
    lines += [f"{name}: {value}" for name, value in request.headers.items()]
    lines.append(f"Authorization: Bearer {token}")
    if any("\r" in line or "\n" in line for line in lines):
        raise aiohttp.ClientConnectionError("a header of the request has a line break")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def joined_headers(headers: Any) -> dict[str, str]:
    """Return the headers of a response, with lower-case names; several of one name joined, as requests does."""
    joined: dict[str, str] = {}
    for name, value in headers.items():
        key = name.lower()
        joined[key] = f"{joined[key]}, {value}" if key in joined else value
    return joined
