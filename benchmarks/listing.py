"""Measure listing 10,000 courses: this package's clients, requests, aiohttp and canvasapi.

``python benchmarks/listing.py`` starts a server that responds immediately, or after 100 ms, and runs every case in a
new process. It prints medians; see docs/performance.md.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import re
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from measuring import Cost, measured, median_of, report

COURSES = 10_000
PER_PAGE = 100
TOKEN = "7~benchmark"


def serve(pipe: Connection, latency: float) -> None:
    """Serve listings of courses, and send the port through ``pipe``."""
    records = [_course(number) for number in range(1, COURSES + 1)]
    bodies = {
        page: json.dumps(records[(page - 1) * PER_PAGE : page * PER_PAGE]).encode()
        for page in range(1, COURSES // PER_PAGE + 1)
    }

    async def respond(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            number = re.search(rb"[?&]page=(\d+)", head)
            page = int(number[1]) if number else 1
            host = re.search(rb"(?i)\r\nhost: (\S+)", head)
            base = f"http://{host[1].decode() if host else ''}/api/v1/courses"
            if latency:
                await asyncio.sleep(latency)
            links = [f'<{base}?page={len(bodies)}&per_page={PER_PAGE}>; rel="last"']
            if page < len(bodies):
                links.insert(0, f'<{base}?page={page + 1}&per_page={PER_PAGE}>; rel="next"')
            writer.write(
                f"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nLink: {','.join(links)}\r\n"
                f"X-Request-Cost: 0.1\r\nX-Rate-Limit-Remaining: 599.9\r\nContent-Length: {len(bodies[page])}\r\n\r\n"
                "".encode()
                + bodies[page]
            )

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await respond(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def run() -> None:
        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


def _course(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "name": f"Introduction to Biology, section {number}",
        "account_id": 81,
        "uuid": f"WvAHhY5FINzq5IyRIJybGeiXyFkG3SqHUPb7jZY{number}",
        "start_at": "2026-08-24T06:00:00Z",
        "grading_standard_id": None,
        "is_public": False,
        "created_at": "2026-05-01T12:00:00Z",
        "course_code": f"BIOL-1010-{number}",
        "default_view": "modules",
        "root_account_id": 1,
        "enrollment_term_id": 34,
        "license": "private",
        "grade_passback_setting": None,
        "end_at": "2026-12-18T06:00:00Z",
        "public_syllabus": False,
        "public_syllabus_to_auth": False,
        "storage_quota_mb": 500,
        "is_public_to_auth_users": False,
        "homeroom_course": False,
        "course_color": None,
        "friendly_name": None,
        "apply_assignment_group_weights": True,
        "calendar": {"ics": f"https://canvas.example/feeds/calendars/course_{number}.ics"},
        "time_zone": "America/Denver",
        "blueprint": False,
        "template": False,
        "sis_course_id": f"BIOL-1010-{number}",
        "integration_id": None,
        "hide_final_grades": False,
        "workflow_state": "available",
        "restrict_enrollments_to_course_dates": False,
    }


def with_requests(url: str) -> int:
    """List with requests: one session, following the ``next`` links."""
    import requests

    count, following = 0, f"{url}/api/v1/courses?per_page={PER_PAGE}"
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {TOKEN}"
        while following:
            response = session.get(following, timeout=60)
            count += len(response.json())
            following = response.links.get("next", {}).get("url", "")
    return count


def with_aiohttp(url: str) -> int:
    """List with aiohttp: one session, following the ``next`` links."""
    import aiohttp

    async def run() -> int:
        count, following = 0, f"{url}/api/v1/courses?per_page={PER_PAGE}"
        async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {TOKEN}"}) as session:
            while following:
                async with session.get(following) as response:
                    count += len(await response.json())
                    following = str(response.links["next"]["url"]) if "next" in response.links else ""
        return count

    return asyncio.run(run())


def with_canvasapi(url: str) -> int:
    """List with canvasapi, the most used library."""
    from canvasapi import Canvas

    return sum(1 for _ in Canvas(url, TOKEN).get_courses(per_page=PER_PAGE))


def with_sync_client(url: str) -> int:
    """List with the sync client of this package."""
    from airflow_provider_canvas.client.settings import Settings
    from airflow_provider_canvas.client.transports.requests_client import CanvasClient

    with CanvasClient(Settings(url, TOKEN)) as canvas:
        return sum(1 for _ in canvas.courses.list())


def with_async_client(url: str) -> int:
    """List with the async client of this package."""
    from airflow_provider_canvas.client.settings import Settings
    from airflow_provider_canvas.client.transports.aiohttp_client import AsyncCanvasClient

    async def run() -> int:
        count = 0
        async with AsyncCanvasClient(Settings(url, TOKEN)) as canvas:
            async for _ in canvas.courses.list():
                count += 1
        return count

    return asyncio.run(run())


CASES: dict[str, Callable[[str], int]] = {
    "requests": with_requests,
    "aiohttp": with_aiohttp,
    "canvasapi": with_canvasapi,
    "CanvasClient": with_sync_client,
    "AsyncCanvasClient": with_async_client,
}


def run_case(name: str, url: str) -> Cost:
    """Run a case once, and return its cost without imports."""
    import aiohttp  # noqa: F401
    import canvasapi  # noqa: F401
    import requests  # noqa: F401

    import airflow_provider_canvas.client.transports.aiohttp_client
    import airflow_provider_canvas.client.transports.requests_client  # noqa: F401

    count = 0

    def case() -> None:
        nonlocal count
        count = CASES[name](url)

    cost = measured(case)
    assert count == COURSES, count
    return cost


def main() -> None:
    """Run all cases, or one of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=5, help="runs of each case (default: 5); canvasapi runs once")
    parser.add_argument("--case", choices=CASES, help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.case:
        report(run_case(options.case, options.url))
        return
    print("| latency | client | CPU ms per 1,000 courses | wall s | against requests | memory MB |")
    print("|---|---|---|---|---|---|")
    for latency in (0.0, 0.1):
        parent_end, child_end = multiprocessing.Pipe()
        server = multiprocessing.Process(target=serve, args=(child_end, latency), daemon=True)
        server.start()
        url, base = f"http://127.0.0.1:{parent_end.recv()}", 0.0
        for name in CASES:
            repeat = 1 if name == "canvasapi" else options.repeat
            cost = median_of(__file__, ["--case", name, "--url", url], repeat)
            base = base or cost.wall
            print(
                f"| {latency * 1000:.0f} ms | {name} | {cost.cpu * 1000 / (COURSES / 1000):.1f} | {cost.wall:.2f} "
                f"| {cost.wall / base:.2f} | {cost.memory:.1f} |",
                flush=True,
            )
        server.terminate()
        server.join()


if __name__ == "__main__":
    main()
