"""Which assets of the source a copy was meant to bring."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from airflow_provider_canvas.reconciliation.assets import Asset

_OTHER_NAMES = {
    "attachments": "files",
    "content_tags": "module_items",
    "context_modules": "modules",
    "wiki_pages": "pages",
}


@dataclass(frozen=True)
class Selection:
    """What ``select`` named when the copy was started.

    :param wanted: Ids by asset type, or None for a copy of everything.
    """

    wanted: Mapping[str, frozenset[str]] | None = None

    @classmethod
    def of(cls, selected: Mapping[str, Collection[str]] | None) -> Selection:
        """Take Canvas's ``select`` parameter: either spelling of a type, ids as text or as numbers."""
        if selected is None:
            return cls()
        wanted: dict[str, frozenset[str]] = {}
        for name, ids in selected.items():
            asset_type = _OTHER_NAMES.get(name, name)
            wanted[asset_type] = wanted.get(asset_type, frozenset()) | {str(asset_id) for asset_id in ids}
        return cls(wanted)

    def __contains__(self, asset: Asset) -> bool:
        """Whether the asset was selected, or comes along with one that was (a module's items with it)."""
        if self.wanted is None:
            return True
        named = ((asset.asset_type, asset.asset_id), *asset.comes_with)
        return any(asset_id in self.wanted.get(asset_type, ()) for asset_type, asset_id in named)
