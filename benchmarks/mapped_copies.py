"""Compare mapped course copies with bare mapped deferrable tasks, in one real Airflow on PostgreSQL.

    python benchmarks/mapped_copies.py [--copies 40] [--seconds 30] [--slots 16] [--runs 1]

Both DAGs run one after the other in the same Airflow, against an emulator whose copies take as long as the bare tasks
defer. It prints, for each, the wall time, the CPU time of Airflow by component (tasks belong to the scheduler), the
calls to Airflow's API per task, and for the copies the requests to Canvas per copy. The ratios are what counts. It
needs PostgreSQL, as SQLite locks out that many tasks. No task is retried, so a copy that Airflow fails makes the
benchmark fail.
"""

from __future__ import annotations

import argparse
import re
import statistics
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(REPOSITORY), str(REPOSITORY / "scripts")]

from local_airflow import LocalAirflow  # noqa: E402
from local_canvas import LocalCanvas  # noqa: E402

from tests.support.postgres import running_postgres  # noqa: E402

DAGS = Path(__file__).parent / "dags"
TEMPLATES, FIRST_TEMPLATE, FIRST_SHELL = 10, 1010, 2001
ID = re.compile(r"/(\d+|[0-9a-f]{8}-[0-9a-f-]{27}|manual__[^/]+)(?=/|$)")
ACCESS = re.compile(r"method=(GET|POST|PUT|PATCH|DELETE|HEAD) path=(/execution/[^ ?]*)")


@dataclass(frozen=True)
class Run:
    """What one run of a DAG cost.

    :param wall: Seconds from the trigger to the end.
    :param cpu: CPU seconds by component.
    :param requests: The requests to Canvas, by method and route.
    :param api_calls: The calls to Airflow's execution API, by method and route.
    """

    wall: float
    cpu: dict[str, float]
    requests: Counter[str]
    api_calls: Counter[str]


def cpu_of(airflow: LocalAirflow) -> dict[str, float]:
    """Return the CPU seconds of each component so far, with those of child processes that have ended."""
    return {component: sum(map(_cpu, airflow.processes(component))) for component in airflow.components}


def _cpu(process: psutil.Process) -> float:
    with suppress(psutil.Error):
        return float(sum(process.cpu_times()[:4]))
    return 0.0


def run_dag(airflow: LocalAirflow, canvas: LocalCanvas, dag_id: str, conf: dict[str, Any]) -> Run:
    """Run a DAG, and return what that cost.

    :param dag_id: The DAG.
    :param conf: The conf of its run.
    :raises SystemExit: When a task failed.
    """
    canvas.control("POST", "reset")
    canvas.control("POST", "settings", {"copy_seconds": conf["seconds"]})
    log = airflow.log("api-server")
    cpu, position, began = cpu_of(airflow), log.stat().st_size, time.monotonic()
    run_id = airflow.api.trigger(dag_id, conf)
    airflow.api.wait_for_run(dag_id, run_id, timeout=1800)
    wall = time.monotonic() - began
    time.sleep(2)  # the last processes end
    spent = {component: now - cpu[component] for component, now in cpu_of(airflow).items()}
    tasks = airflow.api.task_instances(dag_id, run_id)
    if failed := [one for one in tasks if one["state"] != "success"]:
        raise SystemExit(f"{len(failed)} tasks of {dag_id} failed, such as {failed[0]}.")
    text = log.read_bytes()[position:].decode(errors="replace")
    return Run(
        wall,
        spent,
        Counter(f"{seen['method']} {ID.sub('/:id', seen['path'])}" for seen in canvas.control("GET", "requests")),
        Counter(f"{method} {ID.sub('/:id', path)}" for method, path in ACCESS.findall(text)),
    )


def print_runs(copies: int, runs: dict[str, list[Run]]) -> None:
    """Print the medians of both DAGs, and their ratios.

    :param copies: How many tasks a run has.
    :param runs: The runs by DAG.
    """
    print("| | wall s | CPU s | tasks and scheduler | API server | triggerer | calls to Airflow's API per task |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    medians = {}
    for dag_id, of_dag in runs.items():
        wall = statistics.median(run.wall for run in of_dag)
        total = statistics.median(sum(run.cpu.values()) for run in of_dag)
        parts = [
            f"{statistics.median(run.cpu[name] for run in of_dag):.1f}"
            for name in ("scheduler", "api-server", "triggerer")
        ]
        calls = statistics.median(run.api_calls.total() for run in of_dag) / copies
        medians[dag_id] = (wall, total)
        print(f"| {dag_id} | {wall:.1f} | {total:.1f} | {' | '.join(parts)} | {calls:.1f} |")
    (wall, cpu), (bare_wall, bare_cpu) = medians["mapped_copies"], medians["mapped_bare"]
    print(f"| ratio | {wall / bare_wall:.2f} | {cpu / bare_cpu:.2f} | | | | |")
    for what in ("requests", "api_calls"):
        print(f"\n| {what.replace('_', ' ')} | copies, per task | bare, per task |\n|---|---:|---:|")
        counters = {dag_id: getattr(of_dag[-1], what) for dag_id, of_dag in runs.items()}
        for route in sorted(set().union(*counters.values())):
            print(
                f"| {route} | " + " | ".join(f"{counter[route] / copies:.2f}" for counter in counters.values()) + " |"
            )
        totals = [counter.total() / copies for counter in counters.values()]
        print("| all | " + " | ".join(f"{total:.2f}" for total in totals) + " |")


def main() -> None:
    """Run both DAGs in turns, and print what they cost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--copies", type=int, default=40, help="mapped tasks, at most 240 (default: 40)")
    parser.add_argument("--seconds", type=float, default=30, help="seconds that a copy takes (default: 30)")
    parser.add_argument("--slots", type=int, default=16, help="worker slots (default: 16)")
    parser.add_argument("--runs", type=int, default=1, help="runs of each DAG (default: 1)")
    parser.add_argument("--keep", type=Path, help="a folder for Airflow's files, which is kept")
    options = parser.parse_args()
    pairs = [
        {"source_course_id": FIRST_TEMPLATE + number % TEMPLATES, "destination_course_id": FIRST_SHELL + number}
        for number in range(options.copies)
    ]
    conf = {"pairs": pairs, "seconds": options.seconds}
    with tempfile.TemporaryDirectory() as folder, running_postgres() as database:
        home = options.keep or Path(folder)
        canvas = LocalCanvas(home / "canvas.log", copy_seconds=options.seconds, courses="term")
        settings = {
            "core.parallelism": str(options.slots),
            "database.sql_alchemy_conn": database.url,
            "logging.logging_level": "INFO",
        }
        with canvas:
            airflow = LocalAirflow(
                home / "airflow",
                DAGS,
                {"canvas_default": canvas.connection},
                settings=settings,
                pythonpath=[REPOSITORY],
            )
            with airflow:
                runs: dict[str, list[Run]] = {"mapped_copies": [], "mapped_bare": []}
                for dag_id in runs:
                    airflow.api.wait_for_dag(dag_id)
                    # The first run imports. A bare trigger that fires at once would make Airflow fail its task.
                    run_dag(airflow, canvas, dag_id, {"pairs": pairs[:2], "seconds": 15})
                for _ in range(options.runs):
                    for dag_id, of_dag in runs.items():
                        of_dag.append(run_dag(airflow, canvas, dag_id, conf))
                print_runs(options.copies, runs)


if __name__ == "__main__":
    main()
