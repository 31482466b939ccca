"""What tasks say about jobs whose end is unusual, and what a retry then does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from airflow.exceptions import TaskDeferred
from airflow.providers.common.compat.sdk import AirflowFailException, AirflowSensorTimeout
from canvas_emulator.model.faults import ExportFault, ExportFaultKind
from canvas_emulator.model.world import World

from airflow_provider_canvas.client.errors import CanvasJobError
from airflow_provider_canvas.client.jobs.waiters import Status
from airflow_provider_canvas.hooks.canvas import CanvasHook
from airflow_provider_canvas.operators.content_export import CanvasContentExportOperator
from airflow_provider_canvas.sensors.content_export import CanvasContentExportSensor
from airflow_provider_canvas.sensors.content_migration import CanvasContentMigrationSensor
from airflow_provider_canvas.sensors.progress import CanvasProgressSensor
from airflow_provider_canvas.utils.job_failures import migration_failure
from tests.support.task_attempt import HAS_STORE, Attempt, deferred, fired, resumed


def posts(world: World) -> list[str]:
    """Return the last part of the path of each POST."""
    return [request.path.rpartition("/")[2] for request in world.requests if request.method == "POST"]


def run(task: Any, attempt: Attempt) -> Any:
    """Run a task to its end, with its trigger if it defers, and return its result."""
    try:
        return task.execute(attempt.context(task))
    except TaskDeferred as deferral:
        return resumed(task, deferral, asyncio.run(fired(deferral)), attempt)


def start_batch() -> int:
    """Start a batch update of two courses, of which Canvas does not find one; return its Progress."""
    progress = CanvasHook().courses.batch_update(account_id=1, course_ids=[2001, 99999], event="offer")
    return int(progress["id"])


@pytest.mark.parametrize("deferrable", [False, True])
def test_message_of_a_successful_progress(
    connection: str, deferrable: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """What Canvas says in a completed Progress is in the log and in the result."""
    task: Any = CanvasProgressSensor(
        task_id="wait", progress_id=start_batch(), deferrable=deferrable, poke_interval=0.2
    )
    result = run(task, Attempt())
    assert "99999" in result["message"]
    assert result["message"].splitlines()[-1] in capsys.readouterr().out


@pytest.mark.parametrize("deferrable", [False, True])
def test_export_without_a_file(connection: str, world: World, deferrable: bool) -> None:
    """An export whose file does not appear before the deadline has ended: it is not cancelled, and a retry exports."""
    world.settings.change({"attachment_days": 0})

    def export(**arguments: Any) -> Any:
        common = {"task_id": "export", "course_id": 1010, "export_type": "qti", "poll_interval": 0.2}
        return CanvasContentExportOperator(**{**common, "deferrable": deferrable, **arguments})

    attempt, message = (
        Attempt(),
        r"content_export \d+ of course 1010 is exported, but has no file: .*A retry .* exports",
    )
    with pytest.raises(CanvasJobError, match=message):
        run(export(timeout=2), attempt)
    assert "cancel" not in posts(world)
    world.settings.change({"attachment_days": 30})
    if HAS_STORE:
        retry = export(deferrable=False)
        retry.execute(Attempt(try_number=2, store=attempt.store).context(retry))
        assert posts(world).count("content_exports") == 2


def test_progress_that_is_over_is_not_cancelled(connection: str, world: World) -> None:
    """A user ends a task whose job has ended: its Progress still says ``completed``."""
    world.faults.exports.append(ExportFault(ExportFaultKind.SLOW, factor=1))
    task = CanvasContentExportOperator(
        task_id="export", course_id=1010, export_type="qti", poll_interval=0.2, deferrable=True
    )
    deferred(task, Attempt())
    world.clock.advance(60)
    task.on_kill()
    assert "cancel" not in posts(world)


@pytest.mark.parametrize("parameters", [{"deferrable": True}, {"deferrable": False}], ids=str)
def test_unknown_migration_at_the_timeout(connection: str, parameters: dict[str, Any]) -> None:
    """A timeout of less than a minute says that the migration does not exist."""
    task: Any = CanvasContentMigrationSensor(
        task_id="wait", course_id=2001, content_migration_id=999999, timeout=0.5, poke_interval=0.2, **parameters
    )
    with pytest.raises(
        AirflowSensorTimeout, match=r"^content_migration 999999 into course 2001 .* did not end .*404 .*does not exist"
    ):
        run(task, Attempt())


def test_migration_that_waits_for_a_selection() -> None:
    """The error does not call it failed, and says that a retry is vain and what to do."""
    status = Status("failed", "waiting_for_select")
    error = migration_failure("content_migration 90 into course 42", status, [], "https://canvas.example/page")
    assert error.permanent
    assert str(error) == (
        "content_migration 90 into course 42 waits until its content is chosen (waiting_for_select), and imports "
        "nothing before that. A retry changes nothing. See https://canvas.example/page. Choose its content there, and "
        "clear this task: it waits for the same migration. To choose by a task, use CanvasSelectiveImportOperator."
    )


SENSORS: Mapping[str, tuple[Callable[[CanvasHook], Any], Callable[..., Any]]] = {
    "content_migration {} into course 2001": (
        lambda hook: hook.content_migrations.create(
            course_id=2001, migration_type="course_copy_importer", settings={"source_course_id": 1010}
        ),
        lambda job, **rest: CanvasContentMigrationSensor(course_id=2001, content_migration_id=job, **rest),
    ),
    "content_export {} of course 1010": (
        lambda hook: hook.content_exports.create(course_id=1010, export_type="qti"),
        lambda job, **rest: CanvasContentExportSensor(course_id=1010, content_export_id=job, **rest),
    ),
    "Progress {}": (
        lambda hook: hook.courses.batch_update(account_id=1, course_ids=[2001], event="offer"),
        lambda job, **rest: CanvasProgressSensor(progress_id=job, **rest),
    ),
}
"""What messages call a job -> a function that starts it, and one that creates its sensor."""


@pytest.mark.usefixtures("release_jobs")
@pytest.mark.parametrize("deferrable", [False, True])
@pytest.mark.parametrize("name", SENSORS)
def test_sensor_whose_job_does_not_end(connection: str, world: World, name: str, deferrable: bool) -> None:
    """At its timeout, and when its token is revoked, a sensor names the job, which continues, and what to do."""
    start, create = SENSORS[name]
    job = start(CanvasHook())["id"]
    common = {"task_id": "wait", "deferrable": deferrable, "poke_interval": 0.2}
    text = (
        rf"^{name.format(job)} \(http.*\) did not end within 0\.5 s \(last state: \w+\)\. It continues in Canvas\. "
        "If it needs more time, give this sensor a longer timeout and clear it: it waits for the same job"
    )
    with pytest.raises(AirflowSensorTimeout, match=text):
        run(create(job, timeout=0.5, **common), Attempt())
    for token in world.tables.tokens.values():
        token.revoked = True
    text = rf"create a new one .* if {name.format(job)} is running, it continues there\. After you clear this task, it"
    with pytest.raises(AirflowFailException, match=text):
        run(create(job, timeout=60, **common), Attempt())


@pytest.mark.parametrize("deferrable", [False, True])
def test_sensor_of_an_export_without_a_file(connection: str, world: World, deferrable: bool) -> None:
    """An export that has no file at the sensor's timeout has ended: a longer timeout would not help."""
    world.settings.change({"attachment_days": 0})
    job = CanvasHook().content_exports.create(course_id=1010, export_type="qti")["id"]
    task = CanvasContentExportSensor(
        task_id="wait", course_id=1010, content_export_id=job, timeout=1, poke_interval=0.2, deferrable=deferrable
    )
    text = (
        rf"^content_export {job} of course 1010 \(http.*\) is exported, but has had no file for 1 s\. Export .* again"
    )
    with pytest.raises(AirflowSensorTimeout, match=text):
        run(task, Attempt())
