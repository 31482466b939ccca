"""Every operator that brings content into a course adds an event to the course's asset."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import Asset, AssetAlias
from canvas_emulator.machines.content_migration import Fault
from canvas_emulator.model.faults import MigrationFault
from canvas_emulator.model.world import World
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.client.errors import CanvasJobError
from airflow_provider_canvas.operators.content_migration import CanvasContentMigrationOperator
from airflow_provider_canvas.operators.course_copy import CanvasCourseCopyOperator
from airflow_provider_canvas.operators.import_package import CanvasImportPackageOperator
from airflow_provider_canvas.operators.legacy_course_copy import CanvasLegacyCourseCopyOperator
from airflow_provider_canvas.operators.selective_import import CanvasSelectiveImportOperator
from tests.support.package_imports import cartridge, run_to_the_end
from tests.support.task_attempt import Attempt

__all__ = ["cartridge"]  # fixture

SOURCE, COURSE = 1010, 2001
COPY = {"source_course_id": SOURCE, "destination_course_id": COURSE}
PAGE = "Welcome to BIOL 1010"


@pytest.fixture
def package(cartridge: bytes, tmp_path: Path) -> dict[str, Any]:
    """Write a course package to a file, and return the arguments that import it."""
    path = tmp_path / "biology.imscc"
    path.write_bytes(cartridge)
    return {"package": path, "migration_type": "canvas_cartridge_importer"}


OPERATORS: dict[str, tuple[Callable[..., Any], dict[str, Any], dict[str, Any]]] = {
    "a copy": (CanvasCourseCopyOperator, COPY, {"source_course_id": SOURCE}),
    "a legacy copy": (CanvasLegacyCourseCopyOperator, COPY, {"source_course_id": SOURCE}),
    "any migration": (
        CanvasContentMigrationOperator,
        {"source_course_id": SOURCE, "course_id": COURSE},
        {"source_course_id": SOURCE},
    ),
    "a part of a course": (
        CanvasSelectiveImportOperator,
        {"source_course_id": SOURCE, "course_id": COURSE, "choose": {"pages": [PAGE]}},
        {"source_course_id": SOURCE, "selective_import": True},
    ),
    "a package": (CanvasImportPackageOperator, {"course_id": COURSE, "package": ...}, {}),
    "a part of a package": (
        CanvasSelectiveImportOperator,
        {"course_id": COURSE, "choose": {"pages": [PAGE]}, "package": ...},
        {"selective_import": True},
    ),
}
"""The operators that bring content into a course: the class, its arguments, and the extra fields of its event."""


def make_task(
    operator: Callable[..., Any], arguments: dict[str, Any], package: dict[str, Any], outlets: list[Any]
) -> Any:
    """Return a function that makes a task; an operator that needs a package gets its arguments."""
    all_arguments = {**arguments, **package} if "package" in arguments else arguments
    return lambda: operator(
        task_id="bring", deferrable=True, poll_interval=0.1, fail_on_issues=None, outlets=outlets, **all_arguments
    )


@pytest.mark.parametrize("kind", OPERATORS)
def test_event_of_each_operator(connection: str, emulator: EmulatorServer, package: dict[str, Any], kind: str) -> None:
    """The course's asset and an alias get an event with the ids; other assets, and a task without outlets, get none."""
    operator, arguments, extra_fields = OPERATORS[kind]
    host = emulator.url.removeprefix("http://")
    uri = f"canvas://{host}/courses/{COURSE}"
    outlets = [AssetAlias("content"), Asset(uri), Asset("canvas://elsewhere.example/courses/1")]
    attempt = Attempt()
    result = run_to_the_end(make_task(operator, arguments, package, outlets), attempt)
    extra = {
        "canvas_instance": host,
        "content_migration_id": result["content_migration_id"],
        "destination_course_id": COURSE,
        **extra_fields,
    }
    assert attempt.outlet_events.events == [(uri, extra), (uri, extra)]
    without_outlets = Attempt(run_id="manual__2")
    run_to_the_end(make_task(operator, arguments, package, []), without_outlets)
    assert without_outlets.outlet_events.events == []


def test_import_into_an_account(connection: str, package: dict[str, Any]) -> None:
    """An import into an account adds no event, because accounts have no asset."""
    attempt = Attempt()
    make = make_task(
        CanvasContentMigrationOperator, {"account_id": 1, "package": ...}, package, [AssetAlias("content")]
    )
    assert run_to_the_end(make, attempt)["workflow_state"] == "completed"
    assert attempt.outlet_events.events == []


def test_failed_import(connection: str, world: World, package: dict[str, Any]) -> None:
    """A failed import adds no event."""
    world.faults.migrations.append(MigrationFault(Fault.FAILS, stage=4))
    attempt = Attempt()
    make = make_task(
        CanvasImportPackageOperator, {"course_id": COURSE, "package": ...}, package, [AssetAlias("content")]
    )
    with pytest.raises(CanvasJobError):
        run_to_the_end(make, attempt)
    assert attempt.outlet_events.events == []
