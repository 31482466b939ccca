"""How many rows a page of a listing has."""

from __future__ import annotations

MOST_ROWS = 100
"""Canvas gives no page more rows than this, whatever it is asked for; without being asked it gives 10."""


def page_size(per_page: int | None) -> int | None:
    """Return ``per_page`` if Canvas gives pages of that size.

    :raises ValueError: When it does not.
    """
    if per_page is None or (
        isinstance(per_page, int) and not isinstance(per_page, bool) and 1 <= per_page <= MOST_ROWS
    ):
        return per_page
    raise ValueError(f"per_page must be a number from 1 to {MOST_ROWS}, not {per_page!r}.")
