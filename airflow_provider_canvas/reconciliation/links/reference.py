"""What an address on Canvas means: course, kind and id of its target, and everything around them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from urllib.parse import unquote, unquote_plus

_URL = re.compile(
    r"(?P<origin>(?:https?:)?//[^/?#]*)?(?P<path>/[^?#]*)(?:\?(?P<query>[^#]*))?(?:#(?P<fragment>.*))?",
    re.IGNORECASE | re.DOTALL,
)
_HOST = re.compile(r"(?:https?:)?//(?:[^@/]*@)?(?P<host>\[[^]]*\]|[^:/]*)(?::\d*)?", re.IGNORECASE)
_PATH = re.compile(
    r"(?P<api>/api/v1)?(?:(?P<context>/courses/|/files/folder/courses_)(?P<course>[0-9]+(?:~[0-9]+)?))?(?P<rest>/.*)?",
    re.DOTALL | re.ASCII,
)
_ID = re.compile(r"[0-9]+(?:~[0-9]+)?", re.ASCII)
_UNUSUAL = re.compile(r"//|/\.\.?(?:/|$)|%3[0-9]")
_ENCODED_ID = re.compile(r"(?:%3[0-9]|[0-9])+", re.ASCII)
_ID_OR_KEY = re.compile(r"[0-9]+(?:~[0-9]+)?|g[0-9a-f]{32}", re.ASCII)
_ANCHOR = re.compile(r"(?P<name>(?:context_)?(?P<kind>module|module_item)_|tab-)(?P<id>[0-9]+(?:~[0-9]+)?)", re.ASCII)
_COURSES, _ALL_FILES = "/courses/", "/files/folder/courses_"
_NOT_IN_URL = str.maketrans("", "", "\t\n\r")
_CANVAS_CLOUD = ".instructure.com"
_COPIES_OF_CANVAS = re.compile(r"(?:^|(?<=[.-]))(?:beta|test|staging)[.-]|[.-](?:beta|test|staging)(?=[.-]|$)")

BY_ID: Mapping[str, tuple[str, str]] = {
    "assignments": ("assignments", "assignment"),
    "quizzes": ("quizzes", "quiz"),
    "discussion_topics": ("discussion_topics", "discussion_topic"),
    "announcements": ("announcements", "announcement"),
    "modules": ("modules", "module"),
    "files": ("files", "file"),
    "calendar_events": ("calendar_events", "calendar_event"),
    "rubrics": ("rubrics", "rubric"),
    "external_tools": ("external_tools", "external_tool"),
}
"""Listing and kind of the target, by the part of the path in front of its id."""

ID_PARAMETERS: Mapping[str, str] = {
    "assignment_id": "assignments",
    "file_id": "files",
    "attachment_id": "files",
    "module_id": "modules",
    "quiz_id": "quizzes",
    "discussion_topic_id": "discussion_topics",
}
"""Listing of the asset whose id a parameter of a query holds."""
ITEM_PARAMETER = "module_item_id"


@dataclass(frozen=True, kw_only=True)
class Reference:
    """An address on Canvas, in parts. Its text is ``origin + api + context + course + path`` with query and fragment.

    :param origin: Scheme and host, or ``//`` and host, as written; empty for a relative address.
    :param api: ``/api/v1`` for an address of the API; else empty.
    :param context: What stands in front of the id of the course: ``/courses/``, or ``/files/folder/courses_`` on the
        page of all files of a user.
    :param course_id: Id of the course, as written; None for an address without one.
    :param kind: One of ``LINK_KINDS``.
    :param listing: Listing that has the target; None for an address without a target of its own.
    :param before: What stands between the course and the target: ``/pages/``, ``/modules``.
    :param target: Id, slug or path of the target, as written; None for an address without one.
    :param after: What stands behind the target in the path: ``/download``.
    :param query: The query without its question mark; None for an address without one.
    :param fragment: The fragment without ``#``, and without a target that it names: ``module_``, ``context_module_``;
        None for an address without one.
    """

    origin: str = ""
    api: str = ""
    context: str = _COURSES
    course_id: str | None = None
    kind: str = "course"
    listing: str | None = None
    before: str = ""
    target: str | None = None
    after: str = ""
    query: str | None = None
    fragment: str | None = None

    @property
    def host(self) -> str:
        """The host in lower case, without user and port; empty for a relative address."""
        return host_of(self.origin)

    @property
    def url(self) -> str:
        """The address as text."""
        course = f"{self.context}{self.course_id}" if self.course_id else ""
        target = self.target or ""
        query = "" if self.query is None else f"?{self.query}"
        fragment = "" if self.fragment is None else f"#{self.fragment}"
        if self.is_in_fragment:
            return f"{self.origin}{self.api}{course}{self.before}{self.after}{query}{fragment}{target}"
        if self.is_in_query:
            return f"{self.origin}{self.api}{course}{self.before}{self.after}{query}{fragment}"
        return f"{self.origin}{self.api}{course}{self.before}{target}{self.after}{query}{fragment}"

    @property
    def is_in_fragment(self) -> bool:
        """Whether the fragment names the target: ``/modules#module_5``, ``#context_module_5`` behind the course, ..."""
        is_module = self.listing in ("modules", "module_items") and self.before in ("/modules", "/", "")
        return is_module or self.listing == "group_categories"

    @property
    def is_in_query(self) -> bool:
        """Whether the query names the target: ``/files?preview=5``."""
        return self.listing == "files" and self.before == "/files"

    @property
    def id_parameters(self) -> Mapping[str, str]:
        """Listing of the asset whose id a parameter of the query holds, by the name of the parameter."""
        if self.listing == "folders":
            return {**ID_PARAMETERS, "preview": "files"}
        if self.before.startswith("/external_tools/sessionless_launch"):
            return {**ID_PARAMETERS, "id": "external_tools"}
        return ID_PARAMETERS

    def with_target(self, course_id: str | None, target: str | None) -> Reference:
        """Return the reference to another target, in another course.

        :param course_id: The course; None for an address without one.
        :param target: Id, slug or path of the target.
        """
        changed = replace(self, course_id=course_id, target=target)
        if not self.is_in_query or self.query is None:
            return changed
        pieces = [f"preview={target}" if piece.startswith("preview=") else piece for piece in self.query.split("&")]
        return replace(changed, query="&".join(pieces))


def host_of(origin: str) -> str:
    """Return the host of a scheme and host in lower case, without user and port.

    :param origin: ``https://canvas.example.edu:8443``, ``//canvas.example.edu`` or ``canvas.example.edu``.
    """
    match = _HOST.match(origin if "//" in origin else f"//{origin}")
    return match["host"].lower().rstrip(".") if match else ""


def is_other_canvas(host: str, hosts: Collection[str]) -> bool:
    """Return whether a host is another Canvas of the institution: its beta or test, or its name in Instructure's cloud.

    Which name that is, is known only if it is one of ``hosts``: all others in the cloud are then other institutions.

    :param host: The host, in lower case.
    :param hosts: The hosts of this Canvas, in lower case.
    """
    if not host or host in hosts:
        return False
    in_cloud = host.endswith(_CANVAS_CLOUD) and not any(own.endswith(_CANVAS_CLOUD) for own in hosts)
    return in_cloud or _production_host(host) in {_production_host(each) for each in hosts}


def _production_host(host: str) -> str:
    return _COPIES_OF_CANVAS.sub("", host)


@lru_cache(maxsize=8192)
def parse_reference(url: str) -> Reference | None:
    """Return what an address on Canvas means; None for any other address, also for one that is relative to its page.

    :param url: The address, decoded.
    """
    match = _URL.fullmatch(_as_browsers_read(url))
    path = _PATH.fullmatch(_normalized(match["path"])) if match else None
    if match is None or path is None:
        return None
    course_id, rest = path["course"], path["rest"] or ""
    around = Reference(
        origin=match["origin"] or "",
        api=path["api"] or "",
        context=path["context"] or _COURSES,
        course_id=course_id,
        query=match["query"],
        fragment=match["fragment"],
    )
    return _without_course(around, rest) if course_id is None else _in_course(around, rest)


def _as_browsers_read(url: str) -> str:
    """Return an address without what browsers ignore in it, and with slashes for backslashes."""
    url = url.strip().translate(_NOT_IN_URL)
    if "\\" not in url:
        return url
    path = re.split(r"[?#]", url, maxsplit=1)[0]
    return path.replace("\\", "/") + url[len(path) :]


def _normalized(path: str) -> str:
    """Return a path without empty parts and dots, and with its ids decoded: as browsers and Canvas read it."""
    if not _UNUSUAL.search(path):
        return path
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(unquote(part) if _ENCODED_ID.fullmatch(part) else part)
    return f"/{'/'.join(parts)}{'/' if parts and path.endswith(('/', '/.', '/..')) else ''}"


def _without_course(around: Reference, rest: str) -> Reference | None:
    for before, kind in (("/files/", "file"), ("/media_attachments_iframe/", "media")):
        if rest.startswith(before) and (number := _ID.match(rest, len(before))):
            after = rest[number.end() :]
            if not after or after.startswith("/"):
                return replace(around, kind=kind, listing="files", before=before, target=number[0], after=after)
    if rest == "/media_objects_iframe" or rest.startswith(("/media_objects_iframe/", "/media_objects/")):
        return replace(around, kind="media", before=rest)
    return _beside_the_path(around, rest, "files", "") if rest == "/files" else None


def _in_course(around: Reference, rest: str) -> Reference:
    if around.context == _ALL_FILES:
        return replace(around, kind="folder", listing="folders", before=rest[:1], target=rest[1:])
    section, _, inner = rest.removeprefix("/").partition("/")
    section = unquote(section)
    if section in BY_ID and (number := _id_at(inner)):
        listing, kind = BY_ID[section]
        after = inner[len(number) :]
        return replace(around, kind=kind, listing=listing, before=f"/{section}/", target=number, after=after)
    if (found := _by_name(around, section, inner)) or (found := _beside_the_path(around, rest, section, inner)):
        return found
    kind = "external_tool" if section == "external_tools" and inner else "other" if inner else "course"
    return replace(around, kind=kind, before=rest)


def _by_name(around: Reference, section: str, inner: str) -> Reference | None:
    """Return the reference whose path names the target by a slug or a path; None if it does not."""
    if section in ("pages", "wiki") and inner:
        slug, slash, after = inner.partition("/")
        return replace(around, kind="page", listing="pages", before="/pages/", target=slug, after=slash + after)
    if section == "files" and inner.startswith("folder/"):
        return replace(around, kind="folder", listing="folders", before="/files/folder/", target=inner[7:])
    if section == "file_contents" and inner:
        return replace(around, kind="file", listing="file_paths", before="/file_contents/", target=inner)
    if section == "modules" and inner.startswith("items/") and (number := _id_at(inner[6:])):
        before, after = "/modules/items/", inner[6 + len(number) :]
        return replace(around, kind="module_item", listing="module_items", before=before, target=number, after=after)
    return None


def _beside_the_path(around: Reference, rest: str, section: str, inner: str) -> Reference | None:
    """Return the reference whose target is in the fragment or in the query; None if there is none."""
    anchor = None if inner else _ANCHOR.fullmatch(around.fragment or "")
    if anchor and section in (("modules", "") if anchor["kind"] else ("groups",)):
        kind, listing = (anchor["kind"], f"{anchor['kind']}s") if anchor["kind"] else ("other", "group_categories")
        before = f"/{section}" if section else rest
        return replace(around, kind=kind, listing=listing, before=before, target=anchor["id"], fragment=anchor["name"])
    if section == "files" and not inner:
        for piece in (around.query or "").split("&"):
            if (number := re.fullmatch(r"preview=([0-9]+(?:~[0-9]+)?)", piece)) is not None:
                return replace(around, kind="file", listing="files", before="/files", target=number[1])
    return None


def _id_at(path: str) -> str | None:
    """Return the id at the start of a path, or a key in its place, if it is the whole first part of the path."""
    match = _ID_OR_KEY.match(path)
    return match[0] if match and path[match.end() : match.end() + 1] in ("", "/") else None


def spellings(name: str) -> list[str]:
    """Return the names that the slug or path of an address can stand for: as written, and percent-decoded.

    :param name: The slug or path, as written.
    """
    return list(dict.fromkeys((name, unquote(name), unquote_plus(name))))
