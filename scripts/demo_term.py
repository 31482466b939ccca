"""Copy and reconcile the courses of a term in a real Airflow, and print what happened; this is ``make demo-term``.

Canvas is the local emulator with a term of 240 empty courses. The DAG is ``canvas_term_rollover`` without its approval.
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from airflow_api import AirflowApi, Json
from canvas_emulator.seeds.term import term_shells
from console import Display
from demo_run import relative, run_in_stack
from follow_run import TaskFollower
from local_stack import REPOSITORY, LocalStack

from airflow_provider_canvas.reconciliation.statuses import Status, Verdict

FOLDER = REPOSITORY / ".demo-term"

DAG = "canvas_term_rollover"
BATCH = "fall-2026"

COPY_SECONDS, LANE_WIDTH = 1.0, 8
"""How long a copy takes, and how many Canvas runs at once: all take half a minute."""

RUN_TIMEOUT = 1200
"""How many seconds a run may take. It takes three minutes, of which the reconciliation of 240 courses takes most."""

DATES = {"old_start_date": "2026-01-12", "new_start_date": "2026-08-24"}

PROGRESS = re.compile(r"[Bb]atch '[^']+': [^\n\"\\]+")

STATES = {
    "completed": "have their content",
    "completed_with_issues": "have their content, and Canvas reports issues",
    "already_present": "had it before",
    "failed": "failed in Canvas",
    "refused": "were refused by the plan: nothing was sent for them",
    "not_tried": "were not tried",
}

VERDICTS = {
    "unreadable": "could not be compared",
    "fail": "lack something, or Canvas reports an error",
    "warn": "have everything, and need a review",
    "pass": "are whole: everything arrived, and nothing differs",
}


def main() -> int:
    """Run the demo, and return the exit code."""
    return run_in_stack(
        FOLDER,
        run_demo,
        copy_seconds=COPY_SECONDS,
        courses="term",
        canvas_options=["--lanes", str(LANE_WIDTH)],
    )


def run_demo(display: Display, stack: LocalStack) -> None:
    """Copy the term, run the same batch a second time, and print both results.

    :param display: Where to print.
    :param stack: The running Airflow and Canvas.
    """
    api = stack.airflow.api
    display.wait_for(f"DAG {DAG}")
    api.wait_for_dag(DAG)
    copies = write_copies(FOLDER / "fall_2026.csv")
    stack.database.unlink(missing_ok=True)  # the local Canvas keeps nothing either
    display.say(f"{relative(copies)} has a row per course, and two rows that are wrong")
    before = posts(stack)
    run_id = run(display, api, copies)
    plan, copied, reconciled = (api.xcom(DAG, run_id, task_id) for task_id in ("plan", "copy", "reconcile"))
    first = posts(stack) - before
    display.say("the same batch runs a second time")
    second_id = run(display, api, copies)
    second = posts(stack) - before - first
    display.wait_for("")
    show(display, plan, copied)
    show_reconciliation(display, reconciled)
    repeated = api.xcom(DAG, second_id, "reconcile")
    display.heading("How often a copy was submitted and reconciled")
    display.facts(
        [
            ("first run", f"{first} copies of {plan['copies']}, each once; {reconciled['reconciled_now']} reconciled"),
            ("second run", f"{second} copies: {api.xcom(DAG, second_id, 'copy')['copied']} were new or had failed"),
            ("", f"{repeated['reconciled_now']} reconciled: only what is new"),
        ]
    )
    display.heading("Where the results are")
    display.facts(
        [
            ("SQLite", f"{relative(stack.database)}, tables canvas_copy_ledger, canvas_asset_map, canvas_stale_link"),
            ("copies", relative(Path(copied["report_uri"]))),
            ("what arrived", f"{relative(Path(reconciled['report_uri']))}, with a link to the report of each course"),
        ]
    )


def write_copies(path: Path) -> Path:
    """Write the file of the copies: each course of the term with its template, a duplicate and an unknown course.

    :param path: The file.
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["source", "destination", "subject"])
        for shell in (shells := list(term_shells())):
            rows.writerow([shell.template_id, shell.id, shell.subject])
        rows.writerow([shells[0].template_id, shells[0].id, "a duplicate"])
        rows.writerow([shells[0].template_id, "sis_course_id:NONE-1010-001", "an unknown course"])
    return path


def run(display: Display, api: AirflowApi, copies: Path) -> str:
    """Run the DAG to its end, and return the id of the run.

    :param display: Where to print.
    :param api: The Airflow.
    :param copies: The file of the copies.
    """
    form = {"batch": BATCH, "copies": str(copies), "approval": False, **DATES}
    run_id = api.trigger(DAG, form)
    display.say(f"triggered {DAG}")
    followers = [
        TaskFollower(api, display, DAG, run_id, "plan", re.compile(r"Plan of batch [^\n\"\\]+")),
        TaskFollower(api, display, DAG, run_id, "copy", PROGRESS),
        TaskFollower(api, display, DAG, run_id, "reconcile", PROGRESS),
    ]
    display.wait_for("planning, copying and reconciling")

    def follow() -> None:
        for follower in followers:
            follower.poll()

    api.wait_for_run(DAG, run_id, timeout=RUN_TIMEOUT, meanwhile=follow)
    return run_id


def posts(stack: LocalStack) -> int:
    """Return how many content migrations the local Canvas has.

    :param stack: The running Airflow and Canvas.
    """
    return len(stack.canvas.control("GET", "content_migrations")["content_migrations"])


def show(display: Display, plan: Json, copied: Mapping[str, Any]) -> None:
    """Print what was planned, and what became of the copies.

    :param display: Where to print.
    :param plan: The result of the plan.
    :param copied: The result of the copy.
    """
    display.heading(f"The term in one task: batch {copied['batch']}")
    display.facts(
        [
            ("rows", f"{plan['rows']} in the file, {plan['copies']} to copy, {plan['refused']} refused by the plan"),
            ("copied", f"{copied['copied']} courses in {copied['seconds']} s"),
        ]
    )
    display.heading("Result")
    display.facts(
        (f"{count:,}", STATES.get(state, state.replace("_", " "))) for state, count in copied["states"].items()
    )
    display.heading("Lines that the plan refused")
    refused = [line for line in plan["text"].splitlines() if line.startswith("Line ")]
    display.facts(("", line) for line in refused)


def show_reconciliation(display: Display, reconciled: Mapping[str, Any]) -> None:
    """Print how many courses are whole, and what the others lack.

    :param display: Where to print.
    :param reconciled: The result of the reconciliation.
    """
    display.heading(f"What arrived: {reconciled['completed']} courses, compared in {reconciled['seconds']} s")
    display.facts((f"{count:,}", VERDICTS[verdict]) for verdict, count in reconciled["verdicts"].items() if count)
    arrived, expected = reconciled["arrived_assets"], reconciled["expected_assets"]
    statuses = [(Status(status).meaning, count) for status, count in reconciled["statuses"].items()]
    to_review = [f"{count:,} {each.label.lower()}" for each, count in statuses if each.verdict is not Verdict.PASS]
    stale, repairable = reconciled["stale_links"], reconciled["repairable_links"]
    display.facts(
        [
            ("assets", f"{arrived:,} of {expected:,} arrived"),
            ("to review", ", ".join(to_review) or "none"),
            ("stale links", f"{stale:,}, of which {repairable:,} can be repaired" if stale else "none"),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
