"""The base of the operators that create a content migration, and wait for its end."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, cast

from airflow_provider_canvas.lineage.without_failing import without_failing
from airflow_provider_canvas.links.course_imports import CanvasCourseImportsLink
from airflow_provider_canvas.operators.base_job import CanvasJobOperator, Job
from airflow_provider_canvas.operators.migration_result import page_url
from airflow_provider_canvas.operators.source_course import naming_the_course
from airflow_provider_canvas.utils.job_failures import migration_failure
from airflow_provider_canvas.utils.parameters import check_bool, check_choice, check_id, check_type
from airflow_provider_canvas.utils.result_sentences import issues_in_words, time_since

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import BaseOperatorLink, Context

    from airflow_provider_canvas.api.content_migrations import ContentMigration
    from airflow_provider_canvas.api.courses import Course
    from airflow_provider_canvas.client.jobs.content_requests import ContentMigrationRequest, LegacyCourseCopyRequest
    from airflow_provider_canvas.client.jobs.waiters import Status
    from airflow_provider_canvas.client.transports.requests_client import CanvasClient
    from airflow_provider_canvas.lineage.datasets import LineageDataset

FAIL_ON_ISSUES = ("error", "warning")
IF_RUNNING = ("wait", "adopt", "fail")
IF_NOT_EMPTY = ("proceed", "warn", "skip", "fail")

CONTENT_MIGRATION = "content_migration"
"""The key of the XCom with the ids of a task's migration. It is pushed at the submission, so also if the task fails."""


MAX_DIGITS = 13
"""Digits of the longest number of a course that does not begin with the number of its shard."""


class ContentMigrationOperator(CanvasJobOperator):
    """Create a content migration and wait for its end. Concrete operators define its source and destination.

    When content has arrived in a course, each outlet that is the course's asset ``canvas://<host>/courses/<number>``,
    and each outlet that is an asset alias, gets an event. Its ``extra`` has ``canvas_instance``,
    ``content_migration_id``, ``destination_course_id``, for a copy ``source_course_id``, and for a partial copy
    ``select`` or ``selective_import``.

    The XCom ``content_migration`` has the migration's ids (``content_migration_id`` and ``course_id``, or
    ``account_id``, ``group_id``, ``user_id``) as soon as it is submitted, so that later tasks can read one that failed.

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
    """

    template_fields: Sequence[str] = (
        *CanvasJobOperator.template_fields,
        "old_start_date",
        "old_end_date",
        "new_start_date",
        "new_end_date",
        "day_substitutions",
        "shift_dates",
        "remove_dates",
        "importer_skips",
        "insert_into_module_id",
        "move_to_assignment_group_id",
        "settings",
    )
    operator_extra_links: Collection[BaseOperatorLink] = (CanvasCourseImportsLink(),)
    ui_color = "#fdeee9"

    def __init__(
        self,
        *,
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
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.old_start_date = check_type("old_start_date", old_start_date, date, such_as="'2026-01-12'")
        self.old_end_date = check_type("old_end_date", old_end_date, date, such_as="'2026-01-12'")
        self.new_start_date = check_type("new_start_date", new_start_date, date, such_as="'2026-01-12'")
        self.new_end_date = check_type("new_end_date", new_end_date, date, such_as="'2026-01-12'")
        self.day_substitutions = check_type("day_substitutions", day_substitutions, Mapping, such_as="{1: 2}")
        self.shift_dates = check_bool("shift_dates", shift_dates)
        self.remove_dates = check_bool("remove_dates", remove_dates)
        self.importer_skips = check_type("importer_skips", importer_skips, Sequence, such_as="['visibility_settings']")
        self.overwrite_quizzes = check_bool("overwrite_quizzes", overwrite_quizzes)
        self.import_blueprint_settings = check_bool("import_blueprint_settings", import_blueprint_settings)
        self.insert_into_module_id = check_id("insert_into_module_id", insert_into_module_id, optional=True)
        self.insert_into_module_type = check_choice(
            "insert_into_module_type",
            insert_into_module_type,
            (None, "assignment", "discussion_topic", "file", "page", "quiz"),
        )
        self.insert_into_module_position = check_type(
            "insert_into_module_position", insert_into_module_position, int, such_as="3"
        )
        self.move_to_assignment_group_id = check_id(
            "move_to_assignment_group_id", move_to_assignment_group_id, optional=True
        )
        self.settings = check_type("settings", settings, Mapping, such_as="{'folder_id': 7}")
        self.fail_on_issues = check_choice("fail_on_issues", fail_on_issues, (*FAIL_ON_ISSUES, None))
        self.if_running = check_choice("if_running", if_running, IF_RUNNING)
        self.if_not_empty = check_choice("if_not_empty", if_not_empty, IF_NOT_EMPTY)

    def _validate(self) -> None:
        """Check the parameters before anything is sent; concrete operators check their own, too.

        :raises CanvasInputError: For a value that is not allowed; the message names the allowed ones.
        """
        from airflow_provider_canvas.api.parameters import check_option

        if self.fail_on_issues is not None:
            check_option("fail_on_issues", self.fail_on_issues, FAIL_ON_ISSUES)
        check_option("if_running", self.if_running, IF_RUNNING)
        check_option("if_not_empty", self.if_not_empty, IF_NOT_EMPTY)

    def _course(self, name: str, course_id: int | str) -> Course:
        """Return the course that a parameter names.

        :raises CanvasNotFoundError: When there is none; the message names the parameter.
        """
        with naming_the_course(name, course_id):
            course = self.hook.courses.get(course_id=course_id)
        self.lineage.label(course)
        return course

    def _numbered_course(self, name: str, course_id: int | str) -> Course:
        """Return the course that a parameter names, or only its number. Only an id of another form takes a request.

        Whether a course with a number exists, the next request about it tells: see :func:`.naming_the_course`.

        :raises CanvasNotFoundError: When there is none with an id of another form; the message names the parameter.
        """
        text = str(course_id).strip()
        # A longer number has the shard in front, and Canvas shows the course under a shorter one.
        return {"id": int(text)} if text.isdecimal() and len(text) <= MAX_DIGITS else self._course(name, course_id)

    def _submit_once(
        self,
        context: Context,
        *,
        where: Mapping[str, int | str],
        params: Mapping[str, Any],
        source_course_id: int | None = None,
        obstacle: Exception | None = None,
    ) -> ContentMigration:
        """Return the migration of an earlier attempt of this task, or submit a new one.

        :param where: The destination: one of ``account_id``, ``course_id``, ``group_id``, ``user_id``.
        :param params: The other parameters of the request.
        :param source_course_id: The number of the course that is copied, for a copy.
        :param obstacle: Why no new migration can be submitted. It is raised if no earlier attempt submitted one.
        """
        from airflow_provider_canvas.client.jobs.submit_once import Submission
        from airflow_provider_canvas.security.redaction import redact
        from airflow_provider_canvas.utils.task_store import (
            earlier_idempotency_keys,
            first_attempt_at,
            is_repeated,
            submission_store,
            task_idempotency_key,
        )

        request = self._request(where, params, source_course_id)
        self._submission = Submission(
            canvas=self.hook,
            request=request,
            idempotency_key=task_idempotency_key(context),
            earlier_keys=earlier_idempotency_keys(context),
            store=submission_store(context),
            repeated=is_repeated(context, request, self.retries),
            since=first_attempt_at(context),
            if_running=self.if_running,
            before_new=lambda: self._check_destination_is_empty(where),
            page=page_url(self.hook, where),
        )
        if obstacle is None:
            migration = cast("ContentMigration", self._submission.submit())
        else:
            adopted = self._submission.find_earlier()
            if adopted is None:
                raise obstacle
            self.log.warning("A new migration could not be submitted now: %s", redact(str(obstacle)))
            migration = cast("ContentMigration", adopted)
        context["ti"].xcom_push(key=CONTENT_MIGRATION, value={**where, "content_migration_id": migration["id"]})
        return migration

    def _request(
        self, where: Mapping[str, int | str], params: Mapping[str, Any], source_course_id: int | None
    ) -> ContentMigrationRequest | LegacyCourseCopyRequest:
        """Return the request for the migration."""
        from airflow_provider_canvas.api.content_migrations import ContentMigrations
        from airflow_provider_canvas.client.jobs.content_requests import ContentMigrationRequest

        return ContentMigrationRequest(ContentMigrations.create.call_with({**params, **where}), where, source_course_id)

    def _check_destination_is_empty(self, where: Mapping[str, int | str]) -> None:
        """Check before a new migration is submitted that the destination is empty, as ``if_not_empty`` demands."""
        from airflow.providers.common.compat.sdk import AirflowSkipException

        from airflow_provider_canvas.client.errors import CanvasConflictError, CanvasNotFoundError

        if self.if_not_empty == "proceed" or "course_id" not in where:
            return
        course_id, content = where["course_id"], []
        for name in ("modules", "pages", "assignments"):
            try:
                if next(getattr(self.hook, name).list(course_id=course_id, per_page=1), None):
                    content.append(name)
            except CanvasNotFoundError:
                continue  # the course has disabled that tab
        if not content:
            return
        message = f"Course {course_id} already has {' and '.join(content)}"
        if self.if_not_empty == "skip":
            raise AirflowSkipException(f"{message}: nothing was submitted, as if_not_empty says.")
        if self.if_not_empty == "fail":
            raise CanvasConflictError(f"{message}: nothing was submitted. Empty it, or set if_not_empty to 'proceed'.")
        self.log.warning("%s. It is kept; the imported content is added.", message)

    def interrupted(self, client: CanvasClient) -> Job | None:
        """Return the migration that was being submitted when a signal interrupted the task, if Canvas has it."""
        migration = self._submission.find_interrupted(client) if self._submission else None
        return self._job_of(migration) if migration else None  # type: ignore[arg-type]  # a record is a migration

    def _blocking_job(self, blocker: Mapping[str, Any]) -> Job:
        from airflow_provider_canvas.client.jobs.content_requests import context_in_words
        from airflow_provider_canvas.client.jobs.waiters import progress_id_of

        assert self._submission is not None  # noqa: S101  # it found the blocker
        request = cast("ContentMigrationRequest | LegacyCourseCopyRequest", self._submission.request)
        ids: dict[str, Any] = {**request.context, "content_migration_id": blocker["id"]}
        if (progress_id := progress_id_of(blocker)) is not None:
            ids["progress_id"] = progress_id
        return Job(
            "content_migration",
            ids,
            started_by_other=True,
            described=f"content_migration {blocker['id']} into {context_in_words(request.context)}",
            page=self._submission.page,
            is_blocker=True,
        )

    def _job_of(self, migration: ContentMigration, **extra: Any) -> Job:
        from airflow_provider_canvas.client.jobs.content_requests import ContentMigrationRequest
        from airflow_provider_canvas.client.jobs.waiters import progress_id_of

        assert self._submission is not None  # noqa: S101  # it was submitted
        request = self._submission.request
        assert isinstance(request, ContentMigrationRequest)  # noqa: S101  # as _submit_once made it
        ids: dict[str, Any] = {**request.context, "content_migration_id": migration["id"]}
        if (progress_id := progress_id_of(migration)) is not None:
            ids["progress_id"] = progress_id
        # For a copy across root accounts, Canvas does not show the source later.
        extra = {"source_course_id": request.source_course_id, **extra}
        return Job("content_migration", ids, extra=extra, started_by_other=self._submission.started_by_other)

    def finish(self, context: Context, job: Job, status: Status) -> dict[str, Any]:
        """Fetch the issues, and return the task's result.

        :raises CanvasJobError: When the migration failed, or has issues that ``fail_on_issues`` does not accept.
        """
        from airflow_provider_canvas.operators import migration_result

        ids = {name: value for name, value in job.ids.items() if name not in ("progress_id", "until")}
        where = {name: value for name, value in ids.items() if name != "content_migration_id"}
        migration = status.record or self.hook.content_migrations.get(**ids)
        self._describe_migration(job, migration)
        # The number of issues is that of all, also of those that are resolved.
        has_none = status.state == "succeeded" and migration.get("migration_issues_count") == 0
        issues = [] if has_none else migration_result.fetch_issues(self.hook, ids, self.log)
        self._describe_migration(job, migration, migration_result.count_by_type(issues))
        url = job.page or migration_result.page_url(self.hook, where)
        if status.state == "failed":
            raise migration_failure(job.name, status, issues, url)
        migration_result.raise_for_issues(ids, issues, self.fail_on_issues, url)
        result = {
            "canvas_instance": self._instance_of(job),
            **where,
            "content_migration_id": ids["content_migration_id"],
            "workflow_state": migration.get("workflow_state"),
            "started_at": migration.get("started_at"),
            "finished_at": migration.get("finished_at"),
            "url": url,
            "issue_counts": migration_result.count_by_type(issues),
            "issues": migration_result.short_issues(issues),
        }
        self._announce(context, job)
        result = self._complete_result(job, result)
        self.log.info(
            "The %s is complete after %s, with %s: see %s",
            self._describe(job),
            time_since(job.began_at),
            issues_in_words(result["issue_counts"]),
            url,
        )
        return result

    def _describe(self, job: Job) -> str:
        """Return what was imported, and where to, such as ``copy of course 42 into course 77``."""
        raise NotImplementedError

    @without_failing
    def _note_lineage(self, job: Job) -> None:
        from airflow_provider_canvas.operators.migration_lineage import note_migration

        note_migration(self.lineage, job, self._instance_of(job), self._source_dataset(job))
        self._describe_migration(job, {})

    def _source_dataset(self, job: Job) -> LineageDataset | None:
        """Return what a migration reads, if the task knows that."""
        course_id = job.extra.get("source_course_id")
        return None if course_id is None else self.lineage.course(self._instance_of(job), course_id)

    @without_failing
    def _describe_migration(
        self, job: Job, migration: Mapping[str, Any], issue_counts: Mapping[str, int] | None = None
    ) -> None:
        """Note the migration for the lineage: its record, and the number of its issues, if they are known."""
        from airflow_provider_canvas.operators.migration_lineage import migration_facet

        facet = migration_facet(job, self._instance_of(job), migration, issue_counts, selective=self._is_selective())
        self.lineage.describe(facet)

    def _is_selective(self) -> bool:
        """Return whether the task asks for a part of the content only."""
        return bool(self._event_extra())

    def _complete_result(self, job: Job, result: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        """Return the task's result; concrete operators add to it."""
        return result

    def _announce(self, context: Context, job: Job) -> None:
        """Record the event of the course's asset, if the destination is a course."""
        from airflow_provider_canvas.api.parameters import drop_none
        from airflow_provider_canvas.assets.canvas import announce, course_uri

        if "course_id" not in job.ids:
            return
        host, course_id = self._instance_of(job), job.ids["course_id"]
        extra = drop_none(
            canvas_instance=host,
            content_migration_id=job.ids["content_migration_id"],
            source_course_id=job.extra.get("source_course_id"),
            destination_course_id=course_id,
            **self._event_extra(),
        )
        announce(context, self.outlets, course_uri(host, course_id), extra)

    def _event_extra(self) -> dict[str, Any]:
        """Return what the ``extra`` of an event says about a partial copy."""
        return {}
