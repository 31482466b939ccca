"""What a real Airflow writes to files: logs of triggers, leaked secrets, reports of a blocked event loop."""

from __future__ import annotations

import re
from pathlib import Path

from local_airflow import LocalAirflow
from local_stack import LocalStack


def trigger_has_started(airflow: LocalAirflow, run_id: str) -> bool:
    """Return whether the triggerer runs a trigger of a DAG run: its first log line makes a log file."""
    return any(f"run_id={run_id}" in str(path) for path in airflow.logs.rglob("*.trigger.*.log"))


def left_files(stack: LocalStack) -> set[Path]:
    """Return the files of Airflow, the databases and the reports; not the emulator's log, which shows the token."""
    home = stack.airflow.home
    paths = [*home.rglob("*"), *home.parent.glob("*.db*"), *home.parent.rglob("*.html")]
    return {path for path in paths if path.is_file() and path.name != "canvas-emulator.log"}


def files_with_a_token(stack: LocalStack) -> list[Path]:
    """Return the files that hold the token of the local Canvas, or a header with one."""
    token = stack.canvas.token.encode()
    contents = {path: path.read_bytes() for path in left_files(stack)}
    return [
        path
        for path, content in contents.items()
        if token in content or (path.suffix == ".log" and b"Bearer 7~" in content)
    ]


def blocked_seconds(stack: LocalStack) -> list[float]:
    """Return how long triggers blocked the triggerer's event loop, as Airflow logged it, where it was over a second."""
    log = stack.airflow.log("triggerer").read_text(errors="replace")
    found = [float(seconds) for seconds in re.findall(r"blocked for ([0-9.]+) seconds", log)]
    return [seconds for seconds in found if seconds > 1]
