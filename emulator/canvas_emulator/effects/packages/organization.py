"""The organization of a cartridge: its folders become modules, and its loose items go into one module."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from canvas_emulator.effects.packages.documents import Node, first, text, text_of
from canvas_emulator.effects.packages.manifest import Manifest, Resource
from canvas_emulator.effects.packages.package import PackageBuilder
from canvas_emulator.model.content import (
    Assignment,
    Content,
    DiscussionTopic,
    ExternalTool,
    File,
    Module,
    ModuleItem,
    Quiz,
)

MISC_TITLE, MISC_KEY = "Misc Module", "misc_module_top_level_items"
FOR_FAMILY: Mapping[str, tuple[tuple[str, type[Content]], ...]] = {
    "imsqti": (("Quiz", Quiz),),
    "assignment": (("Assignment", Assignment),),
    "imsdt": (("Discussion", DiscussionTopic),),
    "imsbasiclti": (("Assignment", Assignment), ("ExternalTool", ExternalTool)),
    "webcontent": (("Assignment", Assignment), ("File", File)),
    "associatedcontent": (("Assignment", Assignment), ("File", File)),
}
"""What an item of a resource shows, by how the resource's type begins: the first that there is."""


@dataclass
class _Target:
    """A module that is being filled.

    :param row: The module.
    :param count: How many items it has.
    """

    row: Module
    count: int = 0


class Organization:
    """Reads the organization of a cartridge.

    :param root: The manifest's element.
    :param manifest: The manifest.
    :param builder: The package, which has all content by now.
    :param document: Returns the document of a resource.
    :param urls: The URLs of LTI links, by the identifiers of their resources.
    """

    def __init__(
        self,
        root: Node,
        manifest: Manifest,
        builder: PackageBuilder,
        document: Callable[[Resource, str], Node | None],
        urls: Mapping[str, str],
    ) -> None:
        self._root, self._manifest, self._builder = root, manifest, builder
        self._document, self._urls = document, urls
        self._misc: _Target | None = None
        self._modules = 0

    def read(self) -> None:
        """Read the modules with their items."""
        for organization in self._root.findall("organizations/organization"):
            for node in organization.findall("item/item"):
                if node.get("identifierref"):
                    self._read_loose(node)
                else:
                    self._read_folder(node)

    def _read_loose(self, node: Node) -> None:
        """Read an item that is in no folder."""
        if (item := self._item(node)) is not None:
            if self._misc is None:
                self._misc = self._module(MISC_TITLE, MISC_KEY)
            self._add(self._misc, item, 0)

    def _read_folder(self, node: Node) -> None:
        key = node.get("identifier") or f"module_{self._modules + 1}"
        target = self._module(_title(node) or "Module", key)
        self._read_children(node, target, 0)

    def _read_children(self, node: Node, target: _Target, indent: int) -> None:
        for child in node.findall("item"):
            if child.get("identifierref"):
                if (item := self._item(child)) is not None:
                    self._add(target, item, indent)
                continue
            heading = ModuleItem(
                course_id=0,
                title=_title(child),
                module_id=0,
                type="SubHeader",
                migration_id=child.get("identifier") or f"{target.row.migration_id}_{target.count}",
            )
            self._add(target, heading, indent)
            self._read_children(child, target, indent + 1)

    def _module(self, title: str, key: str) -> _Target:
        self._modules += 1
        return _Target(self._builder.add(Module(course_id=0, title=title, migration_id=key, position=self._modules)))

    def _add(self, target: _Target, item: ModuleItem, indent: int) -> None:
        target.count += 1
        item.module_id, item.position, item.indent = target.row.id, target.count, indent
        item.migration_id = item.migration_id or f"{target.row.migration_id}_{target.count}"
        if self._builder.find(ModuleItem, item.migration_id) is not None:
            item.migration_id = f"{item.migration_id}_{target.row.migration_id}_{target.count}"
        self._builder.add(item)

    def _item(self, node: Node) -> ModuleItem | None:
        """Return the item for a resource; None if there is nothing to show."""
        resource = self._manifest.find(node.get("identifierref", ""))
        if resource is None:
            return None
        title = _title(node)
        item = ModuleItem(
            course_id=0, title=title, module_id=0, type="ExternalUrl", migration_id=node.get("identifier")
        )
        if resource.type.startswith("imswl"):
            link = self._document(resource, "webLink")
            item.title = title or text_of(link, "title")
            url = first(link, "url")
            item.external_url = url.get("href", "").strip() if url is not None else ""
            if not item.external_url:
                return None
        elif not self._show(item, resource):
            return None
        if resource.is_for_instructors:
            item.workflow_state = "unpublished"
        return item

    def _show(self, item: ModuleItem, resource: Resource) -> bool:
        """Let an item show the content of a resource; return whether there is any."""
        family = next((name for name in FOR_FAMILY if resource.type.startswith(name)), "")
        for item_type, kind in FOR_FAMILY.get(family, ()):
            if (content := self._builder.find(kind, resource.key)) is None:
                continue
            item.type, item.content_id = item_type, content.id
            if isinstance(content, Assignment) and not content.title:
                content.title = item.title
            if isinstance(content, ExternalTool):
                item.external_url = self._urls.get(resource.key) or None
            elif isinstance(content, File):
                item.title = item.title or content.title
            else:
                item.title = content.title or item.title
                item.workflow_state = "active" if content.published else "unpublished"
            return True
        return False


def _title(node: Node) -> str:
    return text(node.find("title")).strip()
