"""Merging the tools of one domain, of which a cartridge may have a thousand, each with an address of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from canvas_emulator.effects.packages.tool_reading import ToolLink
from canvas_emulator.model.content import ExternalTool


def merge(links: Sequence[ToolLink]) -> tuple[list[ToolLink], Mapping[str, str]]:
    """Merge the tools of one domain that have the same settings. A merged tool has the domain's name and no URL.

    :return: The links that are left, and the migration ids that are merged into others.
    """
    kept: list[ToolLink] = []
    aliases: dict[str, str] = {}
    for link in links:
        domain = _domain(link.tool)
        same = next((other for other in kept if _domain(other.tool) == domain and _is_like(link, other)), None)
        if same is None or domain is None or link.points is not None:
            kept.append(link)
            continue
        same.tool.url, same.tool.domain, same.tool.title = "", domain, domain[:100]
        aliases[link.tool.migration_id or ""] = same.tool.migration_id or ""
    return kept, aliases


def _domain(tool: ExternalTool) -> str | None:
    if tool.domain:
        return tool.domain
    try:
        return urlsplit(tool.url).hostname
    except ValueError:
        return None


def _is_like(link: ToolLink, other: ToolLink) -> bool:
    tool, same = link.tool, other.tool
    return (
        tool.privacy_level == same.privacy_level
        and tool.consumer_key == same.consumer_key
        and link.settings == other.settings
    )
