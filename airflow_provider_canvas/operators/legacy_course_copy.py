"""Copy a course by the endpoint that Canvas deprecates, for users who still depend on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, cast

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.operators.base_job import Job
from airflow_provider_canvas.operators.course_copy import CanvasCourseCopyOperator
from airflow_provider_canvas.utils.parameters import check_type, parse_list

if TYPE_CHECKING:
    from airflow_provider_canvas.api.content_migrations import ContentMigration
    from airflow_provider_canvas.client.jobs.content_requests import LegacyCourseCopyRequest


class CanvasLegacyCourseCopyOperator(CanvasCourseCopyOperator):
    """Copy the content of a course into another by Canvas's deprecated endpoint, and wait until the copy is complete.

    Canvas deprecates the endpoint, and the task's log says so:
    :class:`~airflow_provider_canvas.operators.course_copy.CanvasCourseCopyOperator` does more, and identifies its copy
    reliably. The deprecated endpoint creates a content migration, too, but without an idempotency key: if the response
    is lost, the newest copy of the same source that began since then is taken for this task's.

    It shifts no dates, selects no single items and inserts nothing into modules; parameters for that are refused. It
    selects kinds of content: ``course_settings``, ``assignments``, ``external_tools``, ``files``, ``topics``,
    ``calendar_events``, ``quizzes``, ``wiki_pages``, ``modules``, ``outcomes``.

    The result and the events of outlets are those of ``CanvasCourseCopyOperator``.

    .. seealso::
        https://developerdocs.instructure.com/services/canvas/resources/content_imports#method.content_imports.copy_course_content

    :param source_course_id: The course to copy from. The token's user must be able to read it as a teacher. (templated)
    :param destination_course_id: The course to copy into. (templated)
    :param only: Copy only these kinds of content. (templated)
    :param except_: Copy all kinds but these. Course settings and the syllabus are not copied then, whatever it names.
        (templated)
    :param fail_on_issues: Fail the task if Canvas raised an issue of this type or a more severe one: ``"error"`` (the
        default), ``"warning"``, or ``None`` for never.
    :param if_running: What to do while the destination runs a migration that another task or user started: ``"wait"``
        (the default) submits, and Canvas queues the new one behind it; ``"adopt"`` takes it, if it has the same type
        and source, and returns its result; ``"fail"`` fails the task, so that a retry tries again later.
    :param if_not_empty: What to do if the destination course already has content (modules, pages or assignments):
        ``"proceed"`` (the default), ``"warn"``, ``"skip"`` the task, or ``"fail"``. Content that an earlier attempt of
        the task imported does not count.
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

    template_fields: Sequence[str] = (*CanvasCourseCopyOperator.template_fields, "only", "except_")
    unsupported_parameters = frozenset(
        {
            "select",
            "if_missing",
            "old_start_date",
            "old_end_date",
            "new_start_date",
            "new_end_date",
            "day_substitutions",
            "shift_dates",
            "remove_dates",
            "importer_skips",
            "overwrite_quizzes",
            "import_blueprint_settings",
            "insert_into_module_id",
            "insert_into_module_type",
            "insert_into_module_position",
            "move_to_assignment_group_id",
            "settings",
        }
    )

    def __init__(
        self,
        *,
        source_course_id: int | str,
        destination_course_id: int | str,
        only: Sequence[str] | str | None = None,
        except_: Sequence[str] | str | None = None,
        fail_on_issues: Literal["error", "warning"] | None = "error",
        if_running: Literal["wait", "adopt", "fail"] = "wait",
        if_not_empty: Literal["proceed", "warn", "skip", "fail"] = "proceed",
        canvas_conn_id: str = "canvas_default",
        deferrable: bool | None = None,
        wait_in_worker: float | timedelta | None = None,
        poll_interval: float | timedelta | None = None,
        timeout: float | timedelta | None = None,
        cancel_on_kill: bool = True,
        **kwargs: Any,
    ) -> None:
        if unsupported := sorted(self.unsupported_parameters & kwargs.keys()):
            raise CanvasInputError(
                f"The deprecated endpoint does not support {', '.join(unsupported)}: use CanvasCourseCopyOperator."
            )
        super().__init__(
            source_course_id=source_course_id,
            destination_course_id=destination_course_id,
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
        self.only = check_type("only", only, Sequence, such_as="['quizzes']")
        self.except_ = check_type("except_", except_, Sequence, such_as="['quizzes']")

    def _validate(self) -> None:
        from airflow_provider_canvas.api.content_imports import ContentImports

        super()._validate()
        params = self._params(self.source_course_id)
        settings = params.pop("settings", {})
        unsupported = {*params, *settings} - {"migration_type", "source_course_id"}
        if unsupported:
            raise CanvasInputError(
                f"The deprecated endpoint does not support {', '.join(sorted(unsupported))}: use "
                "CanvasCourseCopyOperator."
            )
        ContentImports.copy_course_content.check(
            {
                "course_id": self.destination_course_id,
                "source_course": self.source_course_id,
                **self._selection(),
            }
        )

    def _is_selective(self) -> bool:
        return any(self._selection().values())

    def _selection(self) -> dict[str, Any]:
        """Return the kinds of content to copy or to leave out.

        :raises CanvasInputError: When ``only`` or ``except_`` is not a list.
        """
        return {
            "only": parse_list("only", self.only, such_as="['quizzes', 'assignments']"),
            "except_": parse_list("except_", self.except_, such_as="['quizzes', 'assignments']"),
        }

    def _request(
        self,
        where: Mapping[str, int | str],
        params: Mapping[str, Any],  # noqa: ARG002  # those of a content migration: this endpoint has none
        source_course_id: int | None,
    ) -> LegacyCourseCopyRequest:
        from airflow_provider_canvas.client.jobs.content_requests import LegacyCourseCopyRequest

        self.log.warning(
            "Canvas deprecates POST courses/:course_id/course_copy, and may switch it off: move this task to "
            "CanvasCourseCopyOperator, which waits in the same way and has the same result."
        )
        assert source_course_id is not None  # noqa: S101  # as submit() found it
        return LegacyCourseCopyRequest.of(
            course_id=int(where["course_id"]), source_course_id=source_course_id, **self._selection()
        )

    def _job_of(self, migration: ContentMigration, **extra: Any) -> Job:
        submission = self._submission
        assert submission is not None  # noqa: S101  # it was submitted
        copy = cast("LegacyCourseCopyRequest", submission.request)
        return Job(
            "course_copy",
            {"course_id": copy.course_id, "content_migration_id": migration["id"]},
            extra={"source_course_id": copy.source_course_id, **extra},
            started_by_other=submission.started_by_other,
        )
