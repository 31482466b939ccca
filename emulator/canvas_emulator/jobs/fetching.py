"""Downloading a file from a URL that a caller sent.

The download runs in a thread of its own, since the request that asked for it does not wait, and the address may be of
this very emulator. It comes back with the world locked, at the time that it is then.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from http.client import HTTPException, HTTPMessage
from ipaddress import ip_address
from typing import IO
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, ProxyHandler, Request, build_opener

from canvas_emulator.model.world import World

Then = Callable[[bytes | None, datetime], None]
"""Called with the bytes, or None when they could not be had."""

MAX_BYTES = 1024 * 1024 * 1024
SECONDS = 60.0


class RemoteAddressError(OSError):
    """The URL is not on this machine; the emulator downloads nothing from elsewhere."""


def fetch(world: World, url: str, then: Then) -> None:
    """Start to download a file, and return at once. A reset of the world drops the download."""
    agenda = world.agenda

    def run() -> None:
        data = _download(url)
        with world.lock:
            if world.agenda is agenda:
                world.settle()
                then(data, world.clock.now())

    threading.Thread(target=run, name="canvas-emulator-fetch", daemon=True).start()


def _download(url: str) -> bytes | None:
    try:
        _check(url)
        with _opener().open(Request(url, headers={"User-Agent": "canvas-emulator"}), timeout=SECONDS) as response:  # noqa: S310  checked above
            data: bytes = response.read(MAX_BYTES + 1)
    except (URLError, HTTPException, OSError, ValueError):
        return None
    return data if len(data) <= MAX_BYTES else None


def _opener() -> OpenerDirector:
    return build_opener(ProxyHandler({}), _RedirectsOnThisMachine())


class _RedirectsOnThisMachine(HTTPRedirectHandler):
    """Follows redirects to storage hosts of this machine, and no others."""

    def redirect_request(  # noqa: PLR0917  as in the base
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        _check(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _check(url: str) -> None:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not (host == "localhost" or _is_loopback(host)):
        raise RemoteAddressError(f"the host of the URL is not on this machine: {host}")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
