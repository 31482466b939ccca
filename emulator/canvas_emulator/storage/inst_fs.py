"""A file service like Instructure's: it accepts a file for a token in its URL, and confirms the upload itself."""

from __future__ import annotations

from starlette.formparsers import MultiPartException
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, PlainTextResponse, Response

from canvas_emulator.jobs import upload as uploads
from canvas_emulator.jobs.upload_targets import PURPOSE
from canvas_emulator.machines.plans import IllegalMoveError
from canvas_emulator.model.records import Upload
from canvas_emulator.model.settings import StorageMode
from canvas_emulator.model.signed_urls import row_of
from canvas_emulator.model.world import World
from canvas_emulator.pages.file_shape import file_shape
from canvas_emulator.storage.objects import give
from canvas_emulator.wire.parameters import SentFile, parts_of


async def respond(world: World, http: HttpRequest) -> Response:
    """Handle a request for the service."""
    if "authorization" in http.headers:
        return _refusal(400, "only the token of the address is taken")
    if http.method != "POST":
        return give(world, StorageMode.INST_FS, http)
    with world.lock:
        upload = world.tables.uploads.get(row_of(world, PURPOSE, http.query_params.get("token", "")) or 0)
    if http.url.path != "/files" or upload is None:
        return _refusal(403, "invalid token")
    try:
        parts = await _parts(http, upload)
    except MultiPartException as error:
        return _refusal(400, error.message)
    return _fetch(world, upload) if upload.target_url is not None else _take(world, upload, parts)


async def _parts(http: HttpRequest, upload: Upload) -> list[tuple[str, str | SentFile]]:
    if upload.target_url is not None and not http.headers.get("content-type", "").startswith("multipart/"):
        return []
    return await parts_of(http)


def _take(world: World, upload: Upload, parts: list[tuple[str, str | SentFile]]) -> Response:
    """Store a file, which is the last part, and confirm the upload."""
    *_, (_, file) = parts or [("", "")]
    if not isinstance(file, SentFile):
        return _refusal(400, "no file, or not as the last field")
    with world.lock:
        try:
            uploads.store(upload, file.data)
            row = uploads.confirm(world, upload, world.clock.now())
        except IllegalMoveError:
            return _refusal(400, "this token was used before")
        except uploads.QuotaExceededError:
            return JSONResponse({"message": "file size exceeds quota limits"}, 400)
        location = f"{upload.base_url}/api/v1/files/{row.id}?include[]=enhanced_preview_url"
        return JSONResponse(file_shape(world, upload.base_url, row), 201, {"location": location})


def _fetch(world: World, upload: Upload) -> Response:
    with world.lock:
        uploads.begin_fetch(world, upload, world.clock.now())
    return JSONResponse({}, 202)


def _refusal(status: int, message: str) -> Response:
    return PlainTextResponse(message + "\n", status)
