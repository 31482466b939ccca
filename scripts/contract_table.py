"""Compare the emulator with the recorded Canvas, and print a table by subject.

With names, print the differences of the exchanges whose names contain one of them. With ``--client``, give the recorded
responses and time lines to the clients and the waiters instead, and print their table.
"""

from __future__ import annotations

import argparse
import logging
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import requests

TOP = Path(__file__).parents[1]
sys.path[:0] = [str(TOP), str(TOP / "emulator")]

from canvas_emulator.model.world import World  # noqa: E402  after the path is set
from canvas_emulator.server import serve  # noqa: E402

from tests.contract.exceptions import unexcused  # noqa: E402
from tests.contract.replay import replay  # noqa: E402
from tests.contract.results import outcome, reasons  # noqa: E402
from tests.support.recording_table import table  # noqa: E402
from tests.support.recordings import Exchange, all_exchanges  # noqa: E402


def main() -> None:
    """Send the exchanges to the emulator, and print the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="parts of names; default: all exchanges")
    parser.add_argument("--responses", action="store_true", help="print the emulator's responses, too")
    parser.add_argument(
        "--client", action="store_true", help="give the recorded responses to both clients and to the waiters"
    )
    options = parser.parse_args()
    if options.client:
        sys.exit(give_to_the_clients(options.names))
    chosen = [
        each
        for each in all_exchanges().values()
        if not options.names or any(part in each.name for part in options.names)
    ]
    different: dict[str, list[str]] = {}
    logging.getLogger("uvicorn.error").disabled = not options.names
    with serve(World()) as server, requests.Session() as session:
        session.headers.clear()
        for exchange in chosen:
            reply, lines = replay(server, session, exchange)
            if lines := unexcused(exchange.name, lines):
                different[exchange.name] = lines
            if options.names and (lines or options.responses):
                show(exchange, lines)
            if options.responses:
                print(f"    {reply.status} {dict(reply.headers)}\n    {reply.text}")
    results = ((each.subject, each.name, outcome(each.name, different.get(each.name, []))) for each in chosen)
    print("\n".join(table(results, reasons)))


def give_to_the_clients(names: Sequence[str]) -> int:
    """Run the tests that give the recordings to the clients and the waiters, and return their exit code.

    :param names: Parts of the names of exchanges; none for all.
    """
    tests = [str(path) for path in sorted((TOP / "tests/client").rglob("test_record*.py"))]
    selection = ["-k", " or ".join(names)] if names else []
    return subprocess.call([sys.executable, "-m", "pytest", "-q", *tests, *selection], cwd=TOP)


def show(exchange: Exchange, lines: list[str]) -> None:
    """Print a request, and how the responses differ."""
    print(f"{exchange.name}: {exchange.who} {exchange.method} {exchange.path} {exchange.query} {exchange.status}")
    print("\n".join(f"    {line}" for line in lines))


if __name__ == "__main__":
    main()
