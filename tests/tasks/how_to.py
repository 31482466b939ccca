"""Define the documentation's snippets that are in no example DAG, with one DAG per page, so that tests can run them."""

from __future__ import annotations

from airflow.sdk import DAG, task

from airflow_provider_canvas.operators.api import CanvasApiOperator
from airflow_provider_canvas.operators.batch_update_courses import CanvasBatchUpdateCoursesOperator
from airflow_provider_canvas.operators.bulk_course_copy import CanvasBulkCourseCopyOperator
from airflow_provider_canvas.operators.content_export import CanvasContentExportOperator
from airflow_provider_canvas.operators.content_migration import CanvasContentMigrationOperator
from airflow_provider_canvas.operators.course_copy import CanvasCourseCopyOperator
from airflow_provider_canvas.operators.create_course import CanvasCreateCourseOperator
from airflow_provider_canvas.operators.delete_course import CanvasDeleteCourseOperator
from airflow_provider_canvas.operators.find_copies import CanvasFindCopiesOperator
from airflow_provider_canvas.operators.legacy_course_copy import CanvasLegacyCourseCopyOperator
from airflow_provider_canvas.operators.migration_issues import CanvasMigrationIssuesOperator
from airflow_provider_canvas.operators.plan_course_copies import CanvasPlanCourseCopiesOperator
from airflow_provider_canvas.operators.reconcile import CanvasReconcileOperator
from airflow_provider_canvas.operators.reconcile_batch import CanvasReconcileBatchOperator
from airflow_provider_canvas.operators.repair_links import CanvasRepairLinksOperator
from airflow_provider_canvas.operators.reset_course import CanvasResetCourseOperator
from airflow_provider_canvas.operators.update_course import CanvasUpdateCourseOperator
from airflow_provider_canvas.sensors.content_export import CanvasContentExportSensor
from airflow_provider_canvas.sensors.content_migration import CanvasContentMigrationSensor
from airflow_provider_canvas.sensors.legacy_course_copy import CanvasLegacyCourseCopySensor
from airflow_provider_canvas.sensors.progress import CanvasProgressSensor


@task
def find_courses() -> list[str]:
    """Return the courses to publish."""
    return ["sis_course_id:BIOL-1010-001", "sis_course_id:BIOL-1010-003"]


with DAG("course_copy", schedule=None):
    CanvasCourseCopyOperator(
        task_id="copy_course",
        source_course_id="sis_course_id:TMPL-BIOL1010",
        destination_course_id="sis_course_id:BIOL-1010-001",
        old_start_date="2026-01-12",
        old_end_date="2026-03-08",
        new_start_date="2026-08-24",
        new_end_date="2026-10-18",
        day_substitutions={1: 2},  # Mondays become Tuesdays
        importer_skips=["visibility_settings"],
        deferrable=True,
        retries=2,
    )

with DAG("term", schedule=None):
    CanvasPlanCourseCopiesOperator(
        task_id="plan",
        copies="s3://aws_default@bucket/fall_2026.csv",
        batch="fall-2026",
        sql_conn_id="warehouse",
    )
    CanvasBulkCourseCopyOperator(
        task_id="copy",
        batch="fall-2026",
        sql_conn_id="warehouse",
        fail_if={"unsuccessful": 0, "not_tried": 0},
        deferrable=True,
        retries=2,
    )
    CanvasReconcileBatchOperator(
        task_id="reconcile_term",
        batch="fall-2026",
        sql_conn_id="warehouse",
        report_path="s3://aws_default@my-bucket/canvas",
        fail_if={"unreadable": "2 %", "fail": 0, "missing": 0, "stale_links": 500},
    )

with DAG("copies_input", schedule=None):
    CanvasPlanCourseCopiesOperator(
        task_id="plan_query",
        copies="SELECT master AS source, section AS destination, department FROM sections WHERE term = '2026FA'",
        batch="fall-2026",
        sql_conn_id="warehouse",
    )

with DAG("mapped_copies", schedule=None):
    CanvasCourseCopyOperator.partial(
        task_id="copy_section",
        source_course_id="sis_course_id:TMPL-BIOL1010",
        deferrable=True,
        max_active_tis_per_dagrun=16,
    ).expand(destination_course_id=["sis_course_id:BIOL-1010-001", "sis_course_id:BIOL-1010-002"])

with DAG("legacy_course_copy", schedule=None):
    CanvasLegacyCourseCopyOperator(
        task_id="copy_course",
        source_course_id="sis_course_id:TMPL-BIOL1010",
        destination_course_id="sis_course_id:BIOL-1010-003",
        only=["quizzes", "assignments"],
        deferrable=True,
    )
    CanvasLegacyCourseCopySensor(
        task_id="wait_for_copy",
        course_id=2003,
        content_migration_id="{{ params.content_migration_id }}",
        deferrable=True,
    )

with DAG("content_migrations", schedule=None):
    CanvasContentMigrationOperator(
        task_id="import_files",
        group_id="{{ params.group_id }}",
        migration_type="zip_file_importer",
        package="s3://aws_default@bucket/handouts.zip",
        settings={"folder_id": "{{ params.folder_id }}"},
        deferrable=True,
    )

with DAG("exports", schedule=None):
    CanvasContentExportOperator(task_id="export", course_id="sis_course_id:BIOL-1010-001", deferrable=True, retries=2)

with DAG("courses", schedule=None):
    CanvasBatchUpdateCoursesOperator(
        task_id="publish",
        account_id="self",
        course_ids=find_courses(),  # any number of ids: numbers or sis_course_id:...
        event="offer",
        output_path="s3://aws_default@bucket/published.jsonl",
        deferrable=True,
    )
    CanvasCreateCourseOperator(
        task_id="create",
        account_id="self",
        course={"name": "Biology", "sis_course_id": "BIOL-1010-NEW", "term_id": "sis_term_id:2026SU8"},
        if_exists="return",
    )
    CanvasUpdateCourseOperator(
        task_id="rename",
        course_id="sis_course_id:BIOL-1010-NEW",
        course={"name": "Biology", "event": "offer"},
        fail_on_ignored=True,
    )
    CanvasResetCourseOperator(task_id="reset", course_id="sis_course_id:BIOL-1010-NEW")
    CanvasDeleteCourseOperator(task_id="delete", course_id="sis_course_id:BIOL-1010-NEW", event="conclude")

with DAG("hook", schedule=None):
    CanvasApiOperator(
        task_id="list_courses",
        endpoint="courses.list",
        arguments={"include": ["term"], "state": ["available"]},
        output_path="s3://aws_default@bucket/courses/{{ ds }}.jsonl",
    )

with DAG("reconciliation", schedule=None):
    copy = CanvasCourseCopyOperator(
        task_id="copy_course",
        source_course_id="sis_course_id:TMPL-BIOL1010",
        destination_course_id="sis_course_id:BIOL-1010-001",
        fail_on_issues=None,
        deferrable=True,
    )
    CanvasMigrationIssuesOperator(
        task_id="issues",
        content_migrations=copy.output,  # the result of an operator that creates migrations, also of mapped tasks
        resolve=["title_shortened"],
        output_path="s3://aws_default@bucket/issues.jsonl",
    )
    CanvasReconcileOperator(
        task_id="reconcile",
        destination_course_id="sis_course_id:BIOL-1010-001",
        content_migration_id="{{ ti.xcom_pull('copy_course')['content_migration_id'] }}",
        sql_conn_id="warehouse",  # SQLite or PostgreSQL
        report_path="s3://aws_default@my-bucket/canvas",  # any object storage that Airflow supports
        fail_if={"missing": 0, "errors": 0, "coverage_below": 98},
    )

with DAG("past_terms", schedule=None):
    CanvasFindCopiesOperator(
        task_id="find",
        account_id="sis_account_id:BIOL",
        enrollment_term_id="sis_term_id:2026SU8",
        batch="past summer-2026",
        sql_conn_id="warehouse",
    )
    CanvasReconcileBatchOperator(
        task_id="reconcile",
        batch="past summer-2026",
        sql_conn_id="warehouse",
        report_path="s3://aws_default@my-bucket/canvas",
    )

with DAG("sensors", schedule=None):
    CanvasContentMigrationSensor(
        task_id="wait_for_import", course_id=2001, content_migration_id="{{ params.content_migration_id }}"
    )
    CanvasContentExportSensor(
        task_id="wait_for_export", course_id=2001, content_export_id="{{ params.content_export_id }}", deferrable=True
    )
    CanvasProgressSensor(
        task_id="wait_for_progress", progress_url="{{ ti.xcom_pull('start')['progress_url'] }}", deferrable=True
    )
    CanvasProgressSensor(
        task_id="poll_every_two_minutes", progress_id="{{ params.progress_id }}", mode="reschedule", poke_interval=120
    )
    CanvasContentMigrationSensor(
        task_id="wait_for_selection",
        course_id=2001,
        content_migration_id="{{ params.content_migration_id }}",
        until=["waiting_for_select", "completed"],
    )

with DAG("repair", schedule=None):
    CanvasRepairLinksOperator(
        task_id="plan_repair",
        batch="fall-2026",
        sql_conn_id="warehouse",
        report_path="s3://aws_default@my-bucket/canvas",
    )
    CanvasRepairLinksOperator(
        task_id="repair",
        batch="fall-2026",
        sql_conn_id="warehouse",
        dry_run=False,
        backup_path="s3://aws_default@my-bucket/canvas-backups",
        report_path="s3://aws_default@my-bucket/canvas",
    )
    CanvasRepairLinksOperator(
        task_id="undo_repair",
        undo="manual__2026-09-01T08:00:00+00:00",
        sql_conn_id="warehouse",
        dry_run=False,
    )
