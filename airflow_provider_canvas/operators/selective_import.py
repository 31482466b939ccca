"""Import a part of a package, or of a course."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Literal

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.operators.base_import import ImportOperator
from airflow_provider_canvas.utils.parameters import check_id, check_type, none_if_blank, parse_structure

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_canvas.api.ids import Id
    from airflow_provider_canvas.api.selection import SelectiveDataNode
    from airflow_provider_canvas.client.jobs.waiters import Status
    from airflow_provider_canvas.client.migrations.selective_import import Selection, Tree
    from airflow_provider_canvas.operators.base_job import Job

CHOICE = "{'modules': ['Week 1', 'Week 2*']}"
"""An example of a choice, for messages."""


class CanvasSelectiveImportOperator(ImportOperator):
    """Import selected content of a package or a course, and wait until the import is complete.

    The migration is created so that it pauses before the import. Then the task lists its content, sends the selection,
    and waits for the import. It is submitted once, and never imports everything by accident: a retry adopts the
    migration of the earlier attempt, and checks its state before anything is sent to it. A choice that matches nothing
    fails the task, and the error lists the content; the migration then keeps waiting, and blocks no other.

    The result is a dict: ``canvas_instance`` (the host), ``course_id``, ``content_migration_id``, ``workflow_state``,
    ``started_at``, ``finished_at``, ``url``, ``issue_counts`` (by ``issue_type``), ``issues`` (the first 20, the
    most severe first) and ``selected``: by type ``count`` and ``titles`` (the first 20 of all types together; the log
    has all), or ``None`` if an earlier attempt selected and could not store it (before Airflow 3.3). For a copy it
    also has ``source_course_id``. ``finished_at`` is Canvas's value, and is set before the selection is sent.

    .. seealso::
        https://developerdocs.instructure.com/services/canvas/resources/content_migrations#method.content_migrations.content_list

    :param course_id: The course to import into: its number, or ``sis_course_id:...``. (templated)
    :param choose: What to import: a dict of types (``modules``, ``pages``, ``assignments``, ``files``, ..., or as
        selective data spells them: ``context_modules``, ...) to lists of titles, patterns (``Week 2*``) or migration
        ids, or to ``True`` for all of a type. A module brings its items, a folder its files, an assignment group its
        assignments. Give exactly one of this and the next. (templated)
    :param choose_callable: A function that takes the tree of selective data, a list of nodes with ``type``, ``title``,
        ``property`` and ``sub_items``, and returns the properties of what to import.
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

    template_fields: Sequence[str] = (*ImportOperator.template_fields, "course_id", "choose")

    selective_import = True

    def __init__(
        self,
        *,
        course_id: int | str,
        choose: Mapping[str, Any] | str | None = None,
        choose_callable: Callable[[Tree], Iterable[str]] | None = None,
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
        self.course_id = check_id("course_id", course_id)
        self.choose = check_type("choose", choose, Mapping, such_as="{'modules': ['Week 1']}")
        self.choose_callable = choose_callable

    def _destination(self) -> dict[str, Id]:
        return {"course_id": self.course_id}

    def _validate(self) -> None:
        super()._validate()
        if (none_if_blank(self.choose) is None) is (self.choose_callable is None):
            raise CanvasInputError("Give exactly one of choose and choose_callable.")
        if self.choose_callable is None:
            self._selection()

    def _selection(self) -> Selection:
        from airflow_provider_canvas.client.migrations.selective_import import parse_selection

        choose = parse_structure("choose", self.choose, such_as=CHOICE)
        if not isinstance(choose, Mapping):
            raise CanvasInputError(f"choose is {choose!r}: write a dict, such as {CHOICE}.")
        return parse_selection(choose)

    def submit(self, context: Context) -> Job:
        """Submit the migration, or adopt the one that an earlier attempt of this task submitted, in any state."""
        from airflow_provider_canvas.client.jobs.content_requests import WAITING_FOR_SELECTION

        job = super().submit(context)
        extra = {**job.extra, "selected": self._stored_selection(context, job.ids["content_migration_id"])}
        # A migration that is completed was sent a selection before: only a selection ends its waiting.
        return replace(job, ids={**job.ids, "until": [WAITING_FOR_SELECTION, "completed"]}, extra=extra)

    def _stored_selection(self, context: Context, content_migration_id: int) -> Any:
        """Return what an earlier attempt selected for a migration; ``None`` if that is not known."""
        from airflow_provider_canvas.utils.task_store import SELECTION_KEY, submission_store

        stored = submission_store(context, SELECTION_KEY).get()
        if stored is None or stored.details.get("content_migration_id") != content_migration_id:
            return None
        return stored.details.get("selected")

    def _may_be_over(self, job: Job) -> bool:
        """Return whether a job may be over when the wait begins: a copy waits for its selection at once."""
        return "until" in job.ids or super()._may_be_over(job)

    def finish(self, context: Context, job: Job, status: Status) -> Any:
        """Send the selection if the migration waits for it, and wait for the import; or return what happened."""
        from airflow_provider_canvas.client.jobs.content_requests import WAITING_FOR_SELECTION

        if status.state == "succeeded" and status.workflow_state == WAITING_FOR_SELECTION:
            return self._wait_or_defer(context, self._select(context, job))
        if status.state == "succeeded" and job.extra["selected"] is None:
            self.log.warning("%s: the selection was sent before, and its contents are unknown.", job.name)
        return super().finish(context, job, status)

    def _complete_result(self, job: Job, result: dict[str, Any]) -> dict[str, Any]:
        return {**super()._complete_result(job, result), "selected": job.extra["selected"]}

    def _event_extra(self) -> dict[str, Any]:
        return {"selective_import": True}

    def _select(self, context: Context, job: Job) -> Job:
        """Send the selection, and return the job that waits for the end of the import."""
        from airflow_provider_canvas.client.jobs.content_requests import SelectionRequest
        from airflow_provider_canvas.client.jobs.submit_once import Submission
        from airflow_provider_canvas.client.jobs.waiters import progress_id_of
        from airflow_provider_canvas.client.migrations.selective_import import (
            format_summary,
            shorten_summary,
            summarize,
            whole_tree,
        )
        from airflow_provider_canvas.utils.task_store import SELECTION_KEY, submission_store, task_idempotency_key

        ids = {name: value for name, value in job.ids.items() if name not in ("progress_id", "until")}
        tree = self.hook.run(lambda caller: whole_tree(caller, ids))
        try:
            nodes = self._chosen(tree)
        except CanvasInputError as error:
            raise CanvasInputError(f"{error} Nothing was imported.") from error
        chosen = summarize(nodes)
        self.log.info("%s: selected\n%s", job.name, "\n".join(format_summary(tree, chosen)))
        selected = shorten_summary(chosen)
        migration = Submission(
            canvas=self.hook,
            request=SelectionRequest(ids, [node["property"] for node in nodes], selected),
            idempotency_key=task_idempotency_key(context),
            store=submission_store(context, SELECTION_KEY),
        ).submit()
        if (progress_id := progress_id_of(migration)) is not None:
            ids["progress_id"] = progress_id
        return replace(job, ids=ids, extra={**job.extra, "selected": selected})

    def _chosen(self, tree: Tree) -> list[SelectiveDataNode]:
        from airflow_provider_canvas.client.migrations.selective_import import find_nodes, nodes_with_properties

        if self.choose_callable is not None:
            return nodes_with_properties(tree, self.choose_callable(tree))
        return find_nodes(tree, self._selection())
