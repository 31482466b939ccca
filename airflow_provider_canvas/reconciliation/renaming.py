"""Copies that Canvas renamed on import, because the destination already had an asset of that title.

Canvas adds a number: the page ``Home`` becomes ``Home-2``, and so does its module item; the file ``syllabus.txt``
becomes ``syllabus-1.txt`` if its folder has one of that name. The older asset is then the copy's duplicate, although
their titles differ. If it was deleted or renamed since, Canvas renamed the copy all the same, provided that nobody has
edited the two assets since.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from airflow_provider_canvas.reconciliation.assets import SINGULAR, Asset, id_order
from airflow_provider_canvas.reconciliation.inventory import Inventory
from airflow_provider_canvas.reconciliation.later_edits import is_edited_after
from airflow_provider_canvas.reconciliation.mapping import AssetMap

UNIQUE_TITLES = ("pages", "files")
"""The types of which a course, or a folder, has only one asset per title."""

LONGEST_TITLE = 255
"""Length of the longest title, in characters."""


@dataclass(frozen=True)
class Renaming:
    """The copies that Canvas renamed on import.

    :param reasons: Why Canvas renamed a copy, in words, by type and id of the copy.
    :param copies: The renamed copies, by type and id of the older asset that has their title.
    """

    reasons: dict[tuple[str, str], str] = field(default_factory=dict)
    copies: dict[tuple[str, str], Asset] = field(default_factory=dict)

    @classmethod
    def find(
        cls,
        source: Inventory,
        destination: Inventory,
        mapping: AssetMap,
        copy_began_at: datetime | None,
        copy_ended_at: datetime | None = None,
    ) -> Renaming:
        """Find the copies that Canvas renamed, and the assets that had their titles.

        :param source: The course that was copied.
        :param destination: The course it was copied into.
        :param mapping: Canvas's ``asset_id_mapping`` of the copy.
        :param copy_began_at: When Canvas began the copy: an asset that is younger did not have the title then.
        :param copy_ended_at: When Canvas ended the copy: what was edited later may have been renamed by a user.
        """
        renaming = cls()
        shown: dict[tuple[str, str], Asset] = {}
        for asset_type in UNIQUE_TITLES:
            namesakes = _by_natural_key(destination, asset_type, copy_began_at)
            for original, copy in _pairs(source, destination, mapping, asset_type):
                if not is_numbered(copy, original.title):
                    continue
                namesake = namesakes.get(_key_in_place(original, copy))
                if namesake is not None and namesake is not copy:
                    reason = f"Canvas renamed it, because {namesake.name} already had the title"
                    renaming.copies[asset_type, namesake.asset_id] = copy
                elif _is_untouched(original, copy, copy_began_at, copy_ended_at):
                    kind = SINGULAR[asset_type]
                    reason = f"Canvas renamed it, because another {kind} had the title then; that one has it no longer"
                else:
                    continue
                renaming.reasons[asset_type, copy.asset_id] = reason
                shown[asset_type, (copy.url_slug if asset_type == "pages" else None) or copy.asset_id] = copy
        for original, copy in _pairs(source, destination, mapping, "module_items"):
            if copy.content in shown and is_numbered(copy, original.title):
                reason = f"Canvas renamed it together with {shown[copy.content].name}, which it shows"
                renaming.reasons["module_items", copy.asset_id] = reason
        return renaming


def is_numbered(copy: Asset, title: str) -> bool:
    """Return whether the title of a copy is another title with Canvas's number: at its end, or before an extension."""
    places = (len(title), *(place for place, character in enumerate(title) if character == "."))
    return any(_is_numbered(copy.title, title[:place], title[place:]) for place in places)


def _is_numbered(title: str, stem: str, extension: str) -> bool:
    """Return whether a title is the stem, a number, and the extension.

    The number may be in place of one that the stem has (``Home-2`` becomes ``Home-3``), or of the end of a stem for
    which it left no room.
    """
    match = re.fullmatch(rf"(.*)-\d+{re.escape(extension)}", title, re.DOTALL)
    if match is None:
        return False
    is_cut = len(title) == LONGEST_TITLE and stem.startswith(match[1])
    return is_cut or match[1] in (stem, re.sub(r"-\d+$", "", stem))


def _is_untouched(original: Asset, copy: Asset, copy_began_at: datetime | None, copy_ended_at: datetime | None) -> bool:
    """Return whether it is known that nobody edited an asset since its copy began, nor the copy since it ended."""
    return is_edited_after(copy, copy_ended_at) is False and is_edited_after(original, copy_began_at) is False


def _pairs(
    source: Inventory, destination: Inventory, mapping: AssetMap, asset_type: str
) -> Iterator[tuple[Asset, Asset]]:
    """Yield the source assets of a type whose copies have another title, each with its copy."""
    for source_id, dest_id in mapping.pairs[asset_type].items():
        original = source.assets[asset_type].get(source_id)
        copy = destination.assets[asset_type].get(dest_id)
        if original and copy and original.title != copy.title:
            yield original, copy


def _by_natural_key(
    destination: Inventory, asset_type: str, copy_began_at: datetime | None
) -> dict[tuple[str, ...] | None, Asset]:
    """Return the assets that may have been in the destination before the copy, by natural key: of two, the older."""
    assets = destination.assets[asset_type].values()
    return {
        asset.natural_key: asset
        for asset in sorted(assets, key=lambda asset: id_order(asset.asset_id), reverse=True)
        if not (asset.created_at and copy_began_at and asset.created_at > copy_began_at)
    }


def _key_in_place(original: Asset, copy: Asset) -> tuple[str, ...] | None:
    """Return the natural key that the copy would have had under the title of the source, in the folder it is in."""
    key = original.natural_key
    return (*copy.natural_key[:-1], key[-1]) if key and copy.natural_key else None
