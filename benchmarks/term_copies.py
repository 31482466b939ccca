"""Copy a batch of courses with one task, in a real Airflow on PostgreSQL, and compare it with a plain script.

    python benchmarks/term_copies.py [--copies 200] [--seconds 30] [--lanes 0] [--speed 1]

The task runs twice: the second run finds a complete batch. An empty task, which defers as long as a copy takes, shows
what Airflow itself costs. Then a script makes the same copies without Airflow, ledger and plan, with ten requests in
flight: POST, polls of the Progress of each copy at most every 15 s, the record at the end. Both run against the same
emulator, with the measured costs of requests and a rate limit per token. Printed are the wall time, the CPU time beyond
that of an idle Airflow, the requests to Canvas per copy, the refused ones, the most in flight, how long all POSTs took,
and by how much the memory of worker and triggerer grew.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
import psutil

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(REPOSITORY), str(REPOSITORY / "scripts"), str(REPOSITORY / "benchmarks")]

from local_airflow import LocalAirflow  # noqa: E402
from local_canvas import LocalCanvas  # noqa: E402
from mapped_copies import cpu_of  # noqa: E402

from tests.support.postgres import create_database, running_postgres  # noqa: E402

DAGS = Path(__file__).parent / "term_dags"
TEMPLATES, FIRST_TEMPLATE, FIRST_SHELL = 12, 1010, 2001
IDLE = 20.0
"""Seconds in which the CPU time of an idle Airflow is measured, with this program's polls of its API."""


@dataclass
class Memory:
    """The memory of Airflow's processes while something runs, in MB.

    :param first: That of each component's largest process at the beginning.
    :param highest: The highest since then.
    """

    first: dict[str, float] = field(default_factory=dict)
    highest: dict[str, float] = field(default_factory=dict)

    def grown(self, component: str) -> float:
        """Return by how much the largest process of a component grew."""
        return self.highest[component] - self.first[component]


@dataclass(frozen=True)
class Result:
    """What one way of copying the batch cost.

    :param name: What ran.
    :param wall: Seconds.
    :param cpu: CPU seconds beyond those of an idle Airflow.
    :param counters: The emulator's counts of requests.
    :param posting: Seconds from the first content migration to the last.
    :param memory: The memory of worker and triggerer; ``None`` for a script.
    """

    name: str
    wall: float
    cpu: float
    counters: dict[str, Any]
    posting: float
    memory: Memory | None = None


@contextmanager
def memory_of(airflow: LocalAirflow) -> Iterator[Memory]:
    """Measure the memory of the triggerer and of the processes of tasks, every half second."""
    memory, stop = Memory(), threading.Event()

    def sample() -> None:
        for component in ("triggerer", "scheduler"):
            sizes = [0.0]
            for process in airflow.processes(component):
                with suppress(psutil.Error):
                    sizes.append(process.memory_full_info().uss / 1e6)
            memory.first.setdefault(component, max(sizes))
            memory.highest[component] = max(memory.highest.get(component, 0.0), *sizes)

    def sample_until_stopped() -> None:
        while not stop.wait(0.5):
            sample()

    sample()
    thread = threading.Thread(target=sample_until_stopped)
    thread.start()
    try:
        yield memory
    finally:
        stop.set()
        thread.join()


def run_dag(
    airflow: LocalAirflow, canvas: LocalCanvas, dag_id: str, conf: dict[str, str], *, name: str, idle: float
) -> Result:
    """Run a DAG of one task, and return what it cost.

    :param dag_id: The DAG.
    :param conf: The parameters of the run.
    :param name: What to call it.
    :param idle: The CPU time of an idle Airflow, per second.
    """
    canvas.control("DELETE", "counters")
    with memory_of(airflow) as memory:
        before, began = sum(cpu_of(airflow).values()), time.monotonic()
        run_id = airflow.api.trigger(dag_id, conf)
        run = airflow.api.wait_for_run(dag_id, run_id, timeout=7200)
        wall = time.monotonic() - began
        time.sleep(2)  # the last processes end
        cpu = sum(cpu_of(airflow).values()) - before - idle * (wall + 2)
    if run["state"] != "success":
        raise SystemExit(f"The task failed:\n{airflow.api.task_log(dag_id, run_id, 'copy')[-3000:]}")
    return Result(name, wall, cpu, canvas.control("GET", "counters"), posting_of(canvas), memory)


def cpu_of_idle(airflow: LocalAirflow, run_id: str) -> float:
    """Return the CPU time of an idle Airflow, per second, while it is polled as often as when it runs a task.

    :param run_id: A run that has ended.
    """
    before, began = sum(cpu_of(airflow).values()), time.monotonic()
    while time.monotonic() < began + IDLE:
        airflow.api.wait_for_run("term_copies", run_id)
        time.sleep(0.5)
    return (sum(cpu_of(airflow).values()) - before) / (time.monotonic() - began)


def posting_of(canvas: LocalCanvas) -> float:
    """Return the seconds from the first content migration to the last, on Canvas's clock."""
    rows = canvas.control("GET", "content_migrations")["content_migrations"]
    created = [datetime.fromisoformat(row["created_at"]) for row in rows]
    return (max(created) - min(created)).total_seconds() if created else 0.0


def run_script(canvas: LocalCanvas, pairs: list[tuple[int, int]], name: str, *, only_posts: bool) -> Result:
    """Run the script in a process of its own, and return what it cost.

    :param pairs: Source and destination of each copy.
    :param name: What to call it.
    :param only_posts: Whether it only submits.
    """
    canvas.control("POST", "reset")
    canvas.control("DELETE", "counters")
    command = [sys.executable, __file__, "--script", canvas.url, *(["--only-posts"] if only_posts else [])]
    text = json.dumps({"token": canvas.token, "pairs": pairs})
    began = time.monotonic()
    done = subprocess.run(command, input=text, check=True, capture_output=True, text=True)
    wall = time.monotonic() - began
    return Result(name, wall, float(done.stdout), canvas.control("GET", "counters"), posting_of(canvas))


async def script(url: str, *, only_posts: bool) -> None:
    """Copy the courses that standard input names, as plain as a script can.

    :param url: The address of Canvas.
    :param only_posts: Whether to stop after the last POST.
    """
    document = json.loads(sys.stdin.read())
    free = asyncio.Semaphore(10)
    headers = {"Authorization": f"Bearer {document['token']}", "User-Agent": "script"}
    async with aiohttp.ClientSession(url, headers=headers) as session:

        async def send(method: str, path: str, **options: Any) -> Any:
            while True:
                async with free, session.request(method, path, **options) as response:
                    if response.status == 200:
                        return await response.json()
                await asyncio.sleep(1)

        async def copy(source: int, destination: int) -> None:
            listing = f"/api/v1/courses/{destination}/content_migrations"
            data = {"migration_type": "course_copy_importer", "settings[source_course_id]": str(source)}
            migration = await send("POST", listing, data=data)
            if only_posts:
                return
            progress = migration["progress_url"].partition("/api/v1/")[2]
            while True:
                polled = await send("GET", f"/api/v1/{progress}")
                if polled["workflow_state"] in ("completed", "failed"):
                    break
                await asyncio.sleep(15)
            await send("GET", f"{listing}/{migration['id']}")

        await asyncio.gather(*(copy(*pair) for pair in document["pairs"]))
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(used.ru_utime + used.ru_stime)


def print_results(copies: int, results: list[Result]) -> None:
    """Print what each way cost.

    :param copies: How many copies the batch has.
    """
    print(
        "| | wall s | CPU s | requests per copy | refused | most in flight | all POSTs s | triggerer MB | worker MB |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for result in results:
        counters, memory = result.counters, result.memory
        grown = [f"{memory.grown(name):.0f}" for name in ("triggerer", "scheduler")] if memory else ["", ""]
        print(
            f"| {result.name} | {result.wall:.1f} | {result.cpu:.1f} | {counters['requests'] / copies:.2f} "
            f"| {counters['refused']} | {counters['max_in_flight']} | {result.posting:.1f} | {' | '.join(grown)} |"
        )
    for result in results:
        print(f"\n{result.name}:")
        for route, counts in result.counters["routes"].items():
            print(f"    {route}: {counts['requests']}")


def main() -> None:
    """Run the task twice and the script, and print what they cost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--copies", type=int, default=200, help="how many (default: 200)")
    parser.add_argument("--seconds", type=float, default=30, help="seconds that a copy takes (default: 30)")
    parser.add_argument("--lanes", type=int, default=0, help="copies at the same time; 0: any number (default: 0)")
    parser.add_argument("--speed", type=float, default=1, help="emulated seconds per second (default: 1)")
    parser.add_argument("--script", help=argparse.SUPPRESS)
    parser.add_argument("--only-posts", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.script:
        asyncio.run(script(options.script, only_posts=options.only_posts))
        return
    pairs = [(FIRST_TEMPLATE + number % TEMPLATES, FIRST_SHELL + number) for number in range(options.copies)]
    with tempfile.TemporaryDirectory() as folder, running_postgres() as database:
        home = Path(folder)
        with (home / "copies.csv").open("w", newline="") as file:
            csv.writer(file).writerows([("source_course_id", "destination_course_id"), *pairs])
        options_of_canvas = ["--sections", str(max(options.copies, 240)), "--lanes", str(options.lanes)]
        canvas = LocalCanvas(
            home / "canvas.log",
            copy_seconds=options.seconds,
            courses="term",
            options=[*options_of_canvas, "--speed", f"{options.speed:g}"],
        )
        ledger = create_database(database, "ledger")
        fields = {"host": ledger.host, "port": ledger.port, "login": ledger.user, "schema": ledger.name}
        with canvas:
            airflow = LocalAirflow(
                home / "airflow",
                DAGS,
                {"canvas_default": canvas.connection, "ledger": {"conn_type": "postgres", **fields}},
                settings={"database.sql_alchemy_conn": database.url, "core.parallelism": "16"},
                pythonpath=[REPOSITORY],
            )
            with airflow:
                for dag_id in ("term_copies", "empty_task"):
                    airflow.api.wait_for_dag(dag_id)
                # A first copy: worker and triggerer import what they need, and the triggerer starts its own API.
                pair = f"{FIRST_TEMPLATE},{FIRST_SHELL}"
                (home / "one.csv").write_text(f"source_course_id,destination_course_id\n{pair}\n")
                first = airflow.api.trigger("term_copies", {"batch": "first", "copies": str(home / "one.csv")})
                airflow.api.wait_for_run("term_copies", first, timeout=7200)
                canvas.control("POST", "reset")
                time.sleep(5)
                idle = cpu_of_idle(airflow, first)
                print(f"An idle Airflow takes {idle:.2f} CPU seconds per second.")
                batch = {"batch": "term", "copies": str(home / "copies.csv")}
                seconds = {"seconds": f"{options.seconds / options.speed:g}"}
                results = [
                    run_dag(airflow, canvas, dag_id, conf, name=name, idle=idle)
                    for name, dag_id, conf in (
                        ("one task", "term_copies", batch),
                        ("the same again: the batch is complete", "term_copies", batch),
                        ("an empty task, deferred as long", "empty_task", seconds),
                    )
                ]
            results.append(run_script(canvas, pairs, "a plain script", only_posts=False))
            results.append(run_script(canvas, pairs, "POSTs alone, ten in flight", only_posts=True))
        print_results(options.copies, results)


if __name__ == "__main__":
    main()
