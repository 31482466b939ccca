"""Many courses at once: submitted in chunks, waited for together, and each one looked at afterwards."""

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

from airflow_provider_canvas.client.errors import CanvasJobError, CanvasServerError
from airflow_provider_canvas.operators.batch_update_courses import CanvasBatchUpdateCoursesOperator
from tests.support.task_attempt import HAS_STORE, Attempt, deferred, fired, rendered, resumed

SECTIONS = list(range(2001, 2007))
BATCH = "/api/v1/accounts/1/courses"

needs_store = pytest.mark.skipif(not HAS_STORE, reason="this Airflow has no task state store")


@pytest.fixture(autouse=True)
def _quick(world: World) -> None:
    world.settings.change({"batch_seconds": 0.6})


@pytest.fixture
def many(world: World) -> list[int]:
    """1,200 courses: three chunks."""
    with world.lock:
        pattern = world.tables.courses[2001]
        for number in range(10_001, 11_201):
            world.tables.courses[number] = replace(pattern, id=number, sis_course_id=None, uuid=str(number))
    return list(range(10_001, 11_201))


def batch(**said: Any) -> CanvasBatchUpdateCoursesOperator:
    return CanvasBatchUpdateCoursesOperator(
        **{
            "task_id": "publish",
            "account_id": 1,
            "course_ids": SECTIONS,
            "event": "offer",
            "deferrable": True,
            "poll_interval": 0.2,
            **said,
        }
    )


def to_the_end(attempt: Attempt | None = None, **said: Any) -> Any:
    attempt = attempt or Attempt()
    deferral = deferred(batch(**said), attempt)
    return resumed(batch(**said), deferral, asyncio.run(fired(deferral)), attempt)


def in_the_worker(attempt: Attempt | None = None, **said: Any) -> Any:
    task = batch(deferrable=False, **said)
    return task.execute((attempt or Attempt()).context(task))


def sent(world: World) -> list[str]:
    return [request.path for request in world.requests if request.method == "PUT"]


def states(world: World, course_ids: list[int]) -> set[str]:
    with world.lock:
        return {str(world.tables.courses[course_id].workflow_state) for course_id in course_ids}


def test_from_beginning_to_end(connection: str, emulator: EmulatorServer, world: World) -> None:
    """Deferred, and the result is small and says what became of the courses."""
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
    """Without deferral; ids may be SIS ids, and text of a list, and come twice."""
    result = in_the_worker(course_ids="['sis_course_id:BIOL-1010-001', 2002, '2002']")
    assert (result["courses"], result["counts"]) == (2, {"available": 2})


@pytest.mark.parametrize("course_ids", ["2001", 2001, " sis_course_id:BIOL-1010-001"])
def test_one_course(connection: str, world: World, course_ids: Any) -> None:
    """One that is not in a list is one all the same."""
    assert in_the_worker(course_ids=course_ids)["counts"] == {"available": 1}


@pytest.mark.parametrize(
    ("event", "counts"),
    [("conclude", {"completed": 6}), ("delete", {"deleted": 6}), ("undelete", {"unpublished": 6})],
)
def test_each_event(connection: str, world: World, event: str, counts: dict[str, int]) -> None:
    """Each has its good end."""
    assert in_the_worker(event=event)["counts"] == counts


def test_deleting_again_is_no_failure(connection: str, world: World) -> None:
    """Though the Progress fails then, since there was nothing to do."""
    in_the_worker(event="delete")
    with world.lock:
        before = len(world.tables.progress)
    assert in_the_worker(event="delete")["counts"] == {"deleted": 6}
    with world.lock:
        assert len(world.tables.progress) == before + 1


def test_chunks(connection: str, world: World, many: list[int], tmp_path: Path) -> None:
    """1,200 courses are three requests and one trigger, and each of them is looked at."""
    path = tmp_path / "states.jsonl"
    result = to_the_end(course_ids=many, output_path=str(path))
    assert sent(world) == [BATCH] * 3
    assert (len(result["progress_ids"]), result["counts"]) == (3, {"available": 1200})
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert [row["course_id"] for row in rows] == [str(course_id) for course_id in many]
    assert len(json.dumps(result)) < 4096


def test_some_fail(connection: str, world: World, tmp_path: Path) -> None:
    """The Progress is completed all the same; the task fails with which and why, and the file has them all."""
    world.tables.courses[2002].workflow_state = "deleted"
    path, said = tmp_path / "states.jsonl", {"course_ids": [2001, 2002, 999]}
    with pytest.raises(CanvasJobError, match=r"1 of 3 courses .*course 2002: The course was not found; course 999"):
        to_the_end(output_path=str(path), **said)
    rows = {row["course_id"]: row for row in map(json.loads, path.read_text().splitlines())}
    assert rows["2001"] == {"course_id": "2001", "workflow_state": "available", "why": None}
    assert rows["2002"]["workflow_state"] == "deleted"
    result = in_the_worker(fail_on_errors="False", **said)
    assert (result["failed_count"], result["counts"]) == (2, {"available": 1, "deleted": 1, "unknown": 1})
    assert [row["course_id"] for row in result["failed"]] == ["2002", "999"]


def test_a_completed_progress_that_lies(connection: str, world: World) -> None:
    """A course that somebody unpublished again in the meantime is noticed, though no message names it."""
    deferral = deferred(batch(), Attempt())
    event = asyncio.run(fired(deferral))
    assert event["status"] == "succeeded"
    world.tables.courses[2003].workflow_state = "unpublished"
    with pytest.raises(CanvasJobError, match="course 2003: it is unpublished all the same"):
        resumed(batch(), deferral, event, Attempt())


@needs_store
def test_a_retry_sends_what_was_not_sent(connection: str, world: World, many: list[int]) -> None:
    """The first attempt broke off after one chunk of three."""
    world.faults.rules.append(Rule("/accounts/1/courses", method="PUT", skip=1, status=502))
    attempt = Attempt()
    with pytest.raises(CanvasServerError):
        in_the_worker(attempt, course_ids=many)
    assert len(sent(world)) == 2
    result = in_the_worker(Attempt(store=attempt.store, try_number=2), course_ids=many)
    assert len(sent(world)) == 4
    assert result["counts"] == {"available": 1200}


def test_a_chunk_that_is_refused(connection: str, world: World, many: list[int]) -> None:
    """The failure names what is under way all the same."""
    world.faults.rules.append(Rule("/accounts/1/courses", method="PUT", skip=2, status=404))
    with pytest.raises(
        AirflowFailException, match=r"2 of 3 chunks \(1000 courses\) are under way: Progress \d+, \d+\."
    ):
        in_the_worker(course_ids=many)
    assert len(sent(world)) == 3


def test_a_first_chunk_that_is_refused(connection: str, world: World) -> None:
    """Nothing is under way, and nothing is said of it."""
    world.faults.rules.append(Rule("/accounts/1/courses", method="PUT", status=404))
    with pytest.raises(AirflowFailException) as failure:
        in_the_worker()
    assert "under way" not in str(failure.value)


@needs_store
def test_a_retry_waits_for_what_was_sent(connection: str, world: World) -> None:
    """A worker that died while it waited is followed by one that waits on."""
    attempt = Attempt()
    deferred(batch(), attempt)
    assert to_the_end(Attempt(store=attempt.store, try_number=2))["counts"] == {"available": 6}
    assert len(sent(world)) == 1


@needs_store
def test_a_retry_after_failures_sends_again(connection: str, world: World) -> None:
    """What stood in the way may be gone by then."""
    world.tables.courses[2002].workflow_state = "deleted"
    attempt = Attempt()
    with pytest.raises(CanvasJobError):
        in_the_worker(attempt)
    world.tables.courses[2002].workflow_state = "unpublished"
    assert in_the_worker(Attempt(store=attempt.store, try_number=2))["counts"] == {"available": 6}
    assert len(sent(world)) == 2


@needs_store
def test_a_retry_after_a_cancellation_sends_again(connection: str, world: World) -> None:
    """A Progress that somebody cancelled is not waited for."""
    attempt, task = Attempt(), batch()
    deferred(task, attempt)
    task.on_kill()
    assert in_the_worker(Attempt(store=attempt.store, try_number=2))["counts"] == {"available": 6}
    assert len(sent(world)) == 2


def test_without_a_store_everything_is_sent_again(connection: str, world: World) -> None:
    """Which changes nothing for courses that are done."""
    in_the_worker(Attempt(store=None))
    assert in_the_worker(Attempt(store=None, try_number=2))["counts"] == {"available": 6}


def test_being_killed(connection: str, world: World, many: list[int]) -> None:
    """In the worker, in the triggerer, and between two chunks, what was begun is cancelled."""
    world.settings.change({"batch_seconds": 30})
    task = batch()
    deferral = deferred(task, Attempt())
    task.on_kill()
    asyncio.run(deferral.trigger.on_kill())
    world.faults.rules.append(Rule("/accounts/1/courses", method="PUT", skip=1, status=502))
    between = batch(course_ids=many)
    with pytest.raises(CanvasServerError):
        between.execute(Attempt(run_id="manual__2").context(between))
    between.on_kill()
    posted = [request.path for request in world.requests if request.method == "POST"]
    assert [path.endswith("/cancel") for path in posted] == [True, True, True]


def test_one_that_never_ends(connection: str, world: World) -> None:
    """It is cancelled at the deadline."""
    world.settings.change({"batch_seconds": 60})
    with pytest.raises(AirflowFailException, match=r"did not end within 1 s"):
        to_the_end(timeout=1)


def test_ids_that_changed_meanwhile(connection: str, world: World) -> None:
    """The courses that would be looked at are not those that were updated."""
    deferral = deferred(batch(), Attempt())
    event = asyncio.run(fired(deferral))
    with pytest.raises(AirflowFailException, match="course_ids or event changed while the task waited"):
        resumed(batch(course_ids=[2001]), deferral, event, Attempt())


def test_a_lost_answer(connection: str, world: World) -> None:
    """A retry sends the chunk again; both batches end with the courses published."""
    world.faults.rules.append(Rule("/accounts/1/courses", Action.DROP_AFTER, method="PUT"))
    attempt = Attempt()
    with pytest.raises(Exception, match="check Canvas before you send it again"):
        in_the_worker(attempt)
    assert in_the_worker(Attempt(store=attempt.store, try_number=2))["counts"] == {"available": 6}


@pytest.mark.parametrize(
    ("said", "words"),
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
def test_nonsense_is_refused_before_anything_is_sent(
    connection: str, world: World, said: dict[str, Any], words: str
) -> None:
    """With what to write instead."""
    task = rendered(batch, deferrable=False, **said)
    with pytest.raises(AirflowFailException, match=words):
        task.execute(Attempt().context(task))
    assert not world.requests
