"""From an address of the source to that of its copy in the destination.

The rules are ours, for the content that Canvas leaves behind: ids by the mapping; pages by slug, id or title, then the
mapping, then the slug of the copy; files by path, then the mapping. Objects that Canvas does not map are paired by
their titles where both courses have only one of that title. The form of the address stays, absolute or relative; query
and fragment stay, except ``verifier``, which opens the source's file, and ids in the query, which are translated.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from airflow_provider_canvas.reconciliation.links.course_index import CourseIndex
from airflow_provider_canvas.reconciliation.links.migration_keys import SourceKeys, is_key
from airflow_provider_canvas.reconciliation.links.reference import (
    ITEM_PARAMETER,
    Reference,
)
from airflow_provider_canvas.reconciliation.links.shards import Shards
from airflow_provider_canvas.reconciliation.mapping import AssetMap

_BY_TITLE = ("calendar_events", "rubrics", "external_tools", "group_categories")
_SUBMISSIONS = "/submissions"
_SECTION_WITH_ID = re.compile(r"/(?!(?:users|grades)/[0-9]+(?:/[^0-9]*)?$)[^/]+/.*?\d", re.DOTALL)
_SECOND_ID = re.compile(r"/(?!submissions/)[^/]+/(?:[^/]+/)*[0-9]+(?:/|$)")
_ITEM_OF_MODULE = re.compile(r"/items/([0-9]+(?:~[0-9]+)?)")
_NO_MAPPING = "Canvas has no mapping for objects of this kind"
_WORDS = {
    "external_tools": "tool",
    "file_paths": "file",
    "files": "file",
    "folders": "folder",
    "group_categories": "group set",
    "pages": "page",
    "quizzes": "quiz",
}
"""What a detail calls an asset, where it is not the listing without its ``s``."""


def word_of(listing: str) -> str:
    """Return what a detail calls an asset.

    :param listing: Listing of the asset.
    """
    return _WORDS.get(listing, listing.removesuffix("s").replace("_", " "))


@dataclass(frozen=True)
class Translation:
    """The right address for one that leads to the source, or why it is not known.

    :param right: The right reference; None if it is not known.
    :param source_id: The source's asset that is meant; None if the source has none.
    :param dest_id: Its copy; None if there is none.
    :param reason: Why the right reference is not known; empty if it is.
    """

    right: Reference | None = None
    source_id: str | None = None
    dest_id: str | None = None
    reason: str = ""


class Translator:
    """Translates references to assets of the source into references to their copies.

    :param source: The course that was copied.
    :param destination: The course it was copied into.
    :param mapping: Canvas's mapping of the copy.
    :param shards: Tells what the ids in addresses mean.
    """

    def __init__(self, source: CourseIndex, destination: CourseIndex, mapping: AssetMap, shards: Shards) -> None:
        self.source = source
        self.destination = destination
        self.local_id = shards.local_id
        self.keys = SourceKeys(source, mapping, lambda: shards.home)
        self._mapping = mapping
        self._shells: dict[str, str] | None = None

    def is_of_source(self, listing: str, asset_id: str) -> bool:
        """Return whether an id is one of the source and none of the destination.

        :param listing: Listing of the asset.
        :param asset_id: Its local id.
        """
        is_known = self.source.has(listing, asset_id) or asset_id in self._mapping.pairs.get(listing, {})
        return bool(is_known) and not self.destination.has(listing, asset_id)

    def copy_of(self, listing: str, source_id: str) -> str | None:
        """Return the id of the copy of an asset, which may be deleted by now; None if it has no copy.

        :param listing: Listing of the asset. Topics and announcements share their ids.
        :param source_id: The source's asset.
        """
        others = {"discussion_topics": "announcements", "announcements": "discussion_topics"}
        for name in (listing, others.get(listing, "")):
            if dest_id := self._mapping.pairs.get(name, {}).get(source_id):
                return dest_id
        if listing == "assignments" and (content := self.source.content_of_shell(source_id)):
            copy = self.copy_of(*content)
            return self.destination.shell_of(content[0], copy) if copy else None
        if listing in _BY_TITLE:
            return self._copy_by_title(listing, source_id)
        return None

    def _copy_by_title(self, listing: str, source_id: str) -> str | None:
        if self.destination.has(listing, source_id):
            return source_id
        title = self.source.title(listing, source_id)
        is_unique = title and self.source.id_of_title(listing, title) == source_id
        return self.destination.id_of_title(listing, title) if is_unique else None

    def slug_of_copy(self, source_id: str) -> tuple[str | None, str | None]:
        """Return id and slug of the copy of a page; the slug is None if the destination does not have the page.

        :param source_id: The source's page.
        """
        dest_id = self.copy_of("pages", source_id)
        if dest_id is None:
            return None, None
        if self.destination.records("pages") is None:
            return dest_id, self._mapping.identity("pages", source_id).dest_url_slug
        return dest_id, self.destination.slug(dest_id)

    def translate(self, reference: Reference, original: Reference | None = None) -> Translation:
        """Return the right reference for one whose ids and slugs are the source's.

        :param reference: The reference.
        :param original: The reference in the source's text at the same place, if it has the same target: it still has
            what Canvas lost.
        """
        query, unknown = self.query(reference, original)
        reference = replace(reference, query=query)
        if original is not None:
            reference = restored(reference, original)
        translation = self._translate(reference)
        if unknown and translation.right is not None:
            return replace(translation, right=None, reason=f"the course has no copy of its {unknown}")
        if translation.right is not None and _SECOND_ID.match(reference.after):
            return self._with_item(reference, translation)
        return translation

    def _with_item(self, reference: Reference, translation: Translation) -> Translation:
        """Return a translation with the second id of its path, which only that of a module item can be translated."""
        item = _ITEM_OF_MODULE.fullmatch(reference.after) if reference.listing == "modules" else None
        item_id, reason = self.live_copy("module_items", self.local_id(item[1]) or "") if item else (None, _NO_MAPPING)
        right = replace(translation.right, after=f"/items/{item_id}") if translation.right and not reason else None
        return replace(translation, right=right, reason=reason)

    def _translate(self, reference: Reference) -> Translation:
        match reference.listing:
            case None | "folders":
                return self._translate_section(reference)
            case "pages":
                return self._translate_page(reference, reference.target or "")
            case "file_paths":
                return self._translate_path(reference, reference.target or "")
            case listing:
                source_id = self._id_of_key(reference.target) or self.local_id(reference.target) or ""
                dest_id, reason = self.live_copy(listing, source_id)
                course_id = self.destination.course_id if reference.course_id else None
                right = None if reason else reference.with_target(course_id, dest_id)
                return Translation(right, source_id, dest_id, reason)

    def _translate_section(self, reference: Reference) -> Translation:
        """Translate a reference that names the course, a part of it, or a folder by its path."""
        if reference.kind == "other" and _SECTION_WITH_ID.match(reference.before):
            return Translation(reason=_NO_MAPPING)
        folders = self.destination.records("folders") if reference.listing == "folders" else None
        if folders and not self.destination.has_folder(reference.target or ""):
            return Translation(reason="the course has no folder of that path")
        return Translation(replace(reference, course_id=self.destination.course_id if reference.course_id else None))

    def live_copy(self, listing: str, source_id: str) -> tuple[str | None, str]:
        """Return the id of the copy of an asset, and why it cannot be linked to; empty if it can.

        :param listing: Listing of the asset.
        :param source_id: The source's asset.
        """
        word = word_of(listing)
        if is_key(source_id):
            return None, f"the source does not have the {word} that its key names; it was probably deleted"
        dest_id = self.copy_of(listing, source_id)
        if dest_id is None:
            return None, f"the course has no copy of {word} {source_id}"
        if self.destination.has(listing, dest_id) is False:
            return dest_id, f"the copy of {word} {source_id}, {dest_id}, was deleted"
        return dest_id, ""

    def _translate_page(self, reference: Reference, name: str) -> Translation:
        source_id = self._id_of_key(name) or self.source.page_id(name) or self._source_of_page(name)
        if source_id is None:
            return Translation(reason=f"the source has no page '{name}'")
        dest_id, slug = self.slug_of_copy(source_id)
        if slug is None:
            state = "has no copy of" if dest_id is None else "no longer has the copy of"
            return Translation(None, source_id, dest_id, f"the course {state} page '{name}'")
        return Translation(reference.with_target(self.destination.course_id, slug), source_id, dest_id)

    def _id_of_key(self, name: str | None) -> str | None:
        """Return the id of the source's asset whose key an address has; None if there is none."""
        asset = self.keys.find(name) if name and is_key(name) else None
        return asset[1] if asset else None

    def _source_of_page(self, name: str) -> str | None:
        """Return the source's page whose copy has a name; the source's was renamed since the copy if it has another."""
        copy_id = self.destination.page_id(name)
        sources = (source_id for source_id, dest_id in self._mapping.pairs["pages"].items() if dest_id == copy_id)
        return next(sources, None) if copy_id else None

    def _translate_path(self, reference: Reference, path: str) -> Translation:
        """Translate the path of a file: to the copy of the source's file, or to the destination's file of that path."""
        source_id = self.source.file_at(path)
        dest_id, reason = (
            self.live_copy("files", source_id) if source_id else (None, f"the source has no file '{path}'")
        )
        if reason:
            dest_id = self.destination.file_at(path)
        if dest_id is None:
            return Translation(None, source_id, None, reason)
        file = replace(reference, listing="files", before="/files/", after=reference.after or "/preview")
        return Translation(file.with_target(self.destination.course_id, dest_id), source_id, dest_id)

    def query(self, reference: Reference, original: Reference | None = None) -> tuple[str | None, str]:
        """Return a reference's query with the ids of the copies, and the first parameter whose id has no copy, or none.

        ``verifier`` is dropped, and so is a ``module_item_id`` whose item is not known.

        :param reference: The reference.
        :param original: The reference in the source's text, which has the ``module_item_id`` that Canvas lost.
        """
        if reference.query is None:
            return None, ""
        pieces, unknown, listings = [], "", reference.id_parameters
        for piece in reference.query.split("&"):
            name, equals, value = piece.partition("=")
            if name == "verifier":
                continue
            if name == ITEM_PARAMETER:
                if item := self._item(value) or self._item(_parameter(original, ITEM_PARAMETER)):
                    pieces.append(f"{name}{equals}{item}")
            elif name in listings and self.is_of_source(listings[name], self.local_id(value) or ""):
                dest_id, reason = self.live_copy(listings[name], self.local_id(value) or "")
                unknown = unknown or (name if reason else "")
                pieces.append(f"{name}{equals}{dest_id}")
            else:
                pieces.append(piece)
        return "&".join(pieces) or None, unknown

    def _item(self, value: str) -> str | None:
        """Return the id of the module item that a ``module_item_id`` means in the destination; None if none."""
        asset = self.keys.find(value) if is_key(value) else None
        item_id = asset[1] if asset and asset[0] == "module_items" else self.local_id(value) or ""
        if dest_id := self._mapping.pairs.get("module_items", {}).get(item_id):
            return None if self.destination.has("module_items", dest_id) is False else dest_id
        return item_id if item_id and self.destination.has("module_items", item_id) else None

    def stale_parameter(self, reference: Reference) -> str | None:
        """Return the first parameter of a query that names an asset of the source by its id or key; None if none does.

        :param reference: A reference to the destination.
        """
        listings = {**reference.id_parameters, ITEM_PARAMETER: "module_items"}
        for piece in (reference.query or "").split("&"):
            name, _, value = piece.partition("=")
            is_key_of_item = name == ITEM_PARAMETER and is_key(value)
            if name in listings and (is_key_of_item or self.is_of_source(listings[name], self.local_id(value) or "")):
                return name
        return None


def restored(reference: Reference, original: Reference) -> Reference:
    """Return a reference with what Canvas lost of it: the fragment, and the submission behind an assignment.

    :param reference: The reference in the destination.
    :param original: The reference in the source's text, with the same target.
    """
    if reference.fragment is None and original.fragment:
        reference = replace(reference, fragment=original.fragment)
    if not reference.after and original.after.startswith(_SUBMISSIONS):
        reference = replace(reference, after=original.after)
    return reference


def _parameter(reference: Reference | None, name: str) -> str:
    """Return the value of a parameter of a reference's query; empty if it has none."""
    pieces = (piece.partition("=") for piece in ((reference.query if reference else "") or "").split("&"))
    return next((value for each, _, value in pieces if each == name), "")
