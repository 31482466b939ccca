"""Test that every listing ends, with its end or with an error, after a bounded number of requests."""

from __future__ import annotations

import itertools
import json
import re
import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest

from airflow_provider_canvas.client import errors
from airflow_provider_canvas.client.protocol.listing_guard import MAX_EMPTY_PAGES, ListingGuard
from airflow_provider_canvas.client.protocol.retry import RetryPolicy
from tests.client.contract.raw_server import read_head, response, serving

Connect = Callable[..., Any]

ENOUGH = 1000
"""More pages than any client here reads."""

Respond = Callable[[str, int], tuple[list[Any], str]]
"""Returns the items of a page, and the header ``Link``, from the page's number or bookmark and the request's number."""


def rows(first: int) -> list[Any]:
    return [{"id": first + number} for number in (1, 2, 3)]


def listing(respond: Respond, requested: list[str]) -> Callable[[socket.socket, bytes], None]:
    """Return a script that serves a listing."""

    def script(connection: socket.socket, head: bytes) -> None:
        while True:
            match = re.search(rb"[?&]page=([^& ]*)", head.split(b"\r\n")[0])
            page = unquote(match[1].decode()) if match else "first"
            requested.append(page)
            items, link = respond(page, len(requested))
            connection.sendall(response(json.dumps(items).encode(), f"Link: {link}"))
            head = read_head(connection)

    return script


def cycle(*pages: str) -> Respond:
    """Link from each page to the next, and from the last to the first."""
    following = dict(zip(("first", *pages), (*pages, pages[0]), strict=True))
    return lambda page, count: (rows(count * 3), f'<x?page={following[page]}>; rel="next"')


def number_of(page: str) -> int:
    return int(page) if page.isdecimal() else 1


ENDLESS: dict[str, Respond] = {
    "a bookmark that leads to itself": cycle("bookmark:a"),
    "two bookmarks in a cycle": cycle("bookmark:a", "bookmark:b"),
    "five bookmarks in a cycle": cycle(*(f"bookmark:{name}" for name in "abcde")),
    "numbers that go back": cycle("2", "3", "1"),
    "one number in many spellings": lambda page, count: (rows(count * 3), f"<x?page={'0' * count}2>; rel=next"),
    "empty pages with bookmarks": lambda page, count: ([], f"<x?page=bookmark:{count}>; rel=next"),
    "empty pages with a last one": lambda page, count: (
        [],
        f"<x?page={number_of(page) + 1}>; rel=next, <x?page=999999999999>; rel=last",
    ),
    "the same items with bookmarks": lambda page, count: (rows(0), f"<x?page=bookmark:{count}>; rel=next"),
    "the same items with a last page": lambda page, count: (
        rows(0),
        f"<x?page={number_of(page) + 1}>; rel=next, <x?page=999999999999>; rel=last",
    ),
    "a broken header on the second page": lambda page, count: (
        rows(count * 3),
        "<x?page=2>; rel=next" if page == "first" else "<x?page=3; rel=next",
    ),
    "a link without a page": lambda page, count: (rows(count * 3), "<x>; rel=next"),
}


@pytest.mark.parametrize("form", ENDLESS)
def test_listing_without_end_is_an_error(connect: Connect, form: str) -> None:
    """A listing that would not end is an error, after a bounded number of requests."""
    requested: list[str] = []
    with serving(listing(ENDLESS[form], requested)) as server:
        pages = connect(RetryPolicy(retry_for=0), base_url=server.url).courses.list.pages()
        with pytest.raises(errors.CanvasUnexpectedResponseError, match=r"does not end|same page|is broken"):
            list(itertools.islice(pages, ENOUGH))
    assert len(requested) <= MAX_EMPTY_PAGES + 20


def shrunk(page: str, count: int) -> tuple[list[Any], str]:
    """Respond as Canvas does when a listing is shorter than its first page said."""
    number = number_of(page)
    if number > 3:
        return [], f"<x?page={number + 1}>; rel=next"
    return rows(number * 3), f"<x?page={number + 1}>; rel=next, <x?page=999999999>; rel=last"


def test_last_page_far_beyond_the_end(connect: Connect) -> None:
    """A listing whose last page is far beyond its end ends with its first empty page."""
    requested: list[str] = []
    with serving(listing(shrunk, requested)) as server:
        pages = list(itertools.islice(connect(base_url=server.url).courses.list.pages(), ENOUGH))
    assert [len(page) for page in pages] == [3, 3, 3, 0]
    assert len(requested) <= 20


@pytest.mark.parametrize("digits", ["9" * 19, "9" * 5000, "-1", "1e9", "٣"])
def test_strange_number_of_the_last_page(connect: Connect, digits: str) -> None:
    """A listing whose last page has a strange number is read page by page."""

    def respond(page: str, count: int) -> tuple[list[Any], str]:
        following = f"<x?page={number_of(page) + 1}>; rel=next, " if number_of(page) < 4 else ""
        return rows(number_of(page) * 3), f"{following}<x?page={digits}>; rel=last".encode().decode("latin-1")

    requested: list[str] = []
    with serving(listing(respond, requested)) as server:
        pages = list(connect(base_url=server.url).courses.list.pages())
    assert [len(page) for page in pages] == [3, 3, 3, 3]
    assert len(requested) == 4


def test_several_link_headers(connect: Connect) -> None:
    """Several headers of the name count as one."""

    def respond(page: str, count: int) -> tuple[list[Any], str]:
        more = '<x?page=2>; rel="next"\r\nLink: <x?page=2>; rel="last"' if page == "first" else ""
        return rows(number_of(page) * 3), f'<x?page=1>; rel="first"\r\nLink: {more}'

    with serving(listing(respond, [])) as server:
        assert len(list(connect(base_url=server.url).courses.list.pages())) == 2


def test_two_equal_pages_are_allowed() -> None:
    """Two equal pages in a row may come from items that were added in between; a third one may not."""
    guard = ListingGuard("GET courses")
    guard.check(rows(1), "2")
    guard.check(rows(1), "3")
    guard.check(rows(2), "4")
    guard.check(rows(3), "5")
    guard.check(rows(3), "6")
    with pytest.raises(errors.CanvasUnexpectedResponseError, match="3 pages in a row have the same items"):
        guard.check(rows(3), "7")


def test_last_page_is_never_an_error() -> None:
    """A page without a link to another one ends the listing, whatever its items are."""
    guard = ListingGuard("GET courses")
    for number in range(MAX_EMPTY_PAGES - 1):
        guard.check([], f"bookmark:{number}")
    guard.check([], None)
