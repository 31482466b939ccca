"""Count the files that one deferred course copy runs through, and how often control moves between them.

``python benchmarks/one_copy.py`` runs the first half of a task, its trigger and its second half, as a worker, the
triggerer and another worker do, against the emulator on this machine. It prints how many files of the provider run
code, how often control moves from one of them to another, and which requests the emulator saw.

- files: files of the provider package with at least one call.
- moves: calls that enter another file of the provider than the call before, in the same thread. Resuming a generator or
  a coroutine is a call; returning is none. Calls in other packages do not count, and change nothing.

Importing is not measured: the copy runs once before. The emulator's clock stands still until the trigger has polled as
often as ``--polls`` says, so that every run makes the same requests. Moves still differ by a few: a response that
arrives in two parts resumes the trigger twice. So the copy runs several times, and the run with the fewest moves is
printed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType, SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest import mock

if TYPE_CHECKING:
    from canvas_emulator.model.world import World

COPY: dict[str, Any] = {
    "source_course_id": "sis_course_id:TMPL-BIOL1010",
    "destination_course_id": "sis_course_id:BIOL-1010-002",
    "old_start_date": "2026-01-12",
    "new_start_date": "2026-07-13",
}
COPY_SECONDS = 60.0
"""Seconds that a copy takes, on the emulator's clock."""
POLL_INTERVAL = 0.2
ID = re.compile(r"/(\d+|sis_course_id:[^/]+)(?=/|$)")


@dataclass
class Phase:
    """The part of a copy that runs in one process of Airflow.

    :param calls: The number of calls in each file.
    :param moves: The number of moves from one file to another.
    :param requests: The number of requests of each method and route.
    """

    calls: Counter[str] = field(default_factory=Counter)
    moves: int = 0
    requests: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: Phase) -> Phase:
        """Return the sum of two parts."""
        return Phase(self.calls + other.calls, self.moves + other.moves, self.requests + other.requests)


class TaskInstance:
    """The attributes of a task instance that an operator reads."""

    dag_id, run_id, task_id, map_index = "benchmark", "manual__1", "copy_course", -1
    try_number, max_tries = 1, 2

    def xcom_push(self, key: str, value: Any) -> None:
        """Ignore the value."""


class TaskStateStore(dict[str, Any]):
    """A task state store that lasts as long as the copy."""

    def set(self, key: str, value: Any, retention: Any = None) -> None:
        """Store a value."""
        self[key] = value


@contextmanager
def measured(world: World) -> Iterator[Phase]:
    """Count the calls, moves and requests within a ``with`` block.

    :param world: The world of the emulator.
    """
    import airflow_provider_canvas

    package = str(Path(airflow_provider_canvas.__file__).parent) + os.sep
    phase, last_files = Phase(), threading.local()

    def count(frame: FrameType, event: str, _argument: object) -> None:
        file = frame.f_code.co_filename
        if event != "call" or not file.startswith(package):
            return
        phase.calls[file.removeprefix(package)] += 1
        phase.moves += getattr(last_files, "name", file) != file
        last_files.name = file

    world.requests.clear()
    threading.setprofile(count)
    sys.setprofile(count)
    try:
        yield phase
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    phase.requests.update(f"{seen.method} {ID.sub('/:id', seen.path)}" for seen in world.requests)


def copy_course(world: World, polls: int) -> dict[str, Phase]:
    """Run a deferred course copy, and return the cost of each part.

    :param world: The world of the emulator, in its initial state.
    :param polls: How often the trigger polls before the copy completes.
    """
    from airflow.providers.common.compat.sdk import TaskDeferred

    from airflow_provider_canvas.operators import base_job
    from airflow_provider_canvas.operators.course_copy import CanvasCourseCopyOperator

    def new_task() -> CanvasCourseCopyOperator:
        return CanvasCourseCopyOperator(
            task_id=TaskInstance.task_id, deferrable=True, poll_interval=POLL_INTERVAL, **COPY
        )

    context: Any = {
        "ti": TaskInstance(),
        "run_id": TaskInstance.run_id,
        "dag_run": SimpleNamespace(start_date=datetime.now(UTC)),
        "outlet_events": {},
        "params": {},
        "task_state_store": TaskStateStore(),
    }
    with (
        mock.patch.object(base_job, "SAFE_DELAY", 0.0),
        measured(world) as first_half,
    ):  # there is no scheduler that needs the delay
        try:
            new_task().execute(context)
        except TaskDeferred as deferral:
            deferred = deferral
        else:
            raise SystemExit("The task did not defer.")
    with measured(world) as trigger:
        event = asyncio.run(run_trigger(deferred.trigger, world, polls))
    with measured(world) as second_half:
        resume = getattr(new_task(), deferred.method_name)
        result = resume(context, event=event, **(deferred.kwargs or {}))
    if result["workflow_state"] != "completed":
        raise SystemExit(f"The copy did not complete: {result}")
    return {"first half": first_half, "trigger": trigger, "second half": second_half}


async def run_trigger(deferred: Any, world: World, polls: int) -> Mapping[str, Any]:
    """Run a trigger until its event, and complete the copy when the trigger has polled often enough.

    :param deferred: The trigger. It is created again from its stored arguments, as the triggerer does.
    :param world: The world of the emulator.
    :param polls: How often the trigger polls before the copy completes.
    """
    from airflow.models.trigger import Trigger

    _, arguments = deferred.serialize()
    encrypt = getattr(Trigger, "encrypt_kwargs", None) or Trigger._encrypt_kwargs  # noqa: SLF001  # in older Airflow
    events = type(deferred)(**Trigger._decrypt_kwargs(encrypt(arguments))).run()  # noqa: SLF001  # there is no other
    waiting = asyncio.ensure_future(anext(events))
    while len(world.requests) < polls and not waiting.done():  # noqa: ASYNC110  # the emulator is in another thread
        await asyncio.sleep(0.01)
    with world.lock:
        world.clock.advance(COPY_SECONDS)
        world.settle()
    payload: Mapping[str, Any] = (await waiting).payload
    await events.aclose()
    return payload


def set_up_airflow(home: str) -> None:
    """Configure Airflow to log errors only and to write into one folder; call this before Airflow is imported.

    :param home: The folder.
    """
    os.environ |= {
        "AIRFLOW_HOME": home,
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }


def total_of(phases: Mapping[str, Phase]) -> Phase:
    """Return the sum of all parts.

    :param phases: The parts.
    """
    return sum(phases.values(), Phase())


def print_phases(phases: Mapping[str, Phase]) -> None:
    """Print the cost of each part and of the complete copy, and the requests.

    :param phases: The parts.
    """
    total = total_of(phases)
    print("| | files | moves | calls | requests |\n|---|---:|---:|---:|---:|")
    for name, phase in {**phases, "complete copy": total}.items():
        print(f"| {name} | {len(phase.calls)} | {phase.moves} | {phase.calls.total()} | {phase.requests.total()} |")
    print("\n| part | request | times |\n|---|---|---:|")
    for name, phase in phases.items():
        for request, times in phase.requests.items():
            print(f"| {name} | {request} | {times} |")


def main() -> None:
    """Run a copy several times, and print the cost of the run with the fewest moves."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--polls", type=int, default=4, help="the trigger's polls while the copy runs (default: 4)")
    parser.add_argument("--repeat", type=int, default=5, help="how often to run it (default: 5)")
    parser.add_argument("--files", action="store_true", help="also print the calls in each file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        set_up_airflow(home)
        from canvas_emulator.model.clock import ManualClock
        from canvas_emulator.seeds.demo import demo_world
        from canvas_emulator.server import serve

        world = demo_world(clock=ManualClock(), copy_seconds=COPY_SECONDS)
        with serve(world) as server:
            connection = {"conn_type": "canvas", "host": server.url, "password": server.token}
            os.environ["AIRFLOW_CONN_CANVAS_DEFAULT"] = json.dumps(connection)
            copy_course(world, options.polls)  # imports everything
            runs = []
            for _ in range(options.repeat):
                world.reset()
                runs.append(copy_course(world, options.polls))
    moves = [total_of(phases).moves for phases in runs]
    best = runs[moves.index(min(moves))]
    print_phases(best)
    print(f"\nMoves in {options.repeat} runs: {min(moves)} to {max(moves)}.")
    if options.files:
        print("\n| file | calls |\n|---|---:|")
        for file, calls in sorted(total_of(best).calls.items()):
            print(f"| {file} | {calls} |")


if __name__ == "__main__":
    main()
