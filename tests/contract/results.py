"""The results of the contract tests, as a table by subject."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

from tests.contract.exceptions import exceptions_of
from tests.support.recordings import all_exchanges


class Outcome(StrEnum):
    """The result of an exchange or a time line."""

    PASSED = "passed"
    EXCEPTED = "excepted"
    FAILED = "failed"


def outcome(name: str, lines: Sequence[str]) -> Outcome:
    """Return the result of an exchange.

    :param name: The name of the exchange.
    :param lines: The differences that no exception excuses.
    """
    if lines:
        return Outcome.FAILED
    return Outcome.EXCEPTED if exceptions_of(name) else Outcome.PASSED


def table(results: Iterable[tuple[str, str, Outcome]]) -> Iterator[str]:
    """Yield the lines of the table, and the reasons of the exceptions that occurred.

    :param results: Subject, name and outcome of each exchange and time line.
    """
    results = list(results)
    counts = Counter((subject, outcome) for subject, _, outcome in results)
    subjects = sorted({subject for subject, _ in counts})
    yield f"{'subject':<22}{'recorded':>9}" + "".join(f"{outcome:>10}" for outcome in Outcome)
    for subject in [*subjects, "all"]:
        row = [sum(n for (s, o), n in counts.items() if subject in (s, "all") and o is outcome) for outcome in Outcome]
        yield f"{subject:<22}{sum(row):>9}" + "".join(f"{number:>10}" for number in row)
    names = {name for _, name, outcome in results if outcome is Outcome.EXCEPTED}
    for name in sorted(names & set(all_exchanges())):
        for each in exceptions_of(name):
            yield f"{name}: {each.reason}"
