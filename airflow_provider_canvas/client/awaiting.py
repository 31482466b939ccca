"""The awaiting transport: aiohttp."""

from __future__ import annotations

import asyncio
import ssl
import urllib.request
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import urlsplit

import aiohttp

from airflow_provider_canvas.api.canvas import Canvas
from airflow_provider_canvas.api.endpoint import Awaiting, Call
from airflow_provider_canvas.client.answer import Answer, NoAnswer, Outcome
from airflow_provider_canvas.client.conversation import Send, Speaker, adrive
from airflow_provider_canvas.client.pacing import MOST_IN_FLIGHT, bucket_for
from airflow_provider_canvas.client.policy import Policy
from airflow_provider_canvas.client.settings import Settings

T = TypeVar("T")

KEEP_ALIVE = 75.0
"""Seconds for which an idle connection is kept: longer than the usual time between two polls."""


class AwaitingClient(Canvas[Awaiting]):
    """Canvas, for code that awaits. Its session belongs to the event loop in which it is first used.

    :param settings: Where Canvas is.
    :param policy: When to try again; by default for as long as the settings say.
    """

    def __init__(self, settings: Settings, policy: Policy | None = None) -> None:
        super().__init__()
        self.settings = settings
        self._speaker = Speaker(settings, policy or Policy(settings.retry_for), bucket_for(settings))
        self._session: aiohttp.ClientSession | None = None
        self._proxy = _proxy(settings.base_url)

    async def send(self, call: Call[T]) -> T:
        """Make a call and return its answer.

        :raises CanvasError: When Canvas refuses it, or does not answer.
        """
        return (await adrive(self._speaker.converse(call), self._exchange, asyncio.sleep))[0]

    async def iterate(self, call: Call[T]) -> AsyncIterator[T]:
        """Yield the items of a listing, getting each page when it is needed.

        :raises CanvasError: When Canvas refuses it, or does not answer.
        """
        page: Call[T] | None = call
        while page is not None:
            items, page = await adrive(self._speaker.turn_page(page), self._exchange, asyncio.sleep)
            for item in items:
                yield item

    async def _exchange(self, request: Send) -> Outcome:
        host, session = self.settings.host, self._opened()
        try:
            async with session.request(
                request.method,
                request.url,
                params=request.query,
                data=request.form,
                headers={**request.headers, "Authorization": f"Bearer {self.settings.token}"},
                allow_redirects=False,  # the token goes nowhere else, and Canvas's API redirects nowhere
                proxy=self._proxy,
            ) as response:
                headers = {name.lower(): value for name, value in response.headers.items()}
                return Answer(response.status, headers, await response.read())
        except aiohttp.ClientConnectorError as error:
            reason = error.strerror if isinstance(error.os_error, OSError) and error.strerror else type(error).__name__
            return NoAnswer(f"{host} could not be reached ({reason.lower()})", sent=False)
        except aiohttp.ConnectionTimeoutError:
            return NoAnswer(f"{host} could not be reached (timed out)", sent=False)
        except TimeoutError:
            return NoAnswer(f"{host} took more than {self.settings.read_timeout:g} s", sent=True, late=True)
        except aiohttp.ClientPayloadError as error:
            return NoAnswer(f"the answer of {host} broke off ({type(error).__name__})", sent=True)
        except (aiohttp.ClientError, OSError):
            return NoAnswer(f"{host} dropped the connection", sent=True)

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            bundle = self.settings.ca_bundle
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=MOST_IN_FLIGHT,
                    keepalive_timeout=KEEP_ALIVE,
                    ssl=ssl.create_default_context(cafile=bundle) if bundle else True,
                ),
                timeout=aiohttp.ClientTimeout(
                    total=None,
                    connect=self.settings.connect_timeout,
                    sock_connect=self.settings.connect_timeout,
                    sock_read=self.settings.read_timeout,
                ),
                cookie_jar=aiohttp.DummyCookieJar(),  # a session cookie would replace the token
                trust_env=False,  # it would let ~/.netrc replace the token; proxies are read below
            )
        return self._session

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def _proxy(base_url: str) -> str | None:
    """Return the proxy that the environment names for Canvas."""
    parts = urlsplit(base_url)
    if urllib.request.proxy_bypass(parts.netloc):
        return None
    return urllib.request.getproxies().get(parts.scheme)
