"""Run the Canvas emulator as a child process, and use its control endpoints."""

from __future__ import annotations

import os
import re
import secrets
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests
from processes import Child, end_all

START_TIMEOUT = 30.0

_ADDRESS = re.compile(r"^Canvas emulator: (http://127\.0\.0\.1:\d+)$", re.MULTILINE)


class CanvasStartError(Exception):
    """Raised if the local Canvas does not start. The message ends with the last lines of its log."""


class LocalCanvas:
    """A Canvas emulator that runs on this machine during a ``with`` block.

    :param log: The file for its output.
    :param port: Its port; 0 (the default) for any free port.
    :param copy_seconds: Seconds that a course copy takes.
    :param courses: The courses to start with: ``demo`` or ``term``.
    :param options: More options of the ``canvas-emulator`` command.
    """

    url: str

    def __init__(
        self,
        log: Path,
        *,
        port: int = 0,
        copy_seconds: float = 25.0,
        courses: str = "demo",
        options: Sequence[str] = (),
    ) -> None:
        self.token = secrets.token_hex(32)
        self._log = log
        self._options = ["--port", str(port), "--courses", courses, "--copy-seconds", f"{copy_seconds:g}", *options]
        self._http = requests.Session()
        self._http.trust_env = False

    def __repr__(self) -> str:
        return f"<LocalCanvas {getattr(self, 'url', 'not started')}>"

    def __enter__(self) -> Self:
        self._log.parent.mkdir(parents=True, exist_ok=True)
        self._log.write_bytes(b"")
        self._child = Child(
            "canvas-emulator",
            [sys.executable, "-m", "canvas_emulator", *self._options],
            # Other users of this machine can read the arguments of a process, but not its environment.
            env={**os.environ, "PYTHONUNBUFFERED": "1", "CANVAS_EMULATOR_TOKEN": self.token},
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
        """The fields of an Airflow connection to this Canvas."""
        return {"conn_type": "canvas", "host": self.url, "password": self.token}

    def control(self, method: str, name: str, body: dict[str, Any] | None = None) -> Any:
        """Call a control endpoint of the emulator, and return the JSON of the response.

        :param method: The HTTP method.
        :param name: ``state``, ``requests``, ``faults``, ``clock``, ``settings`` or ``reset``.
        :param body: The JSON of the request, if any.
        :raises requests.HTTPError: If the emulator refuses the request.
        """
        response = self._http.request(method, f"{self.url}/_emulator/{name}", json=body, timeout=30)
        response.raise_for_status()
        return response.json() if response.content else None

    def _wait_for_address(self) -> str:
        deadline = time.monotonic() + START_TIMEOUT
        while self._child.running and time.monotonic() < deadline:
            if address := _ADDRESS.search(self._log.read_text()):
                return address[1]
            time.sleep(0.05)
        raise CanvasStartError(f"The local Canvas did not start:\n{self._child.tail()}")
