"""Waiters decide when a job has ended, in whatever order Canvas changes its records."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from airflow_provider_canvas.client.errors import CanvasServerError
from airflow_provider_canvas.client.jobs.waiters import (
    WAITERS,
    ContentExportWaiter,
    ContentMigrationWaiter,
    CourseCopyWaiter,
    OtherVersionError,
    ProgressesWaiter,
    ProgressWaiter,
    Status,
    Waiter,
    progress_id_from_url,
    progress_id_of,
    waiter_for,
)
from tests.support.scripted_client import ScriptedClient

URL = "https://school.example/api/v1/progress/901"
NOW = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def records(**responses: list[Any]) -> ScriptedClient:
    """Return a client that responds by parts of the path; the last response for each part is repeated."""

    def respond(path: str) -> Any:
        script = next(script for part, script in responses.items() if part in path)
        response = script.pop(0) if len(script) > 1 else script[0]
        return {"id": 1, "created_at": NOW, "workflow_state": "running", **response} if response != 404 else response

    return ScriptedClient(respond)


class ScriptedMigration(ScriptedClient):
    """A client that returns a migration's states, and a Progress's states and percentages or HTTP errors, in order."""

    def __init__(self, migration: Iterable[str], progress: Iterable[tuple[str, float] | int]) -> None:
        super().__init__(self.next)
        self.migration, self.progress = list(migration), list(progress)
        self.kinds: list[str] = []

    def next(self, path: str) -> Any:
        self.kinds.append("progress" if "progress/" in path else "migration")
        if self.kinds[-1] == "migration":
            return {"id": 77, "workflow_state": self.migration.pop(0), "progress_url": URL}
        step = self.progress.pop(0)
        if isinstance(step, int):
            return step
        return {"id": 901, "workflow_state": step[0], "completion": step[1], "message": None}


def migration_waiter() -> ContentMigrationWaiter:
    return ContentMigrationWaiter(course_id=22, content_migration_id=77, progress_id=901)


def polls(waiter: Waiter, client: ScriptedClient, count: int) -> list[Status]:
    return [client.run(waiter.poll) for _ in range(count)]


def test_copy_from_start_to_end() -> None:
    """The percentage comes from the Progress, and the end of the job from the migration."""
    script = ScriptedMigration(
        ["pre_processed", "completed"],
        [("queued", 0.0), ("running", 25.0), ("running", 0.5), ("completed", 100.0)],
    )
    statuses = polls(migration_waiter(), script, 5)
    assert [str(status) for status in statuses] == [
        "queued, 0 %",
        "running, 25 %",
        "running, 0 %",
        "pre_processed, 0 %",
        "completed, 100 %",
    ]
    assert [status.state for status in statuses] == ["pending"] * 4 + ["succeeded"]
    assert script.kinds == ["progress", "progress", "progress", "migration", "progress", "migration"]


def test_status_has_the_record_of_the_migration() -> None:
    """A poll that reads only the Progress has no record; a poll that reads the migration has its record."""
    script = ScriptedMigration(["completed"], [("running", 25.0), ("completed", 100.0)])
    first, last = polls(migration_waiter(), script, 2)
    assert first.record is None
    assert last.record == {"id": 77, "workflow_state": "completed", "progress_url": URL}


def test_completed_progress_does_not_end_the_wait() -> None:
    """While the migration is running, the wait continues although the Progress is completed."""
    script = ScriptedMigration(["running", "running", "completed"], [("completed", 100.0)] * 3)
    assert [status.state for status in polls(migration_waiter(), script, 3)] == ["pending", "pending", "succeeded"]


def test_failed_migration_with_a_running_progress() -> None:
    """A failed migration is detected after at most four polls although its Progress stays ``running``."""
    script = ScriptedMigration(["running", "failed"], [("running", 50.0)] * 9)
    states = [status.state for status in polls(migration_waiter(), script, 8)]
    assert states == ["pending"] * 7 + ["failed"]


def test_failed_progress_of_a_running_migration() -> None:
    """A cancelled Progress ends nothing: the status says so until the migration has ended, and does not flip."""
    script = ScriptedMigration(["running"] * 5 + ["completed"], [("failed", 30.0)] * 4 + [("completed", 100.0)])
    statuses = polls(migration_waiter(), script, 6)
    assert [status.state for status in statuses] == ["pending"] * 5 + ["succeeded"]
    assert {str(status) for status in statuses[:5]} == {
        "running, 30 % (its Progress was cancelled or failed: no reason given)"
    }


def test_queued_job_is_called_queued() -> None:
    """While the Progress is queued, so is the job: the migration says ``running`` before its turn has come."""
    script = ScriptedMigration(["running", "running", "completed"], [("queued", 0.0)] * 6 + [("completed", 100.0)])
    statuses = polls(migration_waiter(), script, 9)
    assert [str(status) for status in statuses] == ["queued, 0 %"] * 8 + ["completed, 100 %"]


def test_failed_progress_of_a_completed_migration() -> None:
    """A completed copy has succeeded, even if its Progress failed."""
    assert polls(migration_waiter(), ScriptedMigration(["completed"], [("failed", 99.0)]), 1)[-1].state == "succeeded"


def test_waiting_for_a_selection_is_a_failure() -> None:
    """A migration that waits for a selection fails, because the wait would never end."""
    last = polls(migration_waiter(), ScriptedMigration(["waiting_for_select"], [("completed", 100.0)]), 1)[-1]
    assert (last.state, last.message) == ("failed", "Canvas waits until a selection is sent")


def test_progress_without_permission() -> None:
    """If the user may not read the Progress, the waiter polls the migration only."""
    script = ScriptedMigration(["running", "pre_processing", "completed"], [403])
    assert [status.state for status in polls(migration_waiter(), script, 3)] == ["pending", "pending", "succeeded"]
    assert script.kinds == ["progress", "migration", "migration", "migration"]


def test_unknown_states_are_pending() -> None:
    """An undocumented state of a migration counts as pending."""
    waiter = ContentMigrationWaiter(course_id=22, content_migration_id=77)
    script = ScriptedMigration(["queued", "pre_processed", "a_new_one", "queued"], [("queued", 0.0)] * 8)
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
def test_states_of_a_progress(workflow_state: str, state: str) -> None:
    """A Progress ends by its state, never by its percentage."""
    (status,) = polls(ProgressWaiter(progress_id=901), ScriptedMigration([], [(workflow_state, 100.0)]), 1)
    assert (status.state, status.workflow_state) == (state, workflow_state)


async def test_async_client_uses_the_same_waiter() -> None:
    """The sync client and the async client use the same waiter."""
    script, waiter = ScriptedMigration(["running", "completed"], [403]), migration_waiter()
    states = [(await script.run_async(waiter.poll)).state for _ in range(2)]
    assert states == ["pending", "succeeded"]


def test_poll_raises_server_errors() -> None:
    """A poll raises a server error, and the waiter can be polled again after it."""
    script, waiter = ScriptedMigration([], [503, ("running", 10.0)]), migration_waiter()
    with pytest.raises(CanvasServerError):
        script.run(waiter.poll)
    assert str(script.run(waiter.poll)) == "running, 10 %"


@pytest.mark.parametrize(("url", "number"), [(URL, 901), (f"{URL}/?a=1", 901), ("x/progress/abc", None), ("", None)])
def test_progress_id_from_url(url: str, number: int | None) -> None:
    """The id of a Progress is the last part of its URL, with a query or without."""
    assert progress_id_from_url(url) == number
    assert progress_id_of({"progress_url": url}) == number
    assert progress_id_of({"progress_url": None}) is None


def test_names_of_waiters_never_change() -> None:
    """The names of waiters never change, because Airflow's database stores them with triggers."""
    assert dict(WAITERS) == {
        "content_export": ContentExportWaiter,
        "content_migration": ContentMigrationWaiter,
        "course_copy": CourseCopyWaiter,
        "progress": ProgressWaiter,
        "progresses": ProgressesWaiter,
    }


@pytest.mark.parametrize(
    ("name", "ids", "problem"),
    [
        ("outcome_import", {}, "There is no waiter named 'outcome_import'"),
        ("progress", {}, "does not take"),
        ("progress", {"progress_id": 901, "shard": 3}, "shard"),
        ("content_migration", {"content_migration_id": 7, "course_id": 1, "shard": 3}, "exactly one of"),
    ],
)
def test_unknown_waiter_or_argument(name: str, ids: dict[str, Any], problem: str) -> None:
    """A stored name or argument that this version does not know raises an error that names it."""
    with pytest.raises(OtherVersionError, match=rf"{problem}.* Another version of this package"):
        waiter_for(name, ids)


@pytest.mark.parametrize(
    "context", [{"account_id": 1}, {"course_id": "sis_course_id:A"}, {"group_id": 3}, {"user_id": 4}]
)
def test_migration_in_each_context(context: dict[str, Any]) -> None:
    """A migration is polled in the context in which it was created."""
    client = records(content_migrations=[{"id": 77, "workflow_state": "completed"}])
    waiter = waiter_for("content_migration", {"content_migration_id": 77, **context})
    assert client.run(waiter.poll).state == "succeeded"
    assert client.requests == [f"GET {name[:-3]}s/{value}/content_migrations/77" for name, value in context.items()]


@pytest.mark.parametrize("context", [{}, {"course_id": 1, "user_id": 2}, {"section_id": 1}])
def test_migration_without_exactly_one_context_is_refused(context: dict[str, int]) -> None:
    """A waiter without a context, with two of them, or with an unknown one is refused."""
    with pytest.raises(TypeError, match="exactly one of"):
        ContentMigrationWaiter(content_migration_id=77, **context)


@pytest.mark.parametrize(
    ("until", "shown", "states"),
    [
        (["waiting_for_select"], ["running", "waiting_for_select"], ["pending", "succeeded"]),
        (["waiting_for_select"], ["running", "completed"], ["pending", "failed"]),
        (["waiting_for_select", "completed"], ["completed"], ["succeeded"]),
        (["running"], ["queued", "running"], ["pending", "succeeded"]),
        (["failed"], ["running", "failed"], ["pending", "succeeded"]),
    ],
)
def test_until_one_of_several_states(until: list[str], shown: list[str], states: list[str]) -> None:
    """A migration succeeds in one of the ``until`` states, and fails if it can no longer reach one of them."""
    client = records(content_migrations=[{"id": 77, "workflow_state": state} for state in shown])
    waiter = ContentMigrationWaiter(course_id=22, content_migration_id=77, until=until)
    assert [status.state for status in polls(waiter, client, len(shown))] == states


def test_export_ends_when_its_file_exists() -> None:
    """An export is pending until its record has a file, although its Progress is completed earlier."""
    exports = [
        {"workflow_state": "exporting", "progress_url": URL},
        {"workflow_state": "exported", "progress_url": URL, "created_at": NOW},
        {"workflow_state": "exported", "progress_url": URL, "created_at": NOW, "attachment": {"id": 6, "url": "..."}},
    ]
    client = records(progress=[{"workflow_state": "completed", "completion": 100.0}], content_exports=exports)
    waiter = ContentExportWaiter(course_id=22, content_export_id=5)
    assert [status.state for status in polls(waiter, client, 3)] == ["pending", "pending", "succeeded"]


@pytest.mark.parametrize(("days", "state"), [(0, "pending"), (31, "failed")])
def test_export_whose_file_is_deleted(days: int, state: str) -> None:
    """An old export without a file fails, because Canvas deletes files after 30 days."""
    created_at = (datetime.fromisoformat(NOW) - timedelta(days=days)).isoformat()
    client = records(content_exports=[{"workflow_state": "exported", "created_at": created_at}])
    status = client.run(ContentExportWaiter(user_id=4, content_export_id=5).poll)
    assert (status.state, "its file is gone" in (status.message or "")) == (state, state == "failed")


def test_failed_export() -> None:
    """An export fails when its record is ``failed``, although Canvas states no reason."""
    client = records(content_exports=[{"workflow_state": "failed"}])
    assert client.run(ContentExportWaiter(group_id=4, content_export_id=5).poll).state == "failed"


@pytest.mark.parametrize(
    ("workflow_state", "state"),
    [("created", "pending"), ("started", "pending"), ("completed", "succeeded"), ("failed", "failed")],
)
def test_states_of_the_deprecated_course_copy(workflow_state: str, state: str) -> None:
    """A copy of the deprecated endpoint has its own states; a poll raises no deprecation warning."""
    client = records(course_copy=[{"id": 77, "workflow_state": workflow_state, "progress": 40.0}])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        status = client.run(CourseCopyWaiter(course_id=22, content_migration_id=77).poll)
    assert (status.state, status.workflow_state, status.completion) == (state, workflow_state, 40.0)


def test_several_progresses() -> None:
    """Several Progress ids end when the last one has ended; ended ones are not polled again."""
    progress = [
        {"workflow_state": "running", "completion": 50.0},
        {"workflow_state": "completed", "completion": 100.0},
        {"workflow_state": "queued", "completion": None},
        {"workflow_state": "failed", "completion": 100.0},
    ]
    client, waiter = records(progress=progress), ProgressesWaiter(progress_ids=[901, 902])
    assert [str(status) for status in polls(waiter, client, 3)] == [
        "running, 25 %",
        "queued, 50 %",
        "completed, 100 %",
    ]
    assert client.requests == ["GET progress/901", "GET progress/901", "GET progress/902", "GET progress/902"]


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
def test_cancel_a_job(
    name: str, ids: dict[str, Any], progress_ids: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    """A job is cancelled by its Progress, whose id may come from the job's record; each one is logged."""
    client = records(progress=[{}], content_migrations=[{"progress_url": URL}], content_exports=[{"progress_url": URL}])
    waiter, log = waiter_for(name, ids), logging.getLogger("cancelling")
    with caplog.at_level("INFO"):
        assert client.run(lambda caller: waiter.cancel(caller, "By a test", log)) == progress_ids
    sent = [request for request in client.requests if not request.startswith("GET")]
    assert sent == [f"POST progress/{progress_id}/cancel" for progress_id in progress_ids]
    assert client.bodies[-1] == [("message", "By a test")]
    asked = "asked Canvas to cancel Progress {}. Canvas usually carries the job out all the same."
    assert caplog.messages == [f"{waiter.name}: {asked.format(progress_id)}" for progress_id in progress_ids]


def test_job_without_a_progress_cannot_be_cancelled() -> None:
    """A course copy that waits for a selection has no Progress that could be cancelled."""
    client, log = (
        records(content_migrations=[{"workflow_state": "waiting_for_select"}]),
        logging.getLogger("cancelling"),
    )
    waiter = ContentMigrationWaiter(course_id=22, content_migration_id=77)
    log = logging.getLogger("cancelling")
    assert client.run(lambda caller: waiter.cancel(caller, "By a test", log)) == []
