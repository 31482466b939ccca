"""When a job is over: as canvas tells it, in whatever order it tells it."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from airflow_provider_canvas.api.call import Call
from airflow_provider_canvas.client.errors import CanvasPermissionError, CanvasServerError
from airflow_provider_canvas.client.jobs.waiter import Status, aask, ask
from airflow_provider_canvas.client.jobs.waiters import (
    WAITERS,
    ContentExportWaiter,
    ContentMigrationWaiter,
    CourseCopyWaiter,
    ProgressesWaiter,
    ProgressWaiter,
    progress_id_of,
)

URL = "https://school.example/api/v1/progress/901"
NOW = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Record:
    """Answers every call with what a function says of its path."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def send(self, call: Call[Any]) -> Any:
        kind = next(name for name in self.answers if name in call.path)
        self.asked.append(call.path)
        said = self.answers[kind]
        return said.pop(0) if len(said) > 1 else said[0]


class Script:
    """Answers calls in the order of a script: a migration's state, a Progress's state, or an error."""

    def __init__(self, migration: Iterable[str], progress: Iterable[tuple[str, float] | Exception]) -> None:
        self.migration, self.progress = list(migration), list(progress)
        self.asked: list[str] = []

    def send(self, call: Call[Any]) -> Any:
        if "progress/" in call.path:
            self.asked.append("progress")
            step = self.progress.pop(0)
            if isinstance(step, Exception):
                raise step
            return {"id": 901, "workflow_state": step[0], "completion": step[1], "message": None}
        self.asked.append("migration")
        return {"id": 77, "workflow_state": self.migration.pop(0), "progress_url": URL}


def migration_watch() -> ContentMigrationWaiter:
    return ContentMigrationWaiter(course_id=22, content_migration_id=77, progress_id=901)


def polls(waiter: Any, script: Script, count: int) -> list[Status]:
    return [ask(waiter.poll(), script.send) for _ in range(count)]


def test_a_copy_from_beginning_to_end() -> None:
    """The percentage is the Progress's, the end is the migration's."""
    script = Script(
        ["pre_processed", "completed"],
        [("queued", 0.0), ("running", 25.0), ("running", 0.5), ("completed", 100.0)],
    )
    seen = polls(migration_watch(), script, 5)
    assert [str(status) for status in seen] == [
        "queued, 0 %",
        "running, 25 %",
        "running, 0.5 %",
        "pre_processed, 0.5 %",
        "completed, 100 %",
    ]
    assert [status.state for status in seen] == ["pending"] * 4 + ["succeeded"]
    assert script.asked == ["progress", "progress", "progress", "migration", "progress", "migration"]


def test_a_finished_progress_is_not_a_finished_import() -> None:
    """While the migration says it is importing, it goes on."""
    script = Script(["running", "running", "completed"], [("completed", 100.0)] * 3)
    assert [status.state for status in polls(migration_watch(), script, 3)] == ["pending", "pending", "succeeded"]


def test_a_failed_migration_whose_progress_hangs() -> None:
    """A Progress that runs for ever does not hide the failure for more than four looks."""
    script = Script(["running", "failed"], [("running", 50.0)] * 9)
    states = [status.state for status in polls(migration_watch(), script, 8)]
    assert states == ["pending"] * 7 + ["failed"]


def test_a_cancelled_progress_fails_though_the_job_goes_on() -> None:
    """Canvas marks only the Progress."""
    last = polls(migration_watch(), Script(["running"], [("failed", 30.0)]), 1)[-1]
    assert (last.state, last.workflow_state) == ("failed", "running")
    assert "cancelled or failed" in (last.message or "")


def test_a_cancelled_progress_of_a_copy_that_completed() -> None:
    """What has arrived has arrived."""
    assert polls(migration_watch(), Script(["completed"], [("failed", 99.0)]), 1)[-1].state == "succeeded"


def test_waiting_for_a_selection_is_told() -> None:
    """Nobody will send one: the wait would never end."""
    last = polls(migration_watch(), Script(["waiting_for_select"], [("completed", 100.0)]), 1)[-1]
    assert (last.state, last.message) == ("failed", "Canvas waits until a selection is sent")


def test_who_may_not_see_the_progress_watches_the_migration() -> None:
    """A refused Progress costs the percentage, not the wait."""
    script = Script(["running", "pre_processing", "completed"], [CanvasPermissionError("no")])
    assert [status.state for status in polls(migration_watch(), script, 3)] == ["pending", "pending", "succeeded"]
    assert script.asked == ["progress", "migration", "migration", "migration"]


def test_unknown_states_are_not_the_end() -> None:
    """Canvas reports states that it does not document, and will report more."""
    waiter = ContentMigrationWaiter(course_id=22, content_migration_id=77)
    script = Script(["queued", "pre_processed", "a_new_one", "queued"], [("queued", 0.0)] * 8)
    assert {status.state for status in polls(waiter, script, 12)} == {"pending"}
    assert script.migration == []


@pytest.mark.parametrize(
    ("workflow_state", "state"),
    [
        ("queued", "pending"),
        ("running", "pending"),
        ("waiting_for_external_tool", "pending"),
        ("completed", "succeeded"),
        ("failed", "failed"),
        ("canceled", "failed"),
    ],
)
def test_progress(workflow_state: str, state: str) -> None:
    """A Progress ends by its state, never by its percentage."""
    status = ask(ProgressWaiter(progress_id=901).poll(), Script([], [(workflow_state, 100.0)]).send)
    assert (status.state, status.workflow_state) == (state, workflow_state)


async def test_the_awaiting_driver_looks_alike() -> None:
    """The trigger and the worker read the same watch."""
    script = Script(["running", "completed"], [CanvasPermissionError("no")])

    async def send(call: Call[Any]) -> Any:
        return script.send(call)

    waiter = migration_watch()
    assert [(await aask(waiter.poll(), send)).state, (await aask(waiter.poll(), send)).state] == [
        "pending",
        "succeeded",
    ]


async def test_errors_that_a_watch_cannot_do_without_pass_through() -> None:
    """Whether to go on after one is for who waits to decide; the watch can be looked at again."""
    script = Script([], [CanvasServerError("503"), ("running", 10.0)])
    waiter = migration_watch()
    with pytest.raises(CanvasServerError):
        ask(waiter.poll(), script.send)
    assert str(ask(waiter.poll(), script.send)) == "running, 10 %"


@pytest.mark.parametrize(("url", "number"), [(URL, 901), (f"{URL}/?a=1", 901), ("x/progress/abc", None), (None, None)])
def test_progress_id_of(url: str | None, number: int | None) -> None:
    """The id is the last part of the address, query or not."""
    assert progress_id_of({"progress_url": url}) == number


def test_the_names_of_watches_are_kept() -> None:
    """Triggers are stored with these names and ids; an older row must still find its watch."""
    assert dict(WAITERS) == {
        "content_export": ContentExportWaiter,
        "content_migration": ContentMigrationWaiter,
        "course_copy": CourseCopyWaiter,
        "progress": ProgressWaiter,
        "progresses": ProgressesWaiter,
    }


@pytest.mark.parametrize(
    "context", [{"account_id": 1}, {"course_id": "sis_course_id:A"}, {"group_id": 3}, {"user_id": 4}]
)
def test_a_migration_in_any_context(context: dict[str, Any]) -> None:
    """It is asked for where it was made."""
    record = Record(content_migrations=[{"id": 77, "workflow_state": "completed"}])
    waiter = WAITERS["content_migration"](content_migration_id=77, **context)
    assert ask(waiter.poll(), record.send).state == "succeeded"
    assert record.asked == [f"{name[:-3]}s/{value}/content_migrations/77" for name, value in context.items()]


@pytest.mark.parametrize("context", [{}, {"course_id": 1, "user_id": 2}, {"section_id": 1}])
def test_a_migration_is_somewhere(context: dict[str, int]) -> None:
    """In exactly one context."""
    with pytest.raises(TypeError, match="exactly one of"):
        ContentMigrationWaiter(content_migration_id=77, **context)


@pytest.mark.parametrize(
    ("until", "seen", "states"),
    [
        (["waiting_for_select"], ["running", "waiting_for_select"], ["pending", "succeeded"]),
        (["waiting_for_select"], ["running", "completed"], ["pending", "failed"]),
        (["waiting_for_select", "completed"], ["completed"], ["succeeded"]),
        (["running"], ["queued", "running"], ["pending", "succeeded"]),
        (["failed"], ["running", "failed"], ["pending", "succeeded"]),
    ],
)
def test_until_any_state(until: list[str], seen: list[str], states: list[str]) -> None:
    """A migration that can no longer come to one of the states has failed, as far as this wait is concerned."""
    record = Record(content_migrations=[{"id": 77, "workflow_state": state} for state in seen])
    waiter = ContentMigrationWaiter(course_id=22, content_migration_id=77, until=until)
    assert [ask(waiter.poll(), record.send).state for _ in seen] == states


def test_an_export_is_over_when_its_file_is_there() -> None:
    """The Progress is completed a moment before, and says nothing of a file."""
    exports = [
        {"workflow_state": "exporting", "progress_url": URL},
        {"workflow_state": "exported", "progress_url": URL, "created_at": NOW},
        {"workflow_state": "exported", "progress_url": URL, "created_at": NOW, "attachment": {"url": "..."}},
    ]
    record = Record(progress=[{"workflow_state": "completed", "completion": 100.0}], content_exports=exports)
    waiter = ContentExportWaiter(course_id=22, content_export_id=5)
    assert [ask(waiter.poll(), record.send).state for _ in range(3)] == ["pending", "pending", "succeeded"]


@pytest.mark.parametrize(("days", "state"), [(0, "pending"), (31, "failed")])
def test_an_export_whose_file_is_gone(days: int, state: str) -> None:
    """After 30 days Canvas keeps the record and not the file: its age tells it from one whose file is just coming."""
    created_at = (datetime.fromisoformat(NOW) - timedelta(days=days)).isoformat()
    record = Record(content_exports=[{"workflow_state": "exported", "created_at": created_at}])
    status = ask(ContentExportWaiter(user_id=4, content_export_id=5).poll(), record.send)
    assert (status.state, "Export again" in (status.message or "")) == (state, state == "failed")


def test_a_failed_export() -> None:
    """Its record says so, though Canvas gives no reason."""
    record = Record(content_exports=[{"workflow_state": "failed"}])
    assert ask(ContentExportWaiter(group_id=4, content_export_id=5).poll(), record.send).state == "failed"


@pytest.mark.parametrize(
    ("workflow_state", "state"),
    [("created", "pending"), ("started", "pending"), ("completed", "succeeded"), ("failed", "failed")],
)
def test_a_copy_of_the_deprecated_endpoint(workflow_state: str, state: str) -> None:
    """Its words for its states are its own; looking warns nobody again."""
    record = Record(course_copy=[{"id": 77, "workflow_state": workflow_state, "progress": 40.0}])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        status = ask(CourseCopyWaiter(course_id=22, content_migration_id=77).poll(), record.send)
    assert (status.state, status.workflow_state, status.completion) == (state, workflow_state, 40.0)


def test_several_progresses() -> None:
    """Over when the last is over, whatever became of them; those that are over are not asked again."""
    progress = [
        {"workflow_state": "running", "completion": 50.0},
        {"workflow_state": "completed", "completion": 100.0},
        {"workflow_state": "queued", "completion": None},
        {"workflow_state": "failed", "completion": 100.0},
    ]
    record, waiter = Record(progress=progress), ProgressesWaiter(progress_ids=[901, 902])
    assert [str(ask(waiter.poll(), record.send)) for _ in range(3)] == [
        "running, 25 %",
        "queued, 50 %",
        "completed, 100 %",
    ]
    assert record.asked == ["progress/901", "progress/901", "progress/902", "progress/902"]


@pytest.mark.parametrize(
    ("name", "ids", "progress_ids"),
    [
        ("progress", {"progress_id": 901}, [901]),
        ("progresses", {"progress_ids": [901, 902]}, [901, 902]),
        ("content_migration", {"course_id": 22, "content_migration_id": 77}, [901]),
        ("content_migration", {"course_id": 22, "content_migration_id": 77, "progress_id": 5}, [5]),
        ("content_export", {"course_id": 22, "content_export_id": 7}, [901]),
        ("course_copy", {"course_id": 22, "content_migration_id": 77}, [901]),
    ],
)
def test_what_to_cancel(name: str, ids: dict[str, Any], progress_ids: list[int]) -> None:
    """A job is cancelled by its Progress, which its record knows if nobody else does."""
    record = Record(content_migrations=[{"progress_url": URL}], content_exports=[{"progress_url": URL}])
    assert ask(WAITERS[name](**ids).progress_ids(), record.send) == progress_ids


def test_nothing_to_cancel() -> None:
    """A course copy that waits for a selection has no Progress yet."""
    record = Record(content_migrations=[{"workflow_state": "waiting_for_select"}])
    assert ask(ContentMigrationWaiter(course_id=22, content_migration_id=77).progress_ids(), record.send) == []
