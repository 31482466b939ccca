"""The connections of GraphQL: pages of a list, and cursors, which are the places of rows in the list."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Any

from canvas_emulator.model.settings import Settings

DEFAULT_PAGE = 20


def connection(
    settings: Settings,
    rows: Sequence[Any],
    *,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> dict[str, Any]:
    """Return one page of a list. A page that is larger than allowed is cut without an error.

    :param rows: The whole list.
    :param first: How many rows to return from the start.
    :param after: The cursor of the row before the page.
    :param last: How many rows to return from the end.
    :param before: The cursor of the row after the page.
    """
    start = _place(after, 0)
    end = _place(before, len(rows) + 1) - 1
    most = int(settings.graphql_page)
    if first is None and last is None and most:
        first = DEFAULT_PAGE
    if most:
        first, last = (None if size is None else min(size, most) for size in (first, last))
    if first is not None:
        end = min(end, start + first)
    if last is not None:
        start = max(start, end - last)
    shown = rows[start:end]
    places = range(start + 1, start + len(shown) + 1)
    return {
        "nodes": shown,
        "edges": [{"cursor": encoded(str(place)), "node": row} for place, row in zip(places, shown, strict=True)],
        "pageInfo": {
            "hasNextPage": start + len(shown) < len(rows),
            "hasPreviousPage": start > 0,
            "startCursor": encoded(str(places[0])) if shown else None,
            "endCursor": encoded(str(places[-1])) if shown else None,
        },
    }


def encoded(text: str) -> str:
    """Return a text as ids and cursors have it."""
    return b64encode(text.encode()).decode().rstrip("=")


def decoded(text: str) -> str:
    """Return the text of an id or cursor.

    :raises ValueError: When it is none.
    """
    return b64decode(text + "=" * (-len(text) % 4), validate=True).decode()


def _place(cursor: str | None, default: int) -> int:
    try:
        return int(decoded(cursor)) if cursor else default
    except ValueError:
        return default
