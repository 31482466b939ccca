"""What a batch of copies is expected to take: requests, rate-limit cost, and time.

The costs were measured on a Canvas of June 2023 (medians); a request costs 2 to 3 times as much there now and then.
What limits a token is not the cost of copies but how many requests are in flight, and what limits a batch is its lane.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from airflow_provider_canvas.rollover.eta import LaneEstimate

COSTS = {
    "list the destination's migrations": 0.136,
    "create the migration": 0.101,
    "read its end": 0.072,
}
"""The rate-limit cost of each request that a copy takes."""

POLL_COST = 0.041
"""The cost of a poll of a Progress. A lane is polled at its head, so a copy takes one poll on average."""

ISSUES_COST = 0.084
"""The cost of a request for the issues of a copy, which is sent only if there are some."""

COPIES_WITH_ISSUES = 0.2
"""The share of copies with issues."""

SECONDS_PER_COPY = 15.0
"""How long a copy of a course of some 140 assets takes in the middle: 10 to 25 seconds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Forecast:
    """What copies are expected to take.

    :param copies: How many copies.
    :param requests: How many requests, polls included.
    :param cost: The rate-limit cost of the requests, in Canvas's units.
    :param seconds: Seconds from the first POST to the last end.
    :param seconds_per_copy: How long a copy takes.
    :param lane_width: How many copies Canvas runs at once.
    :param measured: Whether the seconds come from copies of the same batch; otherwise they are an assumption.
    """

    copies: int
    requests: int
    cost: float
    seconds: int
    seconds_per_copy: float
    lane_width: int
    measured: bool

    def as_dict(self) -> dict[str, Any]:
        """Return the forecast for an XCom."""
        return asdict(self)


def forecast_copies(
    sources: Iterable[str], *, history: LaneEstimate | None = None, polls_per_copy: float = 1.0
) -> Forecast:
    """Return what copies are expected to take.

    :param sources: The source course of each copy, in the order of the input.
    :param history: What earlier copies of the batch tell of its lane. Without it, Canvas is expected to run one copy
        at a time, as it does by default, and to take :data:`SECONDS_PER_COPY` for each.
    :param polls_per_copy: How many polls a copy takes on average.
    """
    width = history.width if history else 1
    mean = history.mean_seconds if history else SECONDS_PER_COPY
    known = history.seconds_by_source if history else {}
    places, copies, total = [0.0] * width, 0, 0.0
    for source in sources:
        seconds = known.get(source, mean)
        heapq.heapreplace(places, places[0] + seconds)
        copies, total = copies + 1, total + seconds
    per_copy = sum(COSTS.values()) + polls_per_copy * POLL_COST + COPIES_WITH_ISSUES * ISSUES_COST
    return Forecast(
        copies=copies,
        requests=math.ceil(copies * (len(COSTS) + polls_per_copy + COPIES_WITH_ISSUES)),
        cost=round(copies * per_copy, 2),
        seconds=math.ceil(max(places)),
        seconds_per_copy=round(total / copies if copies else mean, 1),
        lane_width=width,
        measured=history is not None,
    )
