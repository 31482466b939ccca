"""The end of a listing that does not end by itself: a cycle of ``next`` links, or pages without end."""

from __future__ import annotations

from typing import Any

from airflow_provider_canvas.client.errors import CanvasUnexpectedResponseError

MAX_EMPTY_PAGES = 100
"""Pages without items in a row, at most: Canvas filters the items of some listings after it has cut them into pages."""

MAX_EQUAL_PAGES = 3
"""Pages in a row with the same items, at most: two may be equal if items are added while the listing is read."""

MAX_PAGES = 100_000
"""Pages of one listing."""


class ListingGuard:
    """Checks the pages of one listing, in order.

    :param route: The listing, for messages.
    """

    def __init__(self, route: str) -> None:
        self._route = route
        self._pages = self._empty_pages = self._equal_pages = 0
        self._items: list[Any] | None = None
        self._links: set[str] = set()

    def check(self, items: list[Any], next_page: object) -> None:
        """Check a page.

        :param items: Its items.
        :param next_page: The ``page`` parameter of its link to the next page; ``None`` if it has none.
        :raises CanvasUnexpectedResponseError: When the listing would not end.
        """
        self._pages += 1
        self._empty_pages = 0 if items else self._empty_pages + 1
        self._equal_pages = self._equal_pages + 1 if items and items == self._items else 1
        self._items = items
        if next_page is None:
            return
        link = _normalized(str(next_page))
        if link in self._links:
            raise self._error("its links to the next page lead back to an earlier page")
        self._links.add(link)
        if self._empty_pages >= MAX_EMPTY_PAGES:
            raise self._error(f"{MAX_EMPTY_PAGES} pages in a row are empty, and the last of them links to another one")
        if self._equal_pages >= MAX_EQUAL_PAGES:
            raise self._error(f"{MAX_EQUAL_PAGES} pages in a row have the same items")
        if self._pages >= MAX_PAGES:
            raise self._error(f"it has more than {MAX_PAGES} pages")

    def _error(self, reason: str) -> CanvasUnexpectedResponseError:
        return CanvasUnexpectedResponseError(
            f"The listing {self._route} does not end: {reason}. Check for a proxy between Airflow and Canvas that "
            "changes or caches responses; otherwise report it to the administrators of Canvas.",
            route=self._route,
        )


def _normalized(page: str) -> str:
    """Return a page number in one form; a bookmark as it is."""
    return page.lstrip("0") if page.isdecimal() else page
