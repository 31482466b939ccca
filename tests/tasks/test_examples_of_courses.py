"""The example DAGs about courses run against a local Canvas, with the results that they document."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("airflow.sdk", reason="the examples are written for Airflow 3")

from airflow.exceptions import AirflowSkipException, TaskDeferred
from airflow.providers.common.compat.sdk import AirflowFailException
from canvas_emulator.model.content import Page, Quiz
from canvas_emulator.model.world import World

from tests.support.dag_files import dags_in
from tests.support.task_attempt import Attempt, fired, resumed

ROOT = Path(__file__).parents[2]


def example(name: str) -> Any:
    (dag,) = dags_in(ROOT / "dags_examples" / f"{name}.py").values()
    return dag


def run(task: Any, params: dict[str, Any], **rendered: Any) -> Any:
    """Run a task of an example DAG to its end, and return its result.

    :param task: The task.
    :param params: The values of the form.
    :param rendered: Values of fields that hold the result of another task.
    """
    attempt = Attempt(params=params)
    for name, value in {**rendered, "poll_interval": 0.1}.items():
        setattr(task, name, value)
    context = attempt.context(task)
    task.render_template_fields(context)
    try:
        return task.execute(context)
    except TaskDeferred as deferral:
        return resumed(task, deferral, asyncio.run(fired(deferral)), attempt)


def form(dag: Any, **filled_in: Any) -> dict[str, Any]:
    return {**dag.params.dump(), **filled_in}


def test_publishing_a_term(connection: str, world: World, tmp_path: Path) -> None:
    """The DAG finds, publishes, verifies and counts the unpublished courses of a term."""
    with world.lock:
        for course in world.tables.courses.values():
            course.workflow_state = "unpublished" if course.id in (2001, 2002, 1010) else "available"
    dag, path = example("canvas_publish_term"), tmp_path / "published.jsonl"
    params = form(dag, output_path=str(path))
    find, publish, report = (dag.get_task(name) for name in ("find_courses", "publish", "report"))
    assert publish.upstream_task_ids == {"find_courses"}
    course_ids = find.python_callable(params)
    assert course_ids == [2001, 2002]
    result = run(publish, params, course_ids=course_ids)
    assert result["counts"] == {"available": 2}
    assert [json.loads(line)["workflow_state"] for line in path.read_text().splitlines()] == ["available"] * 2
    assert report.python_callable(result) == "2 of 2 courses are published."


def test_publishing_a_term_without_unpublished_courses(connection: str, world: World) -> None:
    """Without unpublished courses the task is skipped; a missing or unknown term is an error."""
    with world.lock:
        for course in world.tables.courses.values():
            course.workflow_state = "available"
    dag = example("canvas_publish_term")
    find = dag.get_task("find_courses").python_callable
    with pytest.raises(AirflowSkipException, match="Term 2026SU8 has no unpublished courses"):
        find(form(dag))
    with pytest.raises(AirflowFailException, match="Name courses, or a term"):
        find(form(dag, sis_term_id=None))
    with pytest.raises(AirflowFailException, match="sis_term_id:1999"):
        find(form(dag, sis_term_id="1999"))


def test_publishing_listed_courses(connection: str, world: World) -> None:
    """If a listed course does not exist, the report fails and names it."""
    dag = example("canvas_publish_term")
    params = form(dag, course_ids=[2001, 999])
    course_ids = dag.get_task("find_courses").python_callable(params)
    result = run(dag.get_task("publish"), params, course_ids=course_ids)
    assert (result["failed_count"], result["counts"]["available"]) == (1, 1)
    with pytest.raises(ValueError, match=r"1 of 2 courses are published.*999"):
        dag.get_task("report").python_callable(result)


def test_copy_by_the_deprecated_endpoint(connection: str, world: World) -> None:
    """The DAG copies only the types of content in the form."""
    dag = example("canvas_legacy_course_copy")
    with world.lock:
        before = len(world.live(Page, 2003))
    result = run(dag.get_task("copy_course"), form(dag, only=["quizzes"]))
    assert (result["destination_course_id"], result["workflow_state"]) == (2003, "completed")
    with world.lock:
        assert world.live(Quiz, 2003)
        assert len(world.live(Page, 2003)) == before
