"""Test the page of the docs that compares editions of Canvas."""

from __future__ import annotations

import pytest
from canvas_emulator.model.editions import DIFFERENCES
from which_canvas import PAGE, description, table, with_table


def test_page_has_the_table_of_today() -> None:
    """The page has the table of the emulator's editions: ``python scripts/which_canvas.py`` writes it."""
    assert PAGE.read_text() == with_table(PAGE.read_text())


def test_table_has_each_setting() -> None:
    """Each setting that depends on the edition has a row with its meaning."""
    rows = table().splitlines()[2:]
    assert [row.split("|")[1].strip(" `") for row in rows] == sorted(each.setting for each in DIFFERENCES)
    assert all(len(row.split("|")[4].strip()) > 20 for row in rows)


def test_old_table_is_replaced() -> None:
    """Text around the table stays, and a row of a setting that is gone goes."""
    old = f"# Before\n\n{table()}| `gone` | yes | no | Something. | recorded |\n\nAfter.\n"
    assert with_table(old) == f"# Before\n\n{table()}\nAfter.\n"


def test_setting_without_a_description() -> None:
    """A setting that the docstring does not describe is an error that names it."""
    with pytest.raises(LookupError, match="nonsense"):
        description("nonsense")
