"""The time line of a batch: how many copies were submitted and had ended at each time, as curves of a drawing."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from airflow_provider_canvas.html.formats import format_time

WIDTH, HEIGHT = 1000, 160
STEPS = 200


@dataclass(frozen=True)
class TimeLine:
    """A drawing of ``WIDTH`` by ``HEIGHT`` units, and its description.

    :param submitted: The path of the curve of submitted copies.
    :param ended: The path of the curve of ended copies.
    :param failures: The horizontal positions at which copies ended without success.
    :param began: When the first copy was submitted.
    :param until: The right end of the drawing.
    :param most: The number of copies at its upper edge.
    :param description: The drawing in words.
    """

    submitted: str
    ended: str
    failures: Sequence[float]
    began: str
    until: str
    most: int
    description: str


def draw_time_line(
    submitted: Sequence[datetime], ended: Sequence[tuple[datetime, bool]], now: datetime | None
) -> TimeLine | None:
    """Return the time line; None if no copy was submitted.

    :param submitted: When copies were submitted.
    :param ended: When copies ended, and whether without success.
    :param now: The right end of the drawing while copies are in flight; None once all have ended.
    """
    if not submitted:
        return None
    starts = sorted(time.timestamp() for time in submitted)
    ends = sorted(time.timestamp() for time, _ in ended)
    left = min([starts[0], *ends[:1]])
    last = max([*submitted, *(time for time, _ in ended), *([now] if now else [])])
    width = max(last.timestamp() - left, 1.0)
    most = max(len(starts), len(ends))

    def path(times: list[float]) -> str:
        points = []
        for step in range(STEPS + 1):
            count = bisect_right(times, left + width * step / STEPS)
            points.append(f"{WIDTH * step / STEPS:g},{HEIGHT * (1 - count / most):.4g}")
        return f"M{' L'.join(points)}"

    failures = sorted({round(WIDTH * (time.timestamp() - left) / width) for time, failed in ended if failed})
    first = min(submitted)
    began, until = format_time(first) or "", format_time(last) or ""
    return TimeLine(
        path(starts),
        path(ends),
        failures,
        began,
        until,
        most,
        f"{len(starts):,} copies were submitted and {len(ends):,} had ended between {began} and {until}.",
    )
