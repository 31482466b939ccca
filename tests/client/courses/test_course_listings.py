"""Which listings of a course are read, with which requests, and what is known of those that cannot be read."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from math import ceil
from typing import Any

import pytest
from canvas_emulator.model.content import (
    Announcement,
    Assignment,
    CalendarEvent,
    DiscussionTopic,
    File,
    Folder,
    Module,
    ModuleItem,
    Page,
    Quiz,
    QuizQuestion,
)
from canvas_emulator.model.editions import Edition, default_edition
from canvas_emulator.model.faults import Rule
from canvas_emulator.model.records import AccessToken
from canvas_emulator.model.world import World
from canvas_emulator.seeds.full_course import fill
from canvas_emulator.seeds.small import SOURCE, small_world
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.client.courses.course_listings import ASSET_LISTINGS, fetch_listings
from airflow_provider_canvas.client.courses.course_reader import UNREADABLE, Listings
from airflow_provider_canvas.client.courses.further_listings import FURTHER_LISTINGS, WITHOUT_KEY
from airflow_provider_canvas.client.errors import CanvasPermissionError, CanvasServerError
from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.aiohttp_client import run_with_client

OWN = ("folders", "course", "settings", "page_bodies", "quiz_questions", "calendar_events")
"""The further listings that are tested here."""

PATHS = {
    "folders": f"/courses/{SOURCE}/folders$",
    "course": f"/courses/{SOURCE}$",
    "settings": f"/courses/{SOURCE}/settings$",
    "quiz_questions": "/questions$",
    "calendar_events": "/calendar_events$",
}
"""The path of the request of each."""

HERE = f"/api/v1/courses/{SOURCE}"


@pytest.fixture
def world() -> World:
    """Return a world whose source has a row of every kind, and no page without a body."""
    world = small_world()
    with world.lock:
        fill(world, SOURCE)
        world.add(CalendarEvent(course_id=SOURCE, title="Undated", description="<p>Some day</p>"))
        for page in world.live(Page, SOURCE):
            page.body = page.body or "<p>Text</p>"
    return world


@pytest.fixture
def settings(emulator: EmulatorServer, world: World, request: pytest.FixtureRequest) -> Settings:
    """Return the settings of a client that does not retry, with a token of this test.

    A cancelled request of the test before may arrive late: its token is not known any more.
    """
    token = f"token of {request.node.name}".replace(" ", "-")
    world.tables.tokens[token] = AccessToken(token, 1)
    return Settings(emulator.url, token, retry_for=0)


def read(settings: Settings, *also: str) -> Listings:
    return run_with_client(settings, lambda canvas: fetch_listings(canvas, SOURCE, also=also))


def paths(world: World) -> Counter[str]:
    return Counter(request.path for request in world.requests if request.user_id is not None)


def test_without_further_listings(settings: Settings, world: World) -> None:
    """There are the types of the mapping, each read once, and nothing about what cannot be read."""
    listings = read(settings)
    assert set(listings) == {*ASSET_LISTINGS}
    assert sum(paths(world).values()) == len(ASSET_LISTINGS) - 1  # the items come with their modules


def test_further_listings_have_their_records(settings: Settings, world: World) -> None:
    """Each wanted listing is a key; the bodies of pages are in the pages."""
    listings = read(settings, *OWN)
    assert set(listings) == {*ASSET_LISTINGS, *OWN, UNREADABLE} - WITHOUT_KEY
    assert listings[UNREADABLE] == []
    assert {event["title"] for event in listings["calendar_events"]} >= {"Field trip", "Undated"}
    assert all(page["body"] for page in listings["pages"])
    (course,) = listings["course"]
    assert (course["id"], "syllabus_body" in course) == (SOURCE, True)
    questions = [row.id for row in world.live(QuizQuestion, SOURCE) if row.quiz_id]
    assert [question["id"] for question in listings["quiz_questions"]] == questions
    assert {question["quiz_id"] for question in listings["quiz_questions"]} <= {
        quiz["id"] for quiz in listings["quizzes"]
    }


@pytest.mark.parametrize("edition", Edition)
def test_bodies_of_pages(settings: Settings, world: World, edition: Edition, caplog: pytest.LogCaptureFixture) -> None:
    """One listing has all bodies where Canvas honours that; else each page is read, with one warning."""
    world.change_edition(edition)
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            assert all("body" in page for page in read(settings, "page_bodies")["pages"])
    alone = sum(path.startswith(f"{HERE}/pages/") for path in paths(world).elements())
    pages = len(world.live(Page, SOURCE))
    assert paths(world)[f"{HERE}/pages"] == 2
    assert alone == (0 if edition is Edition.CURRENT else 2 * pages)
    assert caplog.text.count("include='body'") == (0 if edition is Edition.CURRENT else 1)


class TestUnreadable:
    """What the user may not read is unknown, not empty."""

    @pytest.mark.parametrize("status", [403, 404])
    @pytest.mark.parametrize("name", PATHS)
    def test_a_further_listing(self, settings: Settings, world: World, name: str, status: int) -> None:
        """Its name is in ``unreadable``, it has no key, and all others are there."""
        expected = read(settings, *OWN)
        world.faults.rules.append(Rule(PATHS[name], status=status, times=None))
        listings = read(settings, *OWN)
        assert name not in listings
        assert listings == {key: rows for key, rows in expected.items() if key != name} | {UNREADABLE: [name]}

    @pytest.mark.parametrize("name", PATHS)
    def test_several_calls(self, settings: Settings, world: World, name: str) -> None:
        """Nothing of it is remembered: the next reading has the listing."""
        world.faults.rules.append(Rule(PATHS[name], status=403))
        assert read(settings, name)[UNREADABLE] == [name]
        assert read(settings, name)[UNREADABLE] == []

    @pytest.mark.edition("2023-06")
    def test_one_page(self, settings: Settings, world: World) -> None:
        """A page that may not be read keeps its record without a body; the other pages have theirs."""
        world.add(Page(course_id=SOURCE, title="Secret", body="<p>x</p>"))
        world.faults.rules.append(Rule("/pages/secret$", status=403, times=None))
        listings = read(settings, "page_bodies")
        assert listings[UNREADABLE] == ["page_bodies"]
        assert [page["title"] for page in listings["pages"] if "body" not in page] == ["Secret"]

    @pytest.mark.edition("2023-06")
    @pytest.mark.parametrize("path", ["/pages/secret$", "/questions$"])
    def test_deleted_meanwhile(self, settings: Settings, world: World, path: str) -> None:
        """A page or a quiz that was deleted after the listing is no reason to doubt the others."""
        world.add(Page(course_id=SOURCE, title="Secret", body="<p>x</p>"))
        quiz = world.add(Quiz(course_id=SOURCE, title="Second", question_count=1))
        world.add(QuizQuestion(course_id=SOURCE, title="Only", quiz_id=quiz.id))
        world.faults.rules.append(Rule(path, status=404))
        listings = read(settings, "page_bodies", "quiz_questions")
        assert listings[UNREADABLE] == []
        assert listings["quiz_questions"]

    @pytest.mark.parametrize(("listing", "further"), [("quizzes", "quiz_questions"), ("pages", "page_bodies")])
    def test_of_a_disabled_tab(self, settings: Settings, world: World, listing: str, further: str) -> None:
        """A listing of assets that is disabled counts as empty; what is read through it is unknown."""
        world.faults.rules.append(Rule(f"/courses/{SOURCE}/{listing}$", status=404, times=None))
        listings = read(settings, further)
        assert listings[listing] == []
        assert listings[UNREADABLE] == [further]
        assert further not in listings

    @pytest.mark.parametrize(("status", "error"), [(403, CanvasPermissionError), (500, CanvasServerError)])
    @pytest.mark.parametrize("name", ["assignments", "files", "pages", "quizzes", "modules", "discussion_topics"])
    def test_assets_must_be_readable(
        self, settings: Settings, world: World, name: str, status: int, error: type[Exception]
    ) -> None:
        """A listing of assets that is forbidden or fails is an error: without it nothing can be compared."""
        world.faults.rules.append(Rule(f"/courses/{SOURCE}/{name}$", status=status, times=None))
        with pytest.raises(error):
            read(settings, *OWN)

    @pytest.mark.parametrize("status", [500, 502, 503, 504])
    @pytest.mark.parametrize("name", PATHS)
    def test_outages_are_errors(self, settings: Settings, world: World, name: str, status: int) -> None:
        """A Canvas that fails for a moment makes nothing of these unknown: the task fails, and is retried."""
        world.faults.rules.append(Rule(PATHS[name], status=status, times=None))
        with pytest.raises(CanvasServerError):
            read(settings, *OWN)


@pytest.mark.parametrize("also", ["folders", ["folder"], ["pages"], [None]])
def test_unknown_names(also: Collection[str]) -> None:
    """A name that there is not is refused before anything is sent."""
    nowhere = Settings("http://127.0.0.1:1", "token", retry_for=0)
    with pytest.raises(CanvasInputError, match="also"):
        run_with_client(nowhere, lambda canvas: fetch_listings(canvas, SOURCE, also=also))


def test_every_name_is_registered() -> None:
    """The names of the interface are there."""
    assert set(OWN) <= set(FURTHER_LISTINGS)
    assert not set(FURTHER_LISTINGS) & set(ASSET_LISTINGS)


class TestPageFloor:
    """A course costs as many requests as it has pages of its listings, and no more."""

    @pytest.mark.parametrize("rows", [0, 1, 99, 100, 101, 250])
    def test_requests(self, settings: Settings, world: World, rows: int) -> None:
        """Pages have as many rows as Canvas allows, and none is read twice."""
        course = 33  # an empty one
        with world.lock:
            module = world.add(Module(course_id=course, title="M"))
            quiz = world.add(Quiz(course_id=course, title="Q", question_count=1))
            for number in range(rows):
                kinds: tuple[Any, ...] = (Announcement, Assignment, DiscussionTopic, File, Module, Page, Quiz)
                for kind in (*kinds, Folder, CalendarEvent):
                    world.add(kind(course_id=course, title=f"{kind.__name__} {number}"))
                world.add(ModuleItem(course_id=course, title=f"I {number}", module_id=module.id, type="SubHeader"))
                world.add(QuizQuestion(course_id=course, title=f"Q {number}", quiz_id=quiz.id))
        own = replace(settings, graphql=False)
        listings = run_with_client(own, lambda canvas: fetch_listings(canvas, course, also=OWN))

        size = 100 if default_edition() is Edition.CURRENT else 50
        counts = {name: len(records) for name, records in listings.items() if name not in ("module_items", UNREADABLE)}
        floor = sum(max(1, ceil(count / size)) for count in counts.values())
        if rows > size:
            floor += ceil(rows / size)  # the items of the large module
        if size < 100:
            floor += len(listings["pages"])  # each page alone: this Canvas does not list bodies
        assert len(listings["module_items"]) == rows
        assert floor <= sum(paths(world).values()) <= 1.05 * floor
