"""Uploads of the package that a content migration imports: three steps around one migration.

A migration whose file never arrives stays in ``pre_processing`` and blocks later ones of its course for up to an hour.
So an upload never creates a second migration: it restarts on the same one.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Unpack

from airflow_provider_canvas.api.call import Context
from airflow_provider_canvas.api.content_migrations import ContentMigration, ContentMigrations
from airflow_provider_canvas.api.date_shift import DateShiftOptions
from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.migration_settings import MigrationSettings
from airflow_provider_canvas.api.uploads import PreAttachment, UploadTarget
from airflow_provider_canvas.client import errors, replica_lag
from airflow_provider_canvas.client.caller import Caller
from airflow_provider_canvas.client.files.multipart import Form, OnProgress
from airflow_provider_canvas.client.files.quota import explain_quota
from airflow_provider_canvas.client.files.upload_sources import Uploadable, UploadSource, upload_source
from airflow_provider_canvas.client.files.upload_steps import check_stored_size, first_step, run_upload, upload_form
from airflow_provider_canvas.client.protocol.flow import Flow, Sleep, run_in_thread


def upload_package(
    caller: Caller,
    source: Uploadable,
    *,
    migration_type: str,
    name: str | None = None,
    size: int | None = None,
    content_type: str | None = None,
    settings: MigrationSettings | Mapping[str, Any] | None = None,
    date_shift_options: DateShiftOptions | None = None,
    selective_import: bool | None = None,
    on_progress: OnProgress | None = None,
    **context: Unpack[Context],
) -> Flow[ContentMigration]:
    """Create a content migration and upload the package that it imports; return its record after the upload.

    https://developerdocs.instructure.com/services/canvas/resources/content_migrations#method.content_migrations.create

    :param source: A path, an object-storage path, or a file open for reading bytes (from its current position).
    :param migration_type: Such as ``common_cartridge_importer``.
    :param name: The name of the file in Canvas; by default the name of the source.
    :param size: Only for a file object that cannot seek: the number of bytes. It can be sent once.
    :param content_type: The media type.
    :param settings: See ``content_migrations.create``, also for the two parameters that follow.
    :param date_shift_options: How to shift dates, if at all.
    :param selective_import: Pause before the import, to select content of the package.
    :param on_progress: Called after each MiB with the bytes sent and the total. It starts from zero when the upload
        restarts. An exception in it ends the upload.
    :param context: ``account_id``, ``course_id``, ``group_id`` or ``user_id``.
    :raises CanvasError: If the migration was created before the error, it is in ``completed``.
    :raises OSError: When the source cannot be read. If the migration was created before, a note of the
        error names it.
    :raises CanvasInputError: For values that Canvas would refuse, before anything is sent.
    """
    opened = yield from run_in_thread(lambda: upload_source(source, name, size))
    parameters = _parameters(settings, date_shift_options, selective_import, context)
    file = _pre_attachment(opened, content_type)
    create = ContentMigrations.create.call(migration_type=migration_type, pre_attachment=file, **parameters)
    try:
        migration, _ = yield from caller.call(create)
    except errors.CanvasValidationError as error:
        yield from explain_quota(caller, error, opened.name, opened.size, context)
        raise
    upload = _PackageUpload(caller, migration, opened, file, on_progress, parameters)
    return (yield from _upload_into(caller, upload))


def fill_package(
    caller: Caller,
    migration: ContentMigration,
    source: Uploadable,
    *,
    name: str | None = None,
    size: int | None = None,
    content_type: str | None = None,
    settings: MigrationSettings | Mapping[str, Any] | None = None,
    date_shift_options: DateShiftOptions | None = None,
    selective_import: bool | None = None,
    on_progress: OnProgress | None = None,
    **context: Unpack[Context],
) -> Flow[ContentMigration]:
    """Upload the package of a content migration created with ``pre_attachment``; return its record after the upload.

    https://developerdocs.instructure.com/services/canvas/resources/content_migrations#method.content_migrations.update

    :param migration: The record that ``content_migrations.create`` returned. With a later record the upload restarts.
    :param settings: The values with which it was created, also for the two parameters that follow: a restart sends
        them again.
    :raises CanvasError: When the upload fails. The migration is in ``completed``.
    :raises OSError: When the source cannot be read. A note of the error names the migration.
    :raises CanvasInputError: For a migration that does not wait for a file, and for values that Canvas would refuse.

    The other parameters are those of :func:`upload_package`.
    """
    state = migration.get("workflow_state")
    if not (waits_for_file(migration) or state == "failed"):
        raise CanvasInputError(
            f"Content migration {migration.get('id')} is {state}: it does not wait for a file, and "
            "an upload would run it again."
        )
    opened = yield from run_in_thread(lambda: upload_source(source, name, size))
    parameters = _parameters(settings, date_shift_options, selective_import, context)
    file = _pre_attachment(opened, content_type)
    upload = _PackageUpload(caller, migration, opened, file, on_progress, parameters)
    return (yield from _upload_into(caller, upload))


def waits_for_file(migration: ContentMigration) -> bool:
    """Tell whether a content migration waits for its file; while the file is converted, the state is the same."""
    return migration.get("workflow_state") == "pre_processing" and not migration.get("attachment")


def _parameters(
    settings: MigrationSettings | Mapping[str, Any] | None,
    date_shift_options: DateShiftOptions | None,
    selective_import: bool | None,
    context: Context,
) -> dict[str, Any]:
    """Return the parameters of every request about the migration."""
    return {
        "settings": settings,
        "date_shift_options": date_shift_options,
        "selective_import": selective_import,
        **context,
    }


def _pre_attachment(source: UploadSource, content_type: str | None) -> PreAttachment:
    file = PreAttachment(name=source.name, size=source.size)
    if content_type is not None:
        file["content_type"] = content_type
    return file


def _upload_into(caller: Caller, upload: _PackageUpload) -> Flow[ContentMigration]:
    """Upload the package and return the migration's new record. An error names the migration that remains.

    The error does not contain ``pre_attachment``, which is secret: ``fill_package`` does not need it.
    """
    try:
        uploaded = yield from run_upload(caller, upload)
        migration = yield from upload.read_back()
    except errors.CanvasError as error:
        if isinstance(error, errors.CanvasValidationError):
            yield from explain_quota(caller, error, upload.name, upload.source.size, upload.parameters)
        error.completed = ({name: value for name, value in upload.migration.items() if name != "pre_attachment"},)
        error.args = (f"{error} {upload.remains}",)
        raise
    except Exception as error:
        error.add_note(upload.remains)
        raise
    try:
        check_stored_size(upload.name, upload.source.size, uploaded.file or migration.get("attachment"))
    except errors.CanvasError as error:
        error.completed = (migration,)
        error.args = (f"{error} Content migration {migration['id']} imports that file.",)
        raise
    return migration


@dataclass
class _PackageUpload:
    """The upload of a migration's file; see :class:`~.upload_steps.Upload`.

    :param parameters: Settings and context, for every request about the migration.
    """

    caller: Caller
    migration: ContentMigration = field(repr=False)
    source: UploadSource
    file: PreAttachment
    on_progress: OnProgress | None
    parameters: dict[str, Any] = field(repr=False)

    @property
    def can_resend(self) -> bool:
        """Always: the same migration takes the same bytes, and :meth:`has_arrived` checks before."""
        return True

    @property
    def name(self) -> str:
        """The name of the package."""
        return self.source.name

    @property
    def remains(self) -> str:
        """The part of an error message about what remains in Canvas when the upload fails."""
        return (
            f"Content migration {self.migration['id']} was created and may wait for its file, and block later ones, "
            "for up to an hour: upload into this one (fill_package) rather than create another."
        )

    def start(self, *, restart: bool) -> Flow[UploadTarget]:
        """Return the upload target from the creation of the migration, or request a new one."""
        target = None if restart else self.migration.get("pre_attachment")
        if target:
            return target
        call = ContentMigrations.update.call(
            content_migration_id=self.migration["id"], pre_attachment=self.file, **self.parameters
        )
        self.migration = yield from first_step(self.caller, call)
        return self.migration.get("pre_attachment") or UploadTarget()

    def form(self, target: UploadTarget) -> Form:
        """Return the parameters that Canvas returned, and the package last."""
        return upload_form(target, self.source, self.file.get("content_type"), self.on_progress)

    def has_arrived(self, file_id: str | None) -> Flow[bool]:  # noqa: ARG002  # the migration shows more than its file
        """Check whether the migration has started: it starts by itself once its file has arrived."""
        for seconds in replica_lag.pauses_from_now():
            yield Sleep(seconds)
            if not waits_for_file((yield from self.read_back())):
                return True
        return False

    def read_back(self) -> Flow[ContentMigration]:
        """Get the migration's current record. Replicas may not know a new migration for a while."""
        context = {name: value for name, value in self.parameters.items() if name in Context.__annotations__}
        call = ContentMigrations.get.call(content_migration_id=self.migration["id"], **context)
        *delays, last = replica_lag.pauses_from_now()
        for seconds in delays:
            yield Sleep(seconds)
            with suppress(errors.CanvasNotFoundError):
                return (yield from self.caller.call(call))[0]
        yield Sleep(last)
        return (yield from self.caller.call(call))[0]
