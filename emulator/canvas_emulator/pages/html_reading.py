"""HTML as the API shows it: links have a host, and say where the API has what they lead to.

A text is stored without both. Whatever a stored link says of the API itself is made again from its address.
"""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser
from itertools import accumulate
from urllib.parse import parse_qs, quote, urlsplit

from canvas_emulator.model.content import Content, File
from canvas_emulator.model.content_base import ContextType
from canvas_emulator.model.contexts import Context, may_see_files
from canvas_emulator.model.signed_urls import verifier
from canvas_emulator.pages.locks import Window, lock_keys
from canvas_emulator.wire.request import Request

Attributes = list[tuple[str, str | None]]

ADDRESSES = {"a": "href", "img": "src", "iframe": "src", "embed": "src", "object": "data"}
"""The attribute that gets a host, by tag."""
ENDPOINT, RETURN_TYPE = "data-api-endpoint", "data-api-returntype"

RETURN_TYPES = {
    "pages": "Page",
    "wiki": "Page",
    "assignments": "Assignment",
    "quizzes": "Quiz",
    "discussion_topics": "Discussion",
    "modules": "Module",
}
_CONTENT = re.compile(
    rf"(?P<course>/courses/\d+)/(?P<section>{'|'.join(RETURN_TYPES)})(?:/(?P<target>[^/?#]+))?(?=[?#]|$)"
)
_FILE = re.compile(
    r"(?P<context>/(?:courses|groups|users)/\d+)?/files/(?P<id>\d+)(?P<action>/download|/preview)?(?=[?#]|$)"
)
_FILES = re.compile(r"(?P<context>/(?:courses|groups|users)/\d+)/files(?=[?#]|$)")
_TOOL = re.compile(r"(?P<course>/courses/\d+)/external_tools/retrieve\?")


def html_for(request: Request, html: str) -> str:
    """Return a stored text as the caller sees it."""
    if "<" not in html:
        return html
    return _Reader(request).read(html)


def html_or_none(request: Request, row: Content, html: str) -> str | None:
    """Return a description as the caller sees it: null when nobody wrote one, and empty when none was imported."""
    return html_for(request, html) or (None if row.migration_id is None else "")


class _Reader(HTMLParser):
    """Replaces the start tags that have addresses, and leaves everything else as it is.

    :param request: The caller's request.
    """

    def __init__(self, request: Request) -> None:
        super().__init__(convert_charrefs=False)
        self._request = request
        self._tags: list[tuple[int, int, str]] = []

    def read(self, html: str) -> str:
        """Return a text with its start tags replaced."""
        self._line_starts = [0, *accumulate(len(line) + 1 for line in html.split("\n"))]
        self.feed(html)
        self.close()
        parts, end = list[str](), 0
        for start, stop, tag in self._tags:
            parts += (html[end:start], tag)
            end = stop
        return "".join(parts) + html[end:]

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        """Replace a start tag that has an address."""
        name = ADDRESSES.get(tag)
        address = dict(attrs).get(name) if name else None
        if name is None or address is None:
            return
        kept = [(key, value) for key, value in attrs if key not in (ENDPOINT, RETURN_TYPE)]
        shown, endpoint = _shown(self._request, address)
        changed = [(key, shown if key == name else value) for key, value in kept] + endpoint
        raw, (line, column) = self.get_starttag_text() or "", self.getpos()
        start = self._line_starts[line - 1] + column
        closing = "/>" if raw.endswith("/>") else ">"
        self._tags.append((start, start + len(raw), f"<{tag}{''.join(map(_attribute, changed))}{closing}"))


def _attribute(pair: tuple[str, str | None]) -> str:
    name, value = pair
    return f" {name}" if value is None else f' {name}="{escape(value)}"'


def _shown(request: Request, address: str) -> tuple[str, Attributes]:
    """Return an address with its host, and the attributes that say where the API has its target."""
    path = address.removeprefix(request.base_url)
    if not path.startswith("/") or path.startswith("//"):
        return address, []
    if file := _FILE.match(path):
        path = _file_path(request, path, file)
    endpoint = _endpoint(path)
    if endpoint is None:
        return request.url(path), []
    target, return_type = endpoint
    return request.url(path), [(ENDPOINT, request.api_url(target)), (RETURN_TYPE, return_type)]


def _endpoint(path: str) -> tuple[str, str] | None:
    """Return the path within the API of what an address leads to, and its type."""
    if file := _FILE.match(path):
        return f"{file['context'] or ''}/files/{file['id']}", "File"
    if files := _FILES.match(path):
        return f"{files['context']}/folders/root", "Folder"
    if tool := _TOOL.match(path):
        url = parse_qs(urlsplit(path).query).get("url", [""])[0]
        launch = f"{tool['course']}/external_tools/sessionless_launch?url={quote(url, safe='')}"
        return (launch, "SessionlessLaunchUrl") if url else None
    content = _CONTENT.match(path)
    if content is None:
        return None
    section, target, return_type = content["section"], content["target"], RETURN_TYPES[content["section"]]
    root = f"{content['course']}/{'pages' if section == 'wiki' else section}"
    if target is None:
        return root, f"[{return_type}]"
    is_row = return_type == "Page" or target.isdecimal()
    return (f"{root}/{target}", return_type) if is_row else None


def _file_path(request: Request, path: str, link: re.Match[str]) -> str:
    """Return the path of a file with what opens it: its context, and a verifier if the caller may see the file."""
    world, row = request.world, request.world.anywhere(File, int(link["id"]))
    if row is None or row.deleted:
        return path
    if link["context"] is None and row.context_type is ContextType.COURSE:
        path = f"/courses/{row.course_id}{path}"
    if link["action"] is None:
        return path
    if _is_locked(request, row):
        return _with_query(path, "hidden=1")
    is_seen = may_see_files(world, request.user, Context(row.context_type, row.course_id))
    if not (world.settings.file_verifiers and is_seen):
        return path
    return _with_query(path, f"verifier={verifier(world, row.id)}")


def _is_locked(request: Request, row: File) -> bool:
    window = Window(row.unlock_at, row.lock_at, row.locked)
    return row.context_type is ContextType.COURSE and lock_keys(request, row, window)["locked_for_user"]


def _with_query(path: str, parameter: str) -> str:
    path, hash_sign, fragment = path.partition("#")
    return f"{path}{'&' if '?' in path else '?'}{parameter}{hash_sign}{fragment}"
