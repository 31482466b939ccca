"""The results of the contract tests: the outcome of an exchange, and the reasons of its exceptions."""

from __future__ import annotations

from collections.abc import Sequence

from tests.contract.exceptions import exceptions_of
from tests.support.recording_table import Outcome


def reasons(name: str) -> list[str]:
    """Return why the emulator deliberately does otherwise in an exchange; an empty list if it does not."""
    return [each.reason for each in exceptions_of(name)]


def outcome(name: str, lines: Sequence[str]) -> Outcome:
    """Return the result of an exchange.

    :param name: The name of the exchange.
    :param lines: The differences that no exception excuses.
    """
    if lines:
        return Outcome.FAILED
    return Outcome.EXCEPTED if reasons(name) else Outcome.PASSED
