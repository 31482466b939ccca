"""``CanvasContentExportOperator`` submits one export, waits for it, and returns a small result without signed URLs."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from canvas_emulator.model.faults import Action, ExportFault, ExportFaultKind, Rule
from canvas_emulator.model.records import ContentExport
from canvas_emulator.model.world import World
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.client import replica_lag
from airflow_provider_canvas.client.errors import CanvasJobError
from airflow_provider_canvas.operators.content_export import CanvasContentExportOperator
from tests.support.task_attempt import Attempt, deferred, fired, rendered, resumed

COURSE = "sis_course_id:TMPL-BIOL1010"


@pytest.fixture(autouse=True)
def _short_exports(world: World) -> None:
    """Let each export take 0.7 s."""
    world.settings.change({"export_seconds": 0.7})


def export(**arguments: Any) -> CanvasContentExportOperator:
    """Return an operator that exports the course; keyword arguments replace its own."""
    context = {} if {"group_id", "user_id"} & set(arguments) else {"course_id": COURSE}
    return CanvasContentExportOperator(
        **{"task_id": "export", "retries": 2, "deferrable": True, "poll_interval": 0.05, **context, **arguments}
    )


def exports(world: World) -> list[ContentExport]:
    """Return all content exports of the emulator."""
    return list(world.tables.content_exports.values())


def deferred_to_the_end(task: CanvasContentExportOperator, attempt: Attempt) -> Any:
    """Run a task through its deferral, and return its result."""
    deferral = deferred(task, attempt)
    return resumed(export(), deferral, asyncio.run(fired(deferral)), attempt)


def in_the_worker(task: CanvasContentExportOperator, attempt: Attempt) -> Any:
    """Run a task without deferral, and return its result."""
    task.deferrable = False
    return task.execute(attempt.context(task))


@pytest.mark.parametrize("run", [deferred_to_the_end, in_the_worker])
def test_from_beginning_to_end(connection: str, emulator: EmulatorServer, world: World, run: Any) -> None:
    """The export has a file at the end; the result describes the file and contains no signed URL."""
    attempt = Attempt()
    result = run(export(), attempt)
    (created,) = exports(world)
    assert (created.export_type, created.skip_notifications) == ("common_cartridge", True)
    assert result["file"].pop("size") > 1000
    assert result.pop("created_at")
    assert result == {
        "canvas_instance": emulator.url.removeprefix("http://"),
        "course_id": 1010,
        "content_export_id": created.id,
        "export_type": "common_cartridge",
        "workflow_state": "exported",
        "url": f"{emulator.url}/courses/1010/content_exports",
        "file": {
            "id": created.attachment_id,
            "display_name": result["file"]["display_name"],
            "content_type": "application/octet-stream",
        },
    }
    assert result["file"]["display_name"].endswith(".imscc")
    assert "verifier" not in json.dumps(result)
    assert attempt.xcom == {"canvas_page_url": result["url"]}


def test_type_and_selection(connection: str, world: World) -> None:
    """The type, the selection (text from a template) and ``skip_notifications`` reach Canvas."""
    task = export(export_type="qti", select="{'quizzes': ['7001']}", skip_notifications=False)
    result = deferred_to_the_end(task, Attempt())
    (created,) = exports(world)
    assert (created.export_type, created.skip_notifications) == ("qti", False)
    assert {kind: len(ids) for kind, ids in created.selection.items()} == {"quizzes": 1}
    assert result["file"]["content_type"] == "application/zip"


def test_files_of_a_user(connection: str, world: World, emulator: EmulatorServer) -> None:
    """``user_id="self"`` becomes a number in the result, and the link leads to the user."""
    attempt = Attempt()
    result = deferred_to_the_end(export(user_id="self", export_type="zip"), attempt)
    (created,) = exports(world)
    assert (result["user_id"], created.context_type) == (created.user_id, "User")
    assert attempt.xcom["canvas_page_url"] == f"{emulator.url}/users/{created.user_id}"


@pytest.mark.parametrize("store", [True, False])
def test_retry_adopts_the_export(connection: str, world: World, store: bool) -> None:
    """If an attempt dies while it waits, the retry waits for the same export, with or without a task state store."""
    attempt = Attempt() if store else Attempt(store=None)
    deferred(export(), attempt)
    result = deferred_to_the_end(export(), Attempt(try_number=2, store=attempt.store))
    assert [created.id for created in exports(world)] == [result["content_export_id"]]


def test_cleared_task_exports_again(connection: str, world: World) -> None:
    """A cleared task adopts its export until it has seen it end; then it exports again."""
    attempt = Attempt()
    if attempt.store is None:
        pytest.skip("without a store a cleared task takes the export of its run")
    with world.hold():
        deferred(export(), attempt)
        deferred(export(), Attempt(store=attempt.store, try_number=2, max_tries=3))
        assert len(exports(world)) == 1
    world.clock.advance(60)
    unseen = export(deferrable=False)
    unseen.execute(Attempt(store=attempt.store, try_number=3, max_tries=4).context(unseen))
    assert len(exports(world)) == 1
    deferred(export(), Attempt(store=attempt.store, try_number=4, max_tries=5))
    assert len(exports(world)) == 2


def test_lost_response(connection: str, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the response to the POST is lost, the export is found in Canvas, and no second one is created."""
    monkeypatch.setattr(replica_lag, "PAUSES", (0.1,))
    world.faults.rules.append(Rule("/content_exports$", Action.DROP_AFTER, method="POST"))
    result = deferred_to_the_end(export(), Attempt())
    assert [created.id for created in exports(world)] == [result["content_export_id"]]


@pytest.mark.parametrize("run", [deferred_to_the_end, in_the_worker])
def test_failed_export(connection: str, world: World, run: Any) -> None:
    """The error of a failed export includes the page to check, and a retry exports again."""
    world.faults.exports.append(ExportFault(ExportFaultKind.FAILS))
    attempt = Attempt()
    with pytest.raises(
        CanvasJobError, match=r"ended as failed.*A retry .* exports again\. See .*/courses/1010/content_exports"
    ):
        run(export(), attempt)
    result = deferred_to_the_end(export(), Attempt(try_number=2, store=attempt.store))
    assert [created.id for created in exports(world)][-1] == result["content_export_id"]
    assert len(exports(world)) == 2


@pytest.mark.parametrize("store", [True, False])
def test_expired_file(connection: str, world: World, monkeypatch: pytest.MonkeyPatch, store: bool) -> None:
    """A retry whose export has lost its file (after 30 days) exports again, once."""
    monkeypatch.setattr(replica_lag, "PAUSES", (0.1,))
    monkeypatch.setattr("airflow_provider_canvas.client.jobs.waiters.EXPORT_FILE_GRACE", timedelta(seconds=-1))
    attempt = Attempt() if store else Attempt(store=None)
    deferred_to_the_end(export(), attempt)
    world.settings.change({"attachment_days": 0})
    retry = Attempt(try_number=2, store=attempt.store)
    deferral = deferred(export(), retry)
    world.settings.change({"attachment_days": 30})
    result = resumed(export(), deferral, asyncio.run(fired(deferral)), retry)
    assert len(exports(world)) == 2
    assert result["content_export_id"] == exports(world)[-1].id
    assert in_the_worker(export(), Attempt(try_number=3, store=attempt.store)) == result


def test_timeout(connection: str, world: World) -> None:
    """At the deadline, the export's Progress is cancelled, and the error is not retried."""
    world.faults.exports.append(ExportFault(ExportFaultKind.STUCK))
    with pytest.raises(AirflowFailException, match=r"content_export \d+ of course 1010 \(.*\) did not end within 1 s"):
        deferred_to_the_end(export(timeout=1), Attempt())
    assert world.requests[-1].path.endswith("/cancel")


def test_being_killed(connection: str, world: World) -> None:
    """When the task is killed, Canvas is asked to cancel the export; the export's own record ends the wait."""
    task = export()
    task.on_kill()
    assert not world.requests
    deferral = deferred(task, Attempt())
    task.on_kill()
    assert world.requests[-1].path.endswith("/cancel")
    world.clock.advance(60)
    assert asyncio.run(fired(deferral))["status"] == "succeeded"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"course_id": "BIO-1"}, "sis_course_id:"),
        ({"course_id": None}, "exactly one of course_id, group_id, user_id"),
        ({"group_id": 5, "course_id": 7, "export_type": "zip"}, "exactly one of"),
        ({"group_id": 5}, "only export_type='zip'"),
        ({"export_type": "cartridge"}, "Did you mean 'common_cartridge'"),
        ({"select": {"page": [1]}}, "Did you mean 'pages'"),
        ({"select": "pages"}, "write a dict or a list"),
        ({"select": "None"}, "select is 'None', which names nothing"),
        ({"select": {}}, "select names no asset"),
        ({"select": {"pages": []}}, "select names no asset"),
    ],
)
def test_invalid_parameters(connection: str, world: World, arguments: dict[str, Any], message: str) -> None:
    """An invalid parameter fails the task before any request, and the error says what to write instead."""
    task = rendered(export, **arguments)
    with pytest.raises(AirflowFailException, match=message):
        task.execute(Attempt().context(task))
    assert not world.requests


def test_unknown_course(connection: str) -> None:
    """An unknown course fails the task without a retry, and the error names the parameter."""
    task = export(course_id="sis_course_id:NOPE")
    with pytest.raises(AirflowFailException, match=r"course_id 'sis_course_id:NOPE': .*does not exist"):
        task.execute(Attempt().context(task))
