"""Start child processes that write to log files and end with the script that started them (see ``supervise``)."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil
import supervise


class Child:
    """A command that runs until it ends, is stopped, or this process ends.

    :param name: Its name in messages.
    :param command: The program and its arguments.
    :param env: Its complete environment.
    :param log: The file to which its output is appended.
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
        """Whether the command is still running."""
        return self._supervisor.poll() is None

    @property
    def pid(self) -> int:
        """The process id of the command.

        :raises ProcessLookupError: If the command has ended.
        """
        with suppress(psutil.NoSuchProcess):
            for child in psutil.Process(self._supervisor.pid).children():
                return int(child.pid)
        raise ProcessLookupError(f"{self.name} is not running")

    def processes(self) -> list[psutil.Process]:
        """Return the command's process and all processes that it started."""
        return supervise.members(self._supervisor.pid)

    def kill(self, signum: signal.Signals = signal.SIGKILL, timeout: float = 30.0) -> None:
        """Send a signal to the command's process, wait until it has ended, and kill the processes that it started.

        :param signum: The signal; by default ``SIGKILL``.
        :param timeout: Seconds to wait.
        :raises subprocess.TimeoutExpired: If it has not ended by then.
        """
        psutil.Process(self.pid).send_signal(signum)
        self.wait(timeout)

    def wait(self, timeout: float | None = None) -> int:
        """Wait until the command and all processes that it started have ended, and return the command's exit code.

        :param timeout: Seconds to wait; by default without a limit.
        :raises subprocess.TimeoutExpired: If it has not ended by then.
        """
        code = self._supervisor.wait(timeout)
        if self._supervisor.stdin:
            self._supervisor.stdin.close()
        return code

    def release(self) -> None:
        """Tell the command to end, which takes some seconds; do not wait for it."""
        if self._supervisor.stdin:
            self._supervisor.stdin.close()

    def tail(self, lines: int = 20) -> str:
        """Return the last lines of its log.

        :param lines: How many.
        """
        return tail(self.log, lines)


def end_all(children: Iterable[Child]) -> None:
    """End all children at the same time, and wait until they and all processes that they started have ended.

    :param children: The children.
    """
    children = list(children)
    for child in children:
        child.release()
    for child in children:
        child.wait()


def tail(path: Path, lines: int = 20) -> str:
    """Return the last lines of a file, or an empty text if it does not exist.

    :param path: The file.
    :param lines: How many.
    """
    if not path.exists():
        return ""
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])


def free_port() -> int:
    """Return a free TCP port of the loopback interface."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Return whether a TCP port of the loopback interface is free.

    :param port: The port.
    """
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
