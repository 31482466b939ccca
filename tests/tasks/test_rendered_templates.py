"""Rendered template fields, which Airflow stores and shows to its users, contain no secret."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from unittest import mock

import pytest
from airflow.providers.common.compat.sdk import DAG
from canvas_emulator.model.world import World

from airflow_provider_canvas.operators.content_migration import CanvasContentMigrationOperator
from airflow_provider_canvas.operators.selective_import import CanvasSelectiveImportOperator
from tests.support.package_imports import cartridge
from tests.support.task_attempt import Attempt, deferred

__all__ = ["cartridge"]  # fixture

BARE = "https://someone:pw@files.school.example/book.imscc"
SIGNED = f"{BARE}?X-Amz-Signature=5ec2e7&verifier=s3cr3t&key=0ther"
SHOWN = "https://***@files.school.example/book.imscc?***"


def stored_fields(task: Any) -> dict[str, Any]:
    """Return what this Airflow stores of the fields of a rendered task."""
    try:
        from airflow.sdk.execution_time.task_runner import _serialize_rendered_fields as serialize
    except ImportError:
        from airflow.models.renderedtifields import get_serialized_template_fields as serialize
    return dict(serialize(task))


def import_task(kind: type = CanvasContentMigrationOperator, **arguments: Any) -> Any:
    """Return an operator that imports a package."""
    return kind(
        task_id="import",
        course_id="sis_course_id:BIOL-1010-001",
        migration_type="canvas_cartridge_importer",
        deferrable=True,
        poll_interval=0.1,
        **arguments,
    )


@pytest.mark.parametrize("native", [True, False])
def test_signed_url(connection: str, world: World, native: bool) -> None:
    """Canvas gets the signed URL, Airflow's database the masked one, also after a second rendering."""
    with DAG("dag", schedule=None, render_template_as_native_obj=native):
        task = import_task(file_url="{{ params.file_url }}")
    signed, shown = (text.replace(login, "") for text, login in ((SIGNED, "someone:pw@"), (SHOWN, "***@")))
    attempt = Attempt(params={"file_url": signed})
    for _ in range(2):
        task.render_template_fields(attempt.context(task))
    deferral = deferred(task, attempt)
    fields = stored_fields(task)
    assert fields["file_url"] == shown
    assert "s3cr3t" not in json.dumps([fields, attempt.xcom, deferral.trigger.serialize()], default=str)
    with world.lock:
        (migration,) = world.migrations_of(2001)
    assert migration.migration_settings["file_url"] == signed


@pytest.mark.parametrize("kind", [CanvasContentMigrationOperator, CanvasSelectiveImportOperator])
def test_signed_url_of_a_mapped_task(kind: Any) -> None:
    """The URL of a mapped task is masked, too, although Airflow renders it in another way."""
    options = {"choose": {"pages": True}} if kind is CanvasSelectiveImportOperator else {}
    with DAG("dag", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC)) as dag:
        mapped = kind.partial(task_id="import", course_id=1, migration_type="qti_converter", **options)
        task = mapped.expand(file_url=[SIGNED]).unmap({"file_url": SIGNED})
    task._do_render_template_fields(
        parent=task,
        template_fields=task.template_fields,
        context={"ti": mock.Mock()},
        jinja_env=dag.get_template_env(),
        seen_oids=set(),
    )
    assert stored_fields(task)["file_url"] == SHOWN


@pytest.mark.parametrize(("file_url", "shown"), [("None", "None"), ("", ""), (BARE.replace("someone:pw@", ""), None)])
def test_url_without_secrets(file_url: str, shown: str | None) -> None:
    """A URL without a query, and a blank value, are stored unchanged."""
    task = import_task(file_url=file_url)
    task.render_template_fields(Attempt().context(task))
    assert stored_fields(task)["file_url"] == (file_url if shown is None else shown)
