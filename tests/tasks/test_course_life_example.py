"""The example DAG about the life of a course runs task by task against a local Canvas."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("airflow.sdk", reason="the examples are written for Airflow 3")

from airflow.exceptions import TaskDeferred
from airflow.providers.common.compat.sdk import AirflowFailException
from canvas_emulator.model.course import Course
from canvas_emulator.model.enrollments import EnrollmentType
from canvas_emulator.model.world import World
from canvas_emulator.seeds.demo import TEACHER_ID

from tests.support.dag_files import dags_in
from tests.support.task_attempt import Attempt, fired, resumed

PATH = Path(__file__).parents[2] / "dags_examples" / "canvas_course_life.py"


@pytest.fixture
def dag(connection: str, world: World) -> Any:
    """Return the DAG as Airflow parses it, with a Canvas in which jobs take 0.3 s."""
    world.settings.change({"copy_seconds": 0.3, "export_seconds": 0.3})
    return dags_in(PATH)["canvas_course_life"]


def run(dag: Any, task_id: str, params: dict[str, Any], **rendered: Any) -> Any:
    """Run a task with the values of the form, and return its result.

    :param rendered: Values of fields that hold the result of another task.
    """
    task, attempt = dag.get_task(task_id), Attempt(params={**dag.params.dump(), **params})
    for name, value in {**rendered, "poke_interval": 0.2}.items():
        setattr(task, name, value)
    task.render_template_fields(attempt.context(task))
    try:
        return task.execute(attempt.context(task))
    except TaskDeferred as deferral:
        return resumed(task, deferral, asyncio.run(fired(deferral)), attempt)


def rehearsals(world: World) -> list[Course]:
    """Return the courses that the DAG created."""
    with world.lock:
        return [course for course in world.tables.courses.values() if course.name == "Rehearsal"]


def test_from_beginning_to_end(dag: Any, world: World) -> None:
    """Each task does what its name says, and the created course is deleted at the end."""
    course_id = run(dag, "create", {})["course_id"]
    assert run(dag, "fill", {})["source_course_id"] == 1010
    assert run(dag, "publish", {})["workflow_state"] == "available"
    assert run(dag, "export", {})["file"]["size"]
    request = run(dag, "request_quizzes", {})
    run(dag, "wait_for_quizzes", {}, content_export_id=str(request["id"]))
    with world.lock:
        assert world.tables.content_exports[request["id"]].workflow_state == "exported"
    reset = run(dag, "reset", {})
    assert reset["old_course_id"] == course_id
    assert run(dag, "delete", {})["course_id"] == reset["new_course_id"]
    assert {course.workflow_state for course in rehearsals(world)} == {"deleted"}


def test_order_of_tasks(dag: Any) -> None:
    """The reset waits for both exports, and the deletion waits for the reset."""
    upstream = {task.task_id: task.upstream_task_ids for task in dag.tasks}
    assert upstream == {
        "create": set(),
        "fill": {"create"},
        "publish": {"fill"},
        "export": {"publish"},
        "request_quizzes": {"publish"},
        "wait_for_quizzes": {"request_quizzes"},
        "reset": {"export", "wait_for_quizzes"},
        "delete": {"reset"},
    }


def test_existing_course(dag: Any, world: World) -> None:
    """A course that existed before is not changed."""
    with pytest.raises(AirflowFailException, match="has the SIS id 'BIOL-1010-002' already"):
        run(dag, "create", {"sis_course_id": "BIOL-1010-002"})
    assert [request.path for request in world.requests if request.method != "GET"] == []


@pytest.mark.parametrize("force", [True, False])
def test_course_with_students(dag: Any, world: World, force: bool) -> None:
    """A course that has students is reset only if the form says so."""
    world.enroll(TEACHER_ID, run(dag, "create", {})["course_id"], EnrollmentType.STUDENT)
    if force:
        assert run(dag, "reset", {"force": True})["new_course_id"]
    else:
        with pytest.raises(AirflowFailException, match="has students"):
            run(dag, "reset", {"force": False})
