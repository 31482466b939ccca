"""``CanvasCourseCopyOperator`` submits one copy, waits for it, and returns a small result with its issues."""

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
    CanvasError,
    CanvasJobError,
    CanvasServerError,
    CanvasTransportError,
)
from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.requests_client import CanvasClient
from airflow_provider_canvas.operators.course_copy import CanvasCourseCopyOperator
from airflow_provider_canvas.utils import waiting
from tests.support.eventually import eventually
from tests.support.task_attempt import HAS_STORE, Attempt, deferred, fired, rendered, resumed

SOURCE = "sis_course_id:TMPL-BIOL1010"
FRESH = "sis_course_id:BIOL-1010-001"
USED = "sis_course_id:BIOL-1010-002"


def copy(**arguments: Any) -> CanvasCourseCopyOperator:
    """Return an operator that copies the template; keyword arguments replace its own."""
    return CanvasCourseCopyOperator(
        **{
            "task_id": "copy_course",
            "source_course_id": SOURCE,
            "destination_course_id": USED,
            "deferrable": True,
            "poll_interval": 0.2,
            **arguments,
        }
    )


def posted(world: World) -> list[str]:
    """Return the paths of all POST requests."""
    return [request.path for request in world.requests if request.method == "POST"]


def deferred_to_the_end(task: CanvasCourseCopyOperator, attempt: Attempt) -> Any:
    """Run a task through its deferral, and return its result."""
    deferral = deferred(task, attempt)
    return resumed(copy(**options_of(task)), deferral, asyncio.run(fired(deferral)), attempt)


def options_of(task: CanvasCourseCopyOperator) -> dict[str, Any]:
    """Return the options that the resumed task needs."""
    return {"fail_on_issues": task.fail_on_issues, "outlets": task.outlets}


def test_from_beginning_to_end(connection: str, emulator: EmulatorServer, world: World) -> None:
    """The deferred copy completes, and its result is small and contains no signed URL."""
    attempt = Attempt()
    result = deferred_to_the_end(copy(), attempt)
    assert result["workflow_state"] == "completed"
    assert (result["source_course_id"], result["destination_course_id"]) == (1010, 2002)
    assert result["issue_counts"] == {"warning": 5}
    assert [issue["issue_type"] for issue in result["issues"]] == ["warning"] * 5
    assert len(json.dumps(result)) < 4096
    assert attempt.xcom == {
        "canvas_course_imports_url": f"{emulator.url}/courses/2002/content_migrations",
        "content_migration": {"course_id": 2002, "content_migration_id": result["content_migration_id"]},
    }
    if attempt.store is not None:
        assert attempt.store["canvas_submission"]["ids"] == [result["content_migration_id"]]
    assert posted(world) == ["/api/v1/courses/2002/content_migrations"]


def test_in_the_worker(connection: str, world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Without deferral the task waits in the worker, and logs a line per change instead of a line per poll."""
    task = copy(deferrable=False, destination_course_id=FRESH)
    attempt = Attempt()
    result = task.execute(attempt.context(task))
    assert result["workflow_state"] == "completed"
    migration = f"content_migration {result['content_migration_id']}: "
    lines = [line.partition(migration)[2] for line in capsys.readouterr().out.splitlines() if migration in line]
    changes = [line.partition(" (after ")[0] for line in lines]
    assert changes[-1] == "completed, 100 %"
    assert all(line != following for line, following in pairwise(changes))


@pytest.mark.parametrize("wait_in_worker", [10, 10.0, datetime.timedelta(seconds=10)])
def test_short_copy_is_not_deferred(connection: str, world: World, wait_in_worker: Any) -> None:
    """A copy that ends while the task waits in the worker, as ``wait_in_worker`` says, is not deferred."""
    world.settings.change({"copy_seconds": 0.5})
    task = copy(wait_in_worker=wait_in_worker)
    assert task.execute(Attempt().context(task))["workflow_state"] == "completed"


def test_default_deferrable(connection: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without ``deferrable``, ``[operators] default_deferrable`` decides when the task runs."""
    monkeypatch.setenv("AIRFLOW__OPERATORS__DEFAULT_DEFERRABLE", "True")
    assert deferred(copy(deferrable=None), Attempt())


def test_arguments_of_the_deferral(connection: str) -> None:
    """The trigger gets JSON, an absolute deadline and a late first poll; Airflow's timeout is after the deadline."""
    before = time.time()
    deferral = deferred(copy(timeout=600, execution_timeout=datetime.timedelta(seconds=300)), Attempt(), safe_delay=0.2)
    path, arguments = deferral.trigger.serialize()
    assert path == "airflow_provider_canvas.triggers.job.CanvasJobTrigger"
    assert json.loads(json.dumps(arguments)) == arguments
    assert before + 300 <= arguments["deadline"] <= time.time() + 300
    assert arguments["first_poll_at"] >= before + 0.2
    assert deferral.timeout is not None
    assert deferral.timeout.total_seconds() > 300
    assert "token" not in json.dumps(arguments)


def test_deferral_of_an_earlier_version(connection: str) -> None:
    """A task that an earlier version deferred gets its job from Airflow instead of the event."""
    attempt = Attempt()
    deferral = deferred(copy(), attempt)
    event = asyncio.run(fired(deferral))
    job = event.pop("job")
    result = copy().execute_complete(attempt.context(copy()), event=event, job=job)
    assert result["workflow_state"] == "completed"


def test_outlet_events(connection: str, emulator: EmulatorServer) -> None:
    """An alias and the course's own asset get an event with the ids; another course's asset gets none."""
    uri = f"canvas://{emulator.url.removeprefix('http://')}/courses/2002"
    outlets = [AssetAlias("copies"), Asset(uri), Asset("canvas://elsewhere.example/courses/1")]
    attempt = Attempt()
    result = deferred_to_the_end(copy(outlets=outlets), attempt)
    names = ("canvas_instance", "content_migration_id", "source_course_id", "destination_course_id")
    ids = {name: result[name] for name in names}
    assert attempt.outlet_events.events == [(uri, ids), (uri, ids)]


def test_retry_adopts_the_copy(connection: str, world: World, release_jobs: Callable[[], None]) -> None:
    """If an attempt dies while it waits, the retry waits for the same copy."""
    attempt = Attempt()
    deferred(copy(), attempt)
    retry = Attempt(try_number=2, store=attempt.store)
    deferral = deferred(copy(), retry)
    release_jobs()
    result = resumed(copy(), deferral, asyncio.run(fired(deferral)), retry)
    assert len(posted(world)) == 1
    assert result["workflow_state"] == "completed"
    assert retry.xcom  # XCom is emptied before each attempt: the retry must store the link, too


def test_retry_adopts_the_copy_without_a_store(connection: str, world: World, release_jobs: Callable[[], None]) -> None:
    """A retry adopts the running copy, even if Airflow has no task state store."""
    deferred(copy(), Attempt(store=None))
    retry = Attempt(store=None, try_number=2)
    deferral = deferred(copy(), retry)
    release_jobs()
    resumed(copy(), deferral, asyncio.run(fired(deferral)), retry)
    assert len(posted(world)) == 1


def test_cleared_task_copies_again(connection: str, world: World) -> None:
    """A cleared task adopts its copy until it has seen it end, and then copies again.

    Without a task state store, it adopts a copy only while Canvas runs it.
    """
    attempt = Attempt()
    with world.hold():
        deferred(copy(), attempt)
        deferred(copy(), Attempt(store=attempt.store, try_number=2, max_tries=3))
        assert len(posted(world)) == 1
    world.clock.advance(60)
    if HAS_STORE:
        unseen = copy(deferrable=False)
        unseen.execute(Attempt(store=attempt.store, try_number=3, max_tries=4).context(unseen))
        assert len(posted(world)) == 1
    deferred(copy(), Attempt(store=attempt.store, try_number=4, max_tries=5))
    assert len(posted(world)) == 2


FIRST_ISSUES = (
    r"complete, but Canvas raised 5 warnings: Couldn't copy file .*storage \(http://\S+/courses/2002/files\); .*; "
    r"and 2 more\. The task's log lists all of them, as does http://\S+/courses/2002/content_migrations\."
)


@pytest.mark.parametrize(("fail_on_issues", "fails"), [("error", False), ("warning", True), (None, False)])
def test_failing_on_issues(connection: str, fail_on_issues: Any, fails: bool) -> None:
    """A completed copy with five warnings fails only if ``fail_on_issues`` is ``"warning"``."""
    task = copy(fail_on_issues=fail_on_issues)
    if fails:
        with pytest.raises(AirflowFailException, match=FIRST_ISSUES):
            deferred_to_the_end(task, Attempt())
    else:
        assert deferred_to_the_end(task, Attempt())


@pytest.mark.parametrize("fault", [Fault.FAILS, Fault.HUNG_PROGRESS])
def test_failed_copy(connection: str, world: World, fault: Fault) -> None:
    """The error has Canvas's message and the page to check, even if the Progress never ends."""
    world.faults.migrations.append(MigrationFault(fault, stage=4))
    message = r"into course 2002 failed: .*unexpected error.*[^.]\. What .*/2002/content_mig"
    with pytest.raises(CanvasJobError, match=message):
        deferred_to_the_end(copy(), Attempt())


def test_timeout(connection: str, world: World) -> None:
    """At the deadline, the Progress is cancelled; the error is not retried and advises a longer timeout."""
    world.faults.migrations.append(MigrationFault(Fault.STUCK, stage=4))
    with pytest.raises(AirflowFailException, match=r"did not end within 2 s .*longer timeout"):
        deferred_to_the_end(copy(timeout=2), Attempt())
    assert posted(world)[-1].endswith("/cancel")


def test_being_killed_in_the_worker(connection: str, world: World) -> None:
    """``on_kill`` sends nothing before the submission, and cancels the Progress after it; the copy itself completes."""
    task = copy()
    task.on_kill()
    deferral = deferred(task, Attempt())
    task.on_kill()
    assert posted(world)[-1].endswith("/cancel")
    world.clock.advance(60)
    assert asyncio.run(fired(deferral))["status"] == "succeeded"


@pytest.mark.parametrize("state", ["running", "queued", "up_for_retry"])
def test_worker_is_stopped(connection: str, world: World, state: str, release_jobs: Callable[[], None]) -> None:
    """If no user ended the task, the copy is not cancelled, and the next attempt adopts it."""
    task, attempt = copy(), Attempt(state=state)
    first = deferred(task, attempt)
    task.on_kill()
    assert len(posted(world)) == 1
    second = deferred(copy(), replace(attempt, try_number=2))
    assert second.trigger.ids == first.trigger.ids


@pytest.mark.parametrize("state", ["failed", "success", "skipped", "restarting", None])
def test_user_ends_the_task_in_the_worker(
    connection: str, world: World, state: Any, release_jobs: Callable[[], None]
) -> None:
    """If a user marked or cleared the task, or deleted its run, the Progress is cancelled."""
    task = copy()
    deferred(task, Attempt(state=state))
    task.on_kill()
    assert posted(world)[-1].endswith("/cancel")


@pytest.mark.usefixtures("release_jobs")
def test_unknown_task_state(connection: str, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """If Airflow does not say in time why the task ends, the Progress is cancelled."""
    monkeypatch.setattr("airflow_provider_canvas.utils.task_instance.STATE_TIMEOUT", 0.1)
    for respond in (time.sleep, ValueError):
        task, attempt = copy(destination_course_id=FRESH), Attempt()
        context = attempt.context(task)
        context["ti"].get_task_states.side_effect = lambda respond=respond, **_: raise_or_return_none(respond(3))
        with pytest.raises(TaskDeferred):
            task.execute(context)
        task.on_kill()
        assert posted(world)[-1].endswith("/cancel")


def raise_or_return_none(error: Exception | None) -> Any:
    """Raise an error, if there is one."""
    if error is not None:
        raise error


def test_being_killed_while_deferred(connection: str, world: World) -> None:
    """``on_kill`` of a deferred task cancels the Progress unless ``cancel_on_kill`` is ``False``."""
    uncancelled = deferred(copy(cancel_on_kill=False), Attempt())
    asyncio.run(uncancelled.trigger.on_kill())
    assert len(posted(world)) == 1
    deferral = deferred(copy(destination_course_id=FRESH), Attempt())
    asyncio.run(deferral.trigger.on_kill())
    assert posted(world)[-1].endswith("/cancel")


def test_rejected_token(connection: str, monkeypatch: pytest.MonkeyPatch, emulator: EmulatorServer) -> None:
    """A rejected token fails the task without a retry; the error says what to do, and does not contain the token."""
    fields = {"conn_type": "canvas", "host": emulator.url, "password": "7~refused"}
    monkeypatch.setenv("AIRFLOW_CONN_CANVAS_DEFAULT", json.dumps(fields))
    task = copy()
    with pytest.raises(AirflowFailException, match=r"create a new one.*connection's password") as failure:
        task.execute(Attempt().context(task))
    assert "7~refused" not in str(failure.value)


@pytest.mark.parametrize("name", ["source_course_id", "destination_course_id"])
def test_unknown_course(connection: str, name: str) -> None:
    """If a course does not exist, the error names the parameter that contains its id."""
    task = copy(**{name: "sis_course_id:NOPE"})
    with pytest.raises(AirflowFailException, match=f"{name} 'sis_course_id:NOPE': .*does not exist"):
        task.execute(Attempt().context(task))


@pytest.mark.parametrize(
    ("arguments", "message"),
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
def test_invalid_parameters(connection: str, world: World, arguments: dict[str, Any], message: str) -> None:
    """An invalid parameter fails the task before any request, and the error says what to write instead."""
    task = rendered(copy, **arguments)
    with pytest.raises(AirflowFailException, match=message):
        task.execute(Attempt().context(task))
    assert not world.requests


def test_course_into_itself(connection: str, world: World) -> None:
    """Copying a course into itself fails, even if the two ids are written in different forms."""
    task = copy(destination_course_id=1010)
    with pytest.raises(AirflowFailException, match="same course, 1010"):
        task.execute(Attempt().context(task))
    assert posted(world) == []


def test_dates_and_selection(connection: str, world: World) -> None:
    """With a selection of one assignment, the assignment is copied, and no page is."""
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


def test_blank_parameters(connection: str, world: World) -> None:
    """Blank values of a form or a template (null, empty text, "None") count as not given."""
    task = copy(old_start_date="None", new_start_date="", select=None, settings="None", importer_skips="")
    deferred(task, Attempt())
    assert len(posted(world)) == 1


def test_temporary_errors_while_waiting(connection: str, world: World, caplog: pytest.LogCaptureFixture) -> None:
    """The trigger tolerates dropped connections, and the wait continues."""
    deferral = deferred(copy(), Attempt())
    world.faults.rules.append(Rule("/api/v1/", Action.DROP, times=4))
    assert asyncio.run(fired(deferral))["status"] == "succeeded"


def test_canvas_is_down(connection: str, emulator: EmulatorServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """If Canvas cannot be reached, the error says what to check, and the task can be retried."""
    fields = {"conn_type": "canvas", "host": "http://127.0.0.1:9", "password": "7~x", "extra": {"retry_for": 1}}
    monkeypatch.setenv("AIRFLOW_CONN_CANVAS_DEFAULT", json.dumps(fields))
    task = copy()
    with pytest.raises(CanvasTransportError, match=r"could not be reached .connection refused.*host is right"):
        task.execute(Attempt().context(task))


def test_trigger_without_a_valid_connection(connection: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the trigger cannot read the connection, the error has the reason and the job."""
    attempt = Attempt()
    deferral = deferred(copy(), attempt)
    fields = {"conn_type": "canvas", "host": "nowhere/at/all", "password": "7~x"}
    monkeypatch.setenv("AIRFLOW_CONN_CANVAS_DEFAULT", json.dumps(fields))
    event = asyncio.run(fired(deferral))
    assert (event["status"], event["permanent"]) == ("error", True)
    message = r"is the URL of a page.* content_migration \d+ into course 2002 .* continues in Canvas"
    with pytest.raises(CanvasError, match=message):
        resumed(copy(), deferral, event, attempt)


def test_half_of_everything_fails(connection: str, world: World) -> None:
    """If half of all requests fail with 429, 503 or dropped connections, the course is still copied exactly once."""
    for fault in ({"action": Action.DROP}, {"action": Action.DROP_AFTER}, {"status": 429}, {"status": 503}):
        world.faults.rules.append(Rule("/api/v1/", times=None, probability=0.15, **fault))
    store = Attempt().store
    for try_number in (1, 2, 3):
        task, attempt = copy(destination_course_id=FRESH), Attempt(store=store, try_number=try_number)
        try:
            try:
                result = task.execute(attempt.context(task))
            except TaskDeferred as deferral:  # not raised if the errors take longer than the copy
                result = resumed(task, deferral, asyncio.run(fired(deferral)), attempt)
        except (CanvasServerError, CanvasTransportError):
            continue
        break
    assert result["workflow_state"] == "completed"
    with world.lock:
        assert len(world.migrations_of(2001)) == 1


def test_safe_delay() -> None:
    """Triggers fire late enough: the executor has reported the end of the task's first half by then."""
    assert waiting.SAFE_DELAY >= 10


@pytest.mark.parametrize(
    "arguments",
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
def test_text_from_templates(connection: str, world: World, arguments: dict[str, Any]) -> None:
    """Dicts, lists and booleans may be text, as they are without native rendering."""
    deferred(copy(destination_course_id=FRESH, **arguments), Attempt())
    with world.lock:
        (migration,) = world.migrations_of(2001)
    assert "assignments" in str(migration.migration_settings)


@pytest.mark.parametrize(
    ("arguments", "message"),
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
def test_invalid_text_from_templates(connection: str, world: World, arguments: dict[str, Any], message: str) -> None:
    """Text that cannot be parsed fails the task before any request, and the error names the field."""
    task = rendered(copy, **arguments)
    with pytest.raises(AirflowFailException, match=message):
        task.execute(Attempt().context(task))
    assert not world.requests


def test_lagging_replica(connection: str, world: World) -> None:
    """A 404 for the new migration and its Progress is tolerated at first, because Canvas's replica may lag."""
    world.faults.rules.append(Rule(r"/progress/|/content_migrations/\d+$", status=404, times=4))
    assert deferred_to_the_end(copy(), Attempt())["workflow_state"] == "completed"


def test_being_killed_during_the_post(connection: str, world: World) -> None:
    """If the task is killed before the POST's response arrives, the copy is found, and its Progress cancelled."""
    world.faults.rules.append(Rule("/content_migrations$", Action.DELAY_AFTER, method="POST", seconds=3))
    task = copy(destination_course_id=FRESH)
    posted_after_kill: list[str] = []

    def kill() -> None:
        assert eventually(lambda: world.migrations_of(2001))
        task.on_kill()
        posted_after_kill.extend(posted(world))

    killing = threading.Thread(target=kill)
    killing.start()
    with contextlib.suppress(TaskDeferred, CanvasJobError):  # a worker's process would end here
        task.execute(Attempt().context(task))
    killing.join()
    assert posted_after_kill[-1].endswith("/cancel")


def test_trigger_timeout(connection: str) -> None:
    """If Airflow ends the deferral, the error says to check the triggerer; other failures of Airflow are unchanged."""
    task = copy()
    with pytest.raises(CanvasJobError, match="check that one is running"):
        task.resume_execution("__fail__", {"error": "Trigger timeout"}, Attempt().context(task))
    with pytest.raises(AirflowException, match="something else"):
        task.resume_execution("__fail__", {"error": "something else"}, Attempt().context(task))


def test_canvas_messages_are_redacted(
    connection: str, world: World, emulator: EmulatorServer, release_jobs: Callable[[], None]
) -> None:
    """A signed URL in a message of Canvas loses its signature in the event and in the error."""
    world.faults.migrations.append(MigrationFault(Fault.FAILS, stage=2))
    deferral = deferred(copy(), Attempt())
    with CanvasClient(Settings(emulator.url, emulator.token)) as client:
        client.progress.cancel(
            progress_id=deferral.trigger.ids["progress_id"], message="see https://x/files/1?verifier=S3CRET&a=1"
        )
    world.clock.advance(60)
    event = asyncio.run(fired(deferral))
    assert "S3CRET" not in str(event)
    with pytest.raises(CanvasJobError, match="a=1") as failure:
        resumed(copy(), deferral, event, Attempt())
    assert "S3CRET" not in str(failure.value)
