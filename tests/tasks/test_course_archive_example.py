"""The example DAG that archives courses runs task by task against a local Canvas."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

pytest.importorskip("airflow.sdk", reason="the examples are written for Airflow 3")

from airflow.providers.common.compat.sdk import AirflowFailException
from canvas_emulator.model.world import World

from tests.support.dag_files import dags_in
from tests.support.task_attempt import Attempt

PATH = Path(__file__).parents[2] / "dags_examples" / "canvas_course_archive.py"
EVERYTHING = {"course_ids": None, "account_id": "self", "enrollment_term_id": None}


@pytest.fixture
def tasks() -> dict[str, Any]:
    """Return the tasks of the DAG, as Airflow parses them."""
    return dict(dags_in(PATH)["canvas_course_archive"].task_dict)


def archive(tasks: dict[str, Any], course_id: Any, root: Path, run_after: datetime.datetime) -> dict[str, Any]:
    """Run one of the mapped tasks, unmapped and rendered as Airflow does, and return its result."""
    task = tasks["archive"].unmap({"course_id": course_id})
    task.deferrable, task.poll_interval = False, 0.2
    context = Attempt(params={"root": str(root)}).context(task)
    context["dag_run"] = mock.Mock(run_after=run_after, start_date=run_after)
    task.render_template_fields(context)
    result: dict[str, Any] = task.execute(context)
    return result


def test_courses_to_archive(connection: str, world: World, tasks: dict[str, Any]) -> None:
    """The form's courses are archived, or all of an account and term, also unpublished ones without enrollments."""
    courses = tasks["courses"].python_callable
    assert courses(params={**EVERYTHING, "course_ids": [1010, "sis_course_id:A"]}) == [1010, "sis_course_id:A"]
    with world.lock:
        world.tables.courses[2001].workflow_state = "completed"
        world.tables.courses[2002].workflow_state = "deleted"
        live = [course for course in world.tables.courses.values() if course.workflow_state != "deleted"]
        of_term = [course.id for course in live if course.enrollment_term_id == 8]
    assert {"unpublished", "available", "completed"} <= {course.workflow_state for course in live}
    assert courses(params=EVERYTHING) == sorted(course.id for course in live)
    assert courses(params={**EVERYTHING, "enrollment_term_id": 8}) == sorted(of_term)


def test_no_courses(connection: str, world: World, tasks: dict[str, Any], tmp_path: Path) -> None:
    """Without courses to archive, the listing fails, and no index is written."""
    with world.lock:
        for course in world.tables.courses.values():
            course.workflow_state = "deleted"
    with pytest.raises(AirflowFailException, match="Account self has no courses in term 8"):
        tasks["courses"].python_callable(params={**EVERYTHING, "enrollment_term_id": 8})
    with pytest.raises(RuntimeError, match="see the task courses"):
        tasks["index"].python_callable(f"{tmp_path}/index.json", None, [])
    assert list(tmp_path.iterdir()) == []


def test_two_months(connection: str, world: World, tasks: dict[str, Any], tmp_path: Path) -> None:
    """Each month has an index; an unchanged course keeps the object of the month before."""
    world.settings.change({"export_seconds": 0.3})
    january, february = (datetime.datetime(2026, month, 1, tzinfo=datetime.UTC) for month in (1, 2))
    first = [archive(tasks, course, tmp_path, january) for course in (1010, "sis_course_id:BIOL-1010-002")]
    assert [Path(row["path"]).relative_to(tmp_path).as_posix() for row in first] == [
        "2026-01-01/course-1010.imscc",
        "2026-01-01/course-2002.imscc",
    ]
    with world.lock:
        world.tables.courses[2002].name = "Renamed"
    second = [archive(tasks, course, tmp_path, february) for course in (1010, 2002)]
    assert [row["exported"] for row in second] == [False, True]
    assert second[0]["path"] == first[0]["path"]
    index = tasks["index"].python_callable
    path = f"{tmp_path}/2026-02-01/index.json"
    assert index(path, [1010, 2002], second) == {
        "path": path,
        "courses": 2,
        "exported": 1,
        "bytes": Path(second[1]["path"]).stat().st_size,
    }
    assert json.loads(Path(path).read_text()) == second
    with pytest.raises(RuntimeError, match="1 of 3 courses were not archived"):
        index(path, [1010, 2002, 2003], second)
