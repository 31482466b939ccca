"""The course copy by the deprecated endpoint: the manners of the new one, and its warning."""

from __future__ import annotations

import asyncio
import warnings
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException, AirflowSensorTimeout, AssetAlias
from canvas_emulator.machines.content_migration import Fault
from canvas_emulator.model.content import Assignment, Page
from canvas_emulator.model.faults import Action, MigrationFault, Rule
from canvas_emulator.model.world import World
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.client.errors import CanvasJobError
from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.requests_client import CanvasClient
from airflow_provider_canvas.operators.legacy_course_copy import CanvasLegacyCourseCopyOperator
from airflow_provider_canvas.sensors.legacy_course_copy import CanvasLegacyCourseCopySensor
from tests.support.task_attempt import Attempt, deferred, fired, resumed

COPIES = "/api/v1/courses/2001/course_copy"


@pytest.fixture(autouse=True)
def _quick(world: World) -> None:
    world.settings.change({"copy_seconds": 0.8})


def copy(**said: Any) -> CanvasLegacyCourseCopyOperator:
    return CanvasLegacyCourseCopyOperator(
        **{
            "task_id": "copy_course",
            "retries": 2,  # as the attempts' max_tries says
            "source_course_id": "sis_course_id:TMPL-BIOL1010",
            "destination_course_id": "sis_course_id:BIOL-1010-001",
            "deferrable": True,
            "poll_interval": 0.2,
            **said,
        }
    )


def posted(world: World) -> list[str]:
    return [request.path for request in world.requests if request.method == "POST"]


def to_the_end(attempt: Attempt, **said: Any) -> Any:
    deferral = deferred(copy(**said), attempt)
    return resumed(copy(**said), deferral, asyncio.run(fired(deferral)), attempt)


def test_from_beginning_to_end(connection: str, emulator: EmulatorServer, world: World) -> None:
    """It is asked of the old endpoint, waited for, and its result is that of the other course copy."""
    attempt = Attempt()
    result = to_the_end(attempt, outlets=[AssetAlias("copies")])
    assert posted(world) == [COPIES]
    assert any(request.method == "GET" and request.path.startswith(f"{COPIES}/") for request in world.requests)
    assert (result["source_course_id"], result["destination_course_id"]) == (1010, 2001)
    assert (result["workflow_state"], result["issue_counts"]["warning"]) == ("completed", 1)
    assert attempt.xcom == {
        "canvas_course_imports_url": f"{emulator.url}/courses/2001/content_migrations",
        "content_migration": {"course_id": 2001, "content_migration_id": result["content_migration_id"]},
    }
    ((uri, ids),) = attempt.outlet_events.events
    assert uri.endswith("/courses/2001")
    assert ids["content_migration_id"] == result["content_migration_id"]


def test_in_the_worker_with_the_warning_once(connection: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The log says once that the endpoint is deprecated, and what to use instead."""
    result = copy(deferrable=False).execute(Attempt().context(copy()))
    assert result["workflow_state"] == "completed"
    assert capsys.readouterr().out.count("Canvas deprecates POST courses/:course_id/course_copy") == 1


@pytest.mark.parametrize(
    ("said", "assignments", "pages"),
    [
        ({"only": ["assignments"]}, True, False),
        ({"only": "['assignments']"}, True, False),
        ({"only": "assignments"}, True, False),
        ({"except_": ["assignments", "modules", "quizzes", "topics"]}, False, True),
        ({"only": "", "except_": "None"}, True, True),
    ],
)
def test_kinds_of_content(connection: str, world: World, said: dict[str, Any], assignments: bool, pages: bool) -> None:
    """``only`` and ``except_`` choose, also as text that a template made."""
    task = copy(deferrable=False, **said)
    task.execute(Attempt().context(task))
    with world.lock:
        found = bool(world.live(Assignment, 2001)), bool(world.live(Page, 2001))
    assert found == (assignments, pages)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"only": ["pages"]}, "only 'pages' is not one of"),
        ({"only": ["files"], "except_": ["topics"]}, "exclude each other"),
        ({"only": []}, "only names nothing"),
        ({"old_start_date": "2026-01-12"}, "does not support date_shift_options: use CanvasCourseCopyOperator"),
        ({"select": {"pages": [12]}}, "does not support select"),
        ({"importer_skips": ["visibility_settings"]}, "does not support importer_skips"),
        ({"if_running": "perhaps"}, "if_running"),
        ({"source_course_id": "BIO-1"}, "sis_course_id:"),
    ],
)
def test_nonsense_is_refused_before_anything_is_sent(
    connection: str, world: World, said: dict[str, Any], words: str
) -> None:
    """What only the newer endpoint knows is nonsense here."""
    task = copy()
    for name, value in said.items():
        setattr(task, name, value)
    with pytest.raises(AirflowFailException, match=words):
        task.execute(Attempt().context(task))
    assert not world.requests


@pytest.mark.parametrize("has_store", [True, False])
def test_a_retry_adopts(connection: str, world: World, has_store: bool) -> None:
    """With and without a task state store."""
    attempt = Attempt() if has_store else Attempt(store=None)
    deferred(copy(), attempt)
    assert to_the_end(Attempt(store=attempt.store, try_number=2))["workflow_state"] == "completed"
    assert posted(world) == [COPIES]


def test_a_clear_copies_again(connection: str, world: World) -> None:
    """Where the task remembers what it submitted: the copy itself carries no mark."""
    attempt = Attempt()
    if attempt.store is None:
        pytest.skip("this Airflow has no task state store")
    deferred(copy(), attempt)
    deferred(copy(), Attempt(store=attempt.store, try_number=2, max_tries=3))
    assert posted(world) == [COPIES, COPIES]


def test_a_lost_answer(connection: str, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The copy that Canvas made is found, and none is added."""
    monkeypatch.setattr("airflow_provider_canvas.client.replica_lag.PAUSES", (0.05,))
    world.faults.rules.append(Rule("/course_copy$", Action.DROP_AFTER, method="POST"))
    assert to_the_end(Attempt())["workflow_state"] == "completed"
    with world.lock:
        assert len(world.migrations_of(2001)) == 1


@pytest.mark.parametrize("deferrable", [True, False])
def test_a_copy_that_fails(connection: str, world: World, deferrable: bool) -> None:
    """With Canvas's words, and where to look."""
    world.faults.migrations.append(MigrationFault(Fault.FAILS, stage=4))
    task = copy(deferrable=deferrable)
    run = to_the_end if deferrable else lambda attempt: task.execute(attempt.context(task))
    with pytest.raises(CanvasJobError, match=r"into course 2001 failed: .*unexpected error.*/courses/2001/content_mig"):
        run(Attempt())


def test_a_copy_that_never_ends(connection: str, world: World) -> None:
    """At the deadline its Progress is cancelled, though the old endpoint shows none."""
    world.faults.migrations.append(MigrationFault(Fault.STUCK, stage=4))
    with pytest.raises(AirflowFailException, match=r"did not end within 1 s .*longer timeout"):
        to_the_end(Attempt(), timeout=1)
    assert posted(world)[-1].endswith("/cancel")


def test_being_killed(connection: str, world: World) -> None:
    """Both in the worker and in the triggerer its Progress is cancelled."""
    task = copy()
    deferral = deferred(task, Attempt())
    task.on_kill()
    asyncio.run(deferral.trigger.on_kill())
    assert [path.endswith("/cancel") for path in posted(world)] == [False, True, True]


@pytest.fixture
def started(emulator: EmulatorServer) -> dict[str, Any]:
    """A copy that somebody started by the old endpoint, and has not ended yet."""
    with CanvasClient(Settings(emulator.url, emulator.token)) as client, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        found = client.content_imports.copy_course_content(course_id=2001, source_course=1010)
    return {"course_id": "sis_course_id:BIOL-1010-001", "content_migration_id": found["id"]}


def sensor(**said: Any) -> CanvasLegacyCourseCopySensor:
    return CanvasLegacyCourseCopySensor(**{"task_id": "wait", "deferrable": True, "poke_interval": 0.2, **said})


def test_the_sensor_waits(connection: str, started: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    """First in the worker, then in the triggerer; it warns once."""
    deferral = deferred(sensor(**started), Attempt())
    event = asyncio.run(fired(deferral))
    assert event["status"] == "succeeded"
    assert resumed(sensor(**started), deferral, event, Attempt()) is None
    assert capsys.readouterr().out.count("Canvas deprecates GET") == 1


def test_the_sensor_in_the_worker(connection: str, started: dict[str, Any]) -> None:
    """Without deferral it pokes until the end."""
    task = sensor(**started, deferrable=False)
    task.execute(Attempt().context(task))


def test_the_sensor_and_a_copy_that_fails(connection: str, world: World, emulator: EmulatorServer) -> None:
    """It fails with it, and never cancels anything."""
    world.faults.migrations.append(MigrationFault(Fault.FAILS, stage=2))
    with CanvasClient(Settings(emulator.url, emulator.token)) as client, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        found = client.content_imports.copy_course_content(course_id=2001, source_course=1010)
    task = sensor(course_id=2001, content_migration_id=found["id"], deferrable=False)
    with pytest.raises(CanvasJobError, match=f"course copy {found['id']} ended as failed"):
        task.execute(Attempt().context(task))
    assert not any(path.endswith("/cancel") for path in posted(world))


def test_the_sensor_times_out(connection: str, world: World, started: dict[str, Any]) -> None:
    """As Airflow's sensors do; the copy goes on."""
    world.faults.rules.append(Rule(r"/course_copy/\d+$", Action.DELAY, times=None, seconds=0.1))
    said = {**started, "timeout": 0.3}
    deferral = deferred(sensor(**said), Attempt())
    with pytest.raises(AirflowSensorTimeout, match=r"course copy \d+ did not end within 0.3 s"):
        resumed(sensor(**said), deferral, asyncio.run(fired(deferral)), Attempt())


def test_nonsense_for_the_sensor(connection: str, world: World) -> None:
    """A copy has a number, and nothing is sent for anything else."""
    task = sensor(course_id=2001, content_migration_id="sis_course_id:1")
    with pytest.raises(AirflowFailException, match="content_migration_id must be a number"):
        task.execute(Attempt().context(task))
    assert not world.requests
