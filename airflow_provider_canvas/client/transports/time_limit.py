"""The time that one request may take: a total time for what is kept in memory, a minimum rate for files.

A timeout per read is not enough: a server that sends one byte every few seconds would hold the request, and its place
in the rate limit, for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from airflow_provider_canvas.client.settings import Settings

MIN_BYTES = 1 << 16
"""Bytes of a file that must be sent or received within each ``read_timeout``."""


class TimeLimit:
    """The time at which a request ends, and how it moves.

    :param settings: The timeouts.
    :param reschedule: Sets the time at which the transport ends the request; ``None`` for never.
    :param clock: Returns the seconds of the clock that ``reschedule`` uses.
    """

    def __init__(
        self, settings: Settings, reschedule: Callable[[float | None], None], clock: Callable[[], float]
    ) -> None:
        self._settings, self._reschedule, self._clock = settings, reschedule, clock
        self._end, self._moved, self._is_transfer = 0.0, 0, False
        self.begin()

    @property
    def reason(self) -> str:
        """What took too long, for a message: ``took more than 120 s``."""
        if self._is_transfer:
            return f"transferred less than {MIN_BYTES >> 10} KiB in {self._settings.read_timeout:g} s"
        return f"took more than {self._settings.longest_request:g} s"

    def begin(self) -> None:
        """Begin the total time: the request and its response must end within it."""
        self._is_transfer = False
        self._set(self._clock() + self._settings.longest_request)

    def transfer(self, count: int = 0) -> None:
        """Record that so many bytes of a file were sent or received: :data:`MIN_BYTES` give it another period."""
        self._moved += count
        if not self._is_transfer or self._moved >= MIN_BYTES:
            self._is_transfer, self._moved = True, 0
            self._set(self._clock() + self._settings.read_timeout)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Do not count the time in which a local file is read or written."""
        began = self._clock()
        self._reschedule(None)
        try:
            yield
        finally:
            self._set(self._end + self._clock() - began)

    def _set(self, end: float) -> None:
        self._end = end
        self._reschedule(end)
