"""All links between pages of the built site, and into the repository, lead to something."""

from __future__ import annotations

import posixpath
from functools import cache
from urllib.parse import unquote, urlsplit

import pytest

from tests.site.built_site import ROOT, SITE, page

PAGES = sorted(path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html"))


@cache
def anchors(name: str) -> frozenset[str]:
    """Return all anchors of a page."""
    return frozenset(page(name).xpath("//@id | //a/@name"))


def test_the_site_is_built() -> None:
    """The tests below are about pages that exist."""
    assert len(PAGES) > 50, "Run `make docs`."


@pytest.mark.parametrize("name", PAGES)
def test_links(name: str) -> None:
    """Each link of a page leads to a page or file that exists, and to an anchor that exists on it."""
    broken = [link for link in page(name).xpath("//a/@href | //img/@src") if not leads_somewhere(name, link)]
    assert broken == []


def leads_somewhere(name: str, link: str) -> bool:
    """Return whether a link of a page leads to something, if this can be told without the network."""
    parts = urlsplit(link)
    if "/airflow-provider-canvas/blob/" in parts.path or "/airflow-provider-canvas/tree/" in parts.path:
        path = parts.path.split("/", 5)[5]
        return (ROOT / unquote(path)).exists()
    if parts.scheme or parts.netloc:
        return True
    target = posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(parts.path))) if parts.path else name
    if not (SITE / target).is_file():
        return False
    fragment = unquote(parts.fragment)
    return not fragment or not target.endswith(".html") or fragment in anchors(target)
