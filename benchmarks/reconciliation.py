"""Reconcile one large course and a whole term on the emulator; print time, requests and memory.

    python benchmarks/reconciliation.py course [--assets 2000 20000]
    python benchmarks/reconciliation.py term [--courses 240] [--latency 0.1]

The emulator is a process of its own, and so is each measurement: it reads, compares and writes into a new SQLite file,
without Airflow. Each case runs twice: first into empty tables, then when nothing has changed. The floor of a term is
the time that its requests take, ten at a time, at the latency; the requests are counted by the emulator.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(REPOSITORY), str(REPOSITORY / "emulator"), str(REPOSITORY / "benchmarks")]

from measuring import measured  # noqa: E402

TOKEN = "7~token-of-the-benchmark"
SOURCE, DESTINATION, BATCH = 101, 1001, "benchmark"
IN_FLIGHT = 10


def serve_course(assets: int) -> None:
    """Serve a course of pages, assignments and files that was copied, until standard input ends.

    :param assets: The number of assets of the course.
    """
    from canvas_emulator.model.clock import ManualClock
    from canvas_emulator.model.content import Assignment, File, Page

    from tests.support import batches

    batches.TOKEN = TOKEN
    world = batches.batch_world(1, templates=1, clock=ManualClock())
    for number in range(assets // 3):
        page = f'<p>Week {number}: <a href="/courses/{SOURCE}/pages/page-{number}">read</a></p>'
        world.add(Page(course_id=SOURCE, title=f"Page {number}", body=page))
        world.add(Assignment(course_id=SOURCE, title=f"Essay {number}", description=page, points_possible=10.0))
        world.add(File(course_id=SOURCE, title=f"Slides {number}.pdf", size=1000))
    _serve(world, [(SOURCE, DESTINATION)], latency=0.0)


def serve_term(courses: int, latency: float) -> None:
    """Serve a term whose sections were copied from twelve templates, until standard input ends.

    :param courses: The number of sections.
    :param latency: The seconds that each response takes.
    """
    from canvas_emulator.model.clock import ManualClock
    from canvas_emulator.seeds.term import term_shells, term_world

    world = term_world(clock=ManualClock(), token=TOKEN, sections=courses)
    _serve(world, [(shell.template_id, shell.id) for shell in term_shells(courses)], latency=latency)


def _serve(world: Any, pairs: list[tuple[int, int]], *, latency: float) -> None:
    """Copy courses, then announce the server and its copies, and serve."""
    from canvas_emulator.model.faults import Action, Rule
    from canvas_emulator.server import serve

    from airflow_provider_canvas.client.settings import Settings
    from airflow_provider_canvas.client.transports.requests_client import CanvasClient
    from airflow_provider_canvas.security.secret import Secret

    with serve(world) as server:
        copies = []
        with CanvasClient(Settings(server.url, Secret(TOKEN))) as canvas:
            for source, destination in pairs:
                migration = canvas.content_migrations.create(
                    course_id=destination,
                    migration_type="course_copy_importer",
                    settings={"source_course_id": source},
                )
                copies.append([source, destination, migration["id"]])
        world.clock.advance(100_000)
        with world.lock:
            world.settle()
        if latency:
            world.faults.rules.append(Rule("/api/", Action.DELAY, times=None, seconds=latency))
        world.counters.reset()
        print(json.dumps({"url": server.url, "copies": copies}), flush=True)
        for command in sys.stdin:
            if command.strip() == "count":
                document = world.counters.document()
                print(json.dumps(document), flush=True)
                world.counters.reset()


@contextmanager
def server(*arguments: str) -> Iterator[tuple[dict[str, Any], Callable[[], int]]]:
    """Start a server as a child process; yield what it announces, and a function that counts and resets requests."""
    child = subprocess.Popen(
        [sys.executable, __file__, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdin is not None
    assert child.stdout is not None
    stdin, stdout = child.stdin, child.stdout

    def count() -> int:
        stdin.write("count\n")
        stdin.flush()
        return int(json.loads(stdout.readline())["requests"])

    try:
        yield json.loads(stdout.readline()), count
    finally:
        stdin.close()
        child.wait(30)


def reconcile(url: str, copies: list[list[int]], database: str) -> None:
    """Reconcile copies into a database, as the operators do, and print the cost as JSON.

    :param url: The address of Canvas.
    :param copies: Source, destination and content migration of each.
    :param database: The URL of the database.
    """
    import sqlalchemy as sa

    from airflow_provider_canvas.client.settings import Settings
    from airflow_provider_canvas.client.transports.aiohttp_client import AsyncCanvasClient
    from airflow_provider_canvas.course_pairs.batch_rows import BatchRows
    from airflow_provider_canvas.course_pairs.checks import CHECKS
    from airflow_provider_canvas.course_pairs.compare import Comparison
    from airflow_provider_canvas.course_pairs.reconcile_batch import BatchReconciliation
    from airflow_provider_canvas.course_pairs.store import Store
    from airflow_provider_canvas.ledger.batch_ledger import BatchLedger
    from airflow_provider_canvas.ledger.copy_row import CopyRow
    from airflow_provider_canvas.ledger.states import CopyState
    from airflow_provider_canvas.security.secret import Secret

    settings = Settings(url, Secret(TOKEN), graphql=False)
    engine = sa.create_engine(database)
    ledger = BatchLedger(engine, canvas_instance=settings.host, batch=BATCH)
    ledger.create_tables()
    if not ledger.counts():
        rows = [
            CopyRow(
                dest_course_id=str(destination),
                source_course_id=str(source),
                row_number=number,
                state=CopyState.COMPLETED,
                content_migration_id=str(migration),
            )
            for number, (source, destination, migration) in enumerate(copies, 1)
        ]
        ledger.update(rows)
    run_id = datetime.now(UTC).isoformat()

    async def run() -> None:
        async with AsyncCanvasClient(settings) as canvas:
            work = BatchReconciliation(
                canvas,
                BatchRows(Store(engine), settings.host, BATCH),
                Comparison(canvas_instance=settings.host, canvas_url=url, run_id=run_id, checks=CHECKS),
                report_uri=lambda course_id, migration_id: None,
                write_report=lambda reconciliation: None,
                keep=lambda: None,
            )
            await work.run(work.rows.to_reconcile(again_by=("", "")))
            print(json.dumps(dict(work.verdicts)))

    cost = measured(lambda: asyncio.run(run()))
    with engine.connect() as connection:
        assets = connection.execute(sa.text("SELECT count(*) FROM canvas_asset_map")).scalar()
    print(json.dumps({"wall": cost.wall, "cpu": cost.cpu, "memory": cost.memory, "rows": assets}))


def measure(announced: dict[str, Any], count: Callable[[], int], name: str, latency: float) -> None:
    """Reconcile twice, each time in a new process, and print both costs."""
    with tempfile.TemporaryDirectory() as folder:
        for case in ("first run", "unchanged"):
            text = json.dumps({**announced, "database": f"sqlite:///{folder}/benchmark.db"})
            command = [sys.executable, __file__, "reconcile"]
            done = subprocess.run(command, input=text, check=True, capture_output=True, text=True)
            result = json.loads(done.stdout.splitlines()[-1])
            requests = count()
            floor = requests * latency / IN_FLIGHT
            beyond = f", floor {floor:.1f} s, {result['wall'] / floor:.2f} times" if floor else ""
            print(
                f"{name}, {case}: {result['wall']:.1f} s{beyond}; CPU {result['cpu']:.1f} s; {requests:,} requests; "
                f"{result['rows']:,} rows; memory +{result['memory']:.0f} MB",
                flush=True,
            )


def main() -> None:
    """Run the case that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    course = commands.add_parser("course", help="one course")
    course.add_argument("--assets", type=int, nargs="+", default=[2_000, 20_000])
    term = commands.add_parser("term", help="many courses")
    term.add_argument("--courses", type=int, default=240)
    term.add_argument("--latency", type=float, default=0.1)
    commands.add_parser("serve-course").add_argument("assets", type=int)
    served = commands.add_parser("serve-term")
    served.add_argument("courses", type=int)
    served.add_argument("latency", type=float)
    commands.add_parser("reconcile")
    options = parser.parse_args()
    match options.command:
        case "course":
            for assets in options.assets:
                with server("serve-course", str(assets)) as (announced, count):
                    measure(announced, count, f"a course of {assets:,} assets", 0.0)
        case "term":
            with server("serve-term", str(options.courses), str(options.latency)) as (announced, count):
                measure(announced, count, f"a term of {options.courses:,} courses", options.latency)
        case "serve-course":
            serve_course(options.assets)
        case "serve-term":
            serve_term(options.courses, options.latency)
        case "reconcile":
            document = json.loads(sys.stdin.read())
            reconcile(document["url"], document["copies"], document["database"])


if __name__ == "__main__":
    main()
