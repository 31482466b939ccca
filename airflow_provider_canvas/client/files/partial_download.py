"""A file on its way here: what has arrived of it, from which source, and how it goes on after a break."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

from airflow_provider_canvas.client.errors import CanvasUnexpectedAnswerError
from airflow_provider_canvas.client.files.download_targets import DownloadTarget
from airflow_provider_canvas.client.files.storage_hosts import HEADERS
from airflow_provider_canvas.client.protocol.flow import Write
from airflow_provider_canvas.client.protocol.response import Response, ResponseOrError, TransportError

OnProgress = Callable[[int, int | None], object]
"""Is told how many bytes have arrived, and how many there are, if that is known."""

_CONTENT_RANGE = re.compile(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)$")


class PartialDownload:
    """What has arrived of a file.

    :param landing: Where the bytes go.
    :param said_size: How many bytes Canvas says there are.
    :param said_type: The media type that Canvas says it is.
    :param checksum: Whether to compute the SHA-256.
    :param on_progress: Is told of each piece.
    """

    def __init__(
        self,
        landing: DownloadTarget,
        said_size: int | None = None,
        said_type: str | None = None,
        *,
        checksum: bool = False,
        on_progress: OnProgress | None = None,
    ) -> None:
        self.received = 0
        self.content_type = said_type
        self.failure: Exception | None = None
        """What went wrong here, on disk: not what a broken connection is."""
        self.is_page = False
        """Whether a page came in the file's place, such as one to log in."""
        self._landing, self._on_progress = landing, on_progress
        self._said_size, self._wants_page = said_size, "html" in (said_type or "")
        self._digest = hashlib.sha256() if checksum else None
        self._total: int | None = None
        self._version: str | None = None
        self._skip = 0
        self._is_another = False

    @property
    def size(self) -> int | None:
        """How many bytes there are, as far as anybody said so."""
        return self._total if self._said_size is None else self._said_size

    @property
    def sha256(self) -> str | None:
        """The SHA-256 of what has arrived, in hexadecimal digits."""
        return self._digest.hexdigest() if self._digest else None

    def ask(self) -> dict[str, str]:
        """Return the headers of the next request: for the rest, if it can be told from the rest of another file."""
        self.is_page = self._is_another = False
        wanted = {**HEADERS, "Accept-Encoding": "identity"}
        if self.received and (self._version or self._total is not None):
            wanted["Range"] = f"bytes={self.received}-"
            if self._version:
                wanted["If-Range"] = self._version
        return wanted

    def receive(self, head: Response) -> Write | None:
        """Take an answer's head, and say where its body goes; see :data:`~.steps.Receive`.

        :raises CanvasUnexpectedAnswerError: When it is not the file that Canvas speaks of.
        """
        if head.status not in (200, 206):
            return None
        start, total = _extent(head)
        if self._looks_like_page(head, total):
            self.is_page = True
            return _ignored
        if self._said_size is not None and total not in (None, self._said_size):
            raise CanvasUnexpectedAnswerError(
                f"The file has {total} bytes where it is kept, and {self._said_size} by its record: "
                "get the record again."
            )
        version = _version(head)
        same = version == self._version and (total == self._total or (self._total is None and bool(version)))
        if head.status == 206 and not (same and start == self.received):
            self._is_another = True
            return _ignored
        if head.status == 200 and self.received:
            if same and version:
                self._skip = self.received
            else:
                self.restart()
        self._total, self._version = total, version
        self.content_type = head.headers.get("content-type", self.content_type)
        return self._write

    def is_whole_after(self, outcome: ResponseOrError) -> bool:
        """Whether everything has arrived. What is left of another file is forgotten.

        :param outcome: What the last request ended with.
        """
        if isinstance(outcome, TransportError):
            return self.received == self.size and self.received > 0
        if outcome.status == 416:
            if self.received and _extent(outcome)[1] == self.received and self.size in (None, self.received):
                return True
            self.restart()
            return False
        if self._is_another:
            self.restart()
            return False
        return outcome.status in (200, 206) and self.size in (None, self.received)

    def restart(self) -> None:
        """Begin anew."""
        self._landing.restart()
        self.received, self._skip, self._total, self._version = 0, 0, None, None
        self._digest = hashlib.sha256() if self._digest else None

    def _write(self, piece: bytes) -> None:
        try:
            if self._skip:
                known = min(self._skip, len(piece))
                self._skip -= known
                piece = piece[known:]
            self._landing.write(piece)
            if self._digest:
                self._digest.update(piece)
            self.received += len(piece)
            if self._on_progress is not None:
                self._on_progress(self.received, self.size)
        except Exception as failure:
            self.failure = failure
            raise

    def _looks_like_page(self, head: Response, total: int | None) -> bool:
        if "html" not in head.headers.get("content-type", ""):
            return False
        return not self._wants_page or (self._said_size is not None and total not in (None, self._said_size))


def _ignored(piece: bytes) -> None:
    """Let the rest of an answer pass that nobody wants."""


def _extent(head: Response) -> tuple[int, int | None]:
    """Return where the body begins in the file, and how long the file is."""
    if found := _CONTENT_RANGE.match(head.headers.get("content-range", "")):
        return int(found[1] or 0), None if found[2] == "*" else int(found[2])
    length = head.headers.get("content-length", "")
    packed = head.headers.get("content-encoding", "identity") != "identity"  # then it is the length of something else
    return 0, int(length) if length.isdecimal() and head.status == 200 and not packed else None


def _version(head: Response) -> str | None:
    """Return what tells this file from a later one: a strong ETag, or when it was changed."""
    etag = head.headers.get("etag", "")
    return etag if etag.startswith('"') else head.headers.get("last-modified")
