"""Archive courses: each as a Common Cartridge in a storage, with a manifest, again only when it has changed.

What: exports the courses of the form, or every course of an account or of a term in it, unpublished and concluded ones
too, and writes ``<root>/<day>/course-<id>.imscc``. ``<root>/manifests/course-<id>.json`` says of each course where its
newest object is, with size and SHA-256; a course that has not changed since is not exported again. At the end
``<root>/<day>/index.json`` lists them all. Student work and grades are not part of an export.

When: monthly, or by hand with the form.

Before: a connection ``canvas_default`` whose token is an administrator's of the account, or a teacher's of the courses
that the form names; for a bucket its connection and Airflow's provider for it (``s3://aws_default@bucket/canvas``). One
run takes as many courses as ``[core] max_map_length`` says, 1024 by default: narrow the form to a term, or raise it.
"""

from __future__ import annotations

import json
from typing import Any

from airflow.sdk import ObjectStoragePath, Param, dag, task

from airflow_provider_canvas.transfers.export_to_object_storage import CanvasExportToObjectStorageOperator


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
            description="A directory on any object storage, such as s3://aws_default@bucket/canvas, or a local one.",
        ),
        "course_ids": Param(
            None,
            type=["null", "array"],
            title="Courses",
            description="Numbers or sis_course_id:..., one a line; all of the account if empty.",
        ),
        "account_id": Param(
            "self",
            type=["string", "integer"],
            title="Account",
            description="Its number, sis_account_id:..., or self for the whole Canvas; those below it belong to it.",
        ),
        "enrollment_term_id": Param(
            None,
            type=["null", "string", "integer"],
            title="Term",
            description="Only courses of this one: its number, or sis_term_id:....",
        ),
    },
)
def canvas_course_archive() -> None:
    """List the courses, archive each, and write the index."""

    @task
    def courses(params: Any = None) -> list[int | str]:
        """Return the courses of the form, or all of the account, or of the term in it."""
        from airflow.providers.common.compat.sdk import AirflowFailException

        from airflow_provider_canvas.hooks.canvas import CanvasHook

        if params["course_ids"]:
            return list(params["course_ids"])
        account_id, term_id = params["account_id"], params["enrollment_term_id"] or None
        found = CanvasHook().accounts.courses(account_id=account_id, enrollment_term_id=term_id)
        if course_ids := [course["id"] for course in found]:
            return course_ids
        raise AirflowFailException(f"Account {account_id} has no courses{f' in term {term_id}' if term_id else ''}.")

    wanted = courses()
    archived = CanvasExportToObjectStorageOperator.partial(
        task_id="archive",
        map_index_template="course {{ task.course_id }}",
        path="{{ params.root }}/{{ dag_run.run_after | ds }}/course-{course_id}.imscc",
        manifest_path="{{ params.root }}/manifests/course-{course_id}.json",
        deferrable=True,
        max_active_tis_per_dag=8,  # downloads at a time; tasks that wait for Canvas do not count
    ).expand(course_id=wanted)

    @task(trigger_rule="all_done", retries=0)
    def index(path: str, wanted: list[int | str] | None, archived: Any) -> dict[str, Any]:
        """Write what there is of each course that was archived, and fail if some were not."""
        if not wanted:
            raise RuntimeError("Which courses to archive is not known: see the task courses.")
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
