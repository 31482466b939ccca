"""The assets that a copy was to bring: those that ``select`` names, and what Canvas copies along with them.

A module brings its items and what they show, a graded quiz or discussion its assignment and the other way round, and
HTML the files that it shows. Canvas does not store this: it is found in the source as it is now.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from airflow_provider_canvas.api.selection import ALL
from airflow_provider_canvas.reconciliation.assets import Asset
from airflow_provider_canvas.reconciliation.inventory import Inventory
from airflow_provider_canvas.reconciliation.mapping import AssetMap

Key = tuple[str, str]
"""Type and id of an asset."""

Selected = Mapping[str, Collection[str | int] | str]
"""``select``: by type ids, or ``"all"``."""

_ALIASES = {
    "attachments": "files",
    "content_tags": "module_items",
    "context_modules": "modules",
    "wiki_pages": "pages",
}

_GRADED = {"assignments", "discussion_topics", "quizzes"}
"""Types whose assets come in pairs, of which either brings the other: a graded quiz and its assignment."""


@dataclass(frozen=True)
class Selection:
    """The assets that a copy was to bring.

    :param keys: Type and id of each; None for a copy of everything.
    """

    keys: frozenset[Key] | None = None

    @classmethod
    def find(
        cls,
        selected: Selected | None,
        source: Inventory,
        later: Collection[Key] = (),
        copy_began_at: datetime | None = None,
    ) -> Selection:
        """Find the selected assets of the source, with those that came along.

        :param selected: The copy's ``select``, with types in either spelling; None for a copy of everything.
        :param source: The course that was copied.
        :param later: Type and id of assets that are younger than the copy; they brought nothing along.
        :param copy_began_at: When Canvas began the copy. HTML that was changed later may show other files now.
        """
        if selected is None:
            return cls()
        along: dict[Key, list[Key]] = {}
        for bringing, brought in _brought_along(source, copy_began_at):
            if bringing not in later:
                along.setdefault(bringing, []).append(brought)
        keys: set[Key] = set()
        waiting = list(_named(selected, source))
        while waiting:
            key = waiting.pop()
            if key not in keys:
                keys.add(key)
                waiting += along.get(key, ())
        return cls(frozenset(keys))

    def __contains__(self, asset: Asset) -> bool:
        """Return whether the copy was to bring an asset."""
        return self.keys is None or (asset.asset_type, asset.asset_id) in self.keys


def pages_to_read(
    selected: Selected | None, source: Inventory, mapping: AssetMap, copy_began_at: datetime | None
) -> list[str]:
    """Return the slugs of the selected pages whose HTML tells whether a file was to come along.

    The listing of pages has no HTML. If everything was copied, or all files arrived, none needs to be read.
    """
    if selected is None or not source.assets["files"].keys() - mapping.pairs["files"].keys():
        return []
    selection = Selection.find(selected, source, copy_began_at=copy_began_at)
    pages = (page for page in source.assets["pages"].values() if page in selection)
    return [page.url_slug for page in pages if page.url_slug and not _is_changed(page, copy_began_at)]


def _named(selected: Selected, source: Inventory) -> Iterator[Key]:
    """Yield type and id of everything that ``select`` names, also of what the source does not have."""
    for name, ids in selected.items():
        asset_type = _ALIASES.get(name, name)
        if ids != ALL:
            yield from ((asset_type, str(asset_id)) for asset_id in ids)
        elif asset_type == "folders":
            yield from ((asset_type, file.folder_id) for file in source.assets["files"].values() if file.folder_id)
        else:
            yield from ((asset_type, asset_id) for asset_id in source.assets.get(asset_type, ()))


def _brought_along(source: Inventory, copy_began_at: datetime | None) -> Iterator[tuple[Key, Key]]:
    """Yield pairs: an asset (or a folder), and an asset that a copy of it brings along."""
    slugs = {page.url_slug: page_id for page_id, page in source.assets["pages"].items()}
    for asset_type, assets in source.assets.items():
        for asset_id, asset in assets.items():
            key = (asset_type, asset_id)
            for companion in asset.comes_with:
                yield companion, key
                if asset_type in _GRADED and companion[0] in _GRADED:
                    yield key, companion
            if asset.content is not None:
                shown_type, shown_id = asset.content
                yield key, (shown_type, slugs.get(shown_id, "") if shown_type == "pages" else shown_id)
            if not _is_changed(asset, copy_began_at):
                yield from ((key, ("files", file_id)) for file_id in asset.shown_files)


def _is_changed(asset: Asset, copy_began_at: datetime | None) -> bool:
    """Return whether an asset was changed after the copy had begun, so that its HTML may be another one now."""
    return None not in (asset.updated_at, copy_began_at) and asset.updated_at > copy_began_at  # type: ignore[operator]
