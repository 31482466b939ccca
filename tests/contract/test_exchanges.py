"""The emulator responds to each recorded request as the recorded Canvas did."""

from __future__ import annotations

import pytest
import requests
from canvas_emulator.server import EmulatorServer

from tests.contract.exceptions import EXCEPTIONS, MAX_EXCHANGES, excepted_names, unexcused, unneeded
from tests.contract.replay import replay
from tests.support.recordings import all_exchanges

EXCHANGES = all_exchanges()


@pytest.mark.parametrize("name", EXCHANGES)
def test_the_emulator_responds_as_the_recorded_canvas(
    name: str, contract_server: EmulatorServer, contract_session: requests.Session
) -> None:
    """Status, keys, types, Link relations and content type are those of the recorded response."""
    exchange = EXCHANGES[name]
    _, lines = replay(contract_server, contract_session, exchange)
    not_needed = unneeded(name, lines)
    lines = unexcused(name, lines)
    request = f"{exchange.who}: {exchange.method} {exchange.path} {exchange.query}"
    assert not lines, "\n".join([request, *lines])
    assert not not_needed, f"{name} has an exception without a difference: remove it ({not_needed[0].reason})"


def test_exceptions_are_few_and_name_recorded_exchanges():
    """Few exchanges have an exception, and each exception names recorded exchanges and a reason."""
    assert len(excepted_names()) <= MAX_EXCHANGES
    assert excepted_names() <= set(EXCHANGES)
    assert all(each.reason for each in EXCEPTIONS)
