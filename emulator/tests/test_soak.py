from __future__ import annotations

import runpy
from pathlib import Path

SOAK = Path(__file__).parents[2] / "benchmarks" / "soak.py"


def test_40_concurrent_copies() -> None:
    """Throttled clients poll 40 copies in four lanes until all end; no job is left, and memory does not grow."""
    soak = runpy.run_path(str(SOAK))["soak"]
    first, second, third = soak(copies=40, lanes=4, pollers=4, rounds=3, speed=250, cost=3)
    for done in (first, second, third):
        assert done.states == {"completed": 40}
        assert (done.max_running <= 4, done.left) == (True, 0)
    assert first.max_running == 4
    assert first.throttled + second.throttled + third.throttled > 0
    assert third.threads == first.threads
    assert third.megabytes - second.megabytes < 4
