"""Uploads: the first step, the bytes, and what happens when an upload is confirmed."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from canvas_emulator.effects.file_names import free_name, same_name
from canvas_emulator.jobs import content_migration
from canvas_emulator.jobs import progress as progress_job
from canvas_emulator.jobs.fetching import fetch
from canvas_emulator.machines.plans import IllegalMoveError, Stage, check_move
from canvas_emulator.machines.progress import ProgressState
from canvas_emulator.machines.upload import ALLOWED, SIGNED_FOR_SECONDS, OnDuplicate, UploadState
from canvas_emulator.model.content import DELETED, File, Folder
from canvas_emulator.model.content_base import ContextType
from canvas_emulator.model.contexts import Context, owner, quota
from canvas_emulator.model.records import Progress, Upload
from canvas_emulator.model.signed_urls import signature
from canvas_emulator.model.world import World

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class WantedFile:
    """The file as the first step of an upload describes it.

    :param name: The file's name.
    :param size: In bytes; None when it does not say.
    :param content_type: Its media type.
    :param folder: None for the files of migrations, which are in no folder.
    :param on_duplicate: What to do with a file of the same name in the folder.
    :param success_include: What the last step includes in its response.
    :param target_url: Where to fetch it from.
    """

    name: str
    size: int | None
    content_type: str
    folder: Folder | None
    on_duplicate: OnDuplicate = OnDuplicate.OVERWRITE
    success_include: tuple[str, ...] = ()
    target_url: str | None = None


class QuotaExceededError(Exception):
    """The context has no room for the file."""


def begin(world: World, context: Context, user_id: int, wanted: WantedFile, base_url: str) -> Upload:
    """Start an upload."""
    upload_id = world.next_id("attachment")
    upload = Upload(
        id=upload_id,
        course_id=context.id,
        context_type=context.type,
        user_id=user_id,
        name=wanted.name,
        content_type=wanted.content_type,
        size=wanted.size,
        folder_id=wanted.folder.id if wanted.folder else None,
        on_duplicate=wanted.on_duplicate,
        storage=world.settings.storage,
        uuid=signature(world, f"upload {upload_id}"),
        base_url=base_url,
        expires_at=world.clock.now() + timedelta(seconds=SIGNED_FOR_SECONDS),
        success_include=wanted.success_include,
        target_url=wanted.target_url,
    )
    world.tables.uploads[upload.id] = upload
    return upload


def store(upload: Upload, data: bytes) -> None:
    """Store the bytes. They may be sent again until the upload is confirmed.

    :raises IllegalMoveError: When the upload is over.
    """
    _enter(upload, UploadState.STORED)
    upload.data = data


def confirm(world: World, upload: Upload, at: datetime) -> File:
    """Create the file of an upload. A migration that waits for it starts.

    :raises IllegalMoveError: When there are no bytes, or it was confirmed before.
    :raises QuotaExceededError: When the file is larger than the room that is left.
    """
    if upload.workflow_state is not UploadState.STORED:
        raise IllegalMoveError(f"the upload is {upload.workflow_state} and cannot be confirmed")
    context = Context(upload.context_type, upload.course_id)
    data = upload.data or b""
    if not has_room(world, context, len(data)):
        _enter(upload, UploadState.FAILED)
        raise QuotaExceededError
    _enter(upload, UploadState.SUCCESS)
    file = world.add(
        File(
            id=upload.id,
            course_id=context.id,
            context_type=context.type,
            title=_name(world, context, upload, at),
            content_type=upload.content_type,
            size=len(data),
            data=data,
            folder_id=upload.folder_id,
            created_at=at,
        )
    )
    upload.data = None
    if context.type is ContextType.CONTENT_MIGRATION:
        content_migration.receive(world, world.tables.content_migrations[context.id], file, at)
    return file


def begin_fetch(world: World, upload: Upload, at: datetime) -> None:
    """Download the file from the URL of the first step, and update the Progress, which is ``queued`` until then."""
    progress, url = progress_of(world, upload, at), upload.target_url or ""

    def fail(message: str, then: datetime) -> None:
        progress.message = message
        progress_job.follow(progress, Stage(0, UploadState.FAILED, ProgressState.FAILED), then)

    def arrived(data: bytes | None, then: datetime) -> None:
        if data is None:
            _enter(upload, UploadState.FAILED)
            fail(f"An unknown error occurred downloading from {url}", then)
            return
        try:
            store(upload, data)
            progress.results = {"id": confirm(world, upload, then).id}
            progress_job.follow(progress, Stage(0, UploadState.SUCCESS, ProgressState.COMPLETED, 100.0), then)
        except QuotaExceededError:
            fail("file size exceeds quota limits", then)
        except Exception:
            LOG.exception("The file of upload %s could not be added", upload.id)
            fail(f"Unexpected error, ID: {world.next_id('error_report')}", then)

    fetch(world, url, arrived)


def progress_of(world: World, upload: Upload, at: datetime) -> Progress:
    """Return the Progress of an upload from a URL, created on first use."""
    if upload.progress_id is None:
        upload.progress_id = world.next_id("progress")
        world.tables.progress[upload.progress_id] = Progress(
            id=upload.progress_id,
            context_id=upload.user_id,
            context_type="User",
            user_id=upload.user_id,
            tag="upload_via_url",
            created_at=at,
            updated_at=at,
        )
    return world.tables.progress[upload.progress_id]


def quota_used(world: World, context: Context) -> int:
    """Return how many bytes of files are in a context."""
    return sum(file.size for file in world.live(File, context.id, context.type))


def has_room(world: World, context: Context, size: int) -> bool:
    """Tell whether a file of this size fits into a context."""
    context = owner(world, context)
    allowed = quota(world, context)
    return allowed is None or quota_used(world, context) + size <= allowed


def _name(world: World, context: Context, upload: Upload, at: datetime) -> str:
    """Return the name of the new file, and delete the file that it replaces."""
    other = same_name(world, context, upload.folder_id, upload.name)
    if other is None:
        return upload.name
    if upload.on_duplicate is OnDuplicate.OVERWRITE:
        other.workflow_state, other.updated_at = DELETED, at
        return upload.name
    return free_name(world, context, upload.folder_id, upload.name)


def _enter(upload: Upload, state: UploadState) -> None:
    check_move(ALLOWED, upload.workflow_state, state)
    upload.workflow_state = state
