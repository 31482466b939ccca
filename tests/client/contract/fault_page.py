"""The page ``docs/faults.md``, written from the observed behaviour.

Write it with ``python -m tests.client.contract.fault_page``.
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

Each row is a fault, each column the place where it happens. A test causes each of them over HTTP for both transports,
once and then each time. It compares the result with this page, which `python -m tests.client.contract.fault_page`
writes.

- **again**: the request is retried and succeeds. After "else" follows the error if the fault lasts longer than
  `retry_for`.
- **Server** and the like: the error `CanvasServerError` and the like, see [hook.md](hook.md#errors). With
  **maybe done**, the error says `maybe_done`: Canvas may have executed the request.
- **result**: the request succeeds as if nothing had happened.

For every cell the test also checks:

- No change that Canvas may have executed is sent a second time, except for a file that overwrites itself.
- An error says `maybe_done` whenever the request was executed.
- The token is only in the `Authorization` header of requests to Canvas, and never at another host.
- No token and no signature is in an error or in the log.
"""

FILES_INTRO = """\
## Files

The first step of an upload may be repeated: it leaves nothing that a user sees. In the second step, here, the storage
tells Canvas of the file by itself. A file that may overwrite itself is sent again even if it may have arrived; any
other file is not. **From step 1**: the client requests a new signature. The third step works once; if it is refused,
the client **looks at the file**, which may be there. A download is redirected from Canvas to the storage.
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
    return "\n".join((INTRO, _table(REQUESTS, transport), FILES_INTRO, _table(FILES, transport)))


def _came(seen: Seen) -> str:
    """Say how a result came."""
    times = len(seen.canvas.met) + (seen.fault.cut is Cut.REFUSED)
    retried = {1: [], 2: ["again"]}.get(times, [f"again ({times})"])
    ways = [way.words for way in seen.operation.ways if _asked(seen, way.request) >= way.times]
    return ", ".join([*retried, *ways]) or "result"


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
