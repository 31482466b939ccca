"""Test that every task that copies a course checks the source before anything is sent, in the same words."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from canvas_emulator.machines.course import CourseState
from canvas_emulator.model.enrollments import EnrollmentType
from canvas_emulator.model.world import World
from canvas_emulator.seeds.demo import MASTER_ID, TEACHER_ID, TEACHER_TOKEN
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.client.errors import CanvasPermissionError
from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.requests_client import CanvasClient
from airflow_provider_canvas.operators.api import CanvasApiOperator
from airflow_provider_canvas.operators.content_migration import CanvasContentMigrationOperator
from airflow_provider_canvas.operators.course_copy import CanvasCourseCopyOperator
from airflow_provider_canvas.operators.legacy_course_copy import CanvasLegacyCourseCopyOperator
from airflow_provider_canvas.operators.selective_import import CanvasSelectiveImportOperator
from tests.support.task_attempt import Attempt, rendered

Make = Callable[[Any], Any]

DESTINATION = 2001
COPY = "course_copy_importer"


def api(endpoint: str, arguments: dict[str, Any], **more: Any) -> Any:
    """Return a task that calls an endpoint of the destination."""
    return CanvasApiOperator(
        task_id="copy", endpoint=endpoint, arguments={"course_id": DESTINATION, **arguments}, **more
    )


WAYS: dict[str, Make] = {
    "course copy": lambda source: rendered(
        lambda **values: CanvasCourseCopyOperator(task_id="copy", destination_course_id=DESTINATION, **values),
        source_course_id=source,
    ),
    "legacy course copy": lambda source: rendered(
        lambda **values: CanvasLegacyCourseCopyOperator(task_id="copy", destination_course_id=DESTINATION, **values),
        source_course_id=source,
    ),
    "content migration": lambda source: rendered(
        lambda **values: CanvasContentMigrationOperator(task_id="copy", course_id=DESTINATION, **values),
        source_course_id=source,
    ),
    "selective import": lambda source: rendered(
        lambda **values: CanvasSelectiveImportOperator(
            task_id="copy", course_id=DESTINATION, choose={"pages": True}, **values
        ),
        source_course_id=source,
    ),
    "API operator": lambda source: api(
        "content_migrations.create", {"migration_type": COPY, "settings": {"source_course_id": source}}
    ),
    "API operator with a legacy copy": lambda source: api(
        "content_imports.copy_course_content", {"source_course": source}
    ),
}

SOURCES: dict[str, tuple[Any, str, int]] = {
    "deleted": (MASTER_ID, r"1010'?: course 1010 \(.*\) is deleted, and Canvas would copy its content all the same", 1),
    "deleted, by its SIS id": ("sis_course_id:TMPL-BIOL1010", r"course 1010 \(.*\) is deleted, and Canvas would", 1),
    "unknown": (987654, r"987654'?: .*does not exist", 1),
    "zero": (0, r"is 0: Canvas takes that for an empty course, and would complete a copy of nothing", 0),
    "zero as text": (" 0 ", r"is 0: Canvas takes that for an empty course", 0),
}
"""Sources that cannot be copied, the message, and how many requests it takes to find out."""


@pytest.mark.filterwarnings("ignore:.*deprecates.*:DeprecationWarning")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("source", SOURCES)
def test_source_that_cannot_be_copied(connection: str, world: World, way: str, source: str) -> None:
    """Nothing is sent, the message names the source and its fault, and the task is not retried."""
    course_id, message, requests = SOURCES[source]
    if source.startswith("deleted"):
        world.tables.courses[MASTER_ID].workflow_state = CourseState.DELETED
    task = WAYS[way](course_id)
    with pytest.raises(AirflowFailException, match=message):
        task.execute(Attempt().context(task))
    assert [request.method for request in world.requests] == ["GET"] * requests


@pytest.fixture
def teacher_of_the_destination(
    connection: str, emulator: EmulatorServer, world: World, monkeypatch: pytest.MonkeyPatch
) -> str:
    """Use the token of a teacher of the destination, who is a student in the source."""
    fields = {"conn_type": "canvas", "host": emulator.url, "password": TEACHER_TOKEN}
    monkeypatch.setenv("AIRFLOW_CONN_CANVAS_DEFAULT", json.dumps(fields))
    world.enroll(TEACHER_ID, DESTINATION, EnrollmentType.TEACHER)
    world.enroll(TEACHER_ID, MASTER_ID, EnrollmentType.STUDENT)
    world.tables.courses[MASTER_ID].workflow_state = CourseState.AVAILABLE
    return TEACHER_TOKEN


@pytest.mark.parametrize(
    "edition", [pytest.param(name, marks=pytest.mark.edition(name)) for name in ("2023-06", "current")]
)
@pytest.mark.filterwarnings("ignore:.*deprecates.*:DeprecationWarning")
@pytest.mark.parametrize("way", WAYS)
def test_source_that_may_not_be_copied(teacher_of_the_destination: str, world: World, way: str, edition: str) -> None:
    """The message names the source course, the right that is missing, and who gives it."""
    task = WAYS[way](MASTER_ID)
    with pytest.raises(
        AirflowFailException,
        match=rf"must be able to read the source course \((settings\[source_course_id\]|source_course) {MASTER_ID}\) "
        "as its teachers do: enroll it there as a teacher",
    ):
        task.execute(Attempt().context(task))


@pytest.mark.parametrize("way", ["course copy", "selective import"])
def test_source_that_may_not_be_read(teacher_of_the_destination: str, world: World, way: str) -> None:
    """If the course may not even be read, the message names the parameter, the course and the reason."""
    task = WAYS[way](2003)
    text = r"^source_course_id 2003 cannot be read: Canvas answered 40[13] .* lacks the permission"
    with pytest.raises(AirflowFailException, match=text):
        task.execute(Attempt().context(task))


def test_refused_copy_of_a_client(teacher_of_the_destination: str, emulator: EmulatorServer) -> None:
    """For a client, too, a copy that Canvas does not allow lacks a right."""
    with (
        CanvasClient(Settings(emulator.url, teacher_of_the_destination)) as canvas,
        pytest.raises(CanvasPermissionError, match="enroll it there as a teacher"),
    ):
        canvas.content_migrations.create(
            course_id=DESTINATION, migration_type=COPY, settings={"source_course_id": MASTER_ID}
        )
