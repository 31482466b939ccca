"""``CanvasBatchUpdateCoursesOperator`` submits courses in chunks, waits, and checks each course's state."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from canvas_emulator.model.faults import Action, Rule
from canvas_emulator.model.world import World
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.client.errors import CanvasJobError, CanvasNotFoundError, CanvasServerError
from airflow_provider_canvas.operators.batch_update_courses import CanvasBatchUpdateCoursesOperator
from tests.support.task_attempt import HAS_STORE, Attempt, deferred, fired, rendered, resumed

SECTIONS = list(range(2001, 2007))
BATCH = "/api/v1/accounts/1/courses"

needs_store = pytest.mark.skipif(not HAS_STORE, reason="this Airflow has no task state store")


@pytest.fixture(autouse=True)
def _short_batches(world: World) -> None:
    """Let each batch take 0.6 s."""
    world.settings.change({"batch_seconds": 0.6})


@pytest.fixture
def many_courses(world: World) -> list[int]:
    """Add 1,200 courses, which need three chunks, and return their ids."""
    with world.lock:
        pattern = world.tables.courses[2001]
        for number in range(10_001, 11_201):
            world.tables.courses[number] = replace(pattern, id=number, sis_course_id=None, uuid=str(number))
    return list(range(10_001, 11_201))


def batch(**arguments: Any) -> CanvasBatchUpdateCoursesOperator:
    """Return an operator that publishes six courses; keyword arguments replace its own."""
    return CanvasBatchUpdateCoursesOperator(
        **{
            "task_id": "publish",
            "account_id": 1,
            "course_ids": SECTIONS,
            "event": "offer",
            "deferrable": True,
            "poll_interval": 0.2,
            **arguments,
        }
    )


def to_the_end(attempt: Attempt | None = None, **arguments: Any) -> Any:
    """Run a deferrable task through its deferral, and return its result."""
    attempt = attempt or Attempt()
    deferral = deferred(batch(**arguments), attempt)
    return resumed(batch(**arguments), deferral, asyncio.run(fired(deferral)), attempt)


def in_the_worker(attempt: Attempt | None = None, **arguments: Any) -> Any:
    """Run a task that does not defer, and return its result."""
    task = batch(deferrable=False, **arguments)
    return task.execute((attempt or Attempt()).context(task))


def sent_puts(world: World) -> list[str]:
    """Return the paths of all PUT requests."""
    return [request.path for request in world.requests if request.method == "PUT"]


def states(world: World, course_ids: list[int]) -> set[str]:
    """Return the distinct states of some courses."""
    with world.lock:
        return {str(world.tables.courses[course_id].workflow_state) for course_id in course_ids}


def test_from_beginning_to_end(connection: str, emulator: EmulatorServer, world: World) -> None:
    """A deferred task publishes all courses, and its small result counts their states."""
    attempt = Attempt()
    result = to_the_end(attempt)
    (progress_id,) = result.pop("progress_ids")
    assert result == {
        "canvas_instance": emulator.url.removeprefix("http://"),
        "account_id": 1,
        "event": "offer",
        "courses": 6,
        "counts": {"available": 6},
        "failed_count": 0,
        "failed": [],
        "output_path": None,
        "url": f"{emulator.url}/accounts/1",
    }
    assert progress_id
    assert attempt.xcom == {"canvas_page_url": f"{emulator.url}/accounts/1"}
    assert states(world, SECTIONS) == {"available"}


def test_in_the_worker(connection: str, world: World) -> None:
    """Without deferral, the ids may be text of a list, include SIS ids, and contain duplicates."""
    result = in_the_worker(course_ids="['sis_course_id:BIOL-1010-001', 2002, '2002']")
    assert (result["courses"], result["counts"]) == (2, {"available": 2})


@pytest.mark.parametrize("course_ids", ["2001", 2001, " sis_course_id:BIOL-1010-001"])
def test_single_course(connection: str, world: World, course_ids: Any) -> None:
    """A single id that is not in a list is accepted."""
    assert in_the_worker(course_ids=course_ids)["counts"] == {"available": 1}


@pytest.mark.parametrize(
    ("event", "counts"),
    [("conclude", {"completed": 6}), ("delete", {"deleted": 6}), ("undelete", {"unpublished": 6})],
)
def test_each_event(connection: str, world: World, event: str, counts: dict[str, int]) -> None:
    """Each event brings all courses into the state that it stands for."""
    assert in_the_worker(event=event)["counts"] == counts


def test_deleting_deleted_courses(connection: str, world: World) -> None:
    """Deleting deleted courses succeeds, although Canvas reports a failed Progress."""
    in_the_worker(event="delete")
    with world.lock:
        before = len(world.tables.progress)
    assert in_the_worker(event="delete")["counts"] == {"deleted": 6}
    with world.lock:
        assert len(world.tables.progress) == before + 1


def test_chunks(connection: str, world: World, many_courses: list[int], tmp_path: Path) -> None:
    """1,200 courses take three requests and one trigger, and the state of each course is checked."""
    path = tmp_path / "states.jsonl"
    result = to_the_end(course_ids=many_courses, output_path=str(path))
    assert sent_puts(world) == [BATCH] * 3
    assert (len(result["progress_ids"]), result["counts"]) == (3, {"available": 1200})
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert [row["course_id"] for row in rows] == [str(course_id) for course_id in many_courses]
    assert len(json.dumps(result)) < 4096


def test_some_courses_fail(connection: str, world: World, tmp_path: Path) -> None:
    """If some courses fail, the task fails and names them with reasons; the file has the states of all courses."""
    world.tables.courses[2002].workflow_state = "deleted"
    path, arguments = tmp_path / "states.jsonl", {"course_ids": [2001, 2002, 999]}
    with pytest.raises(CanvasJobError, match=r"1 of 3 courses .*course 2002: The course was not found; course 999"):
        to_the_end(output_path=str(path), **arguments)
    rows = {row["course_id"]: row for row in map(json.loads, path.read_text().splitlines())}
    assert rows["2001"] == {"course_id": "2001", "workflow_state": "available", "why": None}
    assert rows["2002"]["workflow_state"] == "deleted"
    result = in_the_worker(fail_on_errors="False", **arguments)
    assert (result["failed_count"], result["counts"]) == (2, {"available": 1, "deleted": 1, "unknown": 1})
    assert [row["course_id"] for row in result["failed"]] == ["2002", "999"]


def test_course_in_the_wrong_state(connection: str, world: World) -> None:
    """A course that is not in the expected state fails the task, even if the Progress completed without errors."""
    deferral = deferred(batch(), Attempt())
    event = asyncio.run(fired(deferral))
    assert event["status"] == "succeeded"
    world.tables.courses[2003].workflow_state = "unpublished"
    with pytest.raises(CanvasJobError, match="course 2003: it is unpublished all the same"):
        resumed(batch(), deferral, event, Attempt())


@needs_store
def test_retry_sends_the_missing_chunks(connection: str, world: World, many_courses: list[int]) -> None:
    """If the second of three chunks fails, the retry sends only the chunks that Canvas did not accept."""
    world.faults.rules.append(Rule("/accounts/1/courses", method="PUT", skip=1, status=502))
    attempt = Attempt()
    with pytest.raises(CanvasServerError, match=r"Progress \d+ .* continues in Canvas\. .* sends the others again"):
        in_the_worker(attempt, course_ids=many_courses)
    assert len(sent_puts(world)) == 2
    result = in_the_worker(Attempt(store=attempt.store, try_number=2), course_ids=many_courses)
    assert len(sent_puts(world)) == 4
    assert result["counts"] == {"available": 1200}


def test_rejected_chunk(connection: str, world: World, many_courses: list[int]) -> None:
    """If the last chunk is rejected, the error names the Progresses of the chunks that Canvas carries out."""
    world.faults.rules.append(Rule("/accounts/1/courses", method="PUT", skip=2, status=404))
    with pytest.raises(
        CanvasNotFoundError, match=r"2 of 3 chunks \(1000 courses\): Progress \d+, \d+ .* continues in Canvas"
    ):
        in_the_worker(course_ids=many_courses)
    assert len(sent_puts(world)) == 3


def test_rejected_first_chunk(connection: str, world: World) -> None:
    """If the first chunk is rejected, the error mentions no chunk that continues."""
    world.faults.rules.append(Rule("/accounts/1/courses", method="PUT", status=404))
    with pytest.raises(AirflowFailException) as failure:
        in_the_worker()
    assert "continues" not in str(failure.value)


@needs_store
def test_retry_waits_for_the_submitted_batch(connection: str, world: World) -> None:
    """If a worker dies while it waits, the retry waits for the same batch and sends nothing."""
    attempt = Attempt()
    deferred(batch(), attempt)
    assert to_the_end(Attempt(store=attempt.store, try_number=2))["counts"] == {"available": 6}
    assert len(sent_puts(world)) == 1


@needs_store
def test_retry_after_failed_courses(connection: str, world: World) -> None:
    """After failures, the retry sends the batch again, because their cause may be gone."""
    world.tables.courses[2002].workflow_state = "deleted"
    attempt = Attempt()
    with pytest.raises(CanvasJobError):
        in_the_worker(attempt)
    world.tables.courses[2002].workflow_state = "unpublished"
    assert in_the_worker(Attempt(store=attempt.store, try_number=2))["counts"] == {"available": 6}
    assert len(sent_puts(world)) == 2


@needs_store
def test_retry_after_a_cancellation(connection: str, world: World) -> None:
    """The retry of a cancelled batch sends it again instead of waiting for the cancelled Progress."""
    attempt, task = Attempt(), batch()
    deferred(task, attempt)
    task.on_kill()
    assert in_the_worker(Attempt(store=attempt.store, try_number=2))["counts"] == {"available": 6}
    assert len(sent_puts(world)) == 2


def test_retry_without_a_store(connection: str, world: World) -> None:
    """Without a task state store, the retry sends all courses again; completed ones do not change."""
    in_the_worker(Attempt(store=None))
    assert in_the_worker(Attempt(store=None, try_number=2))["counts"] == {"available": 6}


def test_being_killed(connection: str, world: World, many_courses: list[int]) -> None:
    """When the task is killed, its batches are cancelled, in the worker and between two chunks: each of them once."""
    world.settings.change({"batch_seconds": 30})
    task = batch()
    deferral = deferred(task, Attempt())
    task.on_kill()
    asyncio.run(deferral.trigger.on_kill())
    world.faults.rules.append(Rule("/accounts/1/courses", method="PUT", skip=1, status=502))
    between = batch(course_ids=many_courses)
    with pytest.raises(CanvasServerError):
        between.execute(Attempt(run_id="manual__2").context(between))
    between.on_kill()
    posted = [request.path for request in world.requests if request.method == "POST"]
    assert [path.endswith("/cancel") for path in posted] == [True, True]


def test_timeout(connection: str, world: World) -> None:
    """A batch that does not end before the deadline fails the task."""
    world.settings.change({"batch_seconds": 60})
    with pytest.raises(AirflowFailException, match=r"did not end within 1 s"):
        to_the_end(timeout=1)


def test_ids_that_change_while_waiting(connection: str, world: World) -> None:
    """If ``course_ids`` render differently after the deferral, the task fails instead of checking other courses."""
    deferral = deferred(batch(), Attempt())
    event = asyncio.run(fired(deferral))
    with pytest.raises(AirflowFailException, match="course_ids or event changed while the task waited"):
        resumed(batch(course_ids=[2001]), deferral, event, Attempt())


def test_lost_response(connection: str, world: World) -> None:
    """If the response to a chunk is lost, the retry sends it again, and all courses are published."""
    world.faults.rules.append(Rule("/accounts/1/courses", Action.DROP_AFTER, method="PUT"))
    attempt = Attempt()
    with pytest.raises(Exception, match="check Canvas before you send it again"):
        in_the_worker(attempt)
    assert in_the_worker(Attempt(store=attempt.store, try_number=2))["counts"] == {"available": 6}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"course_ids": []}, "course_ids is empty"),
        ({"course_ids": ""}, "course_ids is empty"),
        ({"course_ids": "[2001"}, r"course_ids is the text .*such as \[101, 'sis_course_id:BIO-1'\]"),
        ({"course_ids": {"pages": [12]}}, r"course_ids is \{'pages': \[12\]\}: write a list, such as \[101"),
        ({"fail_on_errors": "perhaps"}, "fail_on_errors is 'perhaps'"),
        ({"course_ids": ["BIO-1"]}, "sis_course_id:"),
        ({"event": "publish"}, "event 'publish' is not one of"),
        ({"account_id": "Biology"}, "account_id"),
    ],
)
def test_invalid_parameters(connection: str, world: World, arguments: dict[str, Any], message: str) -> None:
    """An invalid parameter fails the task before any request, and the error says what to write instead."""
    task = rendered(batch, deferrable=False, **arguments)
    with pytest.raises(AirflowFailException, match=message):
        task.execute(Attempt().context(task))
    assert not world.requests
