"""Uploads: the first step, the step with the bytes for local storage, and the last step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from canvas_emulator.effects.file_names import same_name
from canvas_emulator.effects.packages.media_types import media_type
from canvas_emulator.jobs import upload as uploads
from canvas_emulator.jobs.upload_targets import LOCAL_PATH, PURPOSE, success_url, upload_target
from canvas_emulator.machines.plans import IllegalMoveError
from canvas_emulator.machines.upload import OnDuplicate
from canvas_emulator.model.content import Folder
from canvas_emulator.model.contexts import Context, may_write
from canvas_emulator.model.parsing import parse_bool, parse_int, parse_list
from canvas_emulator.model.records import Upload
from canvas_emulator.model.settings import Settings, StorageMode
from canvas_emulator.model.signed_urls import row_of, signature
from canvas_emulator.pages import progress
from canvas_emulator.pages.contexts import in_contexts, writable_context
from canvas_emulator.pages.file_shape import shape_of_new
from canvas_emulator.pages.folders import folder_of, parent_folder
from canvas_emulator.wire.parameters import SentFile
from canvas_emulator.wire.request import Request, Route
from canvas_emulator.wire.responses import (
    CanvasError,
    Response,
    bad_request,
    internal_error,
    redirect,
    without_body,
)

OVER_QUOTA = "file size exceeds quota"

EMPTY_400 = without_body(400)
"""How the later steps refuse: without a word."""


def create(request: Request) -> Response:
    """POST the first step of an upload into a course, a group or a user's files."""
    context = writable_context(request)
    return Response(first_step(request, context, parent_folder(request, context, request.params), request.params))


def create_in_folder(request: Request) -> Response:
    """POST the first step of an upload into a folder."""
    folder = folder_of(request, "folder_id")
    context = Context(folder.context_type, folder.course_id)
    request.permit(may_write(request.world, request.user, context))
    return Response(first_step(request, context, folder, request.params))


def first_step(request: Request, context: Context, folder: Folder | None, params: Mapping[str, Any]) -> dict[str, Any]:
    """Start an upload: return its target, or start to download the file.

    :param folder: None for a file that is in none.
    :param params: The parameters of the step, wherever the request has them.
    :raises CanvasError: 400 or 409, for the first check that fails.
    """
    world = request.world
    wanted = _wanted(world.settings, params, folder)
    if wanted.size is not None and not uploads.has_room(world, context, wanted.size):
        raise bad_request(OVER_QUOTA)
    is_there = folder is not None and same_name(world, context, folder.id, wanted.name) is not None
    if wanted.on_duplicate is OnDuplicate.ERROR and is_there:
        raise CanvasError(409, {"message": "file already exists; use on_duplicate='overwrite' or 'rename'"})
    upload = uploads.begin(world, context, request.user.id, wanted, request.base_url)
    if wanted.target_url is not None and upload.storage is not StorageMode.INST_FS:
        uploads.begin_fetch(world, upload, world.clock.now())
        return {"progress": _progress(request, upload)}
    return _promised(request, upload, params)


def take(request: Request) -> Response:
    """POST the bytes to local storage; the response redirects to the last step, also if no file was sent."""
    world, params = request.world, request.params
    policy = str(params.get("Policy", ""))
    upload = world.tables.uploads.get(row_of(world, PURPOSE, policy) or 0)
    attachment = params.get("attachment")
    file = attachment.get("uploaded_data") if isinstance(attachment, dict) else params.get("file")
    unchanged = upload is not None and all(params.get(name) == value for name, value in upload.params.items())
    if upload is None or not unchanged or params["Signature"] != signature(world, policy):
        return EMPTY_400
    if isinstance(file, SentFile) and not file.data:
        return EMPTY_400
    try:
        uploads.store(upload, file.data if isinstance(file, SentFile) else b"")
    except IllegalMoveError:
        return EMPTY_400
    return redirect(success_url(upload))


def create_success(request: Request) -> Response:
    """Confirm an upload, once. The UUID in the URL suffices; no token is needed."""
    world = request.world
    upload = world.tables.uploads.get(request.id())
    if upload is None or request.params.get("uuid") != upload.uuid:
        return EMPTY_400
    try:
        row = uploads.confirm(world, upload, world.clock.now())
    except IllegalMoveError:
        return EMPTY_400
    except uploads.QuotaExceededError:
        raise bad_request("file size exceeds quota limits") from None
    return Response(shape_of_new(world, request.base_url, row))


def _wanted(settings: Settings, params: Mapping[str, Any], folder: Folder | None) -> uploads.WantedFile:
    if not (name := str(params.get("name") or params.get("filename") or "")):
        raise internal_error()
    on_duplicate = str(params.get("on_duplicate") or OnDuplicate.OVERWRITE)
    known = [option for option in OnDuplicate if option is not OnDuplicate.ERROR or settings.upload_duplicate_error]
    if on_duplicate not in known:
        raise bad_request("invalid on_duplicate option")
    url = params.get("url")
    return uploads.WantedFile(
        name=name,
        size=parse_int(str(params.get("size", ""))),
        content_type=str(params.get("content_type") or media_type(name)),
        folder=folder,
        on_duplicate=OnDuplicate(on_duplicate),
        success_include=tuple(parse_list(params.get("success_include"))),
        target_url=str(url) if url else None,
    )


def _promised(request: Request, upload: Upload, params: Mapping[str, Any]) -> dict[str, Any]:
    target = upload_target(request.world, upload, no_redirect=parse_bool(params.get("no_redirect")))
    payload: dict[str, Any] = {
        "upload_url": target.upload_url,
        "upload_params": target.upload_params,
        "file_param": target.file_param,
    }
    if upload.storage is StorageMode.INST_FS:
        payload["progress"] = _progress(request, upload) if upload.target_url is not None else None
    return payload


def _progress(request: Request, upload: Upload) -> dict[str, Any]:
    return progress.shape(request, uploads.progress_of(request.world, upload, request.world.clock.now()))


ROUTES = (
    *(Route("POST", path, create) for path in in_contexts("/files", ("courses", "groups", "users"))),
    Route("POST", "/folders/{folder_id}/files", create_in_folder),
    Route("POST", LOCAL_PATH, take, prefix="", needs_token=False),
    Route("GET", "/files/{id}/create_success", create_success, anonymous=True),
    Route("POST", "/files/{id}/create_success", create_success, anonymous=True),
)
