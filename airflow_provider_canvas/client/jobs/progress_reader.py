"""Reading Progresses for all waits of a connection: each once at a time, with requests that are prepared once."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

from airflow_provider_canvas.api.call import Call
from airflow_provider_canvas.api.ids import Id
from airflow_provider_canvas.api.progress import Progress, ProgressRecord
from airflow_provider_canvas.client.caller import Caller
from airflow_provider_canvas.client.jobs.flow_pool import Done, FlowPool, PooledFlow
from airflow_provider_canvas.client.protocol.flow import Flow, Send

MAX_PREPARED = 10_000
"""Requests that are kept prepared: some 1 KB each."""


class ProgressReader:
    """Reads Progresses. Who asks for one that is being read waits for the same response.

    :param caller: Makes the calls.
    :param pool: Runs the flows.
    """

    def __init__(self, caller: Caller, pool: FlowPool) -> None:
        self._caller = caller
        self._pool = pool
        self._readings: dict[str, _Reading] = {}
        self._prepared = lru_cache(maxsize=MAX_PREPARED)(self._prepare)

    def read(self, progress_id: Id, done: Done) -> Callable[[], None]:
        """Read a Progress soon.

        :param progress_id: The Progress.
        :param done: Called once with the record or with the error, unless the reading is cancelled before.
        :return: Cancels the reading.
        """
        key = str(progress_id)
        reading = self._readings.get(key)
        if reading is None:
            reading = self._readings[key] = _Reading()
            reading.flow = self._pool.start_when_free(self._read_alone(key), partial(self._finish, key))
        reading.waiting.append(done)
        return partial(self._cancel, key, reading, done)

    def _prepare(self, progress_id: str) -> tuple[Call[ProgressRecord], Send]:
        call = Progress.get.call(progress_id=progress_id)
        return call, self._caller.build_request(call)

    def _read_alone(self, progress_id: str) -> Flow[ProgressRecord]:
        call, request = self._prepared(progress_id)
        record, _ = yield from self._caller.call(call, request)
        return record

    def _finish(self, key: str, record: Any, error: BaseException | None) -> None:
        reading = self._readings.pop(key)
        waiting, reading.waiting = reading.waiting, []  # one of them may cancel another
        for done in waiting:
            done(record, error)

    def _cancel(self, key: str, reading: _Reading, done: Done) -> None:
        if done in reading.waiting:
            reading.waiting.remove(done)
        if not reading.waiting and self._readings.get(key) is reading:
            del self._readings[key]
            if reading.flow is not None:
                reading.flow.stop()


class _Reading:
    """A Progress that is being read, and who waits for it."""

    __slots__ = ("flow", "waiting")

    def __init__(self) -> None:
        self.flow: PooledFlow | None = None
        self.waiting: list[Done] = []
