"""The operator that archives a course: it streams an export into a storage and writes a manifest."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.lineage.without_failing import without_failing
from airflow_provider_canvas.operators.base_export import ContentExportOperator, exported_in_words
from airflow_provider_canvas.utils.parameters import check_bool, check_id, none_if_blank, optional_bool, parse_select
from airflow_provider_canvas.utils.result_sentences import time_since, with_name

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_canvas.api.content_exports import ContentExport
    from airflow_provider_canvas.client.files.download import Downloaded
    from airflow_provider_canvas.client.jobs.waiters import Status
    from airflow_provider_canvas.operators.base_job import Job
    from airflow_provider_canvas.transfers.manifest import Manifest

PROGRESS_LOG_INTERVAL = 30.0
"""Seconds between two log lines about the progress of a download."""


class CanvasExportToObjectStorageOperator(ContentExportOperator):
    """Export a course, stream the file to a storage in constant memory, and write a manifest next to it.

    The object appears complete or not at all. A download is resumed after a dropped connection. A retry of the task,
    also after a worker was killed, uses the same export, unless that failed or its file is gone: then it exports again.

    A course is not exported when its manifest has the hash of its current content, and the object still exists. The
    hash covers Canvas's listings: pages, assignments, quizzes, discussions, announcements, modules, files, folders, the
    syllabus and the course's settings. It does not cover the questions of quizzes, question banks, rubrics, outcomes,
    calendar events, tools, and the content of New Quizzes.

    The result is a dict: ``canvas_instance`` (the host), ``course_id``, ``exported`` (``False`` where the course had
    not changed), ``path``, ``manifest_path``, ``size``, ``sha256``, ``content_export_id``, ``export_type``,
    ``exported_at`` and ``content_hash``.

    .. seealso::
        https://developerdocs.instructure.com/services/canvas/resources/content_exports#method.content_exports_api.create

    :param course_id: The course: its number, or ``sis_course_id:...``. (templated)
    :param path: The path of the object, on any object storage that Airflow knows, or a local one. ``{course_id}`` and
        ``{sis_course_id}`` are replaced by the course's ids, for tasks that are mapped over courses:
        ``s3://aws_default@bucket/{{ ds }}/course-{course_id}.imscc``. An object of the same course is replaced; if the
        manifest is that of another course, the task fails. (templated)
    :param manifest_path: The path of the manifest, and of the previous one; by default ``path`` with ``.manifest.json``
        appended. If ``path`` contains a date, give a path without one: otherwise no previous manifest is ever found.
        (templated)
    :param skip_unchanged: Skip a course that has not changed; default ``True``. ``False`` always exports. (templated)
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

    template_fields: Sequence[str] = (
        *ContentExportOperator.template_fields,
        "course_id",
        "path",
        "manifest_path",
        "skip_unchanged",
    )

    def __init__(
        self,
        *,
        course_id: int | str,
        path: str,
        manifest_path: str | None = None,
        skip_unchanged: bool = True,
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
        self.course_id = check_id("course_id", course_id)
        self.path = path
        self.manifest_path = manifest_path
        self.skip_unchanged = check_bool("skip_unchanged", skip_unchanged)

    def execute(self, context: Context) -> Any:
        """Export and archive, unless the course is unchanged."""
        try:
            return super().execute(context)
        except _Unchanged as unchanged:
            self._note_archive(unchanged.manifest, unchanged.manifest_path, exported=False)
            return _summary(unchanged.manifest, unchanged.manifest_path, exported=False)

    def submit(self, context: Context) -> Job:
        """Submit the export, or adopt the one that an earlier attempt of this task submitted."""
        from airflow_provider_canvas.transfers.manifest import fill_placeholders, identifies_course

        paths = self._check_paths()
        course = self._course(self.course_id)
        if "{" in paths["manifest_path"] and not identifies_course(paths["path"], course):
            raise CanvasInputError(
                f"manifest_path {paths['manifest_path']!r} is specific to a course, and path {paths['path']!r} is not: "
                "each course would replace the previous one. Write {course_id} into path."
            )
        extra = {
            **{name: fill_placeholders(name, path, course) for name, path in paths.items()},
            "sis_course_id": course.get("sis_course_id"),
            "course_name": course.get("name"),
            "source_name": course.get("name"),
            "content_hash": None,
        }
        number = course["id"]
        export = self._submit_once(context, {"course_id": number}, lambda: self._prepare_export(extra, number))
        name = with_name(number, course.get("name"))
        self.log.info("Exporting course %s by content_export %s.", name, export["id"])
        return self._job_of(export, **extra)

    def finish(self, context: Context, job: Job, status: Status) -> dict[str, Any]:  # noqa: ARG002  # the base defines the signature
        """Stream the file to the storage, write the manifest, and return the result."""
        from airflow_provider_canvas.transfers.manifest import Manifest

        export, extra = self._exported(job, status, with_url=True), job.extra
        last = self._last_manifest(extra, job.ids["course_id"])
        if last is not None and self._is_archived(last, export, extra["path"]):
            self.log.info(
                "The archive of %s is complete: an earlier attempt wrote %s, and nothing is downloaded.",
                exported_in_words(job),
                last.path,
            )
            self._note_archive(last, extra["manifest_path"], exported=True)
            return _summary(last, extra["manifest_path"], exported=True)
        downloaded = self._download(export, extra["path"])
        manifest = Manifest(
            canvas_instance=self.hook.settings.host,
            course_id=job.ids["course_id"],
            course_name=extra["course_name"],
            sis_course_id=extra["sis_course_id"],
            content_export_id=export["id"],
            export_type=export["export_type"],
            select=self._selection(),
            exported_at=export["created_at"],
            path=extra["path"],
            size=downloaded.size,
            sha256=downloaded.sha256 or "",
            content_hash=extra["content_hash"],
        )
        self._last_manifest(extra, job.ids["course_id"])  # another task may have written one in the meantime
        manifest.write(extra["manifest_path"])
        self.log.info(
            "The archive of %s is complete after %s: %s, %s bytes, SHA-256 %s; its manifest is %s.",
            exported_in_words(job),
            time_since(job.began_at),
            manifest.path,
            manifest.size,
            manifest.sha256,
            extra["manifest_path"],
        )
        self._note_archive(manifest, extra["manifest_path"], exported=True)
        return _summary(manifest, extra["manifest_path"], exported=True)

    @without_failing
    def _note_archive(self, manifest: Manifest, manifest_path: str, *, exported: bool) -> None:
        """Note the archive for the lineage: the object that this task wrote, and its manifest, if it wrote them."""
        from airflow_provider_canvas.lineage.datasets import file_dataset

        host = manifest.canvas_instance
        self.lineage.label_course(manifest.course_id, manifest.course_name, manifest.sis_course_id)
        course = self.lineage.course(host, manifest.course_id)
        if exported:
            self.lineage.copy(course, file_dataset(manifest.path, manifest.size))
            self.lineage.copy(course, file_dataset(manifest_path))
        else:
            self.lineage.read(course)
        export = {"id": manifest.content_export_id, "export_type": manifest.export_type}
        self._describe_export(host, export, exported=exported)

    def _check_paths(self) -> dict[str, str]:
        """Check the parameters, before any request, and return both paths with their placeholders."""
        from airflow_provider_canvas.api.content_exports import ContentExports
        from airflow_provider_canvas.transfers.manifest import check_path

        optional_bool("skip_unchanged", self.skip_unchanged)
        ContentExports.create.call_with({**self._export_params(), "course_id": self.course_id})
        path = check_path("path", self.path)
        manifest_path = check_path("manifest_path", none_if_blank(self.manifest_path) or f"{path}.manifest.json")
        if path == manifest_path:
            raise CanvasInputError(f"path and manifest_path are both {path!r}: the manifest needs a path of its own.")
        return {"path": path, "manifest_path": manifest_path}

    def _prepare_export(self, extra: dict[str, Any], course_id: int) -> None:
        """Store the hash of the course's content in ``extra``, and create the directories, before a new export.

        The export of an earlier attempt has no hash: the course may have changed since it began.

        :param extra: The data that the job carries; it gets the ``content_hash``.
        :param course_id: The course's number.
        :raises _Unchanged: When the course has not changed since the last manifest.
        :raises CanvasInputError: When the manifest is that of another course.
        :raises OSError: When a directory cannot be created.
        """
        from airflow_provider_canvas.client.courses.course_listings import fetch_course_content
        from airflow_provider_canvas.client.transports.aiohttp_client import run_with_client
        from airflow_provider_canvas.transfers.content_hash import content_hash
        from airflow_provider_canvas.utils.object_storage import make_folder, storage_path

        last = self._last_manifest(extra, course_id)
        listings = run_with_client(self.hook.settings, lambda canvas: fetch_course_content(canvas, course_id))
        extra["content_hash"] = current = content_hash(listings)
        if last is not None and last.content_hash == current and self._is_up_to_date(last):
            self.log.info(
                "Course %s has not changed since %s: %s is kept, and nothing is exported.",
                course_id,
                last.exported_at,
                last.path,
            )
            raise _Unchanged(last, extra["manifest_path"])
        for name in ("path", "manifest_path"):
            make_folder(storage_path(extra[name]))

    def _last_manifest(self, extra: Mapping[str, Any], course_id: int) -> Manifest | None:
        """Return the existing manifest, or ``None``.

        :raises CanvasInputError: When it is that of another course, or there is another file at one of the paths:
            nothing of another course may be replaced.
        """
        from airflow_provider_canvas.transfers.manifest import check_object, read_manifest

        check_object(extra["path"])
        last = read_manifest(extra["manifest_path"])
        if last is not None and not last.belongs_to(self.hook.settings.host, course_id):
            raise CanvasInputError(
                f"{extra['manifest_path']} is the manifest of course {last.course_id} of {last.canvas_instance}, and "
                f"not of {course_id}: write {{course_id}} into path (and manifest_path), so that each course has its "
                "own object."
            )
        return last

    def _is_up_to_date(self, last: Manifest) -> bool:
        """Return whether the last archive of an unchanged course is the one that this task would create."""
        if optional_bool("skip_unchanged", self.skip_unchanged) is False:
            return False
        requested = (self._export_params()["export_type"], self._selection())
        return requested == (last.export_type, last.select) and last.object_exists()

    def _is_archived(self, last: Manifest, export: ContentExport, path: str) -> bool:
        """Return whether an earlier attempt finished the archive, but did not return its result."""
        same = (last.canvas_instance, last.content_export_id) == (self.hook.settings.host, export["id"])
        return same and last.path == path and last.object_exists()

    def _selection(self) -> dict[str, Any] | None:
        """Return the selection as JSON types, to compare it with that of a manifest."""
        return json.loads(json.dumps(parse_select(self.select)))  # type: ignore[no-any-return]

    def _download(self, export: ContentExport, path: str) -> Downloaded:
        """Stream the export's file to the storage.

        :raises CanvasJobError: When Canvas no longer has the file.
        """
        from airflow_provider_canvas.client.errors import CanvasJobError, CanvasNotFoundError
        from airflow_provider_canvas.utils.object_storage import add_to_lineage, make_folder, storage_path

        target = storage_path(path)
        make_folder(target)
        self.log.info("Downloading %s bytes to %s.", export.get("attachment", {}).get("size"), path)
        try:
            downloaded = self.hook.download(export, target, checksum=True, on_progress=self._progress_callback())
        except CanvasNotFoundError as error:
            raise CanvasJobError(f"{error} A retry of this task exports again.") from error
        add_to_lineage(target)
        return downloaded

    def _progress_callback(self) -> Callable[[int, int | None], None]:
        """Return a progress callback that logs at most every 30 s."""
        logged_at = time.monotonic()

        def log_progress(received: int, size: int | None) -> None:
            nonlocal logged_at
            if time.monotonic() - logged_at > PROGRESS_LOG_INTERVAL:
                logged_at = time.monotonic()
                self.log.info("%s of %s bytes were downloaded.", received, size or "an unknown number of")

        return log_progress


class _Unchanged(Exception):  # noqa: N818  # it is not an error
    """The course has not changed since it was archived."""

    def __init__(self, manifest: Manifest, manifest_path: str) -> None:
        super().__init__(manifest.path)
        self.manifest = manifest
        self.manifest_path = manifest_path


def _summary(manifest: Manifest, manifest_path: str, *, exported: bool) -> dict[str, Any]:
    """Return the task's result, which describes the object in the storage."""
    return {
        "canvas_instance": manifest.canvas_instance,
        "course_id": manifest.course_id,
        "exported": exported,
        "path": manifest.path,
        "manifest_path": manifest_path,
        "size": manifest.size,
        "sha256": manifest.sha256,
        "content_export_id": manifest.content_export_id,
        "export_type": manifest.export_type,
        "exported_at": manifest.exported_at,
        "content_hash": manifest.content_hash,
    }
