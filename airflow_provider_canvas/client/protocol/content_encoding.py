"""Content encodings of response bodies, unpacked in small pieces: memory is bounded, whatever a server sends."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

ACCEPTED = "gzip, deflate"
"""The encodings that a request accepts."""

PIECE = 1 << 16
"""Bytes that are unpacked at a time, at most."""

MAX_LAYERS = 2
"""How often a body may be encoded: each layer multiplies the work that one received byte can cause by a thousand."""

_GZIP_START = b"\x1f\x8b"


class ContentEncodingError(ValueError):
    """A body cannot be unpacked."""


class Unpacker:
    """Unpacks a body.

    :param content_encoding: The header ``Content-Encoding``: the encodings in the order in which they were applied.
    :raises ContentEncodingError: When an encoding is not known, or there are too many.
    """

    def __init__(self, content_encoding: str) -> None:
        names = [name.strip().lower() for name in content_encoding.split(",")]
        names = [name.removeprefix("x-") for name in names if name not in ("", "identity")]
        if unknown := [name for name in names if name not in ("gzip", "deflate")]:
            raise ContentEncodingError(f"has the content encoding {unknown[0][:20]!r}, which was not requested")
        if len(names) > MAX_LAYERS:
            raise ContentEncodingError(f"is encoded {len(names)} times")
        self._layers = [_Layer(is_gzip=name == "gzip") for name in reversed(names)]

    def unpack(self, data: bytes) -> Iterator[bytes]:
        """Yield what the next bytes of the body hold, in pieces of at most :data:`PIECE` bytes if they are encoded.

        :raises ContentEncodingError: When the bytes are not what the header says.
        """
        pieces: Iterable[bytes] = (data,)
        for layer in self._layers:
            pieces = layer.unpack(pieces)
        try:
            yield from pieces
        except zlib.error:
            raise ContentEncodingError("does not have the content encoding that its header names") from None

    def finish(self) -> None:
        """Check that the body has ended.

        :raises ContentEncodingError: When a part is missing.
        """
        if not all(layer.has_ended for layer in self._layers):
            raise ContentEncodingError("ends within its content encoding")


class _Layer:
    """One encoding.

    :param is_gzip: Whether it is gzip, of which a body may have several members; or else deflate, with or without the
        header of zlib.
    """

    def __init__(self, *, is_gzip: bool) -> None:
        self._is_gzip = is_gzip
        self._zlib: zlib._Decompress | None = None

    @property
    def has_ended(self) -> bool:
        return self._zlib is None or self._zlib.eof

    def unpack(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            rest, is_full = piece, False
            while rest or is_full:
                if self._zlib is None or self._zlib.eof:
                    if self._zlib is not None and not (self._is_gzip and _GZIP_START.startswith(rest[:2])):
                        break  # padding after the end
                    self._zlib = self._start(rest)
                unpacked = self._zlib.decompress(rest, PIECE)
                rest = self._zlib.unused_data if self._zlib.eof else self._zlib.unconsumed_tail
                is_full = len(unpacked) == PIECE and not self._zlib.eof
                if unpacked:
                    yield unpacked

    def _start(self, data: bytes) -> zlib._Decompress:
        if self._is_gzip:
            return zlib.decompressobj(16 + zlib.MAX_WBITS)
        return zlib.decompressobj(zlib.MAX_WBITS if data[0] & 0x0F == 8 else -zlib.MAX_WBITS)
