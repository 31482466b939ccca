"""How many rows a page of a listing may have."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_canvas.api.listing_parameters import check_per_page


@pytest.mark.parametrize("rows", [None, 1, 10, 100])
def test_taken(rows: int | None) -> None:
    """What Canvas gives is asked for; nothing said is nothing sent."""
    assert check_per_page(rows) == rows


@pytest.mark.parametrize("rows", [0, -1, 101, "50", 2.5, True])
def test_refused(rows: Any) -> None:
    """Canvas would give fewer rows than asked for, or its ten, without a word."""
    with pytest.raises(ValueError, match="per_page must be a number from 1 to 100"):
        check_per_page(rows)
