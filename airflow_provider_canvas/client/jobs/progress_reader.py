"""Reading Progresses for all waits of a connection: each once at a time, with requests that are prepared once.

Where Canvas serves GraphQL to the token, one request reads up to twenty Progresses. Whatever GraphQL does not tell is
read with REST, and every error comes from REST: so a wait cannot tell the difference.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any

from airflow_provider_canvas.api.call import Call
from airflow_provider_canvas.api.graphql import Graphql, GraphqlResponse, is_number, progress_records
from airflow_provider_canvas.api.ids import Id
from airflow_provider_canvas.api.progress import Progress, ProgressRecord
from airflow_provider_canvas.client import errors
from airflow_provider_canvas.client.caller import Caller
from airflow_provider_canvas.client.jobs.flow_pool import Done, FlowPool, PooledFlow
from airflow_provider_canvas.client.jobs.graphql_support import GraphqlSupport, graphql_support_for
from airflow_provider_canvas.client.protocol.flow import Flow, Send
from airflow_provider_canvas.client.protocol.retry import RetryPolicy

MAX_PREPARED = 10_000
"""Requests that are kept prepared: some 1 KB each."""

MIN_BATCH = 2
"""Progresses from which on GraphQL is used."""

ALONE_FOR = 600.0
"""Seconds for which a Progress is read with REST after GraphQL did not tell its state: one costs a whole query."""

MAX_ALONE = 10_000
"""Ids for which that is remembered."""

MAX_SPLITS = 10
"""Further queries for one that failed: with one bad id among twenty, nine find it."""


class ProgressReader:
    """Reads Progresses. Who asks for one that is being read waits for the same response.

    :param caller: Makes the calls.
    :param pool: Runs the flows.
    :param support: What is known of GraphQL; by default that of the token. REST alone if the settings say so.
    """

    def __init__(self, caller: Caller, pool: FlowPool, support: GraphqlSupport | None = None) -> None:
        self._caller = caller
        self._once = replace(caller, policy=RetryPolicy(retry_for=0))
        self._pool = pool
        self._support = support or graphql_support_for(caller.settings)
        self._readings: dict[str, _Reading] = {}
        self._queue: deque[str] = deque()
        self._is_gathering = False
        self._alone_until: dict[str, float] = {}
        self._prepared = lru_cache(maxsize=MAX_PREPARED)(self._prepare)

    @property
    def batch_size(self) -> int:
        """How many Progresses one request reads."""
        return max(1, self._support.limit) if self._caller.settings.graphql else 1

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
            if self.batch_size < MIN_BATCH or not is_number(key) or self._is_alone(key):
                self._read_alone(key)
            else:
                self._queue.append(key)
                self._gather()
        reading.waiting.append(done)
        return partial(self._cancel, key, reading, done)

    def _is_alone(self, key: str) -> bool:
        return bool(self._alone_until) and self._alone_until.get(key, 0.0) > self._caller.clock()

    def _set_alone(self, key: str) -> None:
        now = self._caller.clock()
        if len(self._alone_until) >= MAX_ALONE:
            self._alone_until = {each: until for each, until in self._alone_until.items() if until > now}
        if len(self._alone_until) < MAX_ALONE:
            self._alone_until[key] = now + ALONE_FOR

    # REST

    def _read_alone(self, key: str) -> None:
        """Read a Progress with REST."""
        reading = self._readings.get(key)
        if reading is not None and reading.flow is None:
            reading.flow = self._pool.start_when_free(self._rest(key), partial(self._finish, key))

    def _rest(self, key: str) -> Flow[ProgressRecord]:
        record, _ = yield from self._caller.call(*self._prepared(key))
        return record

    def _prepare(self, progress_id: str) -> tuple[Call[ProgressRecord], Send]:
        call = Progress.get.call(progress_id=progress_id)
        return call, self._caller.build_request(call)

    def _finish(self, key: str, record: Any, error: BaseException | None) -> None:
        reading = self._readings.pop(key, None)
        if reading is None:
            return
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

    # GraphQL

    def _gather(self) -> None:
        """Start queries when all that is due now has been asked for."""
        if not self._is_gathering:
            self._is_gathering = True
            asyncio.get_running_loop().call_soon(self._start_queries)

    def _start_queries(self) -> None:
        self._is_gathering = False
        for _ in range(0, len(self._queue), self.batch_size):
            self._pool.start_when_free(self._query_next(), _ignore)

    def _take(self) -> list[str]:
        """Return the next Progresses of the queue that a wait still needs."""
        keys: dict[str, None] = {}
        while self._queue and len(keys) < self.batch_size:
            key = self._queue.popleft()
            if key in self._readings:
                keys[key] = None
        return list(keys)

    def _query_next(self) -> Flow[None]:
        """Read the next Progresses with GraphQL, and those that it does not tell with REST."""
        keys = self._take()
        try:
            if len(keys) >= MIN_BATCH and not (yield from self._query(keys, [MAX_SPLITS])):
                self._support.failed("the queries of it returned no Progress")
        finally:
            for key in keys:
                self._read_alone(key)

    def _query(self, keys: Sequence[str], splits: list[int]) -> Flow[bool]:
        """Read Progresses with GraphQL, and return whether it told any.

        :param keys: The Progresses.
        :param splits: How many more queries may be sent for those of the first one.
        """
        try:
            response = yield from self._once.call_json(Graphql.progresses.call(progress_ids=keys))
        except errors.CanvasError as error:
            may_split = self._learn_from_error(error)
        else:
            records = progress_records(response, keys)
            for key in keys:
                if key in records:
                    self._finish(key, records[key], None)
                elif records:
                    self._set_alone(key)
            if records:
                self._support.succeeded()
                return True
            may_split = self._learn(response, keys)
        if len(keys) == 1:
            self._set_alone(keys[0])
        if not may_split or len(keys) == 1 or splits[0] < 2:
            return False
        splits[0] -= 2
        half = len(keys) // 2
        first = yield from self._query(keys[:half], splits)
        second = yield from self._query(keys[half:], splits)
        return first or second

    def _learn_from_error(self, error: errors.CanvasError) -> bool:
        """Learn from a query that failed, and return whether to try its Progresses in halves."""
        if isinstance(error, errors.CanvasServerError) and error.status == 500:
            return True  # one id that Canvas does not know, or whose state it cannot name, fails all of them
        passes = (
            errors.CanvasAuthenticationError,
            errors.CanvasThrottledError,
            errors.CanvasServerError,
            errors.CanvasTransportError,
        )
        if not isinstance(error, passes):
            self._support.refused(str(error))
        return False

    def _learn(self, response: GraphqlResponse, keys: Sequence[str]) -> bool:
        """Learn from a success that tells no Progress, and return whether to try them in halves."""
        found = response.get("errors")
        messages = [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
        text = "; ".join(str(each.get("message")) for each in messages)[:500]
        if not messages or len(keys) == 1:
            return False
        if isinstance(response.get("data"), dict) or _names_unknown(text, messages):
            self._support.refused(text)
            return False
        self._support.too_many(len(keys))
        return True


def _names_unknown(text: str, messages: Sequence[dict[str, Any]]) -> bool:
    """Tell whether errors say that the token sees no Progress, or that this Canvas has no such field."""
    extensions = [each.get("extensions") for each in messages]
    return "insufficient scopes" in text.lower() or any(
        isinstance(each, dict) and "code" in each for each in extensions
    )


def _ignore(_: Any, __: BaseException | None) -> None:
    """Take the result of a query: each Progress was delivered before."""


class _Reading:
    """A Progress that is being read, and who waits for it."""

    __slots__ = ("flow", "waiting")

    def __init__(self) -> None:
        self.flow: PooledFlow | None = None
        self.waiting: list[Done] = []
