"""The external tools of a cartridge, as Basic LTI links."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from canvas_emulator.effects.packages.xml_writing import TOOL, add, document
from canvas_emulator.model.content import ExternalTool

PLATFORM = "canvas.instructure.com"


def tool(row: ExternalTool) -> Element:
    """Write a tool, without its key and secret, which never leave a Canvas."""
    root = document("cartridge_basiclti_link", TOOL)
    add(root, "blti:title", row.title)
    add(root, "blti:description", row.description)
    if row.url:
        add(root, "blti:secure_launch_url" if row.url.startswith("https:") else "blti:launch_url", row.url)
    vendor = add(root, "blti:vendor")
    add(vendor, "lticp:code", "unknown")
    add(vendor, "lticp:name", "unknown")
    extensions = add(root, "blti:extensions", platform=PLATFORM)
    add(extensions, "lticm:property", row.privacy_level, name="privacy_level")
    if row.domain is not None:
        add(extensions, "lticm:property", row.domain, name="domain")
    add(extensions, "lticm:property", "1.1", name="lti_version")
    return root
