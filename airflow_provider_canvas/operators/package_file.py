"""The upload of the package that a task's migration imports, in whichever attempt of the task gets to it."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from airflow_provider_canvas.api.errors import CanvasInputError

if TYPE_CHECKING:
    from airflow_provider_canvas.api.content_migrations import ContentMigration
    from airflow_provider_canvas.api.uploads import PreAttachment
    from airflow_provider_canvas.client.errors import CanvasError
    from airflow_provider_canvas.client.files.upload_sources import Uploadable
    from airflow_provider_canvas.hooks.canvas import CanvasHook

log = logging.getLogger(__name__)

LOG_INTERVAL = 30.0
"""Seconds between two log lines about the progress of an upload."""


def open_path(path: str | os.PathLike[str]) -> Uploadable:
    """Return a path that can be read; text with a scheme becomes an object-storage path."""
    from airflow_provider_canvas.utils.object_storage import storage_path

    return storage_path(path) if isinstance(path, str) and "://" in path else path


def pre_attachment(package: str | os.PathLike[str]) -> tuple[PreAttachment, Exception | None]:
    """Return the name and size of a package for a new migration; if it cannot be read, its name and the error.

    The file may be gone if an earlier attempt of the task uploaded it. A path that names no file that can be read is
    bad input; what else a storage raises may pass.
    """
    from airflow_provider_canvas.client.files.upload_sources import upload_source

    try:
        source = upload_source(open_path(package))
    except (FileNotFoundError, NotADirectoryError, PermissionError) as error:
        return {"name": PurePath(package).name}, _unreadable(package, error)
    except Exception as error:  # noqa: BLE001  # object storages raise what their libraries raise
        return {"name": PurePath(package).name}, error
    return {"name": source.name, "size": source.size}, None


def _unreadable(package: str | os.PathLike[str], error: OSError) -> CanvasInputError:
    from airflow_provider_canvas.security.redaction import redact

    reason = "may not be read" if isinstance(error, PermissionError) else "does not exist"
    refusal = CanvasInputError(
        f"package {redact(str(package))} {reason} on this worker: put it where every worker can read it, or correct "
        "the path."
    )
    refusal.__cause__ = error
    return refusal


@contextmanager
def explained_quota(hook: CanvasHook, file: PreAttachment | None, where: Mapping[str, Any]) -> Iterator[None]:
    """Add the sizes to the error of a new migration whose package does not fit into the quota.

    :param file: The package, as it is announced to Canvas.
    :param where: The migration's context.
    """
    from airflow_provider_canvas.client.errors import CanvasValidationError
    from airflow_provider_canvas.client.files.quota import explain_quota

    try:
        yield
    except CanvasValidationError as error:
        if file is not None:
            name, size, explained = file["name"], file.get("size"), error
            hook.run(lambda caller: explain_quota(caller, explained, name, size, where))
        raise


def check_package(package: str | os.PathLike[str], migration_type: str) -> None:
    """Refuse a package that Canvas would not import as meant; log a warning about one that may be meant otherwise.

    :param package: The path of the package, which can be read.
    :param migration_type: How it is to be imported.
    :raises CanvasInputError: When Canvas cannot read such a file, or would import it as something else.
    """
    from airflow_provider_canvas.client.files.package_kinds import find_caution, find_problem
    from airflow_provider_canvas.client.files.upload_sources import upload_source

    source = upload_source(open_path(package))
    with source.open() as file:
        problem = find_problem(file, source.size, migration_type)
        caution = find_caution(file, migration_type) if problem is None else None
    if problem is not None:
        raise CanvasInputError(f"{package} was not uploaded: {problem}.")
    if caution is not None:
        log.warning("%s may not be what migration_type %r imports: %s.", package, migration_type, caution)


def upload_if_missing(
    hook: CanvasHook,
    migration: ContentMigration,
    package: str | os.PathLike[str],
    params: Mapping[str, Any],
    where: Mapping[str, Any],
) -> None:
    """Upload a package into its migration, unless an earlier attempt of the task has uploaded it.

    No second migration is created: one that waits for its file blocks all later ones.

    :param migration: The migration's record.
    :param package: The path of the package.
    :param params: The parameters with which the migration was created.
    :param where: The migration's context.
    :raises CanvasError: When the file cannot be read, or did not arrive; the message has the migration's state.
    """
    from airflow_provider_canvas.client.errors import CanvasError
    from airflow_provider_canvas.client.files.package_upload import waits_for_file
    from airflow_provider_canvas.security.redaction import redact

    if not waits_for_file(migration):
        return
    _, unreadable = pre_attachment(package)
    if unreadable is not None:
        reason = redact(str(unreadable)).removesuffix(".")
        raise CanvasError(
            f"Content migration {migration['id']} waits for its file, and blocks later ones, for up to an hour, "
            f"but {package} cannot be read: {reason}. Put it there: a retry of this task uploads it."
        ) from unreadable
    path = open_path(package)
    repeated = {name: params[name] for name in ("settings", "date_shift_options", "selective_import") if name in params}
    log.info("Uploading %s.", path)
    try:
        hook.fill_package(migration, path, on_progress=_log_progress(), **repeated, **where)
    except CanvasError as error:
        error.args = (f"{error}{_state_in_words(hook, migration, where, error)}",)
        raise
    log.info("Canvas has the file.")


def _state_in_words(hook: CanvasHook, migration: ContentMigration, where: Mapping[str, Any], error: CanvasError) -> str:
    """Return the migration's state in words, and whether a retry uploads the file."""
    from airflow_provider_canvas.client.errors import CanvasError
    from airflow_provider_canvas.client.files.package_upload import waits_for_file

    try:
        now = hook.content_migrations.get(content_migration_id=migration["id"], **where)
    except CanvasError:
        return ""
    retried = waits_for_file(now) and not error.permanent
    return f" It is {now['workflow_state']} now{': a retry of this task does that' if retried else ''}."


def _log_progress() -> Callable[[int, int], None]:
    """Return a progress callback that logs at most every 30 s."""
    logged_at = time.monotonic()

    def log_progress(sent: int, size: int) -> None:
        nonlocal logged_at
        if time.monotonic() - logged_at >= LOG_INTERVAL:
            logged_at = time.monotonic()
            log.info("%s of %s sent.", _in_megabytes(sent), _in_megabytes(size))

    return log_progress


def _in_megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
