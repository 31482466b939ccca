"""Run a command, and end it and all processes that it started when standard input closes.

    python supervise.py COMMAND [ARGUMENT ...]

The parent process keeps the other end of the pipe. The kernel closes that end when the parent ends, whatever the
reason: a normal exit, Ctrl-C, an exception or ``kill -9``. So no process is left running, on Linux and on macOS.

Start it with ``start_new_session=True``: the session identifies the processes that belong to the command, even those
that have moved to other process groups.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress

import psutil

GRACE = 2.0
"""Seconds between ``SIGTERM`` and ``SIGKILL``."""


def members(session: int) -> list[psutil.Process]:
    """Return the running processes of a session, without its leader.

    :param session: The session's id.
    """
    running = []
    for pid in psutil.pids():
        with suppress(OSError, psutil.Error):  # it has ended meanwhile, or belongs to another user
            if pid != session and os.getsid(pid) == session:
                process = psutil.Process(pid)
                if process.status() != psutil.STATUS_ZOMBIE:
                    running.append(process)
    return running


def end(session: int, grace: float = GRACE) -> None:
    """Send ``SIGTERM`` to all processes of a session except its leader, then ``SIGKILL`` to the remaining ones.

    :param session: The session's id.
    :param grace: Seconds between the two signals.
    """
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
    """Run the command of the command line, and return its exit code."""
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
