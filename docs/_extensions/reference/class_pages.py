"""One page per operator, sensor and transfer."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from reference.public import full_name, provided_classes

KINDS = ("operators", "sensors", "transfers")
"""The kinds whose classes have pages of their own, ``reference/operators/course_copy``; others share one page."""


def pages(kind: str, table: Path) -> dict[str, str]:
    """Return the pages of the classes of a kind, by file name.

    :param kind: The key of the provider's description.
    :param table: The page with the table of all operators, which links to their guides and examples.
    """
    guides = _guides(table.read_text(encoding="utf-8"))
    return {f"{page_name(each)}.md": _page(each, guides.get(each.__name__, ())) for each in provided_classes(kind)}


def page_name(kind: type) -> str:
    """Return the name of a class's page, which is that of its module."""
    return kind.__module__.rpartition(".")[2]


def _page(kind: type, guides: Iterable[str]) -> str:
    lines = [f"# {kind.__name__}", ""]
    if guides:
        lines += [f"{', '.join(guides)}", ""]
    lines += ["```python", f"from {kind.__module__} import {kind.__name__}", "```", ""]
    lines += ["```{eval-rst}", f".. autoclass:: {full_name(kind)}", "```", ""]
    return "\n".join(lines)


def _guides(table: str) -> dict[str, list[str]]:
    """Return the links to guides and examples of each class, from the rows of the table of operators."""
    links: dict[str, list[str]] = {}
    for row in re.findall(r"^\|.*`Canvas\w+`.*\|$", table, re.MULTILINE):
        for name in re.findall(r"`(Canvas\w+)`", row):
            links[name] = [f"[{text}](../../{target})" for text, target in re.findall(r"\[(.+?)\]\((.+?)\)", row)]
    return links
