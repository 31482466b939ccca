"""Names of files from ids that users of Canvas choose."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import quote

MAX_LENGTH = 100
"""The longest id that is written out. File systems allow names of 255 bytes, and a path contains more than the id."""

_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
"""Names that Windows, and shares from it, reserve for devices."""


def file_name(identifier: str) -> str:
    """Return a part of a path that stands for an id, and for no other.

    It is the id itself where that is safe: letters, digits, and ``-``, ``_``, ``~``, ``.`` and spaces within it. Other
    characters are percent-encoded. So are dots and spaces at both ends: ``..`` would lead to another folder, and some
    storages drop them. A long id is shortened and gets a hash.

    :param identifier: The id, such as an SIS id. It may hold any characters.
    """
    name = quote(identifier, safe=" ", errors="surrogatepass")
    inner = name.strip(". ")
    start, end = name.partition(inner)[0::2] if inner else (name, "")
    name = f"{_encode(start)}{inner}{_encode(end)}"
    if _RESERVED.match(name):
        name = _encode(name[0]) + name[1:]
    if len(name) <= MAX_LENGTH:
        return name
    digest = hashlib.sha256(identifier.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return f"{name[:MAX_LENGTH]}~{digest}"  # longer than any name without a hash


def _encode(characters: str) -> str:
    return "".join(f"%{ord(character):02X}" for character in characters)
