"""Zip files: not trusted when read, and written reproducibly."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import PurePosixPath
from typing import IO

from canvas_emulator.effects.packages.package import PackageError

MAX_FILES = 50_000
MAX_BYTES = 1_000_000_000
"""What a package may come to when it is unpacked, in memory. What its directory says holds: no more is read."""

METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
DAMAGED = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError)
"""All that the standard library raises on damage that the directory does not show."""

THE_TIME = (1980, 1, 1, 0, 0, 0)
"""The time of every file in a package: the earliest that a zip file can have."""


class Archive:
    """A zip file whose directory was checked.

    :param opened: The zip file, open for reading.
    """

    def __init__(self, opened: zipfile.ZipFile) -> None:
        self._zip = opened
        self.names = tuple(info.filename for info in opened.infolist() if not info.is_dir())

    def read(self, name: str) -> bytes:
        """Read a file of it.

        :raises PackageError: When it is missing or damaged.
        """
        try:
            return self._zip.read(name)
        except KeyError:
            raise PackageError(f"The package names a file that it does not have: {name}") from None
        except DAMAGED as error:
            raise PackageError(f"The package is damaged: {name}: {error}") from error


@contextmanager
def open_archive(data: bytes) -> Iterator[Archive]:
    """Open a zip file.

    :raises PackageError: When it is not a zip file, or is not safe to unpack.
    """
    try:
        opened = zipfile.ZipFile(BytesIO(data))
    except DAMAGED as error:
        raise PackageError("The file is not a valid zip file.") from error
    with opened:
        _check(opened.infolist())
        yield Archive(opened)


def _check(infos: list[zipfile.ZipInfo]) -> None:
    if len(infos) > MAX_FILES:
        raise PackageError(f"The package has more than {MAX_FILES} files.")
    if sum(info.file_size for info in infos) > MAX_BYTES:
        raise PackageError("The package is too large when it is unpacked.")
    for info in infos:
        if not info.filename:
            raise PackageError("The package has a file without a name.")
        path = PurePosixPath(info.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in "".join(path.parts[:1]):
            raise PackageError(f"The package has a file outside of itself: {info.filename}")
        if info.flag_bits & 0x1 or info.compress_type not in METHODS:
            raise PackageError(f"The package has a file that is encrypted, or oddly packed: {info.filename}")


class Writer:
    """Writes a zip file, piece by piece. The same content gives the same bytes.

    :param out: Where to.
    """

    def __init__(self, out: IO[bytes]) -> None:
        self._zip = zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1)

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def write(self, name: str, content: str | bytes | Iterable[bytes]) -> None:
        """Add a file.

        :param content: Text, bytes, or the pieces of something large.
        """
        info = zipfile.ZipInfo(name, THE_TIME)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = 0o644 << 16
        pieces = (
            [content.encode()] if isinstance(content, str) else [content] if isinstance(content, bytes) else content
        )
        with self._zip.open(info, "w") as file:
            for piece in pieces:
                file.write(piece)
