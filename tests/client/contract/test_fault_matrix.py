"""Test every fault in every operation on both transports: the client is safe, and does what docs/faults.md says.

The faults are in ``fault_rows``, the operations in ``fault_operations``, and their runs in ``fault_runs``.
``fault_page`` describes the result.
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
def test_page_agrees_with_the_behaviour(fault: Fault, transport: str, operations: tuple[Operation, ...]) -> None:
    """Both transports behave as docs/faults.md says."""
    assert cells(fault, operations, transport) in lines(PAGE.read_text(encoding="utf-8"))


def test_page_lists_every_fault() -> None:
    """The page has a row for every fault in both tables, no other row, and the text around them."""
    text = PAGE.read_text(encoding="utf-8")
    rows = list(dict.fromkeys(fault.row for fault in FAULTS))
    assert [line[0] for line in lines(text)] == ["", "---", *rows] * 2
    assert INTRO in text
    assert FILES_INTRO in text


def test_results_are_correct(seen: Row) -> None:
    """Every result is complete and correct, whatever failed before it."""
    believed = [each for each in seen.seen if each.error is None and each.result == {"id": 666}]
    assert those(believed, lambda each: not leads_storage_away(each)) == []
    others = [each for each in seen.seen if each.error is None and each not in believed]
    assert those(others, lambda each: not each.operation.right(each.result, each.canvas)) == []


def leads_storage_away(seen: Seen) -> bool:
    """Whether the storage, which may say where an upload is confirmed, says that it is elsewhere."""
    return (
        seen.operation.spot.request == SECOND_STEP and seen.fault.reply is not None and seen.fault.reply.status == 302
    )


def test_only_canvas_errors_are_raised(seen: Row) -> None:
    """Every fault raises a ``CanvasError`` of a class in the documented tree."""
    assert those(seen.seen, lambda each: each.error is not None and not isinstance(each.error, CanvasError)) == []
    assert those(seen.seen, lambda each: type(each.error) is CanvasError) == []


def test_changes_are_sent_once(seen: Row) -> None:
    """A change that Canvas may have executed is sent once. Only refused and unsent changes are retried."""

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


def test_executed_changes_have_maybe_done(seen: Row) -> None:
    """The error of a change that was executed has ``maybe_done``."""
    assert those(seen.seen, lambda each: each.error is not None and each.was_done and not each.maybe_done) == []


@pytest.mark.parametrize("fault", REFUSALS, ids=str)
def test_refused_changes_do_not_have_maybe_done(seen: Row) -> None:
    """The error of a change that Canvas refused or never received does not have ``maybe_done``."""
    assert those(seen.seen, lambda each: each.operation in CHANGES and each.maybe_done) == []


def test_token_is_sent_to_canvas_only(seen: Row) -> None:
    """Only Canvas receives the token, in one header."""

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
def test_new_token_of_the_connection_is_used(seen: Row) -> None:
    """If the Airflow connection has a new token, the next request and all later ones send it."""
    received = [cell.once.canvas.met for operation, cell in seen.cells.items() if operation.spot.host == "canvas"]
    sent = [[arrival.request.header("Authorization") for arrival in met] for met in received]
    assert sent == [[f"Bearer {TOKEN}", f"Bearer {NEW_TOKEN}"]] * len(received)


def test_no_secret_in_errors_and_logs(seen: Row) -> None:
    """No token and no signature is in an error, in its causes, or in the log."""
    secrets = (TOKEN, NEW_TOKEN, SIGNED)
    assert those(seen.seen, lambda each: any(secret in each.messages for secret in secrets)) == []
    assert not any(secret in seen.log for secret in secrets)


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.says], ids=str)
def test_message_of_canvas_is_in_the_error(fault: Fault, seen: Row) -> None:
    """The error contains Canvas's message, whatever its format."""

    def is_lost(each: Seen) -> bool:
        asked_canvas = each.operation.spot.request.startswith("canvas") and "download" not in each.operation.name
        status = getattr(each.error, "status", None)
        return asked_canvas and status is not None and fault.says not in str(each.error)

    assert those(seen.seen, is_lost) == []


def test_retry_after_is_respected(transport: str) -> None:
    """Every operation respects ``Retry-After``, of Canvas and of the storage host."""
    (fault,) = (fault for fault in FAULTS if "Retry-After" in fault.row)
    seen = [cell.once for cell in row(fault, transport).cells.values()]
    waits = [later.at - earlier.at for each in seen for earlier, later in pairwise(each.canvas.met)]
    assert len(waits) == len(REQUESTS) + len(FILES)
    assert min(waits) >= ASKED_TO_WAIT
