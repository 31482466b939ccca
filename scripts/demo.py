"""Copy a course in a real Airflow, reconcile it, plan the repair of its links; this is ``make demo``.

Canvas is the local emulator.
"""

from __future__ import annotations

import sqlite3
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import requests
from airflow_api import AirflowApi, Json
from console import Display
from demo_run import relative, run_in_stack
from follow_run import TaskFollower
from local_stack import REPOSITORY, LocalStack

from airflow_provider_canvas.reconciliation.assets import ASSET_TYPES, UNMAPPED_TYPES
from airflow_provider_canvas.reconciliation.report.log_lines import stale_link_lines
from airflow_provider_canvas.reconciliation.report.problems import PROBLEMS
from airflow_provider_canvas.reconciliation.report.stale_links import PLACES
from airflow_provider_canvas.reconciliation.statuses import Status

FOLDER = REPOSITORY / ".demo"

COPY = "canvas_course_copy"
RECONCILIATION = "canvas_asset_reconciliation"
REPAIR = "canvas_repair_links"

PARAMETERS = {
    "source_course_id": "sis_course_id:TMPL-BIOL1010",
    "destination_course_id": "sis_course_id:BIOL-1010-002",
    "old_start_date": "2026-01-12",
    "old_end_date": "2026-03-08",
    "new_start_date": "2026-06-22",
    "new_end_date": "2026-08-16",
}

VERDICTS = {
    "pass": "everything arrived",
    "warn": "everything arrived; some assets need a review",
    "fail": "some assets are missing or wrong",
}

ROWS_SHOWN = 12


def main() -> int:
    """Run the demo, and return the exit code."""
    return run_in_stack(FOLDER, run_demo)


def run_demo(display: Display, stack: LocalStack) -> None:
    """Copy, reconcile, plan the repair, and print what happened.

    :param display: Where to print.
    :param stack: The running Airflow and Canvas.
    """
    api = stack.airflow.api
    for dag_id in (COPY, RECONCILIATION, REPAIR):
        display.wait_for(f"DAG {dag_id}")
        api.wait_for_dag(dag_id)
    if stack.database.exists():
        repeat_last_copy(display, stack)
    copied, follower = copy(display, api)
    reconciled = reconcile(display, api)
    planned = plan_repair(display, api, reconciled)
    display.wait_for("")
    show_copy(display, copied, follower)
    show_assets(display, stack, reconciled)
    show_stale_links(display, stack, reconciled, planned)
    show_places(display, stack, reconciled)


def repeat_last_copy(display: Display, stack: LocalStack) -> None:
    """Repeat the copy of the last demo, because the local Canvas keeps nothing when it stops.

    :param display: Where to print.
    :param stack: The running Airflow and Canvas.
    """
    display.wait_for("repeating the last demo's copy in the local Canvas")
    dates = {f"date_shift_options[{name}]": value for name, value in PARAMETERS.items() if name.endswith("_date")}
    requests.post(
        f"{stack.canvas.url}/api/v1/courses/{PARAMETERS['destination_course_id']}/content_migrations",
        {
            "migration_type": "course_copy_importer",
            "settings[source_course_id]": PARAMETERS["source_course_id"],
            "date_shift_options[shift_dates]": "true",
            **dates,
        },
        headers={"Authorization": f"Bearer {stack.canvas.token}"},
        timeout=30,
    ).raise_for_status()
    stack.canvas.control("POST", "clock", {"advance": 60})
    display.say("the local Canvas has the copy of the last demo; this demo copies into the same course again")


def copy(display: Display, api: AirflowApi) -> tuple[Json, TaskFollower]:
    """Trigger the copy and follow it, and return the task's result and its follower.

    :param display: Where to print.
    :param api: The Airflow.
    """
    run_id = api.trigger(COPY, PARAMETERS)
    display.say(f"triggered {COPY} with")
    display.facts((f"           {name}", value) for name, value in PARAMETERS.items())
    follower = TaskFollower(api, display, COPY, run_id, "copy_course")
    display.wait_for("copying")
    api.wait_for_run(COPY, run_id, meanwhile=follower.poll)
    return api.xcom(COPY, run_id, "copy_course"), follower


def reconcile(display: Display, api: AirflowApi) -> Json:
    """Wait for the run that the copy's asset event starts, and return its result.

    :param display: Where to print.
    :param api: The Airflow.
    """
    display.wait_for("waiting for the asset event")
    run_id = api.wait_for_new_run(RECONCILIATION)
    display.say(f"the asset event started {RECONCILIATION}")
    display.wait_for("comparing both courses")
    api.wait_for_run(RECONCILIATION, run_id)
    display.say("the reconciliation is complete")
    result: Json = api.xcom(RECONCILIATION, run_id, "reconcile", map_index=0)
    return result


def plan_repair(display: Display, api: AirflowApi, reconciled: Json) -> Json:
    """Trigger a dry run of the repair, which sends nothing to Canvas but reads, and return its result.

    :param display: Where to print.
    :param api: The Airflow.
    :param reconciled: The result of the reconciliation task.
    """
    batch = f"content_migration {reconciled['content_migration_id']}"
    run_id = api.trigger(REPAIR, {"batch": batch, "dry_run": True})
    display.say(f"triggered {REPAIR} as a dry run")
    display.wait_for("planning the repair of links")
    api.wait_for_run(REPAIR, run_id)
    result: Json = api.xcom(REPAIR, run_id, "plan")
    return result


def show_copy(display: Display, copied: Json, follower: TaskFollower) -> None:
    """Print how the copy ended, and the issues that Canvas raised.

    :param display: Where to print.
    :param copied: The result of the copy task.
    :param follower: The follower of the copy task.
    """
    deferred = follower.seconds_in.get("deferred", 0.0)
    display.heading("The copy")
    display.facts(
        [
            ("content migration", f"{copied['content_migration_id']}: {copied['workflow_state']}"),
            ("task deferred", f"{deferred:.0f} s of {sum(follower.seconds_in.values()):.0f} s"),
        ]
    )
    display.heading("Issues that Canvas raised" if copied["issues"] else "Canvas raised no issues")
    display.facts((issue["issue_type"], issue["description"]) for issue in copied["issues"])


def show_assets(display: Display, stack: LocalStack, reconciled: Json) -> None:
    """Print which assets arrived, and which need a person.

    :param display: Where to print.
    :param stack: The running Airflow and Canvas.
    :param reconciled: The result of the reconciliation task.
    """
    rows = asset_rows(stack, reconciled)
    courses = f"course {reconciled['source_course_id']} into {reconciled['destination_course_id']}"
    display.heading(f"The asset map of {courses}")
    types = (*ASSET_TYPES, *(each for each in UNMAPPED_TYPES if any(row["asset_type"] == each for row in rows)))
    display.table(["Type", "Assets", label(Status.MATCHED), "Others"], [asset_counts(rows, of) for of in types])
    for_review = [row for row in rows if Status(row["status"]).needs_review]
    display.heading(f"Decision: {VERDICTS[reconciled['verdict']]}")
    display.facts(
        [
            ("arrived", f"{reconciled['arrived_assets']} of {reconciled['expected_assets']} expected assets"),
            ("to review", str(len(for_review))),
        ]
    )
    for row in for_review[:ROWS_SHOWN]:
        display.facts(
            [("", f"{label(row['status'])}, {row['asset_type']}: {row['title']}"), ("", f"  {row['detail']}")]
        )


def show_stale_links(display: Display, stack: LocalStack, reconciled: Json, planned: Json) -> None:
    """Print the stale links in the destination, and how a repair would change them.

    :param display: Where to print.
    :param stack: The running Airflow and Canvas.
    :param reconciled: The result of the reconciliation task.
    :param planned: The result of the dry run of the repair.
    """
    rows = link_rows(stack, reconciled)
    display.heading("Links in the destination")
    lines = stale_link_lines(reconciled["stale_links"], reconciled["repairable_links"])
    display.facts(("", line) for line in lines)
    for row in rows[:ROWS_SHOWN]:
        place = f'{PLACES[row["place_type"]]} "{row["place_title"]}"'
        display.facts([("", f"{place}: {row['url']}"), ("", f"  {row['detail']}")])
    display.heading("How a repair would change them")
    display.facts(("", line) for line in planned["text"].splitlines() if line)


def show_places(display: Display, stack: LocalStack, reconciled: Json) -> None:
    """Print where the tables and the report are.

    :param display: Where to print.
    :param stack: The running Airflow and Canvas.
    :param reconciled: The result of the reconciliation task.
    """
    written = reconciled["rows"]
    display.heading("Where the results are")
    display.facts(
        [
            (
                "SQLite",
                f"{relative(stack.database)}, tables canvas_asset_map, canvas_stale_link and canvas_copy_ledger",
            ),
            ("rows", ", ".join(f"{count} {change.replace('_', ' ')}" for change, count in written.items())),
            ("report", relative(Path(reconciled["report_uri"]))),
        ]
    )
    if not (written["inserted"] or written["updated"] or written["removed"]):
        display.console.print("  The same course was copied again: no row changed.")


def asset_counts(rows: Sequence[Mapping[str, Any]], asset_type: str) -> list[str | int]:
    """Return one row of the table.

    :param rows: The rows of the asset map.
    :param asset_type: The asset type of the row.
    """
    statuses = Counter(Status(row["status"]) for row in rows if row["asset_type"] == asset_type)
    matched = statuses.pop(Status.MATCHED, 0)
    others = ", ".join(f"{count} {label(status).lower()}" for status, count in statuses.items())
    return [asset_type, matched + statuses.total(), matched, others]


def label(status: str) -> str:
    """Return the label of a status, in two or three words.

    :param status: The status.
    """
    return Status(status).meaning.label


def asset_rows(stack: LocalStack, reconciled: Json) -> list[Mapping[str, Any]]:
    """Return the rows of the asset map for the reconciled course, those that need a person first.

    :param stack: The running Airflow and Canvas.
    :param reconciled: The result of the reconciliation task.
    """
    query = "SELECT asset_type, status, coalesce(source_title, dest_title) AS title, detail FROM canvas_asset_map"
    rows = rows_of_pair(stack, reconciled, query)
    return sorted(rows, key=lambda row: list(Status).index(Status(row["status"])))


def link_rows(stack: LocalStack, reconciled: Json) -> list[Mapping[str, Any]]:
    """Return the stale links of the reconciled course, in the order of the report.

    :param stack: The running Airflow and Canvas.
    :param reconciled: The result of the reconciliation task.
    """
    query = "SELECT place_type, place_title, ordinal, problem, url, detail FROM canvas_stale_link"
    order = list(PROBLEMS)
    rows = rows_of_pair(stack, reconciled, query)
    return sorted(rows, key=lambda row: (order.index(row["problem"]), row["place_type"], row["ordinal"]))


def rows_of_pair(stack: LocalStack, reconciled: Json, query: str) -> list[Mapping[str, Any]]:
    """Return the rows of a table about the reconciled pair of courses.

    :param stack: The running Airflow and Canvas.
    :param reconciled: The result of the reconciliation task.
    :param query: The query, without its condition.
    """
    names = ("canvas_instance", "destination_course_id", "source_course_id")
    condition = " WHERE canvas_instance = ? AND dest_course_id = ? AND source_course_id = ?"
    with closing(sqlite3.connect(stack.database)) as database:
        database.row_factory = sqlite3.Row
        return [dict(row) for row in database.execute(query + condition, [reconciled[name] for name in names])]


if __name__ == "__main__":
    sys.exit(main())
