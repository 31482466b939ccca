"""The local Airflow works, is reachable from this machine only, and leaves no process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from airflow_api import AirflowApi, WaitError
from local_airflow import COMPONENTS, LocalAirflow
from local_canvas import LocalCanvas

pytestmark = pytest.mark.system

WAITING_DAGS = '''
from datetime import timedelta

from airflow.providers.standard.sensors.time_delta import TimeDeltaSensor
from airflow.sdk import Asset, Param, dag, task

arrived = Asset("x-local://arrived")


@dag(schedule=None, params={"seconds": Param(8, type="integer")})
def waits():
    """Wait in the triggerer, then announce an asset."""

    @task(outlets=[arrived])
    def announce(**context):
        return {"waited": context["params"]["seconds"]}

    TimeDeltaSensor(task_id="wait", delta=timedelta(seconds=8), deferrable=True) >> announce()


@dag(schedule=[arrived])
def starts_on_arrival():
    """Run once for each asset event."""

    @task
    def count(number):
        return number * 2

    count.expand(number=[1, 2])


@dag(schedule=None)
def fails():
    """Fail with a message."""

    @task
    def stumble():
        raise ValueError("the reason is here")

    stumble()


waits()
starts_on_arrival()
fails()
'''


@pytest.fixture(scope="module")
def written_dags(local_airflow: LocalAirflow, dag_folder: Path) -> None:
    """Write the three DAGs above while Airflow runs."""
    (dag_folder / "waiting_dags.py").write_text(WAITING_DAGS)
    local_airflow.api.wait_for_dag("fails")


def test_a_deferred_task_survives_a_restart_of_the_triggerer(
    local_airflow: LocalAirflow, api: AirflowApi, written_dags: None
) -> None:
    """After a restart of the triggerer the run continues, and its asset event starts the next DAG."""
    before = local_airflow.pid("triggerer")
    known = [run["dag_run_id"] for run in api.dag_runs("starts_on_arrival")]
    run_id = api.trigger("waits", {"seconds": 9})
    api.wait_for_task("waits", run_id, "wait", "deferred")
    local_airflow.restart("triggerer")
    api.wait_for_run("waits", run_id)
    assert local_airflow.pid("triggerer") != before
    assert not psutil.pid_exists(before)
    assert api.xcom("waits", run_id, "announce") == {"waited": 9}
    started = api.wait_for_new_run("starts_on_arrival", known)
    api.wait_for_run("starts_on_arrival", started)
    assert api.xcom("starts_on_arrival", started, "count", map_index=1) == 4


def test_no_process_shows_a_secret(local_canvas: LocalCanvas, local_airflow: LocalAirflow) -> None:
    """The token of the local Canvas stands in the arguments of no process, which all users of the machine can read."""
    arguments = [" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"])]
    assert any("canvas_emulator" in line for line in arguments)
    assert not [line for line in arguments if local_canvas.token in line]


def test_error_of_a_failed_run_shows_the_reason(api: AirflowApi, written_dags: None) -> None:
    """The error names the failed task and has the end of its log."""
    run_id = api.trigger("fails")
    with pytest.raises(WaitError, match=r"ended as failed(.|\n)*stumble\[-1\]: failed(.|\n)*the reason is here"):
        api.wait_for_run("fails", run_id)


def test_error_of_a_timeout_names_the_event(api: AirflowApi, written_dags: None) -> None:
    """The error after a timeout names the expected event and the states of the tasks."""
    run_id = api.trigger("waits")
    with pytest.raises(WaitError, match=r"Timed out after 0 s while waiting for task announce(.|\n)*wait\[-1\]: "):
        api.wait_for_task("waits", run_id, "announce", "success", timeout=0)
    api.set_run_state("waits", run_id, "failed")
    api.wait_for_run("waits", run_id, states=["failed"])


def test_all_ports_are_on_loopback(local_airflow: LocalAirflow) -> None:
    """The API server listens on 127.0.0.1, and no other component listens."""
    listening = set()
    for component in COMPONENTS:
        for process in local_airflow.processes(component):
            with suppress(psutil.NoSuchProcess):
                sockets = process.net_connections(kind="inet")
                listening |= {tuple(one.laddr) for one in sockets if one.status == psutil.CONN_LISTEN}
    assert listening == {("127.0.0.1", local_airflow.port)}


def test_the_token_is_encrypted_at_rest(local_airflow: LocalAirflow, local_canvas: LocalCanvas) -> None:
    """No file of Airflow's home, including the database, has the connection's password in plain text."""
    token = local_canvas.token.encode()
    files = [path for path in local_airflow.home.rglob("*") if path.is_file()]
    assert len(files) > 5
    assert [path.name for path in files if token in path.read_bytes()] == []


OWNER = """
import os, signal, sys, time
from pathlib import Path
from processes import Child

signal.signal(signal.SIGINT, signal.default_int_handler)  # as in a terminal; background processes ignore it

stubborn = '''
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    os.setpgid(0, 0)
os.write(1, b'%d ' % os.getpid())
time.sleep(600)
'''
child = Child("stubborn", [sys.executable, "-c", stubborn], env=os.environ, log=Path(sys.argv[1]))
time.sleep(600)
"""


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_children_end_with_their_parent(tmp_path: Path, signum: signal.Signals) -> None:
    """When a script ends, all its descendants end, even if they ignore signals or changed their process group."""
    log = tmp_path / "child.log"
    scripts = Path(sys.modules[LocalAirflow.__module__].__file__ or "").parent
    owner = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(OWNER), str(log)],
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(scripts)},
    )
    try:
        until(lambda: log.exists() and len(log.read_text().split()) == 2)
        started = [int(pid) for pid in log.read_text().split()]
        assert all(runs(pid) for pid in started)
    finally:
        owner.send_signal(signum)
        owner.wait()
    until(lambda: not any(runs(pid) for pid in started))


def runs(pid: int) -> bool:
    """Return whether a process is running and not a zombie."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def until(condition: Callable[[], bool], timeout: float = 10) -> None:
    """Wait until a condition is true, and fail if it is not true in time."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
