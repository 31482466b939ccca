"""The text of a file of unknown encoding, line by line, compressed or not, in constant memory."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, BinaryIO, TextIO, cast

from airflow_provider_canvas.api.errors import CanvasInputError

OpenBytes = Callable[[], BinaryIO]
"""Opens the file for reading, each time from its start."""

MAX_LINE = 2**20
"""The longest line, in characters."""

_CHUNK = 2**16
_GZIP = b"\x1f\x8b"
_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # before that of UTF-16, with which it begins
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_NO_TEXT = {
    b"PK\x03\x04": "an Excel workbook or another ZIP file",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF file",
    b"PAR1": "a Parquet file",
}
_INSTEAD = "save it as CSV in UTF-8, or as JSON lines"


@contextmanager
def open_text(open_bytes: OpenBytes) -> Iterator[TextIO]:
    """Open a file as text: UTF-8, UTF-16 or UTF-32 with a byte order mark, or else Windows-1252. Gzip is decompressed.

    The file is read twice: to find out its encoding, and for its text. Ends of lines stay as they are.

    :param open_bytes: Opens the file.
    :raises CanvasInputError: When the file is empty, is no text, or breaks off.
    """
    with _unpacked(open_bytes) as file:
        encoding = _encoding_of(file)
    with _unpacked(open_bytes) as file:
        yield io.TextIOWrapper(cast("IO[bytes]", file), encoding=encoding, newline="")


def lines_of(text: TextIO) -> Iterator[str]:
    """Yield the lines of a text with their ends.

    :raises CanvasInputError: When a line is too long.
    """
    while line := text.readline(MAX_LINE):
        if len(line) == MAX_LINE and line[-1] not in "\r\n":
            raise CanvasInputError(
                f"a line is longer than {MAX_LINE:,} characters: the file is not a table, {_INSTEAD}."
            )
        yield line


@contextmanager
def _unpacked(open_bytes: OpenBytes) -> Iterator[BinaryIO]:
    """Open a file, and decompress what is read from it if it is compressed."""
    try:
        with open_bytes() as raw:
            packed = io.BufferedReader(cast("io.RawIOBase", raw), _CHUNK)
            if packed.peek(2)[:2] != _GZIP:
                yield cast("BinaryIO", packed)
                return
            with gzip.GzipFile(fileobj=packed) as unpacked:
                yield cast("BinaryIO", io.BufferedReader(cast("io.RawIOBase", unpacked), _CHUNK))
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise CanvasInputError(f"the compressed file is damaged or breaks off ({error}): write it again.") from error
    except UnicodeError as error:
        raise CanvasInputError(f"the file is no text in UTF-8 or Windows-1252 ({error}): {_INSTEAD}.") from error


def _encoding_of(file: BinaryIO) -> str:
    """Return the encoding of a file.

    :raises CanvasInputError: When it is empty or no text.
    """
    start = file.read(_CHUNK)
    if not start:
        raise CanvasInputError("the file is empty, without the names of columns: write them, or correct the path.")
    for magic, kind in _NO_TEXT.items():
        if start.startswith(magic):
            raise CanvasInputError(f"the file is {kind}: {_INSTEAD}.")
    for byte_order_mark, encoding in _BYTE_ORDER_MARKS.items():
        if start.startswith(byte_order_mark):
            return encoding
    decoder = codecs.getincrementaldecoder("utf-8")()
    encoding, chunk = "utf-8", start
    while True:
        if b"\0" in chunk:
            raise CanvasInputError(f"the file holds NUL bytes and is no text: {_INSTEAD}.")
        if encoding == "utf-8":
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError:
                encoding = "cp1252"
        if not chunk:
            return encoding
        chunk = file.read(_CHUNK)
