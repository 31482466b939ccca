"""Copy one course into another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Literal

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.links.course_imports import CanvasCourseImportsLink
from airflow_provider_canvas.operators.base_migration import ContentMigrationOperator
from airflow_provider_canvas.operators.migration_result import page_url
from airflow_provider_canvas.operators.source_course import get_source_course, naming_the_course
from airflow_provider_canvas.utils.parameters import check_choice, check_id, check_type, parse_select
from airflow_provider_canvas.utils.result_sentences import course_in_words

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_canvas.operators.base_job import Job

IF_MISSING = ("warn", "fail")


class CanvasCourseCopyOperator(ContentMigrationOperator):
    """Copy the content of a course into another, and wait until the copy is complete.

    The copy is submitted once: a retry, also after a worker was killed, adopts the migration of the earlier attempt.
    A task that was cleared submits a new one. Courses are named by number or SIS id (``sis_course_id:BIOL-1010-001``).

    The result is a dict: ``content_migration_id``, ``source_course_id``, ``destination_course_id`` (numbers),
    ``canvas_instance`` (the host), ``workflow_state``, ``started_at``, ``finished_at``, ``url``, ``issue_counts`` (by
    ``issue_type``) and ``issues`` (the first 20, the most severe first). ``finished_at`` is Canvas's value: the end of
    the export half, which is not the end of the copy. A partial copy also has ``missing``: the ids of ``select`` that
    did not arrive (the first 20 of each type). Outlets get an event with the same ids.

    .. seealso::
        https://developerdocs.instructure.com/services/canvas/resources/content_migrations#method.content_migrations.create

    :param source_course_id: The course to copy from. The token's user must be able to read it as a teacher. (templated)
    :param destination_course_id: The course to copy into. (templated)
    :param select: Copy only these: asset types (``pages``, ``assignments``, ...) to ids in the source. Only
        ``None`` copies everything; an empty value is an error. (templated)
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
    :param if_missing: What to do if something that ``select`` names did not arrive, because the source does not have it
        or Canvas could not import it: ``"warn"`` (the default) or ``"fail"``. Canvas completes such a copy without an
        issue. It is known for all types but module items, folders, calendar events and rubrics.
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

    template_fields: Sequence[str] = (
        *ContentMigrationOperator.template_fields,
        "source_course_id",
        "destination_course_id",
        "select",
    )

    def __init__(
        self,
        *,
        source_course_id: int | str,
        destination_course_id: int | str,
        select: Mapping[str, Sequence[int | str]] | None = None,
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
        if_missing: Literal["warn", "fail"] = "warn",
        canvas_conn_id: str = "canvas_default",
        deferrable: bool | None = None,
        wait_in_worker: float | timedelta | None = None,
        poll_interval: float | timedelta | None = None,
        timeout: float | timedelta | None = None,
        cancel_on_kill: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(
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
        self.source_course_id = check_id("source_course_id", source_course_id)
        self.destination_course_id = check_id("destination_course_id", destination_course_id)
        self.select = check_type("select", select, Mapping, such_as="{'pages': [12]}")
        self.if_missing = check_choice("if_missing", if_missing, IF_MISSING)

    def submit(self, context: Context) -> Job:
        """Submit the copy, or adopt the one that an earlier attempt of this task submitted."""
        self._validate()
        source = get_source_course(self.hook, "source_course_id", self.source_course_id)
        destination = self._numbered_course("destination_course_id", self.destination_course_id)
        destination_id = destination["id"]
        self.lineage.label(source)
        if source["id"] == destination_id:
            raise CanvasInputError(f"source_course_id and destination_course_id are the same course, {source['id']}.")
        where = {"course_id": destination_id}
        self.show_page(context, CanvasCourseImportsLink, page_url(self.hook, where))
        with naming_the_course("destination_course_id", self.destination_course_id):
            migration = self._submit_once(
                context, where=where, params=self._params(source["id"]), source_course_id=source["id"]
            )
        self.log.info(
            "Copying course %s (%s) into course %s by content migration %s.",
            source["id"],
            source.get("name", "no name shown"),
            destination_id,
            migration["id"],
        )
        names = {"source_course_name": source.get("name"), "destination_course_name": destination.get("name")}
        return self._job_of(migration, **names)

    def _describe(self, job: Job) -> str:
        source = course_in_words(job.extra["source_course_id"], job.extra.get("source_course_name"))
        destination = course_in_words(job.ids["course_id"], job.extra.get("destination_course_name"))
        return f"copy of {source} into {destination}"

    def _complete_result(self, job: Job, result: dict[str, Any]) -> dict[str, Any]:
        """Return the result with both courses, each under a name that says which it is."""
        destination_course_id = result.pop("course_id")
        source_course_id = job.extra["source_course_id"]
        courses = {"source_course_id": source_course_id, "destination_course_id": destination_course_id}
        return {**result, **courses, **self._check_selection(job, courses)}

    def _check_selection(self, job: Job, courses: Mapping[str, Any]) -> dict[str, Any]:
        """Return the ids of ``select`` that did not arrive, for the result.

        :raises CanvasIssuesError: If there are some, and ``if_missing`` says so.
        """
        from airflow_provider_canvas.client.errors import CanvasIssuesError
        from airflow_provider_canvas.operators.selected_content import (
            MAX_IDS,
            describe_ids,
            fetch_mapping,
            ids_that_did_not_arrive,
        )

        if (select := parse_select(self.select)) is None:
            return {}
        mapping = fetch_mapping(self.hook, courses["destination_course_id"], job.ids["content_migration_id"])
        if mapping is None:
            self.log.info("Canvas does not tell what arrived of that which select names.")
            return {}
        missing = ids_that_did_not_arrive(select, mapping)
        if missing:
            message = (
                f"{job.name} is complete, but select names what did not arrive: {describe_ids(missing)}. Course "
                f"{courses['source_course_id']} does not have it, or Canvas could not import it: correct select."
            )
            if self.if_missing == "fail":
                raise CanvasIssuesError(message)
            self.log.warning("%s", message)
        return {"missing": {asset_type: ids[:MAX_IDS] for asset_type, ids in missing.items()}}

    def _event_extra(self) -> dict[str, Any]:
        select = parse_select(self.select)
        return {} if select is None else {"select": select}

    def _validate(self) -> None:
        """Check the parameters before anything is sent."""
        from airflow_provider_canvas.api.content_migrations import ContentMigrations
        from airflow_provider_canvas.api.ids import canvas_id
        from airflow_provider_canvas.api.parameters import check_option
        from airflow_provider_canvas.api.source_course import source_course_id

        super()._validate()
        check_option("if_missing", self.if_missing, IF_MISSING)
        source_course_id("source_course_id", self.source_course_id)
        canvas_id("destination_course_id", self.destination_course_id, kind="course_id")
        ContentMigrations.create.check({"course_id": self.destination_course_id, **self._params(self.source_course_id)})

    def _params(self, source_course_id: int | str) -> dict[str, Any]:
        """Return the parameters of the request, unset ones omitted."""
        from airflow_provider_canvas.api.course_copy import COPY_PARAMETERS, course_copy_params

        return course_copy_params(source_course_id, {name: getattr(self, name) for name in COPY_PARAMETERS})
