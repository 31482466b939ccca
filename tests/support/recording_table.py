"""The table of the recordings: per file, how many exchanges and time lines passed, are excepted, or failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

from tests.support.recordings import all_exchanges, time_lines

FEW = 30
"""A run of no more exchanges than this prints no table."""

TIME_LINES = "jobs (time lines)"
"""What the table calls the file of the time lines."""


class Outcome(StrEnum):
    """The result of an exchange or a time line."""

    PASSED = "passed"
    EXCEPTED = "excepted"
    FAILED = "failed"


Result = tuple[str, str, Outcome]
"""Subject, name and outcome of an exchange or a time line."""

Reasons = Callable[[str], Collection[str]]
"""Returns the reasons of the exceptions of an exchange; empty if it has none."""


def table(results: Iterable[Result], reasons: Reasons) -> Iterator[str]:
    """Yield the lines of the table, and the reasons of the exceptions that occurred.

    :param results: The results.
    :param reasons: Returns the reasons of the exceptions.
    """
    results = list(results)
    counts = Counter((subject, outcome) for subject, _, outcome in results)
    subjects = sorted({subject for subject, _ in counts})
    yield f"{'subject':<22}{'recorded':>9}" + "".join(f"{outcome:>10}" for outcome in Outcome)
    for subject in [*subjects, "all"]:
        row = [sum(n for (s, o), n in counts.items() if subject in (s, "all") and o is outcome) for outcome in Outcome]
        yield f"{subject:<22}{sum(row):>9}" + "".join(f"{number:>10}" for number in row)
    for name in sorted({name for _, name, outcome in results if outcome is Outcome.EXCEPTED}):
        for reason in reasons(name):
            yield f"{name}: {reason}"


def results_of(stats: Mapping[str, Sequence[Any]], folder: str, reasons: Reasons) -> list[Result]:
    """Return the results of a test run: an exchange failed if one of its tests did, and may be excepted without a test.

    :param stats: The reports of the run, as a terminal reporter has them.
    :param folder: Where the tests are; reports of others are left out.
    :param reasons: Returns the reasons of the exceptions.
    """
    subjects = {name: exchange.subject for name, exchange in all_exchanges().items()}
    subjects |= {line.name: TIME_LINES for line in time_lines()}
    failed: dict[str, bool] = {}
    for category, is_failure in (("passed", False), ("failed", True), ("error", True)):
        for report in stats.get(category, ()):
            path, _, parameters = str(getattr(report, "nodeid", "")).partition("[")
            if path.startswith(folder):
                for name in subjects.keys() & set(parameters.removesuffix("]").split("-")):
                    failed[name] = failed.get(name, False) or is_failure
    tested = {subjects[name] for name in failed}
    left_out = [name for name, subject in subjects.items() if subject in tested and reasons(name)]
    return [
        (
            subjects[name],
            name,
            Outcome.FAILED if failed.get(name) else Outcome.EXCEPTED if reasons(name) else Outcome.PASSED,
        )
        for name in dict.fromkeys([*failed, *left_out])
    ]


def report(terminalreporter: Any, title: str, folder: str, reasons: Reasons) -> None:
    """Print the table at the end of a test run.

    :param terminalreporter: Pytest's terminal reporter.
    :param title: The title of the table.
    :param folder: Where the tests are.
    :param reasons: Returns the reasons of the exceptions.
    """
    results = results_of(terminalreporter.stats, folder, reasons)
    if len(results) > FEW:
        terminalreporter.section(title)
        for line in table(results, reasons):
            terminalreporter.write_line(line)
