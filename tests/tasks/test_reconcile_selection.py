"""``CanvasReconcileOperator`` with the ``select`` of a partial copy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from airflow.providers.common.compat.sdk import AirflowFailException
from canvas_emulator.model.content import File, Module, Page, Quiz
from canvas_emulator.model.faults import Defect, ImportDefect
from canvas_emulator.model.world import World
from canvas_emulator.seeds.planted import in_a_selection
from canvas_emulator.seeds.planted.changes import Courses, Truth, plant

from airflow_provider_canvas.operators.course_copy import CanvasCourseCopyOperator
from airflow_provider_canvas.operators.legacy_course_copy import CanvasLegacyCourseCopyOperator
from airflow_provider_canvas.operators.reconcile import CanvasReconcileOperator
from tests.support.task_attempt import Attempt

SOURCE, DESTINATION = 1010, 2001


@pytest.fixture
def database(tmp_path: Path, connection: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Add the connection ``reconciliation``, and return the URL of its database."""
    fields = {"conn_type": "sqlite", "host": f"{tmp_path}/canvas.db"}
    monkeypatch.setenv("AIRFLOW_CONN_RECONCILIATION", json.dumps(fields))
    return f"sqlite:///{tmp_path}/canvas.db"


def copy(**arguments: Any) -> int:
    """Copy the source into the destination, and return the migration's id."""
    kind = CanvasLegacyCourseCopyOperator if "only" in arguments else CanvasCourseCopyOperator
    task = kind(
        task_id="copy",
        source_course_id=SOURCE,
        destination_course_id=DESTINATION,
        deferrable=False,
        poll_interval=0.2,
        fail_on_issues=None,
        **arguments,
    )
    migration_id: int = task.execute(Attempt().context(task))["content_migration_id"]
    return migration_id


def reconcile(content_migration_id: int, **arguments: Any) -> dict[str, Any]:
    """Reconcile the copy, and return the task's result."""
    task = CanvasReconcileOperator(
        task_id="reconcile",
        destination_course_id=DESTINATION,
        content_migration_id=content_migration_id,
        sql_conn_id="reconciliation",
        **arguments,
    )
    result: dict[str, Any] = task.execute(Attempt().context(task))
    return result


def statuses(database: str) -> dict[tuple[str, str], str]:
    """Return the status of each asset of the source, by type and id."""
    engine = sqlalchemy.create_engine(database)
    with engine.connect() as sql:
        found = sql.execute(sqlalchemy.text("SELECT asset_type, source_asset_id, status FROM canvas_asset_map"))
        result = {(asset_type, asset_id): status for asset_type, asset_id, status in found if asset_id}
    engine.dispose()
    return result


def test_planted_changes_of_what_came_along(database: str, world: World) -> None:
    """What came along and was deleted in the destination later is reported so, and counts as expected."""
    courses, migrations = Courses(world, SOURCE, DESTINATION), list[int]()
    facts = plant(courses, in_a_selection.CHANGES, lambda: migrations.append(copy(select=courses.selection)))
    result = reconcile(migrations[0], select=courses.selection)
    found = statuses(database)
    expected = {
        Truth.DELETED: "mapped_but_deleted",
        Truth.MATCHED: "matched",
        Truth.NOT_SELECTED: "expected_excluded",
    }
    for fact in facts:
        assert found[fact.asset_type, str(fact.source_id)] == expected[fact.truth], fact
    assert result["expected_assets"] == sum(fact.truth is not Truth.NOT_SELECTED for fact in facts)


@pytest.fixture
def selected_module(world: World) -> tuple[Module, dict[str, Any]]:
    """Add a module with a page that shows a file, and a quiz; return it and the other rows by type."""
    with world.lock:
        courses = Courses(world, SOURCE, DESTINATION)
        module = courses.add(Module, "Selected module")
        file = courses.add(File, "shown.png", size=5, folder_id=courses.folder("week 5"))
        page = courses.add(Page, "Selected page", body=f'<img src="{file.path}/preview">')
        quiz = courses.add(Quiz, "Selected quiz", points_possible=10.0)
        courses.graded(quiz)
        courses.item(page, "Page", module)
        courses.item(quiz, "Quiz", module)
    return module, {"files": file, "pages": page, "quizzes": quiz}


@pytest.mark.parametrize("lost", ["pages", "files", "quizzes"])
def test_what_did_not_come_along_is_missing(
    database: str, world: World, selected_module: tuple[Module, dict[str, Any]], lost: str
) -> None:
    """What a selected module shows, and a file that its page shows, is missing if it did not arrive."""
    module, rows = selected_module
    world.faults.import_defects.append(ImportDefect(lost, rows[lost].title, Defect.NOT_COPIED))
    select = {"modules": [module.id]}
    result = reconcile(copy(select=select), select=select)
    assert statuses(database)[lost, str(rows[lost].id)] == "missing_in_destination"
    assert result["verdict"] == "fail"


def test_bodies_are_read_of_selected_pages_only(
    database: str, world: World, selected_module: tuple[Module, dict[str, Any]]
) -> None:
    """Without further checks one request for each selected page reads its body; a copy of everything needs none."""
    module, _ = selected_module
    select = {"modules": [module.id]}
    reconcile(copy(select=select), select=select, checks=[])
    assert len([request for request in world.requests if "/pages/" in request.path]) == 1
    reconcile(copy(), checks=[])
    assert len([request for request in world.requests if "/pages/" in request.path]) == 1


def test_legacy_copy_of_all_pages(database: str) -> None:
    """``"pages": "all"`` describes a copy with ``only=["wiki_pages"]``: nothing is missing."""
    migration = copy(only=["wiki_pages"])
    result = reconcile(migration, select={"pages": "all"})
    assert result["coverage_percent"] == 100
    assert result["verdict"] != "fail"
    assert reconcile(migration)["verdict"] == "fail"


@pytest.mark.parametrize(
    ("select", "message"),
    [
        ({"page": [12]}, "'page'.*pages"),
        ({"wiki_page": [12]}, "wiki_page"),
        ({"pages": "12"}, r"must be a list of ids, such as \[12, 13\], or 'all', not '12'"),
        ({"pages": "All"}, "must be a list of ids"),
        ({"pages": 12}, "must be a list of ids"),
        ({"pages": {"12": True}}, "must be a list of ids"),
        ({"pages": None}, "must be a list of ids"),
        ({"pages": ["home"]}, "must be a number"),
        ({"pages": [True]}, "pages"),
        ({"pages": [0]}, "pages"),
        ({"pages": []}, "names no asset"),
        ({}, "names no asset"),
        ("{}", "names no asset"),
        ("{'page': [12]}", "'page'"),
        ("[12]", "must be a dict"),
        ("pages", "write a dict"),
    ],
)
def test_mistyped_selection(connection: str, world: World, select: Any, message: str) -> None:
    """A selection that a copy would refuse is refused before anything is requested."""
    with pytest.raises(AirflowFailException, match=message):
        reconcile(77, select=select)
    assert not world.requests


@pytest.mark.parametrize("select", [None, "", "None", "{'pages': 'all'}", '{"pages": ["12"]}'])
@pytest.mark.usefixtures("database")
def test_accepted_selection(connection: str, world: World, select: Any) -> None:
    """A blank selection is none; a template may render a dict as text."""
    with pytest.raises(AirflowFailException, match="content_migration"):
        reconcile(987654321, select=select)
    assert world.requests
