"""Runs a command, and ends it with everything that it started as soon as standard input closes.

    python supervise.py COMMAND [ARGUMENT ...]

Whoever starts this keeps the other end of the pipe. The kernel closes that end when its owner is gone, however
it went: normal exit, Ctrl-C, an exception, or `kill -9`. So nothing is left running on any of these ways, on Linux
and macOS alike, and there is one way of stopping instead of one for each.

It must be started as the leader of a session of its own (`start_new_session=True`): the session tells which
processes belong to the command, also after some of them moved to process groups of their own.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress

import psutil  # type: ignore[import-untyped]

GRACE = 2.0
"""Seconds between asking processes to end and killing what is left."""


def members(session: int) -> list[psutil.Process]:
    """Find the processes of a session that still run, without the session's leader."""
    found = []
    for pid in psutil.pids():
        with suppress(OSError, psutil.Error):  # it ended while we looked, or belongs to somebody else
            if pid != session and os.getsid(pid) == session:
                process = psutil.Process(pid)
                if process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
    return found


def end(session: int, grace: float = GRACE) -> None:
    """Ask every process of a session but its leader to end, and kill those that stay longer than `grace` seconds."""
    deadline = time.monotonic() + grace
    signalled = signal.SIGTERM
    while left := members(session):
        for process in left:
            with suppress(psutil.Error):
                process.send_signal(signalled)
        while members(session) and time.monotonic() < deadline:
            time.sleep(0.05)
        signalled = signal.SIGKILL


def main() -> int:
    """Run the command of the command line; return its exit code."""
    command = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)

    def end_when_released() -> None:
        while os.read(0, 1024):
            pass
        end(os.getpid())

    threading.Thread(target=end_when_released, daemon=True).start()
    code = command.wait()
    end(os.getpid())
    return code


if __name__ == "__main__":
    sys.exit(main())
