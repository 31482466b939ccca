"""Run the course copies of a term at once: 200 copies, four at a time, with pollers that Canvas throttles.

    python benchmarks/soak.py [--copies 200] [--lanes 4] [--pollers 6] [--rounds 3] [--speed 300]

Each round copies the templates into the same courses, so after the first round only rows of jobs are added. At the end
of each round, every copy has ended, no job is waiting, and the process needs as much memory as after the round before.
"""

from __future__ import annotations

import argparse
import gc
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import requests
from canvas_emulator.model.clock import RealClock
from canvas_emulator.model.settings import Settings
from canvas_emulator.seeds.term import FIRST_SHELL, FIRST_TEMPLATE, term_world
from canvas_emulator.seeds.term_subjects import SECTIONS
from canvas_emulator.server import EmulatorServer, serve

ENDED = frozenset({"completed", "failed"})
MAX_SECONDS = 300.0
PAGE_KIB = 4


@dataclass(frozen=True)
class Round:
    """The result of one round.

    :param states: The number of migrations by final state.
    :param requests: The number of requests.
    :param throttled: The number of requests that were refused with 429, or with 403 in the older edition.
    :param max_running: The highest number of migrations that ran at the same time.
    :param left: The number of jobs that are running or waiting after the end.
    :param seconds: The duration.
    :param threads: The number of threads after the end.
    :param megabytes: The memory of the process after the end.
    """

    states: Counter[str]
    requests: int
    throttled: int
    max_running: int
    left: int
    seconds: float
    threads: int
    megabytes: float


def soak(*, copies: int, lanes: int, pollers: int, rounds: int, speed: float, cost: float = 1.0) -> Iterator[Round]:
    """Run the rounds, and yield the result of each.

    :param copies: The number of copies per round.
    :param lanes: How many copies run at the same time.
    :param pollers: The number of threads that submit and poll.
    :param rounds: The number of rounds.
    :param speed: How many times faster than real time the emulator's clock runs.
    :param cost: The cost of a request. A token's bucket loses 100 units per real second.
    """
    settings = Settings(lanes=lanes, cost=cost, outflow=100)
    world = term_world(clock=RealClock(speed), settings=settings)
    # Throttle the first real second, so that the pollers meet throttling on a slow machine, too.
    world.faults.storm_until = world.clock.now() + timedelta(seconds=speed)
    with serve(world) as server:
        for _ in range(rounds):
            yield _round(server, copies, pollers)


def _round(server: EmulatorServer, copies: int, pollers: int) -> Round:
    started, world = time.monotonic(), server.world
    with world.lock:
        world.requests.clear()
    with ThreadPoolExecutor(pollers) as pool:
        shells = range(FIRST_SHELL, FIRST_SHELL + copies)
        workers = [pool.submit(_work, server, shells[number::pollers]) for number in range(pollers)]
        states = sum((worker.result() for worker in workers), Counter[str]())
    gc.collect()
    with world.lock:
        statuses = Counter(seen.status for seen in world.requests)
        left = world.lanes.running() + world.lanes.waiting()
    return Round(
        states,
        requests=sum(statuses.values()),
        throttled=statuses[429] + statuses[403],
        max_running=world.lanes.peak("api/1"),
        left=left,
        seconds=time.monotonic() - started,
        threads=threading.active_count(),
        megabytes=_resident_megabytes(),
    )


def _work(server: EmulatorServer, shells: range) -> Counter[str]:
    """Copy into some courses, and poll until all these copies have ended."""
    deadline, states = time.monotonic() + MAX_SECONDS, Counter[str]()
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {server.token}"

        def send(method: str, path: str, **options: object) -> dict[str, object]:
            url = path if path.startswith("http") else f"{server.url}/api/v1{path}"
            while time.monotonic() < deadline:
                response = session.request(method, url, timeout=30, **options)  # type: ignore[arg-type]
                if response.status_code not in (403, 429):
                    response.raise_for_status()
                    document: dict[str, object] = response.json()
                    return document
                time.sleep(0.05)
            raise TimeoutError(path)

        running: list[object] = []
        for shell in shells:
            template = FIRST_TEMPLATE + (shell - FIRST_SHELL) // SECTIONS
            body = {"migration_type": "course_copy_importer", "settings": {"source_course_id": template}}
            running.append(send("POST", f"/courses/{shell}/content_migrations", json=body)["progress_url"])
        while running:
            for progress_url in list(running):
                state = str(send("GET", str(progress_url))["workflow_state"])
                if state in ENDED:
                    states[state] += 1
                    running.remove(progress_url)
    return states


def _resident_megabytes() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * PAGE_KIB / 1024


def main() -> None:
    """Run all rounds, and print one line per round."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--copies", type=int, default=200)
    parser.add_argument("--lanes", type=int, default=4)
    parser.add_argument("--pollers", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--speed", type=float, default=300.0)
    options = parser.parse_args()
    for number, done in enumerate(soak(**vars(options)), 1):
        print(
            f"round {number}: {dict(done.states)} in {done.seconds:.1f} s, {done.requests:,} requests, "
            f"{done.throttled:,} throttled, at most {done.max_running} at once, {done.left} left, "
            f"{done.threads} threads, {done.megabytes:.1f} MB"
        )


if __name__ == "__main__":
    main()
