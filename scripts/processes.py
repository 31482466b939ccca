"""Child processes with a log file each, which never outlive the script that started them (see `supervise`)."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import supervise


class Child:
    """
    A command that runs until it ends, is ended, or this process is gone.

    :param name: how messages call it
    :param command: program and arguments
    :param env: its whole environment
    :param log: the file to which its output is appended
    """

    def __init__(self, name: str, command: Sequence[str], *, env: Mapping[str, str], log: Path) -> None:
        self.name = name
        self.log = log
        with log.open("ab") as output:
            self._supervisor = subprocess.Popen(
                [sys.executable, supervise.__file__, *command],
                env=dict(env),
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def running(self) -> bool:
        """Whether the command still runs."""
        return self._supervisor.poll() is None

    @property
    def pid(self) -> int:
        """
        The command's process id.

        :raises ProcessLookupError: when it has ended
        """
        with suppress(psutil.NoSuchProcess):
            for child in psutil.Process(self._supervisor.pid).children():
                return int(child.pid)
        raise ProcessLookupError(f"{self.name} does not run")

    def processes(self) -> list[psutil.Process]:
        """List the command's process and all that it started."""
        return supervise.members(self._supervisor.pid)

    def kill(self, signum: signal.Signals = signal.SIGKILL, timeout: float = 30.0) -> None:
        """
        Send the command's own process a signal, wait until it has ended, and kill what it leaves behind.

        :raises subprocess.TimeoutExpired: when it has not ended `timeout` seconds later
        """
        psutil.Process(self.pid).send_signal(signum)
        self.wait(timeout)

    def wait(self, timeout: float | None = None) -> int:
        """
        Wait until the command, and all that it started, has ended; return its exit code.

        :raises subprocess.TimeoutExpired: when it has not ended `timeout` seconds later
        """
        return self._supervisor.wait(timeout)

    def release(self) -> None:
        """Let go: it ends, within seconds. Does not wait for that."""
        if self._supervisor.stdin:
            self._supervisor.stdin.close()

    def tail(self, lines: int = 20) -> str:
        """Return the last lines of its log."""
        return tail(self.log, lines)


def end_all(children: Iterable[Child]) -> None:
    """End children, all at once, and wait until they and everything that they started are gone."""
    children = list(children)
    for child in children:
        child.release()
    for child in children:
        child.wait()


def tail(path: Path, lines: int = 20) -> str:
    """Return the last lines of a file; an empty text when there is no such file."""
    if not path.exists():
        return ""
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])


def free_port() -> int:
    """Find a TCP port of the loopback interface that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Tell whether nobody listens on a TCP port of the loopback interface."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
