"""Create any content migration, in any context."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_canvas.operators.base_import import ImportOperator
from airflow_provider_canvas.utils.parameters import none_if_blank

if TYPE_CHECKING:
    from airflow_provider_canvas.api.ids import Id


class CanvasContentMigrationOperator(ImportOperator):
    """Import content into a course, an account, a group or a user's files, and wait until the import is complete.

    The import is submitted once: a retry, also after a worker was killed, adopts the migration of the earlier attempt.
    If that one still waits for its file, the file is uploaded into it. A task that was cleared submits a new one.

    For a copy of a course :class:`~.course_copy.CanvasCourseCopyOperator` is handier, for a package
    :class:`~.import_package.CanvasImportPackageOperator`, and for a part of either
    :class:`~.selective_import.CanvasSelectiveImportOperator`.

    The result is a dict: ``canvas_instance`` (the host), ``course_id`` (or ``account_id``, ``group_id``, ``user_id``),
    ``content_migration_id``, ``workflow_state``, ``started_at``, ``finished_at``, ``url``, ``issue_counts`` (by
    ``issue_type``) and ``issues`` (the first 20, the most severe first); for a copy also ``source_course_id``.

    .. seealso::
        https://developerdocs.instructure.com/services/canvas/resources/content_migrations#method.content_migrations.create

    :param course_id: The course to import into: its number, or ``sis_course_id:...``. Give exactly one of the four.
        (templated)
    :param account_id: The account, for question banks and outcomes of packages. (templated)
    :param group_id: The group whose files receive the content of a zip. (templated)
    :param user_id: The user whose files receive the content of a zip. (templated)

    The other parameters are what to import (``migration_type`` and one of ``package``, ``file_url``,
    ``content_export_id``, ``source_course_id``), and those of every content migration: dates (``old_start_date``,
    ``new_start_date``, ..., ``remove_dates``), what to skip and where to put it (``importer_skips``,
    ``insert_into_module_id``, ...), what to do about issues and existing content (``fail_on_issues``,
    ``if_running``, ``if_not_empty``), and how to wait (``deferrable``, ``poll_interval``, ``timeout``,
    ``cancel_on_kill``).
    """

    CONTEXTS = ("course_id", "account_id", "group_id", "user_id")

    template_fields: Sequence[str] = (*ImportOperator.template_fields, *CONTEXTS)

    def __init__(
        self,
        *,
        course_id: int | str | None = None,
        account_id: int | str | None = None,
        group_id: int | str | None = None,
        user_id: int | str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.course_id = course_id
        self.account_id = account_id
        self.group_id = group_id
        self.user_id = user_id

    def _destination(self) -> dict[str, Id]:
        contexts = {name: value for name in self.CONTEXTS if (value := none_if_blank(getattr(self, name))) is not None}
        if len(contexts) != 1:
            raise ValueError(f"Give exactly one of {', '.join(self.CONTEXTS)}, not {' and '.join(contexts) or 'none'}.")
        return contexts
