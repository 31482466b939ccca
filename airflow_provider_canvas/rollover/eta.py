"""When a lane of Canvas will have completed its copies, learned from those that have ended.

Canvas starts the copies of a lane in the order of their POSTs, as many at once as the lane is wide. Its width is not
shown, and the ledger has no time at which a copy was started: ``started_at`` is the time of the POST. So each width is
tried: it says when each copy was started, and so how long it took. The width at which copies of the same source took
the most similar times is used, and the rest of the lane is played through with the mean times of the sources.
"""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, pvariance

MAX_WIDTH = 16
"""The widest lane that is tried."""

MAX_ENDS = 400
"""How many of the last ends are used."""

MAX_TIMES = 50
"""How many of the last times of a source its mean is taken of."""

MIN_ENDS = 3
"""How many copies must have ended before anything is estimated."""

ENDS_PER_PLACE = 3
"""How many copies must have ended per place of a lane before the lane is taken for so wide."""

_OUTLIER = 10
"""A time that is so many times the mean of the others was no copy's: the ends were not observed meanwhile."""

_WIDTH_COUNTS = 1.2
_SMALL = 1e-9
_NEVER = 1e6


@dataclass(frozen=True, slots=True)
class LaneCopy:
    """A copy in a lane.

    :param source: The source course: copies of the same source take similar times.
    :param submitted_at: When it was submitted, in seconds since the epoch; ``None`` if it is still to be submitted.
    :param ended_at: When it ended; ``None`` if it has not.
    """

    source: str
    submitted_at: float | None = None
    ended_at: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class LaneEstimate:
    """What the ends of a lane tell.

    :param seconds_left: Seconds until all copies have ended; 0 if they have.
    :param copies_per_hour: How many copies ended per hour, over the last ones.
    :param width: How many copies run at once.
    :param mean_seconds: How long a copy takes.
    :param seconds_by_source: How long a copy of each source takes.
    """

    seconds_left: float
    copies_per_hour: float
    width: int
    mean_seconds: float
    seconds_by_source: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class _History:
    """The past of a lane of one width.

    :param times: How long copies took, by source.
    :param free_at: When each place of the lane is free, as a heap; now for a copy that is still running.
    :param running: Copies that began before the last one that ended, and have not ended: their start and source.
    """

    times: Mapping[str, list[float]]
    free_at: list[float]
    running: list[tuple[float, str]]


def estimate_lane(copies: Sequence[LaneCopy], now: float) -> LaneEstimate | None:
    """Return what the ends of a lane tell; ``None`` if too few copies have ended.

    :param copies: All copies that are of interest, in the order in which they are or will be submitted.
    :param now: The current time, in seconds since the epoch.
    """
    ends = sorted(copy.ended_at for copy in copies if copy.ended_at is not None)
    if len(ends) < MIN_ENDS:
        return None
    past, future = _split(copies)
    widest = max(1, min(MAX_WIDTH, len(past) // ENDS_PER_PLACE))
    histories = {width: _play_past(past, width, now) for width in range(1, widest + 1)}
    width = min(histories, key=lambda each: (_unevenness(histories[each].times, each), each))
    seconds_by_source = {source: fmean(_usual(times)) for source, times in histories[width].times.items()}
    mean = fmean(_usual([time for times in histories[width].times.values() for time in times]))
    over_at = _play_future(future, histories[width], now, seconds_by_source, mean)
    return LaneEstimate(
        seconds_left=max(0.0, over_at - now),
        copies_per_hour=_rate(ends[-MAX_TIMES:], now),
        width=width,
        mean_seconds=mean,
        seconds_by_source=seconds_by_source,
    )


def _split(copies: Sequence[LaneCopy]) -> tuple[Sequence[LaneCopy], Sequence[LaneCopy]]:
    """Return the last copies of the past, up to the last one that ended, and those behind it."""
    ended = [place for place, copy in enumerate(copies) if copy.ended_at is not None]
    first, behind = ended[-MAX_ENDS:][0], ended[-1] + 1
    return copies[first:behind], copies[behind:]


def _play_past(past: Sequence[LaneCopy], width: int, now: float) -> _History:
    """Return how long copies took, and what each place of the lane does, if the lane has a width.

    The first copies do not count: nobody knows how long they waited for copies of others.
    """
    times: defaultdict[str, list[float]] = defaultdict(list)
    free_at = [float("-inf")] * width
    running = []
    for place, copy in enumerate(past):
        submitted_at = copy.submitted_at or 0.0
        start = max(submitted_at, free_at[0])
        if copy.ended_at is None:
            running.append((start, copy.source))
        elif place >= width or len(past) <= width:
            times[copy.source].append(copy.ended_at - start)
        heapq.heapreplace(free_at, now if copy.ended_at is None else copy.ended_at)
    return _History(times, free_at, running)


def _unevenness(times: Mapping[str, list[float]], width: int) -> float:
    """Return how much the times of the same source differ, in proportion to their mean.

    A lane that is taken for wider than it is has means of several copies as times, which differ less: by the width.
    """
    weights = uneven = 0.0
    for each in times.values():
        mean = fmean(each)
        if len(each) > 1:
            weights += len(each)
            uneven += len(each) * (pvariance(each) / mean**2 if mean > 0 else _NEVER)
    return (uneven / weights if weights else 0.0) * math.pow(width, _WIDTH_COUNTS) + _SMALL * width


def _play_future(
    future: Sequence[LaneCopy], history: _History, now: float, seconds_by_source: Mapping[str, float], mean: float
) -> float:
    """Return when the last copy will have ended."""
    ends = [max(now, start + seconds_by_source.get(source, mean)) for start, source in history.running]
    free_at = [time for time in history.free_at if time < now]
    free_at += (ends + [now] * len(history.free_at))[: len(history.free_at) - len(free_at)]
    heapq.heapify(free_at)
    over_at = max(ends, default=now)
    for copy in future:
        start = max(free_at[0], now if copy.submitted_at is None else copy.submitted_at)
        end = max(now, start + seconds_by_source.get(copy.source, mean))
        heapq.heapreplace(free_at, end)
        over_at = max(over_at, end)
    return over_at


def _usual(times: list[float]) -> list[float]:
    """Return the last times of copies, without one that is much longer than all others together suggest."""
    last = times[-MAX_TIMES:]
    if len(last) > 2:
        longest = max(last)
        others = fmean(last) - longest / len(last)
        if longest > _OUTLIER * others * len(last) / (len(last) - 1) > 0:
            last.remove(longest)
    return [max(0.0, time) for time in last]


def _rate(ends: Sequence[float], now: float) -> float:
    """Return how many copies ended per hour. Ends that one poll has seen are no rate: the time since counts."""
    seconds = ends[-1] - ends[0]
    return 3600 * (len(ends) - 1) / seconds if seconds >= 1.0 else 3600 * len(ends) / max(1.0, now - ends[0])
