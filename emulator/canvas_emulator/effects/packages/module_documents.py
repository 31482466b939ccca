"""The modules of a cartridge: all that Canvas knows of them, and the outline in the manifest."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree.ElementTree import Element

from canvas_emulator.effects.mapping import migration_id
from canvas_emulator.effects.packages.course_content import CourseContent
from canvas_emulator.effects.packages.web_links import web_link_key
from canvas_emulator.effects.packages.xml_writing import CANVAS, add, add_all, add_known, document
from canvas_emulator.model.content import ITEM_CONTENT, Module, ModuleItem

CONTENT_TYPES: Mapping[str, str] = {
    "Page": "WikiPage",
    "Assignment": "Assignment",
    "Quiz": "Quizzes::Quiz",
    "Discussion": "DiscussionTopic",
    "File": "Attachment",
    "ExternalTool": "ContextExternalTool",
    "ExternalUrl": "ExternalUrl",
    "SubHeader": "ContextModuleSubHeader",
}
"""By the API's name of the type of an item, the one in packages."""

LINKS = frozenset({"ExternalUrl", "ExternalTool"})
"""The types of items that have a URL."""


def module_meta(content: CourseContent) -> Element:
    """Write all that Canvas knows of the modules."""
    root = document("modules", CANVAS)
    for module in content.all(Module):
        _module(content, module, add(root, "module", identifier=content.key(module)))
    return root


def _module(content: CourseContent, module: Module, root: Element) -> None:
    add_all(root, {"title": module.title, "workflow_state": module.workflow_state, "position": module.position})
    add_known(
        root,
        {
            "unlock_at": module.unlock_at,
            "require_sequential_progress": module.require_sequential_progress or None,
            "requirement_count": module.requirement_count,
        },
    )
    add(root, "locked", False)
    earlier = [row for row in content.all(Module) if row.id in module.prerequisite_module_ids]
    if earlier:
        prerequisites = add(root, "prerequisites")
        for row in earlier:
            prerequisite = add(prerequisites, "prerequisite", type="context_module")
            add_all(prerequisite, {"title": row.title, "identifierref": content.key(row)})
    items = add(root, "items")
    shown = items_of(content, module)
    for item in shown:
        _item(content, item, add(items, "item", identifier=content.key(item)))
    completing = [item for item in shown if item.completion_requirement is not None]
    if completing:
        requirements = add(root, "completionRequirements")
        for item in completing:
            requirement = add(requirements, "completionRequirement", type=str(item.completion_requirement))
            add_known(requirement, {"min_score": item.min_score, "identifierref": content.key(item)})


def _item(content: CourseContent, item: ModuleItem, root: Element) -> None:
    add_all(
        root,
        {
            "content_type": CONTENT_TYPES.get(item.type, item.type),
            "workflow_state": item.workflow_state,
            "title": item.title,
        },
    )
    add_known(root, {"identifierref": _shown_key(content, item), "url": _url(item)})
    add_all(root, {"position": item.position, "new_tab": item.new_tab, "indent": item.indent})
    add(root, "link_settings_json", "null")


def items_of(content: CourseContent, module: Module) -> list[ModuleItem]:
    """Return the items of a module, by position."""
    items = [item for item in content.all(ModuleItem) if item.module_id == module.id]
    return sorted(items, key=lambda item: item.position)


def outline(content: CourseContent, root: Element) -> None:
    """Write the modules and their items for readers that are not Canvas."""
    for module in content.all(Module):
        below = add(root, "item", identifier=content.key(module))
        add(below, "title", module.title)
        for item in items_of(content, module):
            resource = web_link_key(item) if item.type == "ExternalUrl" else _shown_key(content, item)
            reference = {} if resource is None else {"identifierref": resource}
            add(add(below, "item", identifier=content.key(item), **reference), "title", item.title)


def _shown_key(content: CourseContent, item: ModuleItem) -> str | None:
    """Return the key of what an item shows; a link shows itself, and a heading nothing."""
    kind = ITEM_CONTENT.get(item.type)
    if kind is not None and item.content_id is not None:
        return migration_id(kind, item.content_id)
    return content.key(item) if item.type in LINKS else None


def _url(item: ModuleItem) -> str | None:
    return (item.external_url or "") if item.type in LINKS else None
