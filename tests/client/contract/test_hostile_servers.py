"""Whatever a server sends in place of a response, the request ends in time, with a result or an error of ours."""

from __future__ import annotations

import pytest

from tests.client.contract.hostile_page import INTRO, PAGE, cells
from tests.support.hostile_canvas import ATTACKS

WRITTEN = {line[2:].split(" | ")[0]: line for line in PAGE.read_text().splitlines() if line.startswith("| ")}


@pytest.mark.parametrize("name", ATTACKS)
def test_attack(name: str) -> None:
    """Each request that gets the attack ends as the page says, on both transports."""
    assert f"| {' | '.join(cells(name))} |" == WRITTEN[name]


def test_page_has_no_other_rows() -> None:
    """The page explains the table, and has a row for each attack."""
    assert PAGE.read_text().startswith(INTRO)
    assert list(WRITTEN)[2:] == list(ATTACKS)
