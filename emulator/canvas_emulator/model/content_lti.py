"""LTI resource links: what a tool is to show at a place of a course."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from canvas_emulator.model.content_base import Content
from canvas_emulator.model.unmapped_content import ExternalTool


@dataclass(kw_only=True, eq=False)
class LtiResourceLink(Content):
    """An LTI resource link of a course, or of one of its assignments.

    :param url: What the tool launches; None for the tool's own URL.
    :param custom: The parameters that the tool gets; None for none.
    :param lookup_uuid: The key that HTML and module items find it by: the same in the source and in a copy.
    :param resource_link_uuid: The key that the tool sees: another one in each course.
    :param external_tool_id: The tool.
    :param assignment_id: The assignment that it belongs to; None for one of the course.
    """

    url: str | None = None
    custom: dict[str, str] | None = field(default=None)
    lookup_uuid: str = ""
    resource_link_uuid: str = ""
    external_tool_id: int | None = None
    assignment_id: int | None = None
    KIND = "lti_resource_links"
    ASSET = "lti/resource_link"
    LABEL = "LTI Resource Link"
    SECTION = "external_tools/retrieve"

    @property
    def path(self) -> str:
        """Return the path that launches it."""
        if self.assignment_id is not None:
            return f"/courses/{self.course_id}/assignments/{self.assignment_id}"
        return f"/courses/{self.course_id}/external_tools/retrieve?resource_link_lookup_uuid={self.lookup_uuid}"


def launches(tool: ExternalTool, url: str) -> bool:
    """Tell whether a tool takes a URL: it is the tool's own, or at its domain."""
    if tool.domain and _host(url) in (tool.domain, f"www.{tool.domain}"):
        return True
    return bool(tool.url) and url.partition("?")[0] == tool.url.partition("?")[0]


def has_host_of(tool: ExternalTool, url: str) -> bool:
    """Tell whether a URL is at the host of a tool."""
    return _host(url) in {tool.domain, _host(tool.url)}


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
