"""Create any content migration, in any context."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Literal

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.operators.base_import import ImportOperator
from airflow_provider_canvas.utils.parameters import check_id, none_if_blank

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
    ``finished_at`` is Canvas's value: the end of the export or conversion, which is not the end of the import.

    .. seealso::
        https://developerdocs.instructure.com/services/canvas/resources/content_migrations#method.content_migrations.create

    :param course_id: The course to import into: its number, or ``sis_course_id:...``. Give exactly one of the four.
        (templated)
    :param account_id: The account, for question banks and outcomes of packages. (templated)
    :param group_id: The group whose files receive the content of a zip. (templated)
    :param user_id: The user whose files receive the content of a zip. (templated)
    :param migration_type: The type of the import. For an export of Canvas: ``canvas_cartridge_importer``; for other
        packages: ``common_cartridge_importer``, ``qti_converter``, ``moodle_converter``, ``zip_file_importer`` (which
        needs ``settings={"folder_id": ...}``). With ``source_course_id`` it may be omitted. (templated)
    :param package: A file to upload, which every worker must be able to read: a local path, or one on any object
        storage that Airflow supports, such as ``s3://aws_default@bucket/book.imscc``. Give exactly one of this and the
        next three. (templated)
    :param file_url: A URL from which Canvas fetches the file, without a login. Airflow shows it without its query,
        which may be a signature. (templated)
    :param content_export_id: An export, whose file is imported. (templated)
    :param source_course_id: A course to copy: its number, or ``sis_course_id:...``. (templated)
    :param old_start_date: The start of the source: a date, or ISO 8601 text. If one of the four dates is set, dates are
        shifted; Canvas takes the missing ones from the courses. (templated)
    :param old_end_date: The end of the source: a date, or ISO 8601 text. (templated)
    :param new_start_date: The start of the destination: a date, or ISO 8601 text. (templated)
    :param new_end_date: The end of the destination: a date, or ISO 8601 text. (templated)
    :param day_substitutions: Weekdays to move, old to new; 0 is Sunday: ``{1: 2}`` moves Mondays to Tuesdays.
        (templated)
    :param shift_dates: Shift dates although none of the four is set; Canvas takes them from the courses. (templated)
    :param remove_dates: Remove all dates instead. (templated)
    :param importer_skips: What to leave out: ``all_course_settings``, ``visibility_settings``. (templated)
    :param overwrite_quizzes: Overwrite quizzes that were imported before.
    :param import_blueprint_settings: Make the destination a blueprint like the source.
    :param insert_into_module_id: The module of the destination that receives the content. (templated)
    :param insert_into_module_type: Only content of this type goes into the module: ``assignment``,
        ``discussion_topic``, ``file``, ``page`` or ``quiz``.
    :param insert_into_module_position: The position in the module, from 1 on.
    :param move_to_assignment_group_id: The assignment group of the destination that receives assignments. (templated)
    :param settings: Further ``settings[...]``, sent unchanged. (templated)
    :param fail_on_issues: Fail the task if Canvas raised an issue of this type or a more severe one: ``"error"`` (the
        default), ``"warning"``, or ``None`` for never.
    :param if_running: What to do while the destination runs a migration that another task or user started: ``"wait"``
        (the default) submits, and Canvas queues the new one behind it; ``"adopt"`` takes it, if it has the same type
        and source, and returns its result; ``"fail"`` fails the task, so that a retry tries again later.
    :param if_not_empty: What to do if the destination course already has content (modules, pages or assignments):
        ``"proceed"`` (the default), ``"warn"``, ``"skip"`` the task, or ``"fail"``. Content that an earlier attempt of
        the task imported does not count.
    :param canvas_conn_id: The connection. (templated)
    :param deferrable: Wait in the triggerer. By default as ``[operators] default_deferrable`` says.
    :param wait_in_worker: Seconds, or a timedelta, for which a deferrable task waits in the worker before it defers: a
        job that ends meanwhile needs no triggerer. By default none: the task defers as soon as the job is submitted.
    :param poll_interval: Seconds, or a timedelta, between two polls of a young job; an older one is polled less often.
        By default ``[canvas] poll_interval``, 15 seconds.
    :param timeout: Seconds, or a timedelta, after which Canvas is asked to cancel the job and the task fails. By
        default ``[canvas] timeout``, 2 hours. A shorter ``execution_timeout`` counts instead, also while the task is
        deferred.
    :param cancel_on_kill: Ask Canvas to cancel the job when a user ends the task: sets it to failed or successful, or
        clears it; not when a worker stops or dies, or the triggerer does. Canvas usually carries the job out all the
        same, and a cleared task then waits for it.

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
        migration_type: str | None = None,
        package: str | os.PathLike[str] | None = None,
        file_url: str | None = None,
        content_export_id: int | str | None = None,
        source_course_id: int | str | None = None,
        old_start_date: date | str | None = None,
        old_end_date: date | str | None = None,
        new_start_date: date | str | None = None,
        new_end_date: date | str | None = None,
        day_substitutions: Mapping[int, int] | None = None,
        shift_dates: bool | None = None,
        remove_dates: bool | None = None,
        importer_skips: Sequence[str] | None = None,
        overwrite_quizzes: bool | None = None,
        import_blueprint_settings: bool | None = None,
        insert_into_module_id: int | str | None = None,
        insert_into_module_type: str | None = None,
        insert_into_module_position: int | None = None,
        move_to_assignment_group_id: int | str | None = None,
        settings: Mapping[str, Any] | None = None,
        fail_on_issues: Literal["error", "warning"] | None = "error",
        if_running: Literal["wait", "adopt", "fail"] = "wait",
        if_not_empty: Literal["proceed", "warn", "skip", "fail"] = "proceed",
        canvas_conn_id: str = "canvas_default",
        deferrable: bool | None = None,
        wait_in_worker: float | timedelta | None = None,
        poll_interval: float | timedelta | None = None,
        timeout: float | timedelta | None = None,
        cancel_on_kill: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            migration_type=migration_type,
            package=package,
            file_url=file_url,
            content_export_id=content_export_id,
            source_course_id=source_course_id,
            old_start_date=old_start_date,
            old_end_date=old_end_date,
            new_start_date=new_start_date,
            new_end_date=new_end_date,
            day_substitutions=day_substitutions,
            shift_dates=shift_dates,
            remove_dates=remove_dates,
            importer_skips=importer_skips,
            overwrite_quizzes=overwrite_quizzes,
            import_blueprint_settings=import_blueprint_settings,
            insert_into_module_id=insert_into_module_id,
            insert_into_module_type=insert_into_module_type,
            insert_into_module_position=insert_into_module_position,
            move_to_assignment_group_id=move_to_assignment_group_id,
            settings=settings,
            fail_on_issues=fail_on_issues,
            if_running=if_running,
            if_not_empty=if_not_empty,
            canvas_conn_id=canvas_conn_id,
            deferrable=deferrable,
            wait_in_worker=wait_in_worker,
            poll_interval=poll_interval,
            timeout=timeout,
            cancel_on_kill=cancel_on_kill,
            **kwargs,
        )
        self.course_id = check_id("course_id", course_id, optional=True)
        self.account_id = check_id("account_id", account_id, optional=True)
        self.group_id = check_id("group_id", group_id, optional=True)
        self.user_id = check_id("user_id", user_id, optional=True)

    def _destination(self) -> dict[str, Id]:
        contexts = {name: value for name in self.CONTEXTS if (value := none_if_blank(getattr(self, name))) is not None}
        if len(contexts) != 1:
            raise CanvasInputError(
                f"Give exactly one of {', '.join(self.CONTEXTS)}, not {' and '.join(contexts) or 'none'}."
            )
        return contexts
