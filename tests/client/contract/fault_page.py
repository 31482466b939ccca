"""The page docs/faults.md: what was seen, in words.

To write it anew, in the folder ``tests``: ``python -m client.contract.fault_page``.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tests.client.contract.fault_operations import FILES, REQUESTS, Operation
from tests.client.contract.fault_rows import FAULTS, Fault
from tests.client.contract.fault_runs import TRANSPORTS, Cell, Seen, row
from tests.client.contract.fault_sockets import Cut

PAGE = Path(__file__).resolve().parents[3] / "docs" / "faults.md"

INTRO = """\
# Faults, and what the client does about them

Each row is a fault, each column where it happens. A test makes every one of them happen over HTTP to both transports,
once and then each time, and compares what it sees with this page, which
`cd tests && python -m client.contract.fault_page` writes.

- **again**: the request is sent again, and what was asked for comes. What stands after "else" is the error if the fault
  lasts longer than `retry_for`.
- **Server** and the like: the error `CanvasServerError` and the like, see [hook.md](hook.md#errors). With
  **maybe done**, the error says `maybe_done`: Canvas may have carried it out.
- **result**: what was asked for comes, as if nothing had happened.

For every cell the test also looks at this: no change that Canvas may have carried out is sent a second time, but for a
file that overwrites itself; an error says `maybe_done` whenever it was carried out; the token is in the `Authorization`
header of requests to Canvas and nowhere else, and never at another host; no token and no signature is in an error or in
the log.
"""

FILES_SAID = """\
## Files

An upload's first step may be repeated: it leaves nothing but a promise. In the second step, here, the storage tells
Canvas of the file by itself; a file that may overwrite its like is sent again although it may be there, any other is
not. **From step 1**: a new signature is asked for. The third step works once; where it is refused, the client **looks
at the file**, which may be there. A download is led from Canvas to the storage.
"""


def words(cell: Cell) -> str:
    """Say what a cell is."""
    if cell.once.error is not None:
        return _error(cell.once)
    came = _came(cell.once)
    return f"{came}, else {_error(cell.lasting)}" if cell.lasting.error is not None else came


def cells(fault: Fault, operations: Iterable[Operation], transport: str) -> list[str]:
    """Return a row of a table."""
    seen = row(fault, transport).cells
    return [fault.row, *(words(seen[each]) for each in operations)]


def lines(text: str) -> list[list[str]]:
    """Return the rows of the tables of a page."""
    return [line[2:-2].split(" | ") for line in text.splitlines() if line.startswith("| ")]


def page(transport: str) -> str:
    """Return the page, as a transport makes it."""
    return "\n".join((INTRO, _table(REQUESTS, transport), FILES_SAID, _table(FILES, transport)))


def _came(seen: Seen) -> str:
    """Say how a result came."""
    times = len(seen.canvas.met) + (seen.fault.cut is Cut.REFUSED)
    again = {1: [], 2: ["again"]}.get(times, [f"again ({times})"])
    ways = [way.words for way in seen.operation.ways if _asked(seen, way.request) >= way.times]
    return ", ".join([*again, *ways]) or "result"


def _asked(seen: Seen, pattern: str) -> int:
    return sum(arrival.matches(pattern) for arrival in seen.canvas.arrivals)


def _error(seen: Seen) -> str:
    name = type(seen.error).__name__.removeprefix("Canvas").removesuffix("Error")
    return f"{name}, maybe done" if seen.maybe_done else name


def _table(operations: tuple[Operation, ...], transport: str) -> str:
    rows = {fault.row: cells(fault, operations, transport) for fault in FAULTS}
    head = ["", *(each.name for each in operations)]
    return "".join(f"| {' | '.join(each)} |\n" for each in (head, ["---"] * len(head), *rows.values()))


if __name__ == "__main__":
    PAGE.write_text(page(TRANSPORTS[0]), encoding="utf-8")
