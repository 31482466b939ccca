"""Turning the placeholders of imported HTML into links of the course that it is imported into.

Canvas does so only in some attributes. A placeholder elsewhere, and one whose target did not arrive, stays in the text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from hashlib import md5
from html import escape, unescape
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

from canvas_emulator.effects.link_placeholders import MEDIA, OBJECT, PAGE, PAGES
from canvas_emulator.model.content import Content, ModuleItem, Page

Find = Callable[[str], Content | None]
"""From a migration id to the row in the destination."""
FindFile = Callable[[str], Content | None]
"""From a path below the root folder to the file in the destination."""

_Resolved = tuple[str, str | None]
"""A link, and a description of it if its target did not arrive."""

ROOT_FOLDER = "course files"
ATTRIBUTES = ("rel", "href", "src", "data", "value", "longdesc", "data-download-url")
WORD, QUERY = "canvas_", "canvas_qs_"

_TAG = re.compile(r"""<[a-zA-Z](?:[^<>"']|"[^"]*"|'[^']*')*>""")
_ATTRIBUTE = re.compile(
    rf"""(?P<name>\s(?:{"|".join(ATTRIBUTES)})\s*=\s*)(?P<quote>["'])(?P<value>.*?)(?P=quote)""",
    re.IGNORECASE | re.DOTALL,
)
_ITEM_ID = re.compile(r"(?<=module_item_id=)\w+")
_ITEM = re.compile(r"\$CANVAS_COURSE_REFERENCE\$/modules/items/(?P<key>[^?]*)(?P<query>\?.*)?")
_FILE_REFERENCE = re.compile(r"\$CANVAS_COURSE_REFERENCE\$/file_ref/(?P<key>[^/?#]+)(?P<rest>.*)")
_OBJECT = re.compile(rf"(?:{re.escape(OBJECT)}|{re.escape(PAGE)})/(?P<type>[^/]*)/(?P<key>[^?]*)(?P<query>\?.*)?")
_COURSE = re.compile(r"\$CANVAS_COURSE_REFERENCE\$/?(?P<rest>.*)")
_FILE = re.compile(r".*\$IMS[-_]CC[-_]FILEBASE\$/?(?P<path>.*)")


class LinkResolver:
    """Resolves the placeholders of one piece of HTML after the other.

    :param course_id: The destination.
    :param host: The host of this Canvas: absolute links to it become relative.
    :param find: Finds the target of a placeholder by its migration id.
    :param find_file: Finds the target of a placeholder that has a path.
    """

    def __init__(self, course_id: int, host: str, find: Find, find_file: FindFile) -> None:
        self._course = f"/courses/{course_id}"
        self._own_host = re.compile(rf"https?://{re.escape(host)}(?=/)")
        self._find, self._find_file = find, find_file
        self._placeholders = (
            (_ITEM, self._item),
            (_FILE_REFERENCE, self._file_reference),
            (_OBJECT, self._object),
            (_COURSE, self._in_course),
            (_FILE, self._file_at),
        )

    def resolve(self, html: str) -> tuple[str, list[str]]:
        """Resolve the placeholders in the attributes of a piece of HTML.

        :return: The HTML, and a description of each reference whose target did not arrive.
        """
        missing: dict[str, None] = {}

        def attribute(match: re.Match[str]) -> str:
            link, lost = self._link(match["value"])
            if lost is not None:
                missing[lost] = None
            return f"{match['name']}{match['quote']}{link}{match['quote']}"

        return _TAG.sub(lambda tag: _ATTRIBUTE.sub(attribute, tag[0]), html), list(missing)

    def _link(self, value: str) -> _Resolved:
        old = unescape(value)
        for pattern, resolve in self._placeholders:
            if match := pattern.fullmatch(old.replace("%24", "$")):
                return resolve(match, old)
        return self._own_host.sub("", value, count=1), None

    def _item(self, link: re.Match[str], old: str) -> _Resolved:
        row = self._find(link["key"])
        if row is None:
            return old, _described("module_item", old, migration_id=link["key"], query=link["query"])
        return f"{self._course}/modules/items/{row.id}{link['query'] or ''}", None

    def _file_reference(self, link: re.Match[str], old: str) -> _Resolved:
        row, rest = self._find(link["key"]), link["rest"]
        if row is None:
            words = {"migration_id": link["key"], "rest": rest, "in_media_iframe": MEDIA in rest}
            return old, _described("file_ref", old, **words)
        return self._file(row, rest), None

    def _object(self, link: re.Match[str], old: str) -> _Resolved:
        section, key, query = link["type"], link["key"], link["query"]
        if section in PAGES:
            name, hash_sign, fragment = key.partition("#")
            page = self._find(name)
            slug = page.url if isinstance(page, Page) else name
            return f"{self._course}/pages/{slug}{hash_sign}{fragment}{query or ''}", None
        row = self._find(key)
        if row is None:
            return old, _described("object", old, type=section, migration_id=key, query=query)
        return f"{self._course}/{section}/{row.id}{_ITEM_ID.sub(self._item_id, query or '')}", None

    def _item_id(self, match: re.Match[str]) -> str:
        item = self._find(match[0])
        return str(item.id) if isinstance(item, ModuleItem) else match[0]

    def _in_course(self, link: re.Match[str], _old: str) -> _Resolved:
        return f"{self._course}/{escape(link['rest'])}", None

    def _file_at(self, link: re.Match[str], old: str) -> _Resolved:
        path, _, query = link["path"].partition("?")
        row = self._find_file(unquote(path))
        if row is not None:
            return self._file(row, _action(query)), None
        url = f"{self._course}/file_contents/{quote(ROOT_FOLDER)}/{link['path']}"
        return url, _described("file", old, rel_path=unquote(link["path"]), missing_url=url, new_value=url)

    def _file(self, file: Content, rest: str) -> str:
        if MEDIA not in rest:
            return f"{self._course}/files/{file.id}{rest or '/preview'}"
        kept = [word for word in rest.partition("?")[2].split("&") if word != MEDIA]
        return f"/media_attachments_iframe/{file.id}{'?' if kept else ''}{'&'.join(kept)}"


def _action(query: str) -> str:
    """Return what follows a file's number, from the query that its placeholder has in packages."""
    pairs = parse_qsl(query, keep_blank_values=True)
    path = "".join(f"/{name.removeprefix(WORD)}" for name, _ in pairs if not name.startswith(QUERY))
    words = [f"{name.removeprefix(QUERY)}={quote(value)}" for name, value in pairs if name.startswith(QUERY)]
    return path + ("?" + "&".join(words) if words else "")


LAST = ("missing_url", "new_value")


def _described(link_type: str, old: str, **words: Any) -> str:
    """Describe a reference that could not be resolved, in the notation of Ruby that Canvas's issues have."""
    placeholder = "LINK.PLACEHOLDER_" + md5(old.encode(), usedforsecurity=False).hexdigest()
    first = {name: value for name, value in words.items() if name not in LAST}
    last = {name: value for name, value in words.items() if name in LAST}
    parts: Mapping[str, Any] = first | {"old_value": old, "placeholder": placeholder} | last | {"replaced": True}
    texts = [f":{name}=>{_inspected(value)}" for name, value in parts.items()]
    return "{" + ", ".join([f":link_type=>:{link_type}", *texts]) + "}"


def _inspected(value: object) -> str:
    match value:
        case None:
            return "nil"
        case bool():
            return str(value).lower()
        case _:
            return json.dumps(str(value), ensure_ascii=False)
