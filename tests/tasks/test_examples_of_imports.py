"""The example DAGs about imports run against a local Canvas, with the results that they document."""

from __future__ import annotations

import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("airflow.sdk", reason="the examples are written for Airflow 3")

from airflow.providers.common.compat.sdk import AirflowFailException
from canvas_emulator.model.content import Module, Page
from canvas_emulator.model.world import World

from tests.support.dag_files import dags_in
from tests.support.package_imports import cartridge, run_to_the_end
from tests.support.task_attempt import Attempt

__all__ = ["cartridge"]  # fixture

ROOT = Path(__file__).parents[2]


def example(name: str) -> Any:
    return dags_in(ROOT / "dags_examples" / f"{name}.py")[name]


def run(task: Any, params: dict[str, Any], attempt: Attempt | None = None) -> Any:
    """Run a task of an example DAG to its end, through its deferrals, and return its result.

    :param task: The task.
    :param params: The values of the form.
    :param attempt: The attempt; by default a new one.
    """
    attempt, task.poll_interval = attempt or Attempt(), 0.1
    attempt.params = params
    task.render_template_fields(attempt.context(task))
    return run_to_the_end(lambda: task, attempt)


def test_importing_packages(connection: str, world: World, cartridge: bytes, tmp_path: Path) -> None:
    """Each package of the table is imported into its course, and the issues of all are classified."""
    (tmp_path / "biology.imscc").write_bytes(cartridge)
    dag = example("canvas_package_import")
    table = [{"package": "biology.imscc", "course_id": f"sis_course_id:BIOL-1010-00{n}"} for n in (1, 3)]
    params = {**dag.params.dump(), "folder": f"{tmp_path}/", "table": table}
    rows, import_package, triage = (dag.get_task(name) for name in ("rows", "import_package", "triage_issues"))
    assert triage.upstream_task_ids == {"import_package"}
    count = dag.get_task("count")
    assert (count.upstream_task_ids, count.trigger_rule) == ({"import_package"}, "all_success")
    attempts = [Attempt(), Attempt()]
    tasks = [import_package.unmap(row) for row in rows.python_callable(params)]
    results = [run(task, params, attempt) for task, attempt in zip(tasks, attempts, strict=True)]
    assert [result["course_id"] for result in results] == [2001, 2003]
    assert count.python_callable(results) == 2
    assert all(len(world.live(Page, course_id)) > 10 for course_id in (2001, 2003))
    triage.content_migrations = [attempt.xcom["content_migration"] for attempt in attempts]
    triaged = triage.execute(Attempt().context(triage))
    assert triaged["content_migrations"] == 2
    assert sum(triaged["class_counts"].values()) == sum(sum(result["issue_counts"].values()) for result in results)


def test_broken_package(connection: str, world: World, cartridge: bytes, tmp_path: Path) -> None:
    """The issues of a failed import are collected, too, because the task stores its ids before it fails."""
    (tmp_path / "biology.imscc").write_bytes(cartridge)
    with zipfile.ZipFile(tmp_path / "broken.imscc", "w") as package:
        package.writestr("imsmanifest.xml", "<manifest><metadata><schema>ADL SCORM</schema></metadata></manifest>")
    dag = example("canvas_package_import")
    table = [{"package": "broken.imscc", "course_id": 2001}, {"package": "biology.imscc", "course_id": 2003}]
    params = {**dag.params.dump(), "folder": str(tmp_path), "table": table}
    rows, import_package, triage = (dag.get_task(name) for name in ("rows", "import_package", "triage_issues"))
    broken, fine = (import_package.unmap(row) for row in rows.python_callable(params))
    attempts = [Attempt(), Attempt()]
    with pytest.raises(AirflowFailException, match="into course 2001 failed"):
        run(broken, params, attempts[0])
    result = run(fine, params, attempts[1])
    assert triage.content_migrations.key == "content_migration"
    triage.content_migrations = [attempt.xcom["content_migration"] for attempt in attempts]
    triaged = triage.execute(Attempt().context(triage))
    assert triaged["content_migrations"] == 2
    assert triaged["class_counts"]
    assert sum(triaged["issue_counts"].values()) >= sum(result["issue_counts"].values())


def test_empty_table(connection: str, world: World) -> None:
    """Without imports there are no issues, and the task succeeds."""
    triage = example("canvas_package_import").get_task("triage_issues")
    triage.content_migrations = []
    assert triage.execute(Attempt().context(triage))["issue_counts"] == {}


def test_selective_copy(connection: str, world: World) -> None:
    """The default form copies one module, with its pages, and the syllabus."""
    dag = example("canvas_selective_copy")
    result = run(dag.get_task("copy_selected"), dag.params.dump())
    assert set(result["selected"]) == {"context_modules", "syllabus_body"}
    assert (
        sorted(module.title for module in world.live(Module, 2001)) == result["selected"]["context_modules"]["titles"]
    )
    assert world.tables.courses[2001].syllabus_body


def test_selection_of_copies_to_reconcile(monkeypatch: pytest.MonkeyPatch) -> None:
    """Announced copies of whole courses, and of parts selected by id, are reconciled; other imports are not."""
    copies = example("canvas_asset_reconciliation").get_task("copies").python_callable
    copy = {"content_migration_id": 1, "destination_course_id": 2001, "source_course_id": 1010}
    part = {**copy, "content_migration_id": 2, "select": {"pages": [1]}}
    package = {"content_migration_id": 3, "destination_course_id": 2001}
    chosen = {**copy, "content_migration_id": 4, "selective_import": True}
    events = [SimpleNamespace(extra=extra) for extra in (copy, copy, part, package, chosen)]
    context = {"params": {"content_migration_id": None}, "triggering_asset_events": {"course": events}}
    monkeypatch.setitem(copies.__globals__, "get_current_context", lambda: context)
    assert copies() == [{**copy, "select": None}, part]
