"""Wait for a content export that another task or a person started."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow_provider_canvas.sensors.base import CanvasJobSensor
from airflow_provider_canvas.utils.job_failures import context_of, export_failure, export_page
from airflow_provider_canvas.utils.parameters import check_id, none_if_blank

if TYPE_CHECKING:
    from airflow_provider_canvas.client.errors import CanvasJobError
    from airflow_provider_canvas.client.jobs.waiters import Status


class CanvasContentExportSensor(CanvasJobSensor):
    """Wait until the file of a content export exists, a moment after the export's state is ``exported``.

    An export that failed fails the task, and so does one whose file is gone: Canvas keeps it for 30 days.

    .. seealso::
        https://developerdocs.instructure.com/services/canvas/resources/content_exports#method.content_exports_api.show

    :param content_export_id: The export. (templated)
    :param course_id: The exported course. Give exactly one of ``course_id``, ``group_id``, ``user_id``. (templated)
    :param group_id: The group. (templated)
    :param user_id: The user. (templated)
    :param canvas_conn_id: The connection. (templated)
    :param deferrable: Wait in the triggerer. By default as ``[operators] default_deferrable`` says.
    :param poke_interval: Seconds, or a timedelta, between two polls of a young job; a deferred sensor polls an older
        one less often. By default ``[canvas] poll_interval``, 15 seconds.
    """

    template_fields: Sequence[str] = (
        *CanvasJobSensor.template_fields,
        "content_export_id",
        "course_id",
        "group_id",
        "user_id",
    )
    waiter = "content_export"

    def __init__(
        self,
        *,
        content_export_id: int | str,
        course_id: int | str | None = None,
        group_id: int | str | None = None,
        user_id: int | str | None = None,
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
        self.content_export_id = check_id("content_export_id", content_export_id)
        self.course_id = check_id("course_id", course_id, optional=True)
        self.group_id = check_id("group_id", group_id, optional=True)
        self.user_id = check_id("user_id", user_id, optional=True)

    def ids(self) -> dict[str, Any]:
        """Return the export's ids.

        :raises CanvasInputError: When one of them is wrong.
        """
        from airflow_provider_canvas.api.content_exports import ContentExports
        from airflow_provider_canvas.api.files import OWNERS

        owner = {name: value for name in OWNERS if (value := none_if_blank(getattr(self, name))) is not None}
        ids = {**owner, "content_export_id": self.content_export_id}
        ContentExports.get.call_with(ids)
        return ids

    def described(self) -> str:
        """Return what messages call the export, with what is exported."""
        from airflow_provider_canvas.client.jobs.content_requests import context_in_words

        return f"{self._name} of {context_in_words(context_of(self.ids()))}"

    def page(self) -> str:
        """Return the address of the page that lists the exports of the course; else of the group or user."""
        return export_page(self.hook.settings.base_url, context_of(self.ids()))

    def failure(self, status: Status) -> CanvasJobError:
        """Return the error of an export that failed, or whose file is gone."""
        return export_failure(self.described(), status, self.page(), submits=False)
