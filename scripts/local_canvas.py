"""The local Canvas as a child process, and its control endpoints."""

from __future__ import annotations

import os
import re
import secrets
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests
from processes import Child, end_all

START_TIMEOUT = 30.0

_ADDRESS = re.compile(r"^Canvas emulator: (http://127\.0\.0\.1:\d+)$", re.MULTILINE)


class CanvasStartError(Exception):
    """The local Canvas did not start; the message ends with the last lines of its log."""


class LocalCanvas:
    """
    An emulator of Canvas that runs while the `with` block is open, on this machine.

    :param log: the file for its output
    :param port: where it listens; 0 for any free port
    :param copy_seconds: how long a course copy takes
    """

    url: str

    def __init__(self, log: Path, *, port: int = 0, copy_seconds: float = 25.0) -> None:
        self.token = secrets.token_hex(32)
        self._log = log
        self._options = ["--port", str(port), "--courses", "demo", "--copy-seconds", f"{copy_seconds:g}"]
        self._http = requests.Session()
        self._http.trust_env = False

    def __repr__(self) -> str:
        return f"<LocalCanvas {getattr(self, 'url', 'not started')}>"

    def __enter__(self) -> Self:
        self._log.parent.mkdir(parents=True, exist_ok=True)
        self._log.write_bytes(b"")
        self._child = Child(
            "canvas-emulator",
            [sys.executable, "-m", "canvas_emulator", *self._options, "--token", self.token],
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            log=self._log,
        )
        try:
            self.url = self._wait_for_address()
        except BaseException:
            end_all([self._child])
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        end_all([self._child])

    @property
    def connection(self) -> dict[str, Any]:
        """The Airflow connection to it."""
        return {"conn_type": "canvas", "host": self.url, "password": self.token}

    def control(self, method: str, name: str, body: dict[str, Any] | None = None) -> Any:
        """
        Use one of the emulator's own endpoints: `state`, `requests`, `faults`, `clock`, `settings`, `reset`.

        :raises requests.HTTPError: when it refuses
        """
        answer = self._http.request(method, f"{self.url}/_emulator/{name}", json=body, timeout=30)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def _wait_for_address(self) -> str:
        deadline = time.monotonic() + START_TIMEOUT
        while self._child.running and time.monotonic() < deadline:
            if found := _ADDRESS.search(self._log.read_text()):
                return found[1]
            time.sleep(0.05)
        raise CanvasStartError(f"The local Canvas did not start:\n{self._child.tail()}")
