"""The manifest of a cartridge: its resources, and which of them stand for others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from canvas_emulator.effects.packages.documents import Node, all_below, first, text

SUPPORTED = re.compile(r"assessment$|^assignment|^imswl|^imsbasiclti|^imsdt|webcontent|learning-application-resource$")
"""The types of resources that a resource may prefer to itself."""
INSTRUCTOR = "Instructor"


@dataclass(eq=False)
class Resource:
    """A resource of a manifest.

    :param key: Its identifier.
    :param type: Its type.
    :param node: Its element, which may contain the content itself.
    :param href: Its main file.
    :param files: All its files.
    :param dependencies: The identifiers of the resources that it needs.
    :param role: For whom it is: ``Learner``, ``Instructor`` or ``Mentor``, or empty.
    :param use: What it is used as: ``assignment``, ``lessonplan``, ``syllabus`` or empty.
    :param preferred: The identifier of the resource that is preferred to it.
    """

    key: str
    type: str
    node: Node
    href: str = ""
    files: list[str] = field(default_factory=list)
    dependencies: list[str] = field(default_factory=list)
    role: str = ""
    use: str = ""
    preferred: str = ""

    @property
    def path(self) -> str:
        """Return its main file, or else its first one."""
        return self.href or next(iter(self.files), "")

    @property
    def is_for_instructors(self) -> bool:
        """Tell whether students shall not see it."""
        return self.role == INSTRUCTOR


class Manifest:
    """The manifest of a cartridge.

    :param root: Its root element.
    """

    def __init__(self, root: Node) -> None:
        self.root = root
        self._resources: dict[str, Resource] = {}
        for node in all_below(root, "resource"):
            resource = _resource(node)
            self._resources[resource.key or f" {len(self._resources)}"] = resource

    def __iter__(self) -> Iterator[Resource]:
        """Yield each resource once."""
        yield from dict.fromkeys(self._resources.values())

    def find(self, key: str) -> Resource | None:
        """Return the resource with an identifier, or the one that stands for it."""
        return self._resources.get(key)

    def of_type(self, *prefixes: str) -> Iterator[Resource]:
        """Yield the resources whose type begins in some way."""
        yield from (each for each in self if each.type.startswith(prefixes))

    def prefer_variants(self) -> None:
        """Let the preferred variants stand for the others, or the others for those that cannot be imported."""
        for resource in [each for each in self._resources.values() if each.preferred]:
            preferred = self._resources.get(resource.preferred)
            if preferred is None or preferred is resource:
                continue
            if SUPPORTED.search(preferred.type):
                self._resources[resource.key] = preferred
            else:
                self._resources[preferred.key] = resource


def _resource(node: Node) -> Resource:
    variant = first(node, "variant")
    return Resource(
        key=node.get("identifier", ""),
        type=node.get("type", ""),
        node=node,
        href=_path(node.get("href", "")),
        files=[_path(each.get("href", "")) for each in all_below(node, "file") if each.get("href")],
        dependencies=[each.get("identifierref", "") for each in all_below(node, "dependency")],
        role=text(first(node, "intendedEndUserRole", "value")).strip(),
        use=node.get("intendeduse", ""),
        preferred=variant.get("identifierref", "") if variant is not None else "",
    )


def _path(href: str) -> str:
    return href.replace("\\", "/")
