"""The links and pictures of ``README.md`` work where it is shown without the repository, such as on PyPI."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from urllib.parse import urldefrag

import pytest

ROOT = Path(__file__).parents[2]
URLS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]
FILES = f"{URLS['Repository']}/blob/main/"
PICTURES = f"{URLS['Repository']}/main/".replace("https://github.com/", "https://raw.githubusercontent.com/")

LINK = re.compile(r"(!?)\[[^\]]*\]\(([^)\s]+)\)")
LINKS = LINK.findall((ROOT / "README.md").read_text(encoding="utf-8"))


def heading_anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub and the site make them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("target", sorted({target for picture, target in LINKS if not picture}))
def test_each_link_is_absolute_and_leads_to_an_existing_page(target: str) -> None:
    """A link to the documentation names a page and a heading of it; a link to the repository names a file of it."""
    address, anchor = urldefrag(target)
    assert address.startswith("https://")
    if address.startswith(URLS["Documentation"]):
        page = ROOT / "docs" / f"{address.removeprefix(URLS['Documentation']).removesuffix('.html')}.md"
        assert page.is_file()
        assert not anchor or anchor in heading_anchors(page)
    elif address.startswith(URLS["Repository"]):
        assert (ROOT / address.removeprefix(FILES)).exists()


def test_each_picture_is_absolute_and_exists() -> None:
    """Pictures are files of the repository, by addresses that return the file itself."""
    pictures = [target for picture, target in LINKS if picture]
    assert pictures
    assert all(target.startswith(PICTURES) for target in pictures)
    assert all((ROOT / target.removeprefix(PICTURES)).is_file() for target in pictures)
