"""Measure the time to import the provider's modules, compared with HTTP libraries and other providers.

``python benchmarks/importing.py`` imports each module in a new process that has already loaded Airflow's task SDK, as
in every process that parses DAGs. It prints medians of the wall time.
"""

from __future__ import annotations

import argparse
import compileall
import statistics
import subprocess
import sys
from pathlib import Path

OPERATORS = "airflow_provider_canvas.operators.course_copy, airflow_provider_canvas.operators.api"
CASES = {
    "operators and a sensor of this package": f"import {OPERATORS}, airflow_provider_canvas.sensors.progress",
    "`CanvasHook`": "import airflow_provider_canvas.hooks.canvas",
    "`CanvasHook` and its client": (
        "import airflow_provider_canvas.hooks.canvas, airflow_provider_canvas.client.transports.requests_client"
    ),
    "`CanvasAsyncHook`": "import airflow_provider_canvas.hooks.canvas_async",
    "`CanvasJobTrigger` (Airflow's triggers are loaded)": (
        "import airflow.triggers.base; BEGIN; import airflow_provider_canvas.triggers.job"
    ),
    "requests": "import requests",
    "aiohttp": "import aiohttp",
    "the SQLite provider's hook": "import airflow.providers.sqlite.hooks.sqlite",
    "the Postgres provider's hook": "import airflow.providers.postgres.hooks.postgres",
}
SCRIPT = """
import time
import airflow.sdk
from airflow.providers.common.compat.sdk import BaseHook, BaseOperator, conf, AirflowFailException
BEGIN
{statements}
print((time.perf_counter() - began) * 1000)
"""


def main() -> None:
    """Measure all cases, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=11, help="processes for each case (default: 11)")
    repeat = parser.parse_args().repeat
    compileall.compile_dir(Path(__file__).parents[1] / "airflow_provider_canvas", quiet=1)  # as installing does
    print("| imported | ms | lowest |\n|---|---|---|")
    for name, statements in CASES.items():
        script = SCRIPT.format(statements=statements.replace("; ", "\n")).replace(
            "BEGIN", "began = time.perf_counter()"
        )
        times = []
        for _ in range(repeat):
            done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
            if done.returncode:
                break
            times.append(float(done.stdout.splitlines()[-1]))
        if times:
            print(f"| {name} | {statistics.median(times):.1f} | {min(times):.1f} |", flush=True)
        else:
            print(f"| {name} | not installed | |", flush=True)


if __name__ == "__main__":
    main()
