"""Modules and their items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from canvas_emulator.model.content_assignments import Assignment
from canvas_emulator.model.content_base import Content, References
from canvas_emulator.model.content_discussions import DiscussionTopic
from canvas_emulator.model.content_files import File
from canvas_emulator.model.content_pages import Page
from canvas_emulator.model.content_quizzes import Quiz
from canvas_emulator.model.unmapped_content import ExternalTool


@dataclass(kw_only=True, eq=False)
class Module(Content):
    """A module; ``title`` is its ``name``.

    :param position: Its place in the course, counted from 1.
    :param unlock_at: When it becomes available; None for at once.
    :param require_sequential_progress: Whether students must complete its items in order.
    :param prerequisite_module_ids: The modules that students must complete first.
    :param publish_final_grade: Whether completing it publishes the final grade.
    :param requirement_count: How many of its requirements complete it; None for all.
    """

    position: int = 1
    unlock_at: datetime | None = None
    require_sequential_progress: bool = False
    prerequisite_module_ids: tuple[int, ...] = ()
    publish_final_grade: bool = False
    requirement_count: int | None = None
    KIND = "modules"
    ASSET = "context_module"
    LABEL = "Module"
    SECTION = "modules"
    DATES = ("unlock_at",)


Module.REFERENCES = {"prerequisite_module_ids": Module}

ITEM_CONTENT: Mapping[str, type[Content]] = {
    "Page": Page,
    "Assignment": Assignment,
    "Quiz": Quiz,
    "Discussion": DiscussionTopic,
    "File": File,
    "ExternalTool": ExternalTool,
}
"""The item types that show content of the course, and the kind of content that each shows."""


@dataclass(kw_only=True, eq=False)
class ModuleItem(Content):
    """An item of a module: content of the course, or a header, a link or a tool, which have no ``content_id``.

    :param module_id: The module that it is in.
    :param type: Canvas's name for the type, such as ``Page`` or ``SubHeader``.
    :param position: Its place in the module, counted from 1.
    :param indent: How far it is indented, in levels.
    :param content_id: The content that it shows; None for a header or a link.
    :param external_url: The URL of a link or a tool.
    :param new_tab: Whether the link opens in a new tab.
    :param resource_link_id: The LTI resource link that a tool launches. A copy has its own.
    :param completion_requirement: What completes it, such as ``must_view``; None for nothing.
    :param min_score: The score that completes it, where the requirement is ``min_score``.
    """

    module_id: int
    type: str
    position: int = 1
    indent: int = 0
    content_id: int | None = None
    external_url: str | None = None
    new_tab: bool | None = False
    resource_link_id: int | None = None
    completion_requirement: str | None = None
    min_score: float | None = None
    KIND = "module_items"
    ASSET = "content_tag"
    LABEL = "Module Item"
    SECTION = "modules/items"
    REQUIRED = ("module_id", "content_id")
    OWN = Content.OWN | {"resource_link_id"}

    def references(self) -> References:
        """Return the module, and the content that the item shows, if it shows any."""
        shown = ITEM_CONTENT.get(self.type)
        return {"module_id": Module} | ({"content_id": shown} if shown else {})
