"""Who may use the emulator: programs on this machine, and its own page in a browser, but no other web page.

A browser runs the pages of the whole internet on this machine. Such a page can send requests to a server on the
loopback interface, and a name of its own can lead there.
"""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.requests import Request as HttpRequest

OWN_NAMES = ("localhost", "test", "example", "invalid")
"""Domains that nobody can register: the names in them lead nowhere but to where this machine says (RFC 6761)."""


def is_public_host(host: str) -> bool:
    """Tell whether a ``Host`` header names a domain that anybody may own: its pages may have sent the request.

    :param host: The header; empty if there is none.
    """
    try:
        name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return True
    return bool(host) and not _is_loopback(name) and name.rpartition(".")[2] not in OWN_NAMES


def refusal(http: HttpRequest) -> str | None:
    """Return why a request may not use the control endpoints; ``None`` if it may."""
    if http.client is None or not _is_loopback(http.client.host):
        return "the control endpoints accept callers on this machine only"
    origin, site = http.headers.get("origin"), http.headers.get("sec-fetch-site", "none")
    if site not in ("none", "same-origin") or origin not in (None, f"{http.url.scheme}://{http.headers.get('host')}"):
        return "the control endpoints accept no requests of other web pages"
    return None


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
