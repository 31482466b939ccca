"""Run Airflow's web interface with a local Canvas behind it until Ctrl-C; this is ``make airflow``."""

from __future__ import annotations

import sys
import time

from console import Display
from local_airflow import StartError
from local_canvas import CanvasStartError
from local_stack import EXAMPLES, REPOSITORY, LocalStack, start_stack

FOLDER = REPOSITORY / ".demo" / "page"


def main() -> int:
    """Run until Ctrl-C, and return the exit code."""
    display = Display()
    try:
        with display, start_stack(FOLDER, report=display.begin) as stack:
            stack.airflow.api.wait_for_dag("canvas_course_copy")
            show_instructions(display, stack)
            display.wait_for("running; Ctrl-C stops everything")
            while True:
                stack.airflow.check()
                time.sleep(1)
    except KeyboardInterrupt:
        print("Stopped. No process is left running.", file=sys.stderr)
    except (StartError, CanvasStartError) as error:
        print(f"\n{error}\nAll logs are in {FOLDER}.", file=sys.stderr)
        return 1
    return 0


def show_instructions(display: Display, stack: LocalStack) -> None:
    """Print addresses, files and first steps.

    :param display: Where to print.
    :param stack: The running Airflow and Canvas.
    """
    display.heading("Airflow is ready; no password is needed")
    display.facts(
        [
            ("web interface", stack.airflow.url),
            ("Canvas", f"{stack.canvas.url} (connection canvas_default)"),
            ("tables", f"{stack.database} (connection canvas_reconciliation_db)"),
            ("DAGs", str(EXAMPLES)),
            ("logs", str(stack.airflow.logs)),
        ]
    )
    display.heading("First steps")
    display.facts(
        [
            (
                "1.",
                f"Open {stack.airflow.url}/dags/canvas_course_copy and click Trigger: the form has working values",
            ),
            ("2.", "Open the run, its task copy_course, then Logs: they show the state and percentage of the copy"),
            ("3.", f"Open {stack.airflow.url}/dags/canvas_asset_reconciliation: the copy has triggered a run of it"),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
