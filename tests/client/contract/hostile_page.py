"""The page ``docs/hostile_servers.md``, written from the observed behaviour.

Write it with ``python -m tests.client.contract.hostile_page``.
"""

from __future__ import annotations

import io
import json
import re
import socket
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from airflow_provider_canvas.client.errors import CanvasError
from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.aiohttp_client import AsyncCanvasClient
from airflow_provider_canvas.client.transports.requests_client import CanvasClient
from tests.client.contract.conftest import Bridge, Bridged
from tests.client.contract.raw_server import RawServer, read_body, response
from tests.support.hostile_canvas import ATTACKS, prepare

PAGE = Path(__file__).resolve().parents[3] / "docs" / "hostile_servers.md"
TRANSPORTS = ("requests", "aiohttp")

INTRO = """\
# Hostile servers

Each row is what a server in the place of Canvas, or of its storage, sends in place of a response. Each column is the
request that it gets. A test sends all of them over HTTP to both transports, and compares the result with this page,
which `python -m tests.client.contract.hostile_page` writes. Another test sends them to a real triggerer on PostgreSQL,
all at the same time: each ends its own task with an error that says why, the triggerer and its other triggers are
unharmed, and its memory grows by less than 200 MiB.

- **Unexpected** and the like: the error `CanvasUnexpectedResponseError` and the like, see [hook.md](hook.md#errors).
  With **maybe done**, the error says `maybe_done`: Canvas may have executed the request.
- **result**: the request succeeds. What cannot be stored was removed from it, and what is no number is null.
- Where two words are separated by a slash, the first is the result in a worker (requests), and the second the result
  in the triggerer (aiohttp).

Faults that occur without bad intent are in [faults.md](faults.md).

"""


@dataclass(frozen=True)
class Column:
    """A request that gets the attack.

    :param name: Its name on the page.
    :param path: A pattern for its path.
    :param run: Makes it, with a client and the URL of the server.
    """

    name: str
    path: str
    run: Callable[[Any, str], Any]


def _upload(client: Any, _: str) -> Any:
    return client.upload(io.BytesIO(b"content"), name="a.bin", course_id=1)


def _download(client: Any, url: str) -> Any:
    record = {"id": 901, "upload_status": "success", "size": 7, "filename": "a.bin", "url": f"{url}/files/901/download"}
    with tempfile.TemporaryDirectory() as folder:
        return client.download(record, Path(folder, "a.bin"))


_COPY = {"migration_type": "course_copy_importer", "settings": {"source_course_id": 2}}

COLUMNS = (
    Column("poll", r"/progress/", lambda client, _: client.progress.get(progress_id=1)),
    Column("listing", r"/courses\?", lambda client, _: list(client.courses.list())),
    Column("POST", r"migrations$", lambda client, _: client.content_migrations.create(course_id=1, **_COPY)),
    Column("upload, step 1", r"/courses/1/files$", _upload),
    Column("upload, step 2", r"/upload$", _upload),
    Column("download", r"/files/901/download$", _download),
)


def cells(name: str) -> list[str]:
    """Return a row of the table: all requests are made at the same time."""
    prepare()
    makes = [partial(_outcome, name, column, transport) for column in COLUMNS for transport in TRANSPORTS]
    with ThreadPoolExecutor(len(makes)) as threads:
        outcomes = [each.result() for each in [threads.submit(make) for make in makes]]
    pairs = zip(outcomes[::2], outcomes[1::2], strict=True)
    return [name, *(first if first == second else f"{first} / {second}" for first, second in pairs)]


def page() -> str:
    """Return the page."""
    head = ["", *(column.name for column in COLUMNS)]
    rows = [head, ["---"] * len(head), *map(cells, ATTACKS)]
    return INTRO + "".join(f"| {' | '.join(each)} |\n" for each in rows)


def _outcome(name: str, column: Column, transport: str) -> str:
    """Make one request of a client that has a token of its own, and so a rate limit of its own."""

    def serve(connection: socket.socket, head: bytes) -> None:
        read_body(connection, head)
        if re.search(column.path, head.split(b" ", 2)[1].decode()):
            for chunk in ATTACKS[name]():
                connection.sendall(chunk)
        else:
            ticket = json.dumps({"upload_url": f"{server.url}/upload", "upload_params": {}, "file_param": "file"})
            connection.sendall(response(ticket.encode(), "Connection: close"))
        connection.shutdown(socket.SHUT_WR)

    server = RawServer(serve)
    token = f"7~{name}-{column.name}-{transport}"
    settings = Settings(server.url, token, read_timeout=2, total_timeout=3, retry_for=0, max_response_mib=4)
    bridge = Bridge(AsyncCanvasClient(settings)) if transport == "aiohttp" else None
    client: Any = CanvasClient(settings) if bridge is None else Bridged(bridge)
    try:
        column.run(client, server.url)
    except CanvasError as error:
        words = type(error).__name__.removeprefix("Canvas").removesuffix("Error").removesuffix("Response")
        return f"{words}, maybe done" if error.maybe_done else words
    else:
        return "result"
    finally:
        server.close()
        (client if bridge is None else bridge).close()


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
