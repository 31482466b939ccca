"""The base of the operators that import content from a package, a URL, an export or a course."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.links.page import CanvasPageLink
from airflow_provider_canvas.operators.base_migration import ContentMigrationOperator
from airflow_provider_canvas.operators.imported_content import has_brought_nothing
from airflow_provider_canvas.operators.migration_parameters import migration_parameters
from airflow_provider_canvas.operators.migration_result import page_url
from airflow_provider_canvas.operators.package_file import (
    check_package,
    explained_quota,
    pre_attachment,
    upload_if_missing,
)
from airflow_provider_canvas.operators.source_course import get_source_course
from airflow_provider_canvas.security.masked_url import mask_url, unmask_url
from airflow_provider_canvas.utils.job_failures import context_of
from airflow_provider_canvas.utils.parameters import check_id, none_if_blank

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_canvas.api.ids import Id
    from airflow_provider_canvas.api.uploads import PreAttachment
    from airflow_provider_canvas.lineage.datasets import LineageDataset
    from airflow_provider_canvas.operators.base_job import Job

SOURCES = ("package", "file_url", "content_export_id", "source_course_id")
"""The parameters for the source: a task sets exactly one of them."""


class ImportOperator(ContentMigrationOperator):
    """Import content from one source. Concrete operators define the destination.

    :param migration_type: The type of the import. For an export of Canvas: ``canvas_cartridge_importer``; for other
        packages: ``common_cartridge_importer``, ``qti_converter``, ``moodle_converter``, ``zip_file_importer`` (which
        needs ``settings={"folder_id": ...}``). With ``source_course_id`` it may be omitted. (templated)
    :param package: A file to upload, which every worker must be able to read: a local path, or one on any object
        storage that Airflow supports, such as ``s3://aws_default@bucket/book.imscc``. Give exactly one of this and the
        next three. (templated)
    :param file_url: A URL from which Canvas fetches the file, without a login. Airflow shows it without its query,
        which may be a signature. (templated)
    :param content_export_id: An export, whose file is imported. (templated)
    :param source_course_id: A course to copy: its number, or ``sis_course_id:...``. (templated)
    """

    template_fields: Sequence[str] = (*ContentMigrationOperator.template_fields, "migration_type", *SOURCES)
    operator_extra_links = (CanvasPageLink(),)

    selective_import: ClassVar[bool] = False
    """Whether the migration pauses before the import, until it gets a selection."""

    def __init__(
        self,
        *,
        migration_type: str | None = None,
        package: str | os.PathLike[str] | None = None,
        file_url: str | None = None,
        content_export_id: int | str | None = None,
        source_course_id: int | str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.migration_type = migration_type
        self.package = package
        self.file_url = file_url
        self.content_export_id = check_id("content_export_id", content_export_id, optional=True)
        self.source_course_id = check_id("source_course_id", source_course_id, optional=True)

    def _do_render_template_fields(self, *args: Any, **kwargs: Any) -> None:
        """Render the fields, and mask the secrets of ``file_url`` before Airflow stores them.

        Airflow renders mapped tasks with this method, too.
        """
        super()._do_render_template_fields(*args, **kwargs)
        self.file_url = mask_url(self.file_url)

    def _destination(self) -> dict[str, Id]:
        """Return the destination: one of ``account_id``, ``course_id``, ``group_id``, ``user_id``."""
        raise NotImplementedError

    def submit(self, context: Context) -> Job:
        """Submit the import, or adopt the one of an earlier attempt of this task; upload its file if it has none."""
        from airflow_provider_canvas.api.content_migrations import ContentMigrations
        from airflow_provider_canvas.utils.task_store import may_have_submitted

        self._validate()
        package, file, unreadable = none_if_blank(self.package), None, None
        if package is not None:
            file, unreadable = pre_attachment(package)
        first = not may_have_submitted(context)
        if unreadable is not None and first:
            raise unreadable
        where, source_course_id = dict(self._destination()), none_if_blank(self.source_course_id)
        params = self._params(file, source_course_id)
        ContentMigrations.create.check({**params, **where})
        if package is not None and first:
            check_package(package, self._type())
        if source_course_id is not None:
            source = get_source_course(self.hook, "source_course_id", source_course_id)
            self.lineage.label(source)
            source_course_id = source["id"]
            params = self._params(None, source_course_id)
        if "course_id" in where:
            where["course_id"] = self._course("course_id", where["course_id"])["id"]
            if source_course_id == where["course_id"]:
                raise CanvasInputError(f"source_course_id and course_id are the same course, {source_course_id}.")
        self.show_page(context, CanvasPageLink, page_url(self.hook, where))
        with explained_quota(self.hook, file, where):
            migration = self._submit_once(
                context, where=where, params=params, source_course_id=source_course_id, obstacle=unreadable
            )
        self.log.info(
            "Importing %s by content migration %s: %s",
            self._source_in_log(),
            migration["id"],
            page_url(self.hook, where),
        )
        if package is not None:
            upload_if_missing(self.hook, migration, package, params, where)
        return self._job_of(migration)

    def _complete_result(self, job: Job, result: dict[str, Any]) -> dict[str, Any]:
        """Return the result, for a copy with the source course; log a warning if the import brought nothing."""
        if "course_id" in job.ids and has_brought_nothing(
            self.hook, result["course_id"], result["content_migration_id"]
        ):
            self.log.warning(
                "%s is completed, but Canvas imported nothing from %s. Check Canvas's issues (it raised %d), whether "
                "the migration_type %r is right for this source, and whether the source has any content. See %s.",
                job.name,
                self._source_in_log(),
                sum(result["issue_counts"].values()),
                self._type(),
                result["url"],
            )
        source_course_id = job.extra.get("source_course_id")
        return result if source_course_id is None else {"source_course_id": source_course_id, **result}

    def _describe(self, job: Job) -> str:
        from airflow_provider_canvas.client.jobs.content_requests import context_in_words

        return f"import of {self._source_in_log()} into {context_in_words(context_of(job.ids))}"

    def _source_dataset(self, job: Job) -> LineageDataset | None:
        from airflow_provider_canvas.lineage.datasets import canvas_dataset, file_dataset

        if (file := none_if_blank(self.package) or unmask_url(none_if_blank(self.file_url))) is not None:
            return file_dataset(file)
        if (export_id := none_if_blank(self.content_export_id)) is not None:
            return canvas_dataset(self._instance_of(job), "content_export_id", export_id)
        return super()._source_dataset(job)

    def _validate(self) -> None:
        from airflow_provider_canvas.api.source_course import COURSE_COPY

        super()._validate()
        sources = [name for name in SOURCES if none_if_blank(getattr(self, name)) is not None]
        if len(sources) != 1:
            raise CanvasInputError(f"Give exactly one of {', '.join(SOURCES)}, not {' and '.join(sources) or 'none'}.")
        if none_if_blank(self.migration_type) is None and sources != ["source_course_id"]:
            raise CanvasInputError(
                f"migration_type is missing: set the type of {sources[0]}, such as 'canvas_cartridge_importer' for an "
                "export of Canvas, or 'common_cartridge_importer'."
            )
        if sources == ["source_course_id"] and self._type() != COURSE_COPY:
            raise CanvasInputError(
                f"source_course_id is for {COURSE_COPY!r} alone: give a package to import by {self._type()!r}."
            )
        if sources != ["source_course_id"] and self._type() == COURSE_COPY:
            raise CanvasInputError(
                f"{COURSE_COPY!r} copies a course and takes no package: write a migration_type that imports the "
                f"{sources[0]}, such as 'canvas_cartridge_importer' for an export of Canvas."
            )
        if self.if_running == "adopt" and (sources != ["source_course_id"] or self.selective_import):
            raise CanvasInputError(
                "if_running='adopt' is for copies of whole courses: Canvas does not show the source of an import that "
                "another task or user started. Write 'wait' or 'fail'."
            )

    def _type(self) -> str:
        from airflow_provider_canvas.api.source_course import COURSE_COPY

        return str(none_if_blank(self.migration_type) or COURSE_COPY)

    def _params(self, file: PreAttachment | None, source_course_id: Id | None) -> dict[str, Any]:
        """Return the parameters of the request, unset ones omitted."""
        from airflow_provider_canvas.api.parameters import drop_none

        sources = drop_none(
            file_url=unmask_url(none_if_blank(self.file_url)),
            content_export_id=none_if_blank(self.content_export_id),
            source_course_id=source_course_id,
        )
        return drop_none(
            migration_type=self._type(),
            **migration_parameters(self, own_settings=sources),
            pre_attachment=file,
            selective_import=self.selective_import or None,
        )

    def _source_in_log(self) -> str:
        """Return the source in words, without the URL of a file, which may be signed."""
        if (source_course_id := none_if_blank(self.source_course_id)) is not None:
            return f"course {source_course_id}"
        if (export_id := none_if_blank(self.content_export_id)) is not None:
            return f"content export {export_id}"
        return "a file that Canvas fetches" if none_if_blank(self.package) is None else str(self.package)
