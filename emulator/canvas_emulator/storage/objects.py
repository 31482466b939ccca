"""How storage hosts deliver files: for a ticket, completely or in part, and never for an access token."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

from starlette.requests import Request as HttpRequest
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from canvas_emulator.model.content import File
from canvas_emulator.model.settings import StorageMode
from canvas_emulator.model.signed_urls import DOWNLOAD, TICKET, row_of
from canvas_emulator.model.world import World

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def give(world: World, mode: StorageMode, http: HttpRequest) -> Response:
    """Handle a GET of a file."""
    with world.lock:
        file = world.anywhere(File, row_of(world, DOWNLOAD, http.query_params.get(TICKET[mode], "")) or 0)
    if file is None:
        return PlainTextResponse("Access denied: the address is not valid, or not valid any more\n", 403)
    headers = {
        "accept-ranges": "bytes",
        "content-disposition": f"attachment; filename*=UTF-8''{quote(file.title)}",
        "content-length": str(file.size),
        "content-type": file.content_type,
        "etag": f'"{file.id}-{file.size}"',
    }
    byte_range = _RANGE.fullmatch(http.headers.get("range", ""))
    if byte_range is None or not any(byte_range.groups()):
        return StreamingResponse(file.chunks(), headers=headers)
    start, end = _bounds(byte_range[1], byte_range[2], file.size)
    if start >= end:
        return Response(status_code=416, headers={"content-range": f"bytes */{file.size}"})
    headers |= {"content-length": str(end - start), "content-range": f"bytes {start}-{end - 1}/{file.size}"}
    return StreamingResponse(_cut(file.chunks(), start, end), 206, headers)


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    """Return where a range begins and ends, the end left out; ``-n`` means the last n bytes."""
    if not first:
        return max(size - int(last), 0), size
    return int(first), min(int(last) + 1, size) if last else size


def _cut(chunks: Iterator[bytes], start: int, end: int) -> Iterator[bytes]:
    position = 0
    for chunk in chunks:
        piece = chunk[max(start - position, 0) : max(end - position, 0)]
        position += len(chunk)
        if piece:
            yield piece
        if position >= end:
            return
