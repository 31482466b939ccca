"""Measure uploads and downloads of one large file: wall time, CPU time and peak memory, compared with others.

    python benchmarks/transfers.py [--megabytes 1024] [--runs 3]

Each case runs in a new process, against a minimal server on this machine that is as fast as its sockets. The uploaded
file is sparse, and downloads go to memory (``/dev/shm``, if it exists), so that no disk is measured. Memory is the
growth of the process after its imports.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import json
import multiprocessing
import os
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from multiprocessing.connection import Connection
from pathlib import Path

PIECE = bytes(1 << 20)
SPAWN = multiprocessing.get_context("spawn")


class Server:
    """A minimal Canvas with storage: the first step of an upload, a sink and a source.

    :param size: The size of the source in bytes.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def run(self) -> None:
        """Serve forever, with one thread per connection."""
        while True:
            connection, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection: socket.socket) -> None:
        """Serve the requests of one connection."""
        with connection, connection.makefile("rb") as incoming:
            while request := incoming.readline().split():
                length, buffer = 0, bytearray(1 << 20)
                while (line := incoming.readline().strip().lower()) != b"":
                    if line.startswith(b"content-length:"):
                        length = int(line.split()[1])
                    elif line.startswith(b"expect:"):
                        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
                while length > 0:
                    length -= incoming.readinto(memoryview(buffer)[: min(length, len(buffer))])
                self.respond(connection, request[1])

    def respond(self, connection: socket.socket, path: bytes) -> None:
        """Send the response to the first step, the bytes of the source, or the record of an uploaded file."""
        if path.startswith(b"/source"):
            self.head(connection, 200, "application/zip", self.size)
            for _ in range(self.size // len(PIECE)):
                connection.sendall(PIECE)
            return
        first_step = {"upload_url": f"{self.url}/sink", "upload_params": {"key": "k"}, "file_param": "file"}
        body = json.dumps(first_step if path.startswith(b"/api") else {"id": 1}).encode()
        self.head(connection, 201, "application/json", len(body))
        connection.sendall(body)

    def head(self, connection: socket.socket, status: int, kind: str, length: int) -> None:
        """Send the head of a response."""
        head = f'HTTP/1.1 {status} OK\r\nContent-Type: {kind}\r\nETag: "1"\r\nContent-Length: {length}\r\n\r\n'
        connection.sendall(head.encode())


def serve(size: int, to_parent: Connection) -> None:
    """Serve in this process, and send the address to the parent."""
    server = Server(size)
    to_parent.send(server.url)
    server.run()


@contextmanager
def served(size: int) -> Iterator[str]:
    """Serve in a new process during a ``with`` block, and yield the address."""
    parent_end, child_end = SPAWN.Pipe()
    server = SPAWN.Process(target=serve, args=(size, child_end), daemon=True)
    server.start()
    yield parent_end.recv()
    server.terminate()
    server.join()


def up_sync(url: str, path: Path) -> None:
    """Upload with the sync client."""
    from airflow_provider_canvas.client.settings import Settings
    from airflow_provider_canvas.client.transports.requests_client import CanvasClient

    with CanvasClient(Settings(url, "token")) as canvas:
        canvas.upload(path, course_id=1)


def up_async(url: str, path: Path) -> None:
    """Upload with the async client."""
    from airflow_provider_canvas.client.settings import Settings
    from airflow_provider_canvas.client.transports.aiohttp_client import AsyncCanvasClient

    async def run() -> None:
        async with AsyncCanvasClient(Settings(url, "token")) as canvas:
            await canvas.upload(path, course_id=1)

    asyncio.run(run())


def up_requests(url: str, path: Path) -> None:
    """Upload as in the documentation of requests."""
    import requests

    with path.open("rb") as file:
        requests.post(f"{url}/sink", data={"key": "k"}, files={"file": file}, timeout=600).raise_for_status()


def up_toolbelt(url: str, path: Path) -> None:
    """Upload with the streaming encoder of requests-toolbelt."""
    import requests

    encoder = importlib.import_module("requests_toolbelt").MultipartEncoder

    with path.open("rb") as file:
        body = encoder({"key": "k", "file": (path.name, file)})
        requests.post(f"{url}/sink", data=body, headers={"Content-Type": body.content_type}, timeout=600)


def up_aiohttp(url: str, path: Path) -> None:
    """Upload as in the documentation of aiohttp."""
    import aiohttp

    async def run() -> None:
        async with aiohttp.ClientSession() as session:
            with path.open("rb") as file:
                form = aiohttp.FormData({"key": "k"})
                form.add_field("file", file, filename=path.name)
                async with session.post(f"{url}/sink", data=form) as response:
                    response.raise_for_status()

    asyncio.run(run())


def up_curl(url: str, path: Path) -> None:
    """Upload with curl."""
    subprocess.run(
        ["curl", "-sS", "-o", "-", "-F", "key=k", "-F", f"file=@{path}", f"{url}/sink"],
        check=True,
        stdout=subprocess.DEVNULL,
    )


def record(url: str, path: Path) -> dict[str, object]:
    """Return a file's record."""
    return {"url": f"{url}/source", "content-type": "application/zip", "display_name": path.name}


def down_sync(url: str, path: Path) -> None:
    """Download with the sync client."""
    from airflow_provider_canvas.client.settings import Settings
    from airflow_provider_canvas.client.transports.requests_client import CanvasClient

    with CanvasClient(Settings(url, "token")) as canvas:
        canvas.download(record(url, path), path)  # type: ignore[arg-type]  # a File


def down_async(url: str, path: Path) -> None:
    """Download with the async client."""
    from airflow_provider_canvas.client.settings import Settings
    from airflow_provider_canvas.client.transports.aiohttp_client import AsyncCanvasClient

    async def run() -> None:
        async with AsyncCanvasClient(Settings(url, "token")) as canvas:
            await canvas.download(record(url, path), path)  # type: ignore[arg-type]  # a File

    asyncio.run(run())


def down_requests(url: str, path: Path) -> None:
    """Download with requests, into memory."""
    import requests

    path.write_bytes(requests.get(f"{url}/source", timeout=600).content)


def down_requests_stream(url: str, path: Path) -> None:
    """Download with requests, 1 MiB at a time."""
    import requests

    with requests.get(f"{url}/source", stream=True, timeout=600) as response, path.open("wb") as file:
        for piece in response.iter_content(1 << 20):
            file.write(piece)


def down_aiohttp(url: str, path: Path) -> None:
    """Download with aiohttp, 1 MiB at a time."""
    import aiohttp

    async def run() -> None:
        async with aiohttp.ClientSession() as session, session.get(f"{url}/source") as response:
            with path.open("wb") as file:
                async for piece in response.content.iter_chunked(1 << 20):
                    file.write(piece)

    asyncio.run(run())


def down_curl(url: str, path: Path) -> None:
    """Download with curl."""
    subprocess.run(["curl", "-sS", "-o", str(path), f"{url}/source"], check=True)


CASES: dict[str, tuple[Callable[[str, Path], None], str]] = {
    "up_sync": (up_sync, "`CanvasClient`"),
    "up_async": (up_async, "`AsyncCanvasClient`"),
    "up_requests": (up_requests, "requests, `files=`"),
    "up_toolbelt": (up_toolbelt, "requests-toolbelt"),
    "up_aiohttp": (up_aiohttp, "aiohttp, `FormData`"),
    "up_curl": (up_curl, "curl `-F`"),
    "down_sync": (down_sync, "`CanvasClient`"),
    "down_async": (down_async, "`AsyncCanvasClient`"),
    "down_requests": (down_requests, "requests, `.content`"),
    "down_requests_stream": (down_requests_stream, "requests, `iter_content`"),
    "down_aiohttp": (down_aiohttp, "aiohttp, `iter_chunked`"),
    "down_curl": (down_curl, "curl `-o`"),
}


def warm(name: str) -> None:
    """Import the modules of a case, so that imports are not measured."""
    modules = ["requests", "aiohttp", "airflow_provider_canvas.client.transports.aiohttp_client"]
    for module in [*modules, "airflow_provider_canvas.client.transports.requests_client"]:
        if name.endswith("sync") or module in name or "requests" in module:
            __import__(module)


def measure(name: str, url: str, path: Path) -> None:
    """Run a case in this process, and print its cost."""
    warm(name)
    if name.startswith("down"):
        path.unlink(missing_ok=True)  # freeing a GiB also takes time
    who = resource.RUSAGE_CHILDREN if name.endswith("curl") else resource.RUSAGE_SELF
    before, began = resource.getrusage(who), time.perf_counter()
    CASES[name][0](url, path)
    wall, after = time.perf_counter() - began, resource.getrusage(who)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    grown = after.ru_maxrss - (0 if name.endswith("curl") else before.ru_maxrss)
    print(json.dumps({"wall": wall, "cpu": cpu, "megabytes": grown / 1024}))


def run(name: str, url: str, path: Path) -> dict[str, float]:
    """Run a case in a new process, and return its cost."""
    command = [sys.executable, __file__, "--case", name, "--url", url, "--path", str(path)]
    cost: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return cost


def installed(name: str) -> bool:
    """Return whether the program or package of a case is installed."""
    if name.endswith("curl"):
        return shutil.which("curl") is not None
    return not name.endswith("toolbelt") or find_spec("requests_toolbelt") is not None


def table(direction: str, url: str, path: Path, runs: int) -> None:
    """Print the medians of the cases of a direction, compared with the sync client."""
    names = [name for name in CASES if name.startswith(direction) and installed(name)]
    costs: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for number in range(runs):  # in turn, each time in another order, so that other load affects all cases equally
        for name in names[number % len(names) :] + names[: number % len(names)]:
            costs[name].append(run(name, url, path))
    print(f"\n| {direction.strip('_')} | wall s | CPU s | memory MB | wall ratio |\n|---|---:|---:|---:|---:|")
    reference = statistics.median(each["wall"] for each in costs[names[0]])
    for name in names:
        wall, cpu, memory = (
            statistics.median(each[key] for each in costs[name]) for key in ("wall", "cpu", "megabytes")
        )
        print(f"| {CASES[name][1]} | {wall:.2f} | {cpu:.2f} | {memory:.0f} | {wall / reference:.2f} |")


def main() -> None:
    """Measure all cases, or (in a new process) one case."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=1024)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", choices=("up_", "down_"))
    parser.add_argument("--case", help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    parser.add_argument("--path", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.case:
        measure(options.case, options.url, options.path)
        return
    size = options.megabytes << 20
    memory = Path("/dev/shm")  # a folder, not a file with a fixed name
    folder_in_memory = memory if os.access(memory, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=folder_in_memory) as folder, served(size) as url:
        file = Path(folder) / "large.bin"
        with file.open("wb") as sparse:
            sparse.truncate(size)
        for direction in ("up_", "down_"):
            if options.only in (None, direction):
                table(direction, url, file, options.runs)


if __name__ == "__main__":
    main()
