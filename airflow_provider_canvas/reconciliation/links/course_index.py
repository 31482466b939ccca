"""What one course has, so that the target of an address can be found in it: ids, slugs, paths and unique titles."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from airflow_provider_canvas.reconciliation.coerce import to_bool, to_object, to_objects, to_text
from airflow_provider_canvas.reconciliation.links.bodies import Listings, module_items_of
from airflow_provider_canvas.reconciliation.links.reference import spellings

_TITLE_KEYS = {
    "assignments": "name",
    "external_tools": "name",
    "files": "display_name",
    "group_categories": "name",
    "modules": "name",
}
_ROOT = "course files"
_NOT_IN_SLUG = re.compile(r"[^0-9a-z]+")


class CourseIndex:
    """The assets of one course by id, and other names under which addresses know them.

    Nothing raises on a malformed record; an object without an id is skipped.

    :param listings: Canvas's raw records by listing; a listing that is absent is unknown.
    :param course_id: The course, as Canvas sends its id.
    :param local_id: Returns an id in an address as Canvas sends it.
    """

    def __init__(self, listings: Listings, course_id: str, local_id: Callable[[str], str | None]) -> None:
        self.listings = listings
        self.course_id = course_id
        self._local_id = local_id
        self._records: dict[str, Mapping[str, Mapping[str, Any]] | None] = {}

    def records(self, listing: str) -> Mapping[str, Mapping[str, Any]] | None:
        """Return the records of a listing by id; None if the listing is unknown.

        :param listing: Name of the listing.
        """
        if listing not in self._records:
            self._records[listing] = self._by_id(listing)
        return self._records[listing]

    def _by_id(self, listing: str) -> Mapping[str, Mapping[str, Any]] | None:
        if listing == "module_items":
            if "module_items" not in self.listings and "modules" not in self.listings:
                return None
            found = module_items_of(self.listings)
        elif self.listings.get(listing) is None:
            return None
        else:
            found = iter(to_objects(self.listings[listing]))
        key = "page_id" if listing == "pages" else "id"
        return {asset_id: record for record in found if (asset_id := to_text(record.get(key)))}

    def has(self, listing: str, asset_id: str) -> bool | None:
        """Return whether the course has an asset; None if its listing is unknown. Topics include announcements.

        :param listing: Name of the listing.
        :param asset_id: The asset.
        """
        names = ("discussion_topics", "announcements") if listing in ("discussion_topics", "announcements") else ()
        known = [records for name in names or (listing,) if (records := self.records(name)) is not None]
        if any(asset_id in records for records in known):
            return True
        return None if len(known) < len(names or (listing,)) else False

    def record(self, listing: str, asset_id: str) -> Mapping[str, Any]:
        """Return the record of an asset; an empty one if the course does not have it.

        :param listing: Name of the listing. Topics include announcements.
        :param asset_id: The asset.
        """
        names = {"discussion_topics": "announcements", "announcements": "discussion_topics"}
        for name in (listing, names.get(listing)):
            if name and asset_id in (records := self.records(name) or {}):
                return records[asset_id]
        return {}

    def title(self, listing: str, asset_id: str) -> str:
        """Return the title of an asset; empty if it is not known.

        :param listing: Name of the listing.
        :param asset_id: The asset.
        """
        return to_text(self.record(listing, asset_id).get(_TITLE_KEYS.get(listing, "title"))) or ""

    def is_unpublished(self, listing: str, asset_id: str) -> bool:
        """Return whether students cannot open an asset because it is not published; of a file: because it is locked.

        :param listing: Name of the listing.
        :param asset_id: The asset.
        """
        record = self.record(listing, asset_id)
        return to_bool(record.get("locked")) is True if listing == "files" else record.get("published") is False

    @cached_property
    def _page_ids(self) -> Mapping[str, str]:
        """Page ids by slug."""
        pages = (self.records("pages") or {}).items()
        return {slug: page_id for page_id, page in pages if (slug := to_text(page.get("url")))}

    @cached_property
    def _page_ids_by_title(self) -> Mapping[str, str]:
        pages = (self.records("pages") or {}).items()
        return {_folded(title): page_id for page_id, page in pages if (title := to_text(page.get("title")))}

    def page_id(self, name: str) -> str | None:
        """Return the id of the page that an address names by slug, id or title; None if the course has none.

        Canvas makes a slug of a title, and looks for that. It transliterates, which is not imitated here: such titles
        are compared as they are.

        :param name: The slug, id or title, as written.
        """
        names = spellings(name)
        slugs = [slug for slug in (*names, *map(_slug, names)) if slug in self._page_ids]
        if slugs and slugs[0] in names:
            return self._page_ids[slugs[0]]
        page_id = self._local_id(name.removeprefix("page_id:"))
        if page_id in (self.records("pages") or {}):
            return page_id
        if slugs:
            return self._page_ids[slugs[0]]
        titles = (_folded(each) for each in names if each != _slug(each))
        return next((self._page_ids_by_title[title] for title in titles if title in self._page_ids_by_title), None)

    def slug(self, page_id: str) -> str | None:
        """Return the slug of a page; None if the course does not have the page.

        :param page_id: The page.
        """
        return to_text((self.records("pages") or {}).get(page_id, {}).get("url"))

    @cached_property
    def _folder_paths(self) -> Mapping[str, str]:
        folders = (self.records("folders") or {}).items()
        return {folder_id: path for folder_id, folder in folders if (path := to_text(folder.get("full_name")))}

    @cached_property
    def _file_ids(self) -> Mapping[str, str]:
        """File ids by path, in lower case: ``course files/week 1/lab.html``."""
        ids: dict[str, str] = {}
        for file_id, file in (self.records("files") or {}).items():
            folder = self._folder_paths.get(to_text(file.get("folder_id")) or "")
            for key in ("display_name", "filename"):
                name = to_text(file.get(key))
                if folder and name:
                    ids.setdefault(_folded(f"{folder}/{name}"), file_id)
        return ids

    def has_paths(self) -> bool:
        """Return whether the paths of files are known: files and folders."""
        return self.records("files") is not None and self.records("folders") is not None

    def file_at(self, path: str) -> str | None:
        """Return the id of the file at a path; None if there is none, or paths are not known.

        :param path: The path as written, with or without the root folder.
        """
        for each in spellings(path.strip("/")):
            folded = _folded(each)
            for full in (folded, f"{_ROOT}/{folded}"):
                if full in self._file_ids:
                    return self._file_ids[full]
        return None

    def has_folder(self, path: str) -> bool:
        """Return whether there is a folder at a path below the root folder.

        :param path: The path as written.
        """
        folders = {_folded(full) for full in self._folder_paths.values()}
        names = [_folded(each.strip("/")) for each in spellings(path)]
        return any(name in folders or f"{_ROOT}/{name}" in folders or not name for name in names)

    def id_of_title(self, listing: str, title: str) -> str | None:
        """Return the id of the only asset of a title; None if there is none, or more than one.

        :param listing: Name of the listing.
        :param title: The title.
        """
        records = self.records(listing) or {}
        titles = {asset_id: self.title(listing, asset_id).casefold() for asset_id in records}
        if Counter(titles.values())[title.casefold()] != 1:
            return None
        return next(asset_id for asset_id, each in titles.items() if each == title.casefold())

    def shell_of(self, listing: str, asset_id: str) -> str | None:
        """Return the id of the assignment that is the gradebook entry of a quiz or topic.

        :param listing: ``quizzes`` or ``discussion_topics``.
        :param asset_id: The quiz or topic.
        """
        return to_text(self.record(listing, asset_id).get("assignment_id"))

    def content_of_shell(self, assignment_id: str) -> tuple[str, str] | None:
        """Return listing and id of the quiz or topic whose gradebook entry an assignment is; None for any other.

        :param assignment_id: The assignment.
        """
        assignment = self.record("assignments", assignment_id)
        if quiz_id := to_text(assignment.get("quiz_id")):
            return "quizzes", quiz_id
        topic_id = to_text(to_object(assignment.get("discussion_topic")).get("id"))
        return ("discussion_topics", topic_id) if topic_id else None


def _slug(title: str) -> str:
    return _NOT_IN_SLUG.sub("-", title.casefold()).strip("-")


def _folded(name: str) -> str:
    """Return a title or path without regard to case, and to how its accents are composed: macOS writes them apart."""
    return unicodedata.normalize("NFC", name).casefold()
