"""Copy one course into another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_canvas.links.canvas import CanvasCourseImportsLink
from airflow_provider_canvas.operators.base_migration import ContentMigrationOperator
from airflow_provider_canvas.operators.migration_parameters import migration_parameters
from airflow_provider_canvas.utils.parameters import parse_select

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_canvas.operators.base_job import Job


class CanvasCourseCopyOperator(ContentMigrationOperator):
    """Copy the content of a course into another, and wait until the copy is complete.

    The copy is submitted once: a retry, also after a worker was killed, adopts the migration of the earlier attempt.
    A task that was cleared submits a new one. Courses are named by number or SIS id (``sis_course_id:BIO-1``).

    The result is a dict: ``content_migration_id``, ``source_course_id``, ``destination_course_id`` (numbers),
    ``canvas_instance`` (the host), ``workflow_state``, ``started_at``, ``finished_at``, ``url``, ``issue_counts`` (by
    ``issue_type``) and ``issues`` (the first 20, the most severe first). Outlets get an event with the same ids, see
    :class:`~.base_migration.ContentMigrationOperator`.

    .. seealso::
        https://developerdocs.instructure.com/services/canvas/resources/content_migrations#method.content_migrations.create

    :param source_course_id: The course to copy from. The token's user must be able to read it as a teacher. (templated)
    :param destination_course_id: The course to copy into. (templated)
    :param select: Copy only these: asset types (``pages``, ``assignments``, ...) to ids in the source. Only
        ``None`` copies everything; an empty value is an error. (templated)

    The other parameters are those of every content migration: dates (``old_start_date``, ``new_start_date``, ...,
    ``remove_dates``), what to skip and where to put it (``importer_skips``, ``insert_into_module_id``, ...), what to do
    about issues and existing content (``fail_on_issues``, ``if_running``, ``if_not_empty``), and how to wait
    (``deferrable``, ``poll_interval``, ``timeout``, ``cancel_on_kill``).
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
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.source_course_id = source_course_id
        self.destination_course_id = destination_course_id
        self.select = select

    def submit(self, context: Context) -> Job:
        """Submit the copy, or adopt the one that an earlier attempt of this task submitted."""
        self._validate()
        source = self._course("source_course_id", self.source_course_id)
        destination = self._course("destination_course_id", self.destination_course_id)
        if source["id"] == destination["id"]:
            raise ValueError(f"source_course_id and destination_course_id are the same course, {source['id']}.")
        CanvasCourseImportsLink.persist(context, self.hook.settings.base_url, destination["id"])
        migration = self._submit_once(
            context,
            where={"course_id": destination["id"]},
            params=self._params(source["id"]),
            source_course_id=source["id"],
        )
        self.log.info(
            "Copying course %s (%s) into course %s (%s) by content migration %s.",
            source["id"],
            source.get("name", "no name shown"),
            destination["id"],
            destination.get("name", "no name shown"),
            migration["id"],
        )
        return self._job_of(migration)

    def _complete_result(self, job: Job, result: dict[str, Any]) -> dict[str, Any]:
        """Return the result with both courses, each under a name that says which it is."""
        destination_course_id = result.pop("course_id")
        source_course_id = job.extra["source_course_id"]
        return {**result, "source_course_id": source_course_id, "destination_course_id": destination_course_id}

    def _event_extra(self) -> dict[str, Any]:
        select = parse_select(self.select)
        return {} if select is None else {"select": select}

    def _validate(self) -> None:
        """Check the parameters before anything is sent."""
        from airflow_provider_canvas.api.content_migrations import ContentMigrations
        from airflow_provider_canvas.api.ids import canvas_id

        super()._validate()
        for name in ("source_course_id", "destination_course_id"):
            canvas_id(name, getattr(self, name), kind="course_id")
        ContentMigrations.create.check({"course_id": self.destination_course_id, **self._params(self.source_course_id)})

    def _params(self, source_course_id: int | str) -> dict[str, Any]:
        """Return the parameters of the request, unset ones omitted."""
        from airflow_provider_canvas.api.content_migrations import COURSE_COPY
        from airflow_provider_canvas.api.parameters import drop_none

        return drop_none(
            migration_type=COURSE_COPY,
            **migration_parameters(self, own_settings={"source_course_id": source_course_id}),
            select=parse_select(self.select),
        )
