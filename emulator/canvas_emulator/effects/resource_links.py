"""LTI resource links: adding them, and copying those of a course."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from canvas_emulator.effects.issues import add_issue
from canvas_emulator.model.content import Assignment, Content, ExternalTool, LtiResourceLink, ModuleItem
from canvas_emulator.model.content_lti import launches
from canvas_emulator.model.records import ContentMigration
from canvas_emulator.model.world import World

FindCopy = Callable[[type[Content], int], Content | None]
"""From a kind and an id in the source to the copy, if it has arrived."""


def add_resource_link(world: World, link: LtiResourceLink) -> LtiResourceLink:
    """Add a link to its course, with keys of its own where it has none."""
    world.add(link)
    link.resource_link_uuid = link.resource_link_uuid or _uuid(world, f"resource_link_{link.id}")
    link.lookup_uuid = link.lookup_uuid or _uuid(world, f"lookup_{link.id}")
    return link


def tool_for(world: World, course_id: int, url: str | None) -> ExternalTool | None:
    """Return the tool of a course that launches a URL."""
    tools = world.live(ExternalTool, course_id) if url else []
    return next((tool for tool in tools if launches(tool, str(url))), None)


def live_links(world: World, course_id: int) -> list[LtiResourceLink]:
    """Return the links of a course, oldest first, that are not deleted."""
    return sorted(world.live(LtiResourceLink, course_id), key=lambda link: (link.created_at, link.id))


def copy_resource_links(
    world: World, migration: ContentMigration, source_id: int, copy_of: FindCopy, at: datetime
) -> None:
    """Copy the links of a course: all of the course itself, and those of the assignments that came along.

    A link that no tool of the source launches is lost without an issue. A link that is in the destination already,
    which its lookup key tells, keeps its URL, but gets the parameters of the source again.
    """
    for link in live_links(world, source_id):
        source_tool = world.find(ExternalTool, source_id, link.external_tool_id or 0)
        url = link.url or (source_tool.url if source_tool else None)
        if tool_for(world, source_id, url) is None:
            continue
        assignment_id = None
        if link.assignment_id is not None:
            assignment = copy_of(Assignment, link.assignment_id)
            if assignment is None or assignment.deleted:
                continue
            assignment_id = assignment.id
        tool = tool_for(world, migration.course_id, url)
        if tool is None:
            _report_no_tool(world, migration, link, at)
            continue
        copied = find_link(world, migration.course_id, link.lookup_uuid, assignment_id) or add_resource_link(
            world,
            LtiResourceLink(
                course_id=migration.course_id,
                title=link.title,
                url=link.url,
                lookup_uuid=link.lookup_uuid,
                external_tool_id=tool.id,
                assignment_id=assignment_id,
                created_at=at,
            ),
        )
        if copied.custom != link.custom:
            copied.custom, copied.updated_at = None if link.custom is None else dict(link.custom), at
        for item in world.live(ModuleItem, source_id):
            copied_item = copy_of(ModuleItem, item.id) if item.resource_link_id == link.id else None
            if isinstance(copied_item, ModuleItem) and copied_item.resource_link_id is None:
                copied_item.resource_link_id = copied.id


def find_link(world: World, course_id: int, lookup_uuid: str, assignment_id: int | None) -> LtiResourceLink | None:
    """Return the live link of a course, or of an assignment, with a lookup key."""
    return next(
        (
            link
            for link in world.live(LtiResourceLink, course_id)
            if (link.lookup_uuid, link.assignment_id) == (lookup_uuid, assignment_id)
        ),
        None,
    )


def _report_no_tool(world: World, migration: ContentMigration, link: LtiResourceLink, at: datetime) -> None:
    description = f'The external tool of the link "{link.title}" was not found, so the link was not copied.'
    add_issue(world, migration, at, "warning", description, fix_issue_html_url=f"/courses/{migration.course_id}")


def _uuid(world: World, name: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"https://{world.host}/lti/{name}"))
