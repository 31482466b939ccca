"""Import a package into a course."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_canvas.operators.base_import import ImportOperator

if TYPE_CHECKING:
    from airflow_provider_canvas.api.ids import Id


class CanvasImportPackageOperator(ImportOperator):
    """Upload a package, import it into a course, and wait until the import is complete.

    The import is submitted once: a retry, also after a worker was killed, adopts the migration of the earlier attempt.
    If that one still waits for its file, the file is uploaded into it. A task that was cleared submits a new one.

    The result is a dict: ``canvas_instance`` (the host), ``course_id``, ``content_migration_id``, ``workflow_state``,
    ``started_at``, ``finished_at``, ``url``, ``issue_counts`` (by ``issue_type``) and ``issues`` (the first 20, the
    most severe first).

    .. seealso::
        https://developerdocs.instructure.com/services/canvas/resources/content_migrations#method.content_migrations.create

    :param course_id: The course to import into: its number, or ``sis_course_id:...``. (templated)
    :param package: The file, which every worker must be able to read: a local path, or one on any object storage that
        Airflow supports, such as ``s3://aws_default@bucket/book.imscc``. (templated)
    :param migration_type: What the package is: ``canvas_cartridge_importer`` (an export of Canvas),
        ``common_cartridge_importer``, ``qti_converter``, ``moodle_converter``, or ``zip_file_importer`` (which needs
        ``settings={"folder_id": ...}``). (templated)

    The other parameters are those of every content migration: dates (``old_start_date``, ``new_start_date``, ...,
    ``remove_dates``), what to skip and where to put it (``importer_skips``, ``insert_into_module_id``, ...), what to do
    about issues and existing content (``fail_on_issues``, ``if_running``, ``if_not_empty``), and how to wait
    (``deferrable``, ``poll_interval``, ``timeout``, ``cancel_on_kill``).
    """

    template_fields: Sequence[str] = (*ImportOperator.template_fields, "course_id")

    def __init__(
        self, *, course_id: int | str, package: str | os.PathLike[str], migration_type: str, **kwargs: Any
    ) -> None:
        super().__init__(package=package, migration_type=migration_type, **kwargs)
        self.course_id = course_id
        self.package = package
        self.migration_type = migration_type

    def _destination(self) -> dict[str, Id]:
        return {"course_id": self.course_id}
