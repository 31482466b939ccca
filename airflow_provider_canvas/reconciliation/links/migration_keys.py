"""The keys by which Canvas names the assets of a course in an export: ``g`` and 32 hexadecimal digits.

The digits are the MD5 of the asset's type and global id, such as ``assignment_10000000000002``. A newer Canvas sends
the keys with its mapping.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cached_property
from hashlib import md5

from airflow_provider_canvas.reconciliation.id_forms import IDS_PER_SHARD
from airflow_provider_canvas.reconciliation.links.course_index import CourseIndex
from airflow_provider_canvas.reconciliation.mapping import AssetMap

ASSET_NAMES: Mapping[str, str] = {
    "assignments": "assignment",
    "announcements": "discussion_topic",
    "calendar_events": "calendar_event",
    "discussion_topics": "discussion_topic",
    "external_tools": "context_external_tool",
    "files": "attachment",
    "folders": "folder",
    "module_items": "content_tag",
    "modules": "context_module",
    "pages": "wiki_page",
    "quizzes": "quizzes:quiz",
    "rubrics": "rubric",
}
"""Canvas's name of the type in a key, by listing."""

_KEY = re.compile(r"g[0-9a-f]{32}")


def is_key(text: str) -> bool:
    """Return whether a text has the form of a key.

    :param text: The text, such as an id in an address.
    """
    return _KEY.fullmatch(text) is not None


def migration_key(listing: str, asset_id: str, shard: int = 1) -> str:
    """Return the key of an asset.

    :param listing: Listing of the asset, one of ``ASSET_NAMES``.
    :param asset_id: Its local or global id.
    :param shard: Number of the shard, for a local id.
    """
    number = int(asset_id)
    global_id = number if number > IDS_PER_SHARD else shard * IDS_PER_SHARD + number
    return "g" + md5(f"{ASSET_NAMES[listing]}_{global_id}".encode(), usedforsecurity=False).hexdigest()


class SourceKeys:
    """The assets of a source by their keys.

    :param source: The source.
    :param mapping: Canvas's mapping of the copy; it has assets that were deleted since, too.
    :param shard: Number of the home shard, for local ids.
    """

    def __init__(self, source: CourseIndex, mapping: AssetMap, shard: Callable[[], int] = lambda: 1) -> None:
        self._source = source
        self._mapping = mapping
        self._shard = shard

    def find(self, key: str) -> tuple[str, str] | None:
        """Return listing and id of the asset that has a key; None if the source has none.

        :param key: The key.
        """
        return self._assets.get(key)

    @cached_property
    def _assets(self) -> Mapping[str, tuple[str, str]]:
        assets: dict[str, tuple[str, str]] = {}
        shard = self._shard()
        for listing in ASSET_NAMES:
            ids = {*(self._source.records(listing) or {}), *self._mapping.pairs.get(listing, {})}
            for asset_id in ids:
                if asset_id.isascii() and asset_id.isdigit():
                    assets.setdefault(migration_key(listing, asset_id, shard), (listing, asset_id))
        for (listing, asset_id), identity in self._mapping.identities.items():
            if identity.migration_hash and asset_id:
                assets[identity.migration_hash] = listing, asset_id
        return assets
