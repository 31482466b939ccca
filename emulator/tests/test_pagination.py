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
    [
        (None, 10),
        ("", 1),
        ("7", 7),
        ("0", 1),
        ("-3", 1),
        ("abc", 1),
        ("5abc", 5),
        ("7.9", 7),
        ("100", 23),
        ("500", 23),
        ("9" * 30, 23),
    ],
)
def test_per_page_is_limited(canvas: Caller, per_page: str | None, rows: int) -> None:
    """``per_page`` is 10 by default and limited to 1 to 100; no number is 1, and what follows a number is ignored."""
    response = canvas("GET", PATH, params={"per_page": per_page})
    assert len(response.json()) == rows


@pytest.mark.edition("current")
def test_links_have_the_limited_per_page(canvas: Caller) -> None:
    """The links have the limited ``per_page`` and not the requested one."""
    assert "per_page=100>" in canvas("GET", PATH, params={"per_page": 500}).headers["Link"]


@pytest.mark.parametrize("page", [4, 9, 1000])
def test_page_that_a_counted_list_does_not_have(canvas: Caller, page: int) -> None:
    """A page after the last is empty, and links to the page after it with 30 rows each, whatever was asked for."""
    response = canvas("GET", PATH, params={"page": page, "per_page": 10})
    assert (response.status_code, response.json()) == (200, [])
    linked = {rel: link["url"].partition("?")[2] for rel, link in response.links.items()}
    assert linked == {
        "current": f"page={page}&per_page=30",
        "next": f"page={page + 1}&per_page=30",
        "prev": f"page={page - 1}&per_page=30",
        "first": "page=1&per_page=30",
    }


@pytest.mark.parametrize(("page", "rels"), [(1, "current next first"), (2, "current prev first last")])
def test_list_that_is_not_counted(canvas: Caller, world: World, page: int, rels: str) -> None:
    """A list that is not counted has a ``last`` link on its last page only, and ends there."""
    response = canvas("GET", "accounts/1/courses", params={"page": page, "per_page": 2})
    assert " ".join(response.links) == rels
    assert len(response.json()) == (2 if page == 1 else 1)


def test_list_that_is_not_counted_ends_on_any_page(canvas: Caller) -> None:
    """A page that an uncounted list does not have is empty, and the last."""
    response = canvas("GET", "accounts/1/courses", params={"page": 999, "per_page": 7})
    assert (response.json(), list(response.links)) == ([], ["current", "prev", "first", "last"])
    assert response.links["last"]["url"].endswith("?page=999&per_page=7")


@pytest.mark.parametrize("page", ["abc", "", "0", "-1", "bookmark:x", "9" * 30])
def test_invalid_page_is_not_found(canvas: Caller, page: str) -> None:
    """A page that is not a number from 1 on is a 404."""
    response = canvas("GET", PATH, params={"page": page})
    assert response.status_code == 404
    assert response.json() == {"errors": [{"message": "An error occurred.", "error_code": "not_found"}]}


@pytest.mark.parametrize("page", ["1abc", "1.5"])
def test_page_ends_where_the_number_ends(canvas: Caller, page: str) -> None:
    """What follows the number of a page is ignored."""
    response = canvas("GET", PATH, params={"page": page})
    assert response.links["current"]["url"].endswith("?page=1&per_page=10")


def test_query_in_links_is_sorted(canvas: Caller) -> None:
    """The query of a link is sorted by name; of a name that is there twice, the last value counts."""
    query = "sort=title&include[]=z&order=asc&include[]=a&sort=created_at"
    url = canvas("GET", f"{PATH}?{query}").links["current"]["url"]
    sorted_query = "include%5B%5D=z&include%5B%5D=a&order=asc&sort=created_at&page=1&per_page=10"
    assert url.partition("?")[2] == sorted_query


@pytest.mark.parametrize(
    ("sent", "linked"),
    [
        ("courses/sis_course_id:SIS%2FSource/pages", PATH),
        ("users/self/courses", "users/1/courses"),
        ("courses/sis_course_id:SIS%2FSource/users", "courses/sis_course_id:SIS%2FSource/users"),
        (f"courses/{SOURCE}/search_users", f"courses/{SOURCE}/users"),
        ("accounts/self/courses", "accounts/self/courses"),
    ],
)
def test_links_name_the_course_by_number(canvas: Caller, sent: str, linked: str) -> None:
    """Links name a course and a user by number, except in lists of users; a search of users links to the users."""
    url = canvas("GET", sent).links["current"]["url"]
    assert url.partition("?")[0] == f"{canvas.server.url}/api/v1/{linked}"


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
