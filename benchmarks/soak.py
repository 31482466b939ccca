"""A term's copies at once: 200 of them, four side by side, with pollers that are throttled now and then.

    python benchmarks/soak.py [--copies 200] [--lanes 4] [--pollers 6] [--rounds 3] [--speed 300]

Each round copies a template into the same shells again, so that after the first one no rows are added but those of the
jobs. At its end every copy has ended, nothing waits, and what the process holds of memory is as much as after the last.
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
from pathlib import Path

import requests
from canvas_emulator.model.clock import RealClock
from canvas_emulator.model.settings import Settings
from canvas_emulator.seeds.term import FIRST_SHELL, FIRST_TEMPLATE, SECTIONS, term_world
from canvas_emulator.server import EmulatorServer, serve

ENDED = frozenset({"completed", "failed"})
MOST_SECONDS = 300.0
PAGE_KIB = 4


@dataclass(frozen=True)
class Round:
    """What one round was like.

    :param states: how many migrations ended in which state.
    :param most_running: how many were seen to run at once.
    :param left: jobs that run or wait after the end.
    :param megabytes: what the process holds of memory.
    """

    states: Counter[str]
    requests: int
    throttled: int
    most_running: int
    left: int
    seconds: float
    threads: int
    megabytes: float


def soak(*, copies: int, lanes: int, pollers: int, rounds: int, speed: float, cost: float = 1.0) -> Iterator[Round]:
    """Run the rounds, and yield each when it has ended.

    :param cost: of a request, in units of which a bucket loses 100 in a second of the machine's.
    """
    settings = Settings(lanes=lanes, cost=cost, outflow=100 / speed)
    world = term_world(clock=RealClock(speed), settings=settings)
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
        left = world.lanes.running("import_content") + world.lanes.waiting("import_content")
    return Round(
        states,
        requests=sum(statuses.values()),
        throttled=statuses[429],
        most_running=world.lanes.peak("import_content"),
        left=left,
        seconds=time.monotonic() - started,
        threads=threading.active_count(),
        megabytes=_resident_megabytes(),
    )


def _work(server: EmulatorServer, shells: range) -> Counter[str]:
    """Copy into some shells, and poll until all of these copies have ended."""
    deadline, states = time.monotonic() + MOST_SECONDS, Counter[str]()
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {server.token}"

        def ask(method: str, path: str, **options: object) -> dict[str, object]:
            url = path if path.startswith("http") else f"{server.url}/api/v1{path}"
            while time.monotonic() < deadline:
                answer = session.request(method, url, timeout=30, **options)  # type: ignore[arg-type]
                if answer.status_code != 429:
                    answer.raise_for_status()
                    document: dict[str, object] = answer.json()
                    return document
                time.sleep(0.05)
            raise TimeoutError(path)

        running: list[object] = []
        for shell in shells:
            template = FIRST_TEMPLATE + (shell - FIRST_SHELL) // SECTIONS
            body = {"migration_type": "course_copy_importer", "settings": {"source_course_id": template}}
            running.append(ask("POST", f"/courses/{shell}/content_migrations", json=body)["progress_url"])
        while running:
            for progress_url in list(running):
                state = str(ask("GET", str(progress_url))["workflow_state"])
                if state in ENDED:
                    states[state] += 1
                    running.remove(progress_url)
    return states


def _resident_megabytes() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * PAGE_KIB / 1024


def main() -> None:
    """Soak, and print a line a round."""
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
            f"{done.throttled:,} throttled, at most {done.most_running} at once, {done.left} left, "
            f"{done.threads} threads, {done.megabytes:.1f} MB"
        )


if __name__ == "__main__":
    main()
