"""Links in a package: a token for the target, which the importing course replaces.

Canvas has a token for files, by their path; for pages; for other objects; and for everything else of the course.
Files keep what follows their id: ``/download?wrap=1`` becomes ``?canvas_download=1&canvas_qs_wrap=1``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import unescape
from itertools import count
from urllib.parse import parse_qsl, quote, unquote

from canvas_emulator.effects.importing import Find, Rewrite
from canvas_emulator.effects.packages.package import Package
from canvas_emulator.model.content import Content, File, Folder, Page

FILE, PAGE = "$IMS-CC-FILEBASE$", "$WIKI_REFERENCE$"
OBJECT, COURSE = "$CANVAS_OBJECT_REFERENCE$", "$CANVAS_COURSE_REFERENCE$"
ROOT_FOLDER = "course files"
WORD, QUERY = "canvas_", "canvas_qs_"

_TOKEN = re.compile(
    r"""(?P<token>\$(?:IMS-CC-FILEBASE|IMS_CC_FILEBASE|WIKI_REFERENCE|CANVAS_OBJECT_REFERENCE|CANVAS_COURSE_REFERENCE)\$)"""
    r"""(?P<path>[^"'<>\s?#]*)(?P<query>\?[^"'<>\s#]*)?"""
)
_PARTS = re.compile(r"/?(modules/items|[^/]*)/?([^/]*)(.*)")
"""What is in the token of a page or an object: section, migration id, and what follows."""


def paths_of(files: Iterable[File], folders: Mapping[int, Content]) -> dict[int, str]:
    """Return the path of each file below its context, by id, without duplicates."""
    paths: dict[int, str] = {}
    taken: set[str] = set()
    for file in files:
        folder = folders.get(file.folder_id or 0)
        below = folder_path(folder) if isinstance(folder, Folder) else ""
        name = _safe(file.title.replace("/", "_"))
        parents = [below] if below else []
        candidates = ("/".join((*parents, name if not number else f"{number}-{name}")) for number in count())
        paths[file.id] = next(path for path in candidates if path not in taken)
        taken.add(paths[file.id])
    return paths


def folder_path(folder: Folder) -> str:
    """Return the path of a folder below its context's root; that of the root is empty."""
    return "/".join(_safe(part) for part in folder.full_name.split("/")[1:] if part)


def _safe(name: str) -> str:
    """Return a name that is safe as a part of a path."""
    clean = "".join(letter if letter.isprintable() and letter not in "\\:" else "_" for letter in name)
    return "_" if clean.strip(". ") == "" else clean


def _as_rest(query: str) -> str:
    """Turn a query back into the part of a URL after a file's id."""
    pairs = parse_qsl(unescape(query).lstrip("?"), keep_blank_values=True)
    path = "".join(f"/{name.removeprefix(WORD)}" for name, _ in pairs if not name.startswith(QUERY))
    words = [f"{name.removeprefix(QUERY)}={quote(value)}" for name, value in pairs if name.startswith(QUERY)]
    return path + ("?" + "&amp;".join(words) if words else "")


def untokened(package: Package, course_id: int) -> Rewrite:
    """Return a function that replaces the tokens of a package by links into a course."""

    def rewrite(html: str, find: Find) -> tuple[str, list[str]]:
        missing: dict[str, None] = {}

        def replaced(match: re.Match[str]) -> str:
            token, path, query = match["token"], match["path"], match["query"] or ""
            if token == COURSE:
                return f"/courses/{course_id}{path}{query}"
            if "FILEBASE" in token:
                old = f"/file_contents/{quote(ROOT_FOLDER)}{path}"
                section, rest = "files", _as_rest(query)
                row = find(package.paths.get(unquote(unescape(path)).lstrip("/"), ""))
            else:
                old = path
                section, name, after = _PARTS.fullmatch(path).groups()  # type: ignore[union-attr]  # it matches all
                row, rest = find(name or ""), after + query
            if row is None:
                missing[f"/courses/{course_id}{old}"] = None
                return f"/courses/{course_id}{old}{query}"
            return f"/courses/{course_id}/{section}/{row.url if isinstance(row, Page) else row.id}{rest}"

        return _TOKEN.sub(replaced, html), list(missing)

    return rewrite
