"""An error after a submission loses no job: it names the job, and the next attempt, or the cleared task, adopts it.

Each operator that submits something runs without an error first, which shows what it requests after its submission.
Then each of these requests fails in each way, in the worker and in the triggerer.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from airflow.exceptions import TaskDeferred
from canvas_emulator.model.faults import Body, Rule
from canvas_emulator.model.world import World
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.client import replica_lag
from airflow_provider_canvas.client.errors import CanvasError
from airflow_provider_canvas.client.jobs.poll_schedule import PollSchedule
from airflow_provider_canvas.operators.batch_update_courses import CanvasBatchUpdateCoursesOperator
from airflow_provider_canvas.operators.content_export import CanvasContentExportOperator
from airflow_provider_canvas.operators.content_migration import CanvasContentMigrationOperator
from airflow_provider_canvas.operators.course_copy import CanvasCourseCopyOperator
from airflow_provider_canvas.operators.create_course import CanvasCreateCourseOperator
from airflow_provider_canvas.operators.import_package import CanvasImportPackageOperator
from airflow_provider_canvas.operators.legacy_course_copy import CanvasLegacyCourseCopyOperator
from airflow_provider_canvas.operators.reset_course import CanvasResetCourseOperator
from airflow_provider_canvas.operators.selective_import import CanvasSelectiveImportOperator
from tests.conftest import QUICK_JOBS
from tests.support.package_imports import cartridge
from tests.support.task_attempt import HAS_STORE, Attempt, fired

__all__ = ["cartridge"]

needs_store = pytest.mark.skipif(not HAS_STORE, reason="this Airflow has no task state store")


@dataclass(frozen=True)
class Kind:
    """A kind of job: who submits it, by which request, and on which page its error shows it.

    :param create: Creates the operator, from its common arguments and a package.
    :param submits: Method and path of the request that submits the job, as a regular expression.
    :param page: The path of the page that an error names.
    """

    create: Callable[..., Any]
    submits: str
    page: str


def job(operator: Any, **arguments: Any) -> Callable[[bool, Path], Any]:
    """Return a function that creates an operator that waits."""
    return lambda deferrable, package: operator(
        task_id="it",
        deferrable=deferrable,
        poll_interval=0.2,
        **{name: package if value is Path else value for name, value in arguments.items()},
    )


def change(operator: Any, **arguments: Any) -> Callable[[bool, Path], Any]:
    """Return a function that creates an operator that does not wait."""
    return lambda deferrable, package: operator(task_id="it", **arguments)


MIGRATION, IMPORTS = r"POST .*/courses/2001/content_migrations$", "/courses/2001/content_migrations"
KINDS: Mapping[str, Kind] = {
    "copy": Kind(
        job(CanvasCourseCopyOperator, source_course_id=1010, destination_course_id=2001, fail_on_issues=None),
        MIGRATION,
        IMPORTS,
    ),
    "content migration": Kind(
        job(CanvasContentMigrationOperator, source_course_id=1010, course_id=2001, fail_on_issues=None),
        MIGRATION,
        IMPORTS,
    ),
    "package": Kind(
        job(
            CanvasImportPackageOperator,
            course_id=2001,
            package=Path,
            migration_type="common_cartridge_importer",
            fail_on_issues=None,
        ),
        MIGRATION,
        IMPORTS,
    ),
    "selective import": Kind(
        job(
            CanvasSelectiveImportOperator,
            course_id=2001,
            source_course_id=1010,
            choose={"pages": ["Home"]},
            fail_on_issues=None,
        ),
        MIGRATION,
        IMPORTS,
    ),
    "legacy copy": Kind(
        job(CanvasLegacyCourseCopyOperator, source_course_id=1010, destination_course_id=2001, fail_on_issues=None),
        r"POST .*/course_copy$",
        IMPORTS,
    ),
    "export": Kind(
        job(CanvasContentExportOperator, course_id=1010, export_type="qti"),
        r"POST .*/content_exports$",
        "/courses/1010/content_exports",
    ),
    "batch": Kind(
        job(CanvasBatchUpdateCoursesOperator, account_id=1, course_ids=[2001, 2002], event="offer"),
        r"PUT .*/accounts/1/courses$",
        "/accounts/1",
    ),
    "course": Kind(
        change(CanvasCreateCourseOperator, account_id=12, course={"name": "Chemistry", "sis_course_id": "CHEM-1"}),
        r"POST .*/accounts/12/courses$",
        "/accounts/12",
    ),
    "reset": Kind(change(CanvasResetCourseOperator, course_id=2001), r"POST .*/reset_content$", ""),
}
WAITING = [name for name in KINDS if name not in ("course", "reset")]


class AfterSubmission(Rule):
    """A fault of all requests like one, after the job was submitted."""

    def __init__(self, world: World, submits: str, request: str, revokes: bool = False, **fault: Any) -> None:
        super().__init__("", times=None, **fault)
        self.world, self.submits, self.request, self.revokes = world, submits, request, revokes

    def matches(self, method: str, path: str) -> bool:
        sent = [f"{each.method} {each.path}" for each in self.world.requests]
        if not any(re.search(self.submits, each) for each in sent) or like(f"{method} {path}") != self.request:
            return False
        if self.revokes:
            for token in self.world.tables.tokens.values():
                token.revoked = True
        return not self.revokes


def like(request: str) -> str:
    """Return a request with all ids replaced."""
    return re.sub(r"\d+", "N", request)


FAULTS: Mapping[str, Mapping[str, Any]] = {
    "revoked token": {"revokes": True},
    "removed right": {"status": 403},
    "page of a proxy": {"status": 403, "body": Body.HTML},
    "login page": {"status": 200, "body": Body.HTML},
    "JSON of something else": {"status": 200},
    "gone": {"status": 404},
}


@pytest.fixture(autouse=True)
def _quick(connection: str, emulator: EmulatorServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Retry no request, repeat no check for long, and tolerate no error of a poll."""
    fields = {"conn_type": "canvas", "host": emulator.url, "password": emulator.token, "extra": {"retry_for": 0.2}}
    monkeypatch.setenv("AIRFLOW_CONN_CANVAS_DEFAULT", json.dumps(fields))
    monkeypatch.setattr(replica_lag, "PAUSES", (0.05,))
    monkeypatch.setattr(PollSchedule, "failed", lambda *_: True)


@pytest.fixture
def package(tmp_path: Path, cartridge: bytes) -> Path:
    """Return a package that Canvas can import."""
    path = tmp_path / "book.imscc"
    path.write_bytes(cartridge)
    return path


def run(task: Any, attempt: Attempt) -> Any:
    """Run a task to its end, with its trigger if it defers."""
    context = attempt.context(task)
    try:
        return task.execute(context)
    except TaskDeferred as deferral:
        while True:
            event = asyncio.run(fired(deferral))
            try:
                return task.execute_complete(context, event=event)
            except TaskDeferred as another:
                deferral = another


def error_of(task: Any, attempt: Attempt) -> str | None:
    """Run a task, and return the message of its error, after which Airflow may retry it."""
    try:
        run(task, attempt)
    except CanvasError as error:
        return str(error)
    return None


def submissions(world: World, kind: Kind) -> int:
    """Return how many jobs were submitted."""
    return sum(bool(re.search(kind.submits, f"{each.method} {each.path}")) for each in world.requests)


def repair(world: World) -> None:
    """Remove all faults."""
    world.faults.clear()
    for token in world.tables.tokens.values():
        token.revoked = False


def requests_after_submission(world: World, kind: Kind) -> list[str]:
    """Return the requests after the submission, each once."""
    sent = [f"{each.method} {each.path}" for each in world.requests]
    first = next(number for number, each in enumerate(sent) if re.search(kind.submits, each))
    return list(dict.fromkeys(like(each) for each in sent[first + 1 :]))


@needs_store
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", WAITING)
def test_failing_requests(world: World, emulator: EmulatorServer, package: Path, name: str, fault: str) -> None:
    """Each request after the submission fails: the error names the job, and the next attempt returns its result.

    By turns, the task waits in the worker and in the triggerer, and the next attempt is a retry and a cleared task. To
    save time, each request fails in every other way only; the ways of neighbours differ.
    """
    world.settings.change(dict.fromkeys(QUICK_JOBS, 0.01))
    kind, turns = KINDS[name], [(True, True), (False, True), (True, False), (False, False)]
    run(kind.create(False, package), Attempt(run_id="without an error"))
    for number, request in enumerate(requests_after_submission(world, kind)):
        turn = number + list(FAULTS).index(fault)
        if turn % 2 or (name == "batch" and request == "GET /api/vN/courses/N"):  # its result: a course not seen
            continue
        deferrable, cleared = turns[turn // 2 % 4]
        world.requests.clear()
        world.faults.rules.append(AfterSubmission(world, kind.submits, request, **FAULTS[fault]))
        attempt = Attempt(run_id=f"manual__{number}")
        error = error_of(kind.create(deferrable, package), attempt)
        if error is not None:
            assert f"{emulator.url}{kind.page})" in error, (request, error)
            assert re.search(r"(content_\w+|Progress) \d+", error), (request, error)
            assert re.search(r"in Canvas.* The next attempt of this task", error), (request, error)
        repair(world)
        attempts = {"try_number": 2, "max_tries": 3 if cleared else 2}
        result = run(kind.create(deferrable, package), Attempt(run_id=attempt.run_id, store=attempt.store, **attempts))
        assert result.get("workflow_state") in ("completed", "exported", None)
        # A task that tolerated the error has reported its job: cleared, it submits another one.
        assert submissions(world, kind) == (1 if error or not cleared else 2), request


@needs_store
@pytest.mark.parametrize("cleared", [False, True], ids=["retried", "cleared"])
@pytest.mark.parametrize("broken", ["xcom", "store"])
@pytest.mark.parametrize("name", KINDS)
def test_failing_airflow(world: World, package: Path, name: str, broken: str, cleared: bool) -> None:
    """Airflow's database fails after the submission: the error names the job, and the next attempt reports it."""
    kind, attempt = KINDS[name], Attempt()
    task = kind.create(False, package)
    context = attempt.context(task)

    def fail_after_submission(*_: Any, **__: Any) -> None:
        if submissions(world, kind):
            raise OSError(28, "No space left on device")

    assert attempt.store is not None
    store_set = attempt.store.set
    if broken == "xcom":
        context["ti"].xcom_push.side_effect = fail_after_submission
    else:
        store = context["task_state_store"] = type(attempt.store)(attempt.store)

        def set_and_fail(key: str, value: Any, retention: Any = None) -> None:
            fail_after_submission()
            store_set(key, value, retention)
            dict.__setitem__(store, key, value)

        store.set = set_and_fail  # type: ignore[method-assign]
    with mock.patch.object(attempt, "context", return_value=context):
        error = error_of(task, attempt)
    if error is not None:  # some operators need neither after their submission
        assert "No space left on device" in error
        assert re.search(r"in Canvas.* The next attempt of this task", error), error
    attempts = {"try_number": 2, "max_tries": 3 if cleared else 2}
    run(kind.create(False, package), Attempt(store=attempt.store, **attempts))
    lost = broken == "store" and name == "batch"  # a batch is sent a second time, which changes nothing
    assert submissions(world, kind) == (2 if lost or (cleared and not error) else 1)
