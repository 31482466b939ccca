"""Test that memory does not grow with the size of a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"
SIZE = 256 << 20


@pytest.mark.parametrize("case", ["up_sync", "up_async", "down_sync", "down_async"])
def test_memory_is_constant(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that transfers a quarter of a GiB grows by a small fraction of that."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    monkeypatch.setenv("PYTHONPATH", str(BENCHMARKS.parent))
    transfers: Any = __import__("transfers")
    file = tmp_path / "large.bin"
    with file.open("wb") as sparse:
        sparse.truncate(SIZE)
    with transfers.served(SIZE) as url:
        took = transfers.run(case, url, file)
    assert took["megabytes"] < 20
    assert file.stat().st_size == SIZE
