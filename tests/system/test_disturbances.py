"""A copy in a real Airflow ends as documented after crashes, user actions, faults of Canvas and wrong input."""

from __future__ import annotations

import json
import re
import signal
import socket
from collections.abc import Iterator
from typing import Any

import psutil
import pytest
from airflow_api import AirflowApi
from local_airflow import LocalAirflow
from local_canvas import LocalCanvas

from tests.support.airflow_files import trigger_has_started

pytestmark = pytest.mark.system

COPY = "system_copy"
FRESH = {"destination_course_id": "sis_course_id:BIOL-1010-001"}


@pytest.fixture(autouse=True)
def _reset_canvas(local_canvas: LocalCanvas, api: AirflowApi) -> Iterator[None]:
    """Reset the courses and the faults before and after each test."""
    api.wait_for_dag(COPY)
    local_canvas.control("POST", "reset")
    yield
    local_canvas.control("POST", "reset")


def migrations(canvas: LocalCanvas, course_id: int) -> list[dict[str, Any]]:
    """Return the migrations into a course that were created since the reset."""
    records = canvas.control("GET", "state")["content_migrations"]
    return [migration for migration in records if migration["course_id"] == course_id and migration["id"] > 79]


def log_of(api: AirflowApi, run_id: str, dag_id: str = COPY, task_id: str = "copy_course") -> str:
    """Return the logs of all attempts."""
    tries = api.task_instance(dag_id, run_id, task_id)["try_number"]
    return "\n".join(api.task_log(dag_id, run_id, task_id, number) for number in range(1, tries + 1))


def test_triggerer_is_killed(api: AirflowApi, local_airflow: LocalAirflow, local_canvas: LocalCanvas) -> None:
    """After a killed triggerer, a new one continues the wait: the task succeeds, with one migration."""
    run_id = api.trigger(COPY, FRESH)
    api.wait_for_task(COPY, run_id, "copy_course", "deferred")
    local_airflow.restart("triggerer", signal.SIGKILL)
    api.wait_for_run(COPY, run_id, timeout=240)
    assert len(migrations(local_canvas, 2001)) == 1
    assert api.task_instance(COPY, run_id, "copy_course")["try_number"] == 1


def task_processes(airflow: LocalAirflow) -> list[psutil.Process]:
    """Return the processes that run tasks. Their titles end with the id of the task instance."""
    title = re.compile(r"airflow worker -- [0-9a-f]{8}-[0-9a-f-]{27}")
    return [process for process in airflow.processes("scheduler") if title.search(" ".join(process.cmdline()))]


def test_worker_is_killed_right_after_the_post(
    api: AirflowApi, local_airflow: LocalAirflow, local_canvas: LocalCanvas
) -> None:
    """If a worker is killed before it stores the migration's id, the retry finds the migration and creates no other."""
    local_canvas.control(
        "POST",
        "faults",
        {"path": "/courses/2001/content_migrations$", "method": "POST", "action": "delay_after", "seconds": 60},
    )
    run_id = api.trigger(COPY, FRESH)
    api.wait("the migration", lambda: migrations(local_canvas, 2001), 60, every=0.1)
    stored = api.state_store(COPY, run_id, "copy_course")
    (process,) = task_processes(local_airflow)
    process.kill()
    assert "content_migration_id" not in json.dumps(stored)
    api.wait_for_run(COPY, run_id, timeout=240)
    assert api.task_instance(COPY, run_id, "copy_course")["try_number"] == 2
    (migration,) = migrations(local_canvas, 2001)
    assert api.xcom(COPY, run_id, "copy_course")["content_migration_id"] == migration["id"]
    assert f"Adopting content migration {migration['id']}" in log_of(api, run_id)


def test_deferred_task_is_marked_failed(
    api: AirflowApi, local_airflow: LocalAirflow, local_canvas: LocalCanvas
) -> None:
    """Marking the deferred task as failed cancels the Progress of the copy."""
    run_id = api.trigger(COPY, FRESH)
    api.wait_for_task(COPY, run_id, "copy_course", "deferred")
    api.wait("the trigger's start", lambda: trigger_has_started(local_airflow, run_id), 60)
    api.set_state(COPY, run_id, "copy_course", "failed")

    def cancelled() -> bool:
        (migration,) = migrations(local_canvas, 2001)
        return "Cancelled from Airflow by a user" in json.dumps(migration)

    assert api.wait("the cancellation", cancelled, 30)


def test_deferred_task_is_cleared(api: AirflowApi, local_airflow: LocalAirflow, local_canvas: LocalCanvas) -> None:
    """Clearing the deferred task cancels the Progress of its copy, and the next attempt waits for the same copy."""
    run_id = api.trigger(COPY, FRESH)
    api.wait_for_task(COPY, run_id, "copy_course", "deferred")
    api.wait("the trigger's start", lambda: trigger_has_started(local_airflow, run_id), 60)
    api.clear(COPY, run_id, ["copy_course"])
    api.wait_for_run(COPY, run_id, timeout=240)
    (migration,) = migrations(local_canvas, 2001)
    assert api.xcom(COPY, run_id, "copy_course")["content_migration_id"] == migration["id"]
    assert "Cancelled from Airflow by a user" in json.dumps(migration)


def test_timeout(api: AirflowApi, local_canvas: LocalCanvas) -> None:
    """At the deadline the Progress is cancelled and the task fails without a retry, which would copy again."""
    local_canvas.control("POST", "faults", {"content_migration": "stuck"})
    dag_id = "system_copy_too_slow"
    run_id = api.trigger(dag_id, FRESH)
    api.wait_for_run(dag_id, run_id, states=["failed"])
    assert api.task_instance(dag_id, run_id, "copy_course")["try_number"] == 1
    assert "did not end in time" in json.dumps(migrations(local_canvas, 2001))
    assert "give the task a longer timeout" in log_of(api, run_id, dag_id)


def test_rejected_token(api: AirflowApi, local_canvas: LocalCanvas) -> None:
    """The task fails without a retry, and the log says what to do."""
    api.create_connection("canvas_refused", {**local_canvas.connection, "password": "7~refused-by-canvas"})
    run_id = api.trigger(COPY, {**FRESH, "canvas_conn_id": "canvas_refused"})
    api.wait_for_run(COPY, run_id, states=["failed"])
    assert api.task_instance(COPY, run_id, "copy_course")["try_number"] == 1
    log = log_of(api, run_id)
    assert "Invalid access token" in log
    assert "create a new one (Account, Settings, New access token) and put it into the connection's password" in log
    assert "7~refused-by-canvas" not in log


def test_unknown_course(api: AirflowApi, local_canvas: LocalCanvas) -> None:
    """The task fails without a retry, and the log names the course and what to check."""
    run_id = api.trigger(COPY, {"destination_course_id": "sis_course_id:NOPE"})
    api.wait_for_run(COPY, run_id, states=["failed"])
    assert api.task_instance(COPY, run_id, "copy_course")["try_number"] == 1
    assert "destination_course_id 'sis_course_id:NOPE': Canvas answered 404" in log_of(api, run_id)
    assert "the prefix of an SIS id" in log_of(api, run_id)


def test_destination_is_busy(api: AirflowApi, local_canvas: LocalCanvas) -> None:
    """Canvas queues a second copy behind the first: both complete, and the log names the first."""
    first = api.trigger(COPY, FRESH)
    api.wait("the first migration", lambda: migrations(local_canvas, 2001), 60)
    second = api.trigger("system_copy_in_worker", FRESH)
    api.wait_for_run("system_copy_in_worker", second, timeout=300)
    api.wait_for_run(COPY, first, timeout=300)
    assert len(migrations(local_canvas, 2001)) == 2
    log = log_of(api, second, "system_copy_in_worker")
    assert "already has content migration" in log
    assert ": queued" in log


def test_many_requests_fail(api: AirflowApi, local_canvas: LocalCanvas) -> None:
    """With 429, 503 and dropped connections, before and after Canvas acts, exactly one copy completes."""
    for fault in ({"status": 429, "body": "throttle"}, {"status": 503, "body": "html"}, {"action": "drop"}):
        local_canvas.control("POST", "faults", {"path": "/api/v1/", "times": None, "probability": 0.18, **fault})
    local_canvas.control(
        "POST", "faults", {"path": "/content_migrations$", "method": "POST", "action": "drop_after", "times": 1}
    )
    run_id = api.trigger(COPY, FRESH)
    api.wait_for_run(COPY, run_id, timeout=400)
    assert len(migrations(local_canvas, 2001)) == 1
    assert "Retrying in" in log_of(api, run_id)


def test_canvas_is_down(api: AirflowApi) -> None:
    """All attempts are made, and the log says what to check."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        host = f"http://127.0.0.1:{unused.getsockname()[1]}"
    api.create_connection(
        "canvas_down",
        {"conn_type": "canvas", "host": host, "password": "7~x", "extra": json.dumps({"retry_for": 2})},
    )
    run_id = api.trigger(COPY, {**FRESH, "canvas_conn_id": "canvas_down"})
    api.wait_for_run(COPY, run_id, states=["failed"], timeout=240)
    assert api.task_instance(COPY, run_id, "copy_course")["try_number"] == 3
    log = log_of(api, run_id)
    assert "could not be reached (connection refused)" in log
    assert "Check that the connection's host is right, and that Canvas and the network are up." in log


def test_progress_of_another_host(api: AirflowApi, local_canvas: LocalCanvas) -> None:
    """The sensor refuses the address before it sends a request."""
    run_id = api.trigger("system_wait", {"progress_url": "https://elsewhere.example/api/v1/progress/1"})
    api.wait_for_run("system_wait", run_id, states=["failed"])
    assert "is not on http://127.0.0.1" in log_of(api, run_id, "system_wait", "wait")
    assert not local_canvas.control("GET", "requests")


def test_sensor_waits_for_a_copy_of_another_dag(api: AirflowApi, local_canvas: LocalCanvas) -> None:
    """A sensor in another DAG waits for the ``progress_url`` of a copy."""
    copy = api.trigger(COPY, FRESH)
    (migration,) = api.wait("the migration", lambda: migrations(local_canvas, 2001), 60)
    url = f"{local_canvas.url}/api/v1/progress/{migration['progress']['id']}"
    wait = api.trigger("system_wait", {"progress_url": url})
    api.wait_for_task("system_wait", wait, "wait", "deferred")
    api.wait_for_run("system_wait", wait)
    api.wait_for_run(COPY, copy)
