"""The parameters of waiting are checked before anything is sent, also when a table or a form holds them as text."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException, AirflowNotFoundException
from canvas_emulator.machines.content_migration import Fault
from canvas_emulator.model.faults import MigrationFault
from canvas_emulator.model.world import World

from airflow_provider_canvas.api.errors import CanvasConnectionError, CanvasInputError
from airflow_provider_canvas.client.errors import CanvasNotFoundError, CanvasServerError
from airflow_provider_canvas.client.migrations.selective_import import NothingMatchesError
from airflow_provider_canvas.hooks.canvas import CanvasHook
from airflow_provider_canvas.operators.course_copy import CanvasCourseCopyOperator
from airflow_provider_canvas.sensors.progress import CanvasProgressSensor
from airflow_provider_canvas.triggers.event import event_of_error
from airflow_provider_canvas.utils.parameters import parse_seconds
from airflow_provider_canvas.utils.waiting import fail_without_retry
from tests.support.task_attempt import Attempt, deferred, rendered


def copy(**parameters: Any) -> CanvasCourseCopyOperator:
    """Return an operator; keyword arguments replace its own."""
    common = {"task_id": "copy", "source_course_id": 1010, "destination_course_id": 2001, "deferrable": True}
    return CanvasCourseCopyOperator(**{**common, "poll_interval": 0.2, "fail_on_issues": None, **parameters})


@pytest.mark.parametrize("value", [90, 90.0, "90", " 90.0 ", timedelta(minutes=1.5)])
def test_forms_of_seconds(value: Any) -> None:
    """Seconds may be a number, its text, or a timedelta."""
    assert parse_seconds("timeout", value) == 90.0


NO_SECONDS = [0, -5, "0", "1h", True, "nan", float("inf"), timedelta(0), timedelta.max, 10**400, [30]]
"""Among them times that are too long: Airflow could not store them when the task defers."""


@pytest.mark.parametrize("value", NO_SECONDS, ids=lambda value: repr(value)[:20])
@pytest.mark.parametrize("name", ["poll_interval", "timeout"])
def test_invalid_seconds(connection: str, world: World, name: str, value: Any) -> None:
    """Invalid seconds fail the task before the submission, and the error lists the valid forms."""
    task = rendered(copy, **{name: value})
    with pytest.raises(AirflowFailException, match=rf"^{name} is .*: write seconds above zero, such as 30"):
        task.execute(Attempt().context(task))
    assert not world.requests


@pytest.mark.parametrize("value", [None, "", " ", "None"])
def test_blank_seconds(connection: str, value: Any) -> None:
    """``None``, and the empty cell of a table that ``expand_kwargs`` maps over, count as not given."""
    trigger = deferred(copy(poll_interval=value, timeout=value), Attempt()).trigger
    assert trigger.poll_interval == 15
    assert 7190 < trigger.deadline - trigger.began_at < 7210


@pytest.mark.parametrize("name", ["deferrable", "cancel_on_kill"])
def test_invalid_booleans(connection: str, world: World, name: str) -> None:
    """An unrendered template in a boolean field fails the task before the submission."""
    task = copy(**{name: "{{ params.it }}"})
    with pytest.raises(AirflowFailException, match=rf"^{name} is '.*': write True or False"):
        task.execute(Attempt().context(task))
    assert not world.requests


def test_booleans_and_seconds_as_text(connection: str, world: World) -> None:
    """``expand_kwargs`` over a table passes text; ``"False"`` is false, and ``"60"`` is 60 seconds."""
    task = copy(deferrable="False", poll_interval="0.2", timeout="60")
    assert task.execute(Attempt().context(task))["workflow_state"] == "completed"
    trigger = deferred(copy(deferrable="true", cancel_on_kill="False", poll_interval="7"), Attempt(run_id="2")).trigger
    assert (trigger.cancel_on_kill, trigger.poll_interval) == (False, 7.0)
    assert deferred(copy(cancel_on_kill=""), Attempt(run_id="3")).trigger.cancel_on_kill


def test_cancel_on_kill_as_text(connection: str, world: World) -> None:
    """``cancel_on_kill="False"`` holds while the task waits in the worker, too."""
    task = copy(cancel_on_kill="False")
    deferred(task, Attempt())
    task.on_kill()
    assert not any(request.path.endswith("/cancel") for request in world.requests)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [({"poke_interval": 0}, "poke_interval is 0: write"), ({"deferrable": "maybe"}, "deferrable is 'maybe': write")],
)
def test_invalid_parameters_of_a_sensor(
    connection: str, world: World, parameters: dict[str, Any], message: str
) -> None:
    """A sensor's pause must be above zero, so that it does not poll without a pause; Airflow checks its timeout."""
    task = CanvasProgressSensor(task_id="wait", progress_id=901)
    for name, value in parameters.items():
        setattr(task, name, value)
    with pytest.raises(AirflowFailException, match=message):
        task.execute(Attempt().context(task))
    assert not world.requests


def test_timeout_of_an_adopted_job(connection: str, world: World) -> None:
    """At the deadline, a job of another task is not cancelled, and the error says why."""
    world.faults.migrations.append(MigrationFault(Fault.STUCK, stage=3))
    CanvasHook().content_migrations.create(
        course_id=2001, migration_type="course_copy_importer", settings={"source_course_id": 1010}
    )
    task = copy(if_running="adopt", timeout=1, deferrable=False)
    left_alone = r"within 1 s .* Another task or a person started it, so it was not cancelled"
    with pytest.raises(AirflowFailException, match=left_alone):
        task.execute(Attempt().context(task))
    assert not any(request.path.endswith("/cancel") for request in world.requests)


PERMANENT = (CanvasInputError, CanvasConnectionError, NothingMatchesError, CanvasNotFoundError)
TRANSIENT = (CanvasServerError, ValueError, UnicodeError, KeyError, TypeError, RuntimeError, OverflowError, OSError)


@pytest.mark.parametrize("error_class", PERMANENT + TRANSIENT)
def test_only_bad_input_and_permanent_errors_are_not_retried(error_class: type[Exception]) -> None:
    """Bad input and a permanent error of Canvas fail the task; any other error is retried, a ``ValueError`` too."""
    expected = AirflowFailException if error_class in PERMANENT else error_class
    with pytest.raises(expected, match="it broke"), fail_without_retry():
        raise error_class("it broke")


@pytest.mark.parametrize("error_class", [*PERMANENT, AirflowNotFoundException, *TRANSIENT])
def test_event_of_an_error(error_class: type[Exception]) -> None:
    """The event of a trigger says the same; a missing connection is permanent too."""
    event = event_of_error(error_class("it broke"))
    assert event["permanent"] == (error_class not in TRANSIENT)
    assert "it broke" in event["message"]
