"""Define the three jobs of the crash matrix, each once deferred and once waiting in the worker."""

from __future__ import annotations

from typing import Any

from airflow.providers.common.compat.sdk import DAG, Param

from airflow_provider_canvas.operators.content_export import CanvasContentExportOperator
from airflow_provider_canvas.operators.course_copy import CanvasCourseCopyOperator
from airflow_provider_canvas.operators.import_package import CanvasImportPackageOperator
from tests.crash_matrix.breakpoints import hold_at

PARAMS = {
    "course_id": Param(0, type="integer"),
    "package": Param("", type="string"),
    "folder": Param("", type="string", description="The folder for the files of breakpoints.py."),
    "hold": Param("", type="string", description="The breakpoint at which to stop the task; see breakpoints.py."),
}

JOBS: dict[str, tuple[type, dict[str, Any]]] = {
    "course_copy": (
        CanvasCourseCopyOperator,
        {"source_course_id": "sis_course_id:TMPL-BIOL1010", "destination_course_id": "{{ params.course_id }}"},
    ),
    "upload_import": (
        CanvasImportPackageOperator,
        {
            "course_id": "{{ params.course_id }}",
            "package": "{{ params.package }}",
            "migration_type": "canvas_cartridge_importer",
            "fail_on_issues": None,
        },
    ),
    "export": (CanvasContentExportOperator, {"course_id": "{{ params.course_id }}"}),
}

for job, (operator, parameters) in JOBS.items():
    for deferrable in (True, False):
        with DAG(f"{job}_{'deferred' if deferrable else 'in_worker'}", schedule=None, params=PARAMS):
            operator(
                task_id="job",
                deferrable=deferrable,
                wait_in_worker=10,  # so that a worker can be killed while it waits
                poll_interval=3,
                retries=2,
                pre_execute=hold_at,
                **parameters,
            )
