"""Copy a course by the endpoint that Canvas has deprecated.

What: copies one course with ``POST courses/:course_id/course_copy``, and waits in the triggerer. It copies all types of
content, or some. Use ``canvas_course_copy`` for anything new; this DAG is for scripts that depend on the old endpoint.

When: by hand.

Before: a connection ``canvas_default`` whose token may read the source as a teacher and edit the destination.
"""

from __future__ import annotations

from airflow.sdk import Param, dag

from airflow_provider_canvas.operators.legacy_course_copy import CanvasLegacyCourseCopyOperator

KINDS = [
    "course_settings",
    "assignments",
    "external_tools",
    "files",
    "topics",
    "calendar_events",
    "quizzes",
    "wiki_pages",
    "modules",
    "outcomes",
]

ID = r"^(\d+(~\d+)?|(?!https?:)[a-z_:]+:.+|self|all)?$"
"""A number, a form such as ``sis_course_id:...``, or a word that Canvas knows."""


@dag(
    dag_id="canvas_legacy_course_copy",
    schedule=None,
    catchup=False,
    tags=["canvas", "example"],
    doc_md=__doc__,
    render_template_as_native_obj=True,
    default_args={"retries": 2},
    params={
        "source_course_id": Param(
            "sis_course_id:TMPL-BIOL1010",
            type="string",
            pattern=ID,
            minLength=1,
            title="Source",
            description="Copy from this course: its number, or sis_course_id:...",
        ),
        "destination_course_id": Param(
            "sis_course_id:BIOL-1010-003",
            type="string",
            pattern=ID,
            minLength=1,
            title="Destination",
            description="Copy into this course: its number, or sis_course_id:...",
        ),
        "only": Param(
            None,
            type=["null", "array"],
            items={"type": "string", "enum": KINDS},
            examples=KINDS,
            title="Only",
            description="Copy only these types of content; if empty, everything.",
        ),
    },
)
def canvas_legacy_course_copy() -> None:
    """Copy a course."""
    CanvasLegacyCourseCopyOperator(
        task_id="copy_course",
        source_course_id="{{ params.source_course_id }}",
        destination_course_id="{{ params.destination_course_id }}",
        only="{{ params.only or None }}",
        deferrable=True,
    )


canvas_legacy_course_copy()
