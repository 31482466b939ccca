"""Whatever a server in the place of Canvas sends, one task fails, and the triggerer serves all others."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil
import pytest
from airflow_api import AirflowApi
from local_airflow import LocalAirflow

from tests.support.hostile_canvas import ATTACKS, FIRST_ATTACK, IN_ORDER, MEBIBYTE, HostileCanvas

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]

DAG_ID = "hostile_canvas"
MAX_MEMORY = 200 * MEBIBYTE
"""How much more memory the triggerer may use at its peak: less than one of the greatest responses needs unpacked."""


@contextmanager
def peak_memory(processes: list[psutil.Process]) -> Iterator[list[int]]:
    """Measure the most memory that processes use together, in bytes, during the block."""
    peak, over = [0], threading.Event()

    def measure() -> None:
        while not over.wait(0.1):
            with suppress(psutil.NoSuchProcess):
                peak[0] = max(peak[0], sum(process.memory_info().rss for process in processes))

    thread = threading.Thread(target=measure)
    thread.start()
    try:
        yield peak
    finally:
        over.set()
        thread.join()


def test_hostile_canvas(
    local_airflow: LocalAirflow, api: AirflowApi, hostile_canvas: HostileCanvas, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each attack ends its own task with an error of ours. The triggerer lives, and other jobs end as they should."""
    pids = [process.pid for process in local_airflow.processes("triggerer")]
    processes = local_airflow.processes("triggerer")
    before = sum(process.memory_info().rss for process in processes)
    with peak_memory(processes) as peak:
        run_id = api.trigger(DAG_ID)
        api.wait_for_run(DAG_ID, run_id, states=["success", "failed"], timeout=420)
    states = {task["task_id"]: task["state"] for task in api.task_instances(DAG_ID, run_id)}
    logs = {name: api.task_log(DAG_ID, run_id, f"wait_{n}") for n, name in enumerate(ATTACKS, start=FIRST_ATTACK)}
    with capsys.disabled():
        print(f"\ntriggerer: {before / MEBIBYTE:.0f} MiB before, {peak[0] / MEBIBYTE:.0f} MiB at its peak")  # noqa: T201
    assert [process.pid for process in local_airflow.processes("triggerer")] == pids
    assert states.pop(f"wait_{IN_ORDER}") == "success"
    assert set(states.values()) == {"failed"}
    assert peak[0] < before + MAX_MEMORY
    unexplained = [name for name, log in logs.items() if "Canvas" not in log.rpartition("ERROR")[2]]
    assert unexplained == []
