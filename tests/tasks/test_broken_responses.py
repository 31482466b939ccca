"""A server in front of Canvas changes its responses: every operator ends in a result or in an error that is expected.

In each run, one key is changed in one way in every response of the emulator, at any depth. Whatever the task returns,
pushes or announces can be stored.
"""

from __future__ import annotations

import itertools
import json
import re
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowException
from canvas_emulator.model.settings import Settings
from canvas_emulator.model.world import World
from canvas_emulator.seeds.demo import demo_world
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.client.errors import CanvasError
from airflow_provider_canvas.client.protocol.flow import Send
from airflow_provider_canvas.client.protocol.response import Response, ResponseOrError
from airflow_provider_canvas.client.transports.requests_client import CanvasClient
from airflow_provider_canvas.hooks.canvas import CanvasHook
from airflow_provider_canvas.operators.batch_update_courses import CanvasBatchUpdateCoursesOperator
from airflow_provider_canvas.operators.content_export import CanvasContentExportOperator
from airflow_provider_canvas.operators.course_copy import CanvasCourseCopyOperator
from airflow_provider_canvas.operators.import_package import CanvasImportPackageOperator
from airflow_provider_canvas.operators.legacy_course_copy import CanvasLegacyCourseCopyOperator
from airflow_provider_canvas.operators.migration_issues import CanvasMigrationIssuesOperator
from airflow_provider_canvas.operators.reconcile import CanvasReconcileOperator
from airflow_provider_canvas.operators.selective_import import CanvasSelectiveImportOperator
from airflow_provider_canvas.operators.update_course import CanvasUpdateCourseOperator
from airflow_provider_canvas.sensors.progress import CanvasProgressSensor
from airflow_provider_canvas.transfers.export_to_object_storage import CanvasExportToObjectStorageOperator
from tests.client.contract.mutations import MISSING, REPLACEMENTS, assert_storable
from tests.conftest import FRESH, SOURCE
from tests.support.task_attempt import Attempt

KEYS = re.findall(
    r"\w+",
    """id workflow_state created_at progress_url settings source_course_id attachment audit_info migration_type
    migration_issues_count pre_attachment upload_url upload_params file_param completion message issue_type description
    title name page_id items url size type property sub_items user_id pages export_type display_name""",
)
"""Keys that operators read."""

CHANGES = [name for name in REPLACEMENTS if name not in ("a huge text", "deep objects")]

CASES = [(key, change) for index, (key, change) in enumerate(itertools.product(KEYS, CHANGES)) if index % 37 == 0]
"""One in 37 combinations: each key and each change is among them."""

WAIT: dict[str, Any] = {"task_id": "task", "deferrable": False, "timeout": 0.3, "poll_interval": 0.02}
IMPORT = {**WAIT, "fail_on_issues": None}


@pytest.fixture
def world() -> World:
    """A world whose jobs are done at once."""
    seconds = {"copy_seconds": 0.0, "import_seconds": 0.0, "export_seconds": 0.0, "batch_seconds": 0.0}
    return demo_world(settings=Settings(**seconds), token="7~token-of-the-tests")


@pytest.fixture
def package(tmp_path: Path, connection: str) -> str:
    """The path of a package that Canvas reads."""
    with CanvasHook(connection) as hook:
        export = hook.content_exports.create(course_id=SOURCE, export_type="common_cartridge")
        ids: dict[str, Any] = {"course_id": SOURCE, "content_export_id": export["id"]}
        while "attachment" not in (export := hook.content_exports.get(**ids)):
            time.sleep(0.02)
        hook.download(export, tmp_path / "course.imscc")
    return str(tmp_path / "course.imscc")


def tasks(package: str, progress_id: int, migration_id: int, folder: str) -> dict[str, Callable[[], Any]]:
    """Return how to make one task of each kind."""
    copied = {"source_course_id": SOURCE, "destination_course_id": FRESH}
    imported: dict[str, Any] = {"course_id": FRESH, "package": package, "migration_type": "canvas_cartridge_importer"}
    migration = {"content_migration_id": migration_id, "course_id": FRESH}
    return {
        "copy": lambda: CanvasCourseCopyOperator(**copied, **IMPORT),
        "legacy copy": lambda: CanvasLegacyCourseCopyOperator(**copied, **IMPORT),
        "import": lambda: CanvasImportPackageOperator(**imported, **IMPORT),
        "selective import": lambda: CanvasSelectiveImportOperator(**imported, choose={"pages": ["*"]}, **IMPORT),
        "export": lambda: CanvasContentExportOperator(course_id=SOURCE, export_type="common_cartridge", **WAIT),
        "archive": lambda: CanvasExportToObjectStorageOperator(
            course_id=SOURCE, path=f"{folder}/{{course_id}}.imscc", **WAIT
        ),
        "batch": lambda: CanvasBatchUpdateCoursesOperator(account_id=1, course_ids=[FRESH], event="offer", **WAIT),
        "update": lambda: CanvasUpdateCourseOperator(task_id="task", course_id=FRESH, course={"name": "Biology"}),
        "issues": lambda: CanvasMigrationIssuesOperator(task_id="task", content_migrations=migration),
        "reconcile": lambda: CanvasReconcileOperator(
            task_id="task",
            destination_course_id=FRESH,
            content_migration_id=migration_id,
            sql_conn_id="reconciliation",
            report_path=f"{folder}/report.html",
        ),
        "sensor": lambda: CanvasProgressSensor(
            task_id="task", progress_id=progress_id, timeout=0.3, poke_interval=0.02, deferrable=False
        ),
    }


KINDS = list(tasks("", 1, 1, ""))


def changed(value: Any, key: str, placeholder: str | None) -> Any:
    """Return JSON in which every value of a key is replaced, or taken away."""
    if isinstance(value, list):
        return [changed(item, key, placeholder) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {name: changed(item, key, placeholder) for name, item in value.items() if name != key}
    return {**kept, key: placeholder} if key in value and placeholder is not None else kept


@pytest.fixture
def change(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """Change responses as the returned dict says, and let no pause take long."""
    current: dict[str, str] = {}
    send = CanvasClient.send_request

    def send_request(client: CanvasClient, request: Send) -> ResponseOrError:
        response = send(client, request)
        if not current or not isinstance(response, Response) or "json" not in response.headers.get("content-type", ""):
            return response
        missing = current["by"] == MISSING
        text = json.dumps(changed(response.json(), current["key"], None if missing else "@@"))
        return Response(response.status, response.headers, text.replace('"@@"', current["by"]).encode())

    monkeypatch.setattr(CanvasClient, "send_request", send_request)
    monkeypatch.setattr(CanvasClient, "sleep", lambda _, seconds, queued=None: time.sleep(min(seconds, 0.02)))
    yield current
    current.clear()


@pytest.fixture
def connected(emulator: EmulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Add the connections to the emulator, without retries, and to a database."""
    fields = {"conn_type": "canvas", "host": emulator.url, "password": emulator.token, "extra": {"retry_for": 0}}
    monkeypatch.setenv("AIRFLOW_CONN_CANVAS_DEFAULT", json.dumps(fields))
    monkeypatch.setenv("AIRFLOW_CONN_RECONCILIATION", f"sqlite:///{tmp_path}/reconciliation.db")


@pytest.mark.parametrize("kind", KINDS)
def test_every_operator(kind: str, package: str, connected: None, change: dict[str, str], tmp_path: Path) -> None:
    """A task ends in a result that can be stored, or in an error of this package or of Airflow."""
    with CanvasHook() as hook:
        copy = hook.content_migrations.create(
            course_id=FRESH, migration_type="course_copy_importer", settings={"source_course_id": 1010}
        )
        progress_id = int(copy["progress_url"].rpartition("/")[2])
    make = tasks(package, progress_id, copy["id"], str(tmp_path))[kind]
    unchanged = make()
    unchanged.timeout = 60
    assert_storable(unchanged.execute(Attempt().context(unchanged)))
    for run, (key, name) in enumerate(CASES):
        change.update(key=key, by=REPLACEMENTS[name])
        attempt = Attempt(run_id=f"run {run}")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                task = make()
            result = task.execute(attempt.context(task))
        except (CanvasError, AirflowException) as error:
            assert_storable(str(error))
        except Exception as error:
            raise AssertionError(f"{key} was replaced by {name}") from error
        else:
            assert_storable([result, attempt.xcom, attempt.outlet_events.events])
