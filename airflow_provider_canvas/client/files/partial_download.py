"""State of a partial download, and how to resume it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

from airflow_provider_canvas.client.errors import CanvasUnexpectedResponseError
from airflow_provider_canvas.client.files.download_targets import DownloadTarget
from airflow_provider_canvas.client.files.storage_hosts import HEADERS
from airflow_provider_canvas.client.protocol.flow import Write, discard
from airflow_provider_canvas.client.protocol.response import Response, ResponseOrError, TransportError

OnProgress = Callable[[int, int | None], object]
"""Called with the bytes received and the total; the total is ``None`` if it is unknown."""

_CONTENT_RANGE = re.compile(r"bytes (?:([0-9]{1,18})-[0-9]{1,18}|\*)/([0-9]{1,18}|\*)$")

_SENDABLE = re.compile(r"[ -~]{1,1000}")
"""Values that both transports can send, and every server reads."""


class PartialDownload:
    """The received part of a file.

    :param target: The target of the bytes.
    :param expected_size: The size in the file's record, in bytes.
    :param expected_type: The media type in the file's record.
    :param checksum: Whether to compute the SHA-256.
    :param on_progress: Called after each chunk.
    """

    def __init__(
        self,
        target: DownloadTarget,
        expected_size: int | None = None,
        expected_type: str | None = None,
        *,
        checksum: bool = False,
        on_progress: OnProgress | None = None,
    ) -> None:
        self.received = 0
        self.content_type = expected_type
        self.failure: Exception | None = None
        """A local error, such as of the disk: not a broken connection."""
        self.is_page = False
        """Whether an HTML page was received instead of the file, such as a login page."""
        self._target, self._on_progress = target, on_progress
        self._expected_size, self._wants_page = expected_size, "html" in (expected_type or "")
        self._digest = hashlib.sha256() if checksum else None
        self._total: int | None = None
        self._version: str | None = None
        self._skip = 0
        self._is_other_file = False

    @property
    def size(self) -> int | None:
        """The size of the file in bytes, if the record or a response told it."""
        return self._total if self._expected_size is None else self._expected_size

    @property
    def sha256(self) -> str | None:
        """The SHA-256 of the received bytes, in hexadecimal digits."""
        return self._digest.hexdigest() if self._digest else None

    @property
    def next_request(self) -> str:
        """A sentence about the next request: which bytes it asks for, and what happens to those that were received."""
        if not self.received:
            return ""
        if self._can_resume:
            return f"{self.received} bytes were received and are kept: the next request asks for the rest."
        return f"{self.received} bytes were received; the next request asks for the whole file."

    @property
    def remains(self) -> str:
        """A sentence about the received bytes after the download has failed for good."""
        if not self.received:
            return ""
        if self._target.path is None:
            return f"The first {self.received} bytes of the file were written to the file object."
        return f"{self.received} bytes were received; nothing of them is kept."

    @property
    def _can_resume(self) -> bool:
        """Whether a response to a request for the rest can be recognized as being of the same file."""
        return bool(self.received and (self._version or self._total is not None))

    def request_headers(self) -> dict[str, str]:
        """Return the headers of the next request: for the rest of the file, if its version can be recognized."""
        self.is_page = self._is_other_file = False
        headers = {**HEADERS, "Accept-Encoding": "identity"}
        if self._can_resume:
            headers["Range"] = f"bytes={self.received}-"
            if self._version:
                headers["If-Range"] = self._version
        return headers

    def receive(self, head: Response) -> Write | None:
        """Take a response without its body and return where to write the body; see :data:`~.flow.Receive`.

        :raises CanvasUnexpectedResponseError: When the size of the file is not the one in its record.
        """
        if head.status not in (200, 206):
            return None
        start, total = _extent(head)
        if self._looks_like_page(head, total):
            self.is_page = True
            return discard
        if self._expected_size is not None and total not in (None, self._expected_size):
            raise CanvasUnexpectedResponseError(
                f"The stored file has {total} bytes, but its record says {self._expected_size}: get the record again."
            )
        version = _version(head)
        same = version == self._version and (total == self._total or (self._total is None and bool(version)))
        if head.status == 206 and not (same and start == self.received):
            self._is_other_file = True
            return discard
        if head.status == 200 and self.received:
            if same and version:
                self._skip = self.received
            else:
                self.restart()
        self._total, self._version = total, version
        self.content_type = head.headers.get("content-type", self.content_type)
        return self._write

    def is_complete_after(self, response: ResponseOrError) -> bool:
        """Tell whether the file is complete. Discard the received bytes if they belong to another version of it.

        :param response: The response to the last request.
        """
        if isinstance(response, TransportError):
            return self.received == self.size and self.received > 0
        if response.status == 416:
            if self.received and _extent(response)[1] == self.received and self.size in (None, self.received):
                return True
            self.restart()
            return False
        if self._is_other_file:
            self.restart()
            return False
        return response.status in (200, 206) and self.size in (None, self.received)

    def restart(self) -> None:
        """Discard the received bytes and start from the beginning."""
        self._target.restart()
        self.received, self._skip, self._total, self._version = 0, 0, None, None
        self._digest = hashlib.sha256() if self._digest else None

    def _write(self, chunk: bytes) -> None:
        try:
            if self._skip:
                known = min(self._skip, len(chunk))
                self._skip -= known
                chunk = chunk[known:]
            self._target.write(chunk)
            if self._digest:
                self._digest.update(chunk)
            self.received += len(chunk)
            self._check_received()
            if self._on_progress is not None:
                self._on_progress(self.received, self.size)
        except Exception as failure:
            self.failure = failure
            raise

    def _check_received(self) -> None:
        if self.size is not None and self.received > self.size:
            raise CanvasUnexpectedResponseError(
                f"More than the {self.size} bytes of the file arrived: get the record again."
            )

    def _looks_like_page(self, head: Response, total: int | None) -> bool:
        if "html" not in head.headers.get("content-type", ""):
            return False
        return not self._wants_page or (self._expected_size is not None and total not in (None, self._expected_size))


def _extent(head: Response) -> tuple[int, int | None]:
    """Return the position of the body in the file, and the size of the file if it is known."""
    if match := _CONTENT_RANGE.match(head.headers.get("content-range", "")):
        return int(match[1] or 0), None if match[2] == "*" else int(match[2])
    length = head.headers.get("content-length", "")
    encoded = head.headers.get("content-encoding", "identity") != "identity"  # then the length is not the file's
    return 0, int(length) if re.fullmatch("[0-9]{1,18}", length) and head.status == 200 and not encoded else None


def _version(head: Response) -> str | None:
    """Return what identifies this version of the file: a strong ETag, or the time of the last change.

    It is sent back in a header, so it must be what a header can hold.
    """
    etag = head.headers.get("etag", "")
    version = etag if etag.startswith('"') else head.headers.get("last-modified", "")
    return version if _SENDABLE.fullmatch(version) else None
