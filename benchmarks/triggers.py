"""Measure a thousand and more triggers in one event loop, over TLS, compared with triggers of other providers.

``python benchmarks/triggers.py`` starts a server for which every job is still running, and for each case a process with
many triggers in one loop, each of which polls every five seconds. It starts to measure when all triggers are polling,
and prints the cost of a poll. Every case runs several times, each time in a new process, and in turn with the others,
so that other load affects all cases. Triggers of other providers are measured if they are installed
(``apache-airflow-providers-http``, ``apache-airflow-providers-dbt-cloud``).
"""

from __future__ import annotations

import argparse
import asyncio
import datetime
import gc
import ipaddress
import json
import multiprocessing
import os
import re
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

INTERVAL = 5.0
WARM_UP = 8.0
"""Seconds for up to 2,000 triggers to start; proportionally longer for more."""
MEASURED = 2 * INTERVAL
"""Seconds for up to 2,000 triggers; proportionally longer for more, because a loop that is too slow needs several
intervals until each trigger has polled. Whole intervals, because triggers that start together poll together."""
BODY = json.dumps(
    {
        "id": 901,
        "context_id": 77,
        "context_type": "ContentMigration",
        "user_id": 4,
        "tag": "content_migration",
        "completion": 50.0,
        "workflow_state": "running",
        "created_at": "2026-11-21T08:00:00Z",
        "updated_at": "2026-11-21T08:00:00Z",
        "message": None,
        "url": "https://127.0.0.1/api/v1/progress/901",
        "data": {"id": 1, "status": 3},  # dbt Cloud's status of a running job
    }
).encode()


LENGTH = re.compile(rb"\r\ncontent-length: ([0-9]+)", re.IGNORECASE)
ALIAS = re.compile(rb"p([0-9]+)%3A")


def make_certificate(directory: Path) -> tuple[Path, Path]:
    """Write a certificate for 127.0.0.1 and its key, and return both paths."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    alternative = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(alternative, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = directory / "certificate.pem", directory / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate, private


def serve(pipe: Connection, certificate: str, key: str) -> None:
    """Report every job as running, and send the number of polls and connections through ``pipe`` on request."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    rest = (
        f"Content-Type: application/json\r\nX-Request-Cost: 0.1\r\nX-Rate-Limit-Remaining: 599.9\r\n"
        f"Content-Length: {len(BODY)}\r\n\r\n"
    ).encode() + BODY
    ok, missing = b"HTTP/1.1 200 OK\r\n" + rest, b"HTTP/1.1 404 Not Found\r\n" + rest
    polls = connections = 0

    def queried(body: bytes) -> bytes:
        node = (
            '"p{0}":{{"_id":"{0}","state":"running","completion":50,"message":null,"updatedAt":"2026-11-21T08:00:00Z"}}'
        )
        nodes = ",".join(node.format(number.decode()) for number in ALIAS.findall(body))
        data = f'{{"data":{{{nodes}}}}}'.encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
        return head.encode() + data

    class Protocol(asyncio.Protocol):
        def connection_made(self, transport: Any) -> None:
            nonlocal connections
            connections += 1
            self.transport, self.rest = transport, b""

        def data_received(self, data: bytes) -> None:
            nonlocal polls
            self.rest += data
            while (end := self.rest.find(b"\r\n\r\n")) >= 0:
                head, length = self.rest[:end], LENGTH.search(self.rest, 0, end)
                end += 4 + (int(length[1]) if length else 0)
                if len(self.rest) < end:
                    return
                body, self.rest = self.rest[len(head) + 4 : end], self.rest[end:]
                polls += max(1, body.count(b"legacyNode"))
                self.transport.write(missing if b" /none/" in head else queried(body) if b"/graphql" in head else ok)

    async def run() -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server = await asyncio.get_running_loop().create_server(Protocol, "127.0.0.1", 0, ssl=context, backlog=4096)
        pipe.send(server.sockets[0].getsockname()[1])
        while True:
            await asyncio.to_thread(pipe.recv)
            pipe.send((polls, connections))

    asyncio.run(run())


async def canvas_job(number: int, canvas_conn_id: str = "canvas_benchmark") -> None:
    """Wait with the trigger of this package, by REST alone."""
    from airflow_provider_canvas.triggers.job import CanvasJobTrigger

    now = time.time()
    trigger = CanvasJobTrigger(
        canvas_conn_id=canvas_conn_id,
        waiter="progress",
        ids={"progress_id": number},
        began_at=now,
        deadline=now + 3600,
        poll_interval=INTERVAL,
    )
    async for event in trigger.run():
        raise AssertionError(event)


async def canvas_job_graphql(number: int) -> None:
    """Wait with the trigger of this package, where Canvas serves GraphQL."""
    await canvas_job(number, "canvas_graphql")


async def http_sensor(number: int) -> None:
    """Wait with the HTTP provider's trigger, which polls while the status is 404."""
    from airflow.providers.http.triggers.http import HttpSensorTrigger

    trigger = HttpSensorTrigger(endpoint=f"none/{number}", http_conn_id="http_benchmark", poke_interval=INTERVAL)
    async for event in trigger.run():
        raise AssertionError(event)


async def dbt_cloud(number: int) -> None:
    """Wait with the dbt Cloud provider's trigger."""
    from airflow.providers.dbt.cloud.triggers.dbt import DbtCloudRunJobTrigger

    trigger = DbtCloudRunJobTrigger(
        conn_id="dbt_benchmark", run_id=number, end_time=time.time() + 3600, poll_interval=INTERVAL, account_id=1
    )
    async for event in trigger.run():
        raise AssertionError(event)


_bare: Any = None


async def bare(number: int) -> None:
    """Wait with a minimal coroutine on a shared session."""
    global _bare  # noqa: PLW0603
    import aiohttp

    if _bare is None:
        _bare = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=10, keepalive_timeout=75))
    while True:
        async with _bare.get(f"{os.environ['BENCHMARK_URL']}/api/v1/progress/{number}") as response:
            assert (await response.json())["workflow_state"] == "running"
        await asyncio.sleep(INTERVAL)


CASES: dict[str, Callable[[int], Coroutine[Any, Any, None]]] = {
    "bare shared session": bare,
    "CanvasJobTrigger, REST": canvas_job,
    "CanvasJobTrigger, GraphQL": canvas_job_graphql,
    "HttpSensorTrigger": http_sensor,
    "DbtCloudRunJobTrigger": dbt_cloud,
}


async def run_triggers(
    case: str, count: int, pipe_out: Callable[[str], None], polls: Callable[[], tuple[int, int]]
) -> None:
    """Run ``count`` triggers, and report the cost of a poll when all of them are polling."""
    tasks = [asyncio.create_task(CASES[case](10**6))]
    await asyncio.sleep(2)  # the first trigger imports the modules of all
    gc.collect()
    before = _memory()
    tasks += [asyncio.create_task(CASES[case](number)) for number in range(1, count + 1)]
    lags: list[float] = []

    async def heartbeat() -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(0.01)
            lags.append(time.perf_counter() - began - 0.01)

    longer = max(1.0, count / 2000)
    await asyncio.sleep(WARM_UP * longer)
    beating = asyncio.create_task(heartbeat())
    (polls_before, _), busy, began = polls(), time.process_time(), time.perf_counter()
    await asyncio.sleep(MEASURED * longer)
    (polls_after, connections), busy_after, ended = polls(), time.process_time(), time.perf_counter()
    beating.cancel()
    failed = [task.exception() for task in tasks if task.done()]
    if failed:
        raise SystemExit(f"{len(failed)} triggers ended: {failed[0]!r}")
    done = polls_after - polls_before
    if not done:
        raise SystemExit(f"None of {count} triggers polled within {ended - began:.0f} s")
    lags.sort()
    pipe_out(
        json.dumps(
            {
                "cpu": (busy_after - busy) * 1000 / done,
                "rate": done / (ended - began),
                "lag": lags[int(len(lags) * 0.99)] * 1000,
                "memory": (_memory() - before) * 1024 / count,
                "connections": connections,
            }
        )
    )


def _memory() -> float:
    """Return the memory of this process in megabytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def run_case(case: str, count: int, directory: str) -> None:
    """Run one case in this process, with the server in another process."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    certificate, key = make_certificate(Path(directory))
    parent_end, child_end = multiprocessing.get_context("spawn").Pipe()
    context = multiprocessing.get_context("spawn")
    server = context.Process(target=serve, args=(child_end, str(certificate), str(key)), daemon=True)
    server.start()
    port = parent_end.recv()
    url = f"https://127.0.0.1:{port}"
    connection = {"conn_type": "canvas", "host": url, "password": "7~b"}
    extra = {"ca_bundle": str(certificate)}
    os.environ |= {
        "BENCHMARK_URL": url,
        "SSL_CERT_FILE": str(certificate),
        "AIRFLOW_CONN_CANVAS_BENCHMARK": json.dumps(connection | {"extra": extra | {"graphql": "off"}}),
        "AIRFLOW_CONN_CANVAS_GRAPHQL": json.dumps(connection | {"extra": extra}),
        "AIRFLOW_CONN_HTTP_BENCHMARK": json.dumps({"conn_type": "http", "host": url}),
        "AIRFLOW_CONN_DBT_BENCHMARK": json.dumps(
            {"conn_type": "dbt_cloud", "host": f"127.0.0.1:{port}", "login": "1", "password": "b"}
        ),
    }

    def polls() -> tuple[int, int]:
        parent_end.send("?")
        counts: tuple[int, int] = parent_end.recv()
        return counts

    asyncio.run(run_triggers(case, count, print, polls))
    server.terminate()


def main() -> None:
    """Run all cases, or one of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=3, help="runs of each case (default: 3)")
    parser.add_argument("--counts", type=int, nargs="+", default=[1000, 5000], help="how many triggers")
    parser.add_argument("--cases", choices=CASES, nargs="+", default=list(CASES), help="which cases (default: all)")
    parser.add_argument("--case", choices=CASES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        if options.case:
            run_case(options.case, options.counts[0], directory)
            return
    print(
        f"Load of the machine before: {os.getloadavg()[0]:.1f}. Medians of {options.repeat} runs (lowest to highest).\n"
    )
    print("| triggers | | CPU ms per poll | polls/s | of | loop lag p99 ms | KB per trigger | connections |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    for count in options.counts:
        rounds = [{case: _run(case, count) for case in options.cases} for _ in range(options.repeat)]
        for case in options.cases:
            print(_row(case, count, [run[case] for run in rounds]), flush=True)


def _run(case: str, count: int) -> dict[str, float] | str:
    """Return the result of one run in a new process, or the reason why there is none."""
    command = [sys.executable, __file__, "--case", case, "--counts", str(count)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    results = [line for line in done.stdout.splitlines() if line.startswith("{")]  # Airflow also logs there
    if done.returncode or not results:
        return (done.stderr.strip() or "no output").splitlines()[-1][:100]
    result: dict[str, float] = json.loads(results[-1])
    print(f"{count} {case}: {result}", file=sys.stderr, flush=True)
    return result


def _row(case: str, count: int, runs: list[dict[str, float] | str]) -> str:
    measured = [run for run in runs if not isinstance(run, str)]
    if len(measured) < len(runs):
        why = next(run for run in runs if isinstance(run, str))
        return f"| {count} | {case} | not measured: {why} | | | | | |"

    def spread(name: str, digits: int = 0) -> str:
        values = [run[name] for run in measured]
        middle, least, most = (f"{value:.{digits}f}" for value in (statistics.median(values), min(values), max(values)))
        return middle if least == most else f"{middle} ({least} to {most})"

    return (
        f"| {count} | {case} | {spread('cpu', 2)} | {spread('rate')} | {count / INTERVAL:.0f} | {spread('lag')} "
        f"| {spread('memory')} | {spread('connections')} |"
    )


if __name__ == "__main__":
    main()
