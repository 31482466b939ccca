"""Uploading files into a course, a group, a user's own files or a folder: three steps, as one procedure."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, TypedDict, Unpack, cast
from urllib.parse import unquote, urlsplit

from airflow_provider_canvas.api.call import Call, Context
from airflow_provider_canvas.api.files import File, Files
from airflow_provider_canvas.api.ids import Id
from airflow_provider_canvas.api.progress import ProgressRecord
from airflow_provider_canvas.api.uploads import UploadTarget
from airflow_provider_canvas.client import errors
from airflow_provider_canvas.client.caller import Caller
from airflow_provider_canvas.client.files.multipart import Form, OnProgress
from airflow_provider_canvas.client.files.upload_sources import Uploadable, UploadSource, upload_source
from airflow_provider_canvas.client.files.upload_steps import delivered, first_step, get_file
from airflow_provider_canvas.client.protocol.flow import Flow, run_in_thread


class Place(TypedDict, total=False):
    """Where a file goes: exactly one of these."""

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

    An upload that breaks off, or whose signature expires, begins again at the first step. One that may have arrived is
    sent again only if it would overwrite itself: then there is one file in the end, whichever of them it is.

    https://developerdocs.instructure.com/services/canvas/basics/file.file_uploads

    :param source: A path, an object-storage path, or a file open for reading bytes (from where it stands).
    :param name: What to call it in Canvas; by default as it is called.
    :param size: Only for a file object that cannot seek: how many bytes it has. It can be sent once.
    :param content_type: Its media type; Canvas guesses it from the name.
    :param on_duplicate: ``overwrite``, ``rename`` or ``error``, where a file of that name is there.
    :param parent_folder_id: The folder.
    :param parent_folder_path: The folder's path; made if it is not there.
    :param on_progress: Called with the bytes sent and the bytes in all, after each MiB; counts anew when the upload
        begins again. What it raises ends the upload.
    :param place: ``course_id``, ``group_id``, ``user_id`` or ``folder_id``.
    :raises CanvasError: With ``maybe_done``, where the file may be there all the same.
    :raises OSError: When the source cannot be read.
    :raises ValueError: For what Canvas would not take, before anything is sent; and when the size of the source
        changes on the way.
    """
    what = yield from run_in_thread(lambda: upload_source(source, name, size))
    first = _first_step(
        place,
        name=what.name,
        size=what.size,
        content_type=content_type,
        on_duplicate=on_duplicate,
        parent_folder_id=parent_folder_id,
        parent_folder_path=parent_folder_path,
    )
    arrived = yield from delivered(caller, _FileUpload(caller, first, what.name, what, content_type, on_progress))
    if arrived.file is not None:
        return arrived.file
    return (yield from get_file(caller, arrived.file_id or ""))


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
    """Have Canvas fetch a file from an address; returns the Progress, whose ``results`` name the file at its end.

    https://developerdocs.instructure.com/services/canvas/basics/file.file_uploads

    :param url: Where Canvas gets it, without a login. It may be signed: it is in no message.
    :param name: What to call it in Canvas; by default the last part of the address.
    :param size: How many bytes it has; with it, Canvas refuses at once what is over the quota.
    :param content_type: Its media type.
    :param on_duplicate: See :func:`upload`.
    :param parent_folder_id: The folder.
    :param parent_folder_path: The folder's path; made if it is not there.
    :param place: ``course_id``, ``group_id``, ``user_id`` or ``folder_id``.
    :raises CanvasError: When Canvas refuses it, or does not answer.
    """
    name = name or unquote(PurePosixPath(urlsplit(url).path).name)
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
    target, _ = yield from caller.call_flow(first)
    if target.get("upload_url"):  # a file service fetches it when it is told to
        fetch.target = target
        yield from delivered(caller, fetch)
        target = fetch.target
    progress = target.get("progress")
    if not progress:
        raise errors.CanvasUnexpectedAnswerError(
            f"Canvas did not say by which Progress to follow the upload of {name}.", maybe_done=True
        )
    return progress  # type: ignore[return-value]  # api.uploads says dict


def _first_step(place: Place, **said: Any) -> Call[UploadTarget]:
    """Return the call that tells Canvas of a file.

    :raises ValueError: For what Canvas would refuse.
    """
    where = {name: value for name, value in place.items() if value is not None}
    if folder_id := where.pop("folder_id", None):
        if where or said.pop("parent_folder_id") or said.pop("parent_folder_path"):
            raise ValueError("With folder_id, the file goes into that folder: give no other place or folder.")
        return Files.create_in_folder.call(folder_id=cast("Id", folder_id), **said)
    return Files.create.call(**cast("Context", where), **said)


@dataclass
class _FileUpload:
    """The upload of a file; see :class:`~.delivery.Upload`. Without a source, Canvas fetches it.

    :param target: What the first step answered, where it is done already.
    """

    caller: Caller
    first: Call[UploadTarget]
    name: str
    source: UploadSource | None = None
    content_type: str | None = None
    on_progress: OnProgress | None = None
    target: UploadTarget | None = field(default=None, repr=False)

    @property
    def repeatable(self) -> bool:
        """A file that arrived and arrives again replaces itself, if it may overwrite."""
        return self.first.params.get("on_duplicate") == "overwrite"

    def begin(self, *, again: bool) -> Flow[UploadTarget]:
        """Tell Canvas of the file."""
        if again or self.target is None:
            self.target = yield from first_step(self.caller, self.first)
        return self.target

    def form(self, target: UploadTarget) -> Form:
        """Return the parameters as Canvas gave them, and the file last."""
        return Form(target["upload_params"], target.get("file_param"), self.source, self.content_type, self.on_progress)

    def found(self, file_id: str | None) -> Flow[bool]:
        """Look at the file itself."""
        if file_id is None:
            return False
        try:
            record = yield from get_file(self.caller, file_id)
        except errors.CanvasNotFoundError:
            return False
        return record.get("upload_status") == "success"
