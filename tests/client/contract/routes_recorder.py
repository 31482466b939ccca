"""A server that records each request to the byte, and sends the same response to all."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self


@dataclass(frozen=True)
class Recorded:
    """A request, as it arrived."""

    method: str
    target: str
    headers: Message = field(repr=False)
    body: bytes


class Recorder:
    """A server that records requests.

    :param response: The JSON that it responds with to every request. Set it before each request.
    """

    def __init__(self) -> None:
        self.response = "{}"
        self.requests: list[Recorded] = []
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def record(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                recorder.requests.append(Recorded(self.command, self.path, self.headers, body))
                self.send_response(200)
                self.send_header("Content-Type", "application/json; charset=utf-8")
                self.send_header("Content-Length", str(len(recorder.response)))
                self.end_headers()
                self.wfile.write(recorder.response.encode())

            do_GET = do_POST = do_PUT = do_DELETE = record  # noqa: N815  # named by http.server

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # named by http.server
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
