"""A copy is reconciled in the same way, whether GraphQL or the REST API reads a part of both courses."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import requests
from canvas_emulator.model.world import World
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.client.courses.graphql_inventory import MIN_COURSES
from airflow_provider_canvas.client.jobs.graphql_support import content_support_for
from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.aiohttp_client import run_with_client
from airflow_provider_canvas.client.transports.requests_client import CanvasClient
from airflow_provider_canvas.course_pairs.checks import CHECKS
from airflow_provider_canvas.course_pairs.compare import Comparison, compare
from airflow_provider_canvas.course_pairs.read_copy import read_pair
from airflow_provider_canvas.reconciliation.reconciliation import Reconciliation

SOURCE, DESTINATION = 1010, 2001
READ_AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def migration_id(settings: Settings, world: World) -> int:
    """Copy the demo's course, plant stale links into the copy, and return the id of the migration."""
    with CanvasClient(settings) as canvas:
        migration = canvas.content_migrations.create(
            course_id=DESTINATION, migration_type="course_copy_importer", settings={"source_course_id": SOURCE}
        )
        with world.lock:
            world.clock.advance(600)
        assert canvas.progress.get(progress_id=migration["progress_url"].rpartition("/")[2])["completion"] == 100
    requests.post(
        f"{settings.base_url}/_emulator/defects", json={"count": 60, "seed": 1}, timeout=10
    ).raise_for_status()
    return migration["id"]


@pytest.fixture
def settings(emulator: EmulatorServer) -> Settings:
    """Return the settings of a client that does not retry."""
    return Settings(emulator.url, emulator.token, retry_for=0)


def reconcile(settings: Settings, migration_id: int) -> Reconciliation:
    source, copy = run_with_client(
        settings,
        lambda canvas: read_pair(
            canvas,
            destination_course_id=DESTINATION,
            content_migration_id=migration_id,
            source_course_id=SOURCE,
            selected=None,
            checks=CHECKS,
        ),
    )
    how = Comparison(canvas_instance=settings.host, canvas_url=settings.base_url, run_id="run", checks=CHECKS)
    return compare(how, source, copy, selected=None, previous=(), read_at=READ_AT, report_uri=None)


@pytest.mark.edition("current")
def test_the_same_reconciliation(settings: Settings, world: World, migration_id: int) -> None:
    """Every row, every stale link and the summary are the same."""
    support = content_support_for(settings)
    expected = reconcile(settings, migration_id)
    assert len(expected.stale_links) > 20
    assert not [request for request in world.requests if request.path == "/api/graphql"]

    for _ in range(MIN_COURSES):
        support.begin_course(MIN_COURSES)
    support.succeeded()  # as after the first course of a batch
    reconciled = reconcile(settings, migration_id)

    assert len([request for request in world.requests if request.path == "/api/graphql"]) == 2
    assert reconciled == expected
