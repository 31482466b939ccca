"""Wait for a course copy that another task or a person started with the deprecated endpoint."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow_provider_canvas.sensors.base import CanvasJobSensor
from airflow_provider_canvas.utils.job_failures import (
    context_of,
    migration_failure_of,
    migration_in_words,
    migration_page,
)
from airflow_provider_canvas.utils.parameters import check_id

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_canvas.client.errors import CanvasJobError
    from airflow_provider_canvas.client.jobs.waiters import Status


class CanvasLegacyCourseCopySensor(CanvasJobSensor):
    """Wait until a course copy is completed, by polling the deprecated endpoint. A copy that failed fails the task.

    A copy's id is the id of a content migration:
    :class:`~airflow_provider_canvas.sensors.content_migration.CanvasContentMigrationSensor` waits for the same copy
    without the deprecated endpoint, and can say why it failed.

    .. seealso::
        https://developerdocs.instructure.com/services/canvas/resources/content_imports#method.content_imports.copy_course_status

    :param course_id: The destination course. (templated)
    :param content_migration_id: The ``id`` in the endpoint's response. (templated)
    :param canvas_conn_id: The connection. (templated)
    :param deferrable: Wait in the triggerer. By default as ``[operators] default_deferrable`` says.
    :param poke_interval: Seconds, or a timedelta, between two polls of a young job; a deferred sensor polls an older
        one less often. By default ``[canvas] poll_interval``, 15 seconds.

    """

    template_fields: Sequence[str] = (*CanvasJobSensor.template_fields, "course_id", "content_migration_id")
    waiter = "course_copy"

    def __init__(
        self,
        *,
        course_id: int | str,
        content_migration_id: int | str,
        canvas_conn_id: str = "canvas_default",
        deferrable: bool | None = None,
        poke_interval: float | timedelta | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            canvas_conn_id=canvas_conn_id,
            deferrable=deferrable,
            poke_interval=poke_interval,
            **kwargs,
        )
        self.course_id = check_id("course_id", course_id)
        self.content_migration_id = check_id("content_migration_id", content_migration_id)

    def execute(self, context: Context) -> Any:
        """Warn, then poll once and defer (or continue to poll in the worker)."""
        self.log.warning(
            "Canvas deprecates GET courses/:course_id/course_copy/:id, and may remove it: "
            "CanvasContentMigrationSensor waits for the same copy."
        )
        return super().execute(context)

    def ids(self) -> dict[str, Any]:
        """Return the course and the copy.

        :raises CanvasInputError: When one of them is wrong; the message includes the valid form.
        """
        from airflow_provider_canvas.api.ids import canvas_id

        return {
            "course_id": canvas_id("course_id", self.course_id),
            "content_migration_id": canvas_id("content_migration_id", self.content_migration_id),
        }

    def described(self) -> str:
        """Return what messages call the migration, with its destination."""
        return migration_in_words(self.ids())

    def page(self) -> str:
        """Return the address of the page that lists the imports into the destination."""
        return migration_page(self.hook.settings.base_url, context_of(self.ids()))

    def failure(self, status: Status) -> CanvasJobError:
        """Return the error of a migration that failed, with the first of its issues."""
        return migration_failure_of(self.hook, self.ids(), status)
