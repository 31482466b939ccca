"""A response that is not what Canvas sends ends in a result or in an error of the client, never in another exception.

Each recorded response is changed at every path in every way of :data:`.mutations.REPLACEMENTS`; all of them pass
through the client, without a socket.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest

from airflow_provider_canvas.api.call import Call
from airflow_provider_canvas.api.canvas import routes
from airflow_provider_canvas.api.content_exports import ContentExports
from airflow_provider_canvas.api.content_migrations import ContentMigrations
from airflow_provider_canvas.api.courses import Courses
from airflow_provider_canvas.api.migration_issues import MigrationIssues
from airflow_provider_canvas.api.progress import Progress
from airflow_provider_canvas.client.auth.credentials import credentials_for
from airflow_provider_canvas.client.caller import Caller
from airflow_provider_canvas.client.errors import CanvasError, CanvasUnexpectedResponseError
from airflow_provider_canvas.client.jobs.waiters import WAITERS
from airflow_provider_canvas.client.protocol import flow
from airflow_provider_canvas.client.protocol.flow import Flow, Send
from airflow_provider_canvas.client.protocol.rate_limit import rate_limiter_for
from airflow_provider_canvas.client.protocol.response import Response
from airflow_provider_canvas.client.protocol.retry import RetryPolicy
from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.triggers.event import event_of_error, event_of_status
from tests.client.contract.mutations import REPLACEMENTS, assert_storable, mutated, nesting, paths
from tests.client.contract.replay import call_of, endpoint_of
from tests.support.recordings import Exchange, all_exchanges

MAX_BODY = 4_000
"""Longest response that is chosen among several, in characters."""

MAX_EVENT = 60_000
"""Longest event of a trigger, in characters."""


@cache
def successes() -> dict[str, Exchange]:
    """Return one recorded success of each endpoint: a long one, but not so long that its changes take seconds."""
    found: dict[str, Exchange] = {}
    for exchange in all_exchanges().values():
        endpoint = endpoint_of(exchange)
        if endpoint is None or exchange.status != 200 or exchange.response_body is None:
            continue
        name, known = endpoint[0], found.get(endpoint[0])
        size = len(json.dumps(exchange.response_body))
        if known is None or (size < MAX_BODY and size > len(json.dumps(known.response_body))):
            found[name] = exchange
    return found


class Scripted:
    """A transport whose responses all have one body.

    :param body: The bytes of the body.
    """

    def __init__(self, body: bytes) -> None:
        settings = Settings("https://school.example", "7~token")
        self.body = body
        self.requests = 0
        self.caller = Caller(settings, RetryPolicy(0), rate_limiter_for(settings), credentials_for(settings))

    def send_request(self, request: Send) -> Response:  # named by the protocol
        self.requests += 1
        return Response(200, {"content-type": "application/json"}, self.body)

    def sleep(self, seconds: float, queued: Any = None) -> None:
        pass

    def reload_settings(self) -> None:
        return None

    def run(self, flow_of: Callable[[Caller], Flow[Any]]) -> Any:
        return flow.run_sync(flow_of(self.caller), self)


def result_of(call: Call[Any], body: bytes, *, paginated: bool) -> Any:
    """Make a call, and return its result or the client's error."""
    try:
        return Scripted(body).run(lambda caller: caller.fetch_page(call) if paginated else caller.call_json(call))
    except CanvasError as error:
        return error


def cases(exchange: Exchange) -> Iterator[tuple[str, bytes]]:
    """Return the changed bodies of a recorded response, with names."""
    seen = set()
    for path in paths(exchange.response_body):
        if (kind := tuple("[]" if isinstance(part, int) else part for part in path)) in seen or len(path) > 3:
            continue
        seen.add(kind)
        for name, replacement in REPLACEMENTS.items():
            yield f"{path}: {name}", mutated(exchange.response_body, path, replacement)


@pytest.mark.parametrize("endpoint", sorted(successes()))
def test_every_route(endpoint: str) -> None:
    """Every endpoint returns something that can be stored, or raises an error of the client that names the route."""
    exchange = successes()[endpoint]
    route = routes()[endpoint]
    call = call_of(exchange, route)
    for name, body in cases(exchange):
        result = result_of(call, body, paginated=route.paginated)
        if isinstance(result, CanvasError):
            assert result.route == f"{call.method} {call.route}", name
            assert_storable([str(result), result.canvas_message])
            assert len(str(result)) < 10_000, name
            if isinstance(result, CanvasUnexpectedResponseError):
                assert result.maybe_done == (call.method != "GET"), name
        else:
            data = result.items if route.paginated else result
            assert_storable(data)
            assert nesting(data) <= 64, name


POLLS = [
    ("progress", {"progress_id": 5}, "progress.get"),
    ("progresses", {"progress_ids": [5, 6]}, "progress.get"),
    ("content_migration", {"content_migration_id": 7, "course_id": 22}, "content_migrations.get"),
    ("content_migration", {"content_migration_id": 7, "course_id": 22, "progress_id": 5}, "content_migrations.get"),
    ("content_export", {"content_export_id": 7, "course_id": 22}, "content_exports.get"),
    ("content_export", {"content_export_id": 7, "course_id": 22, "progress_id": 5}, "content_exports.get"),
    ("course_copy", {"content_migration_id": 7, "course_id": 22}, "content_imports.copy_course_status"),
]


@pytest.mark.parametrize(("waiter", "ids", "endpoint"), POLLS, ids=lambda each: str(each)[:40])
def test_every_event(waiter: str, ids: dict[str, Any], endpoint: str) -> None:
    """Every poll of a job ends in an event that PostgreSQL can hold, and that is not long."""
    for name, body in cases(successes()[endpoint]):
        scripted = Scripted(body)
        try:
            event = event_of_status("succeeded", scripted.run(WAITERS[waiter](**ids).poll))
        except CanvasError as error:
            event = event_of_error(error)
        assert_storable(event)
        assert len(json.dumps(event)) < MAX_EVENT, name


MIGRATION = ContentMigrations.get.call(course_id=1, content_migration_id=2)

REFUSED = [
    (
        MIGRATION,
        b'{"workflow_state": "running"}',
        "id is missing",
    ),
    (MIGRATION, b'{"id": null}', "id is null"),
    (MIGRATION, b'{"id": {}}', "id is an object, not an id"),
    (MIGRATION, b'{"id": 0}', "id is a number, not an id"),
    (MIGRATION, b'{"id": 2}', "workflow_state is missing"),
    (
        MIGRATION,
        b'{"id": 2, "workflow_state": "running", "settings": []}',
        "settings is a list, not an object",
    ),
    (
        MIGRATION,
        b'{"id": 2, "workflow_state": "running", "audit_info": "no"}',
        "audit_info is text, not an object",
    ),
    (
        MIGRATION,
        b'{"id": 2, "workflow_state": "x", "pre_attachment": {"upload_url": "https://x"}}',
        "pre_attachment.upload_params is missing",
    ),
    (
        ContentExports.get.call(course_id=1, content_export_id=2),
        b'{"id": 2, "workflow_state": "exported", "created_at": "yesterday"}',
        "created_at is not a time with a time zone",
    ),
    (
        ContentExports.get.call(course_id=1, content_export_id=2),
        b'{"id": 2, "workflow_state": "exported", "created_at": "2026-01-12T08:00:00Z", "attachment": {"url": ""}}',
        "attachment.id is missing",
    ),
    (
        Progress.get.call(progress_id=5),
        b'{"id": 5, "workflow_state": "running", "completion": []}',
        "completion is a",
    ),
    (Courses.get.call(course_id=5), b"{}", "id is missing"),
]


@pytest.mark.parametrize(("call", "body", "problem"), REFUSED, ids=lambda each: str(each)[:50])
def test_message(call: Call[Any], body: bytes, problem: str) -> None:
    """The error names the request and what is wrong with which key."""
    result = result_of(call, body, paginated=False)
    assert isinstance(result, CanvasUnexpectedResponseError)
    assert str(result).startswith(f"Canvas answered 200 to {call}, but in its JSON {problem}")


def test_one_issue_without_an_id() -> None:
    """One broken item of a listing is found among good ones."""
    call = MigrationIssues.list.call(course_id=1, content_migration_id=2)
    result = result_of(call, b'[{"id": 1}, {"id": 2}, {"description": "no id"}]', paginated=True)
    assert isinstance(result, CanvasUnexpectedResponseError)
    assert "in its JSON [2].id is missing" in str(result)


TOLERATED = [
    ({"id": "17"}, {"id": 17}),
    ({"id": "1~17"}, {"id": 10000000000017}),
    ({"settings": {"source_course_id": "11"}}, {"settings": {"source_course_id": 11}}),
    ({"workflow_state": "brand_new"}, {"workflow_state": "brand_new"}),
    ({"brand_new": [{"a": None}]}, {"brand_new": [{"a": None}]}),
    ({"started_at": None}, {"started_at": None}),
    ({"user_id": None}, {"user_id": None}),
    ({"attachment": {"id": "6", "upload_status": "success"}}, {"attachment": {"id": 6, "upload_status": "success"}}),
]


@pytest.mark.parametrize(("sent", "read"), TOLERATED, ids=str)
def test_what_a_newer_canvas_sends(sent: dict[str, Any], read: dict[str, Any]) -> None:
    """Ids may be text, and unknown keys and states are kept."""
    base = {"id": 2, "workflow_state": "running"}
    call = MIGRATION
    assert result_of(call, json.dumps({**base, **sent}).encode(), paginated=False) == {**base, **read}


def test_mapping_of_a_newer_canvas() -> None:
    """An asset id mapping may hold numbers, and pairs that are only an object."""
    mapping = {"pages": {"13": 740, "g1": {"source": {"id": "13"}, "destination": {"id": "740"}}}, "files": {}}
    call = ContentMigrations.asset_id_mapping.call(course_id=1, content_migration_id=2)
    assert result_of(call, json.dumps(mapping).encode(), paginated=False) == mapping


def test_deeply_nested_json() -> None:
    """JSON that is nested deeper than anything of Canvas is an error, and not a RecursionError."""
    for body in (b"[" * 100_000, b'{"a":' * 65 + b"1" + b"}" * 65, b"[" * 900 + b"]" * 900):
        result = result_of(Courses.get.call(course_id=5), b'{"id": 5, "x": ' + body + b"}", paginated=False)
        assert isinstance(result, CanvasUnexpectedResponseError)
