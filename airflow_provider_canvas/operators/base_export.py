"""The base of the operators that create a content export, and wait for its file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from airflow_provider_canvas.lineage.without_failing import without_failing
from airflow_provider_canvas.links.page import CanvasPageLink
from airflow_provider_canvas.operators.base_job import CanvasJobOperator, Job
from airflow_provider_canvas.utils.job_failures import export_failure, export_page
from airflow_provider_canvas.utils.parameters import check_bool, check_choice, check_type, none_if_blank, parse_select
from airflow_provider_canvas.utils.result_sentences import with_name

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_canvas.api.content_exports import ContentExport
    from airflow_provider_canvas.api.courses import Course
    from airflow_provider_canvas.client.jobs.waiters import Status
    from airflow_provider_canvas.client.transports.requests_client import CanvasClient


class ContentExportOperator(CanvasJobOperator):
    """Create a content export and wait for its file. Concrete operators define what is exported, and why.

    :param export_type: ``common_cartridge`` (all content), ``qti`` (classic quizzes) or ``zip`` (files); in courses
        also ``quizzes2``, which Canvas does not document. (templated)
    :param select: Export only these: types (``pages``, ``assignments``, ...) to ids. Only ``None`` exports
        everything; an empty value is an error. (templated)
    :param skip_notifications: Keep Canvas from notifying the token's user when the export is ready. Default: ``True``.
    """

    template_fields: Sequence[str] = (*CanvasJobOperator.template_fields, "export_type", "select")
    operator_extra_links = (CanvasPageLink(),)
    ui_color = "#fdeee9"

    def __init__(
        self,
        *,
        export_type: str = "common_cartridge",
        select: Mapping[str, Sequence[int | str]] | None = None,
        skip_notifications: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.export_type = check_choice("export_type", export_type, ("common_cartridge", "qti", "zip", "quizzes2"))
        self.select = check_type("select", select, Mapping, such_as="{'pages': [12]}")
        self.skip_notifications = check_bool("skip_notifications", skip_notifications)

    def _export_params(self) -> dict[str, Any]:
        """Return the parameters common to all exports, unset ones omitted."""
        from airflow_provider_canvas.api.parameters import drop_none

        return drop_none(
            export_type=none_if_blank(self.export_type) or "common_cartridge",
            select=parse_select(self.select),
            skip_notifications=self.skip_notifications,
        )

    def _course(self, course_id: int | str) -> Course:
        """Return the course that is exported.

        :raises CanvasNotFoundError: When it does not exist. The message includes the id, so that mapped tasks differ.
        """
        from airflow_provider_canvas.client.errors import CanvasNotFoundError

        try:
            course = self.hook.courses.get(course_id=course_id)
        except CanvasNotFoundError as error:
            error.args = (f"course_id {course_id!r}: {error}",)
            raise
        self.lineage.label(course)
        return course

    def _submit_once(
        self, context: Context, where: Mapping[str, Any], before_new: Callable[[], None] | None = None
    ) -> ContentExport:
        """Return the export of an earlier attempt of this task, or submit a new one.

        :param where: What is exported: one of ``course_id``, ``group_id``, ``user_id``.
        :param before_new: Called before the first export is submitted; what it raises prevents that.
        """
        from airflow_provider_canvas.api.content_exports import ContentExports
        from airflow_provider_canvas.client.jobs.content_requests import ContentExportRequest
        from airflow_provider_canvas.client.jobs.submit_once import Submission
        from airflow_provider_canvas.client.jobs.waiters import has_lost_its_file
        from airflow_provider_canvas.utils.task_store import (
            earlier_idempotency_keys,
            first_attempt_at,
            is_repeated,
            submission_store,
            task_idempotency_key,
        )

        create = ContentExports.create.call_with({**self._export_params(), **where})
        request = ContentExportRequest(create, where, own_user_id=self.hook.users.get(user_id="self")["id"])
        self._submission = submission = Submission(
            canvas=self.hook,
            request=request,
            idempotency_key=task_idempotency_key(context),
            earlier_keys=earlier_idempotency_keys(context),
            store=submission_store(context),
            repeated=is_repeated(context, request, self.retries),
            since=first_attempt_at(context),
            before_new=before_new,
            page=self._page(where),
        )
        self.show_page(context, CanvasPageLink, self._page(where))
        export = submission.submit()
        if has_lost_its_file(cast("ContentExport", export)):
            self.log.info(
                "The file of content_export %s, which an earlier attempt submitted, is gone: exporting again.",
                export["id"],
            )
            submission.discard(export)
            export = submission.submit()
        return cast("ContentExport", export)

    @without_failing
    def _note_lineage(self, job: Job) -> None:
        from airflow_provider_canvas.lineage.datasets import canvas_dataset
        from airflow_provider_canvas.operators.migration_lineage import owner_dataset

        host, export_id = self._instance_of(job), job.ids.get("content_export_id")
        source = owner_dataset(self.lineage, job, host)
        if source is not None and export_id is not None:
            self.lineage.copy(source, canvas_dataset(host, "content_export_id", export_id))
            self._describe_export(host, {"id": export_id})

    @without_failing
    def _describe_export(self, host: str, export: Mapping[str, Any], *, exported: bool | None = None) -> None:
        """Note the export for the lineage.

        :param host: The host of its Canvas.
        :param export: Its record, or the fields of it that are known.
        :param exported: Whether a file was written.
        """
        from airflow_provider_canvas.lineage.run_facets import ContentExportFacet

        facet = ContentExportFacet(
            canvas_instance=host,
            content_export_id=export["id"],
            export_type=export.get("export_type"),
            workflow_state=export.get("workflow_state"),
            selective=parse_select(self.select) is not None,
            exported=exported,
        )
        self.lineage.describe(facet)

    def interrupted(self, client: CanvasClient) -> Job | None:
        """Return the export that was being submitted when a signal interrupted the task, if Canvas has it."""
        export = self._submission.find_interrupted(client) if self._submission else None
        return self._job_of(cast("ContentExport", export)) if export else None

    def _job_of(self, export: ContentExport, **extra: Any) -> Job:
        from airflow_provider_canvas.client.jobs.waiters import progress_id_of

        assert self._submission is not None  # noqa: S101  # it was submitted
        ids: dict[str, Any] = {**cast("Any", self._submission.request).context, "content_export_id": export["id"]}
        if (progress_id := progress_id_of(export)) is not None:
            ids["progress_id"] = progress_id
        return Job("content_export", ids, extra=extra)

    def _exported(self, job: Job, status: Status, *, with_url: bool = False) -> ContentExport:
        """Return the finished export: the record that the last poll read, or else a new one.

        :param with_url: Whether the URL of its file is needed, which no deferral keeps.
        :raises CanvasJobError: When it failed.
        """
        ids = _ids_of(job)
        if status.state == "failed":
            failed = {"id": ids["content_export_id"], "workflow_state": status.workflow_state}
            self._describe_export(self._instance_of(job), failed)
            if status.workflow_state == "exported":
                self._let_retry_export(ids["content_export_id"])
            raise export_failure(job.name, status, self._page(_where_of(job)))
        record = cast("ContentExport | None", status.record)
        if record is None or (with_url and not record.get("attachment", {}).get("url")):
            record = self.hook.content_exports.get(**ids)
        self._describe_export(self._instance_of(job), record, exported=True)
        return record

    def ended_state(self, workflow_state: str | None) -> Status | None:
        """Return the status of an export whose file did not appear before the deadline."""
        from airflow_provider_canvas.client.jobs.waiters import NO_FILE, Status

        return Status("failed", "exported", 100.0, NO_FILE) if workflow_state == "exported" else None

    def _let_retry_export(self, content_export_id: int) -> None:
        """Store that an export is of no use, so that a retry exports again."""
        from airflow_provider_canvas.utils.task_store import submission_store

        assert self._task_context is not None  # noqa: S101  # the task runs
        store = submission_store(self._task_context)
        if (record := store.get()) is not None:
            store.set(replace(record, state="not_submitted", ids=(), newest_id_before=content_export_id))

    def _result(self, job: Job, export: ContentExport) -> dict[str, Any]:
        """Return the entries that the results of all these operators share."""
        where = _where_of(job)
        return {
            "canvas_instance": self._instance_of(job),
            **where,
            "content_export_id": export["id"],
            "export_type": export.get("export_type"),
            "workflow_state": export.get("workflow_state"),
            "created_at": export.get("created_at"),
            "url": self._page(where),
        }

    def _page(self, where: Mapping[str, Any]) -> str:
        """Return the URL of the page with the export; without such a page, of the group or user."""
        return export_page(self.hook.settings.base_url, where)


def exported_in_words(job: Job) -> str:
    """Return what an export exports, such as ``course 42 (Biology)``.

    :param job: The export.
    """
    ((name, value),) = _where_of(job).items()
    source = f"{name.removesuffix('_id')} {value}"
    return with_name(source, job.extra.get("source_name"))


def _ids_of(job: Job) -> dict[str, Any]:
    return {name: value for name, value in job.ids.items() if name != "progress_id"}


def _where_of(job: Job) -> dict[str, Any]:
    return {name: value for name, value in _ids_of(job).items() if name != "content_export_id"}
