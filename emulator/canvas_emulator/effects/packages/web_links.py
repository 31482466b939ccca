"""Web links of a cartridge, which the items of modules that are links have."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from canvas_emulator.effects.mapping import asset_key
from canvas_emulator.effects.packages.xml_writing import WEB_LINK, add, document
from canvas_emulator.model.content import ModuleItem


def web_link_key(item: ModuleItem) -> str:
    """Return the key of the link of an item."""
    return asset_key(f"weblink{item.ASSET}", item.id)


def web_link(item: ModuleItem) -> Element:
    """Write the link of an item."""
    root = document("webLink", WEB_LINK)
    add(root, "title", item.title)
    add(root, "url", href=item.external_url or "")
    return root
