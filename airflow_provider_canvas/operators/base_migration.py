"""What all operators that make a content migration have in common: its parameters, its issues, its result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from airflow_provider_canvas.links.canvas import CanvasCourseImportsLink
from airflow_provider_canvas.operators.base_job import CanvasJobOperator, Job
from airflow_provider_canvas.utils.parameters import none_if_blank, optional_bool, parse_list, parse_structure

if TYPE_CHECKING:
    from datetime import date

    from airflow.providers.common.compat.sdk import BaseOperatorLink, Context

    from airflow_provider_canvas.api.content_migrations import ContentMigration
    from airflow_provider_canvas.api.courses import Course
    from airflow_provider_canvas.api.migration_issues import MigrationIssue
    from airflow_provider_canvas.client.jobs.content_requests import ContentMigrationRequest, LegacyCourseCopyRequest
    from airflow_provider_canvas.client.jobs.submit_once import Submission
    from airflow_provider_canvas.client.jobs.waiters import Status
    from airflow_provider_canvas.client.transports.requests_client import CanvasClient

ISSUES_IN_RESULT = 20
"""How many issues the result names; it counts them all."""

CONTENT_MIGRATION = "content_migration"
"""The key of the XCom with the ids of a task's migration, which is there from its submission on: also when it fails."""


class ContentMigrationOperator(CanvasJobOperator):
    """Make a content migration and wait until it is over; base of those that say what it imports, and into what.

    When content has arrived in a course, each outlet that is the course's asset ``canvas://<host>/courses/<number>``,
    and each outlet that is an asset alias, gets an event. Its ``extra`` has ``canvas_instance``,
    ``content_migration_id``, ``destination_course_id``, of a copy ``source_course_id``, and where only a part was
    copied ``select`` or ``selective_import``.

    The XCom ``content_migration`` has the migration's ids (``content_migration_id`` and ``course_id``, or
    ``account_id``, ``group_id``, ``user_id``) as soon as it is submitted, so that one that fails can be looked at, too.

    :param old_start_date: When the source began: a date, or ISO 8601 text. With any of the four dates, dates are
        shifted; what is left out Canvas takes from the courses. (templated)
    :param old_end_date: When the source ended. (templated)
    :param new_start_date: When the destination begins. (templated)
    :param new_end_date: When the destination ends. (templated)
    :param day_substitutions: Weekdays to move, old to new, 0 is Sunday: ``{1: 2}`` moves Mondays to Tuesdays.
        (templated)
    :param shift_dates: Shift dates even if none is given; Canvas then takes them from the courses. (templated)
    :param remove_dates: Remove all dates instead. (templated)
    :param importer_skips: What not to take over: ``all_course_settings``, ``visibility_settings``. (templated)
    :param overwrite_quizzes: Overwrite quizzes that were imported before.
    :param import_blueprint_settings: Make the destination a blueprint like the source.
    :param insert_into_module_id: Put the content into this module of the destination. (templated)
    :param insert_into_module_type: Only things of this type go into the module: ``assignment``, ``discussion_topic``,
        ``file``, ``page`` or ``quiz``.
    :param insert_into_module_position: Where in the module.
    :param move_to_assignment_group_id: Put assignments into this group of the destination. (templated)
    :param settings: Further ``settings[...]``, sent as they are. (templated)
    :param fail_on_issues: Fail the task when Canvas raised an issue of this type or a graver one: ``"error"``,
        ``"warning"``, or ``None`` for never.
    :param if_running: What to do where the destination already has somebody else's migration under way: ``"wait"``
        behind it, as Canvas does by itself; ``"adopt"`` it, if it is of the same type and source, and deliver its
        result; ``"fail"``, so that a retry of the task tries again later.
    :param if_not_empty: What to do where the destination course already has content (modules, pages or assignments):
        ``"proceed"``, ``"warn"``, ``"skip"`` the task, or ``"fail"``. What an earlier attempt of the task brought does
        not count.
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
        self.old_start_date = old_start_date
        self.old_end_date = old_end_date
        self.new_start_date = new_start_date
        self.new_end_date = new_end_date
        self.day_substitutions = day_substitutions
        self.shift_dates = shift_dates
        self.remove_dates = remove_dates
        self.importer_skips = importer_skips
        self.overwrite_quizzes = overwrite_quizzes
        self.import_blueprint_settings = import_blueprint_settings
        self.insert_into_module_id = insert_into_module_id
        self.insert_into_module_type = insert_into_module_type
        self.insert_into_module_position = insert_into_module_position
        self.move_to_assignment_group_id = move_to_assignment_group_id
        self.settings = settings
        self.fail_on_issues = fail_on_issues
        self.if_running = if_running
        self.if_not_empty = if_not_empty
        self._submission: Submission | None = None

    def _migration_params(self, *, own_settings: Mapping[str, Any]) -> dict[str, Any]:
        """Return what every migration can be told, without what was not given.

        :param own_settings: What the concrete operator adds to ``settings``.
        """
        from airflow_provider_canvas.api.parameters import drop_none

        settings = drop_none(
            **own_settings,
            importer_skips=parse_list("importer_skips", self.importer_skips, such_as="['visibility_settings']"),
            overwrite_quizzes=self.overwrite_quizzes,
            import_blueprint_settings=self.import_blueprint_settings,
            insert_into_module_id=none_if_blank(self.insert_into_module_id),
            insert_into_module_type=self.insert_into_module_type,
            insert_into_module_position=self.insert_into_module_position,
            move_to_assignment_group_id=none_if_blank(self.move_to_assignment_group_id),
        )
        dates = drop_none(
            old_start_date=none_if_blank(self.old_start_date),
            old_end_date=none_if_blank(self.old_end_date),
            new_start_date=none_if_blank(self.new_start_date),
            new_end_date=none_if_blank(self.new_end_date),
            day_substitutions=parse_structure("day_substitutions", self.day_substitutions, such_as="{1: 2}") or None,
        )
        remove, shift = optional_bool("remove_dates", self.remove_dates), optional_bool("shift_dates", self.shift_dates)
        if shift is None and dates:
            shift = True
        options = {**dates, **drop_none(shift_dates=shift or None, remove_dates=remove or None)}
        return drop_none(
            settings={**(parse_structure("settings", self.settings, such_as="{'folder_id': 7}") or {}), **settings}
            or None,
            date_shift_options=options or None,
        )

    def _validate(self) -> None:
        """Refuse what makes no sense, before anything is sent; concrete operators add their own."""
        from airflow_provider_canvas.api.parameters import check_option

        if self.fail_on_issues is not None:
            check_option("fail_on_issues", self.fail_on_issues, ("error", "warning"))
        check_option("if_running", self.if_running, ("wait", "adopt", "fail"))
        check_option("if_not_empty", self.if_not_empty, ("proceed", "warn", "skip", "fail"))

    def _course(self, name: str, course_id: int | str) -> Course:
        """Get a course that a parameter names; where there is none, say which parameter that was."""
        from airflow_provider_canvas.client.errors import CanvasNotFoundError

        try:
            return self.hook.courses.get(course_id=course_id)
        except CanvasNotFoundError as error:
            error.args = (f"{name} {course_id!r}: {error}",)
            raise

    def _submit_once(
        self,
        context: Context,
        *,
        where: Mapping[str, int | str],
        params: Mapping[str, Any],
        source_course_id: int | None = None,
        obstacle: Exception | None = None,
    ) -> ContentMigration:
        """Return the migration: that of an earlier attempt of this task, or a new one.

        :param where: Its context: one of ``account_id``, ``course_id``, ``group_id``, ``user_id``.
        :param params: What it is created with.
        :param source_course_id: The number of the course that is copied, if one is.
        :param obstacle: Why no new one can be made. It is raised if an earlier attempt made none.
        """
        from typing import cast

        from airflow_provider_canvas.client.jobs.submit_once import Submission
        from airflow_provider_canvas.security.redaction import redact
        from airflow_provider_canvas.utils.task_store import (
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
            store=submission_store(context),
            repeated=is_repeated(context, request, self.retries),
            since=first_attempt_at(context),
            if_running=self.if_running,
            before_new=lambda: self._check_destination_is_empty(where),
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
        """Return what is to be submitted."""
        from airflow_provider_canvas.api.content_migrations import ContentMigrations
        from airflow_provider_canvas.client.jobs.content_requests import ContentMigrationRequest

        return ContentMigrationRequest(ContentMigrations.create.call_with({**params, **where}), where, source_course_id)

    def _check_destination_is_empty(self, where: Mapping[str, int | str]) -> None:
        """Look whether the destination is empty, if that matters. It comes before a new migration is made."""
        from airflow.providers.common.compat.sdk import AirflowSkipException

        from airflow_provider_canvas.client.errors import CanvasConflictError, CanvasNotFoundError

        if self.if_not_empty == "proceed" or "course_id" not in where:
            return
        course_id, found = where["course_id"], []
        for name in ("modules", "pages", "assignments"):
            try:
                if next(getattr(self.hook, name).list(course_id=course_id, per_page=1), None):
                    found.append(name)
            except CanvasNotFoundError:
                continue  # the course has that page switched off
        if not found:
            return
        said = f"Course {course_id} already has {' and '.join(found)}"
        if self.if_not_empty == "skip":
            raise AirflowSkipException(f"{said}: nothing was submitted, as if_not_empty says.")
        if self.if_not_empty == "fail":
            raise CanvasConflictError(f"{said}: nothing was submitted. Empty it, or set if_not_empty to 'proceed'.")
        self.log.warning("%s. What is imported comes on top.", said)

    def interrupted(self, client: CanvasClient) -> Job | None:
        """Return the migration that was being submitted when a signal came, if Canvas has it."""
        migration = self._submission.find_interrupted(client) if self._submission else None
        return self._job_of(migration) if migration else None  # type: ignore[arg-type]  # a record is a migration

    def _job_of(self, migration: ContentMigration, **extra: Any) -> Job:
        from airflow_provider_canvas.client.jobs.content_requests import ContentMigrationRequest
        from airflow_provider_canvas.client.jobs.waiters import progress_id_of

        assert self._submission is not None  # noqa: S101  # it was submitted
        request = self._submission.request
        assert isinstance(request, ContentMigrationRequest)  # noqa: S101  # as _submit_once made it
        ids: dict[str, Any] = {**request.context, "content_migration_id": migration["id"]}
        if (progress_id := progress_id_of(migration)) is not None:
            ids["progress_id"] = progress_id
        # Across root accounts Canvas does not tell later what was copied.
        extra = {"source_course_id": request.source_course_id, **extra}
        return Job("content_migration", ids, extra=extra, started_by_other=self._submission.started_by_other)

    def finish(self, context: Context, job: Job, status: Status) -> dict[str, Any]:
        """Collect the issues, and return what happened or fail with it."""
        from airflow_provider_canvas.client.errors import CanvasIssuesError, CanvasJobError

        ids = {name: value for name, value in job.ids.items() if name not in ("progress_id", "until")}
        where = {name: value for name, value in ids.items() if name != "content_migration_id"}
        migration = status.record or self.hook.content_migrations.get(**ids)
        issues = self._issues(ids)
        counts = Counter(issue.get("issue_type", "unknown") for issue in issues)
        url, name = self._page(where), _place(where)
        if status.state == "failed":
            words = filter(None, [status.message, *(issue["description"] for issue in issues[:3])])
            said = "; ".join(word.removesuffix(".") for word in words)
            raise CanvasJobError(
                f"content_migration {ids['content_migration_id']} into {name} failed"
                f"{f': {said}' if said else ' without a word from Canvas'}. What it had imported stays there. "
                f"Look at {url}; a retry imports again."
            )
        if too_grave := _too_grave(counts, self.fail_on_issues):
            raise CanvasIssuesError(
                f"The import into {name} is complete, but Canvas raised {too_grave} (listed above; {url}). "
                "Resolve them in Canvas, or set fail_on_issues to None to let such imports pass."
            )
        result = {
            "canvas_instance": self.hook.settings.host,
            **where,
            "content_migration_id": ids["content_migration_id"],
            "workflow_state": migration.get("workflow_state"),
            "started_at": migration.get("started_at"),
            "finished_at": migration.get("finished_at"),
            "url": url,
            "issue_counts": dict(counts),
            "issues": [
                {
                    "id": issue.get("id"),
                    "issue_type": issue.get("issue_type"),
                    "description": issue["description"][:200],
                }
                for issue in issues[:ISSUES_IN_RESULT]
            ],
        }
        self._announce(context, job)
        return self._delivered(job, result)

    def _delivered(self, job: Job, result: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        """Return the task's result; an operator that has more to say of it does so here."""
        return result

    def _announce(self, context: Context, job: Job) -> None:
        """Record the event of the course's asset, if it is a course that content has arrived in."""
        from airflow_provider_canvas.api.parameters import drop_none
        from airflow_provider_canvas.assets.canvas import announce, course_uri

        if "course_id" not in job.ids:
            return
        host, course_id = self.hook.settings.host, job.ids["course_id"]
        extra = drop_none(
            canvas_instance=host,
            content_migration_id=job.ids["content_migration_id"],
            source_course_id=job.extra.get("source_course_id"),
            destination_course_id=course_id,
            **self._part(),
        )
        announce(context, self.outlets, course_uri(host, course_id), extra)

    def _part(self) -> dict[str, Any]:
        """Return what an event says of a migration that was to bring only a part of its source."""
        return {}

    def _page(self, where: Mapping[str, Any]) -> str:
        """Return the address at which a person sees the import."""
        ((name, value),) = where.items()
        tail = "/content_migrations" if name in ("course_id", "account_id") else ""
        return f"{self.hook.settings.base_url}/{name.removesuffix('_id')}s/{value}{tail}"

    def _issues(self, ids: Mapping[str, Any]) -> list[MigrationIssue]:
        """Return the issues, the gravest first, and tell the log of them."""
        from airflow_provider_canvas.security.redaction import redact

        issues = sorted(self.hook.migration_issues.list(**ids), key=_grave)
        for issue in issues:
            issue["description"] = redact(str(issue.get("description")))
            where = issue.get("fix_issue_html_url")
            self.log.warning(
                "Issue %s (%s): %s%s",
                issue.get("id"),
                issue.get("issue_type"),
                issue["description"],
                f" ({where})" if where else "",
            )
        return issues


def _place(where: Mapping[str, Any]) -> str:
    ((name, value),) = where.items()
    return f"{name.removesuffix('_id')} {value}"


def _grave(issue: MigrationIssue) -> tuple[int, int]:
    from airflow_provider_canvas.api.migration_issues import ISSUE_TYPES

    kind = issue.get("issue_type", "")
    return (ISSUE_TYPES.index(kind) if kind in ISSUE_TYPES else len(ISSUE_TYPES)), issue.get("id", 0)


def _too_grave(counts: Mapping[str, int], fail_on_issues: str | None) -> str:
    """Return what exceeds the limit in words, or nothing."""
    grave = {"error": ("error",), "warning": ("error", "warning"), None: ()}[fail_on_issues]
    return " and ".join(f"{counts[kind]} {kind}{'s' if counts[kind] > 1 else ''}" for kind in grave if counts.get(kind))
