"""The course copy as a task: checked input, one submission, a deferral, issues, events, a small result."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import json
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from airflow.exceptions import TaskDeferred
from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException, Asset, AssetAlias
from canvas_emulator.machines.content_migration import Fault
from canvas_emulator.model.content import Assignment, Page
from canvas_emulator.model.faults import Action, MigrationFault, Rule
from canvas_emulator.model.world import World
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.client.errors import (
    CanvasJobError,
    CanvasServerError,
    CanvasTransportError,
)
from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.requests_client import CanvasClient
from airflow_provider_canvas.operators.course_copy import CanvasCourseCopyOperator
from airflow_provider_canvas.utils import waiting
from tests.support.eventually import eventually
from tests.support.task_attempt import Attempt, deferred, fired, rendered, resumed

SOURCE = "sis_course_id:TMPL-BIOL1010"
FRESH = "sis_course_id:BIOL-1010-001"
USED = "sis_course_id:BIOL-1010-002"


def copy(**said: Any) -> CanvasCourseCopyOperator:
    return CanvasCourseCopyOperator(
        **{
            "task_id": "copy_course",
            "source_course_id": SOURCE,
            "destination_course_id": USED,
            "deferrable": True,
            "poll_interval": 0.2,
            **said,
        }
    )


def posted(world: World) -> list[str]:
    return [request.path for request in world.requests if request.method == "POST"]


def deferred_to_the_end(task: CanvasCourseCopyOperator, attempt: Attempt) -> Any:
    deferral = deferred(task, attempt)
    return resumed(copy(**_said(task)), deferral, asyncio.run(fired(deferral)), attempt)


def _said(task: CanvasCourseCopyOperator) -> dict[str, Any]:
    return {"fail_on_issues": task.fail_on_issues, "outlets": task.outlets}


def test_from_beginning_to_end(connection: str, emulator: EmulatorServer, world: World) -> None:
    """The copy is deferred, arrives, and its result is small, plain and without an address that is signed."""
    attempt = Attempt()
    result = deferred_to_the_end(copy(), attempt)
    assert result["workflow_state"] == "completed"
    assert (result["source_course_id"], result["destination_course_id"]) == (1010, 2002)
    assert result["issue_counts"] == {"warning": 3, "todo": 1}
    assert [issue["issue_type"] for issue in result["issues"]] == ["warning", "warning", "warning", "todo"]
    assert len(json.dumps(result)) < 4096
    assert attempt.xcom == {
        "canvas_course_imports_url": f"{emulator.url}/courses/2002/content_migrations",
        "content_migration": {"course_id": 2002, "content_migration_id": result["content_migration_id"]},
    }
    if attempt.store is not None:
        assert attempt.store["canvas_submission"]["ids"] == [result["content_migration_id"]]
    assert posted(world) == ["/api/v1/courses/2002/content_migrations"]


def test_in_the_worker(connection: str, world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Without deferral the task waits itself, and logs a line when something changes, not one a look."""
    task = copy(deferrable=False, destination_course_id=FRESH)
    attempt = Attempt()
    result = task.execute(attempt.context(task))
    assert result["workflow_state"] == "completed"
    migration = f"content_migration {result['content_migration_id']}: "
    lines = [line.partition(migration)[2] for line in capsys.readouterr().out.splitlines() if migration in line]
    said = [line.partition(" (after ")[0] for line in lines]
    assert said[-1] == "completed, 100 %"
    assert all(line != following for line, following in pairwise(said))


def test_a_short_copy_is_not_deferred(connection: str, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What ends within the first seconds ends in the worker."""
    monkeypatch.setattr("airflow_provider_canvas.operators.base_job.SAFE_DELAY", 10.0)
    world.settings.change({"copy_seconds": 0.5})
    task = copy()
    assert task.execute(Attempt().context(task))["workflow_state"] == "completed"


def test_by_default_as_airflow_says(connection: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """``[operators] default_deferrable`` decides, when the task runs."""
    monkeypatch.setenv("AIRFLOW__OPERATORS__DEFAULT_DEFERRABLE", "True")
    assert deferred(copy(deferrable=None), Attempt())


def test_the_deferral_itself(connection: str) -> None:
    """Its arguments are JSON, its deadline absolute, its first look late enough, its timeout beyond the deadline."""
    before = time.time()
    deferral = deferred(copy(timeout=600, execution_timeout=datetime.timedelta(seconds=300)), Attempt())
    path, arguments = deferral.trigger.serialize()
    assert path == "airflow_provider_canvas.triggers.job.CanvasJobTrigger"
    assert json.loads(json.dumps(arguments)) == arguments
    assert before + 300 <= arguments["deadline"] <= time.time() + 300
    assert arguments["first_poll_at"] >= before + 0.2
    assert deferral.timeout is not None
    assert deferral.timeout.total_seconds() > 300
    assert "token" not in json.dumps(arguments)


def test_what_an_earlier_version_deferred(connection: str) -> None:
    """Its trigger does not bring the job back: Airflow does."""
    attempt = Attempt()
    deferral = deferred(copy(), attempt)
    event = asyncio.run(fired(deferral))
    job = event.pop("job")
    result = copy().execute_complete(attempt.context(copy()), event=event, job=job)
    assert result["workflow_state"] == "completed"


def test_events_of_outlets(connection: str, emulator: EmulatorServer) -> None:
    """An alias gets the course's asset, the course's own asset its ids, anything else nothing."""
    uri = f"canvas://{emulator.url.removeprefix('http://')}/courses/2002"
    outlets = [AssetAlias("copies"), Asset(uri), Asset("canvas://elsewhere.example/courses/1")]
    attempt = Attempt()
    result = deferred_to_the_end(copy(outlets=outlets), attempt)
    names = ("canvas_instance", "content_migration_id", "source_course_id", "destination_course_id")
    ids = {name: result[name] for name in names}
    assert attempt.outlet_events.events == [(uri, ids), (uri, ids)]


def test_a_retry_adopts(connection: str, world: World, release_jobs: Callable[[], None]) -> None:
    """An attempt that died while it waited is followed by one that waits on."""
    attempt = Attempt()
    deferred(copy(), attempt)
    again = Attempt(try_number=2, store=attempt.store)
    deferral = deferred(copy(), again)
    release_jobs()
    result = resumed(copy(), deferral, asyncio.run(fired(deferral)), again)
    assert len(posted(world)) == 1
    assert result["workflow_state"] == "completed"
    assert again.xcom  # XCom is emptied before each attempt: the link must be there again


def test_a_retry_adopts_without_a_store(connection: str, world: World, release_jobs: Callable[[], None]) -> None:
    """Also where Airflow has no task state store."""
    deferred(copy(), Attempt(store=None))
    again = Attempt(store=None, try_number=2)
    deferral = deferred(copy(), again)
    release_jobs()
    resumed(copy(), deferral, asyncio.run(fired(deferral)), again)
    assert len(posted(world)) == 1


def test_a_clear_copies_again(connection: str, world: World, release_jobs: Callable[[], None]) -> None:
    """Clearing a task raises its ``max_tries``: that is another submission."""
    attempt = Attempt()
    deferred(copy(), attempt)
    deferred(copy(), Attempt(store=attempt.store, try_number=2, max_tries=3))
    assert len(posted(world)) == 2


@pytest.mark.parametrize(("fail_on_issues", "fails"), [("error", False), ("warning", True), (None, False)])
def test_failing_on_issues(connection: str, fail_on_issues: Any, fails: bool) -> None:
    """The copy has three warnings and no error."""
    task = copy(fail_on_issues=fail_on_issues)
    if fails:
        with pytest.raises(AirflowFailException, match=r"is complete, but Canvas raised 3 warnings"):
            deferred_to_the_end(task, Attempt())
    else:
        assert deferred_to_the_end(task, Attempt())


@pytest.mark.parametrize("fault", [Fault.FAILS, Fault.HUNG_PROGRESS])
def test_a_copy_that_fails(connection: str, world: World, fault: Fault) -> None:
    """With Canvas's words and the page to look at, also if its Progress runs on for ever."""
    world.faults.migrations.append(MigrationFault(fault, stage=4))
    said = r"into course 2002 failed: .*unexpected error.*[^.]\. What .*/2002/content_mig"
    with pytest.raises(CanvasJobError, match=said):
        deferred_to_the_end(copy(), Attempt())


def test_a_copy_that_never_ends(connection: str, world: World) -> None:
    """At the deadline its Progress is cancelled; no retry adds a second copy, and the message says what to change."""
    world.faults.migrations.append(MigrationFault(Fault.STUCK, stage=4))
    with pytest.raises(AirflowFailException, match=r"did not end within 2 s .*longer timeout"):
        deferred_to_the_end(copy(timeout=2), Attempt())
    assert posted(world)[-1].endswith("/cancel")


def test_being_killed_in_the_worker(connection: str, world: World, release_jobs: Callable[[], None]) -> None:
    """``on_kill`` cancels the Progress of what was submitted; before that there is nothing to cancel."""
    task = copy()
    task.on_kill()
    deferral = deferred(task, Attempt())
    task.on_kill()
    assert posted(world)[-1].endswith("/cancel")
    assert asyncio.run(fired(deferral))["status"] == "failed"


@pytest.mark.parametrize("state", ["running", "queued", "up_for_retry"])
def test_a_worker_that_stops(connection: str, world: World, state: str, release_jobs: Callable[[], None]) -> None:
    """No user ended the task: the copy goes on, and the next attempt has it."""
    task, attempt = copy(), Attempt(state=state)
    first = deferred(task, attempt)
    task.on_kill()
    assert len(posted(world)) == 1
    second = deferred(copy(), replace(attempt, try_number=2))
    assert second.trigger.ids == first.trigger.ids


@pytest.mark.parametrize("state", ["failed", "success", "skipped", "restarting", None])
def test_a_user_who_ends_it_in_the_worker(
    connection: str, world: World, state: Any, release_jobs: Callable[[], None]
) -> None:
    """Marked, cleared, or its run deleted: the Progress is cancelled."""
    task = copy()
    deferred(task, Attempt(state=state))
    task.on_kill()
    assert posted(world)[-1].endswith("/cancel")


def test_an_airflow_that_does_not_answer(connection: str, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody can say why the task is to end, and there are seconds left: the Progress is cancelled."""
    monkeypatch.setattr("airflow_provider_canvas.utils.task_instance.STATE_TIMEOUT", 0.1)
    for says in (time.sleep, ValueError):
        task, attempt = copy(destination_course_id=FRESH), Attempt()
        context = attempt.context(task)
        context["ti"].get_task_states.side_effect = lambda says=says, **_: _raised(says(3))
        with pytest.raises(TaskDeferred):
            task.execute(context)
        task.on_kill()
        assert posted(world)[-1].endswith("/cancel")


def _raised(error: Exception | None) -> Any:
    if error is not None:
        raise error


def test_being_killed_while_deferred(connection: str, world: World) -> None:
    """So does the trigger's; unless the user said otherwise."""
    kept = deferred(copy(cancel_on_kill=False), Attempt())
    asyncio.run(kept.trigger.on_kill())
    assert len(posted(world)) == 1
    deferral = deferred(copy(destination_course_id=FRESH), Attempt())
    asyncio.run(deferral.trigger.on_kill())
    assert posted(world)[-1].endswith("/cancel")


def test_a_refused_token(connection: str, monkeypatch: pytest.MonkeyPatch, emulator: EmulatorServer) -> None:
    """No retry helps: the task fails at once, and the message says what to do, without the token."""
    said = {"conn_type": "canvas", "host": emulator.url, "password": "7~refused"}
    monkeypatch.setenv("AIRFLOW_CONN_CANVAS_DEFAULT", json.dumps(said))
    task = copy()
    with pytest.raises(AirflowFailException, match=r"create a new one.*connection's password") as failure:
        task.execute(Attempt().context(task))
    assert "7~refused" not in str(failure.value)


@pytest.mark.parametrize("name", ["source_course_id", "destination_course_id"])
def test_an_unknown_course(connection: str, name: str) -> None:
    """It is said which of the two is unknown."""
    task = copy(**{name: "sis_course_id:NOPE"})
    with pytest.raises(AirflowFailException, match=f"{name} 'sis_course_id:NOPE': .*does not exist"):
        task.execute(Attempt().context(task))


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"source_course_id": "BIO-1"}, "sis_course_id:"),
        ({"destination_course_id": ""}, "destination_course_id"),
        ({"old_start_date": "yesterday"}, "old_start_date 'yesterday' is not a date"),
        ({"old_start_date": "2026-01-12", "remove_dates": True}, "exclude each other"),
        ({"select": {"page": [1]}}, "Did you mean 'pages'"),
        ({"importer_skips": ["visibility"]}, "visibility_settings"),
        ({"fail_on_issues": "warnings"}, "Did you mean 'warning'"),
        ({"day_substitutions": {"1": "9"}}, "0 .Sunday."),
    ],
)
def test_nonsense_is_refused_before_anything_is_sent(
    connection: str, world: World, said: dict[str, Any], words: str
) -> None:
    """With what to write instead."""
    task = rendered(copy, **said)
    with pytest.raises(AirflowFailException, match=words):
        task.execute(Attempt().context(task))
    assert not world.requests


def test_source_and_destination_are_the_same(connection: str, world: World) -> None:
    """However they are named."""
    task = copy(destination_course_id=1010)
    with pytest.raises(AirflowFailException, match="same course, 1010"):
        task.execute(Attempt().context(task))
    assert posted(world) == []


def test_what_is_sent(connection: str, world: World) -> None:
    """Dates shift by half a year, and nothing but the selected pages arrives."""
    task = copy(
        destination_course_id=FRESH,
        old_start_date="2026-01-12",
        new_start_date=datetime.date(2026, 7, 13),
        day_substitutions={"1": "2"},
        select={"assignments": ["5001"]},
        deferrable=False,
    )
    task.execute(Attempt().context(task))
    with world.lock:
        assert len(world.live(Assignment, 2001)) == 1
        assert world.live(Page, 2001) == []


def test_what_a_template_left_empty_was_not_given(connection: str, world: World) -> None:
    """A form's empty fields arrive as null, as empty text, or, from a plain template, as the word None."""
    task = copy(old_start_date="None", new_start_date="", select=None, settings="None", importer_skips="")
    deferred(task, Attempt())
    assert len(posted(world)) == 1


def test_canvas_goes_down_while_it_waits(connection: str, world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Errors that pass are logged, and the wait goes on."""
    deferral = deferred(copy(), Attempt())
    world.faults.rules.append(Rule("/api/v1/", Action.DROP, times=4))
    assert asyncio.run(fired(deferral))["status"] == "succeeded"


def test_canvas_is_down(connection: str, emulator: EmulatorServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The task fails with what to look at, and may be retried."""
    said = {"conn_type": "canvas", "host": "http://127.0.0.1:9", "password": "7~x", "extra": {"retry_for": 1}}
    monkeypatch.setenv("AIRFLOW_CONN_CANVAS_DEFAULT", json.dumps(said))
    task = copy()
    with pytest.raises(CanvasTransportError, match=r"could not be reached .connection refused.*host is right"):
        task.execute(Attempt().context(task))


def test_a_trigger_that_cannot_read_the_connection(connection: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its event says why, and the second half fails with that."""
    attempt = Attempt()
    deferral = deferred(copy(), attempt)
    said = {"conn_type": "canvas", "host": "nowhere/at/all", "password": "7~x"}
    monkeypatch.setenv("AIRFLOW_CONN_CANVAS_DEFAULT", json.dumps(said))
    event = asyncio.run(fired(deferral))
    assert (event["status"], event["permanent"]) == ("error", True)
    with pytest.raises(AirflowFailException, match="is the URL of a page: write https://nowhere"):
        resumed(copy(), deferral, event, attempt)


def test_half_of_everything_fails(connection: str, world: World) -> None:
    """429, 503 and dropped connections for half of the requests: the copy arrives, once."""
    for fault in ({"action": Action.DROP}, {"action": Action.DROP_AFTER}, {"status": 429}, {"status": 503}):
        world.faults.rules.append(Rule("/api/v1/", times=None, probability=0.15, **fault))
    store = Attempt().store
    for try_number in (1, 2, 3):
        task, attempt = copy(destination_course_id=FRESH), Attempt(store=store, try_number=try_number)
        try:
            try:
                result = task.execute(attempt.context(task))
            except TaskDeferred as deferral:  # unless all the errors took longer than the copy
                result = resumed(task, deferral, asyncio.run(fired(deferral)), attempt)
        except (CanvasServerError, CanvasTransportError):
            continue
        break
    assert result["workflow_state"] == "completed"
    with world.lock:
        assert len(world.migrations_of(2001)) == 1


def test_the_deferral_is_safe_from_airflows_race() -> None:
    """A trigger must not fire in the seconds in which the executor has not yet reported the first half's end."""
    assert waiting.SAFE_DELAY >= 10


@pytest.mark.parametrize(
    "said",
    [
        {"select": '{"assignments": ["5001"]}'},
        {"select": "{'assignments': [5001]}"},
        {"select": {"assignments": [5001]}, "settings": '{"overwrite_quizzes": true}', "overwrite_quizzes": False},
        {"select": {"assignments": [5001]}, "importer_skips": "visibility_settings"},
        {"select": {"assignments": [5001]}, "importer_skips": "['visibility_settings']"},
        {"select": {"assignments": [5001]}, "remove_dates": "False", "new_start_date": "2026-08-24"},
        {"select": {"assignments": [5001]}, "day_substitutions": "{1: 2}", "shift_dates": "true"},
    ],
)
def test_text_that_a_template_made(connection: str, world: World, said: dict[str, Any]) -> None:
    """Without native rendering, dicts, lists and booleans arrive as text."""
    deferred(copy(destination_course_id=FRESH, **said), Attempt())
    with world.lock:
        (migration,) = world.migrations_of(2001)
    assert "assignments" in str(migration.migration_settings)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"select": "pages"}, "select is the text 'pages': write a dict or a list"),
        ({"select": "None"}, "select is 'None', which names nothing: .*render_template_as_native_obj=True"),
        ({"select": ""}, "select is '', which names nothing"),
        ({"select": "{}"}, "select names no asset"),
        ({"remove_dates": "perhaps"}, "remove_dates is 'perhaps': write True or False"),
        ({"select": {"pages": 12}}, "must be a list of ids"),
        ({"new_start_date": "2026-08-24", "new_end_date": "2026-08-01"}, "new_end_date 2026-08-01 is before"),
    ],
)
def test_text_that_makes_no_sense(connection: str, world: World, said: dict[str, Any], words: str) -> None:
    """The field is named, and nothing is sent."""
    task = rendered(copy, **said)
    with pytest.raises(AirflowFailException, match=words):
        task.execute(Attempt().context(task))
    assert not world.requests


def test_a_replica_that_lags(connection: str, world: World) -> None:
    """Canvas may not know for a moment what it just made."""
    world.faults.rules.append(Rule(r"/progress/|/content_migrations/\d+$", status=404, times=4))
    assert deferred_to_the_end(copy(), Attempt())["workflow_state"] == "completed"


def test_being_killed_in_the_middle_of_the_post(connection: str, world: World) -> None:
    """Canvas has the copy, and the answer is on its way: it is looked for, and its Progress cancelled."""
    world.faults.rules.append(Rule("/content_migrations$", Action.DELAY_AFTER, method="POST", seconds=3))
    task = copy(destination_course_id=FRESH)
    sent: list[str] = []

    def kill() -> None:
        assert eventually(lambda: world.migrations_of(2001))
        task.on_kill()
        sent.extend(posted(world))

    killing = threading.Thread(target=kill)
    killing.start()
    with contextlib.suppress(TaskDeferred, CanvasJobError):  # in a worker it would be ended here
        task.execute(Attempt().context(task))
    killing.join()
    assert sent[-1].endswith("/cancel")


def test_a_triggerer_that_never_reports(connection: str) -> None:
    """Airflow ends the deferral; the message says where to look, and a retry waits for the same copy."""
    task = copy()
    with pytest.raises(CanvasJobError, match="check that one is running"):
        task.resume_execution("__fail__", {"error": "Trigger timeout"}, Attempt().context(task))
    with pytest.raises(AirflowException, match="something else"):
        task.resume_execution("__fail__", {"error": "something else"}, Attempt().context(task))


def test_canvas_words_are_redacted(
    connection: str, world: World, emulator: EmulatorServer, release_jobs: Callable[[], None]
) -> None:
    """A message of Canvas's that holds a signed address loses its signature."""
    deferral = deferred(copy(), Attempt())
    with CanvasClient(Settings(emulator.url, emulator.token)) as client:
        client.progress.cancel(
            progress_id=deferral.trigger.ids["progress_id"], message="see https://x/files/1?verifier=S3CRET&a=1"
        )
    event = asyncio.run(fired(deferral))
    assert "S3CRET" not in str(event)
    with pytest.raises(CanvasJobError, match="a=1") as failure:
        resumed(copy(), deferral, event, Attempt())
    assert "S3CRET" not in str(failure.value)
