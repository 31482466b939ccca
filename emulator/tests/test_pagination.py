from __future__ import annotations

import pytest
import requests

from canvas_emulator.model.content import Page
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import ADMIN, SOURCE
from tests.support.caller import Caller

PAGES = 23
PATH = f"courses/{SOURCE}/pages"


@pytest.fixture(autouse=True)
def pages(world: World) -> None:
    for number in range(PAGES):
        world.add(Page(course_id=SOURCE, title=f"Page {number:02}"))


def test_link_header_has_the_format_of_canvas(canvas: Caller) -> None:
    """The ``Link`` header has Canvas's order, commas without spaces, and an encoded query with the page at its end."""
    response = canvas("GET", PATH + "?page=2&include[]=body&per_page=5")
    base = f"{canvas.server.url}/api/v1/{PATH}?include%5B%5D=body"
    assert response.headers["Link"] == ",".join(
        f'<{base}&page={page}&per_page=5>; rel="{rel}"'
        for rel, page in (("current", 2), ("next", 3), ("prev", 1), ("first", 1), ("last", 5))
    )


def test_next_links_return_every_row_once(canvas: Caller) -> None:
    """Following ``next`` until it is absent returns every row in order."""
    titles: list[str] = []
    url: str | None = canvas.server.url + "/api/v1/" + PATH + "?per_page=4"
    while url:
        response = canvas("GET", url)
        titles += [page["title"] for page in response.json()]
        url = response.links.get("next", {}).get("url")
    assert titles == [f"Page {number:02}" for number in range(PAGES)]


@pytest.mark.parametrize(
    ("per_page", "rows"),
    [(None, 10), ("", 10), ("7", 7), ("0", 1), ("-3", 1), ("abc", 1), ("100", 23), ("500", 23)],
)
def test_per_page_is_limited(canvas: Caller, per_page: str | None, rows: int) -> None:
    """``per_page`` is 10 by default, is limited to 1 to 100, and is 1 if invalid."""
    response = canvas("GET", PATH, params={"per_page": per_page})
    assert len(response.json()) == rows


def test_links_have_the_limited_per_page(canvas: Caller) -> None:
    """The links have the limited ``per_page`` and not the requested one."""
    assert "per_page=100>" in canvas("GET", PATH, params={"per_page": 500}).headers["Link"]


def test_page_after_the_last_is_empty(canvas: Caller) -> None:
    """A page after the last one is empty and has no ``next`` link."""
    response = canvas("GET", PATH, params={"page": 9})
    assert (response.status_code, response.json()) == (200, [])
    assert "next" not in response.links
    assert set(response.links) == {"current", "prev", "first", "last"}


@pytest.mark.parametrize("page", ["abc", "0", "-1", "1.5", "bookmark:x", "9" * 30])
def test_invalid_page_is_not_found(canvas: Caller, page: str) -> None:
    """An invalid page number is a 404."""
    assert canvas("GET", PATH, params={"page": page}).status_code == 404


def test_empty_list_has_one_page(canvas: Caller) -> None:
    """An empty list is its own first and last page."""
    response = canvas("GET", f"courses/{SOURCE}/quizzes")
    assert response.json() == []
    assert response.links["last"]["url"].endswith("page=1&per_page=10")


def test_token_is_not_in_the_links(canvas: Caller) -> None:
    """An access token in the query is left out of the links."""
    response = requests.get(f"{canvas.server.url}/api/v1/{PATH}?access_token={ADMIN}", timeout=10)
    assert response.status_code == 200
    assert ADMIN not in response.headers["Link"]
