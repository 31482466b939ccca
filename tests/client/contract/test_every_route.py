"""Test the request and the response of every endpoint, on every client.

The table is in the modules ``routes_of_*``: each row is sent to a server that records it, and to the local
Canvas. An endpoint without a row fails here, and so does one of its contexts or parameters.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from operator import attrgetter
from types import GenericAlias
from typing import Any, is_typeddict
from urllib.parse import parse_qsl

import pytest
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.api.call import CONTEXTS
from airflow_provider_canvas.api.canvas import Canvas, routes
from airflow_provider_canvas.api.endpoint import Route, SyncIO
from airflow_provider_canvas.client.protocol.retry import RetryPolicy
from airflow_provider_canvas.client.settings import USER_AGENT, Settings
from airflow_provider_canvas.client.transports.aiohttp_client import AsyncCanvasClient
from airflow_provider_canvas.client.transports.requests_client import CanvasClient
from airflow_provider_canvas.hooks.canvas import CanvasHook
from airflow_provider_canvas.hooks.canvas_async import CanvasAsyncHook
from tests.client.contract import (
    routes_of_blueprints,
    routes_of_content,
    routes_of_courses,
    routes_of_migrations,
    routes_of_parameters,
    routes_of_unmapped,
)
from tests.client.contract.conftest import Bridge, Bridged
from tests.client.contract.routes_recorder import Recorder
from tests.client.contract.routes_responses import differences, faults
from tests.client.contract.routes_row import Row
from tests.client.contract.routes_world import routes_world

ROWS = (
    *routes_of_migrations.ROWS,
    *routes_of_blueprints.ROWS,
    *routes_of_courses.ROWS,
    *routes_of_content.ROWS,
    *routes_of_unmapped.ROWS,
)
SENT = (*ROWS, *routes_of_parameters.ROWS, *routes_of_unmapped.SENT)
TOKEN = "7~token-of-every-route"


class BridgedHook(Bridge):
    """The async hook behind the interface of a sync client."""

    def __init__(self, hook: CanvasAsyncHook) -> None:
        super().__init__(hook)  # what a bridge uses of a client, the hook has too
        self.runner.run(hook.__aenter__())

    def close(self) -> None:
        self.runner.run(self.client.__aexit__(None, None, None))
        self.runner.close()


@contextmanager
def connected(kind: str, url: str, token: str) -> Iterator[Canvas[SyncIO]]:
    """Make a client of one kind that asks once, or a hook on an Airflow connection."""
    settings, policy = Settings(url, token), RetryPolicy(retry_for=0)
    connection = {"conn_type": "canvas", "host": url, "password": token}
    make: dict[str, Callable[[], Any]] = {
        "requests": lambda: CanvasClient(settings, policy),
        "aiohttp": lambda: Bridge(AsyncCanvasClient(settings, policy)),
        "hook": CanvasHook,
        "async hook": lambda: BridgedHook(CanvasAsyncHook()),
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW_CONN_CANVAS_DEFAULT", json.dumps(connection))
        with closing(make[kind]()) as client:
            yield Bridged(client) if isinstance(client, Bridge) else client


def call(client: Canvas[SyncIO], row: Row, **more: Any) -> Any:
    """Make the row's call; of a listing, get every item. A deprecated one warns, and no other does."""
    route = routes()[row.endpoint]
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always", DeprecationWarning)
        response = attrgetter(row.endpoint)(client)(**row.arguments, **more)
    warnings_shown = [str(each.message) for each in warned if issubclass(each.category, DeprecationWarning)]
    assert [str(route.deprecated) in each for each in warnings_shown] == ([True] if route.deprecated else [])
    return list(response) if route.paginated else response


@pytest.fixture(scope="module")
def recorder() -> Iterator[Recorder]:
    """A server that keeps what it is sent."""
    with Recorder() as server:
        yield server


@pytest.fixture(scope="module", params=["requests", "aiohttp", "hook", "async hook"])
def recorded(request: pytest.FixtureRequest, recorder: Recorder) -> Iterator[Canvas[SyncIO]]:
    """A client of that server, in each transport; and both hooks, by an Airflow connection."""
    with connected(request.param, recorder.url, TOKEN) as client:
        yield client


RECORD = {
    "id": 1,
    "page_id": 1,
    "workflow_state": "running",
    "created_at": "2026-01-12T08:00:00Z",
    "public_url": "https://files.example/1",
}
"""An object with every key that an object of any route must have."""


@pytest.mark.parametrize("row", SENT, ids=str)
def test_request_on_the_wire(recorded: Canvas[SyncIO], recorder: Recorder, row: Row) -> None:
    """Each call sends one request with this method, path, parameters in order, token and User-Agent."""
    route = routes()[row.endpoint]
    record = RECORD if is_typeddict(route.returns) else {}
    recorder.response = "[]" if route.paginated or row.count is not None else json.dumps(record)
    recorder.requests.clear()
    call(recorded, row)
    (request,) = recorder.requests
    path, _, query = request.target.partition("?")
    form = request.method in ("POST", "PUT")
    assert (request.method, path) == (row.method, row.path)
    assert decoded(query) == ([] if form else row.pairs)
    assert decoded(request.body.decode("ascii")) == (row.pairs if form else [])
    assert request.headers.get_all("User-Agent") == [USER_AGENT]
    assert request.headers.get_all("Authorization") == [f"Bearer {TOKEN}"]
    assert request.headers.get_all("Accept") == ["application/json"]
    if request.body:
        assert request.headers.get_all("Content-Type") == ["application/x-www-form-urlencoded"]
    assert TOKEN not in request.target


def decoded(pairs: str) -> list[tuple[str, str]]:
    """Read a query or a form as a server does."""
    return parse_qsl(pairs, keep_blank_values=True, strict_parsing=bool(pairs))


@pytest.fixture(scope="module")
def served(emulator_server: EmulatorServer) -> EmulatorServer:
    """The local Canvas, with the world of all routes."""
    emulator_server.show(routes_world())
    return emulator_server


@pytest.fixture(scope="module", params=["requests", "aiohttp"])
def client(request: pytest.FixtureRequest, served: EmulatorServer) -> Iterator[Canvas[SyncIO]]:
    """A client of the local Canvas, in each transport."""
    with connected(request.param, served.url, served.token) as client:
        yield client


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_response_of_the_emulator(client: Canvas[SyncIO], served: EmulatorServer, row: Row) -> None:
    """Each response has the values of its row and all required keys, and each key has its declared type."""
    served.world.reset()
    route = routes()[row.endpoint]
    response = call(client, row)
    assert [*faults(response, GenericAlias(list, (route.returns,)) if route.paginated else route.returns)] == []
    assert (len(response) if isinstance(response, list) else None) == row.count
    first = response[0] if isinstance(response, list) else response
    assert [*differences(first, row.shows)] == []


@pytest.mark.parametrize("row", [row for row in ROWS if routes()[row.endpoint].paginated and row.count != 1], ids=str)
def test_small_pages_have_the_same_items(client: Canvas[SyncIO], served: EmulatorServer, row: Row) -> None:
    """A listing with small pages has several of them, with the items of one large page.

    Where Canvas does not count the items, a full last page has a link to an empty one.
    """
    served.world.reset()
    assert row.count is not None
    whole = call(client, row)
    small = {**row.arguments, "per_page": (row.count + 1) // 2}
    pages = [page for page in attrgetter(row.endpoint)(client).pages(**small) if page]
    assert [len(page) for page in pages] == [(row.count + 1) // 2, row.count // 2]
    assert [item for page in pages for item in page] == whole


def test_every_endpoint_is_in_the_table() -> None:
    """Each endpoint has a row for each of its contexts."""
    shown = {(row.endpoint, context) for row in SENT for context in contexts(row)}
    missing = {
        (name, context)
        for name, route in routes().items()
        for context in (route.contexts if "{context}" in route.route else ("",))
    } - shown
    assert missing == set()


@pytest.mark.parametrize(("name", "route"), routes().items())
def test_every_parameter_is_in_the_table(name: str, route: Route[..., Any]) -> None:
    """Each parameter of each endpoint is sent in some row, except ``per_page``, which has its own test."""
    sent = {parameter for row in SENT if row.endpoint == name for parameter in row.arguments}
    assert set(route.parameters) - {"per_page"} <= sent


def contexts(row: Row) -> list[str]:
    """Return the keyword that says where the row's resource lives, if its route has several of them."""
    if "{context}" not in routes()[row.endpoint].route:
        return [""]
    return [name for name in CONTEXTS if name in row.arguments]
