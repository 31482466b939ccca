"""Play the recorded time lines of real jobs to the waiters, poll by poll."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from airflow_provider_canvas.client.jobs.waiters import (
    ContentExportWaiter,
    ContentMigrationWaiter,
    CourseCopyWaiter,
    ProgressWaiter,
    Status,
    Waiter,
    progress_id_of,
)
from tests.support.recordings import TimeLine, time_lines
from tests.support.scripted_client import ScriptedClient

ENDS = {"completed", "failed", "exported"}
STARTS_AGAIN = "jobs.copy.do_not_run"
"""The migration of this time line was completed, and then sent a selection once more: it ran twice."""


class Replay:
    """A Canvas that shows what the recorded one showed at each moment of a time line.

    :param time_line: The time line.
    :param of: Whose records are shown: ``migration``, ``first``, ``export``, and so on, with their Progress.
    """

    def __init__(self, time_line: TimeLine, of: str) -> None:
        self.names = (of, f"{of}.progress", "course_copy")
        self.steps = [step for step in time_line.timeline if step["of"] in self.names]
        self.of = of
        self.shown: dict[str, Any] = {}
        self.client = ScriptedClient(self.respond)

    def respond(self, path: str) -> Any:
        """Return the record that the path names; a 404 before it was first seen."""
        name = f"{self.of}.progress" if path.startswith("progress/") else self.of
        name = "course_copy" if "course_copy/" in path else name
        return self.shown.get(name, 404)

    def moments(self) -> Iterator[None]:
        """Show each recorded change in turn."""
        for step in self.steps:
            self.shown[step["of"]] = step["body"]
            if self.of in self.shown:
                yield

    @property
    def record(self) -> dict[str, Any]:
        """The job's own record at this moment."""
        record: dict[str, Any] = self.shown[self.of]
        return record


def played(replay: Replay, waiter: Waiter) -> Iterator[tuple[Status, dict[str, Any]]]:
    """Poll at each moment until the waiter says that the job is over; yield each status with the job's record."""
    for _ in replay.moments():
        for _ in range(2):  # the second poll of a moment may read what the first did not
            status = replay.client.run(waiter.poll)
            yield status, replay.record
            if status.state != "pending":
                return


def subjects() -> list[Any]:
    """Return each recorded job that has a record of its own: name, time line, whose records."""
    found = []
    for line in time_lines():
        names = {step["of"] for step in line.timeline}
        found += [
            pytest.param(line, name, id=f"{line.name}-{name}")
            for name in sorted(names)
            if f"{name}.progress" in names and line.name != STARTS_AGAIN
        ]
    return found


def waiter_of(of: str, record: dict[str, Any], *, with_progress: bool) -> Waiter:
    """Return the waiter for a job, as an operator makes it."""
    progress_id = progress_id_of(record) if with_progress else None
    if of == "export":
        return ContentExportWaiter(content_export_id=record["id"], course_id=14, progress_id=progress_id)
    until = ("waiting_for_select",) if record["workflow_state"] == "waiting_for_select" else ("completed",)
    return ContentMigrationWaiter(content_migration_id=record["id"], course_id=14, progress_id=progress_id, until=until)


@pytest.mark.parametrize("with_progress", [True, False])
@pytest.mark.parametrize(("line", "of"), subjects())
def test_job_is_pending_until_its_record_ends(line: TimeLine, of: str, *, with_progress: bool) -> None:
    """A job is over when its own record says so, whatever its Progress, its percentage or ``finished_at`` say."""
    replay = Replay(line, of)
    first = next(step["body"] for step in replay.steps if step["of"] == of)
    until_selection = any(step["body"].get("workflow_state") == "waiting_for_select" for step in replay.steps)
    statuses = list(played(replay, waiter_of(of, first, with_progress=with_progress)))
    assert statuses
    for status, record in statuses:
        over = record["workflow_state"] in ENDS or (
            until_selection and record["workflow_state"] == "waiting_for_select"
        )
        assert status.state == "pending" or over, (status, record["workflow_state"])
    status, record = statuses[-1]
    assert status.workflow_state == record["workflow_state"]
    if line.name == "jobs.import.never_uploaded":
        assert status.state == "pending"
    elif until_selection:
        assert status.state == ("succeeded" if first["workflow_state"] == "waiting_for_select" else "failed")
    else:
        assert status.state == ("failed" if record["workflow_state"] == "failed" else "succeeded")


@pytest.mark.parametrize(("line", "of"), subjects())
def test_word_for_a_state_does_not_flip(line: TimeLine, of: str) -> None:
    """Between two changes that Canvas showed, the log names one state, also where polls read different records."""
    replay = Replay(line, of)
    waiter: Waiter | None = None
    for _ in replay.moments():
        waiter = waiter or waiter_of(of, replay.record, with_progress=True)
        if replay.record["workflow_state"] in {*ENDS, "waiting_for_select"}:
            return
        if f"{of}.progress" not in replay.shown:
            continue
        for _ in range(8):  # after two reads of each record, nothing is new
            replay.client.run(waiter.poll)
        words = {str(replay.client.run(waiter.poll)) for _ in range(8)}
        assert len(words) == 1


def test_queue_is_called_a_queue() -> None:
    """While a copy waits for its turn, with ``running`` in its record, the status is ``queued``."""
    (line,) = [each for each in time_lines() if each.name == "jobs.copy.full"]
    replay = Replay(line, "migration")
    states = [
        status.workflow_state
        for status, _ in played(replay, waiter_of("migration", first_record(replay), with_progress=True))
    ]
    states = states[states.index("queued") :]  # the recording shows the Progress a second after its copy
    words = [state for number, state in enumerate(states) if number == 0 or states[number - 1] != state]
    assert words[0] == "queued"
    assert words.count("queued") == 1
    assert words[-1] == "completed"


def poll_progress(body: dict[str, Any]) -> Status:
    """Return the status of a Progress that Canvas shows."""
    return ScriptedClient(lambda _path: body).run(ProgressWaiter(progress_id=body["id"]).poll)


def first_record(replay: Replay) -> dict[str, Any]:
    """Return the first record of the job."""
    return next(step["body"] for step in replay.steps if step["of"] == replay.of)


def test_cancelled_job_is_waited_for() -> None:
    """The three jobs whose Progress was cancelled are completed for the waiter, as they were in Canvas."""
    cancelled = [line for line in time_lines() if line.name.startswith("jobs.progress.cancel")]
    assert len(cancelled) == 3
    for line in cancelled:
        replay = Replay(line, "migration")
        *before, (last, _) = played(replay, waiter_of("migration", first_record(replay), with_progress=True))
        assert last.state == "succeeded"
        if not line.name.endswith("completed"):
            assert any("cancelled or failed" in (status.message or "") for status, _ in before)


def test_deprecated_copy() -> None:
    """The waiter of the deprecated endpoint is pending until its record is completed."""
    (line,) = [each for each in time_lines() if each.name == "jobs.course_copy.deprecated"]
    replay = Replay(line, "migration")
    waiter = CourseCopyWaiter(course_id=942, content_migration_id=first_record(replay)["id"])
    states = []
    for _ in replay.moments():
        if "course_copy" in replay.shown:
            status = replay.client.run(waiter.poll)
            states.append((status.state, replay.shown["course_copy"]["workflow_state"]))
    assert states[-1] == ("succeeded", "completed")
    assert all((state == "succeeded") == (recorded == "completed") for state, recorded in states)


@pytest.mark.parametrize(
    "line",
    [each for each in time_lines() if {s["of"] for s in each.timeline} == {"progress"}],
    ids=lambda each: each.name,
)
def test_job_that_is_only_a_progress(line: TimeLine) -> None:
    """A batch update and an upload from an address are over when their Progress is."""
    end = None
    for step in line.timeline:
        end = poll_progress(step["body"])
        assert (end.state == "pending") == (step["body"]["workflow_state"] in ("queued", "running"))
    assert end is not None
    assert end.state != "pending"


def test_addresses_in_messages_are_stripped() -> None:
    """Canvas puts the whole address of a file that it could not fetch into its message: no status shows its query."""
    (line,) = [each for each in time_lines() if each.name == "jobs.files.upload_by_url"]
    step = line.timeline[-1]
    body = {
        **step["body"],
        "message": f"{step['body']['message']} https://files.example/a?X-Amz-Signature=abc123secret",
    }
    status = poll_progress(body)
    assert not re.search("abc123secret", status.message or "")
