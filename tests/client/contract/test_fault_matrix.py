"""Every fault, in every operation, on both transports: the client is safe, honest, and does what docs/faults.md says.

The faults are in ``fault_rows``, what is done meanwhile in ``fault_operations``, what is then seen in ``fault_runs``;
``fault_page`` says it in words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise

import pytest

from airflow_provider_canvas.client.errors import CanvasError
from tests.client.contract.fault_operations import FILES, REQUESTS, SECOND_STEP, Operation
from tests.client.contract.fault_page import FILES_INTRO, INTRO, PAGE, cells, lines
from tests.client.contract.fault_rows import ASKED_TO_WAIT, FAULTS, NEW_TOKEN, SIGNED, TOKEN, Fault
from tests.client.contract.fault_runs import TRANSPORTS, Row, Seen, row
from tests.client.contract.fault_sockets import Cut
from tests.client.contract.faulty_canvas import Arrival

CHANGES = [operation for operation in REQUESTS if operation.once]
"""POST, PUT and DELETE."""

REFUSALS = [
    fault
    for fault in FAULTS
    if fault.cut is Cut.REFUSED or (fault.reply is not None and 300 <= fault.reply.status < 500)
]


@pytest.fixture(params=TRANSPORTS)
def transport(request: pytest.FixtureRequest) -> str:
    """Each of them."""
    return str(request.param)


@pytest.fixture(params=FAULTS, ids=str)
def fault(request: pytest.FixtureRequest) -> Fault:
    """Each of them."""
    each: Fault = request.param
    return each


@pytest.fixture
def seen(fault: Fault, transport: str) -> Row:
    """What was seen when it went wrong in every operation: seen once, and looked at by several tests."""
    return row(fault, transport)


def those(seen: Iterable[Seen], wrong: Callable[[Seen], bool]) -> list[str]:
    """Say of what was seen that in which something is wrong."""
    return [
        f"{each.operation.name}{', lasting' * each.canvas.lasting}: {each.error!r}, {[*map(str, each.canvas.arrivals)]}"
        for each in seen
        if wrong(each)
    ]


@pytest.mark.parametrize("operations", [REQUESTS, FILES], ids=["requests", "files"])
def test_the_page(fault: Fault, transport: str, operations: tuple[Operation, ...]) -> None:
    """What either transport does is what the page says."""
    assert cells(fault, operations, transport) in lines(PAGE.read_text(encoding="utf-8"))


def test_the_page_is_whole() -> None:
    """It has a row for every fault in both tables and no other, and the words around them."""
    text = PAGE.read_text(encoding="utf-8")
    rows = list(dict.fromkeys(fault.row for fault in FAULTS))
    assert [line[0] for line in lines(text)] == ["", "---", *rows] * 2
    assert INTRO in text
    assert FILES_INTRO in text


def test_what_comes_is_right(seen: Row) -> None:
    """Whoever gets a result has what was asked for, whole and once, whatever went wrong on the way to it."""
    believed = [each for each in seen.seen if each.error is None and each.result == {"id": 666}]
    assert those(believed, lambda each: not leads_storage_away(each)) == []
    others = [each for each in seen.seen if each.error is None and each not in believed]
    assert those(others, lambda each: not each.operation.right(each.result, each.canvas)) == []


def leads_storage_away(seen: Seen) -> bool:
    """Whether the storage, which may say where an upload is confirmed, says that it is elsewhere."""
    return (
        seen.operation.spot.request == SECOND_STEP and seen.fault.reply is not None and seen.fault.reply.status == 302
    )


def test_nothing_else_is_raised(seen: Row) -> None:
    """What goes wrong with Canvas is a ``CanvasError``, one of those that are drawn."""
    assert those(seen.seen, lambda each: each.error is not None and not isinstance(each.error, CanvasError)) == []
    assert those(seen.seen, lambda each: type(each.error) is CanvasError) == []


def test_nothing_is_sent_twice(seen: Row) -> None:
    """What Canvas may have carried out is sent once; only what it refused, or never saw, is sent again."""

    def is_sent_twice(each: Seen) -> bool:
        once = each.operation.once
        return (
            once is not None
            and sum(arrival.matches(once) and not refused(arrival) for arrival in each.canvas.arrivals) > 1
        )

    assert those(seen.seen, is_sent_twice) == []
    assert those(seen.seen, lambda each: max(each.canvas.done.values(), default=0) > 1) == []


def refused(arrival: Arrival) -> bool:
    """Tell whether the response means that nothing was executed, as with an upload that is not complete."""
    fault = arrival.fault
    if fault is None:
        return False
    return fault.refuses or (arrival.host == "elsewhere" and fault.reply is not None and fault.reply.status // 100 == 4)


def test_errors_are_honest(seen: Row) -> None:
    """What was carried out is never reported as if it had not been."""
    assert those(seen.seen, lambda each: each.error is not None and each.was_done and not each.maybe_done) == []


@pytest.mark.parametrize("fault", REFUSALS, ids=str)
def test_a_refusal_is_one(seen: Row) -> None:
    """Where Canvas refused a change, or never saw it, nobody is told that it may have been carried out."""
    assert those(seen.seen, lambda each: each.operation in CHANGES and each.maybe_done) == []


def test_no_token_elsewhere(seen: Row) -> None:
    """Nobody but Canvas sees a token, and Canvas sees it in one header."""

    def shows_it(each: Seen) -> bool:
        return any(token_is_out(arrival) for arrival in each.canvas.arrivals)

    assert those(seen.seen, shows_it) == []
    assert all(any(each.matches("canvas ") for each in seen.canvas.arrivals) for seen in seen.seen)


def token_is_out(arrival: Arrival) -> bool:
    """Whether a token is where it must not be."""
    sent = arrival.request.head + arrival.request.body
    times = sum(sent.count(token.encode()) for token in (TOKEN, NEW_TOKEN))
    if arrival.host != "canvas":
        return times > 0 or "Bearer" in (arrival.request.header("Authorization") or "")
    in_header = arrival.request.header("Authorization") in (f"Bearer {TOKEN}", f"Bearer {NEW_TOKEN}")
    return times != in_header


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.new_token], ids=str)
def test_the_new_token_is_taken(seen: Row) -> None:
    """Where the Airflow connection has another token than the refused one, that is sent next, and by every request."""
    asked = [cell.once.canvas.met for operation, cell in seen.cells.items() if operation.spot.host == "canvas"]
    sent = [[arrival.request.header("Authorization") for arrival in met] for met in asked]
    assert sent == [[f"Bearer {TOKEN}", f"Bearer {NEW_TOKEN}"]] * len(asked)


def test_nothing_secret_is_said(seen: Row) -> None:
    """No token and no signature is in an error, in what led to it, or in the log."""
    secrets = (TOKEN, NEW_TOKEN, SIGNED)
    assert those(seen.seen, lambda each: any(secret in each.messages for secret in secrets)) == []
    assert not any(secret in seen.log for secret in secrets)


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.says], ids=str)
def test_canvas_is_heard(fault: Fault, seen: Row) -> None:
    """What Canvas says is wrong is in the error, in whatever shape it says it."""

    def is_lost(each: Seen) -> bool:
        asked_canvas = each.operation.spot.request.startswith("canvas") and "download" not in each.operation.name
        status = getattr(each.error, "status", None)
        return asked_canvas and status is not None and fault.says not in str(each.error)

    assert those(seen.seen, is_lost) == []


def test_waits_as_long_as_it_is_asked_to(transport: str) -> None:
    """``Retry-After`` is honoured by every operation, at Canvas and at the storage."""
    (fault,) = (fault for fault in FAULTS if "Retry-After" in fault.row)
    seen = [cell.once for cell in row(fault, transport).cells.values()]
    waits = [later.at - earlier.at for each in seen for earlier, later in pairwise(each.canvas.met)]
    assert len(waits) == len(REQUESTS) + len(FILES)
    assert min(waits) >= ASKED_TO_WAIT
