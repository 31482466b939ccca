"""`make demo`: a course copy and its reconciliation in a real Airflow, against a local Canvas, in plain words."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import requests
from airflow_api import AirflowApi, AirflowApiError, Json, WaitError
from console import Display
from follow_run import CopyWatch
from local_airflow import StartError
from local_canvas import CanvasStartError
from local_stack import REPOSITORY, Stage, stage

from airflow_provider_canvas.reconciliation.assets import ASSET_TYPES
from airflow_provider_canvas.reconciliation.statuses import Status

FOLDER = REPOSITORY / ".demo"

COPY = "canvas_course_copy"
RECONCILIATION = "canvas_asset_reconciliation"

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
    "warn": "everything arrived, and some of it wants a look",
    "fail": "something did not arrive as it should",
}

ROWS_SHOWN = 12


def main() -> int:
    """Run the demo; return the exit code."""
    display = Display()
    try:
        with display, stage(FOLDER, report=display.begin) as running:
            tell(display, running)
    except KeyboardInterrupt:
        print("Stopped. Nothing is left running.", file=sys.stderr)
        return 130
    except (StartError, CanvasStartError, WaitError, AirflowApiError) as error:
        print(f"\n{error}\nAll logs are in {FOLDER}.", file=sys.stderr)
        return 1
    display.say("everything has been stopped")
    return 0


def tell(display: Display, running: Stage) -> None:
    """Copy, reconcile, and say what happened."""
    api = running.airflow.api
    display.say(f"Airflow is at {running.airflow.url}, Canvas at {running.canvas.url}")
    for dag_id in (COPY, RECONCILIATION):
        display.wait_for(f"DAG {dag_id}")
        api.wait_for_dag(dag_id)
    if running.database.exists():
        copy_as_before(display, running)
    copied, watch = copy(display, api)
    reconciled = reconcile(display, api)
    display.wait_for("")
    tell_copy(display, copied, watch)
    tell_assets(display, running, reconciled)


def copy_as_before(display: Display, running: Stage) -> None:
    """Make the last demo's copy once more: the local Canvas forgets, and this demo copies into what that one left."""
    display.wait_for("repeating the last demo's copy in the local Canvas")
    dates = {f"date_shift_options[{name}]": value for name, value in PARAMETERS.items() if name.endswith("_date")}
    requests.post(
        f"{running.canvas.url}/api/v1/courses/{PARAMETERS['destination_course_id']}/content_migrations",
        {
            "migration_type": "course_copy_importer",
            "settings[source_course_id]": PARAMETERS["source_course_id"],
            "date_shift_options[shift_dates]": "true",
            **dates,
        },
        headers={"Authorization": f"Bearer {running.canvas.token}"},
        timeout=30,
    ).raise_for_status()
    running.canvas.control("POST", "clock", {"advance": 60})
    display.say("the local Canvas has the last demo's copy; this one goes into the same destination again")


def copy(display: Display, api: AirflowApi) -> tuple[Json, CopyWatch]:
    """Trigger the copy and follow it; return the task's result, and what was seen."""
    run_id = api.trigger(COPY, PARAMETERS)
    display.say(f"triggered {COPY} with")
    display.facts((f"           {name}", value) for name, value in PARAMETERS.items())
    watch = CopyWatch(api, display, COPY, run_id, "copy_course")
    display.wait_for("copying")
    api.wait_for_run(COPY, run_id, meanwhile=watch.look)
    return api.xcom(COPY, run_id, "copy_course"), watch


def reconcile(display: Display, api: AirflowApi) -> Json:
    """Wait for the run that the copy's asset event starts; return its result."""
    display.wait_for("waiting for the asset event")
    run_id = api.wait_for_new_run(RECONCILIATION)
    display.say(f"the asset event started {RECONCILIATION}")
    display.wait_for("comparing both courses")
    api.wait_for_run(RECONCILIATION, run_id)
    display.say("both courses are compared")
    result: Json = api.xcom(RECONCILIATION, run_id, "reconcile", map_index=0)
    return result


def tell_copy(display: Display, copied: Json, watch: CopyWatch) -> None:
    """Say how the copy went, and what Canvas had to say of it."""
    took = datetime.fromisoformat(copied["finished_at"]) - datetime.fromisoformat(copied["started_at"])
    deferred = watch.seconds_in.get("deferred", 0.0)
    display.heading("The copy")
    display.facts(
        [
            ("content migration", f"{copied['content_migration_id']}: {copied['workflow_state']}"),
            ("in Canvas", f"{took.total_seconds():.0f} s"),
            ("task deferred", f"{deferred:.0f} s of {sum(watch.seconds_in.values()):.0f} s"),
        ]
    )
    display.heading("What Canvas raised" if copied["issues"] else "Canvas raised no issue")
    display.facts((issue["issue_type"], issue["description"]) for issue in copied["issues"])


def tell_assets(display: Display, running: Stage, reconciled: Json) -> None:
    """Say what arrived, as the SQLite tables have it, what a person should look at, and where it all lies."""
    rows = asset_rows(running, reconciled)
    courses = f"course {reconciled['source_course_id']} into {reconciled['destination_course_id']}"
    display.heading(f"The asset map of {courses}")
    display.table(["Type", "Assets", label(Status.MATCHED), "Others"], [asset_counts(rows, of) for of in ASSET_TYPES])
    people = [row for row in rows if Status(row["status"]).needs_a_person]
    display.heading(f"Decision: {VERDICTS[reconciled['verdict']]}")
    display.facts(
        [
            ("arrived", f"{reconciled['arrived_assets']} of {reconciled['expected_assets']} expected assets"),
            ("to look at", str(len(people))),
        ]
    )
    for row in people[:ROWS_SHOWN]:
        display.facts(
            [("", f"{label(row['status'])}, {row['asset_type']}: {row['title']}"), ("", f"  {row['detail']}")]
        )
    written = reconciled["rows"]
    display.heading("Where it lies")
    display.facts(
        [
            ("SQLite", f"{shown(running.database)}, tables canvas_asset_map and canvas_copy_ledger"),
            ("rows", ", ".join(f"{count} {what}" for what, count in written.items())),
            ("report", shown(Path(reconciled["report_uri"]))),
        ]
    )
    if not (written["inserted"] or written["updated"] or written["removed"]):
        display.console.print("  Copied into the same destination again: no row changed but for its time stamps.")


def asset_counts(rows: Sequence[Mapping[str, Any]], asset_type: str) -> list[str | int]:
    """Return the table's line for one asset type."""
    statuses = Counter(Status(row["status"]) for row in rows if row["asset_type"] == asset_type)
    matched = statuses.pop(Status.MATCHED, 0)
    others = ", ".join(f"{count} {label(status).lower()}" for status, count in statuses.items())
    return [asset_type, matched + statuses.total(), matched, others]


def label(status: str) -> str:
    """Return a status in two or three words."""
    return Status(status).meaning.label


def shown(path: Path) -> str:
    """Return a path as one would type it here."""
    return os.path.relpath(path)


def asset_rows(running: Stage, reconciled: Json) -> list[Mapping[str, Any]]:
    """Read the reconciled course's rows, those that need a person first."""
    with closing(sqlite3.connect(running.database)) as database:
        database.row_factory = sqlite3.Row
        found = database.execute(
            "SELECT asset_type, status, coalesce(source_title, dest_title) AS title, detail FROM canvas_asset_map"
            " WHERE canvas_instance = ? AND dest_course_id = ? AND source_course_id = ?",
            [reconciled[name] for name in ("canvas_instance", "destination_course_id", "source_course_id")],
        ).fetchall()
    return sorted(map(dict, found), key=lambda row: list(Status).index(Status(row["status"])))


if __name__ == "__main__":
    sys.exit(main())
