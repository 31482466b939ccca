"""A mail server and a chat on loopback that keep the messages which they get."""

from __future__ import annotations

import email
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any


@dataclass
class MailServer:
    """A server that speaks SMTP.

    :param port: Its port.
    :param mails: The mails that it got.
    :param refuses: Whether it refuses every mail.
    """

    port: int = 0
    mails: list[Message] = field(default_factory=list)
    refuses: bool = False

    @property
    def connection(self) -> str:
        """The connection of Airflow to this server."""
        extra = {"disable_ssl": True, "disable_tls": True, "from_email": "airflow@school.example"}
        return json.dumps({"conn_type": "smtp", "host": "127.0.0.1", "port": self.port, "extra": extra})

    def text(self, number: int) -> tuple[str, str]:
        """Return the subject and the body of a mail."""
        mail = self.mails[number]
        body = next(part for part in mail.walk() if part.get_content_maintype() == "text")
        return str(mail["Subject"]), body.get_payload(decode=True).decode()  # type: ignore[union-attr]  # bytes


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """Run a mail server on a free port."""
    sink = MailServer()

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 sink\r\n")
            while line := self.rfile.readline():
                command = line[:4].upper().strip()
                if command == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    lines = list(iter(self.rfile.readline, b".\r\n"))
                    sink.mails.append(email.message_from_bytes(b"".join(lines)))
                elif command == b"QUIT":
                    self.wfile.write(b"221 bye\r\n")
                    return
                refused = command == b"MAIL" and sink.refuses
                self.wfile.write(b"550 no\r\n" if refused else b"250 ok\r\n")

    class Server(ThreadingTCPServer):
        allow_reuse_address = daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        sink.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield sink
        server.shutdown()
    thread.join()


@dataclass
class Chat:
    """An incoming webhook, as chats have them.

    :param port: Its port.
    :param posts: The JSON that it got.
    """

    port: int = 0
    posts: list[Any] = field(default_factory=list)

    @property
    def connection(self) -> str:
        """The connection of Airflow to this webhook."""
        return json.dumps({"conn_type": "http", "host": f"http://127.0.0.1:{self.port}"})


@contextmanager
def chat() -> Iterator[Chat]:
    """Run a webhook on a free port."""
    sink = Chat()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sink.posts.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        sink.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield sink
        server.shutdown()
    thread.join()
