"""The body of an upload's second step: a multipart form, streamed, whose last field is the file."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO

from airflow_provider_canvas.client.files.upload_sources import UploadSource
from airflow_provider_canvas.client.protocol.flow import CHUNK

OnProgress = Callable[[int, int], None]
"""Called with the bytes sent and the total."""

_ESCAPED = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})
"""How browsers escape names, and servers read them (https://html.spec.whatwg.org/#multipart-form-data)."""


class SendingError(OSError):
    """Ends the request: the transport's library reports a broken connection; ``Form.failure`` holds the cause."""


class Form:
    """A ``multipart/form-data`` body; see :class:`~.flow.Body`.

    :param params: The fields before the file, sent unchanged and in this order.
    :param file_param: The name of the file's field; ``None`` for a form without a file.
    :param source: The file.
    :param file_type: The media type of the file.
    :param on_progress: Called after each chunk of the file.
    """

    def __init__(
        self,
        params: Mapping[str, Any],
        file_param: str | None = None,
        source: UploadSource | None = None,
        file_type: str | None = None,
        on_progress: OnProgress | None = None,
    ) -> None:
        boundary = secrets.token_hex(16)
        self.content_type = f"multipart/form-data; boundary={boundary}"
        self.failure: Exception | None = None
        self.all_sent = False
        """Whether the end of the form was sent. Before that, no server accepts the form."""
        self._source = source if file_param is not None else None
        self._on_progress = on_progress
        lines = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{_escaped(name)}"\r\n\r\n{_text(value)}\r\n'
            for name, value in params.items()
        ]
        end = f"--{boundary}--\r\n"
        if self._source is not None:
            names = f'name="{_escaped(file_param or "")}"; filename="{_escaped(self._source.name)}"'
            file_type = _escaped(file_type or "application/octet-stream")
            lines.append(
                f"--{boundary}\r\nContent-Disposition: form-data; {names}\r\nContent-Type: {file_type}\r\n\r\n"
            )
            end = f"\r\n{end}"
        self._head, self._end = "".join(lines).encode("utf-8", "surrogateescape"), end.encode()
        self.length = len(self._head) + (self._source.size if self._source else 0) + len(self._end)

    def chunks(self) -> Iterator[bytes]:
        """Yield the body in chunks.

        :raises SendingError: When the file cannot be read or ``on_progress`` fails.
        """
        self.all_sent = False
        yield self._head
        if self._source is not None:
            chunks = self._file(self._source)
            while chunk := self._next_chunk(chunks):
                yield chunk
        self.all_sent = True
        yield self._end

    def _next_chunk(self, chunks: Iterator[bytes]) -> bytes:
        try:
            return next(chunks, b"")
        except Exception as failure:
            self.failure = failure
            raise SendingError("could not read the file to its end") from failure

    def _file(self, source: UploadSource) -> Iterator[bytes]:
        """Yield the bytes of the file, and at the end make sure that nobody changed them while they were read."""
        sent = 0
        source.check_unchanged()  # since an earlier attempt, or since Canvas was told the size
        with source.open() as file:
            while chunk := _read(source, file):
                if sent + len(chunk) > source.size:
                    raise source.changed("grew to more bytes")
                yield chunk
                sent += len(chunk)
                if self._on_progress is not None:
                    self._on_progress(sent, source.size)
        if sent < source.size:
            raise source.changed(f"shrank to only {sent} bytes")
        source.check_unchanged()


def _read(source: UploadSource, file: BinaryIO) -> bytes:
    try:
        return file.read(CHUNK)
    except OSError:
        source.check_unchanged()  # a change explains the error: some storages deliver no byte of an object after it
        raise


def _escaped(name: str) -> str:
    return name.translate(_ESCAPED)


def _text(value: object) -> str:
    """Return a parameter as the text of a form field."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
