"""Addresses from outside are read by one parser: no other code of the product parses URLs."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PRODUCT = Path(__file__).parents[2] / "airflow_provider_canvas"

FORBIDDEN = {"urlsplit", "urljoin", "urlparse", "urlunsplit", "urlunparse", "urldefrag", "parse_url", "proxy_bypass"}
"""Functions that parse or join URLs, of any library."""

ALLOWED = {("client/transports/aiohttp_client.py", "URL")}
"""aiohttp takes a ``yarl.URL``, which is made from an ``Address``."""


def names_in(path: Path) -> set[str]:
    """Return the names that a module imports from elsewhere, and the attributes that it reads."""
    names = set[str]()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            names |= {alias.name for alias in node.names if alias.name != "URL" or node.module == "yarl"}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.Attribute):
            names.add(node.attr)
    return names


@pytest.mark.parametrize("path", sorted(PRODUCT.rglob("*.py")), ids=lambda path: str(path.relative_to(PRODUCT)))
def test_no_other_parser_of_urls(path: Path) -> None:
    """No module parses or joins URLs with a library: ``security.address`` does."""
    used = names_in(path)
    assert not used & FORBIDDEN
    assert not any(name.startswith(("urllib.request", "yarl", "httpx")) for name in used)
    assert "URL" not in used or (str(path.relative_to(PRODUCT)), "URL") in ALLOWED
