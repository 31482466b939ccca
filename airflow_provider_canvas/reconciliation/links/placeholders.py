"""Placeholders that Canvas did not put back into links after a copy, as references into the source.

Canvas writes them into the whole text of an export, and puts them back only in the attributes that it knows, and only
if the target arrived:

- ``$CANVAS_OBJECT_REFERENCE$/assignments/g...``: an object, by its migration key
- ``$CANVAS_COURSE_REFERENCE$/file_ref/g.../preview``, ``$CANVAS_COURSE_REFERENCE$/modules/items/g...``: by key, too
- ``$CANVAS_COURSE_REFERENCE$/grades``: a part of the course
- ``$WIKI_REFERENCE$/pages/home``: a page, by its slug or its key
- ``$IMS-CC-FILEBASE$/week%201/lab.html?canvas_download=1``: a file by its path, from a package
"""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import quote

from airflow_provider_canvas.reconciliation.links.html_scan import PLACEHOLDER
from airflow_provider_canvas.reconciliation.links.migration_keys import SourceKeys, is_key
from airflow_provider_canvas.reconciliation.links.reference import (
    ITEM_PARAMETER,
    Reference,
    parse_reference,
)

_PLACEHOLDER = re.compile(
    rf"(?:[^?#\s]*/)?(?P<token>{PLACEHOLDER})(?P<rest>(?:/[^?#]*)?)(?P<after>.*)",
    re.DOTALL | re.IGNORECASE,
)
_ROOT = "/file_contents/course%20files"
_WORD, _QUERY = "canvas_", "canvas_qs_"
_UNKNOWN = Reference(kind="other")


def is_placeholder(url: str) -> bool:
    """Return whether an address is a placeholder.

    :param url: The address, decoded.
    """
    return _PLACEHOLDER.fullmatch(url) is not None


def parse_placeholder(url: str, source_course_id: str, keys: SourceKeys) -> Reference:
    """Return what a placeholder means, as a relative reference into the source.

    :param url: The placeholder.
    :param source_course_id: The source.
    :param keys: The source's assets by key.
    :return: The reference. Its ``target`` is the key itself if the source has no asset of that key.
    """
    match = _PLACEHOLDER.fullmatch(url)
    if match is None:
        return _UNKNOWN
    token, rest, after = match["token"].upper(), match["rest"], match["after"]
    course = f"/courses/{source_course_id}"
    if "FILEBASE" in token:
        query, _, fragment = after.partition("#")
        reference = parse_reference(f"{course}{_ROOT}/{rest.removeprefix('/')}")
        return replace(reference or _UNKNOWN, after=_action(query), fragment=fragment or None)
    if rest.startswith("/file_ref/"):
        rest = rest.replace("/file_ref/", "/files/", 1)
        key, slash, action = rest.removeprefix("/files/").partition("/")
        rest = f"/files/{key}/{action}" if slash else f"/files/{key}" + ("" if after.startswith("?") else "/preview")
    return parse_reference(f"{course}{_with_ids(rest, keys)}{after}") or _UNKNOWN


def _with_ids(path: str, keys: SourceKeys) -> str:
    """Return a path with ids in place of the keys of the source's assets."""
    parts = path.split("/")
    found = [keys.find(part) if is_key(part) else None for part in parts]
    return "/".join(asset[1] if asset else part for part, asset in zip(parts, found, strict=True))


def _action(query: str) -> str:
    """Return what stands behind the id of a file, from the query that its placeholder has in packages."""
    names = (piece.partition("=") for piece in query.removeprefix("?").split("&") if piece)
    pairs = [(name, value) for name, _, value in names if name not in ("amp", ITEM_PARAMETER)]
    path = "".join(
        f"/{name.removeprefix(_WORD)}" for name, _ in pairs if name.startswith(_WORD) and not name.startswith(_QUERY)
    )
    words = [
        f"{name.removeprefix(_QUERY)}={quote(value, safe='%')}" for name, value in pairs if name.startswith(_QUERY)
    ]
    return (path or "/preview") + (f"?{'&'.join(words)}" if words else "")
