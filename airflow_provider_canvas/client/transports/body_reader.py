"""What both transports do with the body of a response: unpack it, keep or write it, and stop at its limit."""

from __future__ import annotations

from collections.abc import Iterable

from airflow_provider_canvas.client.protocol.content_encoding import ContentEncodingError, Unpacker
from airflow_provider_canvas.client.protocol.flow import Send, discard
from airflow_provider_canvas.client.protocol.response import Response, TransportError
from airflow_provider_canvas.client.settings import Settings

MAX_ERROR_BYTES = 1 << 18
"""Bytes that are kept of a response that is not a success: it is only used for its message."""

_TOO_LARGE = (
    "If it comes from Canvas, set a smaller per_page or a larger max_response_mib in the connection's extra; after a "
    "change, check first whether Canvas executed the request."
)


class BodyError(Exception):
    """A body is too large, or cannot be unpacked. The message completes "the response of school.example ...".

    :param message: What is wrong with the response.
    :param final: Whether a retry of the same request would fail in the same way.
    """

    def __init__(self, message: str, *, final: bool) -> None:
        super().__init__(message)
        self.final = final

    def of(self, host: str) -> TransportError:
        """Return the transport error for the response of a host."""
        advice = _TOO_LARGE if self.final else None
        return TransportError(f"the response of {host} {self}", sent=True, temporary=not self.final, advice=advice)


class BodyReader:
    """Takes the bytes of a body as they arrive.

    :param head: The response without its body.
    :param request: The request. Its ``into`` decides where the body is written, which then has no limit.
    :param settings: How many bytes of a success may be received, and kept unpacked, in memory, unless the request says
        less. Of any other response, at most :data:`MAX_ERROR_BYTES` are kept.
    :raises BodyError: When the header ``Content-Length`` exceeds the limit.
    """

    def __init__(self, head: Response, request: Send, settings: Settings) -> None:
        self._head = head
        self._is_success = 200 <= head.status < 300
        self._write = request.into(head) if request.into else None
        limits = (settings.max_response_bytes, request.max_bytes, None if self._is_success else MAX_ERROR_BYTES)
        self._limit = min(limit for limit in limits if limit is not None)
        self._kept = bytearray()
        self._received = 0
        self._unpacker: Unpacker | None = None
        self.wants_more = self._write is not discard
        """Whether the rest of the body is needed."""
        length = head.headers.get("content-length", "")
        if self._write is None and self._is_success and length.isdecimal() and int(length[:19]) > self._limit:
            raise self._too_large()

    @property
    def is_written(self) -> bool:
        """Whether the body is written elsewhere, which may block."""
        return self._write is not None

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the body.

        :raises BodyError: When the body exceeds the limit, or cannot be unpacked.
        """
        if not data or not self.wants_more:
            return
        self._received += len(data)
        try:
            if self._unpacker is None:
                self._unpacker = Unpacker(self._head.headers.get("content-encoding", ""))
            if not self._is_success or not self._is_over:
                self._take(self._unpacker.unpack(data))
        except ContentEncodingError as error:
            if self._is_success:
                raise BodyError(str(error), final=False) from None
            self.wants_more = False
        if self._is_over:
            if self._is_success:
                raise self._too_large()
            del self._kept[self._limit :]
            self.wants_more = False

    def _take(self, pieces: Iterable[bytes]) -> None:
        for piece in pieces:
            if self._write is not None:
                self._write(piece)
                continue
            self._kept += piece
            if len(self._kept) > self._limit:
                return

    @property
    def _is_over(self) -> bool:
        """Whether a body that is kept in memory exceeds the limit."""
        return self._write is None and max(len(self._kept), self._received) > self._limit

    def finish(self) -> Response:
        """Return the response with the body that was kept.

        :raises BodyError: When a part of an encoded body is missing.
        """
        if self._unpacker is not None and self._is_success and self.wants_more:
            try:
                self._unpacker.finish()
            except ContentEncodingError as error:
                raise BodyError(str(error), final=False) from None
        return self._head.with_body(bytes(self._kept))

    def _too_large(self) -> BodyError:
        return BodyError(f"is larger than {self._limit / (1 << 20):g} MiB", final=True)
