"""LTI links in cartridges: tools of the course."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from canvas_emulator.effects.packages.documents import Node, number, text, text_of
from canvas_emulator.model.content import ExternalTool

CANVAS = "canvas.instructure.com"
"""The platform whose extensions of a link are Canvas's own."""
NO_KEY = "fake"
"""What Canvas writes for a key that a package does not have."""
CREDENTIALS = ("consumer_key", "shared_secret")
OWN = ("privacy_level", "domain", "tool_id", "outcome", "not_selectable", *CREDENTIALS)


@dataclass(frozen=True)
class ToolLink:
    """An LTI link.

    :param tool: The tool.
    :param points: The points of the assignment that it asks for; None if it asks for none.
    :param settings: Its other settings: tools with different ones are not the same tool.
    :param custom: Its custom fields.
    """

    tool: ExternalTool
    points: float | None = None
    settings: Mapping[str, object] = field(default_factory=dict)
    custom: Mapping[str, str] = field(default_factory=dict)


def read_tool(root: Node, key: str) -> ToolLink | None:
    """Read an LTI link; return None for anything else."""
    link = root if root.tag == "cartridge_basiclti_link" else root.find(".//cartridge_basiclti_link")
    if link is None:
        return None
    own: dict[str, object] = {}
    settings: dict[str, object] = {}
    for extensions in link.findall("extensions"):
        properties = _properties(extensions)
        if extensions.get("platform") == CANVAS:
            own |= {name: properties.pop(name) for name in OWN if name in properties}
            settings |= properties
        else:
            settings[f"of {extensions.get('platform')}"] = properties
    privacy = str(own.get("privacy_level") or text_of(link, "privacy_level").strip() or "name_only")
    custom = link.find("custom")
    has_credentials = all(own.get(name) not in (None, "", NO_KEY) for name in CREDENTIALS)
    tool = ExternalTool(
        course_id=0,
        title=text_of(link, "title").strip(),
        description=text_of(link, "description").strip(),
        url=text_of(link, "secure_launch_url", "launch_url", "url").strip(),
        domain=str(own["domain"]) if own.get("domain") else None,
        privacy_level=privacy,
        workflow_state=privacy,
        consumer_key=str(own["consumer_key"]) if has_credentials else "",
        migration_id=key,
    )
    fields = {name: str(value) for name, value in _properties(custom).items()} if custom is not None else {}
    return ToolLink(tool, number(str(own["outcome"])) if "outcome" in own else None, settings, fields)


def _properties(node: Node) -> dict[str, object]:
    """Return the properties of an element, with those of groups of properties below their names."""
    found: dict[str, object] = {}
    for child in node:
        name = child.get("name", "")
        if child.tag == "property":
            found[name] = text(child).strip()
        elif child.tag in ("options", "custom"):
            found[name or str(child.tag)] = _properties(child)
    return found
