"""Sending a recorded request to the emulator."""

from __future__ import annotations

import json
from collections.abc import Container, Mapping
from typing import Any
from urllib.parse import urlencode

import requests

from tests.contract.comparison import Reply
from tests.contract.recorded_world import TOKENS
from tests.support.recordings import HOST, Exchange

UNKNOWN_TOKENS = {"wrong": "wrong-token"}
COOKIE = "_csrf_token=token; canvas_session=session"
"""What a client sends that keeps cookies of an earlier response."""


def send(
    session: requests.Session,
    url: str,
    exchange: Exchange,
    *,
    data: dict[str, str] | None = None,
    files: dict[str, Any] | None = None,
    path: str | None = None,
    more_headers: Mapping[str, str] | None = None,
    headers_left_out: Container[str] = (),
) -> Reply:
    """Send the request of an exchange, and return the response without following redirects.

    :param session: A session without headers of its own.
    :param url: The URL of the emulator.
    :param exchange: The exchange.
    :param data: A form in place of the recorded body.
    :param files: The files of the form.
    :param path: The path, if the emulator says where to send the form.
    :param more_headers: Headers in addition to the recorded ones.
    :param headers_left_out: Recorded headers that are not sent.
    """
    headers = {name: text for name, text in headers_of(exchange).items() if name not in headers_left_out}
    headers |= more_headers or {}
    if data is not None:
        headers.pop("Content-Type", None)
    body = data if data is not None else _payload(exchange, url)
    target = url + (path or exchange.path)
    prepared = session.prepare_request(
        requests.Request(exchange.method, target, headers=headers, data=body, files=files)
    )
    prepared.url = target + (f"?{exchange.query}" if exchange.query else "")
    response = session.send(prepared, allow_redirects=False, timeout=30)
    return Reply(response.status_code, response.headers, response.text)


def headers_of(exchange: Exchange) -> dict[str, Any]:
    """Return the headers of a request: a token, the type of the body, and what was recorded."""
    headers: dict[str, Any] = {"Accept": "application/json", "User-Agent": "contract tests", **exchange.request_headers}
    token = TOKENS.get(exchange.who) or UNKNOWN_TOKENS.get(exchange.who)
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    if exchange.name == "errors.token.basic":
        headers["Authorization"] = "Basic dXNlcjpwYXNzd29yZA=="
    if exchange.name == "errors.no_user_agent":
        headers["User-Agent"] = None
    if "session cookies" in (exchange.note or ""):
        headers["Cookie"] = COOKIE
    return headers


def _payload(exchange: Exchange, url: str) -> bytes | None:
    body = exchange.request_body
    match body:
        case None:
            return None
        case {"form": dict() as form}:
            text = urlencode(form)
        case {"form_text": str() as text}:
            pass
        case str() as text:
            pass
        case _:
            text = json.dumps(body)
    return text.replace(f"http://{HOST}", url).encode()
