"""One emulator for all exchanges, and the table of the results at the end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from canvas_emulator.model.world import World
from canvas_emulator.server import EmulatorServer, serve

from tests.contract.results import reasons
from tests.support.recording_table import report


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
    report(terminalreporter, "the emulator, edition 2023-06, against the recorded Canvas", "tests/contract/", reasons)
