"""A server that repeats a recorded response, and the call of the client whose response it is."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from airflow_provider_canvas.api.call import CONTEXTS, Call
from airflow_provider_canvas.api.canvas import routes
from airflow_provider_canvas.api.endpoint import Route
from tests.support.recordings import HOST, Exchange

REPLACED = frozenset({"content-length", "transfer-encoding", "connection", "date", "server"})
"""Headers that belong to the connection of the recording."""


class ReplayServer:
    """A server that sends the response of one exchange to every request.

    :param exchange: Set it before each request.
    """

    def __init__(self) -> None:
        self.exchange: Exchange | None = None
        replay = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def respond(self) -> None:
                exchange = replay.exchange
                assert exchange is not None
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                body = body_of(exchange, replay.host)
                self.send_response(exchange.status)
                for name, value in exchange.response_headers.items():
                    if name.lower() not in REPLACED:
                        self.send_header(name, value.replace(HOST, replay.host))
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_DELETE = respond  # noqa: N815  # named by http.server

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # named by http.server
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.host = f"127.0.0.1:{self._server.server_port}"
        self.url = f"http://{self.host}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def body_of(exchange: Exchange, host: str) -> bytes:
    """Return the bytes of a recorded response. A page of HTML was not kept: a short one stands for it."""
    if exchange.response_body is not None:
        text = json.dumps(exchange.response_body)
    elif exchange.response_text is not None:
        text = exchange.response_text
    elif "html" in exchange.response_headers.get("Content-Type", ""):
        text = "<!DOCTYPE html><html><head><title>Page Not Found</title></head><body></body></html>"
    elif "json" in exchange.response_headers.get("Content-Type", ""):
        text = "null" if exchange.response_note is None else ""
    else:
        text = ""
    return text.replace(HOST, host).encode()


@cache
def _patterns() -> Mapping[str, tuple[str, re.Pattern[str]]]:
    owners = "|".join(CONTEXTS.values())
    patterns = {}
    for name, route in routes().items():
        path = re.escape(f"/api/v1/{route.route}").replace(r"\{context\}", f"(?:{owners})/[^/]+")
        patterns[name] = route.method, re.compile(re.sub(r"\\\{[^}]*\\\}", r"[^/]+", path))
    return patterns


def endpoint_of(exchange: Exchange) -> tuple[str, Route[Any, Any]] | None:
    """Return the endpoint that an exchange is of, with its name; ``None`` for a route that has no endpoint.

    Where several endpoints share a route, the name of the exchange starts with that of its endpoint.
    """
    matches = [
        name
        for name, (method, path) in _patterns().items()
        if method == exchange.method and path.fullmatch(exchange.path)
    ]
    named = [name for name in matches if exchange.name == name or exchange.name.startswith(f"{name}.")]
    name = next(iter(named or matches), None)
    return None if name is None else (name, routes()[name])


def call_of(exchange: Exchange, route: Route[Any, Any]) -> Call[Any]:
    """Return the call whose response an exchange holds. Its parameters are not sent: the server ignores them."""
    path = exchange.path.removeprefix("/api/v1/")
    return Call(route.method, route.route, path, {}, route.returns, route.find_error)
