"""Import a folder of cartridges into courses, as a table says, and tell what to look at afterwards.

What: one mapped task a row of the table uploads the row's package into its course, and waits until Canvas has imported
it. Then one task collects the issues that Canvas raised in all of them, failed ones too, and says of each what kind it
is. The run has failed if one of the packages did not arrive.

When: by hand, with the form, such as when a vendor delivers the packages of a term.

Before: a connection ``canvas_default`` whose token may import into the courses; the packages in one folder, on any
object storage that Airflow knows, or on a disk that every worker has.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import Param, dag, task

from airflow_provider_canvas.operators.import_package import CanvasImportPackageOperator
from airflow_provider_canvas.operators.migration_issues import CanvasMigrationIssuesOperator

ROW = {
    "type": "object",
    "properties": {"package": {"type": "string"}, "course_id": {"type": ["string", "integer"]}},
    "required": ["package", "course_id"],
}


@dag(
    dag_id="canvas_package_import",
    schedule=None,
    catchup=False,
    tags=["canvas", "example"],
    doc_md=__doc__,
    render_template_as_native_obj=True,
    default_args={"retries": 2},
    params={
        "folder": Param(
            "s3://aws_default@course-packages/2026-summer",
            type="string",
            title="Folder",
            description="Where the packages are: a path on any object storage, or a local one.",
        ),
        "table": Param(
            [{"package": "biology.imscc", "course_id": "sis_course_id:BIOL-1010-001"}],
            type="array",
            items=ROW,
            title="Table",
            description="Which package goes into which course: its number, or sis_course_id:...",
        ),
        "migration_type": Param(
            "canvas_cartridge_importer",
            enum=["canvas_cartridge_importer", "common_cartridge_importer", "qti_converter", "moodle_converter"],
            title="Type",
            description="What the packages are; canvas_cartridge_importer is an export of Canvas.",
        ),
    },
)
def canvas_package_import() -> None:
    """Import each row, then sort the issues."""

    @task
    def rows(params: Any = None) -> list[dict[str, Any]]:
        """Return the table, with whole paths."""
        folder = params["folder"].rstrip("/")
        return [{**row, "package": f"{folder}/{row['package']}"} for row in params["table"]]

    imported = CanvasImportPackageOperator.partial(
        task_id="import_package",
        map_index_template="course {{ task.course_id }}",
        migration_type="{{ params.migration_type }}",
        importer_skips=["visibility_settings"],  # no import makes a course public
        if_not_empty="warn",
        fail_on_issues=None,  # the next task looks at them
        deferrable=True,
        max_active_tis_per_dag=8,  # uploads at a time; tasks that wait for Canvas do not count
    ).expand_kwargs(rows())

    CanvasMigrationIssuesOperator(
        task_id="triage_issues",
        content_migrations=imported.output["content_migration"],  # which those that fail leave behind, too
        trigger_rule="all_done",
    )

    @task
    def count(arrived: Any) -> int:
        """Return how many packages arrived. Where one did not, this does not run, and the whole run has failed."""
        return len(arrived)

    count(imported.output)


canvas_package_import()
