"""A private Redis for tests, on a free loopback port. It keeps nothing on disk."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from processes import Child, end_all, free_port, is_free

from tests.support.eventually import eventually


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a server for the session, and return its URL; skip the tests if Redis is not installed."""
    server = shutil.which("redis-server")
    if server is None:
        pytest.skip("Redis is not installed: no redis-server in PATH")
    folder, port = tmp_path_factory.mktemp("redis"), free_port()
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    child = Child("redis", [server, *options], env=dict(os.environ), log=Path(folder) / "log")
    try:
        eventually(lambda: not is_free(port))
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        end_all([child])
