"""The parts of a multipart form, files among them, in the order in which they came."""

from __future__ import annotations

from dataclasses import dataclass, field

from starlette.datastructures import UploadFile
from starlette.requests import Request as HttpRequest


@dataclass(frozen=True)
class SentFile:
    """A file within a form."""

    filename: str
    content_type: str
    data: bytes = field(repr=False)


async def parts_of(http: HttpRequest) -> list[tuple[str, str | SentFile]]:
    """Read the parts of a multipart form.

    :raises MultiPartException: when it cannot be read.
    """
    async with http.form() as form:
        return [(name, await _part(value)) for name, value in form.multi_items()]


async def _part(value: UploadFile | str) -> str | SentFile:
    if isinstance(value, str):
        return value
    return SentFile(value.filename or "", value.content_type or "application/octet-stream", await value.read())
