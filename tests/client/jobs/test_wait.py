"""The wait loop that operators, sensors and the trigger share."""

from __future__ import annotations

import logging
import time
from typing import Any

import pytest

from airflow_provider_canvas.client.errors import CanvasPermissionError, CanvasServerError
from airflow_provider_canvas.client.jobs.poll_schedule import STEP, PollSchedule
from airflow_provider_canvas.client.jobs.wait import JobWait
from airflow_provider_canvas.client.jobs.waiters import ProgressWaiter
from tests.support.scripted_client import ScriptedClient


def progress(workflow_state: str, completion: float) -> dict[str, Any]:
    return {"id": 901, "workflow_state": workflow_state, "completion": completion}


def client_with(*responses: Any) -> ScriptedClient:
    """Return a client that returns the responses in order, and repeats the last one."""
    script = list(responses)
    return ScriptedClient(lambda path: script.pop(0) if len(script) > 1 else script[0])


def new_wait(schedule: PollSchedule | None = None, age: float = 90.0) -> JobWait:
    return JobWait(
        ProgressWaiter(progress_id=901),
        schedule or PollSchedule(15, chance=lambda: 0.5),
        logging.getLogger("waiting"),
        time.time() - age,
    )


@pytest.fixture(autouse=True)
def _log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="waiting")


def test_status_is_logged_when_it_changes(caplog: pytest.LogCaptureFixture) -> None:
    """A poll that returns the same status as the one before logs nothing."""
    client = client_with(progress("running", 5), progress("running", 5), progress("completed", 100))
    status = client.run(lambda caller: new_wait().until(time.time() + 60, caller))
    assert status is not None
    assert status.state == "succeeded"
    assert caplog.messages == [
        "Progress 901: running, 5 % (after 1 min 30 s)",
        "Progress 901: completed, 100 % (after 1 min 30 s)",
    ]
    assert client.slept == [pytest.approx(15, abs=STEP)] * 2


def test_new_job_is_polled_after_one_second() -> None:
    """A job that is less than a second old is polled again after one second, whatever the interval."""
    client = client_with(progress("running", 5), progress("completed", 100))
    client.run(lambda caller: new_wait(age=0.2).until(time.time() + 60, caller))
    assert client.slept == [pytest.approx(1, abs=STEP + 0.01)]


def test_wait_ends_at_the_deadline() -> None:
    """The loop polls once even if the deadline is past, and never sleeps beyond the deadline."""
    client = client_with(progress("running", 5))
    status = client.run(lambda caller: new_wait().until(time.time() - 5, caller))
    assert str(status) == "running, 5 %"
    assert (len(client.requests), client.slept) == (1, [])

    client = client_with(progress("running", 5), progress("completed", 100))
    client.run(lambda caller: new_wait().until(time.time() + 2, caller))
    assert client.slept == [pytest.approx(2, abs=STEP)]


def test_temporary_errors_are_logged_and_tolerated(caplog: pytest.LogCaptureFixture) -> None:
    """The wait continues after a temporary error, and keeps the status of the poll before it."""
    wait, client = new_wait(), client_with(progress("running", 5), 503, progress("completed", 100))
    assert client.run(wait.poll) is not None
    assert client.run(wait.poll) is None
    assert str(wait.last_status) == "running, 5 %"
    assert client.run(wait.poll) is not None
    assert [message for message in caplog.messages if message.endswith("Will poll again.")] == [caplog.messages[1]]


@pytest.mark.parametrize(
    ("status", "error"), [(503, CanvasServerError), (403, CanvasPermissionError)], ids=["temporary", "permanent"]
)
def test_errors_beyond_the_tolerance_end_the_wait(status: int, error: type[Exception]) -> None:
    """A temporary error is raised when the tolerance is over, and a permanent error at once."""
    client = ScriptedClient(lambda path: status)
    wait = new_wait(PollSchedule(15, tolerance=0.0 if status == 503 else 900.0))
    with pytest.raises(error):
        client.run(lambda caller: wait.until(time.time() + 60, caller))
    assert len(client.requests) == 1


@pytest.mark.parametrize("jump", [-7200.0, 7200.0])
def test_clock_that_jumps(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, jump: float) -> None:
    """A clock that jumps by hours changes neither the end of a wait nor the pauses, nor the age in the log."""
    wait, real = new_wait(), time.time
    jumped: list[float] = [0.0]
    monkeypatch.setattr(time, "time", lambda: real() + jumped[0])

    def respond(_: str) -> Any:
        jumped[0] = jump
        return progress("running", 5) if len(client.requests) < 3 else progress("completed", 100)

    client = ScriptedClient(respond)
    status = client.run(lambda caller: wait.until(real() + 60, caller))
    assert status is not None
    assert status.state == "succeeded"
    assert client.slept == [pytest.approx(15, abs=STEP)] * 2
    assert all("(after 1 min 30 s)" in message for message in caplog.messages)
