"""What a real Airflow writes to files: logs of triggers, files with secrets, and reports of a blocked event loop."""

from __future__ import annotations

import re
from pathlib import Path

from local_airflow import LocalAirflow
from local_stack import LocalStack


def trigger_has_started(airflow: LocalAirflow, run_id: str) -> bool:
    """Return whether the triggerer runs a trigger of a DAG run, whose first log line creates a log file."""
    return any(f"run_id={run_id}" in str(path) for path in airflow.logs.rglob("*.trigger.*.log"))


def written_files(stack: LocalStack) -> set[Path]:
    """Return Airflow's files, the databases and the reports, without the emulator's log, which contains the token."""
    home = stack.airflow.home
    paths = [*home.rglob("*"), *home.parent.glob("*.db*"), *home.parent.rglob("*.html")]
    return {path for path in paths if path.is_file() and path.name != "canvas-emulator.log"}


def files_with_a_token(stack: LocalStack) -> list[Path]:
    """Return the files that contain the token of the local Canvas, or a header with a token."""
    token = stack.canvas.token.encode()
    contents = {path: path.read_bytes() for path in written_files(stack)}
    return [
        path
        for path, content in contents.items()
        if token in content or (path.suffix == ".log" and b"Bearer 7~" in content)
    ]


def blocked_seconds(stack: LocalStack) -> list[float]:
    """Return the durations above one second for which triggers blocked the event loop, as Airflow logged them."""
    log = stack.airflow.log("triggerer").read_text(errors="replace")
    seconds_logged = [float(seconds) for seconds in re.findall(r"blocked for ([0-9.]+) seconds", log)]
    return [seconds for seconds in seconds_logged if seconds > 1]
