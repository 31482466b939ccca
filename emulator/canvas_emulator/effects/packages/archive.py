"""Archives: not trusted when read, and written reproducibly.

A package is a zip file or a tar file, packed with gzip or not. What is unsafe in it is skipped, as Canvas does.
"""

from __future__ import annotations

import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from io import BytesIO
from typing import IO

from canvas_emulator.effects.packages.media_types import media_type_of
from canvas_emulator.effects.packages.package import PackageError

MAX_FILES = 50_000
MAX_BYTES = 256 << 20
"""How many bytes a package may have when it is unpacked, in memory; the setting ``max_unpacked_mib`` changes it. The
sizes in the directory of the package count: no more is read."""
MAX_RATIO = 100
"""How many times its own size a package may come to when it is unpacked; zip files of files may come to more."""

MAX_PATH = 4096
"""How many bytes a path has at most; Canvas cannot unpack longer ones either, and leaves them out."""

METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
DAMAGED = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
)
"""All that the standard library raises on damage that the directory does not show."""

ROOT_NOISE = frozenset({"__MACOSX", ".DS_Store", "thumbs.db"})
"""Names that operating systems add: files and folders of these names do not count."""

THE_TIME = (1980, 1, 1, 0, 0, 0)
"""The time of every file in a package: the earliest that a zip file can have."""

GZIP = b"\x1f\x8b"
TAR_MAGIC, TAR_MAGIC_AT = b"ustar", 257
UTF8_FLAG, ENCRYPTED_FLAG = 0x800, 0x1
LINK = 0o120000
FILE_TYPE = 0o170000


class ArchiveError(PackageError):
    """A file is no archive that Canvas can open; the reason has Canvas's words."""


class Archive:
    """An archive that was checked.

    :param files: Its files: how to read each, by name.
    """

    def __init__(self, files: Mapping[str, Callable[[], bytes]]) -> None:
        self._files = files
        self.names = tuple(files)

    def read(self, name: str) -> bytes | None:
        """Read a file of it; return None if it is missing.

        :raises PackageError: When it is damaged.
        """
        if (read := self._files.get(name)) is None:
            return None
        try:
            return read()
        except DAMAGED as error:
            raise PackageError(f"The package is damaged: {name}: {error}") from error


@contextmanager
def open_archive(
    data: bytes, name: str, *, max_ratio: float | None = MAX_RATIO, max_bytes: int | None = None
) -> Iterator[Archive]:
    """Open an archive.

    :param name: The name of the file.
    :param max_ratio: How many times its size it may come to when it is unpacked; None for any number of times.
    :param max_bytes: How many bytes it may have when it is unpacked; None for :data:`MAX_BYTES`.
    :raises ArchiveError: When it is no archive.
    :raises PackageError: When it is too large to unpack.
    """
    limit = MAX_BYTES if max_bytes is None else max_bytes
    if max_ratio is not None:
        limit = min(int(len(data) * max_ratio), limit)
    if not data:
        raise ArchiveError(f"No such file or directory @ rb_sysopen - /canvas/tmp/files/{name}")
    if zipfile.is_zipfile(BytesIO(data)) or data.startswith(b"PK"):
        try:
            opened = zipfile.ZipFile(BytesIO(data))
        except DAMAGED as error:
            raise ArchiveError("Zip end of central directory signature not found") from error
        with opened:
            yield Archive(_files_of_zip(opened, limit))
        return
    if data.startswith(GZIP):
        data = _gunzip(data, limit)
    elif data[TAR_MAGIC_AT : TAR_MAGIC_AT + len(TAR_MAGIC)] != TAR_MAGIC:
        raise ArchiveError(f"unknown mime type {media_type_of(data, name)} for archive {name}")
    try:
        tar = tarfile.open(fileobj=BytesIO(data))  # noqa: SIM115  closed below
    except DAMAGED as error:
        raise ArchiveError("invalid tar") from error
    with tar:
        yield Archive(_files_of_tar(tar, limit))


def _files_of_zip(opened: zipfile.ZipFile, limit: int) -> dict[str, Callable[[], bytes]]:
    infos = opened.infolist()
    if len(infos) > MAX_FILES:
        raise PackageError(f"The package has more than {MAX_FILES} files.")
    if sum(info.file_size for info in infos) > limit:
        raise PackageError("The package is too large when it is unpacked.")
    files: dict[str, Callable[[], bytes]] = {}
    for info in infos:
        if not info.filename:
            raise PackageError("The package has a file without a name.")
        is_link = (info.external_attr >> 16) & FILE_TYPE == LINK
        is_packed_oddly = info.flag_bits & ENCRYPTED_FLAG or info.compress_type not in METHODS
        if not (info.is_dir() or is_link or is_packed_oddly):
            _add(files, _decoded(info), partial(opened.read, info))
    return files


def _decoded(info: zipfile.ZipInfo) -> str:
    """Return the name of an entry: in UTF-8 even without the flag for it, else in the code page of DOS."""
    if info.flag_bits & UTF8_FLAG:
        return info.filename
    try:
        return info.filename.encode("cp437").decode()
    except UnicodeError:
        return info.filename


def _files_of_tar(tar: tarfile.TarFile, limit: int) -> dict[str, Callable[[], bytes]]:
    try:
        infos = tar.getmembers()
    except DAMAGED as error:
        raise ArchiveError("invalid tar") from error
    if len(infos) > MAX_FILES:
        raise PackageError(f"The package has more than {MAX_FILES} files.")
    if sum(max(info.size, 0) for info in infos) > limit:
        raise PackageError("The package is too large when it is unpacked.")
    files: dict[str, Callable[[], bytes]] = {}
    for info in infos:
        if info.isfile():
            _add(files, info.name.removeprefix("./"), partial(_read_of_tar, tar, info))
    return files


def _read_of_tar(tar: tarfile.TarFile, info: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(info)
    return file.read() if file is not None else b""


def _add(files: dict[str, Callable[[], bytes]], name: str, read: Callable[[], bytes]) -> None:
    """Add a file, unless its name leads out of the archive or is taken."""
    name = name.lstrip("/")
    is_too_long = len(name.encode(errors="replace")) > MAX_PATH
    if name and not is_too_long and ".." not in name.split("/"):
        files.setdefault(name, read)


def _gunzip(data: bytes, limit: int) -> bytes:
    unpacker = zlib.decompressobj(wbits=31)
    try:
        unpacked = unpacker.decompress(data, limit + 1)
    except zlib.error as error:
        raise ArchiveError("not in gzip format") from error
    if len(unpacked) > limit:
        raise PackageError("The package is too large when it is unpacked.")
    return unpacked


def unwrapped(archive: Archive) -> Archive:
    """Return an archive without the folder that all its files are in, if there is one."""
    tops = {name.partition("/")[0] for name in archive.names if not ROOT_NOISE & set(name.split("/"))}
    (top,) = tops if len(tops) == 1 else ("",)
    if not top or top in archive.names or any(name in ROOT_NOISE for name in archive.names):
        return archive
    below = [name for name in archive.names if name.startswith(f"{top}/")]
    return Archive({name.removeprefix(f"{top}/"): partial(_read_again, archive, name) for name in below})


def _read_again(archive: Archive, name: str) -> bytes:
    return archive.read(name) or b""


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
