"""``CanvasLegacyCourseCopyOperator`` works like ``CanvasCourseCopyOperator``, and warns of its deprecated endpoint."""

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
def _short_copies(world: World) -> None:
    """Let each copy take 0.8 s."""
    world.settings.change({"copy_seconds": 0.8})


def copy(**arguments: Any) -> CanvasLegacyCourseCopyOperator:
    """Return an operator that copies the template; keyword arguments replace its own."""
    return CanvasLegacyCourseCopyOperator(
        **{
            "task_id": "copy_course",
            "retries": 2,  # matches max_tries of the attempts
            "source_course_id": "sis_course_id:TMPL-BIOL1010",
            "destination_course_id": "sis_course_id:BIOL-1010-001",
            "deferrable": True,
            "poll_interval": 0.2,
            **arguments,
        }
    )


def posted(world: World) -> list[str]:
    """Return the paths of all POST requests."""
    return [request.path for request in world.requests if request.method == "POST"]


def to_the_end(attempt: Attempt, **arguments: Any) -> Any:
    """Run a task through its deferral, and return its result."""
    deferral = deferred(copy(**arguments), attempt)
    return resumed(copy(**arguments), deferral, asyncio.run(fired(deferral)), attempt)


def test_from_beginning_to_end(connection: str, emulator: EmulatorServer, world: World) -> None:
    """The copy uses the deprecated endpoint, and its result has the form of ``CanvasCourseCopyOperator``'s."""
    attempt = Attempt()
    result = to_the_end(attempt, outlets=[AssetAlias("copies")])
    assert posted(world) == [COPIES]
    assert any(request.method == "GET" and request.path.startswith(f"{COPIES}/") for request in world.requests)
    assert (result["source_course_id"], result["destination_course_id"]) == (1010, 2001)
    assert (result["workflow_state"], result["issue_counts"]["warning"]) == ("completed", 2)
    assert attempt.xcom == {
        "canvas_course_imports_url": f"{emulator.url}/courses/2001/content_migrations",
        "content_migration": {"course_id": 2001, "content_migration_id": result["content_migration_id"]},
    }
    ((uri, ids),) = attempt.outlet_events.events
    assert uri.endswith("/courses/2001")
    assert ids["content_migration_id"] == result["content_migration_id"]


def test_deprecation_warning(connection: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The log contains the deprecation warning once."""
    result = copy(deferrable=False).execute(Attempt().context(copy()))
    assert result["workflow_state"] == "completed"
    assert capsys.readouterr().out.count("Canvas deprecates POST courses/:course_id/course_copy") == 1


@pytest.mark.parametrize(
    ("arguments", "assignments", "pages"),
    [
        ({"only": ["assignments"]}, True, False),
        ({"only": "['assignments']"}, True, False),
        ({"only": "assignments"}, True, False),
        ({"except_": ["assignments", "modules", "quizzes", "topics"]}, False, True),
        ({"only": "", "except_": "None"}, True, True),
    ],
)
def test_selected_types(
    connection: str, world: World, arguments: dict[str, Any], assignments: bool, pages: bool
) -> None:
    """``only`` and ``except_`` select types of content, also as text from a template."""
    task = copy(deferrable=False, **arguments)
    task.execute(Attempt().context(task))
    with world.lock:
        copied = bool(world.live(Assignment, 2001)), bool(world.live(Page, 2001))
    assert copied == (assignments, pages)


@pytest.mark.parametrize(
    ("arguments", "message"),
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
def test_invalid_parameters(connection: str, world: World, arguments: dict[str, Any], message: str) -> None:
    """Invalid parameters, and those that only the newer endpoint supports, fail the task before any request."""
    task = copy()
    for name, value in arguments.items():
        setattr(task, name, value)
    with pytest.raises(AirflowFailException, match=message):
        task.execute(Attempt().context(task))
    assert not world.requests


@pytest.mark.parametrize("has_store", [True, False])
def test_retry_adopts_the_copy(connection: str, world: World, has_store: bool) -> None:
    """A retry waits for the copy of the first attempt, with or without a task state store."""
    attempt = Attempt() if has_store else Attempt(store=None)
    deferred(copy(), attempt)
    assert to_the_end(Attempt(store=attempt.store, try_number=2))["workflow_state"] == "completed"
    assert posted(world) == [COPIES]


def test_cleared_task_copies_again(connection: str, world: World) -> None:
    """With a task state store, a cleared task adopts its copy until it has seen it end, and then copies again."""
    attempt = Attempt()
    if attempt.store is None:
        pytest.skip("this Airflow has no task state store")
    with world.hold():
        deferred(copy(), attempt)
        deferred(copy(), Attempt(store=attempt.store, try_number=2, max_tries=3))
        assert posted(world) == [COPIES]
    world.clock.advance(60)
    unseen = copy(deferrable=False)
    unseen.execute(Attempt(store=attempt.store, try_number=3, max_tries=4).context(unseen))
    assert len(posted(world)) == 1
    deferred(copy(), Attempt(store=attempt.store, try_number=4, max_tries=5))
    assert len(posted(world)) == 2


def test_lost_response(connection: str, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the response to the POST is lost, the copy is found, and no second one is created."""
    monkeypatch.setattr("airflow_provider_canvas.client.replica_lag.PAUSES", (0.05,))
    world.faults.rules.append(Rule("/course_copy$", Action.DROP_AFTER, method="POST"))
    assert to_the_end(Attempt())["workflow_state"] == "completed"
    with world.lock:
        assert len(world.migrations_of(2001)) == 1


@pytest.mark.parametrize("deferrable", [True, False])
def test_failed_copy(connection: str, world: World, deferrable: bool) -> None:
    """The error of a failed copy has Canvas's message and the page to check."""
    world.faults.migrations.append(MigrationFault(Fault.FAILS, stage=4))
    task = copy(deferrable=deferrable)
    run = to_the_end if deferrable else lambda attempt: task.execute(attempt.context(task))
    with pytest.raises(CanvasJobError, match=r"into course 2001 failed: .*unexpected error.*/courses/2001/content_mig"):
        run(Attempt())


def test_timeout(connection: str, world: World) -> None:
    """At the deadline, the Progress is cancelled, although the deprecated endpoint does not return it."""
    world.faults.migrations.append(MigrationFault(Fault.STUCK, stage=4))
    with pytest.raises(AirflowFailException, match=r"did not end within 1 s .*longer timeout"):
        to_the_end(Attempt(), timeout=1)
    assert posted(world)[-1].endswith("/cancel")


def test_being_killed(connection: str, world: World) -> None:
    """``on_kill`` cancels the Progress, and only once: one that is over is not cancelled."""
    task = copy()
    deferral = deferred(task, Attempt())
    with world.hold():  # Canvas does not continue the cancelled job meanwhile
        task.on_kill()
        asyncio.run(deferral.trigger.on_kill())
    assert [path.endswith("/cancel") for path in posted(world)] == [False, True]


@pytest.fixture
def running_copy(emulator: EmulatorServer) -> dict[str, Any]:
    """Start a copy by the deprecated endpoint, and return the ids by which a sensor waits for it."""
    with CanvasClient(Settings(emulator.url, emulator.token)) as client, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        copy_record = client.content_imports.copy_course_content(course_id=2001, source_course=1010)
    return {"course_id": "sis_course_id:BIOL-1010-001", "content_migration_id": copy_record["id"]}


def sensor(**arguments: Any) -> CanvasLegacyCourseCopySensor:
    """Return a sensor; keyword arguments replace its own."""
    return CanvasLegacyCourseCopySensor(**{"task_id": "wait", "deferrable": True, "poke_interval": 0.2, **arguments})


def test_deferred_sensor(connection: str, running_copy: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    """The sensor polls in the worker first, then in the triggerer, and warns once."""
    deferral = deferred(sensor(**running_copy), Attempt())
    event = asyncio.run(fired(deferral))
    assert event["status"] == "succeeded"
    assert resumed(sensor(**running_copy), deferral, event, Attempt()) is None
    assert capsys.readouterr().out.count("Canvas deprecates GET") == 1


def test_sensor_in_the_worker(connection: str, running_copy: dict[str, Any]) -> None:
    """Without deferral, the sensor pokes until the copy ends."""
    task = sensor(**running_copy, deferrable=False)
    task.execute(Attempt().context(task))


def test_sensor_of_a_failed_copy(connection: str, world: World, emulator: EmulatorServer) -> None:
    """If the copy fails, the sensor fails, and cancels nothing."""
    world.faults.migrations.append(MigrationFault(Fault.FAILS, stage=2))
    with CanvasClient(Settings(emulator.url, emulator.token)) as client, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        copy_record = client.content_imports.copy_course_content(course_id=2001, source_course=1010)
    task = sensor(course_id=2001, content_migration_id=copy_record["id"], deferrable=False)
    with pytest.raises(CanvasJobError, match=f"content_migration {copy_record['id']} into course 2001 failed"):
        task.execute(Attempt().context(task))
    assert not any(path.endswith("/cancel") for path in posted(world))


def test_sensor_timeout(connection: str, world: World, running_copy: dict[str, Any]) -> None:
    """The sensor's timeout raises Airflow's own error."""
    world.faults.rules.append(Rule(r"/course_copy/\d+$", Action.DELAY, times=None, seconds=0.1))
    arguments = {**running_copy, "timeout": 0.3}
    deferral = deferred(sensor(**arguments), Attempt())
    with pytest.raises(
        AirflowSensorTimeout, match=r"content_migration \d+ into course \S+ .* did not end within 0.3 s"
    ):
        resumed(sensor(**arguments), deferral, asyncio.run(fired(deferral)), Attempt())


def test_sensor_with_invalid_parameters(connection: str, world: World) -> None:
    """A ``content_migration_id`` that is not a number fails the sensor before any request."""
    task = sensor(course_id=2001, content_migration_id="sis_course_id:1")
    with pytest.raises(AirflowFailException, match="content_migration_id must be a number"):
        task.execute(Attempt().context(task))
    assert not world.requests
