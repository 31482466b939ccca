"""Copy a course into another, on demand from a form.

What: copies one course, and waits in the triggerer. Dates are shifted and content is selected if the form says so. When
the copy is complete, the course's asset ``canvas://<host>/courses/<id>`` gets an event, which starts the DAG
``canvas_asset_reconciliation``.

When: by hand, or from another DAG with ``TriggerDagRunOperator``.

Before: a connection ``canvas_default`` whose token may read the source as a teacher and edit the destination.
"""

from __future__ import annotations

from airflow.sdk import AssetAlias, Param, dag

from airflow_provider_canvas.operators.course_copy import CanvasCourseCopyOperator

DATE = {"type": ["null", "string"], "format": "date", "section": "Dates"}

ID = r"^(\d+(~\d+)?|(?!https?:)[a-z_:]+:.+|self|all)?$"
"""A number, a form such as ``sis_course_id:...``, or a word that Canvas knows."""


@dag(
    dag_id="canvas_course_copy",
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
            "sis_course_id:BIOL-1010-002",
            type="string",
            pattern=ID,
            minLength=1,
            title="Destination",
            description="Copy into this course: its number, or sis_course_id:...",
        ),
        "old_start_date": Param(
            None,
            **DATE,
            title="The source began",
            description="The first day of the source: dates are shifted by the distance of both first days.",
        ),
        "old_end_date": Param(
            None,
            **DATE,
            title="The source ended",
            description="The last day of the source.",
        ),
        "new_start_date": Param(
            None,
            **DATE,
            title="The destination begins",
            description="The first day of the destination.",
        ),
        "new_end_date": Param(
            None,
            **DATE,
            title="The destination ends",
            description="The last day of the destination.",
        ),
        "select": Param(
            None,
            type=["null", "object"],
            title="Selection",
            description='Copy only these items, such as {"pages": [12], "assignments": [3, 4]}; if empty, everything.',
            section="Content",
        ),
    },
)
def canvas_course_copy() -> None:
    """Copy a course, and announce the copy."""
    CanvasCourseCopyOperator(
        task_id="copy_course",
        source_course_id="{{ params.source_course_id }}",
        destination_course_id="{{ params.destination_course_id }}",
        old_start_date="{{ params.old_start_date }}",
        old_end_date="{{ params.old_end_date }}",
        new_start_date="{{ params.new_start_date }}",
        new_end_date="{{ params.new_end_date }}",
        select="{{ params.select }}",
        deferrable=True,
        outlets=[AssetAlias("canvas_course_copies")],
    )


canvas_course_copy()
