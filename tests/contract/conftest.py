"""One emulator for all exchanges, and the table of the results at the end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from canvas_emulator.model.world import World
from canvas_emulator.server import EmulatorServer, serve

from tests.contract.exceptions import exceptions_of
from tests.contract.results import Outcome, table
from tests.support.recordings import all_exchanges

FEW = 30
"""A run of no more exchanges than this prints no table."""


@pytest.fixture(scope="session")
def contract_server() -> Iterator[EmulatorServer]:
    """Start the emulator."""
    with serve(World()) as server:
        yield server


@pytest.fixture(scope="session")
def contract_session() -> Iterator[requests.Session]:
    """Return a session that adds no headers of its own."""
    with requests.Session() as session:
        session.headers.clear()
        yield session


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the table of the exchanges and time lines that were tested."""
    results = list(_results(terminalreporter.stats))
    if len(results) > FEW:
        terminalreporter.section("contract with the recorded Canvas, edition 2023-06")
        for line in table(results):
            terminalreporter.write_line(line)


def _results(stats: dict[str, list[Any]]) -> Iterator[tuple[str, str, Outcome]]:
    outcomes = {"passed": Outcome.PASSED, "failed": Outcome.FAILED, "error": Outcome.FAILED}
    for category, outcome in outcomes.items():
        for report in stats.get(category, []):
            path, _, name = getattr(report, "nodeid", "").partition("[")
            name = name.removesuffix("]")
            if "tests/contract/test_time_lines" in path and name:
                yield "jobs (time lines)", name, outcome
            elif (exchange := all_exchanges().get(name)) is not None and "tests/contract/" in path:
                excepted = outcome is Outcome.PASSED and bool(exceptions_of(name))
                yield exchange.subject, name, Outcome.EXCEPTED if excepted else outcome
