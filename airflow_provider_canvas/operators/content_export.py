"""Export the content of a course, a group or a user."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow_provider_canvas.operators.base_export import ContentExportOperator, exported_in_words
from airflow_provider_canvas.utils.parameters import check_id, none_if_blank
from airflow_provider_canvas.utils.result_sentences import time_since

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_canvas.client.jobs.waiters import Status
    from airflow_provider_canvas.operators.base_job import Job


class CanvasContentExportOperator(ContentExportOperator):
    """Export the content of a course, a group or a user, and wait until Canvas has the file.

    The export is submitted once: a retry, also after a worker was killed, adopts the export of the earlier attempt,
    unless that failed or lost its file. A task that was cleared submits a new one.

    The result is a dict: ``canvas_instance`` (the host), ``course_id`` (or ``group_id``, ``user_id``),
    ``content_export_id``, ``export_type``, ``workflow_state``, ``created_at``, ``url`` (the page) and ``file``: its
    ``id``, ``display_name``, ``size`` and ``content_type``. Canvas keeps the file for 30 days. Its URL is
    signed and short-lived, so it is not in the result: ``hook.download(hook.content_exports.get(...), path)`` gets a
    new one.

    .. seealso::
        https://developerdocs.instructure.com/services/canvas/resources/content_exports#method.content_exports_api.create

    :param course_id: The course: its number, or ``sis_course_id:...``. Give exactly one of the three. (templated)
    :param group_id: The group, whose files are exported (``export_type="zip"``). (templated)
    :param user_id: The user, whose files are exported (``export_type="zip"``). (templated)
    :param export_type: ``common_cartridge`` (all content), ``qti`` (classic quizzes) or ``zip`` (files); in courses
        also ``quizzes2``, which Canvas does not document. (templated)
    :param select: Export only these: types (``pages``, ``assignments``, ...) to ids. Only ``None`` exports
        everything; an empty value is an error. (templated)
    :param skip_notifications: Keep Canvas from notifying the token's user when the export is ready. Default: ``True``.
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

    template_fields: Sequence[str] = (*ContentExportOperator.template_fields, "course_id", "group_id", "user_id")

    def __init__(
        self,
        *,
        course_id: int | str | None = None,
        group_id: int | str | None = None,
        user_id: int | str | None = None,
        export_type: str = "common_cartridge",
        select: Mapping[str, Sequence[int | str]] | None = None,
        skip_notifications: bool = True,
        canvas_conn_id: str = "canvas_default",
        deferrable: bool | None = None,
        wait_in_worker: float | timedelta | None = None,
        poll_interval: float | timedelta | None = None,
        timeout: float | timedelta | None = None,
        cancel_on_kill: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            export_type=export_type,
            select=select,
            skip_notifications=skip_notifications,
            canvas_conn_id=canvas_conn_id,
            deferrable=deferrable,
            wait_in_worker=wait_in_worker,
            poll_interval=poll_interval,
            timeout=timeout,
            cancel_on_kill=cancel_on_kill,
            **kwargs,
        )
        self.course_id = check_id("course_id", course_id, optional=True)
        self.group_id = check_id("group_id", group_id, optional=True)
        self.user_id = check_id("user_id", user_id, optional=True)

    def submit(self, context: Context) -> Job:
        """Submit the export, or adopt the one that an earlier attempt of this task submitted."""
        from airflow_provider_canvas.api.content_exports import ContentExports
        from airflow_provider_canvas.api.files import OWNERS

        sources = {name: value for name in OWNERS if (value := none_if_blank(getattr(self, name))) is not None}
        ContentExports.create.check({**self._export_params(), **sources})
        ((name, value),) = sources.items()
        source = self._source(name, value)
        where = {name: source["id"]}
        export = self._submit_once(context, where)
        self.log.info(
            "Exporting %s %s as %s by content_export %s.",
            name.removesuffix("_id"),
            where[name],
            export.get("export_type"),
            export["id"],
        )
        return self._job_of(export, source_name=source.get("name"))

    def finish(self, context: Context, job: Job, status: Status) -> dict[str, Any]:  # noqa: ARG002  # all of them take it
        """Return the task's result.

        :raises CanvasJobError: When the export failed.
        """
        from airflow_provider_canvas.client.files.download import attachment_of

        export = self._exported(job, status)
        file = attachment_of(export)
        result = self._result(job, export)
        self.log.info(
            "The export of %s is complete after %s: %s, %s bytes, see %s",
            exported_in_words(job),
            time_since(job.began_at),
            file.get("display_name"),
            file.get("size"),
            result["url"],
        )
        return {
            **result,
            "file": {
                "id": file.get("id"),
                "display_name": file.get("display_name"),
                "size": file.get("size"),
                "content_type": file.get("content-type"),
            },
        }

    def _source(self, name: str, value: int | str) -> Mapping[str, Any]:
        """Return the course or user; of a group only its id, as it is."""
        match name:
            case "course_id":
                return self._course(value)
            case "user_id":
                return self.hook.users.get(user_id=value)
            case _:
                return {"id": value}
