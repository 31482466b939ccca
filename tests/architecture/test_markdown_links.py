"""The relative links of all Markdown files of the repository lead to files and headings that exist, as on GitHub."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from myst_parser.slugs import github_slugify

ROOT = Path(__file__).parents[2]
FILES = sorted(
    path
    for path in [*ROOT.glob("*.md"), *ROOT.glob("emulator/*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("docs/*/*.md")]
    if "_build" not in path.parts
)
LINK = re.compile(r"\]\((?![a-z]+:)([^)#\s]*)(?:#([^)\s]+))?\)")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links(path: Path) -> None:
    """Each link leads to a file, and each anchor to a heading of it."""
    broken = [f"{target}#{anchor}" for target, anchor in links(path) if not leads_somewhere(path, target, anchor)]
    assert broken == []


def links(path: Path) -> list[tuple[str, str]]:
    """Return the targets and anchors of the relative links of a file, without those in code."""
    return LINK.findall(re.sub(r"```.*?```|`[^`\n]*`", "", path.read_text(encoding="utf-8"), flags=re.DOTALL))


def leads_somewhere(path: Path, target: str, anchor: str) -> bool:
    """Return whether a link of a file leads to something."""
    linked = (path.parent / target) if target else path
    if not linked.exists():
        return False
    return not anchor or linked.suffix != ".md" or anchor in anchors(linked.resolve())


@cache
def anchors(path: Path) -> frozenset[str]:
    """Return the anchors that GitHub gives to the headings of a file."""
    text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    found: list[str] = []
    for title in re.findall(r"^#{1,6} (.+?)\s*$", text, re.MULTILINE):
        slug = github_slugify(re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title).replace("`", ""))
        repeated = sum(each == slug or re.fullmatch(rf"{re.escape(slug)}-\d+", each) is not None for each in found)
        found.append(f"{slug}-{repeated}" if repeated else slug)
    return frozenset(found)
