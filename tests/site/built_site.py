"""The site as ``make docs`` has built it."""

from __future__ import annotations

import zlib
from functools import cache
from pathlib import Path

from lxml import html

ROOT = Path(__file__).parents[2]
SITE = ROOT / "docs" / "_build" / "html"


@cache
def inventory() -> dict[str, dict[str, str]]:
    """Return the addresses of ``objects.inv`` by type and name, such as ``py:class``."""
    content = (SITE / "objects.inv").read_bytes().split(b"\n", 4)[4]
    objects: dict[str, dict[str, str]] = {}
    for line in zlib.decompress(content).decode().splitlines():
        name, kind, _priority, address, _shown = line.split(None, 4)
        objects.setdefault(kind, {})[name] = address.replace("$", name)
    return objects


@cache
def page(name: str) -> html.HtmlElement:
    """Return a page, by its path below the site."""
    return html.fromstring((SITE / name).read_bytes())


def described(name: str, kind: str = "py:class") -> html.HtmlElement:
    """Return the description of an object: what stands below its name."""
    path, _, anchor = inventory()[kind][name].partition("#")
    (term,) = page(path).xpath("//dt[@id=$anchor]", anchor=anchor)
    return term.getparent()
