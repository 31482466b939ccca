"""Bars of a report: one line of numbers by state, as a picture with a description."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Segment:
    """The part of a bar that stands for one state.

    :param name: The state, which is also its class in the style sheet.
    :param symbol: The character that stands for the state.
    :param label: The state in words.
    :param count: The number of rows in this state.
    """

    name: str
    symbol: str
    label: str
    count: int


@dataclass(frozen=True)
class Bar:
    """A bar: a number of rows by state.

    :param label: The name of the bar.
    :param caption: The numbers beside the bar.
    :param segments: The parts of the bar that have rows.
    """

    label: str
    caption: str
    segments: Sequence[Segment]

    @property
    def description(self) -> str:
        """Return the bar in words, for screen readers."""
        return ", ".join(f"{segment.count:,} {segment.label.lower()}" for segment in self.segments)
