"""`make airflow`: Airflow's page with a local Canvas behind it, until Ctrl-C."""

from __future__ import annotations

import sys
import time

from console import Display
from local_airflow import StartError
from local_canvas import CanvasStartError
from local_stack import EXAMPLES, REPOSITORY, Stage, stage

FOLDER = REPOSITORY / ".demo" / "page"


def main() -> int:
    """Run until Ctrl-C; return the exit code."""
    display = Display()
    try:
        with display, stage(FOLDER, report=display.begin) as running:
            running.airflow.api.wait_for_dag("canvas_course_copy")
            explain(display, running)
            display.wait_for("running; Ctrl-C stops everything")
            while True:
                running.airflow.check()
                time.sleep(1)
    except KeyboardInterrupt:
        print("Stopped. Nothing is left running.", file=sys.stderr)
    except (StartError, CanvasStartError) as error:
        print(f"\n{error}\nAll logs are in {FOLDER}.", file=sys.stderr)
        return 1
    return 0


def explain(display: Display, running: Stage) -> None:
    """Say where everything is, and what to click."""
    display.heading("Airflow is ready, and needs no password")
    display.facts(
        [
            ("page", running.airflow.url),
            ("Canvas", f"{running.canvas.url} (connection canvas_default)"),
            ("tables", f"{running.database} (connection canvas_reconciliation_db)"),
            ("DAGs", str(EXAMPLES)),
            ("logs", str(running.airflow.logs)),
        ]
    )
    display.heading("What to click")
    display.facts(
        [
            (
                "1.",
                f"{running.airflow.url}/dags/canvas_course_copy, then Trigger: the form is filled in, change it or not",
            ),
            ("2.", "The run, its task copy_course, Logs: the copy's states and percentages"),
            ("3.", f"{running.airflow.url}/dags/canvas_asset_reconciliation: the copy has started a run of it"),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
