"""One exchange against the emulator: the world, the request, and the differences of the response."""

from __future__ import annotations

import requests
from canvas_emulator.server import EmulatorServer

from tests.contract.comparison import Reply, differences
from tests.contract.preparation import prepared
from tests.contract.sending import send
from tests.support.recordings import Exchange


def replay(server: EmulatorServer, session: requests.Session, exchange: Exchange) -> tuple[Reply, list[str]]:
    """Send an exchange to the emulator in the world of that time, and return the response and what differs."""
    preparation = prepared(exchange)
    server.show(preparation.world)
    preparation.before(server.url, session)
    reply = send(session, server.url, exchange, preparation.query(), **preparation.options)
    return reply, differences(exchange, reply)
