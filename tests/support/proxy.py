"""An HTTP proxy on loopback: tunnels with CONNECT, forwards plain requests, and refuses either on request."""

from __future__ import annotations

import base64
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Proxy:
    """A proxy, and what it was asked for.

    :param port: Its port.
    :param refuse: The status line with which it refuses every request, such as ``403 Forbidden``.
    :param login: ``user:password``, which it requires.
    :param drops: Whether it ends the connection instead of responding.
    :param lines: The request lines so far.
    :param heads: The heads of the requests so far.
    """

    port: int
    refuse: str | None = None
    login: str | None = None
    drops: bool = False
    lines: list[str] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)

    @property
    def netloc(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """The URL, without a login."""
        return f"http://{self.netloc}"

    def serve(self, client: socket.socket) -> None:
        """Serve a connection."""
        with client, suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                if not (data := client.recv(65536)):
                    return
                head += data
            head, _, rest = head.partition(b"\r\n\r\n")
            line, *headers = head.decode("latin-1").split("\r\n")
            self.lines.append(line)
            self.heads.append(head.decode("latin-1"))
            if self.drops:
                return
            if self.login is not None and self._header not in headers:
                client.sendall(
                    _response("407 Proxy Authentication Required", 'Proxy-Authenticate: Basic realm="proxy"')
                )
            elif self.refuse is not None:
                client.sendall(_response(self.refuse))
            else:
                self._pass_on(client, line, headers, rest)

    @property
    def _header(self) -> str:
        return f"Proxy-Authorization: Basic {base64.b64encode((self.login or '').encode()).decode()}"

    def _pass_on(self, client: socket.socket, line: str, headers: list[str], rest: bytes) -> None:
        method, target, version = line.split(" ")
        tunnel = method == "CONNECT"
        netloc = target if tunnel else target.split("/")[2]
        host, _, port = netloc.rpartition(":")
        with socket.create_connection((host.strip("[]"), int(port))) as server:
            if tunnel:
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                path = "/" + target.split("/", 3)[3]
                kept = [header for header in headers if not header.lower().startswith("proxy-")]
                server.sendall("\r\n".join([f"{method} {path} {version}", *kept, "", ""]).encode("latin-1") + rest)
            back = threading.Thread(target=_copy, args=(server, client), daemon=True)
            back.start()
            _copy(client, server)
            back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def _response(status: str, *headers: str) -> bytes:
    body = b"<html><title>Proxy</title><h1>The proxy does not allow this</h1></html>"
    lines = [f"HTTP/1.1 {status}", "Content-Type: text/html", f"Content-Length: {len(body)}", "Connection: close"]
    return "\r\n".join([*lines, *headers, "", ""]).encode() + body


@contextmanager
def proxying(**options: object) -> Iterator[Proxy]:
    """Run a proxy on a free port.

    :param options: Fields of :class:`Proxy`.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        proxy = Proxy(listener.getsockname()[1], **options)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    threading.Thread(target=proxy.serve, args=(client,), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield proxy
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()
