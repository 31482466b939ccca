"""Waiting for a Progress."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.providers.common.compat.sdk import AirflowSensorTimeout, BaseSensorOperator

from airflow_provider_canvas.tasks import (
    DEFER_SLACK,
    SAFE_DELAY,
    given,
    is_deferrable,
    no_vain_retry,
    seconds_allowed,
    status_of_event,
)

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_canvas.client.watch import Status
    from airflow_provider_canvas.hooks.canvas import CanvasHook


class CanvasProgressSensor(BaseSensorOperator):
    """Wait until a Progress of Canvas is completed; one that failed or was cancelled fails the task.

    A completed Progress is not always a finished job: a content migration may still wait for a selection. For a course
    copy use :class:`~airflow_provider_canvas.operators.course_copy.CanvasCourseCopyOperator`, which waits for both.

    .. seealso:: https://developerdocs.instructure.com/services/canvas/resources/progress#method.progress.show

    :param progress_url: The ``progress_url`` of what was started; it must be on the connection's host. (templated)
    :param progress_id: The Progress's number, instead of its address. (templated)
    :param canvas_conn_id: The connection. (templated)
    :param deferrable: Wait in the triggerer. By default as ``[operators] default_deferrable`` says.
    :param poke_interval: Seconds between two looks (in the triggerer, at a young job; older ones less often).
    """

    template_fields: Sequence[str] = ("canvas_conn_id", "progress_url", "progress_id")
    ui_color = "#fdeee9"

    def __init__(
        self,
        *,
        progress_url: str | None = None,
        progress_id: int | str | None = None,
        canvas_conn_id: str = "canvas_default",
        deferrable: bool | None = None,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("poke_interval", 15.0)
        super().__init__(**kwargs)
        self.progress_url = progress_url
        self.progress_id = progress_id
        self.canvas_conn_id = canvas_conn_id
        self.deferrable = deferrable
        self._said = ""

    @cached_property
    def hook(self) -> CanvasHook:
        """The hook on the connection."""
        from airflow_provider_canvas.hooks.canvas import CanvasHook

        return CanvasHook(self.canvas_conn_id)

    def execute(self, context: Context) -> Any:
        """Look once, then defer (or look on, in the worker)."""
        if not is_deferrable(self.deferrable):
            return super().execute(context)
        if not self.poke(context):
            self._defer()
        return None

    def poke(self, context: Context) -> bool:  # noqa: ARG002  # Airflow's signature
        """Return whether the Progress is completed.

        :raises CanvasJobError: When it failed or was cancelled.
        """
        from airflow_provider_canvas.client.watch import ask
        from airflow_provider_canvas.client.watches import ProgressWatch

        with self._failing_fast():
            return self._judge(ask(ProgressWatch(progress_id=self._id()).look(), self.hook.send))

    def execute_complete(self, context: Context, event: Mapping[str, Any]) -> None:  # noqa: ARG002  # Airflow's signature
        """Go on where the trigger ended."""
        with self._failing_fast():
            status = status_of_event(event)
            if status is None:
                raise AirflowSensorTimeout(
                    f"Progress {self._id()} did not end within {self._seconds_allowed():g} s (last state: "
                    f"{event.get('workflow_state') or 'unknown'}). It goes on in Canvas."
                )
            self._judge(status)

    def _failing_fast(self) -> AbstractContextManager[None]:
        """No vain retries; but Airflow takes an exception that forbids retries for one that ``soft_fail`` skips."""
        return nullcontext() if self.soft_fail else no_vain_retry()

    def _judge(self, status: Status) -> bool:
        from airflow_provider_canvas.client.errors import CanvasJobError

        if str(status) != self._said:
            self._said = str(status)
            self.log.info("progress %s: %s", self._id(), status)
        if status.state == "failed":
            said = f": {status.message}" if status.message else ", without a word from Canvas"
            raise CanvasJobError(f"Progress {self._id()} ended as {status.workflow_state}{said}")
        return status.state == "succeeded"

    def _id(self) -> str:
        """Return the Progress's number.

        :raises ValueError: When not exactly one of the two was given, or the address is not this Canvas's.
        """
        from airflow_provider_canvas.api.ids import canvas_id
        from airflow_provider_canvas.client.watches import progress_id_of
        from airflow_provider_canvas.redact import redacted

        url, number = given(self.progress_url), given(self.progress_id)
        if (url is None) == (number is None):
            raise ValueError("Give exactly one of progress_url and progress_id.")
        if url is None:
            return canvas_id("progress_id", number)
        if not self.hook.settings.owns(url):
            raise ValueError(
                f"progress_url {redacted(url)!r} is not on {self.hook.settings.base_url}, the host of connection "
                f"{self.canvas_conn_id!r}: give the address that Canvas answered with, or the connection of that host."
            )
        found = progress_id_of({"progress_url": url})
        if found is None:
            raise ValueError(
                f"progress_url {redacted(url)!r} does not end with a number: "
                "it looks like https://school.instructure.com/api/v1/progress/901."
            )
        return str(found)

    def _defer(self) -> NoReturn:
        from airflow_provider_canvas.triggers.job import CanvasJobTrigger

        now, allowed = time.time(), self._seconds_allowed()
        self.defer(
            trigger=CanvasJobTrigger(
                canvas_conn_id=self.canvas_conn_id,
                watch="progress",
                ids={"progress_id": self._id()},
                began_at=now,
                deadline=now + allowed,
                first_look_at=now + SAFE_DELAY,
                poll_interval=self.poke_interval,
                cancel_on_kill=False,  # what somebody else started is not ours to cancel
            ),
            method_name="execute_complete",
            timeout=timedelta(seconds=allowed + DEFER_SLACK),
        )
        raise AssertionError  # defer() does not return

    def _seconds_allowed(self) -> float:
        return seconds_allowed(self.timeout, self.execution_timeout)
