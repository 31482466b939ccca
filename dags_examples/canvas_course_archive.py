"""Archive courses to object storage, each as a Common Cartridge with a manifest, and skip unchanged courses.

What: exports the courses of the form, or every course of an account or of one of its terms, including unpublished and
concluded ones, to ``<root>/<day>/course-<id>.imscc``. ``<root>/manifests/course-<id>.json`` has the path, size and
SHA-256 of each course's newest object. A course that has not changed since is not exported again. At the end,
``<root>/<day>/index.json`` lists all courses. An export never contains student work or grades.

When: monthly, or by hand with the form.

Before: a connection ``canvas_default`` whose token is an administrator's of the account, or a teacher's of the courses
in the form; for a bucket, its connection and Airflow's provider for it (``s3://aws_default@bucket/canvas``). One run
takes at most ``[core] max_map_length`` courses, by default 1024: select a term in the form, or raise the limit.
"""

from __future__ import annotations

import json
from typing import Any

from airflow.sdk import ObjectStoragePath, Param, dag, task

from airflow_provider_canvas.transfers.export_to_object_storage import CanvasExportToObjectStorageOperator

ID = r"^(\d+(~\d+)?|(?!https?:)[a-z_:]+:.+|self|all)?$"
"""A number, a form such as ``sis_course_id:...``, or a word that Canvas knows."""


@dag(
    dag_id="canvas_course_archive",
    schedule="@monthly",
    catchup=False,
    max_active_runs=1,
    tags=["canvas", "example"],
    doc_md=__doc__,
    default_args={"retries": 2},
    params={
        "root": Param(
            "file:///tmp/canvas-archive",
            type="string",
            title="Archive",
            description="A folder on any object storage, such as s3://aws_default@bucket/canvas, or a local one.",
        ),
        "course_ids": Param(
            None,
            type=["null", "array"],
            title="Courses",
            description="Numbers or sis_course_id:..., one per line; if empty, all courses of the account.",
        ),
        "account_id": Param(
            "self",
            type="string",
            pattern=ID,
            minLength=1,
            title="Account",
            description="Its number, sis_account_id:..., or self for the root account; includes its sub-accounts.",
        ),
        "enrollment_term_id": Param(
            None,
            type=["null", "string"],
            pattern=ID,
            title="Term",
            description="Only courses of this term: its number, or sis_term_id:....",
        ),
    },
)
def canvas_course_archive() -> None:
    """List the courses, archive each, and write the index."""

    @task
    def courses(params: Any = None) -> list[int | str]:
        """Return the courses of the form, or all courses of the account or term."""
        from airflow.providers.common.compat.sdk import AirflowFailException

        from airflow_provider_canvas.hooks.canvas import CanvasHook
        from airflow_provider_canvas.utils.waiting import fail_without_retry

        if params["course_ids"]:
            return list(params["course_ids"])
        account_id, term_id = params["account_id"], params["enrollment_term_id"] or None
        with fail_without_retry():  # a wrong id or a missing permission fails again until a person corrects it
            listed = CanvasHook().accounts.courses(account_id=account_id, enrollment_term_id=term_id)
            course_ids = [course["id"] for course in listed]
        if course_ids:
            return course_ids
        raise AirflowFailException(f"Account {account_id} has no courses{f' in term {term_id}' if term_id else ''}.")

    wanted = courses()
    archived = CanvasExportToObjectStorageOperator.partial(
        task_id="archive",
        map_index_template="course {{ task.course_id }}",
        path="{{ params.root }}/{{ dag_run.run_after | ds }}/course-{course_id}.imscc",
        manifest_path="{{ params.root }}/manifests/course-{course_id}.json",
        deferrable=True,
        max_active_tis_per_dag=8,  # parallel downloads; deferred tasks do not count
    ).expand(course_id=wanted)

    @task(trigger_rule="all_done", retries=0)
    def index(path: str, wanted: list[int | str] | None, archived: Any) -> dict[str, Any]:
        """Write the result of each archived course, and fail if a course was not archived."""
        if not wanted:
            raise RuntimeError("There are no courses to archive: see the task courses.")
        rows = list(archived)
        target = ObjectStoragePath(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            file.write(json.dumps(rows, indent=2).encode() + b"\n")
        if len(rows) < len(wanted):
            raise RuntimeError(
                f"{len(wanted) - len(rows)} of {len(wanted)} courses were not archived: see their tasks."
            )
        exported = [row["size"] for row in rows if row["exported"]]
        return {"path": path, "courses": len(rows), "exported": len(exported), "bytes": sum(exported)}

    index("{{ params.root }}/{{ dag_run.run_after | ds }}/index.json", wanted, archived.output)


canvas_course_archive()
