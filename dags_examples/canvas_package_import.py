"""Import packages from a folder into the courses of a table, and classify the issues that Canvas raised.

What: one mapped task per row of the table uploads the row's package into its course, and waits until Canvas has
imported it. Then one task collects and classifies the issues of all imports, including failed ones. The run fails if a
package was not imported.

When: by hand, with the form, for example when a vendor delivers the packages of a term.

Before: a connection ``canvas_default`` whose token may import into the courses; the packages in one folder, on any
object storage that Airflow supports, or on a disk that every worker has.
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
            description="The folder of the packages: a path on any object storage, or a local one.",
        ),
        "table": Param(
            [{"package": "biology.imscc", "course_id": "sis_course_id:BIOL-1010-001"}],
            type="array",
            items=ROW,
            title="Table",
            description="The course for each package: its number, or sis_course_id:...",
        ),
        "migration_type": Param(
            "canvas_cartridge_importer",
            type="string",
            enum=["canvas_cartridge_importer", "common_cartridge_importer", "qti_converter", "moodle_converter"],
            title="Type",
            description="The format of the packages; canvas_cartridge_importer is an export of Canvas.",
        ),
    },
)
def canvas_package_import() -> None:
    """Import the package of each row, then classify the issues."""

    @task
    def rows(params: Any = None) -> list[dict[str, Any]]:
        """Return the table with complete paths."""
        folder = params["folder"].rstrip("/")
        return [{**row, "package": f"{folder}/{row['package']}"} for row in params["table"]]

    imported = CanvasImportPackageOperator.partial(
        task_id="import_package",
        map_index_template="course {{ task.course_id }}",
        migration_type="{{ params.migration_type }}",
        importer_skips=["visibility_settings"],  # no import makes a course public
        if_not_empty="warn",
        fail_on_issues=None,  # the next task collects the issues
        deferrable=True,
        max_active_tis_per_dag=8,  # parallel uploads; deferred tasks do not count
    ).expand_kwargs(rows())

    CanvasMigrationIssuesOperator(
        task_id="triage_issues",
        content_migrations=imported.output["content_migration"],  # failed imports write it, too
        trigger_rule="all_done",
    )

    @task
    def count(arrived: Any) -> int:
        """Return the number of imported packages. If one failed, this task does not run, and the run fails."""
        return len(arrived)

    count(imported.output)


canvas_package_import()
