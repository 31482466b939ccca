"""Copy a part of a course into another course: selected modules, pages or assignments.

What: one selective import. Canvas lists the content of the source, the form selects items by title or pattern, and only
these are copied. If a pattern matches nothing, the run fails before anything is copied, and lists the available items.

When: by hand, with the form, for example when a section needs one week of the master course.

Before: a connection ``canvas_default`` whose token may read the source as a teacher and edit the destination.
"""

from __future__ import annotations

from airflow.sdk import Param, dag

from airflow_provider_canvas.operators.selective_import import CanvasSelectiveImportOperator

ID = r"^(\d+(~\d+)?|(?!https?:)[a-z_:]+:.+|self|all)?$"
"""A number, a form such as ``sis_course_id:...``, or a word that Canvas knows."""


@dag(
    dag_id="canvas_selective_copy",
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
        "course_id": Param(
            "sis_course_id:BIOL-1010-001",
            type="string",
            pattern=ID,
            minLength=1,
            title="Destination",
            description="Copy into this course: its number, or sis_course_id:...",
        ),
        "choose": Param(
            {"modules": ["Week 1*"], "syllabus_body": True},
            type="object",
            title="Selection",
            description="Types with titles or patterns, or with true for all: "
            '{"modules": ["Week 1*", "Week 2*"], "pages": ["Welcome*"], "rubrics": true}.',
        ),
    },
)
def canvas_selective_copy() -> None:
    """Copy the selected items."""
    CanvasSelectiveImportOperator(
        task_id="copy_selected",
        source_course_id="{{ params.source_course_id }}",
        course_id="{{ params.course_id }}",
        choose="{{ params.choose }}",
        deferrable=True,
    )


canvas_selective_copy()
