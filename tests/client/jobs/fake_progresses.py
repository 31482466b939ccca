"""A client whose Canvas has nothing but Progresses, by REST and by GraphQL, each with the faults that a test sets."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from airflow_provider_canvas.client.auth.credentials import credentials_for
from airflow_provider_canvas.client.caller import Caller
from airflow_provider_canvas.client.jobs.graphql_support import GraphqlSupport, _supports
from airflow_provider_canvas.client.protocol.flow import Send
from airflow_provider_canvas.client.protocol.rate_limit import QueuedRequest, RateLimiter
from airflow_provider_canvas.client.protocol.response import Response, ResponseOrError, TransportError
from airflow_provider_canvas.client.protocol.retry import RetryPolicy
from airflow_provider_canvas.client.settings import Settings

REST_ERROR = {
    "errors": [{"message": "An error occurred.", "error_code": "internal_server_error"}],
    "error_report_id": 7,
}


@dataclass
class Job:
    """A Progress.

    :param ends_at: When it is over, in seconds since the epoch.
    :param final: Its last state.
    :param graphql: What GraphQL makes of it: ``record``, ``null`` or ``500``.
    :param error: A status of REST in place of the record.
    """

    ends_at: float
    final: str = "completed"
    graphql: str = "record"
    error: int | None = None

    @property
    def state(self) -> str:
        """Its state now."""
        return self.final if time.time() >= self.ends_at else "running"


@dataclass
class FakeProgresses:
    """A client, as a poller uses it.

    :param jobs: The Progresses by id.
    :param graphql: How GraphQL responds: ``works``, or the name of a fault.
    :param aliases: Progresses that one query may read.
    :param seconds: How long each request takes.
    :param is_away: Tells whether the server is down now.
    """

    jobs: dict[int, Job]
    graphql: str = "works"
    aliases: int = 20
    seconds: float = 0.05
    is_away: Callable[[], bool] = lambda: False
    settings: Settings = field(default_factory=lambda: Settings("https://school.example", "7~token"))
    retry_for: float = 120.0
    in_flight: int = 0
    max_in_flight: int = 0
    rest: list[int] = field(default_factory=list)
    queries: list[list[int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        def clock() -> float:
            return time.monotonic()  # that of the test, which replaces it

        self.limiter = RateLimiter(clock)
        policy = RetryPolicy(self.retry_for)
        self.caller = Caller(self.settings, policy, self.limiter, credentials_for(self.settings), clock)
        self.support = _supports[self.settings.rate_limit_key] = GraphqlSupport(clock)

    def __hash__(self) -> int:
        return id(self)

    async def send_request(self, request: Send) -> ResponseOrError:
        self.in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self.in_flight)
        try:
            await asyncio.sleep(self.seconds)
            if self.is_away():
                return TransportError("school.example refused the connection", sent=False)
            if request.address.path == "/api/graphql":
                assert isinstance(request.body, list)
                return self._query(dict(request.body)["query"])
            return self._get(int(request.address.path.rpartition("/")[2]))
        finally:
            self.in_flight -= 1

    async def sleep(self, seconds: float, queued: QueuedRequest | None = None) -> None:
        if queued is None:
            await asyncio.sleep(seconds)
            return
        called = asyncio.Event()
        queued.wake = called.set
        try:
            if not queued.called:
                async with asyncio.timeout(seconds):
                    await called.wait()
        except TimeoutError:
            pass
        finally:
            queued.wake, queued.called = None, False

    async def reload_settings(self) -> Settings | None:
        return None

    def _get(self, progress_id: int) -> Response:
        self.rest.append(progress_id)
        job = self.jobs.get(progress_id)
        if job is None or job.error is not None:
            status = 404 if job is None or job.error is None else job.error
            return _response(status, {"errors": [{"message": "The specified resource does not exist."}]})
        return _response(200, rest_record(progress_id, job))

    def _query(self, text: str) -> Response:
        found = re.findall(r'(p\d+): legacyNode\(_id: "(\d+)", type: Progress\)', text)
        self.queries.append([int(number) for _, number in found])
        fault = FAULTS.get(self.graphql)
        if fault is not None:
            return replace(fault)
        if len(found) > self.aliases:
            return _response(200, {"errors": [{"message": "max query aliases exceeded"}]})
        jobs = {alias: self.jobs.get(int(number)) for alias, number in found}
        if any(job is None or job.graphql == "500" for job in jobs.values()):
            return _response(500, REST_ERROR)
        data = {alias: self._node(alias, job) for alias, job in jobs.items() if job is not None}
        body: dict[str, Any] = {"data": data}
        if self.graphql == "errors beside data":
            body["errors"] = [{"message": "Something is deprecated"}]
        return _response(200, body)

    def _node(self, alias: str, job: Job) -> dict[str, Any] | None:
        if job.graphql == "null":
            return None
        return {
            "_id": alias[1:],
            "state": job.state,
            "completion": 100 if job.state == "completed" else 12,
            "message": None,
            "updatedAt": "2026-11-30T01:00:00-07:00",
        }


def rest_record(progress_id: int, job: Job) -> dict[str, Any]:
    """Return a Progress as REST shows it."""
    return {
        "id": progress_id,
        "workflow_state": job.state,
        "completion": 100.0 if job.state == "completed" else 12.5,
        "message": None,
        "updated_at": "2026-11-30T08:00:00Z",
        "url": f"https://school.example/api/v1/progress/{progress_id}",
    }


def _response(status: int, body: Any, content_type: str = "application/json", **headers: str) -> Response:
    return Response(status, {"content-type": content_type, **headers}, json.dumps(body).encode())


_HIDDEN = "An object of type Progress was hidden due to insufficient scopes on access token"
FAULTS: dict[str, Response] = {
    "scopes of the key": _response(401, {"errors": [{"message": "Insufficient scopes on access token."}]}),
    "scopes hide objects": _response(200, {"data": None, "errors": [{"message": _HIDDEN}]}),
    "scopes, translated": _response(200, {"data": {"p1": None}, "errors": [{"message": "Objekt verborgen"}]}),
    "no such route": Response(404, {"content-type": "text/html"}, b"<html>Page not found</html>"),
    "redirect": Response(302, {"content-type": "text/html", "location": "https://school.example/login"}, b""),
    "no such field": _response(
        200,
        {
            "errors": [
                {
                    "message": "Field 'legacyNode' doesn't exist on type 'Query'",
                    "extensions": {"code": "undefinedField"},
                }
            ]
        },
    ),
    "errors without end": _response(200, {"errors": [{"message": "too complex"}]}),
    "errors of the server": _response(500, REST_ERROR),
    "gateway": Response(502, {"content-type": "text/html"}, b"<html>Bad gateway</html>"),
    "throttled": _response(403, "403 Forbidden (Rate Limit Exceeded)", "text/html"),
    "a list": _response(200, []),
    "data is text": _response(200, {"data": "p1", "errors": "no"}),
    "no data": _response(200, {"data": {}}),
    "nothing": _response(200, {}),
    "other ids": _response(
        200, {"data": {f"p{number}": {"_id": "999", "state": "completed"} for number in range(1000)}}
    ),
    "other states": _response(
        200, {"data": {f"p{number}": {"_id": str(number), "state": "over"} for number in range(1000)}}
    ),
    "broken types": _response(
        200,
        {
            "data": {
                f"p{number}": {"_id": str(number), "state": "completed", "completion": "all", "message": {}}
                for number in range(1000)
            }
        },
    ),
    "not JSON": Response(200, {"content-type": "application/json"}, b"\x00\xff"),
    "firewall": Response(403, {"content-type": "text/html"}, b"<html>Blocked</html>"),
}
"""Responses of GraphQL that tell no Progress."""
