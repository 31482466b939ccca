"""A bucket like those of S3: it accepts a form with exactly the signed parameters, and no access token."""

from __future__ import annotations

from hashlib import md5
from urllib.parse import urlencode
from xml.sax.saxutils import escape

from starlette.formparsers import MultiPartException
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from canvas_emulator.jobs import upload as uploads
from canvas_emulator.jobs.upload_targets import BUCKET, PURPOSE, object_key
from canvas_emulator.machines.plans import IllegalMoveError
from canvas_emulator.model.settings import StorageMode
from canvas_emulator.model.signed_urls import row_of
from canvas_emulator.model.world import World
from canvas_emulator.storage.objects import give
from canvas_emulator.wire.parameters import SentFile, parts_of


async def respond(world: World, http: HttpRequest) -> Response:
    """Handle a request for the bucket."""
    if "authorization" in http.headers:
        return _error(400, "InvalidArgument", "Only one auth mechanism allowed")
    if http.method != "POST":
        return give(world, StorageMode.S3, http)
    if http.url.path != f"/{BUCKET}":
        return _error(404, "NoSuchBucket", "The specified bucket does not exist")
    try:
        return _take(world, await parts_of(http))
    except MultiPartException as error:
        return _error(400, "MalformedPOSTRequest", error.message)


def _take(world: World, parts: list[tuple[str, str | SentFile]]) -> Response:
    """Store a file. All parameters come before it, unchanged and in their order."""
    *before, (name, file) = parts or [("", "")]
    if name != "file" or not isinstance(file, SentFile):
        return _error(400, "InvalidArgument", "POST requires exactly one file upload per request, as the last field")
    with world.lock:
        row_id = row_of(world, PURPOSE, str(dict(before).get("Policy", "")))
        upload = world.tables.uploads.get(row_id or 0)
        if upload is None:
            return _error(403, "AccessDenied", "Invalid according to Policy: Policy expired or unknown")
        if before != list(upload.params.items()):
            return _error(403, "SignatureDoesNotMatch", "The parameters are not those that were signed")
        try:
            uploads.store(upload, file.data)
        except IllegalMoveError:
            return _error(403, "AccessDenied", "The upload is over")
        key = object_key(upload)
    etag = md5(file.data, usedforsecurity=False).hexdigest()
    if (redirect := upload.params.get("success_action_redirect")) is not None:
        stored = urlencode({"bucket": BUCKET, "key": key, "etag": f'"{etag}"'})
        return Response(status_code=303, headers={"location": f"{redirect}&{stored}"})
    body = f"<PostResponse><Bucket>{BUCKET}</Bucket><Key>{escape(key)}</Key><ETag>{etag}</ETag></PostResponse>"
    return Response(body, 201, media_type="application/xml")


def _error(status: int, code: str, message: str) -> Response:
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    return Response(body, status, media_type="application/xml")
