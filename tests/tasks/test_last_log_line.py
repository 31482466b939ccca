"""Test that the log of each task ends with a sentence: what was done, how much, and where to look."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from airflow.providers.common.compat.sdk import BaseOperator
from canvas_emulator.model.world import World
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.get_provider_info import get_provider_info
from airflow_provider_canvas.operators.api import CanvasApiOperator
from airflow_provider_canvas.operators.batch_update_courses import CanvasBatchUpdateCoursesOperator
from airflow_provider_canvas.operators.bulk_course_copy import CanvasBulkCourseCopyOperator
from airflow_provider_canvas.operators.content_export import CanvasContentExportOperator
from airflow_provider_canvas.operators.content_migration import CanvasContentMigrationOperator
from airflow_provider_canvas.operators.course_copy import CanvasCourseCopyOperator
from airflow_provider_canvas.operators.create_course import CanvasCreateCourseOperator
from airflow_provider_canvas.operators.delete_course import CanvasDeleteCourseOperator
from airflow_provider_canvas.operators.find_copies import CanvasFindCopiesOperator
from airflow_provider_canvas.operators.import_package import CanvasImportPackageOperator
from airflow_provider_canvas.operators.legacy_course_copy import CanvasLegacyCourseCopyOperator
from airflow_provider_canvas.operators.migration_issues import CanvasMigrationIssuesOperator
from airflow_provider_canvas.operators.plan_course_copies import CanvasPlanCourseCopiesOperator
from airflow_provider_canvas.operators.reconcile import CanvasReconcileOperator
from airflow_provider_canvas.operators.reconcile_batch import CanvasReconcileBatchOperator
from airflow_provider_canvas.operators.repair_links import CanvasRepairLinksOperator
from airflow_provider_canvas.operators.reset_course import CanvasResetCourseOperator
from airflow_provider_canvas.operators.selective_import import CanvasSelectiveImportOperator
from airflow_provider_canvas.operators.update_course import CanvasUpdateCourseOperator
from airflow_provider_canvas.sensors.content_export import CanvasContentExportSensor
from airflow_provider_canvas.sensors.content_migration import CanvasContentMigrationSensor
from airflow_provider_canvas.sensors.legacy_course_copy import CanvasLegacyCourseCopySensor
from airflow_provider_canvas.sensors.progress import CanvasProgressSensor
from airflow_provider_canvas.transfers.export_to_object_storage import CanvasExportToObjectStorageOperator
from airflow_provider_canvas.utils.result_sentences import course_in_words
from tests.support.task_attempt import Attempt

TEMPLATE = "course 1010 ("

LOG = logging.getLogger("tests.last_log_line")
"""Airflow's own logger of tasks passes nothing on to pytest."""

WAITING = {"deferrable": False, "poll_interval": 0.05}

SENSING = {"deferrable": False, "poke_interval": 0.05}


class Story:
    """Tasks that run one after another, and the last line that each class logged.

    :param caplog: The log.
    """

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        self.last_lines: dict[type[BaseOperator], str] = {}
        self._caplog = caplog

    def run(self, kind: type[BaseOperator], **parameters: Any) -> Any:
        """Run a task in the worker, and return its result."""
        task = kind(task_id=f"task_{len(self.last_lines)}", **parameters)
        self._caplog.clear()
        with mock.patch.object(kind, "log", LOG):
            result = task.execute(Attempt(run_id=task.task_id).context(task))
        lines = [record for record in self._caplog.records if record.name == LOG.name]
        assert lines, f"{kind.__name__} logged nothing"
        assert lines[-1].levelno == logging.INFO, lines[-1].getMessage()
        self.last_lines[kind] = lines[-1].getMessage()
        return result


def public_tasks() -> set[str]:
    """Return the modules of all operators, sensors and transfers."""
    info = get_provider_info()
    modules = {module for group in (*info["operators"], *info["sensors"]) for module in group["python-modules"]}
    return modules | {transfer["python-module"] for transfer in info["transfers"]}


@pytest.mark.usefixtures("connection")
def test_last_log_lines(
    emulator: EmulatorServer,
    world: World,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The last line of each task names what it did, with ids and names, its duration or counts, and a place to look."""
    fields = {"conn_type": "sqlite", "host": f"{tmp_path}/canvas.db"}
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", json.dumps(fields))
    caplog.set_level(logging.INFO)
    story, url, report = Story(caplog), emulator.url, str(tmp_path / "reports")
    archive = str(tmp_path / "template.imscc")
    every_issue: dict[str, Any] = {"fail_on_issues": None, **WAITING}

    copied = story.run(CanvasCourseCopyOperator, source_course_id=1010, destination_course_id=2001, **every_issue)
    story.run(CanvasLegacyCourseCopyOperator, source_course_id=1010, destination_course_id=2003, **every_issue)
    story.run(
        CanvasSelectiveImportOperator,
        source_course_id=1010,
        course_id=2004,
        choose={"pages": ["Home"]},
        **every_issue,
    )
    exported = story.run(CanvasContentExportOperator, course_id=2001, **WAITING)
    story.run(CanvasExportToObjectStorageOperator, course_id=1010, path=archive, **WAITING)
    story.run(
        CanvasImportPackageOperator,
        course_id=2005,
        package=archive,
        migration_type="canvas_cartridge_importer",
        **every_issue,
    )
    story.run(CanvasContentMigrationOperator, course_id=2006, source_course_id=1010, **every_issue)
    migration = {"course_id": 2001, "content_migration_id": copied["content_migration_id"]}
    story.run(CanvasMigrationIssuesOperator, content_migrations=[migration])
    story.run(CanvasContentMigrationSensor, **migration, **SENSING)
    story.run(CanvasLegacyCourseCopySensor, **migration, **SENSING)
    story.run(CanvasContentExportSensor, course_id=2001, content_export_id=exported["content_export_id"], **SENSING)
    with world.lock:
        progress_id = next(iter(world.migrations_of(2001))).progress_id
    story.run(CanvasProgressSensor, progress_id=progress_id, **SENSING)
    new = story.run(
        CanvasCreateCourseOperator, account_id=1, course={"name": "Biology", "sis_course_id": "BIOL-1010-NEW"}
    )["course_id"]
    story.run(CanvasUpdateCourseOperator, course_id=new, course={"name": "Biology II"})
    story.run(CanvasBatchUpdateCoursesOperator, account_id=1, course_ids=[new], event="offer", **WAITING)
    reset = story.run(CanvasResetCourseOperator, course_id=new)["new_course_id"]
    story.run(CanvasDeleteCourseOperator, course_id=reset)
    story.run(CanvasApiOperator, endpoint="courses.get", arguments={"course_id": 1010})
    batch: dict[str, Any] = {"batch": "fall", "sql_conn_id": "warehouse", "report_path": report}
    copies = [{"source_course_id": 1010, "destination_course_id": 2002}]
    story.run(CanvasPlanCourseCopiesOperator, copies=copies, if_not_empty="proceed", if_edited="proceed", **batch)
    story.run(CanvasBulkCourseCopyOperator, fail_if={}, **batch, **WAITING)
    story.run(CanvasReconcileBatchOperator, checks=["links"], fail_if={}, **batch)
    story.run(CanvasRepairLinksOperator, **batch)
    story.run(
        CanvasReconcileOperator,
        destination_course_id=2001,
        content_migration_id=copied["content_migration_id"],
        sql_conn_id="warehouse",
        report_path=report,
        fail_if={},
    )
    story.run(CanvasFindCopiesOperator, account_id=1, enrollment_term_id="all", batch="past", sql_conn_id="warehouse")

    expected: dict[type[BaseOperator], tuple[str, ...]] = {
        CanvasCourseCopyOperator: (
            f"copy of {TEMPLATE}",
            "into course 2001",
            "complete after",
            "issues",
            f"{url}/courses/2001/content_migrations",
        ),
        CanvasLegacyCourseCopyOperator: (f"copy of {TEMPLATE}", "into course 2003", "complete after", "issues"),
        CanvasSelectiveImportOperator: ("import of course 1010", "into course 2004", "complete after", "issues"),
        CanvasContentExportOperator: ("export of course 2001 (", "after", "bytes", f"{url}/courses/2001/"),
        CanvasExportToObjectStorageOperator: (f"archive of {TEMPLATE}", "after", archive, "bytes", "manifest"),
        CanvasImportPackageOperator: (f"import of {archive}", "into course 2005", "complete after", "issues"),
        CanvasContentMigrationOperator: ("import of course 1010", "into course 2006", "complete after", "issues"),
        CanvasMigrationIssuesOperator: ("of 1 content migration", "resolved"),
        CanvasContentMigrationSensor: ("into course 2001 is completed", f"{url}/courses/2001/content_migrations"),
        CanvasLegacyCourseCopySensor: ("into course 2001 is completed", f"{url}/courses/2001/content_migrations"),
        CanvasContentExportSensor: ("of course 2001 is exported", f"{url}/courses/2001/content_exports"),
        CanvasProgressSensor: (f"Progress {progress_id} is completed", f"{url}/api/v1/progress/{progress_id}"),
        CanvasCreateCourseOperator: (f"Course {new} (Biology) is created", f"{url}/courses/{new}"),
        CanvasUpdateCourseOperator: (f"Course {new} (Biology II) is updated: name", f"{url}/courses/{new}"),
        CanvasBatchUpdateCoursesOperator: ("1 of 1 courses are published after", f"{url}/accounts/1"),
        CanvasResetCourseOperator: (f"Course {new} (", f"course {reset} took its place", f"{url}/courses/{reset}"),
        CanvasDeleteCourseOperator: (f"Course {reset} (", "is deleted"),
        CanvasApiOperator: ("courses.get has succeeded", "the task's result"),
        CanvasPlanCourseCopiesOperator: ("plan of the batch 'fall' took", "1 course", report),
        CanvasBulkCourseCopyOperator: ("batch 'fall' has ended after", "1 of 1 destination", "issues", report),
        CanvasReconcileBatchOperator: ("batch 'fall' is reconciled after", "expected assets arrived", report),
        CanvasRepairLinksOperator: ("dry run of the repair of batch 'fall' is complete after", "link", report),
        CanvasReconcileOperator: (f"copy of {TEMPLATE}", "into course 2001 (", "is reconciled after", "asset", report),
        CanvasFindCopiesOperator: ("search took", "batch 'past' has"),
    }
    assert {kind.__module__ for kind in expected} == public_tasks()
    missing = {
        kind.__name__: (story.last_lines[kind], [part for part in parts if part not in story.last_lines[kind]])
        for kind, parts in expected.items()
        if not all(part in story.last_lines[kind] for part in parts)
    }
    assert missing == {}
    no_sentences = [line for line in story.last_lines.values() if "\n" in line or not line[0].isalnum() or "  " in line]
    assert no_sentences == []


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (None, "course 1"),
        ("", "course 1"),
        ("Biology", "course 1 (Biology)"),
        ("Biology\n2026-01-01 ERROR - x", "course 1 (Biology 2026-01-01 ERROR - x)"),
        ("see https://user:of-the-author@school.example", "course 1 (see https://***@school.example)"),
    ],
)
def test_a_name_is_a_part_of_one_line(name: str | None, shown: str) -> None:
    """A course's name makes no line of its own in the log, and has no password in it."""
    assert course_in_words(1, name) == shown
