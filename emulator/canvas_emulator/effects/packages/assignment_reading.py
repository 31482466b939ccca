"""Assignments in the extension of Common Cartridge 1.3."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from pathlib import PurePosixPath
from typing import Any

from canvas_emulator.effects.packages.documents import Node, all_below, first, number, text_of
from canvas_emulator.effects.packages.package import PackageBuilder
from canvas_emulator.effects.packages.row_reading import values_of
from canvas_emulator.model.content import Assignment, AssignmentGroup

FORMATS: Mapping[str, str] = {
    "text": "online_text_entry",
    "html": "online_text_entry",
    "url": "online_url",
    "file": "online_upload",
}
"""The formats of submissions, and Canvas's ways to hand in."""


def read_extension(
    root: Node,
    key: str,
    builder: PackageBuilder,
    *,
    is_for_instructors: bool = False,
    link: Callable[[str], str] = lambda href: href,
) -> Assignment:
    """Read an assignment of the extension, which may have Canvas's own settings within.

    :param is_for_instructors: Whether students shall not see it.
    :param link: Turns the path of an attached file into a link.
    """
    source = root if root.tag == "assignment" else first(root, "assignment")
    source = root if source is None else source
    values: dict[str, Any] = {"title": text_of(source, "title"), "submission_types": ("none",)}
    gradable = source.find("gradable")
    if gradable is not None and (points := number(gradable.get("points_possible"))) is not None:
        values["points_possible"] = points
    formats = [FORMATS.get(each.get("type", ""), each.get("type", "")) for each in all_below(source, "format")]
    if formats:
        values["submission_types"] = tuple(dict.fromkeys(formats))
    own = source.find("extensions/assignment")
    if own is not None:
        values |= {name: value for name, value in values_of(Assignment, own, builder).items() if value != ""}
    values["description"] = text_of(source, "text") + attachments(source, link)
    state = values.get("workflow_state", "unpublished" if is_for_instructors else "published")
    values["workflow_state"] = "unpublished" if state == "unpublished" else "published"
    values.setdefault("assignment_group_id", builder.id_of(AssignmentGroup, ""))
    return Assignment(course_id=0, migration_id=key, **values)


def attachments(source: Node, link: Callable[[str], str]) -> str:
    """Return the list of attached files that Canvas writes below a text."""
    hrefs = [each.get("href", "") for each in all_below(source, "attachment")]
    lines = [f'<li><a href="{escape(link(href))}">{escape(PurePosixPath(href).name)}</a></li>' for href in hrefs]
    return "\n".join(["", "<ul>", *lines, "</ul>"])
