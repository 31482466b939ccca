"""Progresses by GraphQL and by REST, from the emulator: the waits cannot tell the difference."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest
from canvas_emulator.model.faults import Action, Rule
from canvas_emulator.model.records import AccessToken
from canvas_emulator.model.world import World
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.api.graphql import Graphql, progress_records
from airflow_provider_canvas.client.jobs.flow_pool import FlowPool
from airflow_provider_canvas.client.jobs.graphql_support import GraphqlSupport
from airflow_provider_canvas.client.jobs.progress_reader import ProgressReader
from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.aiohttp_client import AsyncCanvasClient
from airflow_provider_canvas.client.transports.requests_client import CanvasClient


@pytest.fixture
def copies(emulator: EmulatorServer, world: World) -> list[int]:
    """Start 25 copies, and return the ids of their Progresses."""
    world.settings.copy_seconds = 60.0
    with CanvasClient(Settings(emulator.url, emulator.token)) as client:
        migrations = [
            client.content_migrations.create(
                course_id=2001, migration_type="course_copy_importer", settings={"source_course_id": 1010}
            )
            for _ in range(25)
        ]
    return [int(migration["progress_url"].rpartition("/")[2]) for migration in migrations]


@asynccontextmanager
async def reading(url: str, token: str) -> AsyncIterator[tuple[ProgressReader, AsyncCanvasClient]]:
    """Provide a reader for which nothing is known of GraphQL."""
    async with AsyncCanvasClient(Settings(url, token, retry_for=0)) as client:
        pool = FlowPool(client)
        yield ProgressReader(client.caller, pool, GraphqlSupport()), client
        await pool.close()


async def read_all(reader: ProgressReader, ids: list[int]) -> list[Any]:
    """Read Progresses at the same time, and return the records, or the errors."""
    futures: list[asyncio.Future[Any]] = [asyncio.get_running_loop().create_future() for _ in ids]

    def take(future: asyncio.Future[Any], record: Any, error: BaseException | None) -> None:
        future.set_result(error or record)

    for progress_id, future in zip(ids, futures, strict=True):
        reader.read(progress_id, partial(take, future))
    return await asyncio.gather(*futures)


def sent(world: World, since: int) -> dict[str, int]:
    """Return how many requests of each kind the emulator got."""
    requests = list(world.requests)[since:]
    queries = sum(request.path == "/api/graphql" for request in requests)
    return {"graphql": queries, "rest": len(requests) - queries}


@pytest.mark.parametrize("seconds", [0, 5, 30, 59, 600, 1600])
async def test_fields_are_those_of_rest(
    emulator: EmulatorServer, world: World, copies: list[int], seconds: float
) -> None:
    """At any moment of the copies, each field of GraphQL is that of REST; a percentage is a whole number."""
    with world.lock:
        world.clock.advance(seconds)
    async with AsyncCanvasClient(Settings(emulator.url, emulator.token)) as client:
        keys = [str(each) for each in copies[:20]]
        records = progress_records(await client.send(Graphql.progresses.call(progress_ids=keys)), keys)
        assert list(records) == keys
        for key, record in records.items():
            rest = await client.progress.get(progress_id=key)
            completion = rest["completion"]
            assert record["id"] == rest["id"]
            assert record["message"] == rest["message"]
            assert rest["workflow_state"] == record["workflow_state"]
            assert record["completion"] == (None if completion is None else pytest.approx(completion, abs=1.5))


async def test_twenty_per_query(emulator: EmulatorServer, world: World, copies: list[int]) -> None:
    """Twenty-five Progresses are read with two queries, and an unknown one with REST."""
    since = len(world.requests)
    async with reading(emulator.url, emulator.token) as (reader, _):
        records = await read_all(reader, copies)
        assert [record["id"] for record in records] == copies
        assert sent(world, since) == {"graphql": 2, "rest": 0}


async def test_unknown_progress(emulator: EmulatorServer, world: World, copies: list[int]) -> None:
    """An unknown id among twenty fails the query, and is found by halves; the others are read nevertheless."""
    async with reading(emulator.url, emulator.token) as (reader, _):
        records = await read_all(reader, [*copies[:10], 987654, *copies[10:19]])
        assert [record["id"] for record in records if isinstance(record, dict)] == copies[:19]
        since = len(world.requests)
        await read_all(reader, [*copies[:10], 987654, *copies[10:19]])
        assert sent(world, since) == {"graphql": 1, "rest": 1}


@pytest.mark.parametrize("aliases", [3, 8, 19])
async def test_lower_limit(emulator: EmulatorServer, world: World, copies: list[int], aliases: int) -> None:
    """A lower limit of the server is learned from its error."""
    world.settings.graphql_aliases = aliases
    async with reading(emulator.url, emulator.token) as (reader, _):
        assert [record["id"] for record in await read_all(reader, copies)] == copies
        since = len(world.requests)
        assert [record["id"] for record in await read_all(reader, copies)] == copies
        counts = sent(world, since)
        assert counts["graphql"] <= -(-2 * 25 // aliases) + 1
        assert counts["rest"] <= 1


async def test_token_with_scopes(emulator: EmulatorServer, world: World, copies: list[int]) -> None:
    """A token that sees no object through GraphQL reads with REST, and asks GraphQL only once."""
    scopes = frozenset({"url:GET|/api/v1/progress/:id", "url:POST|/api/graphql"})
    owner = world.tables.tokens[emulator.token].user_id
    world.tables.tokens["7~scoped"] = AccessToken("7~scoped", owner, scopes=scopes)
    since = len(world.requests)
    async with reading(emulator.url, "7~scoped") as (reader, _):
        for _ in range(3):
            assert [record["id"] for record in await read_all(reader, copies[:20])] == copies[:20]
    assert sent(world, since) == {"graphql": 1, "rest": 60}


async def test_graphql_is_down(emulator: EmulatorServer, world: World, copies: list[int]) -> None:
    """If GraphQL fails and REST does not, all are read with REST, and GraphQL is left alone after three failures."""
    world.faults.rules.append(Rule("/api/graphql", Action.RESPOND, status=503, times=100))
    async with reading(emulator.url, emulator.token) as (reader, _):
        since = len(world.requests)
        for _ in range(5):
            assert [record["id"] for record in await read_all(reader, copies[:20])] == copies[:20]
    assert sent(world, since) == {"graphql": 3, "rest": 100}
