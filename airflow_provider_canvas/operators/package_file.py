"""Uploading the package that a task's migration imports, in whichever attempt of the task comes that far."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_provider_canvas.api.content_migrations import ContentMigration
    from airflow_provider_canvas.api.uploads import PreAttachment
    from airflow_provider_canvas.client.errors import CanvasError
    from airflow_provider_canvas.client.files.upload_sources import Uploadable
    from airflow_provider_canvas.hooks.canvas import CanvasHook

log = logging.getLogger(__name__)

SECONDS_BETWEEN_WORDS = 30.0
"""How often the log says how far an upload is."""


def readable(path: str | os.PathLike[str]) -> Uploadable:
    """Return a path that can be read, wherever it leads: text with a scheme is one into an object storage."""
    from airflow_provider_canvas.utils.object_storage import storage_path

    return storage_path(path) if isinstance(path, str) and "://" in path else path


def described(package: str | os.PathLike[str]) -> tuple[PreAttachment, Exception | None]:
    """Return what a new migration is told of its package; of one that cannot be read its name, and why.

    It may be gone and still not missed, since an earlier attempt of the task may have uploaded it.
    """
    from airflow_provider_canvas.client.files.upload_sources import upload_source

    try:
        source = upload_source(readable(package))
    except Exception as error:  # noqa: BLE001  # object storages raise what their libraries raise
        return {"name": PurePath(package).name}, error
    return {"name": source.name, "size": source.size}, None


def fill(
    hook: CanvasHook,
    migration: ContentMigration,
    package: str | os.PathLike[str],
    said: Mapping[str, Any],
    where: Mapping[str, Any],
) -> None:
    """Upload a package into its migration, unless that has it: an earlier attempt may have come that far.

    There is never a second migration: one that waits for its file holds up all that come after it.

    :param package: Its path.
    :param said: What the migration was created with.
    :param where: The migration's context.
    :raises CanvasError: When the file cannot be read, or did not arrive; its message says how the migration stands.
    """
    from airflow_provider_canvas.client.errors import CanvasError
    from airflow_provider_canvas.client.files.package_upload import waits_for_file
    from airflow_provider_canvas.security.redaction import redact

    if not waits_for_file(migration):
        return
    _, unreadable = described(package)
    if unreadable is not None:
        why = redact(str(unreadable)).removesuffix(".")
        raise CanvasError(
            f"Content migration {migration['id']} waits for its file, with later ones behind it, for up to an hour, "
            f"but {package} cannot be read: {why}. Put it there: a retry of this task uploads it."
        ) from unreadable
    path = readable(package)
    again = {name: said[name] for name in ("settings", "date_shift_options", "selective_import") if name in said}
    log.info("Uploading %s.", path)
    try:
        hook.fill_package(migration, path, on_progress=_now_and_then(), **again, **where)
    except CanvasError as error:
        error.args = (f"{error}{_how_it_stands(hook, migration, where, error)}",)
        raise
    log.info("Canvas has the file.")


def _how_it_stands(hook: CanvasHook, migration: ContentMigration, where: Mapping[str, Any], error: CanvasError) -> str:
    """Say in which state the migration is left, and what a retry makes of it."""
    from airflow_provider_canvas.client.errors import CanvasError
    from airflow_provider_canvas.client.files.package_upload import waits_for_file

    try:
        now = hook.content_migrations.get(content_migration_id=migration["id"], **where)
    except CanvasError:
        return ""
    retried = waits_for_file(now) and not error.permanent
    return f" It is {now['workflow_state']} now{': a retry of this task does that' if retried else ''}."


def _now_and_then() -> Callable[[int, int], None]:
    """Return what tells the log how far an upload is, but not each time that it is told."""
    spoke_at = time.monotonic()

    def say(sent: int, size: int) -> None:
        nonlocal spoke_at
        if time.monotonic() - spoke_at >= SECONDS_BETWEEN_WORDS:
            spoke_at = time.monotonic()
            log.info("%s of %s are sent.", _in_megabytes(sent), _in_megabytes(size))

    return say


def _in_megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
