"""Test what Airflow prints of an author's mistake: one sentence, without the frames of this package below it."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from canvas_emulator.model.world import World

from airflow_provider_canvas.operators.api import CanvasApiOperator
from airflow_provider_canvas.operators.course_copy import CanvasCourseCopyOperator
from airflow_provider_canvas.operators.import_package import CanvasImportPackageOperator
from airflow_provider_canvas.operators.update_course import CanvasUpdateCourseOperator
from airflow_provider_canvas.sensors.progress import CanvasProgressSensor
from tests.support.task_attempt import Attempt

MAX_FRAMES = 4
"""The frames of this package that the exception of a task passes: ``execute`` (of a sensor also ``poke``), and the
handler of its errors."""

MISTAKES: dict[str, Callable[[], Any]] = {
    "an id that is none": lambda: CanvasCourseCopyOperator(
        task_id="task", source_course_id="BIO-1", destination_course_id=2001
    ),
    "a course that does not exist": lambda: CanvasCourseCopyOperator(
        task_id="task", source_course_id=1010, destination_course_id=98765
    ),
    "a field that does not exist": lambda: CanvasUpdateCourseOperator(
        task_id="task", course_id=2001, course={"nmae": "Biology"}
    ),
    "an endpoint that does not exist": lambda: CanvasApiOperator(task_id="task", endpoint="courses.gte"),
    "a package that does not exist": lambda: CanvasImportPackageOperator(
        task_id="task", course_id=2001, package="/no/such.imscc", migration_type="qti_converter"
    ),
    "a Progress that does not exist": lambda: CanvasProgressSensor(
        task_id="task", progress_id="x", deferrable=False, poke_interval=0.1
    ),
}


@pytest.mark.parametrize("make", MISTAKES.values(), ids=MISTAKES)
def test_printed_mistake(connection: str, world: World, make: Callable[[], Any]) -> None:
    """The message is printed once, no other exception is, and no frame of the code that found the mistake."""
    task = make()
    with pytest.raises(AirflowFailException) as failure:
        task.execute(Attempt().context(task))
    printed = "".join(traceback.format_exception(failure.value))
    assert printed.count(str(failure.value)) == 1
    assert "The above exception" not in printed
    assert "During handling" not in printed
    assert printed.count("airflow_provider_canvas/") <= MAX_FRAMES
