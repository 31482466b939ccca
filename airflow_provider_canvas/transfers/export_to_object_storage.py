"""Archiving a course: its export, streamed into a storage, with a manifest beside it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_canvas.operators.base_export import ContentExportOperator
from airflow_provider_canvas.utils.parameters import none_if_blank, optional_bool, parse_select

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from airflow_provider_canvas.api.content_exports import ContentExport
    from airflow_provider_canvas.client.files.download import Downloaded
    from airflow_provider_canvas.client.jobs.waiters import Status
    from airflow_provider_canvas.operators.base_job import Job
    from airflow_provider_canvas.transfers.manifest import Manifest

SECONDS_BETWEEN_WORDS = 30.0
"""How often the log says how far a download is."""


class CanvasExportToObjectStorageOperator(ContentExportOperator):
    """Export a course, and stream the file to a storage in constant memory, with a manifest beside it.

    The object appears whole or not at all. A dropped connection is resumed; a retry of the task, also after a worker
    was killed, takes the same export again, unless it failed or lost its file: then it exports again.

    A course is not exported when its manifest has the hash of its present content, and the object is still there. The
    hash is made of Canvas's listings: pages, assignments, quizzes, discussions, announcements, modules, files, folders,
    the syllabus and the course's settings. It does not see the questions of quizzes, question banks, rubrics, outcomes,
    calendar events, tools, and what is inside New Quizzes.

    The result is a dict: ``canvas_instance`` (the host), ``course_id``, ``exported`` (``False`` where the course had
    not changed), ``path``, ``manifest_path``, ``size``, ``sha256``, ``content_export_id``, ``export_type``,
    ``exported_at`` and ``content_hash``.

    .. seealso::
        https://developerdocs.instructure.com/services/canvas/resources/content_exports#method.content_exports_api.create

    :param course_id: The course: its number, or ``sis_course_id:...``. (templated)
    :param path: Where the object goes: a path on any object storage that Airflow knows, or a local one.
        ``{course_id}`` and ``{sis_course_id}`` stand for the course's own, for tasks that are mapped over courses:
        ``s3://aws_default@bucket/{{ ds }}/course-{course_id}.imscc``. What was there of the same course is replaced;
        where the manifest is another course's, the task fails. (templated)
    :param manifest_path: Where the manifest goes, and the last one is looked for; by default ``path`` and
        ``.manifest.json``. With a date in ``path`` give one without: otherwise no course is ever unchanged. (templated)
    :param skip_unchanged: Export no course that has not changed. ``False`` exports it in any case. (templated)

    The other parameters are those of every export (``export_type``, ``select``, ``skip_notifications``), and how to
    wait for it (``deferrable``, ``poll_interval``, ``timeout``, ``cancel_on_kill``).
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
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.course_id = course_id
        self.path = path
        self.manifest_path = manifest_path
        self.skip_unchanged = skip_unchanged

    def execute(self, context: Context) -> Any:
        """Export and archive, unless the course is unchanged."""
        try:
            return super().execute(context)
        except _Unchanged as unchanged:
            return _summary(unchanged.manifest, unchanged.manifest_path, exported=False)

    def submit(self, context: Context) -> Job:
        """Submit the export, or adopt the one that an earlier attempt of this task submitted."""
        from airflow_provider_canvas.transfers.manifest import filled, names_course

        paths = self._checked_paths()
        course = self._course(self.course_id)
        if "{" in paths["manifest_path"] and not names_course(paths["path"], course):
            raise ValueError(
                f"manifest_path {paths['manifest_path']!r} tells courses apart, and path {paths['path']!r} does not: "
                "each course would replace the one before. Write {course_id} into path."
            )
        extra = {
            **{name: filled(name, path, course) for name, path in paths.items()},
            "sis_course_id": course.get("sis_course_id"),
            "course_name": course.get("name"),
            "content_hash": None,
        }
        number = course["id"]
        export = self._submit_once(context, {"course_id": number}, lambda: self._look_at_content(extra, number))
        self.log.info("Exporting course %s (%s) by content_export %s.", number, course.get("name"), export["id"])
        return self._job_of(export, **extra)

    def finish(self, context: Context, job: Job, status: Status) -> dict[str, Any]:  # noqa: ARG002  # all of them take it
        """Stream the file to its place, write the manifest, and return what is there."""
        from airflow_provider_canvas.transfers.manifest import Manifest

        export, extra = self._exported(job, status), job.extra
        last = self._last_manifest(extra, job.ids["course_id"])
        if last is not None and self._is_archived(last, export, extra["path"]):
            self.log.info("%s was written by an earlier attempt.", last.path)
            return _summary(last, extra["manifest_path"], exported=True)
        downloaded = self._downloaded(export, extra["path"])
        manifest = Manifest(
            canvas_instance=self.hook.settings.host,
            course_id=job.ids["course_id"],
            course_name=extra["course_name"],
            sis_course_id=extra["sis_course_id"],
            content_export_id=export["id"],
            export_type=export["export_type"],
            select=self._selected(),
            exported_at=export["created_at"],
            path=extra["path"],
            size=downloaded.size,
            sha256=downloaded.sha256 or "",
            content_hash=extra["content_hash"],
        )
        self._last_manifest(extra, job.ids["course_id"])  # a task that ran at the same time may have written one
        manifest.write(extra["manifest_path"])
        self.log.info("%s: %s bytes, SHA-256 %s.", manifest.path, manifest.size, manifest.sha256)
        return _summary(manifest, extra["manifest_path"], exported=True)

    def _checked_paths(self) -> dict[str, str]:
        """Refuse what makes no sense, before anything is sent, and return both paths with their placeholders."""
        from airflow_provider_canvas.api.content_exports import ContentExports
        from airflow_provider_canvas.transfers.manifest import check_path

        optional_bool("skip_unchanged", self.skip_unchanged)
        ContentExports.create.call_with({**self._export_params(), "course_id": self.course_id})
        path = check_path("path", self.path)
        manifest_path = check_path("manifest_path", none_if_blank(self.manifest_path) or f"{path}.manifest.json")
        if path == manifest_path:
            raise ValueError(f"path and manifest_path are the same, {path!r}: the manifest is an object of its own.")
        return {"path": path, "manifest_path": manifest_path}

    def _look_at_content(self, extra: dict[str, Any], course_id: int) -> None:
        """Note the hash of the course's content, and make sure of the place, before a new export is made of it.

        An export that an earlier attempt made has no hash: the course may have changed since it began.

        :raises _Unchanged: When it is that of the last manifest.
        :raises ValueError: When the place is another course's.
        :raises OSError: When nothing can be put there.
        """
        from airflow_provider_canvas.transfers.content_hash import content_hash
        from airflow_provider_canvas.utils.object_storage import storage_path

        last = self._last_manifest(extra, course_id)
        extra["content_hash"] = present = content_hash(self.hook, course_id)
        if last is not None and last.content_hash == present and self._is_wanted_still(last):
            self.log.info(
                "Course %s has not changed since %s: %s stays, and nothing is exported.",
                course_id,
                last.exported_at,
                last.path,
            )
            raise _Unchanged(last, extra["manifest_path"])
        for name in ("path", "manifest_path"):
            storage_path(extra[name]).parent.mkdir(parents=True, exist_ok=True)

    def _last_manifest(self, extra: Mapping[str, Any], course_id: int) -> Manifest | None:
        """Return the manifest that is there, if one is.

        :raises ValueError: When it is another course's: neither that nor its object may be lost.
        """
        from airflow_provider_canvas.transfers.manifest import read_manifest

        last = read_manifest(extra["manifest_path"])
        if last is not None and not last.is_of(self.hook.settings.host, course_id):
            raise ValueError(
                f"{extra['manifest_path']} is the manifest of course {last.course_id} of {last.canvas_instance}, and "
                f"not of {course_id}: write {{course_id}} into path (and manifest_path), so that each course has its "
                "own place."
            )
        return last

    def _is_wanted_still(self, last: Manifest) -> bool:
        """Whether the last archive of an unchanged course is what would be made now."""
        if optional_bool("skip_unchanged", self.skip_unchanged) is False:
            return False
        wanted = (self._export_params()["export_type"], self._selected())
        return wanted == (last.export_type, last.select) and last.object_is_there()

    def _is_archived(self, last: Manifest, export: ContentExport, path: str) -> bool:
        """Whether an earlier attempt had done everything but say so."""
        same = (last.canvas_instance, last.content_export_id) == (self.hook.settings.host, export["id"])
        return same and last.path == path and last.object_is_there()

    def _selected(self) -> dict[str, Any] | None:
        """Return the selection as JSON has it, since it is compared with one that was read from JSON."""
        return json.loads(json.dumps(parse_select(self.select)))  # type: ignore[no-any-return]

    def _downloaded(self, export: ContentExport, path: str) -> Downloaded:
        """Stream the export's file to its place.

        :raises CanvasJobError: When Canvas has it no more.
        """
        from airflow_provider_canvas.client.errors import CanvasJobError, CanvasNotFoundError
        from airflow_provider_canvas.utils.object_storage import storage_path

        target = storage_path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        self.log.info("Writing %s bytes to %s.", export.get("attachment", {}).get("size"), path)
        try:
            return self.hook.download(export, target, checksum=True, on_progress=self._telling())
        except CanvasNotFoundError as error:
            raise CanvasJobError(f"{error} A retry of this task does.") from error

    def _telling(self) -> Callable[[int, int | None], None]:
        said_at = time.monotonic()

        def tell(received: int, size: int | None) -> None:
            nonlocal said_at
            if time.monotonic() - said_at > SECONDS_BETWEEN_WORDS:
                said_at = time.monotonic()
                self.log.info("%s of %s bytes have arrived.", received, size or "an unknown number of")

        return tell


class _Unchanged(Exception):  # noqa: N818  # nothing is wrong
    """The course is archived as it is."""

    def __init__(self, manifest: Manifest, manifest_path: str) -> None:
        super().__init__(manifest.path)
        self.manifest = manifest
        self.manifest_path = manifest_path


def _summary(manifest: Manifest, manifest_path: str, *, exported: bool) -> dict[str, Any]:
    """Return the task's result: what is in the storage now."""
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
