"""When a job is over: as canvas tells it, in whatever order it tells it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from airflow_provider_canvas.api.endpoint import Call
from airflow_provider_canvas.client.errors import CanvasPermissionError, CanvasServerError
from airflow_provider_canvas.client.watches import (
    WATCHES,
    ContentMigrationWatch,
    ProgressWatch,
    Status,
    alook,
    look,
    progress_id_of,
)

URL = "https://school.example/api/v1/progress/901"


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


def migration_watch() -> ContentMigrationWatch:
    return ContentMigrationWatch(course_id=22, content_migration_id=77, progress_id=901)


def looks(watch: Any, script: Script, count: int) -> list[Status]:
    return [look(watch, script.send) for _ in range(count)]


def test_a_copy_from_beginning_to_end() -> None:
    """The percentage is the Progress's, the end is the migration's."""
    script = Script(
        ["pre_processed", "completed"],
        [("queued", 0.0), ("running", 25.0), ("running", 0.5), ("completed", 100.0)],
    )
    seen = looks(migration_watch(), script, 5)
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
    assert [status.state for status in looks(migration_watch(), script, 3)] == ["pending", "pending", "succeeded"]


def test_a_failed_migration_whose_progress_hangs() -> None:
    """A Progress that runs for ever does not hide the failure for more than four looks."""
    script = Script(["running", "failed"], [("running", 50.0)] * 9)
    states = [status.state for status in looks(migration_watch(), script, 8)]
    assert states == ["pending"] * 7 + ["failed"]


def test_a_cancelled_progress_fails_though_the_job_goes_on() -> None:
    """Canvas marks only the Progress."""
    last = looks(migration_watch(), Script(["running"], [("failed", 30.0)]), 1)[-1]
    assert (last.state, last.workflow_state) == ("failed", "running")
    assert "cancelled or failed" in (last.message or "")


def test_a_cancelled_progress_of_a_copy_that_completed() -> None:
    """What has arrived has arrived."""
    assert looks(migration_watch(), Script(["completed"], [("failed", 99.0)]), 1)[-1].state == "succeeded"


def test_waiting_for_a_selection_is_told() -> None:
    """Nobody will send one: the wait would never end."""
    last = looks(migration_watch(), Script(["waiting_for_select"], [("completed", 100.0)]), 1)[-1]
    assert (last.state, last.message) == ("failed", "Canvas waits until a selection is sent")


def test_who_may_not_see_the_progress_watches_the_migration() -> None:
    """A refused Progress costs the percentage, not the wait."""
    script = Script(["running", "pre_processing", "completed"], [CanvasPermissionError("no")])
    assert [status.state for status in looks(migration_watch(), script, 3)] == ["pending", "pending", "succeeded"]
    assert script.asked == ["progress", "migration", "migration", "migration"]


def test_unknown_states_are_not_the_end() -> None:
    """Canvas reports states that it does not document, and will report more."""
    watch = ContentMigrationWatch(course_id=22, content_migration_id=77)
    script = Script(["queued", "pre_processed", "a_new_one", "queued"], [("queued", 0.0)] * 8)
    assert {status.state for status in looks(watch, script, 12)} == {"pending"}
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
    status = look(ProgressWatch(progress_id=901), Script([], [(workflow_state, 100.0)]).send)
    assert (status.state, status.workflow_state) == (state, workflow_state)


async def test_the_awaiting_driver_looks_alike() -> None:
    """The trigger and the worker read the same watch."""
    script = Script(["running", "completed"], [CanvasPermissionError("no")])

    async def send(call: Call[Any]) -> Any:
        return script.send(call)

    watch = migration_watch()
    assert [(await alook(watch, send)).state, (await alook(watch, send)).state] == ["pending", "succeeded"]


async def test_errors_that_a_watch_cannot_do_without_pass_through() -> None:
    """Whether to go on after one is for who waits to decide; the watch can be looked at again."""
    script = Script([], [CanvasServerError("503"), ("running", 10.0)])
    watch = migration_watch()
    with pytest.raises(CanvasServerError):
        look(watch, script.send)
    assert str(look(watch, script.send)) == "running, 10 %"


@pytest.mark.parametrize(("url", "number"), [(URL, 901), (f"{URL}/?a=1", 901), ("x/progress/abc", None), (None, None)])
def test_progress_id_of(url: str | None, number: int | None) -> None:
    """The id is the last part of the address, query or not."""
    assert progress_id_of({"progress_url": url}) == number


def test_the_names_of_watches_are_kept() -> None:
    """Triggers are stored with these names and ids; an older row must still find its watch."""
    assert dict(WATCHES) == {"content_migration": ContentMigrationWatch, "progress": ProgressWatch}
