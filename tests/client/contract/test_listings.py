"""Test that listings are lazy, ordered and complete, and fetched several pages at a time by the async client."""

from __future__ import annotations

import asyncio
import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import aclosing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from canvas_emulator.model.content import Page
from canvas_emulator.model.enrollments import EnrollmentType
from canvas_emulator.model.records import User
from canvas_emulator.model.world import World
from canvas_emulator.seeds.demo import SECTION_IDS

from airflow_provider_canvas.api.canvas import Canvas
from airflow_provider_canvas.api.courses import Courses
from airflow_provider_canvas.api.endpoint import SyncIO
from airflow_provider_canvas.client import errors
from airflow_provider_canvas.client.protocol.retry import RetryPolicy
from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.aiohttp_client import AsyncCanvasClient

Connect = Callable[..., Canvas[SyncIO]]

SECTION_ID = SECTION_IDS["BIOL-1010-001"]


class Numbered:
    """A Canvas that lists courses in numbered pages of three, and notes who asks for what and how many at once."""

    def __init__(self, pages: int, seconds: float = 0.0) -> None:
        self.pages, self.seconds = pages, seconds
        self.counted = pages
        self.endless = False
        self.broken: set[int] = set()
        self.requested: list[int] = []
        self.at_once = self.max_at_once = 0
        self.lock = threading.Lock()

    def respond(self, page: int) -> tuple[int, str, str]:
        with self.lock:
            self.requested.append(page)
            self.at_once += 1
            self.max_at_once = max(self.max_at_once, self.at_once)
        time.sleep(self.seconds)
        with self.lock:
            self.at_once -= 1
        if page in self.broken:
            return 404, "", json.dumps({"errors": [{"message": "The specified resource does not exist."}]})
        links = [f'<http://elsewhere.example/?page={self.counted}>; rel="last"'] if self.counted else []
        if page > self.pages:
            return 200, f'<http://elsewhere.example/?page={page + 1}>; rel="next"', "[]"
        if page < self.pages or self.endless:
            links.insert(0, f'<http://elsewhere.example/?page={page + 1}>; rel="next"')
        return 200, ",".join(links), json.dumps([{"id": (page - 1) * 3 + number} for number in (1, 2, 3)])


@pytest.fixture
def listed(request: pytest.FixtureRequest) -> Iterator[tuple[Numbered, str]]:
    """The listing that a test asks for, and where it is."""
    numbered = Numbered(**request.param)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:  # named by http.server
            page = int(parse_qs(urlsplit(self.path).query).get("page", ["1"])[0])
            status, link, body = numbered.respond(page)
            self.send_response(status)
            self.send_header("Link", link)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # named by http.server
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield numbered, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def ids(rows: Iterator[dict[str, int]]) -> list[int]:
    return [row["id"] for row in rows]


@pytest.mark.parametrize("listed", [{"pages": 1}, {"pages": 2}, {"pages": 25}], indirect=True)
def test_listing_is_complete_and_ordered(connect: Connect, listed: tuple[Numbered, str]) -> None:
    """Every page is requested once, and items keep their order."""
    numbered, url = listed
    assert ids(connect(base_url=url).courses.list()) == list(range(1, numbered.pages * 3 + 1))
    assert sorted(numbered.requested) == list(range(1, numbered.pages + 1))


@pytest.mark.parametrize("listed", [{"pages": 4}], indirect=True)
def test_pages_yields_one_list_per_page(connect: Connect, listed: tuple[Numbered, str]) -> None:
    """``pages`` yields the items of each page as one list."""
    pages = list(connect(base_url=listed[1]).courses.list.pages())
    assert [ids(page) for page in pages] == [[1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11, 12]]


@pytest.mark.parametrize("listed", [{"pages": 25}], indirect=True)
def test_no_page_is_requested_before_it_is_needed(connect: Connect, listed: tuple[Numbered, str]) -> None:
    """Reading three of seventy-five courses sends one request."""
    assert ids(itertools.islice(connect(base_url=listed[1]).courses.list(), 3)) == [1, 2, 3]
    assert listed[0].requested == [1]


@pytest.mark.parametrize("listed", [{"pages": 3}], indirect=True)
def test_listing_that_grows(connect: Connect, listed: tuple[Numbered, str]) -> None:
    """If the page that was the last has a ``next`` link after all, it is followed."""
    numbered, url = listed
    numbered.counted = 2
    assert len(ids(connect(base_url=url).courses.list())) == 9


@pytest.mark.parametrize("listed", [{"pages": 3}], indirect=True)
def test_listing_without_a_last_link(connect: Connect, listed: tuple[Numbered, str]) -> None:
    """Without a ``last`` link, pages are requested one after the other."""
    numbered, url = listed
    numbered.counted = 0
    assert len(ids(connect(base_url=url).courses.list())) == 9
    assert numbered.max_at_once == 1


@pytest.mark.parametrize("listed", [{"pages": 8}], indirect=True)
def test_items_before_a_failing_page_are_yielded(connect: Connect, listed: tuple[Numbered, str]) -> None:
    """The items of all pages before a failing one are yielded before its error is raised."""
    numbered, url = listed
    numbered.broken = {3}
    rows = connect(RetryPolicy(retry_for=0), base_url=url).courses.list()
    assert ids(itertools.islice(rows, 6)) == [1, 2, 3, 4, 5, 6]
    with pytest.raises(errors.CanvasNotFoundError):
        next(rows)


@pytest.mark.parametrize("listed", [{"pages": 30, "seconds": 0.03}], indirect=True)
async def test_async_client_fetches_up_to_ten_pages(listed: tuple[Numbered, str]) -> None:
    """An async client fetches up to ten pages concurrently, and never more."""
    numbered, url = listed
    async with AsyncCanvasClient(Settings(url, "7~several")) as canvas:
        assert [row["id"] async for row in canvas.courses.list()] == list(range(1, 91))
    assert 5 <= numbered.max_at_once <= 10


@pytest.mark.parametrize("listed", [{"pages": 30, "seconds": 0.03}], indirect=True)
async def test_closing_the_iterator_cancels_requests(listed: tuple[Numbered, str]) -> None:
    """Closing the iterator cancels the requests in flight."""
    numbered, url = listed
    async with AsyncCanvasClient(Settings(url, "7~early")) as canvas:
        async with aclosing(canvas.iterate_pages(Courses.list.call())) as pages:
            async for page in pages:
                if page[0]["id"] > 3:
                    break
        assert len(asyncio.all_tasks()) == 1
        requested = len(numbered.requested)
        await asyncio.sleep(0.1)
        assert len(numbered.requested) <= requested + 10
    assert len(numbered.requested) < 15


PAGES_LISTED = 23
MANY = 40
"""More items or pages than any listing here has: a test that reads them reads for ever."""


def delete_pages(world: World, kept: int) -> None:
    """Delete all pages of the section but the first ones."""
    with world.lock:
        for row in sorted(world.live(Page, SECTION_ID), key=lambda row: row.title)[kept:]:
            row.workflow_state = "deleted"


@pytest.fixture
def page_titles(world: World) -> list[str]:
    """Replace the pages of the section by many; return their titles."""
    delete_pages(world, 0)
    titles = [f"Page {number:02}" for number in range(PAGES_LISTED)]
    for title in titles:
        world.add(Page(course_id=SECTION_ID, title=title))
    return titles


@pytest.mark.parametrize("kept", [5, 7, 10, 12, 22])
@pytest.mark.parametrize("read", [1, 2, 3])
def test_items_vanish_while_a_listing_is_read(
    connect: Connect, world: World, page_titles: list[str], kept: int, read: int
) -> None:
    """A listing ends when its last pages vanish while it is read: Canvas links from each missing page to the next."""
    pages = connect(per_page=5).pages.list.pages(course_id=SECTION_ID)
    before = [row["title"] for page in itertools.islice(pages, read) for row in page]
    assert before == page_titles[: read * 5]
    delete_pages(world, kept)
    rest = list(itertools.islice(pages, MANY))
    assert len(rest) < MANY
    after, left = [row["title"] for page in rest for row in page], page_titles[read * 5 :]
    assert after == [title for title in left if title in after]
    assert set(page_titles[read * 5 : kept]) <= set(after)  # and perhaps some that were read ahead


def test_items_vanish_before_the_page_that_is_asked_for(connect: Connect, world: World, page_titles: list[str]) -> None:
    """A listing of which all other pages vanish ends after the first page."""
    pages = connect(per_page=5).pages.list.pages(course_id=SECTION_ID)
    assert [row["title"] for row in next(pages)] == page_titles[:5]
    delete_pages(world, 0)
    assert list(itertools.islice(pages, MANY)) in ([[]], [[], [], [], []])  # the async client reads ahead


@pytest.mark.parametrize("test_students", [1, 3, 8])
def test_filtered_page_does_not_end_a_listing(connect: Connect, world: World, test_students: int) -> None:
    """A page of an uncounted listing that is empty because Canvas filters its items does not end the listing."""
    for number in range(20):
        user = User(9000 + number, f"User {number:02}", is_test_student=1 <= number <= test_students)
        world.tables.users[user.id] = user
        world.enroll(user.id, SECTION_ID, EnrollmentType.STUDENT)
    listed = [row["name"] for row in connect(per_page=1).courses.users(course_id=SECTION_ID)]
    names = [f"User {number:02}" for number in range(20) if not 1 <= number <= test_students]
    assert [name for name in listed if name in names] == names


@pytest.mark.parametrize("listed", [{"pages": 4}], indirect=True)
def test_empty_pages_without_end(connect: Connect, listed: tuple[Numbered, str]) -> None:
    """A listing that is not counted ends after ten empty pages in a row."""
    numbered, url = listed
    numbered.counted, numbered.endless = 0, True
    pages = list(itertools.islice(connect(base_url=url).courses.list.pages(), MANY))
    assert [len(page) for page in pages] == [3] * 4 + [0] * 10


@pytest.mark.parametrize("listed", [{"pages": 4}], indirect=True)
def test_counted_listing_ends_with_its_first_empty_page(connect: Connect, listed: tuple[Numbered, str]) -> None:
    """A counted listing ends with the first page that is empty and does not have the number of the last page."""
    numbered, url = listed
    numbered.endless = True
    pages = list(itertools.islice(connect(base_url=url).courses.list.pages(), MANY))
    assert [len(page) for page in pages] == [3] * 4 + [0]
