"""Responses that another server sent in place of Canvas: a proxy, a firewall, a load balancer, the portal of a network.

Canvas puts ``X-Request-Context-Id`` into every response. A server that removes it from JSON is not mistaken for
another one: errors of Canvas's API are recognized by their shape too.
"""

from __future__ import annotations

import re
from typing import Any

from airflow_provider_canvas.client import errors
from airflow_provider_canvas.client.protocol.response import Response
from airflow_provider_canvas.security.address import AddressError, parse_address

NOT_CANVAS = (
    "The response does not come from Canvas's API: check that the connection's host is the address of Canvas itself "
    "(not of a login page or a proxy), beginning with https."
)
NEEDS_LOGIN = (
    "A proxy between Airflow and Canvas requires a user and password: write them into HTTP_PROXY and HTTPS_PROXY "
    "(http://user:password@proxy:port) in the environment of workers and triggerer. The request did not "
    "pass it."
)
_PORTAL = (
    "The network requires a login (captive portal): log in, or let its administrators allow requests to Canvas. "
    "Nothing reached Canvas."
)
_OWN_STATUSES = {407: NEEDS_LOGIN, 511: _PORTAL}
"""Statuses that only servers between Airflow and Canvas send."""

_NEEDS_TLS = (
    "The server expects TLS on this port: write https:// into the connection's host, or correct its port. Nothing "
    "reached Canvas."
)
_REFUSED = (
    "The response does not come from Canvas, which puts an X-Request-Context-Id into each: a firewall or proxy in "
    "front of it probably refused the request. Let its administrators allow the requests of Airflow to Canvas's API, "
    "and check that the connection's host is the address of Canvas itself."
)
_FAILED = (
    "The response does not come from Canvas, which puts an X-Request-Context-Id into each: a load balancer, proxy or "
    "firewall in front of it failed, or does not reach Canvas."
)
_TLS_PORT = re.compile(
    rb"plain HTTP request was sent to|HTTP request to an HTTPS server|speaking plain HTTP to an SSL", re.IGNORECASE
)
"""What nginx, Go and Apache say about HTTP on a port that expects TLS."""

_KEYS = {"errors", "error", "message", "status", "error_report_id"}
"""Keys of the errors of Canvas's API."""

_WITHOUT_JSON = (400, 409, 422)
"""Statuses that Canvas also sends with plain text or with nothing, such as for a confirmation that came before."""

_GATEWAY_MESSAGES = {
    "forbidden",
    "unauthorized",
    "not found",
    "missing authentication token",
    "no route matched with those values",
}

_OTHER_LOGINS = ("basic", "digest", "negotiate", "ntlm")
"""Kinds of login that Canvas's API does not have."""


def other_server(response: Response) -> tuple[type[errors.CanvasError], str] | None:
    """Return the error class and the advice for a response that Canvas did not send; ``None`` if it may be Canvas's.

    :param response: A response that is not a success.
    """
    if response.status < 400:
        return errors.CanvasUnexpectedResponseError, _advice_about_redirect(response)
    if response.status in _OWN_STATUSES:
        return errors.CanvasUnexpectedResponseError, _OWN_STATUSES[response.status]
    if response.status == 400 and _TLS_PORT.search(response.body):
        return errors.CanvasUnexpectedResponseError, _NEEDS_TLS
    if may_be_canvas(response):
        return None
    if response.status >= 500:
        return errors.CanvasServerError, _FAILED
    return errors.CanvasUnexpectedResponseError, _REFUSED


def may_be_canvas(response: Response) -> bool:
    """Tell whether Canvas may have sent a response."""
    if asks_for_other_login(response):
        return False
    if "x-request-context-id" in response.headers or b"rate limit exceeded" in response.body.lower():
        return True
    try:
        body = response.json()
    except ValueError:
        return response.status in _WITHOUT_JSON and not response.is_html and not response.body.lstrip().startswith(b"<")
    return isinstance(body, dict) and bool(_KEYS & body.keys()) and not _is_gateway(body)


def asks_for_other_login(response: Response) -> bool:
    """Tell whether a response asks for a login that Canvas's API does not have, as a proxy or gateway does."""
    return response.headers.get("www-authenticate", "").lower().startswith(_OTHER_LOGINS)


def _is_gateway(body: dict[str, Any]) -> bool:
    """Tell whether JSON is the refusal of an API gateway. Canvas gives a reason, or sends ``errors``."""
    return body.keys() == {"message"} and str(body["message"]).rstrip(".").lower() in _GATEWAY_MESSAGES


def _advice_about_redirect(response: Response) -> str:
    location = response.headers.get("location")
    if location is None:
        return NOT_CANVAS
    try:
        target = parse_address(location.strip(" \t")).base_url
    except AddressError:
        target = "another page"
    return (
        f"The response does not come from Canvas's API: it redirects to {target}, which is not followed. If that is "
        "the address of your Canvas, write it into the connection's host. If not, a login page or the portal of a "
        "network (captive portal) answered: let its administrators allow the requests of Airflow to Canvas."
    )
