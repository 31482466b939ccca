"""Copying one course into another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from airflow_provider_canvas.links import CanvasCourseImportsLink
from airflow_provider_canvas.operators._job import CanvasJobOperator, Job
from airflow_provider_canvas.tasks import flag, given, structure

if TYPE_CHECKING:
    from datetime import date

    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_canvas.api.content_migrations import ContentMigration
    from airflow_provider_canvas.api.courses import Course
    from airflow_provider_canvas.api.migration_issues import MigrationIssue
    from airflow_provider_canvas.client.blocking import BlockingClient
    from airflow_provider_canvas.client.submission import Submission
    from airflow_provider_canvas.client.watch import Status

ISSUES_IN_RESULT = 20
"""How many issues the result names; it counts them all."""


class CanvasCourseCopyOperator(CanvasJobOperator):
    """Copy the content of a course into another, and wait until it has arrived.

    The copy is submitted once: a retry, also after a worker was killed, adopts the migration of the earlier attempt.
    A task that was cleared makes a new one. Courses are named by number or SIS id (``sis_course_id:BIO-1``).

    The result is a dict: ``content_migration_id``, ``source_course_id``, ``destination_course_id`` (numbers),
    ``canvas_instance`` (the host), ``workflow_state``, ``started_at``, ``finished_at``, ``url``, ``issue_counts`` (by
    ``issue_type``) and ``issues`` (the first 20, the gravest first). Each outlet that is the course's asset
    ``canvas://<host>/courses/<number>``, and each outlet that is an asset alias, gets an event with the same ids.

    .. seealso::
        https://developerdocs.instructure.com/services/canvas/resources/content_migrations#method.content_migrations.create

    :param source_course_id: The course to copy from. The token's user must be able to read it as a teacher. (templated)
    :param destination_course_id: The course to copy into. (templated)
    :param old_start_date: When the source began: a date, or ISO 8601 text. With any of the four dates, dates are
        shifted; what is left out Canvas takes from the courses. (templated)
    :param old_end_date: When the source ended. (templated)
    :param new_start_date: When the destination begins. (templated)
    :param new_end_date: When the destination ends. (templated)
    :param day_substitutions: Weekdays to move, old to new, 0 is Sunday: ``{1: 2}`` moves Mondays to Tuesdays.
        (templated)
    :param shift_dates: Shift dates even if none is given; Canvas then takes them from the courses. (templated)
    :param remove_dates: Remove all dates instead. (templated)
    :param select: Copy only these: asset types (``pages``, ``assignments``, ...) to ids in the source. (templated)
    :param importer_skips: What not to take over: ``all_course_settings``, ``visibility_settings``. (templated)
    :param overwrite_quizzes: Overwrite quizzes that were copied before; Canvas's default for copies is yes.
    :param import_blueprint_settings: Make the destination a blueprint like the source.
    :param insert_into_module_id: Put the content into this module of the destination. (templated)
    :param insert_into_module_type: Only things of this type go into the module: ``assignment``, ``discussion_topic``,
        ``file``, ``page`` or ``quiz``.
    :param insert_into_module_position: Where in the module.
    :param move_to_assignment_group_id: Put assignments into this group of the destination. (templated)
    :param settings: Further ``settings[...]``, sent as they are. (templated)
    :param fail_on_issues: Fail the task when Canvas raised an issue of this type or a graver one: ``"error"``,
        ``"warning"``, or ``None`` for never.
    """

    template_fields: Sequence[str] = (
        *CanvasJobOperator.template_fields,
        "source_course_id",
        "destination_course_id",
        "old_start_date",
        "old_end_date",
        "new_start_date",
        "new_end_date",
        "day_substitutions",
        "shift_dates",
        "remove_dates",
        "select",
        "importer_skips",
        "insert_into_module_id",
        "move_to_assignment_group_id",
        "settings",
    )
    operator_extra_links = (CanvasCourseImportsLink(),)
    ui_color = "#fdeee9"

    def __init__(
        self,
        *,
        source_course_id: int | str,
        destination_course_id: int | str,
        old_start_date: date | str | None = None,
        old_end_date: date | str | None = None,
        new_start_date: date | str | None = None,
        new_end_date: date | str | None = None,
        day_substitutions: Mapping[int, int] | None = None,
        shift_dates: bool | None = None,
        remove_dates: bool | None = None,
        select: Mapping[str, Sequence[int | str]] | None = None,
        importer_skips: Sequence[str] | None = None,
        overwrite_quizzes: bool | None = None,
        import_blueprint_settings: bool | None = None,
        insert_into_module_id: int | str | None = None,
        insert_into_module_type: str | None = None,
        insert_into_module_position: int | None = None,
        move_to_assignment_group_id: int | str | None = None,
        settings: Mapping[str, Any] | None = None,
        fail_on_issues: Literal["error", "warning"] | None = "error",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.source_course_id = source_course_id
        self.destination_course_id = destination_course_id
        self.old_start_date = old_start_date
        self.old_end_date = old_end_date
        self.new_start_date = new_start_date
        self.new_end_date = new_end_date
        self.day_substitutions = day_substitutions
        self.shift_dates = shift_dates
        self.remove_dates = remove_dates
        self.select = select
        self.importer_skips = importer_skips
        self.overwrite_quizzes = overwrite_quizzes
        self.import_blueprint_settings = import_blueprint_settings
        self.insert_into_module_id = insert_into_module_id
        self.insert_into_module_type = insert_into_module_type
        self.insert_into_module_position = insert_into_module_position
        self.move_to_assignment_group_id = move_to_assignment_group_id
        self.settings = settings
        self.fail_on_issues = fail_on_issues
        self._submission: Submission | None = None

    def submit(self, context: Context) -> Job:
        """Submit the copy, or adopt the one that an earlier attempt of this task submitted."""
        from airflow_provider_canvas.api.content_migrations import ContentMigrations
        from airflow_provider_canvas.client.submission import Submission
        from airflow_provider_canvas.operators._memory import first_attempt_at, mark_of_task, memory_of

        self._refuse_nonsense()
        source = self._course("source_course_id", self.source_course_id)
        destination = self._course("destination_course_id", self.destination_course_id)
        if source["id"] == destination["id"]:
            raise ValueError(f"source_course_id and destination_course_id are the same course, {source['id']}.")
        CanvasCourseImportsLink.persist(context, self.hook.settings.base_url, destination["id"])
        self._submission = Submission(
            canvas=self.hook,
            course_id=destination["id"],
            source_course_id=source["id"],
            create=ContentMigrations.create.call(course_id=destination["id"], **self._params(source["id"])),
            mark=mark_of_task(context),
            memory=memory_of(context),
            repeated=context["ti"].try_number > 1,
            since=first_attempt_at(context),
        )
        migration = self._submission.submit()
        self.log.info(
            "Copying course %s (%s) into course %s (%s) by content migration %s.",
            source["id"],
            source.get("name", "no name shown"),
            destination["id"],
            destination.get("name", "no name shown"),
            migration["id"],
        )
        return self._job_of(migration)

    def interrupted(self, client: BlockingClient) -> Job | None:
        """Return the copy that was being submitted when a signal came, if Canvas has it."""
        migration = self._submission.find(client) if self._submission else None
        return self._job_of(migration) if migration else None

    def _job_of(self, migration: ContentMigration) -> Job:
        from airflow_provider_canvas.client.watches import progress_id_of

        assert self._submission is not None  # noqa: S101  # submit() made it
        ids: dict[str, int | str] = {
            "course_id": self._submission.course_id,
            "content_migration_id": migration["id"],
        }
        if (progress_id := progress_id_of(migration)) is not None:
            ids["progress_id"] = progress_id
        # Across root accounts Canvas does not tell later what was copied.
        return Job("content_migration", ids, about={"source_course_id": self._submission.source_course_id})

    def finish(self, context: Context, job: Job, status: Status) -> dict[str, Any]:
        """Collect the issues, and return what happened or fail with it."""
        from airflow_provider_canvas.assets.canvas import course_uri
        from airflow_provider_canvas.client.errors import CanvasIssuesError, CanvasJobError
        from airflow_provider_canvas.redact import redacted

        course_id, content_migration_id = job.ids["course_id"], job.ids["content_migration_id"]
        migration = self.hook.content_migrations.get(course_id=course_id, content_migration_id=content_migration_id)
        found = self.hook.migration_issues.list(course_id=course_id, content_migration_id=content_migration_id)
        issues = sorted(found, key=_grave)
        for issue in issues:
            issue["description"] = redacted(str(issue.get("description")))
        self._log_issues(issues)
        url = f"{self.hook.settings.base_url}/courses/{course_id}/content_migrations"
        if status.state == "failed":
            said = "; ".join(filter(None, [status.message, *(issue["description"] for issue in issues[:3])]))
            raise CanvasJobError(
                f"content_migration {content_migration_id} into course {course_id} failed"
                f"{f': {said}' if said else ' without a word from Canvas'}. What it had copied stays in the course. "
                f"Look at {url}; a retry copies again."
            )
        counts = Counter(issue.get("issue_type", "unknown") for issue in issues)
        too_grave = _too_grave(counts, self.fail_on_issues)
        if too_grave:
            raise CanvasIssuesError(
                f"The copy into course {course_id} is complete, but Canvas raised {too_grave} (listed above; "
                f"{url}). Resolve them in Canvas, or set fail_on_issues to None to let such copies pass."
            )
        ids = {
            "canvas_instance": self.hook.settings.host,
            "content_migration_id": content_migration_id,
            "source_course_id": job.about["source_course_id"],
            "destination_course_id": course_id,
        }
        select = structure("select", self.select)
        uri = course_uri(self.hook.settings.host, course_id)
        self._announce(context, uri, {**ids, "select": select} if select else ids)
        return {
            **ids,
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

    def _refuse_nonsense(self) -> None:
        """Refuse what Canvas would not take, before anything is sent to it."""
        from airflow_provider_canvas.api.content_migrations import ContentMigrations
        from airflow_provider_canvas.api.ids import canvas_id
        from airflow_provider_canvas.api.parameters import among

        for name in ("source_course_id", "destination_course_id"):
            canvas_id(name, getattr(self, name), kind="course_id")
        if self.fail_on_issues is not None:
            among("fail_on_issues", self.fail_on_issues, ("error", "warning"))
        ContentMigrations.create.call(course_id=1, **self._params(1))

    def _course(self, name: str, course_id: int | str) -> Course:
        from airflow_provider_canvas.client.errors import CanvasNotFoundError

        try:
            return self.hook.courses.get(course_id=course_id)
        except CanvasNotFoundError as error:
            error.args = (f"{name} {course_id!r}: {error}",)
            raise

    def _params(self, source_course_id: int) -> dict[str, Any]:
        """Return the parameters of the migration, without what was not given."""
        from airflow_provider_canvas.api.content_migrations import COURSE_COPY
        from airflow_provider_canvas.api.parameters import given as only_given

        skips = given(self.importer_skips)
        if isinstance(skips, str) and not skips.startswith(("[", "(")):
            skips = [skips]
        own = only_given(
            source_course_id=source_course_id,
            importer_skips=structure("importer_skips", skips),
            overwrite_quizzes=self.overwrite_quizzes,
            import_blueprint_settings=self.import_blueprint_settings,
            insert_into_module_id=given(self.insert_into_module_id),
            insert_into_module_type=self.insert_into_module_type,
            insert_into_module_position=self.insert_into_module_position,
            move_to_assignment_group_id=given(self.move_to_assignment_group_id),
        )
        dates = only_given(
            old_start_date=given(self.old_start_date),
            old_end_date=given(self.old_end_date),
            new_start_date=given(self.new_start_date),
            new_end_date=given(self.new_end_date),
            day_substitutions=structure("day_substitutions", self.day_substitutions) or None,
        )
        remove, shift = flag("remove_dates", self.remove_dates), flag("shift_dates", self.shift_dates)
        if shift is None and dates:
            shift = True
        options = {**dates, **only_given(shift_dates=shift or None, remove_dates=remove or None)}
        return only_given(
            migration_type=COURSE_COPY,
            settings={**(structure("settings", self.settings) or {}), **own},
            date_shift_options=options or None,
            select=structure("select", self.select),
        )

    def _log_issues(self, issues: Sequence[MigrationIssue]) -> None:
        for issue in issues:
            where = issue.get("fix_issue_html_url")
            self.log.warning(
                "Issue %s (%s): %s%s",
                issue.get("id"),
                issue.get("issue_type"),
                issue.get("description"),
                f" ({where})" if where else "",
            )

    def _announce(self, context: Context, uri: str, ids: dict[str, Any]) -> None:
        """Record the event of the course's asset. Airflow sends it only with what the second half of a task records."""
        from airflow.providers.common.compat.sdk import Asset, AssetAlias

        events = context["outlet_events"]
        for outlet in self.outlets:
            if isinstance(outlet, AssetAlias):
                events[outlet].add(Asset(uri), extra=ids)
            elif isinstance(outlet, Asset) and outlet.uri == uri:
                events[outlet].extra = ids


def _grave(issue: MigrationIssue) -> tuple[int, int]:
    from airflow_provider_canvas.api.migration_issues import ISSUE_TYPES

    kind = issue.get("issue_type", "")
    return (ISSUE_TYPES.index(kind) if kind in ISSUE_TYPES else len(ISSUE_TYPES)), issue.get("id", 0)


def _too_grave(counts: Mapping[str, int], fail_on_issues: str | None) -> str:
    """Return what exceeds the limit in words, or nothing."""
    grave = {"error": ("error",), "warning": ("error", "warning"), None: ()}[fail_on_issues]
    return " and ".join(f"{counts[kind]} {kind}{'s' if counts[kind] > 1 else ''}" for kind in grave if counts.get(kind))
