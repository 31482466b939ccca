"""Test what Airflow prints of an author's mistake: one sentence, without the frames of this package below it."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.hooks.canvas import CanvasHook
from airflow_provider_canvas.operators.api import CanvasApiOperator
from airflow_provider_canvas.operators.bulk_course_copy import CanvasBulkCourseCopyOperator
from airflow_provider_canvas.operators.course_copy import CanvasCourseCopyOperator
from airflow_provider_canvas.operators.create_course import CanvasCreateCourseOperator
from airflow_provider_canvas.operators.delete_course import CanvasDeleteCourseOperator
from airflow_provider_canvas.operators.find_copies import CanvasFindCopiesOperator
from airflow_provider_canvas.operators.import_package import CanvasImportPackageOperator
from airflow_provider_canvas.operators.legacy_course_copy import CanvasLegacyCourseCopyOperator
from airflow_provider_canvas.operators.update_course import CanvasUpdateCourseOperator
from airflow_provider_canvas.sensors.content_migration import CanvasContentMigrationSensor
from airflow_provider_canvas.sensors.progress import CanvasProgressSensor
from airflow_provider_canvas.utils.waiting import fail_without_retry
from tests.support.task_attempt import Attempt, rendered

MISTAKES: dict[str, Callable[[], Any]] = {
    "an id that is none": lambda: rendered(copy, source_course_id="BIO-1"),
    "a template that rendered to nothing": lambda: rendered(copy, destination_course_id="None"),
    "a course that does not exist": lambda: copy(destination_course_id=98765),
    "a source that does not exist": lambda: copy(source_course_id="sis_course_id:NONE"),
    "the same course twice": lambda: copy(source_course_id=2001),
    "a date that is none": lambda: rendered(copy, old_start_date="12.1.2026"),
    "a selection that is none": lambda: rendered(copy, select="pages"),
    "a timeout that is none": lambda: rendered(copy, timeout="soon"),
    "a field that does not exist": lambda: CanvasUpdateCourseOperator(
        task_id="task", course_id=2001, course={"nmae": "Biology"}
    ),
    "an account that does not exist": lambda: CanvasCreateCourseOperator(
        task_id="task", account_id=987, course={"name": "Biology"}
    ),
    "a term that does not exist": lambda: CanvasCreateCourseOperator(
        task_id="task", account_id=1, course={"name": "Biology", "term_id": "sis_term_id:2026XX"}
    ),
    "an endpoint that does not exist": lambda: CanvasApiOperator(task_id="task", endpoint="courses.gte"),
    "an argument that does not exist": lambda: CanvasApiOperator(
        task_id="task", endpoint="courses.get", arguments={"course": 1}
    ),
    "a package that does not exist": lambda: CanvasImportPackageOperator(
        task_id="task", course_id=2001, package="/no/such.imscc", migration_type="qti_converter"
    ),
    "a threshold that does not exist": lambda: rendered(bulk, fail_if={"fialed": 0}),
    "a batch that nobody planned": lambda: bulk(batch="spring"),
    "copies without a column": lambda: rendered(bulk, copies=[{"from": 1010, "destination_course_id": 2001}]),
    "a database connection that does not exist": lambda: bulk(sql_conn_id="no_such_database"),
    "a search without limits": lambda: CanvasFindCopiesOperator(
        task_id="task", account_id=1, batch="past", sql_conn_id="warehouse"
    ),
    "a term to search that does not exist": lambda: CanvasFindCopiesOperator(
        task_id="task", account_id=1, batch="past", sql_conn_id="warehouse", enrollment_term_id="sis_term_id:NONE"
    ),
    "a Progress that does not exist": lambda: sensor(progress_id="x"),
    "a Progress of another host": lambda: sensor(progress_url="https://other.example.com/api/v1/progress/1"),
    "a connection that does not exist": lambda: copy(canvas_conn_id="canvas_defualt"),
    "a connection of another type": lambda: copy(canvas_conn_id="warehouse"),
    "a token that Canvas rejects": lambda: copy(canvas_conn_id="rejected"),
    "an address that leads nowhere": lambda: copy(canvas_conn_id="nowhere"),
}


def copy(**parameters: Any) -> CanvasCourseCopyOperator:
    """Return a task that copies a course."""
    defaults: dict[str, Any] = {"source_course_id": 1010, "destination_course_id": 2001, "poll_interval": 0.05}
    return CanvasCourseCopyOperator(task_id="task", deferrable=False, **{**defaults, **parameters})


def bulk(**parameters: Any) -> CanvasBulkCourseCopyOperator:
    """Return a task that copies a batch."""
    return CanvasBulkCourseCopyOperator(
        **{"task_id": "task", "batch": "fall", "sql_conn_id": "warehouse", "deferrable": False, **parameters}
    )


def sensor(**parameters: Any) -> CanvasProgressSensor:
    """Return a sensor."""
    return CanvasProgressSensor(task_id="task", deferrable=False, poke_interval=0.1, **parameters)


@pytest.fixture(autouse=True)
def _connections(connection: str, emulator: EmulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Define connections with the mistakes of administrators."""
    connections = {
        "warehouse": {"conn_type": "sqlite", "host": f"{tmp_path}/canvas.db"},
        "rejected": {"conn_type": "canvas", "host": emulator.url, "password": "7~refused"},
        "nowhere": {
            "conn_type": "canvas",
            "host": "http://127.0.0.1:9",
            "password": "7~x",
            "extra": {"retry_for": 0, "allow_http": True},
        },
    }
    for name, fields in connections.items():
        monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}", json.dumps(fields))


@pytest.mark.parametrize("make", MISTAKES.values(), ids=MISTAKES)
def test_printed_mistake(make: Callable[[], Any]) -> None:
    """The message is printed once, no other exception is, and no frame of this package."""
    task = make()
    with pytest.raises(Exception) as failure:  # noqa: PT011  # its class says whether Airflow retries
        task.execute(Attempt().context(task))
    printed = "".join(traceback.format_exception(failure.value))
    assert printed.count(str(failure.value)) == 1
    assert "The above exception" not in printed
    assert "During handling" not in printed
    assert "airflow_provider_canvas/" not in printed


NAMED = {
    "a course that does not exist": ("destination_course_id 98765", "courses/98765"),
    "a source that does not exist": ("source_course_id 'sis_course_id:NONE'",),
    "an account that does not exist": ("account_id 987 does not exist",),
    "a term that does not exist": ("account_id 1 exists", "term_id 'sis_term_id:2026XX'"),
    "a term to search that does not exist": ("account_id '1' exists", "enrollment_term_id 'sis_term_id:NONE'"),
    "an endpoint that does not exist": ("'courses.gte'", "'courses.get'"),
    "a field that does not exist": ("'nmae'", "Did you mean 'name'?"),
    "a threshold that does not exist": ("'fialed'", "did you mean 'failed'?"),
    "a batch that nobody planned": ("'spring'", "It has no batch of this Canvas"),
    "a connection that does not exist": ("'canvas_defualt'", "Did you mean 'canvas_default'?"),
}


@pytest.mark.parametrize("mistake", NAMED)
def test_what_was_not_found_is_named(mistake: str) -> None:
    """The message names the parameter and what it looked up, where, and similar names if they are known."""
    task = MISTAKES[mistake]()
    with pytest.raises(Exception) as failure:  # noqa: PT011
        task.execute(Attempt().context(task))
    assert [part for part in NAMED[mistake] if part not in str(failure.value)] == []


MISSPELT = {
    "of a copy": (
        lambda: copy(old_startdate="2026-01-12"),
        "CanvasCourseCopyOperator (task_id 'task') has no parameter 'old_startdate'. Did you mean 'old_start_date'?",
    ),
    "of a base class": (lambda: copy(deferable=True), "no parameter 'deferable'. Did you mean 'deferrable'?"),
    "of Airflow": (lambda: bulk(retreis=2), "no parameter 'retreis'. Did you mean 'retries'?"),
    "of a sensor": (lambda: sensor(poke_intervall=2), "no parameter 'poke_intervall'. Did you mean 'poke_interval'?"),
    "two": (
        lambda: bulk(report="reports", batch_tabel="b"),
        "no parameter 'batch_tabel' and 'report'. Did you mean 'batch_table' and 'report_path'?",
    ),
    "like none": (lambda: copy(zzz=1), "(task_id 'task') has no parameter 'zzz'."),
    "only a little alike": (lambda: copy(selective_import=1), "(task_id 'task') has no parameter 'selective_import'."),
}


@pytest.mark.parametrize(("make", "message"), MISSPELT.values(), ids=MISSPELT)
def test_a_parameter_that_does_not_exist(make: Callable[[], Any], message: str) -> None:
    """The import of a DAG file names the parameter and a similar one, without the frames of this package."""
    with pytest.raises(CanvasInputError) as failure:
        make()
    assert str(failure.value).endswith(message)
    printed = "".join(traceback.format_exception(failure.value))
    assert "During handling" not in printed
    assert "airflow_provider_canvas/" not in printed


def test_mistakes_are_not_retried() -> None:
    """A mistake of an author fails the task for good; an address that leads nowhere may be a passing fault."""
    classes = {}
    for name, make in MISTAKES.items():
        task = make()
        with pytest.raises(Exception) as failure:  # noqa: PT011
            task.execute(Attempt().context(task))
        classes[name] = failure.type
    retried = {name for name, kind in classes.items() if not issubclass(kind, AirflowFailException)}
    assert retried <= {
        "an address that leads nowhere",
        "a connection that does not exist",
        "a database connection that does not exist",
    }


def test_a_fault_of_this_package_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of another kind is printed with the frames that lead to it, in each half of a task."""

    def fault(*arguments: Any) -> None:
        raise KeyError("id")

    monkeypatch.setattr(CanvasCourseCopyOperator, "_validate", fault)
    task = copy()
    with pytest.raises(KeyError) as failure:
        task.execute(Attempt().context(task))
    printed = "".join(traceback.format_exception(failure.value))
    assert "operators/course_copy.py" in printed
    assert "in fault" in printed


WRONG_PARAMETERS: dict[str, Callable[[], Any]] = {
    "an id that is none": lambda: copy(source_course_id=[1010]),
    "a choice that is none": lambda: copy(if_running="maybe"),
    "a number that is none": lambda: copy(poll_interval=-1),
    "a truth that is none": lambda: CanvasCourseCopyOperator(
        task_id="task", source_course_id=1, destination_course_id=2, deferrable="perhaps"
    ),
    "a mapping that is none": lambda: copy(select=[1]),
    "an event that is none": lambda: CanvasDeleteCourseOperator(task_id="task", course_id=2001, event="remove"),
    "a state that is none": lambda: CanvasContentMigrationSensor(
        task_id="task", course_id=1, content_migration_id=2, until="done"
    ),
    "a parameter that the deprecated endpoint lacks": lambda: CanvasLegacyCourseCopyOperator(
        task_id="task", source_course_id=1, destination_course_id=2, select={}
    ),
}


@pytest.mark.parametrize("make", WRONG_PARAMETERS.values(), ids=WRONG_PARAMETERS)
def test_import_error(make: Callable[[], Any]) -> None:
    """An error of a constructor, as Airflow shows the last frames of a DAG file, leads to the author's line."""
    with pytest.raises(CanvasInputError) as failure:
        make()
    printed = traceback.format_exception(failure.value, limit=-2)  # [core] dagbag_import_error_traceback_depth
    assert "airflow_provider_canvas/" not in "".join(printed)
    assert any(__file__ in line for line in printed)
    assert len(printed[-1].splitlines()) == 1


@pytest.mark.parametrize("course_id", ["BIO-1", 98765, 1010])
def test_the_line_of_the_author_is_printed_last(course_id: Any) -> None:
    """In a function with several calls, the last line above the message is the one with the mistake."""

    def my_function() -> None:
        with fail_without_retry():
            hook = CanvasHook()
            hook.users.get(user_id="self")
            hook.courses.get(course_id=course_id)
            raise CanvasInputError("No course is 1010.")

    with pytest.raises(AirflowFailException) as failure:
        my_function()
    *_, last = traceback.extract_tb(failure.value.__traceback__)
    assert last.line == (
        'raise CanvasInputError("No course is 1010.")' if course_id == 1010 else "hook.courses.get(course_id=course_id)"
    )
    assert failure.value.__context__ is None


def test_frames_of_authors_stay() -> None:
    """The line of a function that uses the hook, or overrides a method, is printed above the message."""

    def my_function() -> None:
        with fail_without_retry():
            CanvasHook().courses.get(course_id="BIO-1")

    class MyOperator(CanvasCourseCopyOperator):
        def execute(self, context: Any) -> Any:
            return super().execute(context)

    task = rendered(
        lambda **values: MyOperator(task_id="task", destination_course_id=2, **values), source_course_id="BIO-1"
    )
    for run, name in ((my_function, "my_function"), (lambda: task.execute(Attempt().context(task)), "execute")):
        with pytest.raises(AirflowFailException) as failure:
            run()
        names = [frame.name for frame in traceback.extract_tb(failure.value.__traceback__)]
        assert name in names
        assert names[-1] == name
        assert "airflow_provider_canvas/" not in "".join(traceback.format_exception(failure.value))
