"""The page ``docs/understand_one_copy.md`` names existing files and the requests that a copy sends."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "understand_one_copy.md"
LINKS = re.findall(r"\[([\w/]+\.py)\]\(([^)]+)\)", PAGE.read_text(encoding="utf-8"))


@pytest.mark.parametrize(("name", "target"), sorted(set(LINKS)))
def test_each_file_exists(name: str, target: str) -> None:
    """Each path on the page is a file of the provider, and its link leads there."""
    path = (PAGE.parent / target).resolve()
    assert path.is_file()
    assert path.as_posix().endswith(f"airflow_provider_canvas/{name}")


def test_the_page_names_files() -> None:
    """The page has at least one link per step of a copy."""
    assert len(LINKS) > 20
