"""A row of the table of routes: a call, its request, and its response."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Row:
    """One call of an endpoint.

    :param endpoint: Its name on a client.
    :param arguments: What it is called with.
    :param sent: Method and path, then each pair of the query (of a GET or DELETE) or body (of a POST or PUT), in order.
    :param shows: What the response contains (the first item of a list); its other keys are ignored.
    :param count: How many items the response has, over all pages, if it is a list.
    """

    endpoint: str
    arguments: Mapping[str, Any]
    sent: tuple[str, ...]
    shows: Mapping[str, Any]
    count: int | None

    def __str__(self) -> str:
        return f"{self.endpoint}: {self.sent[0]}"

    @property
    def method(self) -> str:
        """The verb."""
        return self.sent[0].partition(" ")[0]

    @property
    def path(self) -> str:
        """The path, as it is on the wire."""
        return self.sent[0].partition(" ")[2]

    @property
    def pairs(self) -> Pairs:
        """The query's or the body's pairs."""
        return [(name, value) for name, _, value in (pair.partition("=") for pair in self.sent[1:])]


def row(
    endpoint: str,
    arguments: Mapping[str, Any],
    *sent: str,
    shows: Mapping[str, Any] | None = None,
    count: int | None = None,
) -> Row:
    """Return a row, written in the order in which it is read."""
    return Row(endpoint, arguments, sent, shows or {}, count)
