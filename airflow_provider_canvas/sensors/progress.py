"""Wait for a Progress."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.sensors.base import CanvasJobSensor
from airflow_provider_canvas.utils.job_failures import progress_failure
from airflow_provider_canvas.utils.parameters import check_id, none_if_blank

if TYPE_CHECKING:
    from airflow_provider_canvas.client.errors import CanvasJobError
    from airflow_provider_canvas.client.jobs.waiters import Status


class CanvasProgressSensor(CanvasJobSensor):
    """Wait until a Progress of Canvas is completed. One that failed or was cancelled fails the task.

    A completed Progress is not always a finished job: a content migration may still wait for a selection, an export for
    its file. For these use :class:`~airflow_provider_canvas.sensors.content_migration.CanvasContentMigrationSensor` and
    :class:`~airflow_provider_canvas.sensors.content_export.CanvasContentExportSensor`.

    .. seealso:: https://developerdocs.instructure.com/services/canvas/resources/progress#method.progress.show

    The result is a dict: ``canvas_instance`` (the host), ``progress_id``, ``workflow_state``, and ``message``: what
    Canvas says about the job, such as courses that it did not find.

    :param progress_url: The job's ``progress_url``, which must be on the connection's host. (templated)
    :param progress_id: The Progress's number, instead of its URL. (templated)
    :param canvas_conn_id: The connection. (templated)
    :param deferrable: Wait in the triggerer. By default as ``[operators] default_deferrable`` says.
    :param poke_interval: Seconds, or a timedelta, between two polls of a young job; a deferred sensor polls an older
        one less often. By default ``[canvas] poll_interval``, 15 seconds.
    """

    template_fields: Sequence[str] = (*CanvasJobSensor.template_fields, "progress_url", "progress_id")
    waiter = "progress"

    def __init__(
        self,
        *,
        progress_url: str | None = None,
        progress_id: int | str | None = None,
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
        self.progress_url = progress_url
        self.progress_id = check_id("progress_id", progress_id, optional=True)

    def ids(self) -> dict[str, Any]:
        """Return the Progress's number.

        :raises CanvasInputError: When not exactly one of the two was given, or the URL is not on the connection's host.
        """
        return {"progress_id": self._progress_id()}

    def _progress_id(self) -> str:
        from airflow_provider_canvas.api.ids import canvas_id
        from airflow_provider_canvas.client.jobs.waiters import progress_id_from_url
        from airflow_provider_canvas.security.address import AddressError, parse_address
        from airflow_provider_canvas.security.redaction import redact

        url, number = none_if_blank(self.progress_url), none_if_blank(self.progress_id)
        if (url is None) == (number is None):
            raise CanvasInputError("Give exactly one of progress_url and progress_id.")
        if url is None:
            return canvas_id("progress_id", number)
        try:
            address = parse_address(url)
        except AddressError as error:
            raise CanvasInputError(
                f"progress_url {redact(str(url))!r} is not used: {error}. Give the URL from Canvas's response."
            ) from None
        if not self.hook.settings.owns(address):
            raise CanvasInputError(
                f"progress_url {redact(url)!r} is not on {self.hook.settings.base_url}, the host of connection "
                f"{self.canvas_conn_id!r}: give the URL from Canvas's response, or the connection of that host."
            )
        progress_id = progress_id_from_url(url)
        if progress_id is None:
            raise CanvasInputError(
                f"progress_url {redact(url)!r} does not end with a number: "
                "it looks like https://school.instructure.com/api/v1/progress/901."
            )
        return str(progress_id)

    def result(self, status: Status) -> dict[str, Any]:
        """Return the Progress's number, its state, and what Canvas says about it."""
        return {
            "canvas_instance": self.hook.settings.host,
            "progress_id": int(self._progress_id()),
            "workflow_state": status.workflow_state,
            "message": status.message,
        }

    def described(self) -> str:
        """Return what messages call the Progress."""
        return self._name

    def page(self) -> str:
        """Return the address of the Progress in Canvas's API: it has no page."""
        return f"{self.hook.settings.base_url}/api/v1/progress/{self._progress_id()}"

    def failure(self, status: Status) -> CanvasJobError:
        """Return the error of a Progress that failed or was cancelled."""
        record = status.record or {}
        of_what = f" ({record['tag']})" if record.get("tag") else ""
        return progress_failure(f"{self._name}{of_what}", status, self.page())
