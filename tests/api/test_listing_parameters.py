"""The number of rows per page of a listing."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_canvas.api.listing_parameters import check_per_page


@pytest.mark.parametrize("rows", [None, 1, 10, 100])
def test_valid_per_page(rows: int | None) -> None:
    """Numbers from 1 to 100 are accepted, and ``None`` leaves the parameter out."""
    assert check_per_page(rows) == rows


@pytest.mark.parametrize("rows", [0, -1, 101, "50", 2.5, True])
def test_invalid_per_page(rows: Any) -> None:
    """Other values are errors, because Canvas would silently return fewer rows than requested."""
    with pytest.raises(ValueError, match="per_page must be a number from 1 to 100"):
        check_per_page(rows)
