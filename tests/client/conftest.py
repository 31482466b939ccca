"""The table of the recorded responses that the clients and the waiters were given, at the end of a run."""

from __future__ import annotations

from typing import Any

from tests.support.recording_table import report

TIME_LINES_WITHOUT_A_WAITER = {
    "jobs.blueprint.sync": "A sync of a blueprint has no waiter: no task starts one.",
    "jobs.copy.do_not_run": "The migration was completed, and ran once more: two jobs in one time line.",
}
"""The recorded jobs that no waiter is given, and why."""


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the table of the exchanges and time lines that were tested."""
    from tests.client.contract.test_recordings import EXCEPTIONS

    def reasons(name: str) -> list[str]:
        reason = {**EXCEPTIONS, **TIME_LINES_WITHOUT_A_WAITER}.get(name)
        return [] if reason is None else [reason]

    report(terminalreporter, "the recorded responses in the clients and the waiters", "tests/client/", reasons)
