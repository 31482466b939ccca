"""``CanvasSelectiveImportOperator`` imports the chosen part of a course or package once, and nothing else."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from airflow.exceptions import TaskDeferred
from airflow.providers.common.compat.sdk import AirflowFailException
from canvas_emulator.machines.content_migration import Fault
from canvas_emulator.model.content import Assignment, Module, Page, Quiz
from canvas_emulator.model.faults import Action, MigrationFault, Rule
from canvas_emulator.model.world import World
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.client import replica_lag
from airflow_provider_canvas.client.errors import CanvasError, CanvasJobError, CanvasTransportError
from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.requests_client import CanvasClient
from airflow_provider_canvas.operators.selective_import import CanvasSelectiveImportOperator
from tests.support.package_imports import cartridge, run_to_the_end, sent_paths
from tests.support.task_attempt import HAS_STORE, Attempt, deferred, fired, rendered, resumed

__all__ = ["cartridge"]  # fixture

COURSE = 2001
WELCOME = "Welcome to BIOL 1010"
PUT = {"path": r"/content_migrations/\d+$", "method": "PUT"}


@pytest.fixture(autouse=True)
def _short_replica_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the pauses in which a lagging replica is read again."""
    monkeypatch.setattr(replica_lag, "PAUSES", (0.1, 0.2))


@pytest.fixture
def package(cartridge: bytes, tmp_path: Path) -> Path:
    """Write a course package to a file."""
    path = tmp_path / "biology.imscc"
    path.write_bytes(cartridge)
    return path


def import_task(**arguments: Any) -> CanvasSelectiveImportOperator:
    """Return an operator that imports one page of the template; keyword arguments replace its own."""
    source = {} if "package" in arguments else {"source_course_id": "sis_course_id:TMPL-BIOL1010"}
    return CanvasSelectiveImportOperator(
        **{
            "task_id": "import_selected",
            "course_id": "sis_course_id:BIOL-1010-001",
            "choose": {"pages": [WELCOME]},
            "deferrable": True,
            "poll_interval": 0.1,
            "fail_on_issues": None,
            **source,
            **arguments,
        }
    )


def import_from_package(package: Path, **arguments: Any) -> CanvasSelectiveImportOperator:
    """Return an operator that imports one page of a package."""
    return import_task(package=package, migration_type="canvas_cartridge_importer", **arguments)


def imported_titles(world: World, kind: Any = Page) -> list[str]:
    """Return the titles of the course's pages, or of other assets."""
    with world.lock:
        return sorted(row.title for row in world.live(kind, COURSE))


def nothing_imported(world: World) -> bool:
    """Return whether the course has no content."""
    return not any(imported_titles(world, kind) for kind in (Page, Assignment, Module, Quiz))


@pytest.mark.parametrize("deferrable", [True, False])
def test_part_of_a_package(connection: str, world: World, package: Path, deferrable: bool) -> None:
    """Only the chosen page of a package is imported, and the result lists it."""
    result = run_to_the_end(lambda: import_from_package(package, deferrable=deferrable), Attempt())
    assert result["workflow_state"] == "completed"
    assert result["selected"] == {"wiki_pages": {"count": 1, "titles": [WELCOME]}}
    assert imported_titles(world) == [WELCOME]
    assert imported_titles(world, Module) == []
    assert len(sent_paths(world, "PUT")) == 1
    assert len(json.dumps(result)) < 4096


@pytest.mark.parametrize("deferrable", [True, False])
def test_part_of_a_course(connection: str, world: World, deferrable: bool) -> None:
    """Only the chosen page of a course is copied, with one selection request."""
    result = run_to_the_end(lambda: import_task(deferrable=deferrable), Attempt())
    assert (result["workflow_state"], result["source_course_id"]) == ("completed", 1010)
    assert imported_titles(world) == [WELCOME]
    assert imported_titles(world, Module) == []
    assert len(sent_paths(world, "PUT")) == 1


def test_two_deferrals(connection: str, world: World, package: Path) -> None:
    """The first deferral waits for the selection, the second for the end, with the same deadline."""
    world.settings.change({"import_seconds": 1.2})
    attempt = Attempt()
    first = deferred(import_from_package(package), attempt)
    assert first.trigger.ids["until"] == ["waiting_for_select", "completed"]
    event = asyncio.run(fired(first))
    assert event["workflow_state"] == "waiting_for_select"
    assert nothing_imported(world)
    with pytest.raises(TaskDeferred) as deferral:
        resumed(import_from_package(package), first, event, attempt)
    second = deferral.value
    assert "until" not in second.trigger.ids
    assert second.trigger.deadline == first.trigger.deadline
    result = resumed(import_from_package(package), second, asyncio.run(fired(second)), attempt)
    assert result["selected"]["wiki_pages"]["count"] == 1


@pytest.mark.parametrize(
    ("choose", "kind", "some"),
    [
        ({"modules": ["Week 1*"]}, Module, "Week 1"),
        ('{"modules": ["Week 1*"]}', Module, "Week 1"),
        ({"modules": True, "pages": False, "quizzes": []}, Module, "Week 1"),
        ({"assignments": ["*"]}, Assignment, ""),
        ({"assignment_groups": ["*"]}, Assignment, ""),
    ],
)
def test_forms_of_choose(connection: str, world: World, choose: Any, kind: Any, some: str) -> None:
    """``choose`` takes both spellings of types, titles, patterns or True, also as text from a template."""
    result = run_to_the_end(lambda: import_task(choose=choose), Attempt())
    titles = imported_titles(world, kind)
    assert any(title.startswith(some) for title in titles)
    assert result["selected"]


def test_choose_callable(connection: str, world: World) -> None:
    """``choose_callable`` gets the tree of all items, and returns properties."""

    def welcome_pages(tree: Any) -> Iterable[str]:
        (pages,) = [node for node in tree if node["type"] == "wiki_pages"]
        assert len(pages["sub_items"]) == pages["count"]
        return [node["property"] for node in pages["sub_items"] if "Welcome" in node["title"]]

    result = run_to_the_end(lambda: import_task(choose=None, choose_callable=welcome_pages), Attempt())
    assert result["selected"] == {"wiki_pages": {"count": 1, "titles": [WELCOME]}}
    assert imported_titles(world) == [WELCOME]


@pytest.mark.parametrize(
    ("choose", "message"),
    [
        (
            {"pages": ["Welcome to BIOL 2020"]},
            r"No match for pages 'Welcome to BIOL 2020' \(available: .*'Lab safety'",
        ),
        (
            {"groups": True},
            r"No match for groups \(available: none\)\. Available types: course_settings.*, modules \(",
        ),
        (lambda tree: [], "choose_callable returned nothing"),
        (lambda tree: ["copy[everything]"], r"choose_callable returned 'copy\[everything\]', which is not a property"),
    ],
)
def test_choice_without_a_match(connection: str, world: World, choose: Any, message: str) -> None:
    """The error lists the available content; nothing is imported, and later migrations are not blocked."""
    chosen = {"choose": None, "choose_callable": choose} if callable(choose) else {"choose": choose}
    with pytest.raises(
        AirflowFailException, match=rf"{message}.*Nothing was imported\. content_migration \d+ .* waits for its sel"
    ):
        run_to_the_end(lambda: import_task(**chosen), Attempt())
    assert not sent_paths(world, "PUT")
    assert nothing_imported(world)
    result = run_to_the_end(import_task, Attempt(run_id="manual__2"))
    assert result["workflow_state"] == "completed"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"choose": {}}, "choose names nothing"),
        ({"choose": None}, "exactly one of choose and choose_callable"),
        ({"choose_callable": len}, "exactly one of choose and choose_callable"),
        ({"choose": ["pages"]}, "choose is ['pages']: write a dict"),
        ({"choose": "pages"}, "choose is the text 'pages'"),
        ({"choose": {"pages": [12]}}, "choose['pages'] holds 12: write titles"),
        ({"migration_type": "common_cartridge_importer"}, "source_course_id is for"),
        ({"if_running": "adopt"}, "Write 'wait' or 'fail'"),
    ],
)
def test_invalid_parameters(connection: str, world: World, arguments: dict[str, Any], message: str) -> None:
    """An invalid parameter fails the task before any request, and the error says what to write instead."""
    task = rendered(import_task, **arguments)
    with pytest.raises(AirflowFailException, match=re.escape(message)):
        task.execute(Attempt().context(task))
    assert not world.requests


def test_zip_file(connection: str, world: World, package: Path) -> None:
    """A zip file fails the task, because Canvas would import all of it."""
    task = import_task(package=package, migration_type="zip_file_importer", settings={"folder_id": 1})
    with pytest.raises(AirflowFailException, match="would import everything"):
        task.execute(Attempt().context(task))
    assert not world.requests


def test_restarted_upload(
    connection: str, emulator: EmulatorServer, world: World, package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the upload is restarted by a retry, the migration still waits for the selection before it imports."""
    fields = {"conn_type": "canvas", "host": emulator.url, "password": emulator.token, "extra": {"retry_for": 0.2}}
    monkeypatch.setenv("AIRFLOW_CONN_CANVAS_DEFAULT", json.dumps(fields))
    world.faults.rules.append(Rule("^/(files_api|canvas-files|files)$", method="POST", times=None, status=503))
    store = Attempt().store
    with pytest.raises(CanvasError, match="a retry of this task does that"):
        deferred(import_from_package(package), Attempt(store=store))
    world.faults.clear()
    run_to_the_end(lambda: import_from_package(package), Attempt(store=store, try_number=2))
    assert imported_titles(world) == [WELCOME]
    assert len(world.migrations_of(COURSE)) == 1


def test_selection_by_a_user(connection: str, world: World, package: Path, emulator: EmulatorServer) -> None:
    """If a user makes the selection in Canvas, it is imported, and the result claims no selection."""
    attempt = Attempt()
    deferral = deferred(import_from_package(package), attempt)
    asyncio.run(fired(deferral))
    ids = {name: deferral.trigger.ids[name] for name in ("course_id", "content_migration_id")}
    with CanvasClient(Settings(emulator.url, emulator.token)) as canvas:
        canvas.content_migrations.update(**ids, copy=["copy[all_quizzes]"])
    result = run_to_the_end(lambda: import_from_package(package), Attempt(store=attempt.store, try_number=2))
    assert (result["workflow_state"], result["selected"]) == ("completed", None)
    assert imported_titles(world) == []


def test_rendering(connection: str) -> None:
    """Text in ``choose`` is rendered; ``choose_callable`` is no template field, because Airflow would call it."""
    task = import_task(choose={"modules": ["{{ params.week }}*"]})
    attempt = Attempt(params={"week": "Week 1"})
    task.render_template_fields(attempt.context(task))
    assert task.choose == {"modules": ["Week 1*"]}
    choose: Any = len
    task = import_task(choose=None, choose_callable=choose)
    task.render_template_fields(attempt.context(task))
    assert task.choose_callable is choose


@pytest.mark.parametrize("with_store", [True, False])
def test_retry_before_the_selection(connection: str, world: World, package: Path, with_store: bool) -> None:
    """A retry before the selection adopts the migration and sends the selection."""
    store = Attempt().store if with_store else None
    deferred(import_from_package(package), Attempt(store=store))
    result = run_to_the_end(lambda: import_from_package(package), Attempt(store=store, try_number=2))
    assert result["selected"]
    assert imported_titles(world) == [WELCOME]
    assert (len(world.migrations_of(COURSE)), len(sent_paths(world, "PUT"))) == (1, 1)


@pytest.mark.parametrize("with_store", [True, False])
def test_retry_without_the_package(connection: str, world: World, package: Path, with_store: bool) -> None:
    """A retry whose package is gone adopts the uploaded migration."""
    store = Attempt().store if with_store else None
    deferred(import_from_package(package), Attempt(store=store))
    package.unlink()
    assert run_to_the_end(lambda: import_from_package(package), Attempt(store=store, try_number=2))["selected"]
    assert imported_titles(world) == [WELCOME]
    assert len(world.migrations_of(COURSE)) == 1


@pytest.mark.parametrize("with_store", [True, False])
@pytest.mark.parametrize("how_late", ["importing", "completed"])
def test_retry_after_the_selection(connection: str, world: World, with_store: bool, how_late: str) -> None:
    """A retry after the selection only waits; its result has the selection if the task state store has it."""
    world.settings.change({"copy_seconds": 1.5})
    store = Attempt().store if with_store else None
    deferral = deferred(import_task(), Attempt(store=store))  # the selection of a copy is sent before the deferral
    if how_late == "completed":
        asyncio.run(fired(deferral))
    result = run_to_the_end(import_task, Attempt(store=store, try_number=2))
    assert result["workflow_state"] == "completed"
    assert imported_titles(world) == [WELCOME]
    assert (len(world.migrations_of(COURSE)), len(sent_paths(world, "PUT"))) == (1, 1)
    selected = {"wiki_pages": {"count": 1, "titles": [WELCOME]}}
    assert result["selected"] == (selected if with_store and HAS_STORE else None)


@pytest.mark.parametrize("action", [Action.DROP, Action.DROP_AFTER], ids=str)
def test_lost_response_to_the_selection(connection: str, world: World, action: Action) -> None:
    """If the selection may be lost, Canvas is checked, and a retry sends it again on the same migration if needed."""
    world.faults.rules.append(Rule(**PUT, action=action))
    store = Attempt().store
    if action is Action.DROP:
        with pytest.raises(CanvasTransportError):
            run_to_the_end(import_task, Attempt(store=store))
    result = run_to_the_end(import_task, Attempt(store=store, try_number=2 if action is Action.DROP else 1))
    assert result["selected"]["wiki_pages"]["count"] == 1
    assert imported_titles(world) == [WELCOME]
    assert len(world.migrations_of(COURSE)) == 1


def test_lagging_replica(connection: str, world: World) -> None:
    """A 404 for the migration is tolerated at first, because Canvas's replica may lag."""
    world.faults.rules.append(Rule(r"/content_migrations/\d+$", method="GET", status=404, skip=1, times=1))
    assert run_to_the_end(import_task, Attempt())["workflow_state"] == "completed"


@pytest.mark.parametrize("of_a_package", [True, False])
def test_failed_import(connection: str, world: World, package: Path, of_a_package: bool) -> None:
    """After a failure before or after the selection, the retry creates a new migration."""
    world.faults.migrations.append(MigrationFault(Fault.FAILS, stage=1))
    store = Attempt().store

    def make() -> Any:
        return import_from_package(package) if of_a_package else import_task()

    with pytest.raises(CanvasJobError, match=rf"content_migration \d+ into course {COURSE} failed"):
        run_to_the_end(make, Attempt(store=store))
    assert run_to_the_end(make, Attempt(store=store, try_number=2))["selected"]
    assert len(world.migrations_of(COURSE)) == 2


def test_being_killed(connection: str, world: World, package: Path) -> None:
    """``on_kill`` cancels the Progress, both of the conversion and of the import."""
    world.settings.change({"import_seconds": 60, "copy_seconds": 60})
    first = deferred(import_from_package(package), Attempt())
    asyncio.run(first.trigger.on_kill())
    assert sent_paths(world)[-1].endswith("/cancel")
    second = deferred(import_task(course_id="sis_course_id:BIOL-1010-003"), Attempt(run_id="manual__2"))
    asyncio.run(second.trigger.on_kill())
    assert sum(path.endswith("/cancel") for path in sent_paths(world)) == 2


def test_log(connection: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The log shows the selection as a tree."""
    task = import_task(choose={"modules": ["Week 1*"], "pages": [WELCOME], "course_settings": True}, deferrable=False)
    task.execute(Attempt().context(task))
    out = capsys.readouterr().out
    assert re.search(r"selected\nModules: \d+ of \d+\n    Week 1.*\n", out)
    assert re.search(rf"Pages: 1 of \d+\n    {WELCOME}\nCourse Settings", out)
