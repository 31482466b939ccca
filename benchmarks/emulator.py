"""Measure the emulator: GETs of a Progress per second on one core, compared with an empty ASGI application.

    python benchmarks/emulator.py [--runs 5] [--seconds 2] [--connections 8]

The server and the client are separate processes, each on its own core if the machine has two. The empty application
sends as many bytes with the same server, so the ratio shows the cost of emulating Canvas.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import select
import socket
import statistics
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from urllib.parse import urlsplit

from canvas_emulator.app import create_app
from canvas_emulator.http_server import http_server, listen, url_of
from canvas_emulator.seeds.demo import DEMO_TOKEN, MASTER_ID, SECTION_IDS, demo_world
from starlette.types import Receive, Scope, Send

GOAL = 1500
SPAWN = multiprocessing.get_context("spawn")
BODY = b"{" + b" " * 320 + b"}"


async def bare(scope: Scope, receive: Receive, send: Send) -> None:
    """Send a response with as many bytes as a Progress has."""
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(BODY)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": BODY})


def on_core(number: int) -> None:
    """Run this process on one core, if the system supports it."""
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[number % len(cores)]})


def serve(which: str, to_parent: Connection) -> None:
    """Serve one of the two applications until the process ends, and send its address to the parent."""
    on_core(0)
    world = demo_world()
    world.settings.throttle = False
    listener = listen()
    to_parent.send(url_of(listener))
    http_server(create_app(world) if which == "emulator" else bare).run(sockets=[listener])


def request(url: str, path: str, method: str = "GET", body: str = "") -> bytes:
    """Return a request as bytes."""
    host = urlsplit(url).netloc
    return (
        f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: benchmark\r\n"
        f"Authorization: Bearer {DEMO_TOKEN}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def exchange(connection: socket.socket, message: bytes) -> bytes:
    """Send a request, and return the body of the response."""
    connection.sendall(message)
    return read_response(connection)


def read_response(connection: socket.socket) -> bytes:
    """Read one response, which must be a success, and return its body."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65_536)
    head, _, body = received.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(head.decode())
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    while len(body) < int(lengths[0].split(b":")[1]):
        body += connection.recv(65_536)
    return body


def rate(url: str, path: str, connections: int, seconds: float) -> float:
    """Return the responses per second, with one request in flight on each of several connections."""
    address = (urlsplit(url).hostname, urlsplit(url).port)
    message, done = request(url, path), 0
    opened = [socket.create_connection(address) for _ in range(connections)]
    started = time.perf_counter()
    for connection in opened:
        connection.sendall(message)
    while (elapsed := time.perf_counter() - started) < seconds:
        for connection in select.select(opened, [], [], 1)[0]:
            read_response(connection)
            connection.sendall(message)
            done += 1
    for connection in opened:
        connection.close()
    return done / elapsed


def measured(which: str, runs: int, measure: Callable[[str], float]) -> list[float]:
    """Start a server, measure it several times after a warm-up, and stop it."""
    parent_end, child_end = SPAWN.Pipe()
    process = SPAWN.Process(target=serve, args=(which, child_end), daemon=True)
    process.start()
    url = parent_end.recv()
    try:
        with socket.create_connection((urlsplit(url).hostname, urlsplit(url).port)) as connection:
            copy = f"migration_type=course_copy_importer&settings[source_course_id]={MASTER_ID}"
            section = SECTION_IDS["BIOL-1010-001"]
            exchange(connection, request(url, f"/api/v1/courses/{section}/content_migrations", "POST", copy))
        measure(url)
        return [measure(url) for _ in range(runs)]
    finally:
        process.terminate()
        process.join()


def main() -> None:
    """Measure both applications, and print the results."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--connections", type=int, default=8)
    options = parser.parse_args()
    on_core(1)

    def measure(url: str) -> float:
        return rate(url, "/api/v1/progress/901", options.connections, options.seconds)

    medians = {}
    for which in ("bare", "emulator"):
        rates = measured(which, options.runs, measure)
        medians[which] = statistics.median(rates)
        spread = f"{min(rates):,.0f} to {max(rates):,.0f}"
        print(f"{which:<10}{medians[which]:>9,.0f} GETs/s   ({spread}, {options.runs} runs)")
    own = 1 / medians["emulator"] - 1 / medians["bare"]
    print(f"ratio     {medians['emulator'] / medians['bare']:>9.2f}")
    print(f"own cost  {own * 1e6:>9,.0f} microseconds per request")
    print(f"goal      {GOAL:>9,} GETs/s: {'met' if medians['emulator'] >= GOAL else 'missed'}")


if __name__ == "__main__":
    main()
