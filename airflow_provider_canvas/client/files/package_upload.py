"""Uploading the package that a content migration imports: three steps, around one migration.

A migration whose file never arrives stays in ``pre_processing``, and others of its course wait behind it for up to an
hour. So there is never a second one: an upload that must begin again begins again on the same migration.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Unpack

from airflow_provider_canvas.api.call import Context
from airflow_provider_canvas.api.content_migrations import ContentMigration, ContentMigrations
from airflow_provider_canvas.api.date_shift import DateShiftOptions
from airflow_provider_canvas.api.migration_settings import MigrationSettings
from airflow_provider_canvas.api.uploads import PreAttachment, UploadTarget
from airflow_provider_canvas.client import errors
from airflow_provider_canvas.client.caller import Caller
from airflow_provider_canvas.client.files.multipart import Form, OnProgress
from airflow_provider_canvas.client.files.upload_sources import Uploadable, UploadSource, upload_source
from airflow_provider_canvas.client.files.upload_steps import delivered, first_step
from airflow_provider_canvas.client.protocol.flow import Flow, Sleep, run_in_thread

LOOKS_AFTER = (0.0, 1.0, 3.0, 6.0)
"""Seconds before each look at a migration: what took a package may still be telling Canvas, and Canvas reads from
replicas, which lag a little behind."""


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
    """Create a content migration and upload the package that it imports; returns it as it is after the upload.

    https://developerdocs.instructure.com/services/canvas/resources/content_migrations#method.content_migrations.create

    :param source: A path, an object-storage path, or a file open for reading bytes (from where it stands).
    :param migration_type: Such as ``common_cartridge_importer``.
    :param name: What the file is called in Canvas; by default as it is called.
    :param size: Only for a file object that cannot seek: how many bytes it has. It can be sent once.
    :param content_type: Its media type.
    :param settings: See ``content_migrations.create``, as for all that follow.
    :param date_shift_options: Whether and how dates are shifted.
    :param selective_import: Halt before the import, to choose from what the package holds.
    :param on_progress: Called with the bytes sent and the bytes in all, after each MiB; counts anew when the upload
        begins again. What it raises ends the upload.
    :param context: ``account_id``, ``course_id``, ``group_id`` or ``user_id``.
    :raises CanvasError: If the migration was created before, it is in ``completed``.
    :raises OSError: When the source cannot be read. If the migration was created before, a note names it.
    :raises ValueError: For what Canvas would not take, before anything is sent.
    """
    what = yield from run_in_thread(lambda: upload_source(source, name, size))
    said: dict[str, Any] = {
        "settings": settings,
        "date_shift_options": date_shift_options,
        "selective_import": selective_import,
    }
    file = _pre_attachment(what, content_type)
    create = ContentMigrations.create.call(migration_type=migration_type, pre_attachment=file, **said, **context)
    migration, _ = yield from caller.call_flow(create)
    return (yield from _filled(caller, _PackageUpload(caller, migration, what, file, on_progress, {**said, **context})))


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
    """Upload the package of a content migration that was created with ``pre_attachment``; returns it as it is then.

    https://developerdocs.instructure.com/services/canvas/resources/content_migrations#method.content_migrations.update

    :param migration: What ``content_migrations.create`` returned; or a later record of it, then the upload begins anew.
    :param settings: With what else it was created, as for the two that follow: beginning anew says all of it again.
    :raises CanvasError: The migration is in ``completed``.
    :raises OSError: When the source cannot be read. A note names the migration.
    :raises ValueError: For a migration that waits for no file, and for what Canvas would not take.

    The other parameters are those of :func:`upload_package`.
    """
    if not (waits_for_file(migration) or migration["workflow_state"] == "failed"):
        raise ValueError(
            f"Content migration {migration['id']} is {migration['workflow_state']}: it does not wait for a file, and "
            "an upload would run it again."
        )
    what = yield from run_in_thread(lambda: upload_source(source, name, size))
    said: dict[str, Any] = {
        "settings": settings,
        "date_shift_options": date_shift_options,
        "selective_import": selective_import,
    }
    file = _pre_attachment(what, content_type)
    return (yield from _filled(caller, _PackageUpload(caller, migration, what, file, on_progress, {**said, **context})))


def waits_for_file(migration: ContentMigration) -> bool:
    """Whether the file of a content migration has not arrived; while it is converted, the state is the same."""
    return migration["workflow_state"] == "pre_processing" and not migration.get("attachment")


def _pre_attachment(what: UploadSource, content_type: str | None) -> PreAttachment:
    file = PreAttachment(name=what.name, size=what.size)
    if content_type is not None:
        file["content_type"] = content_type
    return file


def _filled(caller: Caller, upload: _PackageUpload) -> Flow[ContentMigration]:
    """Upload the package and read the migration back; a failure tells of the migration that is left.

    What lets one upload into it is not told: ``fill_package`` does without.
    """
    try:
        yield from delivered(caller, upload)
        return (yield from upload.read_back())
    except errors.CanvasError as error:
        error.completed = ({name: said for name, said in upload.migration.items() if name != "pre_attachment"},)
        error.args = (f"{error} {upload.left_behind}",)
        raise
    except Exception as error:
        error.add_note(upload.left_behind)
        raise


@dataclass
class _PackageUpload:
    """The upload of a migration's file; see :class:`~.delivery.Upload`.

    :param said: Settings and context, for every request about the migration.
    """

    caller: Caller
    migration: ContentMigration = field(repr=False)
    source: UploadSource
    file: PreAttachment
    on_progress: OnProgress | None
    said: dict[str, Any] = field(repr=False)

    @property
    def repeatable(self) -> bool:
        """The same migration takes the same bytes; and :meth:`found` looks first."""
        return True

    @property
    def name(self) -> str:
        """The package's."""
        return self.source.name

    @property
    def left_behind(self) -> str:
        """What there is in Canvas when the upload fails."""
        return (
            f"Content migration {self.migration['id']} was created and may wait for its file, with later ones behind "
            "it, for up to an hour: upload into this one (fill_package) rather than create another."
        )

    def begin(self, *, again: bool) -> Flow[UploadTarget]:
        """Take what creating the migration promised, or have it promise anew."""
        promised = None if again else self.migration.get("pre_attachment")
        if promised:
            return promised
        call = ContentMigrations.update.call(
            content_migration_id=self.migration["id"], pre_attachment=self.file, **self.said
        )
        self.migration = yield from first_step(self.caller, call)
        return self.migration["pre_attachment"]

    def form(self, target: UploadTarget) -> Form:
        """Return the parameters as Canvas gave them, and the package last."""
        return Form(
            target["upload_params"],
            target.get("file_param"),
            self.source,
            self.file.get("content_type"),
            self.on_progress,
        )

    def found(self, file_id: str | None) -> Flow[bool]:  # noqa: ARG002  # the migration tells more than its file
        """Look whether the migration goes on: it does by itself, once its file is there."""
        for seconds in LOOKS_AFTER:
            yield Sleep(seconds)
            if not waits_for_file((yield from self.read_back())):
                return True
        return False

    def read_back(self) -> Flow[ContentMigration]:
        """Get the migration as it is now. One that was just created may be unknown for a while."""
        context = {name: value for name, value in self.said.items() if name in Context.__annotations__}
        call = ContentMigrations.get.call(content_migration_id=self.migration["id"], **context)
        *pauses, last = LOOKS_AFTER
        for seconds in pauses:
            yield Sleep(seconds)
            with suppress(errors.CanvasNotFoundError):
                return (yield from self.caller.call_flow(call))[0]
        yield Sleep(last)
        return (yield from self.caller.call_flow(call))[0]
