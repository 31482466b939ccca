"""Publish the courses of a term, and verify each.

What: publishes the courses of the form, or, if the form has none, the unpublished courses of a term. If there are none,
the tasks are skipped. The courses are sent in chunks of 500. The task waits in the triggerer and then checks each
course, because a completed batch says nothing about a single course. The state of each course is written to a file of
JSON lines, and failures are logged.

When: by hand, some days before a term begins.

Before: a connection ``canvas_default`` whose token is an administrator's of the account.
"""

from __future__ import annotations

import logging
from typing import Any

from airflow.sdk import Param, dag, task

from airflow_provider_canvas.operators.batch_update_courses import CanvasBatchUpdateCoursesOperator

ID = r"^(\d+(~\d+)?|(?!https?:)[a-z_:]+:.+|self|all)?$"
"""A number, a form such as ``sis_course_id:...``, or a word that Canvas knows."""


@dag(
    dag_id="canvas_publish_term",
    schedule=None,
    catchup=False,
    tags=["canvas", "example"],
    doc_md=__doc__,
    render_template_as_native_obj=True,
    default_args={"retries": 2},
    params={
        "account_id": Param(
            "self",
            type="string",
            pattern=ID,
            minLength=1,
            title="Account",
            description="The courses' account or a parent account: a number, sis_account_id:..., or self (the root).",
        ),
        "course_ids": Param(
            [],
            type=["null", "array"],
            title="Courses",
            description="Numbers or sis_course_id:..., one per line; if empty, all unpublished courses of the term.",
        ),
        "sis_term_id": Param(
            "2026SU8",
            type=["null", "string"],
            title="Term",
            description="The SIS id of the term; used if there are no courses above.",
        ),
        "output_path": Param(
            None,
            type=["null", "string"],
            section="Results",
            title="File",
            description="The file for the state of each course, such as s3://aws_default@bucket/published.jsonl.",
        ),
    },
)
def canvas_publish_term() -> None:
    """Find the courses, publish them, and report the state of each."""

    @task
    def find_courses(params: dict[str, Any] | None = None) -> list[int | str]:
        """Return the ids of the courses to publish."""
        from airflow.providers.common.compat.sdk import AirflowFailException, AirflowSkipException

        from airflow_provider_canvas.hooks.canvas import CanvasHook
        from airflow_provider_canvas.utils.waiting import fail_without_retry

        params = params or {}
        if course_ids := params.get("course_ids"):
            return list(course_ids)
        if not (term := params.get("sis_term_id")):
            raise AirflowFailException("Name courses, or a term.")
        with fail_without_retry():  # a wrong id or a missing permission fails again until a person corrects it
            unpublished = CanvasHook().accounts.courses(
                account_id=params["account_id"], enrollment_term_id=f"sis_term_id:{term}", state=["created", "claimed"]
            )
            course_ids = [course["id"] for course in unpublished]
        if course_ids:
            return course_ids
        raise AirflowSkipException(f"Term {term} has no unpublished courses.")

    publish = CanvasBatchUpdateCoursesOperator(
        task_id="publish",
        account_id="{{ params.account_id }}",
        course_ids=find_courses(),
        event="offer",
        output_path="{{ params.output_path }}",
        deferrable=True,
        fail_on_errors=False,
    )

    @task(retries=0)
    def report(published: dict[str, Any]) -> str:
        """Log how many courses are published, and fail if one is not."""
        log, failed = logging.getLogger(__name__), published["failed_count"]
        summary = f"{published['courses'] - failed} of {published['courses']} courses are published."
        log.info(summary)
        for course in published["failed"]:
            log.warning("Course %s: %s", course["course_id"], course["why"])
        if failed:
            raise ValueError(f"{summary} The first failure: {published['failed'][0]}")
        return summary

    report(publish.output)


canvas_publish_term()
