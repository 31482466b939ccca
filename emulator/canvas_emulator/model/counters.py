"""Counts of requests, by route: unlike the list of requests, they forget none and need no more memory over time."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

NO_RESPONSE = "no response"
"""In place of a status: the connection was closed without a response."""


@dataclass
class RouteCounts:
    """The requests of one route.

    :param statuses: How many responses had each status.
    :param refused: How many requests were refused by the rate limit.
    :param cost: What they cost the buckets of their tokens, in units.
    """

    statuses: Counter[int | None] = field(default_factory=Counter)
    refused: int = 0
    cost: float = 0.0

    @property
    def requests(self) -> int:
        """How many requests there were."""
        return self.statuses.total()


class RequestCounters:
    """The requests of all routes since the last reset, and how many were in flight at the same time.

    ``in_flight`` is the number of requests that have arrived and whose response has not left. The emulator executes one
    request after the other, so it exceeds 1 only where requests last: with the setting ``latency`` or
    ``seconds_per_unit``, or with delays.
    """

    def __init__(self) -> None:
        self.routes: dict[str, RouteCounts] = {}
        self.in_flight = 0
        self.max_in_flight = 0

    def arrive(self) -> None:
        """Count a request that arrived."""
        self.in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self.in_flight)

    def leave(self, route: str, status: int | None, *, refused: bool, cost: float) -> None:
        """Count the end of a request.

        :param route: The method and the path of its route.
        :param status: The status of its response; None without a response.
        :param refused: Whether the rate limit refused it.
        :param cost: What it cost, in units.
        """
        self.in_flight -= 1
        counts = self.routes.setdefault(route, RouteCounts())
        counts.statuses[status] += 1
        counts.refused += refused
        counts.cost += cost

    def reset(self) -> None:
        """Set all counts to 0. Requests in flight stay in flight."""
        self.routes.clear()
        self.max_in_flight = self.in_flight

    def requests(self, method: str | None = None) -> int:
        """Return how many requests there were, of one method or of all."""
        return sum(c.requests for route, c in self.routes.items() if method in (None, route.partition(" ")[0]))

    def refused(self) -> int:
        """Return how many requests the rate limit refused."""
        return sum(counts.refused for counts in self.routes.values())

    def document(self) -> dict[str, Any]:
        """Return all counts as JSON."""
        methods = Counter[str]()
        statuses = Counter[int | None]()
        for route, counts in self.routes.items():
            methods[route.partition(" ")[0]] += counts.requests
            statuses.update(counts.statuses)
        return {
            "requests": statuses.total(),
            "refused": self.refused(),
            "cost": sum(counts.cost for counts in self.routes.values()),
            "in_flight": self.in_flight,
            "max_in_flight": self.max_in_flight,
            "methods": dict(sorted(methods.items())),
            "statuses": _named(statuses),
            "routes": {
                route: {
                    "requests": counts.requests,
                    "refused": counts.refused,
                    "cost": counts.cost,
                    "statuses": _named(counts.statuses),
                }
                for route, counts in sorted(self.routes.items())
            },
        }


def _named(statuses: Counter[int | None]) -> dict[str, int]:
    return dict(sorted((NO_RESPONSE if status is None else str(status), n) for status, n in statuses.items()))
