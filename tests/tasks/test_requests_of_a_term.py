"""A term is reconciled with at most 1.1 times the requests that its pages need, and nothing is read twice."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from math import ceil
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from canvas_emulator.model.content import Assignment, Page
from canvas_emulator.model.world import World
from canvas_emulator.seeds import full_course
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.client.courses.course_listings import fetch_listings
from airflow_provider_canvas.client.transports.aiohttp_client import AsyncCanvasClient
from airflow_provider_canvas.course_pairs.checks import CHECKS, further_listings
from airflow_provider_canvas.operators.reconcile_batch import CanvasReconcileBatchOperator
from tests.support import batches
from tests.support.copied_batch import CopiedBatch, copied_batch
from tests.support.task_attempt import Attempt

PER_PAGE = 5
SHELLS, TEMPLATES = 8, 2

NOT_LISTED = {"module_items", "page_bodies", "quiz_questions", "new_quizzes", "settings", "tabs", "unreadable"}
"""Names in the content of a course that are no paged listing of their own."""


@pytest.fixture
def copied(emulator_server: EmulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CopiedBatch:
    """Return copies of two templates whose listings have several pages."""

    def fill(world: World, course_id: int) -> None:
        full_course.fill(world, course_id)
        for number in range(17):
            world.add(Page(course_id=course_id, title=f"Page {number}", body=f"<p>{number}</p>"))
            world.add(Assignment(course_id=course_id, title=f"Assignment {number}", points_possible=1.0))

    database = tmp_path / "ledger.db"
    engine = sa.create_engine(f"sqlite:///{database}")
    batch = copied_batch(emulator_server, engine, SHELLS, templates=TEMPLATES, fill=fill)
    extra = {"retry_for": 0, "per_page": PER_PAGE, "graphql": "off"}
    fields = {"conn_type": "canvas", "host": emulator_server.url, "password": batches.TOKEN, "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_CANVAS_DEFAULT", json.dumps(fields))
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", json.dumps({"conn_type": "sqlite", "host": str(database)}))
    return batch


def floor_of(copied: CopiedBatch, course_id: int, checks: tuple[str, ...], *, is_source: bool) -> int:
    """Return how many requests a course needs at least, from the sizes of its listings."""

    async def listed() -> Any:
        async with AsyncCanvasClient(copied.settings) as canvas:
            return await fetch_listings(canvas, course_id, also=further_listings(checks, of_destination=not is_source))

    listings = asyncio.run(listed())
    older = {"lti_resource_links", "new_quizzes"}  # what a Canvas of 2023 does not have
    assert set(listings["unreadable"]) <= older
    pages = sum(max(1, ceil(len(records) / PER_PAGE)) for name, records in listings.items() if name not in NOT_LISTED)
    needed = pages + 1  # the course
    if not is_source:
        needed += 4  # the migration, its mapping, issues and Progress
    if not checks:
        return needed
    needed += 2  # settings, tabs
    needed += 1 if is_source else 0  # the migrations of the source
    by_quiz = Counter(each["quiz_id"] for each in listings["quiz_questions"])
    needed += sum(ceil(count / PER_PAGE) for count in by_quiz.values())
    needed += len(listings["unreadable"])
    new_quizzes = len(listings.get("new_quizzes", ()))
    needed += (1 + 2 * new_quizzes) if new_quizzes else 0
    if not any("body" in page for page in asyncio.run(listed_pages(copied, course_id))):
        needed += len(listings["pages"])  # an older Canvas sends a body only with a page alone
    return needed


async def listed_pages(copied: CopiedBatch, course_id: int) -> list[Any]:
    """Return the pages of a course as the listing has them when it is asked for bodies."""
    async with AsyncCanvasClient(copied.settings) as canvas:
        return [page async for page in canvas.pages.list(course_id=course_id, include=["body"])]


@pytest.mark.parametrize("checks", [(), CHECKS], ids=["no further checks", "all checks"])
def test_requests(copied: CopiedBatch, checks: tuple[str, ...]) -> None:
    """Each template is read once, each section once, and no page of a listing twice."""
    templates = [batches.FIRST_TEMPLATE + number for number in range(TEMPLATES)]
    floor = sum(floor_of(copied, course_id, checks, is_source=True) for course_id in templates)
    floor += sum(floor_of(copied, course_id, checks, is_source=False) for course_id in copied.migrations)
    before = len(copied.world.requests)
    task = CanvasReconcileBatchOperator(
        task_id="reconcile", batch=batches.BATCH, sql_conn_id="warehouse", checks=list(checks)
    )
    result = task.execute(Attempt().context(task))
    assert result["verdicts"]["unreadable"] == 0
    requests = copied.requests_since(before)
    repeated = Counter((request.method, request.path, request.query) for request in requests)
    assert [request for request, times in repeated.items() if times > 1] == []
    assert {request.status for request in requests} <= {200, 404}
    assert len(requests) <= 1.1 * floor
