"""Measure a case several times, each time in a new process."""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cost:
    """The cost of a case.

    :param wall: Seconds.
    :param cpu: Seconds of CPU time of the process.
    :param memory: Megabytes by which the peak memory of the process grew.
    """

    wall: float
    cpu: float
    memory: float


def measured(case: Callable[[], object]) -> Cost:
    """Run a case in this process, and return its cost."""
    before, began, busy = _highest(), time.perf_counter(), time.process_time()
    case()
    return Cost(time.perf_counter() - began, time.process_time() - busy, _highest() - before)


def median_of(script: str, arguments: Sequence[str], repeat: int) -> Cost:
    """Return the median cost of a case that ``script`` runs with ``arguments``, each time in a new process.

    The last line that the script prints is the case's :class:`Cost` as JSON (see :func:`report`).
    """
    costs = []
    for _ in range(repeat):
        command = [sys.executable, str(Path(script).resolve()), *arguments]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        costs.append(Cost(**json.loads(done.stdout.splitlines()[-1])))
    return Cost(*(statistics.median(getattr(cost, name) for cost in costs) for name in ("wall", "cpu", "memory")))


def report(cost: Cost) -> None:
    """Print a cost as JSON, for :func:`median_of`."""
    print(json.dumps(asdict(cost)))


def _highest() -> float:
    highest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return highest / (1024 if sys.platform != "darwin" else 1024 * 1024)
