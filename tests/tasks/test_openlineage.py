"""Each operator reports to OpenLineage what it read and wrote, from what it knows anyway."""

from __future__ import annotations

import asyncio
import importlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from airflow.exceptions import TaskDeferred
from canvas_emulator.machines.content_migration import Fault
from canvas_emulator.model.faults import MigrationFault
from canvas_emulator.model.world import World

from airflow_provider_canvas.client.errors import CanvasJobError
from airflow_provider_canvas.operators.base_job import Job
from tests.support.openlineage_events import HAS_LINEAGE_FACET, facets_of
from tests.support.package_imports import cartridge
from tests.support.public_classes import defined_in
from tests.support.task_attempt import Attempt, fired

__all__ = ["cartridge"]

pytest.importorskip("airflow.providers.openlineage")

TEMPLATE, FRESH, USED = 1010, 2001, 2002
LEDGER = ("table canvas_copy_ledger", "table canvas_copy_batch", "table canvas_copy_issue")
RECONCILED = ("table canvas_asset_map", "table canvas_stale_link", "table canvas_copy_ledger")
COPIES = [{"source": TEMPLATE, "destination": FRESH}]


@dataclass(frozen=True)
class Case:
    """A run of an operator, and what it reports.

    :param operator: The class.
    :param arguments: Its arguments; ``{folder}`` stands for a folder of the test, ``{migration}`` for a copy.
    :param inputs: The datasets that it read.
    :param outputs: The datasets that it wrote.
    :param facets: The run facets.
    :param after: Whether the batch ``fall`` was copied, and its copies reconciled, before.
    """

    operator: str
    arguments: Mapping[str, Any]
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    facets: tuple[str, ...] = ()
    after: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.operator


COPY = {"source_course_id": "sis_course_id:TMPL-BIOL1010", "destination_course_id": FRESH, "fail_on_issues": None}
MIGRATION = ("canvas_content_migration",)
BATCH = {"batch": "fall", "sql_conn_id": "warehouse"}

CASES = [
    Case("CanvasCourseCopyOperator", COPY, ("courses/1010",), ("courses/2001",), MIGRATION),
    Case("CanvasLegacyCourseCopyOperator", COPY, ("courses/1010",), ("courses/2001",), MIGRATION),
    Case(
        "CanvasContentMigrationOperator",
        {"course_id": FRESH, "source_course_id": TEMPLATE, "fail_on_issues": None},
        ("courses/1010",),
        ("courses/2001",),
        MIGRATION,
    ),
    Case(
        "CanvasImportPackageOperator",
        {
            "course_id": FRESH,
            "package": "{folder}/book.imscc",
            "migration_type": "canvas_cartridge_importer",
            "fail_on_issues": None,
        },
        ("file book.imscc",),
        ("courses/2001",),
        MIGRATION,
    ),
    Case(
        "CanvasSelectiveImportOperator",
        {"course_id": FRESH, "source_course_id": TEMPLATE, "choose": {"pages": True}, "fail_on_issues": None},
        ("courses/1010",),
        ("courses/2001",),
        MIGRATION,
    ),
    Case(
        "CanvasContentExportOperator",
        {"course_id": TEMPLATE},
        ("courses/1010",),
        ("content_exports/3501",),
        ("canvas_content_export",),
    ),
    Case(
        "CanvasExportToObjectStorageOperator",
        {"course_id": TEMPLATE, "path": "{folder}/course.imscc"},
        ("courses/1010",),
        ("content_exports/3501", "file course.imscc", "file course.imscc.manifest.json"),
        ("canvas_content_export",),
    ),
    Case(
        "CanvasPlanCourseCopiesOperator",
        {**BATCH, "copies": "{folder}/copies.csv", "report_path": "{folder}/plan.html"},
        ("file copies.csv",),
        (*LEDGER, "file plan.html"),
        ("canvas_batch",),
    ),
    Case(
        "CanvasBulkCourseCopyOperator",
        {**BATCH, "copies": COPIES, "fail_if": {}, "report_path": "{folder}/batch.html"},
        ("courses/1010",),
        ("courses/2001", *LEDGER, "file batch.html"),
        ("canvas_batch",),
    ),
    Case(
        "CanvasFindCopiesOperator",
        {**BATCH, "batch": "found", "account_id": 1, "enrollment_term_id": "all"},
        ("accounts/1",),
        LEDGER,
        ("canvas_batch",),
    ),
    Case(
        "CanvasReconcileOperator",
        {
            "source_course_id": TEMPLATE,
            "destination_course_id": FRESH,
            "content_migration_id": "{migration}",
            "sql_conn_id": "warehouse",
            "report_path": "{folder}/course.html",
        },
        ("courses/1010", "courses/2001"),
        (*RECONCILED, "file course.html"),
        ("canvas_reconciliation",),
        after=("CanvasCourseCopyOperator",),
    ),
    Case(
        "CanvasReconcileBatchOperator",
        {**BATCH, "report_path": "{folder}/term.html"},
        ("courses/1010", "courses/2001"),
        (*RECONCILED, "file term.html"),
        ("canvas_reconciliation",),
        after=("CanvasBulkCourseCopyOperator",),
    ),
    Case(
        "CanvasRepairLinksOperator",
        {**BATCH, "dry_run": True, "report_path": "{folder}/repair.html"},
        ("table canvas_stale_link",),
        ("table canvas_link_repair", "file repair.html"),
        ("canvas_repair",),
        after=("CanvasBulkCourseCopyOperator", "CanvasReconcileBatchOperator"),
    ),
    Case(
        "CanvasMigrationIssuesOperator",
        {
            "content_migrations": {"course_id": FRESH, "content_migration_id": "{migration}"},
            "output_path": "{folder}/issues.jsonl",
        },
        ("courses/2001",),
        ("file issues.jsonl",),
        after=("CanvasCourseCopyOperator",),
    ),
    Case(
        "CanvasCreateCourseOperator",
        {"account_id": 1, "course": {"name": "New", "sis_course_id": "BIOL-1010-NEW"}},
        outputs=("courses/new",),
    ),
    Case("CanvasUpdateCourseOperator", {"course_id": FRESH, "course": {"name": "Biology"}}, outputs=("courses/2001",)),
    Case("CanvasDeleteCourseOperator", {"course_id": FRESH}, outputs=("courses/2001",)),
    Case("CanvasResetCourseOperator", {"course_id": FRESH}, outputs=("courses/2001", "courses/new")),
    Case(
        "CanvasBatchUpdateCoursesOperator",
        {"account_id": 1, "course_ids": [FRESH, USED], "event": "offer", "output_path": "{folder}/states.jsonl"},
        outputs=("courses/2001", "courses/2002", "file states.jsonl"),
    ),
    Case("CanvasApiOperator", {"endpoint": "courses.get", "arguments": {"course_id": FRESH}}),
    Case("CanvasProgressSensor", {"progress_id": "{progress}"}, after=("CanvasCourseCopyOperator",)),
    Case(
        "CanvasContentMigrationSensor",
        {"course_id": FRESH, "content_migration_id": "{migration}"},
        after=("CanvasCourseCopyOperator",),
    ),
    Case(
        "CanvasLegacyCourseCopySensor",
        {"course_id": FRESH, "content_migration_id": "{migration}"},
        after=("CanvasCourseCopyOperator",),
    ),
    Case(
        "CanvasContentExportSensor",
        {"course_id": TEMPLATE, "content_export_id": 3501},
        after=("CanvasContentExportOperator",),
    ),
]
BY_NAME = {case.operator: case for case in CASES}


def classes() -> dict[str, str]:
    """Return the module of each operator, sensor and transfer."""
    return {**defined_in("operators"), **defined_in("sensors"), **defined_in("transfers")}


class Lab:
    """A Canvas, a database, and a folder with a package and an input file."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.folder = world, folder

    def run(self, case: Case, **changes: Any) -> Any:
        """Run an operator through its deferrals, each part in a new instance; return the last instance.

        :param changes: Other arguments.
        """
        for name in case.after:
            self.run(BY_NAME[name])
        attempt, module = Attempt(run_id=f"manual__{case.operator}"), importlib.import_module(classes()[case.operator])
        operator = getattr(module, case.operator)
        arguments = {**{name: self.filled(value) for name, value in case.arguments.items()}, **changes}
        waits = {"deferrable": True, "poll_interval": 0.05} if hasattr(operator, "submit") else {}
        if operator.__name__ == "CanvasBulkCourseCopyOperator":
            waits = {"deferrable": True, "poll_interval": 0.05}
        task = operator(task_id="task", **waits, **arguments)
        try:
            task.execute(attempt.context(task))
        except TaskDeferred as deferral:
            current = deferral
        else:
            return task
        while True:
            event = asyncio.run(fired(current))
            self.last = task = operator(task_id="task", **waits, **arguments)
            try:
                getattr(task, current.method_name)(attempt.context(task), event=event, **(current.kwargs or {}))
            except TaskDeferred as deferral:
                current = deferral
            else:
                return task

    def filled(self, value: Any) -> Any:
        """Return an argument with its placeholders replaced."""
        if isinstance(value, dict):
            return {name: self.filled(item) for name, item in value.items()}
        if not isinstance(value, str) or "{" not in value:
            return value
        migrations = self.world.migrations_of(FRESH)
        migration = migrations[-1] if migrations else None
        known = {"migration": migration and migration.id, "progress": migration and migration.progress_id}
        return value.format(folder=self.folder, **known)


@pytest.fixture
def lab(connection: str, world: World, tmp_path: Path, cartridge: bytes, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """Return a lab whose jobs end at once."""
    world.settings.change({"copy_seconds": 0.0, "import_seconds": 0.0, "export_seconds": 0.0, "batch_seconds": 0.0})
    (tmp_path / "book.imscc").write_bytes(cartridge)
    (tmp_path / "copies.csv").write_text(f"source,destination\n{TEMPLATE},{FRESH}\n", encoding="utf-8")
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", json.dumps({"conn_type": "sqlite", "host": f"{tmp_path}/canvas.db"}))
    return Lab(world, tmp_path)


def reported(task: Any) -> dict[str, Any]:
    """Return what a task reports, checked against the classes of the client."""
    return facets_of(task.get_openlineage_facets_on_complete(None))


def short(datasets: list[dict[str, Any]]) -> set[str]:
    """Return datasets as the table names them: a course by its number, or as new."""
    found = set()
    for dataset in datasets:
        namespace, name = dataset["namespace"], dataset["name"]
        if namespace.startswith("canvas://127.0.0.1:"):
            is_new = name.startswith("courses/") and int(name.partition("/")[2]) not in (TEMPLATE, FRESH, USED)
            found.add("courses/new" if is_new else name)
        elif namespace.startswith("sqlite:///"):
            found.add(f"table {name}")
        else:
            assert namespace == "file", dataset
            found.add(f"file {Path(name).name}")
    return found


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_an_operator_reports(lab: Lab, case: Case) -> None:
    """An operator reports its inputs, outputs and run facets, after a resume in another process, without a request."""
    task = lab.run(case)
    with lab.world.lock:
        sent = len(lab.world.requests)
    with mock.patch("airflow_provider_canvas.hooks.canvas.CanvasHook.__init__", side_effect=AssertionError):
        found = reported(task)
    assert (short(found["inputs"]), short(found["outputs"])) == (set(case.inputs), set(case.outputs))
    assert tuple(found["run_facets"]) == case.facets
    with lab.world.lock:
        assert len(lab.world.requests) == sent


def test_the_table_is_complete() -> None:
    """Each operator, sensor and transfer has a row in the table of this test, and in that of the page."""
    page = (Path(__file__).parents[2] / "docs" / "openlineage.md").read_text(encoding="utf-8")
    assert set(BY_NAME) == set(classes())
    assert {name for name in classes() if f"`{name}`" not in page} == set()


def test_a_copy_in_detail(lab: Lab) -> None:
    """A copy that was deferred reports names, SIS ids, the source of the destination, and what Canvas did."""
    found = reported(lab.run(BY_NAME["CanvasCourseCopyOperator"]))
    (source,), (destination,) = found["inputs"], found["outputs"]
    assert source["facets"]["documentation"]["description"] == lab.world.tables.courses[TEMPLATE].name
    (alias,) = source["facets"]["symlinks"]["identifiers"]
    assert (alias["namespace"], alias["name"]) == (source["namespace"], "courses/sis_course_id:TMPL-BIOL1010")
    if HAS_LINEAGE_FACET:
        (copied_from,) = destination["facets"]["lineage"]["inputs"]
        assert (copied_from["namespace"], copied_from["name"]) == (source["namespace"], source["name"])
    facet = found["run_facets"]["canvas_content_migration"]
    (migration,) = lab.world.migrations_of(FRESH)
    assert (facet["content_migration_id"], facet["workflow_state"]) == (migration.id, "completed")
    assert (facet["migration_type"], facet["selective"]) == ("course_copy_importer", False)
    assert facet["issue_counts"]


def test_a_reconciliation_in_detail(lab: Lab) -> None:
    """The tables have their columns and the number of rows that were written."""
    found = reported(lab.run(BY_NAME["CanvasReconcileOperator"]))
    tables = {table["name"]: table for table in found["outputs"] if "schema" in table["facets"]}
    assets = tables["canvas_asset_map"]
    assert assets["outputFacets"]["outputStatistics"]["rowCount"] > 100
    assert {"name": "source_asset_id", "type": "TEXT"}.items() <= assets["facets"]["schema"]["fields"][5].items()
    facet = found["run_facets"]["canvas_reconciliation"]
    assert facet["expected_assets"] >= facet["arrived_assets"] > 100
    assert sum(facet["verdicts"].values()) == 1


@pytest.mark.parametrize("operator", ["CanvasCourseCopyOperator", "CanvasContentMigrationOperator"])
def test_a_failed_copy(lab: Lab, operator: str) -> None:
    """A task that fails after its resume reports its courses, and the state in which Canvas left the migration."""
    lab.world.faults.migrations.append(MigrationFault(Fault.FAILS, stage=4))
    with pytest.raises(CanvasJobError):
        lab.run(BY_NAME[operator])
    found = reported(lab.last)
    assert (short(found["inputs"]), short(found["outputs"])) == ({"courses/1010"}, {"courses/2001"})
    assert found["run_facets"]["canvas_content_migration"]["workflow_state"] == "failed"


def test_an_unchanged_course_is_not_exported(lab: Lab) -> None:
    """A second archive of an unchanged course reports that it read the course, and wrote nothing."""
    case = BY_NAME["CanvasExportToObjectStorageOperator"]
    first, second = reported(lab.run(case)), reported(lab.run(case))
    (archived,) = (each for each in first["outputs"] if each["name"].endswith(".imscc"))
    assert archived["outputFacets"]["outputStatistics"]["size"] == (lab.folder / "course.imscc").stat().st_size
    assert (short(second["inputs"]), second["outputs"]) == ({"courses/1010"}, [])
    assert second["run_facets"]["canvas_content_export"]["exported"] is False


def test_without_the_provider(lab: Lab) -> None:
    """Without the OpenLineage provider, tasks run as before, and report nothing."""
    task = lab.run(BY_NAME["CanvasUpdateCourseOperator"])
    with mock.patch.dict("sys.modules", {"airflow.providers.openlineage.extractors": None}):
        assert task.get_openlineage_facets_on_complete(None) is None


@pytest.mark.parametrize("ids", [{}, {"course_id": 1}, {"content_migration_id": 2}, {"course_id": 1, "newer_id": 3}])
@pytest.mark.usefixtures("connection")
def test_a_stored_job_of_another_version(ids: dict[str, Any]) -> None:
    """The lineage of a job that another version stored fails no task, whatever ids it has."""
    for name in ("CanvasCourseCopyOperator", "CanvasContentExportOperator"):
        task = getattr(importlib.import_module(classes()[name]), name)(task_id="task", **BY_NAME[name].arguments)
        task._note_lineage(Job("content_migration", ids))
        reported(task)


SECRET = "s3cr3t0123456789abcdefghijklmnop"
SIGNED = f"https://files.example/book.imscc?X-Amz-Signature={SECRET}&verifier={SECRET}"


@pytest.mark.parametrize("operator", ["CanvasContentMigrationOperator", "CanvasSelectiveImportOperator"])
def test_a_signed_url_as_source(lab: Lab, operator: str) -> None:
    """A source that is a signed URL is reported without its query."""
    case = BY_NAME[operator]
    cartridge_type = {"migration_type": "canvas_cartridge_importer", "file_url": SIGNED, "source_course_id": None}
    with pytest.raises(CanvasJobError):  # the emulator cannot fetch it
        lab.run(case, **cartridge_type)
    found = reported(lab.last)
    (source,) = found["inputs"]
    assert (source["namespace"], source["name"]) == ("https://files.example", "book.imscc")
    assert SECRET not in json.dumps(found)
