"""Run the copies of a large term on the emulator: POST each copy once, poll the heads of the lanes, read each record.

    python benchmarks/emulator_term.py [--copies 5000] [--lanes 8] [--speed 200] [--in-flight 10]

The emulator is a process of its own, on one core. Throttling is on, with the costs of a real Canvas. The script prints
how long the run took, the CPU time and the memory of the emulator, and its own account of all copies and requests.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import aiohttp
from canvas_emulator.seeds.term import Shell, term_shells

ENDED = frozenset({"completed", "failed"})
POLL_SECONDS = 0.1


class Run:
    """One run.

    :param session: The session of all requests.
    :param url: The URL of the emulator.
    :param in_flight: How many requests are in flight at the same time, at most.
    """

    def __init__(self, session: aiohttp.ClientSession, url: str, in_flight: int) -> None:
        self._session, self._url = session, url
        self._slots = asyncio.Semaphore(in_flight)
        self.states: Counter[str] = Counter()

    async def send(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request until it is not refused, and return the JSON of the response."""
        while True:
            async with self._slots, self._session.request(method, self._url + path, json=body) as response:
                if response.status not in (403, 429):
                    response.raise_for_status()
                    return await response.json()
            await asyncio.sleep(POLL_SECONDS)

    async def submit(self, shells: list[Shell], records: list[tuple[Shell, int, str]]) -> None:
        """POST the copies of some shells."""
        for shell in shells:
            body = {"migration_type": "course_copy_importer", "settings": {"source_course_id": shell.template_id}}
            row = await self.send("POST", f"/api/v1/courses/{shell.id}/content_migrations", body)
            records.append((shell, row["id"], row["progress_url"].removeprefix(self._url)))

    async def follow(self, records: list[tuple[Shell, int, str]], heads: int) -> None:
        """Poll the Progresses that can be running, and read the record of each copy at its end."""
        waiting = sorted(records, key=lambda record: record[1])
        while waiting:
            rows = await asyncio.gather(*(self.send("GET", path) for _, _, path in waiting[:heads]))
            ended = [record for record, row in zip(waiting, rows, strict=False) if row["workflow_state"] in ENDED]
            for shell, migration_id, _ in ended:
                row = await self.send("GET", f"/api/v1/courses/{shell.id}/content_migrations/{migration_id}")
                self.states[row["workflow_state"]] += 1
            waiting = [record for record in waiting if record not in ended]
            if not ended:
                await asyncio.sleep(POLL_SECONDS)


async def run(url: str, token: str, options: argparse.Namespace) -> None:
    """Run all copies, and print what the emulator says of them."""
    shells, records = list(term_shells(options.copies)), list[tuple[Shell, int, str]]()
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session:
        work = Run(session, url, options.in_flight)
        started = time.monotonic()
        parts = (shells[number :: options.in_flight] for number in range(options.in_flight))
        await asyncio.gather(*(work.submit(part, records) for part in parts))
        submitted = time.monotonic() - started
        await work.follow(records, options.lanes * 2)
        seconds = time.monotonic() - started
        account = await work.send("GET", "/_emulator/content_migrations")
        counters = await work.send("GET", "/_emulator/counters")
    print(
        f"{options.copies:,} copies: POSTs in {submitted:.1f} s, all ended after {seconds:.1f} s: {dict(work.states)}"
    )
    print(f"the emulator's account: {account['states']}, {account['contexts']:,} courses, {account['lanes']}")
    print(f"requests: {counters['requests']:,} {counters['methods']}, refused {counters['refused']}")


def main() -> None:
    """Start an emulator, run the copies, and print the result."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--copies", type=int, default=5000)
    parser.add_argument("--lanes", type=int, default=8)
    parser.add_argument("--speed", type=float, default=200.0)
    parser.add_argument("--in-flight", type=int, default=10)
    options = parser.parse_args()
    arguments = ["--port", "0", "--courses", "term", "--sections", str(options.copies), "--lanes", str(options.lanes)]
    command = [sys.executable, "-m", "canvas_emulator", *arguments, "--speed", str(options.speed)]
    started = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            lines = [process.stdout.readline() for _ in range(2)] if process.stdout else []
            url, token = (line.partition(": ")[2].strip() for line in lines)
            print(f"the emulator started in {time.monotonic() - started:.1f} s")
            asyncio.run(run(url, token, options))
            print("the emulator used " + _usage(process.pid))
        finally:
            process.terminate()


def _usage(pid: int) -> str:
    times = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    seconds = (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK")
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return f"{seconds:.1f} CPU-seconds and {pages * os.sysconf('SC_PAGE_SIZE') / 2**20:.0f} MB"


if __name__ == "__main__":
    main()
