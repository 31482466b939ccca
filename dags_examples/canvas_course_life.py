"""Try all course operations on one new course: create, fill, publish, export, reset and delete it.

What: creates a course in an account, fills it from a template course, and publishes it. An operator exports it as a
Common Cartridge. A plain request, as another system would send it, exports its quizzes, and a sensor waits for this
export. Then the course is reset and deleted. Existing courses are not changed: if the SIS id is in use, the first task
fails.

When: by hand, to try a new connection or a new Canvas.

Before: a connection ``canvas_default`` whose token is an administrator's of the account.
"""

from __future__ import annotations

from airflow.sdk import Param, chain, dag

from airflow_provider_canvas.operators.api import CanvasApiOperator
from airflow_provider_canvas.operators.content_export import CanvasContentExportOperator
from airflow_provider_canvas.operators.content_migration import CanvasContentMigrationOperator
from airflow_provider_canvas.operators.create_course import CanvasCreateCourseOperator
from airflow_provider_canvas.operators.delete_course import CanvasDeleteCourseOperator
from airflow_provider_canvas.operators.reset_course import CanvasResetCourseOperator
from airflow_provider_canvas.operators.update_course import CanvasUpdateCourseOperator
from airflow_provider_canvas.sensors.content_export import CanvasContentExportSensor

COURSE = "sis_course_id:{{ params.sis_course_id }}"

ID = r"^(\d+(~\d+)?|(?!https?:)[a-z_:]+:.+|self|all)?$"
"""A number, a form such as ``sis_course_id:...``, or a word that Canvas knows."""


@dag(
    dag_id="canvas_course_life",
    schedule=None,
    catchup=False,
    max_active_runs=1,
    tags=["canvas", "example"],
    doc_md=__doc__,
    default_args={"retries": 2},
    params={
        "account_id": Param(
            "self",
            type="string",
            pattern=ID,
            minLength=1,
            title="Account",
            description="The account of the new course: a number, sis_account_id:..., or self for the root account.",
        ),
        "name": Param("Rehearsal", type="string", minLength=1, title="Name", description="The name of the new course."),
        "sis_course_id": Param(
            "REHEARSAL-1",
            type="string",
            minLength=1,
            title="SIS id",
            description="An SIS id that no course has.",
        ),
        "template": Param(
            "sis_course_id:TMPL-BIOL1010",
            type="string",
            pattern=ID,
            minLength=1,
            title="Template",
            description="Fill it from this course: its number, or sis_course_id:...",
        ),
        "force": Param(
            False,
            type="boolean",
            title="Reset with students",
            description="Reset the course even if students have been enrolled meanwhile.",
        ),
    },
)
def canvas_course_life() -> None:
    """Create a course, run each operation on it, and delete it."""
    create = CanvasCreateCourseOperator(
        task_id="create",
        account_id="{{ params.account_id }}",
        course={"name": "{{ params.name }}", "sis_course_id": "{{ params.sis_course_id }}"},
        if_exists="fail",
    )
    fill = CanvasContentMigrationOperator(
        task_id="fill",
        source_course_id="{{ params.template }}",
        course_id=COURSE,
        importer_skips=["visibility_settings"],
        fail_on_issues=None,
        deferrable=True,
    )
    publish = CanvasUpdateCourseOperator(task_id="publish", course_id=COURSE, offer=True)
    export = CanvasContentExportOperator(task_id="export", course_id=COURSE, deferrable=True)
    request_quizzes = CanvasApiOperator(
        task_id="request_quizzes",
        endpoint="content_exports.create",
        arguments={"course_id": COURSE, "export_type": "qti", "skip_notifications": True},
    )
    wait_for_quizzes = CanvasContentExportSensor(
        task_id="wait_for_quizzes",
        course_id=COURSE,
        content_export_id="{{ ti.xcom_pull('request_quizzes')['id'] }}",
        deferrable=True,
        timeout=3600,
    )
    reset = CanvasResetCourseOperator(task_id="reset", course_id=COURSE, allow_students="{{ params.force }}")
    delete = CanvasDeleteCourseOperator(task_id="delete", course_id=COURSE)

    chain(create, fill, publish, [export, request_quizzes])
    chain(request_quizzes, wait_for_quizzes)
    chain([export, wait_for_quizzes], reset, delete)


canvas_course_life()
