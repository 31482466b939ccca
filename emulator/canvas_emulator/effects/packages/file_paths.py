"""Where the files of a course are in a package, and the placeholders of links to them.

Files keep what follows their number: ``/download?wrap=1`` becomes ``?canvas_download=1&canvas_qs_wrap=1``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import unescape
from itertools import count
from pathlib import PurePosixPath
from urllib.parse import parse_qsl, quote

from canvas_emulator.effects.link_placeholders import FILE
from canvas_emulator.effects.link_resolver import QUERY, WORD
from canvas_emulator.model.content import Content, File, Folder

LONGEST_NAME, LONGEST_SUFFIX = 255, 20
"""How many bytes the name of a file may have, and its suffix: a real Canvas unpacks packages into files."""


def paths_of(files: Iterable[File], folders: Mapping[int, Content]) -> dict[int, str]:
    """Return the path of each file below its context, by id, without duplicates."""
    paths: dict[int, str] = {}
    taken: set[str] = set()
    for file in files:
        folder = folders.get(file.folder_id or 0)
        below = folder_path(folder) if isinstance(folder, Folder) else ""
        name = _safe(file.title.replace("/", "_"))
        names = (fitting(f"{number}-{name}" if number else name, file.id) for number in count())
        candidates = (f"{below}/{each}" if below else each for each in names)
        paths[file.id] = next(path for path in candidates if path not in taken)
        taken.add(paths[file.id])
    return paths


def folder_path(folder: Folder) -> str:
    """Return the path of a folder below its context's root; that of the root is empty."""
    return "/".join(fitting(_safe(part), 0) for part in folder.full_name.split("/")[1:] if part)


def fitting(name: str, row_id: int) -> str:
    """Return a name of a file that file systems take: a long one is cut, and gets the number of its row."""
    if len(name.encode()) <= LONGEST_NAME:
        return name
    suffix = PurePosixPath(name).suffix
    suffix = f"-{row_id}{suffix if len(suffix.encode()) <= LONGEST_SUFFIX else ''}"
    return name.encode()[: LONGEST_NAME - len(suffix.encode())].decode(errors="ignore") + suffix


def _safe(name: str) -> str:
    """Return a name that is safe as a part of a path."""
    clean = "".join(letter if letter.isprintable() and letter not in "\\:" else "_" for letter in name)
    return "_" if clean.strip(". ") == "" else clean


def file_placeholder(path: str, rest: str) -> str:
    """Write the placeholder of a link to a file. A preview, which is the default, is left out.

    :param path: Where the file is below the course's files.
    :param rest: What follows the number of the file in the link.
    """
    action, _, query = unescape(rest).partition("#")[0].partition("?")
    words = [f"{WORD}{word}=1" for word in action.removeprefix("/").split("/") if word != "preview" and (word or query)]
    words += [f"{QUERY}{quote(name)}={quote(value)}" for name, value in parse_qsl(query, keep_blank_values=True)]
    return f"{FILE}/{quote(path)}" + ("?" + "&amp;".join(words) if words else "")
