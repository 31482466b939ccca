"""Files and folders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import ClassVar

from canvas_emulator.model.content_base import Content, References

FILLER_PAGE, FILLER_PAGES = 4_096, 16
FILLER_NOISE = 128
"""How many bytes of each page of a filler do not compress."""


@dataclass(frozen=True)
class UsageRights:
    """What the rights holder of a file allows.

    :param id: Its id.
    :param use_justification: Why the file may be used, such as ``own_copyright`` or ``creative_commons``.
    :param license: The license, such as ``cc_by``.
    :param legal_copyright: The holder of the copyright.
    """

    id: int = 1
    use_justification: str = "own_copyright"
    license: str = "private"
    legal_copyright: str | None = None


@dataclass(kw_only=True, eq=False)
class Folder(Content):
    """A folder of files.

    :param full_name: The path from the root, which starts with ``course files``.
    :param position: Its place in the folder above, counted from 1; None for a root.
    :param locked: Whether students cannot open what is in it.
    :param unlock_at: When it becomes available; None for at once.
    :param lock_at: When it stops being available; None for never.
    :param workflow_state: ``active``, ``hidden`` or ``deleted``.
    """

    full_name: str = "course files"
    position: int | None = None
    locked: bool = False
    unlock_at: datetime | None = None
    lock_at: datetime | None = None
    KIND = "folders"
    ASSET = "folder"
    LABEL = "Folder"
    SECTION = "folders"
    DATES = ("unlock_at", "lock_at")

    @property
    def hidden(self) -> bool:
        """Tell whether students find it by a link only."""
        return self.workflow_state == "hidden"


@dataclass(kw_only=True, eq=False)
class File(Content):
    """An attachment.

    :param content_type: Its media type.
    :param size: Its size in bytes.
    :param data: Its bytes; None for a filler of that size.
    :param folder_id: The folder that it is in.
    :param unlock_at: When it becomes available; None for at once.
    :param lock_at: When it stops being available; None for never.
    :param user_id: The user who uploaded it; None when it was imported.
    :param media_entry_id: What the media server calls it, if it is a video or a sound.
    :param usage_rights: The rights to use it; None when nobody set them.
    :param visibility_level: Who sees it: ``inherit``, ``course``, ``institution`` or ``public``.
    :param workflow_state: ``available``, ``hidden``, ``locked`` or ``deleted``.
    """

    content_type: str = "application/octet-stream"
    size: int = 0
    data: bytes | None = field(default=None, repr=False)
    folder_id: int | None = None
    unlock_at: datetime | None = None
    lock_at: datetime | None = None
    user_id: int | None = None
    media_entry_id: str | None = None
    usage_rights: UsageRights | None = None
    visibility_level: str = "inherit"
    workflow_state: str = "available"
    KIND = "files"
    ASSET = "attachment"
    LABEL = "File"
    SECTION = "files"
    DATES = ("unlock_at", "lock_at")
    REFERENCES: ClassVar[References] = {"folder_id": Folder}
    OWN = Content.OWN | {"user_id"}

    @property
    def locked(self) -> bool:
        """Tell whether a teacher locked it."""
        return self.workflow_state == "locked"

    @property
    def hidden(self) -> bool:
        """Tell whether students find it by a link only."""
        return self.workflow_state == "hidden"

    def chunks(self) -> Iterator[bytes]:
        """Read its bytes, piece by piece. A file without data of its own has a filler."""
        if self.data is not None:
            yield self.data
            return
        block = _filler(self.title)
        for start in range(0, self.size, len(block)):
            yield block[: self.size - start]


def _filler(title: str) -> bytes:
    """Return a block of a filler file: its name again and again, and enough noise between.

    A real Canvas refuses a package that unpacks to more than 100 times its size.
    """
    noise = Random(title)  # noqa: S311  no secret
    line = f"{title}\n".encode()
    lines = (line * (FILLER_PAGE // len(line) + 1))[: FILLER_PAGE - FILLER_NOISE]
    return b"".join(lines + noise.randbytes(FILLER_NOISE) for _ in range(FILLER_PAGES))
