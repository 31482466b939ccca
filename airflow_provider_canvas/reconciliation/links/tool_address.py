"""Ids of the source in the address and the custom parameters of an external tool.

Canvas copies them unchanged, since it cannot know what they mean to the tool. So a number counts as an id only under a
name that says so, such as ``course_id``, ``file_id`` or ``group_set``, or in a path,
behind ``/courses/`` or ``/files/``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import quote, unquote_plus

from airflow_provider_canvas.reconciliation.coerce import to_objects, to_text
from airflow_provider_canvas.reconciliation.links.reference import BY_ID
from airflow_provider_canvas.reconciliation.links.translation import Translator

COURSE = "course"
_LISTINGS = {
    "course": COURSE,
    "context": COURSE,
    "assignment": "assignments",
    "attachment": "files",
    "discussion": "discussion_topics",
    "discussion_topic": "discussion_topics",
    "file": "files",
    "group_category": "group_categories",
    "group_set": "group_categories",
    "groupset": "group_categories",
    "module": "modules",
    "module_item": "module_items",
    "page": "pages",
    "quiz": "quizzes",
    "topic": "discussion_topics",
}
"""Listing by the name of a parameter, without ``canvas``, ``custom``, ``lms`` and ``id``."""
_CONTEXT_KEYS = ("lti_context_id", "uuid")
"""Keys of a course record whose values tools see as the id of the course."""
_AROUND_NAME = re.compile(r"^(?:custom|canvas|lms)+_?|_?ids?$")
_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_IN_PATH = re.compile(r"/(?P<section>courses|modules/items|[a-z_]+)/(?P<id>[0-9]+)(?![^/?#])", re.ASCII)
_PARAMETER = re.compile(r"(?P<start>[?&;](?P<name>[^=&?#;]+)=)(?P<value>[^&#;]*)")
_IS_URL = re.compile(r"(?:[a-z]+:)?//|/", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]+(?:~[0-9]+)?", re.ASCII)


@dataclass
class ToolAddress:
    """What a tool's address, or one of its custom parameters, names of the source.

    :param right: The text with the ids of the copies.
    :param course_ids: Ids of the source that it names as the course.
    :param source_ids: Listing and id of each of the source's assets that it names.
    :param dest_ids: The copies of these assets.
    :param reasons: Why assets cannot be replaced by their copies.
    """

    right: str = ""
    course_ids: list[str] = field(default_factory=list)
    source_ids: list[tuple[str, str]] = field(default_factory=list)
    dest_ids: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    @property
    def is_stale(self) -> bool:
        """Whether it names the source."""
        return bool(self.course_ids or self.source_ids)


def check_tool_address(
    value: str, name: str, translator: Translator, source_course_ids: tuple[str, ...]
) -> ToolAddress:
    """Find the ids of the source in a tool's address or in a custom parameter.

    :param value: The address, or the value of the parameter.
    :param name: Name of the custom parameter; empty for an address.
    :param translator: Finds the copies of the source's assets.
    :param source_course_ids: Local ids of the source and of its sources.
    """
    address = ToolAddress()
    address.right = _Replacement(address, translator, source_course_ids).in_value(name, value)
    return address


def listing_of(name: str) -> str | None:
    """Return the listing of the assets whose ids a parameter holds; None if its name does not say so.

    :param name: The name, such as ``canvas_course_id``, ``fileId`` or ``group_set``; of a nested one, its path.
    """
    snake = _CAPITAL.sub("_", unquote_plus(name)).lower().replace("-", "_")
    names = (
        _AROUND_NAME.sub("", _AROUND_NAME.sub("", each)) for each in (snake.replace(".", "_"), snake.split(".")[-1])
    )
    return next((_LISTINGS[each] for each in names if each in _LISTINGS), None)


class _Replacement:
    """Replaces the ids of the source in one value, and notes them.

    :param address: Where they are noted.
    :param translator: Finds the copies.
    :param source_course_ids: Local ids of the source and of its sources.
    """

    def __init__(self, address: ToolAddress, translator: Translator, source_course_ids: tuple[str, ...]) -> None:
        self._address = address
        self._translator = translator
        self._sources = source_course_ids
        courses = [
            next(iter(to_objects(index.listings.get("course"))), {})
            for index in (translator.source, translator.destination)
        ]
        self._contexts = {
            context_id: to_text(courses[1].get(key))
            for key in _CONTEXT_KEYS
            if (context_id := to_text(courses[0].get(key)))
        }

    def in_value(self, name: str, value: str) -> str:
        """Return a value with the ids of the copies: of a number by the parameter's name, else of an address."""
        stripped = value.strip()
        if stripped in self._contexts:
            self._address.course_ids.append(stripped)
            if right := self._contexts[stripped]:
                return right
            self._address.reasons.append("the context id of the course is not known")
            return value
        if _IS_URL.match(stripped):
            path, question_mark, query = value.partition("?")
            path = _IN_PATH.sub(self._in_path, path)
            return path + _PARAMETER.sub(self._in_parameter, question_mark + query)
        listing = listing_of(name) if name else None
        return self._id(listing, value) if listing else value

    def _in_path(self, match: re.Match[str]) -> str:
        section = match["section"]
        listing = {"courses": COURSE, "modules/items": "module_items"}.get(section) or BY_ID.get(section, (None,))[0]
        return f"/{section}/{self._id(listing, match['id'])}" if listing else match[0]

    def _in_parameter(self, match: re.Match[str]) -> str:
        value = unquote_plus(match["value"])
        right = self.in_value(match["name"], value)
        return match[0] if right == value else match["start"] + quote(right, safe="")

    def _id(self, listing: str, value: str) -> str:
        """Return the id of the copy for an id of the source, and any other value unchanged."""
        if listing == "pages" and not _NUMBER.fullmatch(value):
            return self._page(value)
        asset_id = self._translator.local_id(value) if _NUMBER.fullmatch(value) else None
        if asset_id is None:
            return value
        if listing == COURSE:
            if asset_id not in self._sources:
                return value
            self._address.course_ids.append(asset_id)
            return self._translator.destination.course_id
        if not self._translator.is_of_source(listing, asset_id):
            return value
        return self._replace(listing, asset_id, value)

    def _page(self, slug: str) -> str:
        """Return the slug of a page's copy, if only the source has a page of that slug."""
        source_id = self._translator.source.page_id(slug)
        if source_id is None or self._translator.destination.page_id(slug):
            return slug
        dest_id, copied_slug = self._translator.slug_of_copy(source_id)
        if dest_id is None or copied_slug is None:
            return slug
        self._address.source_ids.append(("pages", source_id))
        self._address.dest_ids.append(dest_id)
        return copied_slug

    def _replace(self, listing: str, asset_id: str, value: str) -> str:
        self._address.source_ids.append((listing, asset_id))
        dest_id, reason = self._translator.live_copy(listing, asset_id)
        if reason or dest_id is None:
            self._address.reasons.append(reason)
            return value
        self._address.dest_ids.append(dest_id)
        return dest_id
