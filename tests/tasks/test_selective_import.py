"""Importing a part: what is meant is found and sent, once, and nothing is imported by accident."""

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
from tests.support.package_imports import cartridge, run_to_the_end, sent
from tests.support.task_attempt import HAS_STORE, Attempt, deferred, fired, rendered, resumed

__all__ = ["cartridge"]  # fixture

COURSE = 2001
WELCOME = "Welcome to BIOL 1010"
PUT = {"path": r"/content_migrations/\d+$", "method": "PUT"}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replica_lag, "PAUSES", (0.1, 0.2))


@pytest.fixture
def package(cartridge: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "biology.imscc"
    path.write_bytes(cartridge)
    return path


def importing(**said: Any) -> CanvasSelectiveImportOperator:
    source = {} if "package" in said else {"source_course_id": "sis_course_id:TMPL-BIOL1010"}
    return CanvasSelectiveImportOperator(
        **{
            "task_id": "import_selected",
            "course_id": "sis_course_id:BIOL-1010-001",
            "choose": {"pages": [WELCOME]},
            "deferrable": True,
            "poll_interval": 0.1,
            "fail_on_issues": None,
            **source,
            **said,
        }
    )


def of_package(package: Path, **said: Any) -> CanvasSelectiveImportOperator:
    return importing(package=package, migration_type="canvas_cartridge_importer", **said)


def arrived(world: World, kind: Any = Page) -> list[str]:
    with world.lock:
        return sorted(row.title for row in world.live(kind, COURSE))


def nothing_arrived(world: World) -> bool:
    return not any(arrived(world, kind) for kind in (Page, Assignment, Module, Quiz))


@pytest.mark.parametrize("deferrable", [True, False])
def test_a_part_of_a_package(connection: str, world: World, package: Path, deferrable: bool) -> None:
    """It is converted, chosen from, imported; nothing but the chosen page is there, and the result says so."""
    result = run_to_the_end(lambda: of_package(package, deferrable=deferrable), Attempt())
    assert result["workflow_state"] == "completed"
    assert result["selected"] == {"wiki_pages": {"count": 1, "titles": [WELCOME]}}
    assert arrived(world) == [WELCOME]
    assert arrived(world, Module) == []
    assert len(sent(world, "PUT")) == 1
    assert len(json.dumps(result)) < 4096


@pytest.mark.parametrize("deferrable", [True, False])
def test_a_part_of_a_course(connection: str, world: World, deferrable: bool) -> None:
    """A copy waits at once, and has no Progress until it is told what to copy."""
    result = run_to_the_end(lambda: importing(deferrable=deferrable), Attempt())
    assert (result["workflow_state"], result["source_course_id"]) == ("completed", 1010)
    assert arrived(world) == [WELCOME]
    assert arrived(world, Module) == []
    assert len(sent(world, "PUT")) == 1


def test_two_deferrals(connection: str, world: World, package: Path) -> None:
    """The first waits for the choice, the second for the end, with the same deadline."""
    world.settings.change({"import_seconds": 1.2})
    attempt = Attempt()
    first = deferred(of_package(package), attempt)
    assert first.trigger.ids["until"] == ["waiting_for_select", "completed"]
    event = asyncio.run(fired(first))
    assert event["workflow_state"] == "waiting_for_select"
    assert nothing_arrived(world)
    with pytest.raises(TaskDeferred) as deferral:
        resumed(of_package(package), first, event, attempt)
    second = deferral.value
    assert "until" not in second.trigger.ids
    assert second.trigger.deadline == first.trigger.deadline
    result = resumed(of_package(package), second, asyncio.run(fired(second)), attempt)
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
def test_ways_to_say_it(connection: str, world: World, choose: Any, kind: Any, some: str) -> None:
    """Both spellings of types; titles, patterns or all; also as text that a template made."""
    result = run_to_the_end(lambda: importing(choose=choose), Attempt())
    found = arrived(world, kind)
    assert any(title.startswith(some) for title in found)
    assert result["selected"]


def test_a_function_chooses(connection: str, world: World) -> None:
    """It gets the tree with all items, and returns properties."""

    def welcoming(tree: Any) -> Iterable[str]:
        (pages,) = [node for node in tree if node["type"] == "wiki_pages"]
        assert len(pages["sub_items"]) == pages["count"]
        return [node["property"] for node in pages["sub_items"] if "Welcome" in node["title"]]

    result = run_to_the_end(lambda: importing(choose=None, choose_callable=welcoming), Attempt())
    assert result["selected"] == {"wiki_pages": {"count": 1, "titles": [WELCOME]}}
    assert arrived(world) == [WELCOME]


@pytest.mark.parametrize(
    ("choose", "words"),
    [
        (
            {"pages": ["Welcome to BIOL 2020"]},
            r"No match for wiki_pages 'Welcome to BIOL 2020' \(available: .*'Lab safety'",
        ),
        (
            {"groups": True},
            r"No match for groups \(available: none\)\. Available types: course_settings.*context_modules \(",
        ),
        (lambda tree: [], "choose_callable returned nothing"),
        (lambda tree: ["copy[everything]"], r"choose_callable returned 'copy\[everything\]', which is not a property"),
    ],
)
def test_what_matches_nothing(connection: str, world: World, choose: Any, words: str) -> None:
    """The task fails with what there is; nothing is sent, nothing imported, and no other migration is held up."""
    chosen = {"choose": None, "choose_callable": choose} if callable(choose) else {"choose": choose}
    with pytest.raises(
        AirflowFailException, match=rf"{words}.*Nothing was imported: content_migration \d+ still waits"
    ):
        run_to_the_end(lambda: importing(**chosen), Attempt())
    assert not sent(world, "PUT")
    assert nothing_arrived(world)
    result = run_to_the_end(importing, Attempt(run_id="manual__2"))
    assert result["workflow_state"] == "completed"


@pytest.mark.parametrize(
    ("said", "words"),
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
def test_nonsense_is_refused_before_anything_is_sent(
    connection: str, world: World, said: dict[str, Any], words: str
) -> None:
    """With what to write instead."""
    task = rendered(importing, **said)
    with pytest.raises(AirflowFailException, match=re.escape(words)):
        task.execute(Attempt().context(task))
    assert not world.requests


def test_a_zip_cannot_be_chosen_from(connection: str, world: World, package: Path) -> None:
    """Canvas would import all of it."""
    task = importing(package=package, migration_type="zip_file_importer", settings={"folder_id": 1})
    with pytest.raises(AirflowFailException, match="would import everything"):
        task.execute(Attempt().context(task))
    assert not world.requests


def test_an_upload_that_begins_anew(
    connection: str, emulator: EmulatorServer, world: World, package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The migration still halts before it imports: what is sent again says so again."""
    said = {"conn_type": "canvas", "host": emulator.url, "password": emulator.token, "extra": {"retry_for": 0.2}}
    monkeypatch.setenv("AIRFLOW_CONN_CANVAS_DEFAULT", json.dumps(said))
    world.faults.rules.append(Rule("^/(files_api|canvas-files|files)$", method="POST", times=None, status=503))
    store = Attempt().store
    with pytest.raises(CanvasError, match="a retry of this task does that"):
        deferred(of_package(package), Attempt(store=store))
    world.faults.clear()
    run_to_the_end(lambda: of_package(package), Attempt(store=store, try_number=2))
    assert arrived(world) == [WELCOME]
    assert len(world.migrations_of(COURSE)) == 1


def test_somebody_else_chose(connection: str, world: World, package: Path, emulator: EmulatorServer) -> None:
    """What was chosen on Canvas's page is imported; the task takes it, and does not say that it was its own choice."""
    attempt = Attempt()
    waiting = deferred(of_package(package), attempt)
    asyncio.run(fired(waiting))
    ids = {name: waiting.trigger.ids[name] for name in ("course_id", "content_migration_id")}
    with CanvasClient(Settings(emulator.url, emulator.token)) as canvas:
        canvas.content_migrations.update(**ids, copy=["copy[all_quizzes]"])
    result = run_to_the_end(lambda: of_package(package), Attempt(store=attempt.store, try_number=2))
    assert (result["workflow_state"], result["selected"]) == ("completed", None)
    assert arrived(world) == []


def test_rendering(connection: str) -> None:
    """A dict's texts are templates; a function is kept: Airflow would call one that it finds in a template."""
    task = importing(choose={"modules": ["{{ params.week }}*"]})
    attempt = Attempt(params={"week": "Week 1"})
    task.render_template_fields(attempt.context(task))
    assert task.choose == {"modules": ["Week 1*"]}
    choose: Any = len
    task = importing(choose=None, choose_callable=choose)
    task.render_template_fields(attempt.context(task))
    assert task.choose_callable is choose


@pytest.mark.parametrize("with_store", [True, False])
def test_a_retry_before_the_choice(connection: str, world: World, package: Path, with_store: bool) -> None:
    """It adopts the migration, and chooses."""
    store = Attempt().store if with_store else None
    deferred(of_package(package), Attempt(store=store))
    result = run_to_the_end(lambda: of_package(package), Attempt(store=store, try_number=2))
    assert result["selected"]
    assert arrived(world) == [WELCOME]
    assert (len(world.migrations_of(COURSE)), len(sent(world, "PUT"))) == (1, 1)


@pytest.mark.parametrize("with_store", [True, False])
def test_a_retry_when_the_package_is_gone(connection: str, world: World, package: Path, with_store: bool) -> None:
    """It needs no file to choose from a migration that has it."""
    store = Attempt().store if with_store else None
    deferred(of_package(package), Attempt(store=store))
    package.unlink()
    assert run_to_the_end(lambda: of_package(package), Attempt(store=store, try_number=2))["selected"]
    assert arrived(world) == [WELCOME]
    assert len(world.migrations_of(COURSE)) == 1


@pytest.mark.parametrize("with_store", [True, False])
@pytest.mark.parametrize("how_late", ["importing", "completed"])
def test_a_retry_after_the_choice(connection: str, world: World, with_store: bool, how_late: str) -> None:
    """It adopts the migration and only waits; what was chosen it knows from the store."""
    world.settings.change({"copy_seconds": 1.5})
    store = Attempt().store if with_store else None
    waiting = deferred(importing(), Attempt(store=store))  # a copy is chosen from before the first deferral
    if how_late == "completed":
        asyncio.run(fired(waiting))
    result = run_to_the_end(importing, Attempt(store=store, try_number=2))
    assert result["workflow_state"] == "completed"
    assert arrived(world) == [WELCOME]
    assert (len(world.migrations_of(COURSE)), len(sent(world, "PUT"))) == (1, 1)
    known = {"wiki_pages": {"count": 1, "titles": [WELCOME]}}
    assert result["selected"] == (known if with_store and HAS_STORE else None)


@pytest.mark.parametrize("action", [Action.DROP, Action.DROP_AFTER], ids=str)
def test_the_answer_to_the_choice_is_lost(connection: str, world: World, action: Action) -> None:
    """One looks whether it was taken; if not, a retry chooses again, on the same migration."""
    world.faults.rules.append(Rule(**PUT, action=action))
    store = Attempt().store
    if action is Action.DROP:
        with pytest.raises(CanvasTransportError):
            run_to_the_end(importing, Attempt(store=store))
    result = run_to_the_end(importing, Attempt(store=store, try_number=2 if action is Action.DROP else 1))
    assert result["selected"]["wiki_pages"]["count"] == 1
    assert arrived(world) == [WELCOME]
    assert len(world.migrations_of(COURSE)) == 1


def test_a_replica_that_lags(connection: str, world: World) -> None:
    """Canvas may not know for a moment what it was just sent."""
    world.faults.rules.append(Rule(r"/content_migrations/\d+$", method="GET", status=404, skip=1, times=1))
    assert run_to_the_end(importing, Attempt())["workflow_state"] == "completed"


@pytest.mark.parametrize("of_a_package", [True, False])
def test_an_import_that_fails(connection: str, world: World, package: Path, of_a_package: bool) -> None:
    """While a package is converted, before the choice; or while a course is copied, after it. A retry begins anew."""
    world.faults.migrations.append(MigrationFault(Fault.FAILS, stage=1))
    store = Attempt().store

    def make() -> Any:
        return of_package(package) if of_a_package else importing()

    with pytest.raises(CanvasJobError, match=rf"content_migration \d+ into course {COURSE} failed"):
        run_to_the_end(make, Attempt(store=store))
    assert run_to_the_end(make, Attempt(store=store, try_number=2))["selected"]
    assert len(world.migrations_of(COURSE)) == 2


def test_being_killed(connection: str, world: World, package: Path) -> None:
    """While it is converted its Progress is cancelled, and while it is imported again."""
    world.settings.change({"import_seconds": 60, "copy_seconds": 60})
    first = deferred(of_package(package), Attempt())
    asyncio.run(first.trigger.on_kill())
    assert sent(world)[-1].endswith("/cancel")
    second = deferred(importing(course_id="sis_course_id:BIOL-1010-003"), Attempt(run_id="manual__2"))
    asyncio.run(second.trigger.on_kill())
    assert sum(path.endswith("/cancel") for path in sent(world)) == 2


def test_the_log(connection: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What was chosen is a tree that one can read."""
    task = importing(choose={"modules": ["Week 1*"], "pages": [WELCOME], "course_settings": True}, deferrable=False)
    task.execute(Attempt().context(task))
    out = capsys.readouterr().out
    assert re.search(r"selected\nModules: \d+ of \d+\n    Week 1.*\n", out)
    assert re.search(rf"Pages: 1 of \d+\n    {WELCOME}\nCourse Settings", out)
