"""The content export as a task: checked input, one submission, a deferral, a small result without a signed address."""

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
def _short(world: World) -> None:
    world.settings.change({"export_seconds": 0.7})


def export(**said: Any) -> CanvasContentExportOperator:
    where = {} if {"group_id", "user_id"} & set(said) else {"course_id": COURSE}
    return CanvasContentExportOperator(
        **{"task_id": "export", "retries": 2, "deferrable": True, "poll_interval": 0.05, **where, **said}
    )


def exports(world: World) -> list[ContentExport]:
    return list(world.tables.content_exports.values())


def deferred_to_the_end(task: CanvasContentExportOperator, attempt: Attempt) -> Any:
    deferral = deferred(task, attempt)
    return resumed(export(), deferral, asyncio.run(fired(deferral)), attempt)


def in_the_worker(task: CanvasContentExportOperator, attempt: Attempt) -> Any:
    task.deferrable = False
    return task.execute(attempt.context(task))


@pytest.mark.parametrize("run", [deferred_to_the_end, in_the_worker])
def test_from_beginning_to_end(connection: str, emulator: EmulatorServer, world: World, run: Any) -> None:
    """The file is there at the end; the result names it, and holds nothing that lets its reader in."""
    attempt = Attempt()
    result = run(export(), attempt)
    (made,) = exports(world)
    assert (made.export_type, made.skip_notifications) == ("common_cartridge", True)
    assert result["file"].pop("size") > 1000
    assert result.pop("created_at")
    assert result == {
        "canvas_instance": emulator.url.removeprefix("http://"),
        "course_id": 1010,
        "content_export_id": made.id,
        "export_type": "common_cartridge",
        "workflow_state": "exported",
        "url": f"{emulator.url}/courses/1010/content_exports",
        "file": {
            "id": made.attachment_id,
            "display_name": result["file"]["display_name"],
            "content_type": "application/octet-stream",
        },
    }
    assert result["file"]["display_name"].endswith(".imscc")
    assert "verifier" not in json.dumps(result)
    assert attempt.xcom == {"canvas_page_url": result["url"]}


def test_what_is_sent(connection: str, world: World) -> None:
    """A type and a selection, as a template leaves them: text."""
    task = export(export_type="qti", select="{'quizzes': ['7001']}", skip_notifications=False)
    result = deferred_to_the_end(task, Attempt())
    (made,) = exports(world)
    assert (made.export_type, made.skip_notifications) == ("qti", False)
    assert {kind: len(ids) for kind, ids in made.selection.items()} == {"quizzes": 1}
    assert result["file"]["content_type"] == "application/zip"


def test_the_files_of_a_user(connection: str, world: World, emulator: EmulatorServer) -> None:
    """Oneself has a number in the result, and no page of exports to link."""
    attempt = Attempt()
    result = deferred_to_the_end(export(user_id="self", export_type="zip"), attempt)
    (made,) = exports(world)
    assert (result["user_id"], made.context_type) == (made.user_id, "User")
    assert attempt.xcom["canvas_page_url"] == f"{emulator.url}/users/{made.user_id}"


@pytest.mark.parametrize("store", [True, False])
def test_a_retry_adopts(connection: str, world: World, store: bool) -> None:
    """An attempt that died while it waited is followed by one that waits on, also where Airflow has no store."""
    attempt = Attempt() if store else Attempt(store=None)
    deferred(export(), attempt)
    result = deferred_to_the_end(export(), Attempt(try_number=2, store=attempt.store))
    assert [made.id for made in exports(world)] == [result["content_export_id"]]


def test_a_clear_exports_again(connection: str, world: World) -> None:
    """Clearing a task raises its ``max_tries``: that is another submission."""
    attempt = Attempt()
    if attempt.store is None:
        pytest.skip("without a store a cleared task takes the export of its run")
    deferred(export(), attempt)
    deferred(export(), Attempt(store=attempt.store, try_number=2, max_tries=3))
    assert len(exports(world)) == 2


def test_a_lost_answer(connection: str, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Canvas made the export, and nobody heard of it: it is found, and there is no second one."""
    monkeypatch.setattr(replica_lag, "PAUSES", (0.1,))
    world.faults.rules.append(Rule("/content_exports$", Action.DROP_AFTER, method="POST"))
    result = deferred_to_the_end(export(), Attempt())
    assert [made.id for made in exports(world)] == [result["content_export_id"]]


@pytest.mark.parametrize("run", [deferred_to_the_end, in_the_worker])
def test_one_that_fails(connection: str, world: World, run: Any) -> None:
    """It is said where to look, and a retry exports again."""
    world.faults.exports.append(ExportFault(ExportFaultKind.FAILS))
    attempt = Attempt()
    with pytest.raises(
        CanvasJobError, match=r"ended as failed.*/courses/1010/content_exports; a retry .* exports again"
    ):
        run(export(), attempt)
    result = deferred_to_the_end(export(), Attempt(try_number=2, store=attempt.store))
    assert [made.id for made in exports(world)][-1] == result["content_export_id"]
    assert len(exports(world)) == 2


@pytest.mark.parametrize("store", [True, False])
def test_one_whose_file_is_gone(connection: str, world: World, monkeypatch: pytest.MonkeyPatch, store: bool) -> None:
    """A retry after more than 30 days finds its export without a file, and exports again, once."""
    monkeypatch.setattr(replica_lag, "PAUSES", (0.1,))
    monkeypatch.setattr("airflow_provider_canvas.client.jobs.waiters.EXPORT_FILE_GRACE", timedelta(seconds=-1))
    attempt = Attempt() if store else Attempt(store=None)
    deferred_to_the_end(export(), attempt)
    world.settings.change({"attachment_days": 0})
    again = Attempt(try_number=2, store=attempt.store)
    deferral = deferred(export(), again)
    world.settings.change({"attachment_days": 30})
    result = resumed(export(), deferral, asyncio.run(fired(deferral)), again)
    assert len(exports(world)) == 2
    assert result["content_export_id"] == exports(world)[-1].id
    assert in_the_worker(export(), Attempt(try_number=3, store=attempt.store)) == result


def test_one_that_never_ends(connection: str, world: World) -> None:
    """At the deadline its Progress is cancelled, and no retry adds a second one."""
    world.faults.exports.append(ExportFault(ExportFaultKind.STUCK))
    with pytest.raises(AirflowFailException, match=r"content_export \d+ did not end within 1 s"):
        deferred_to_the_end(export(timeout=1), Attempt())
    assert world.requests[-1].path.endswith("/cancel")


def test_being_killed(connection: str, world: World) -> None:
    """In the worker and while deferred its Progress is cancelled; that ends the wait."""
    task = export()
    task.on_kill()
    assert not world.requests
    deferral = deferred(task, Attempt())
    task.on_kill()
    assert world.requests[-1].path.endswith("/cancel")
    assert asyncio.run(fired(deferral))["status"] == "failed"


@pytest.mark.parametrize(
    ("said", "words"),
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
def test_nonsense_is_refused_before_anything_is_sent(
    connection: str, world: World, said: dict[str, Any], words: str
) -> None:
    """With what to write instead."""
    task = rendered(export, **said)
    with pytest.raises(AirflowFailException, match=words):
        task.execute(Attempt().context(task))
    assert not world.requests


def test_an_unknown_course(connection: str) -> None:
    """No retry helps."""
    task = export(course_id="sis_course_id:NOPE")
    with pytest.raises(AirflowFailException, match=r"course_id 'sis_course_id:NOPE': .*does not exist"):
        task.execute(Attempt().context(task))
