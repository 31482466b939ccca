"""Uploads of files into a course, a group, a user's own files or a folder: three steps as one operation."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, TypedDict, Unpack, cast
from urllib.parse import unquote

from airflow_provider_canvas.api.call import Call, Context
from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.files import File, Files
from airflow_provider_canvas.api.ids import Id
from airflow_provider_canvas.api.progress import ProgressRecord
from airflow_provider_canvas.api.uploads import UploadTarget, check_url
from airflow_provider_canvas.client import errors
from airflow_provider_canvas.client.caller import Caller
from airflow_provider_canvas.client.files.multipart import Form, OnProgress
from airflow_provider_canvas.client.files.quota import explain_quota
from airflow_provider_canvas.client.files.upload_sources import Uploadable, UploadSource, upload_source
from airflow_provider_canvas.client.files.upload_steps import (
    check_stored_size,
    first_step,
    get_file,
    run_upload,
    upload_form,
)
from airflow_provider_canvas.client.protocol.flow import Flow, run_in_thread
from airflow_provider_canvas.security.address import parse_address


class Place(TypedDict, total=False):
    """The place of a file: exactly one of these."""

    course_id: Id
    group_id: Id
    user_id: Id
    folder_id: Id


def upload(
    caller: Caller,
    source: Uploadable,
    *,
    name: str | None = None,
    size: int | None = None,
    content_type: str | None = None,
    on_duplicate: str = "overwrite",
    parent_folder_id: Id | None = None,
    parent_folder_path: str | None = None,
    on_progress: OnProgress | None = None,
    **place: Unpack[Place],
) -> Flow[File]:
    """Upload a file in constant memory, and return its record.

    An upload whose connection breaks or whose signature expires restarts at the first step. If the file may have
    arrived, it is sent again only with ``on_duplicate="overwrite"``, so that one file remains in any case.

    https://developerdocs.instructure.com/services/canvas/basics/file.file_uploads

    :param source: A path, an object-storage path, or a file open for reading bytes (from its current position).
    :param name: The name in Canvas; by default the name of the source.
    :param size: Only for a file object that cannot seek: the number of bytes. It can be sent once.
    :param content_type: The media type; by default Canvas derives it from the name.
    :param on_duplicate: What to do with a file of the same name: ``overwrite`` (default), ``rename`` or ``error``.
    :param parent_folder_id: The id of the folder.
    :param parent_folder_path: The path of the folder; Canvas creates it if it does not exist.
    :param on_progress: Called after each MiB with the bytes sent and the total. It starts from zero when the upload
        restarts. An exception in it ends the upload.
    :param place: ``course_id``, ``group_id``, ``user_id`` or ``folder_id``.
    :raises CanvasError: When the upload fails, or Canvas stored another number of bytes than was sent. With
        ``maybe_done``, the file may be in Canvas all the same.
    :raises OSError: When the source cannot be read.
    :raises CanvasSourceChangedError: When the source is changed, replaced or deleted during the upload. Nothing is
        stored.
    :raises CanvasInputError: For values that Canvas would refuse, before anything is sent.
    """
    opened = yield from run_in_thread(lambda: upload_source(source, name, size))
    first = _first_step(
        place,
        name=opened.name,
        size=opened.size,
        content_type=content_type,
        on_duplicate=on_duplicate,
        parent_folder_id=parent_folder_id,
        parent_folder_path=parent_folder_path,
    )
    upload_of_file = _FileUpload(caller, first, opened.name, opened, content_type, on_progress)
    try:
        uploaded = yield from run_upload(caller, upload_of_file)
    except errors.CanvasValidationError as error:
        yield from explain_quota(caller, error, opened.name, opened.size, place)
        raise
    record = uploaded.file or (yield from get_file(caller, uploaded.file_id or ""))
    check_stored_size(opened.name, opened.size, record)
    return record


def upload_from_url(
    caller: Caller,
    url: str,
    *,
    name: str | None = None,
    size: int | None = None,
    content_type: str | None = None,
    on_duplicate: str = "overwrite",
    parent_folder_id: Id | None = None,
    parent_folder_path: str | None = None,
    **place: Unpack[Place],
) -> Flow[ProgressRecord]:
    """Let Canvas fetch a file from a URL; return the Progress, whose ``results`` name the file when it is complete.

    https://developerdocs.instructure.com/services/canvas/basics/file.file_uploads

    :param url: The URL, which must not need a login. It may be signed: no message contains it.
    :param name: The name in Canvas; by default the last part of the URL.
    :param size: The number of bytes. With it, Canvas refuses a file over the quota at once.
    :param content_type: The media type.
    :param on_duplicate: See :func:`upload`.
    :param parent_folder_id: The id of the folder.
    :param parent_folder_path: The path of the folder; Canvas creates it if it does not exist.
    :param place: ``course_id``, ``group_id``, ``user_id`` or ``folder_id``.
    :raises CanvasError: When Canvas refuses the request or does not respond.
    """
    name = name or unquote(PurePosixPath(parse_address(check_url("url", url)).path).name)
    first = _first_step(
        place,
        url=url,
        name=name,
        size=size,
        content_type=content_type,
        on_duplicate=on_duplicate,
        parent_folder_id=parent_folder_id,
        parent_folder_path=parent_folder_path,
    )
    fetch = _FileUpload(caller, first, name)
    target, _ = yield from caller.call(first)
    if target.get("upload_url"):  # a file service fetches it after this request
        fetch.target = target
        yield from run_upload(caller, fetch)
        target = fetch.target
    progress = target.get("progress")
    if not progress:
        raise errors.CanvasUnexpectedResponseError(
            f"Canvas returned no Progress for the upload of {name}.", maybe_done=True
        )
    return progress


def _first_step(place: Place, **params: Any) -> Call[UploadTarget]:
    """Return the call of the first step, which announces the file to Canvas.

    :raises CanvasInputError: For values that Canvas would refuse.
    """
    where = {name: value for name, value in place.items() if value is not None}
    if folder_id := where.pop("folder_id", None):
        if where or params.pop("parent_folder_id") or params.pop("parent_folder_path"):
            raise CanvasInputError("With folder_id, the file goes into that folder: give no other place or folder.")
        return Files.create_in_folder.call(folder_id=cast("Id", folder_id), **params)
    return Files.create.call(**cast("Context", where), **params)


@dataclass
class _FileUpload:
    """The upload of a file; see :class:`~.upload_steps.Upload`. Without a source, Canvas fetches it from a URL.

    :param target: The response to the first step, if it is done.
    """

    caller: Caller
    first: Call[UploadTarget]
    name: str
    source: UploadSource | None = None
    content_type: str | None = None
    on_progress: OnProgress | None = None
    target: UploadTarget | None = field(default=None, repr=False)

    @property
    def can_resend(self) -> bool:
        """Whether the file overwrites itself if it arrives twice."""
        return self.first.params.get("on_duplicate") == "overwrite"

    def start(self, *, restart: bool) -> Flow[UploadTarget]:
        """Announce the file to Canvas."""
        if restart or self.target is None:
            self.target = yield from first_step(self.caller, self.first)
        return self.target

    def form(self, target: UploadTarget) -> Form:
        """Return the parameters that Canvas returned, and the file last."""
        return upload_form(target, self.source, self.content_type, self.on_progress)

    def has_arrived(self, file_id: str | None) -> Flow[bool]:
        """Check the record of the file."""
        if file_id is None:
            return False
        try:
            record = yield from get_file(self.caller, file_id)
        except errors.CanvasNotFoundError:
            return False
        return record.get("upload_status") == "success"
