"""What GraphQL tells of a course is what the REST API tells; everything else is read with the REST API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import hypothesis
import pytest
from canvas_emulator.model.content import Announcement, Assignment, AssignmentOverride, DiscussionTopic, File
from canvas_emulator.model.editions import GraphQLVersion
from canvas_emulator.model.faults import Body, Rule
from canvas_emulator.model.world import World
from canvas_emulator.seeds.demo import demo_world
from canvas_emulator.seeds.full_course import fill
from canvas_emulator.seeds.small import SOURCE, small_world
from canvas_emulator.seeds.term import term_world
from canvas_emulator.server import EmulatorServer
from graphql import parse
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_canvas.api.canvas import Canvas
from airflow_provider_canvas.api.endpoint import AsyncIO
from airflow_provider_canvas.api.graphql import Graphql
from airflow_provider_canvas.api.graphql_content import CONNECTIONS, content_pages
from airflow_provider_canvas.client.courses.course_listings import fetch_course_content, fetch_listings
from airflow_provider_canvas.client.courses.course_reader import Listings
from airflow_provider_canvas.client.courses.graphql_inventory import MIN_COURSES, fetch_inventory
from airflow_provider_canvas.client.jobs.graphql_support import content_support_for
from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.aiohttp_client import run_with_client
from airflow_provider_canvas.reconciliation.inventory import Inventory
from airflow_provider_canvas.reconciliation.links import bodies_of

pytestmark = pytest.mark.edition("current")

ALSO = ("folders", "course", "page_bodies")
LISTINGS = ("announcements", "discussion_topics", "files", "folders")

NOT_COMPARED = {
    ("discussion_topics", "assignment", "due_at"): "REST has the date of an override; the assignment's own is read",
}
"""The values of GraphQL that differ from those of the REST API, and why nothing is lost."""


def full_world() -> World:
    """Make a world whose courses have a row of every kind, each twice, with texts and dates of all kinds."""
    world = small_world()
    with world.lock:
        fill(world, SOURCE)
        now = world.clock.now()
        link = f'<p><a href="/courses/{SOURCE}/files/1">Ü &amp; more</a></p>'
        world.add(DiscussionTopic(course_id=SOURCE, title="Locked", message=link, locked=True, todo_date=now))
        world.add(DiscussionTopic(course_id=SOURCE, title="Draft", workflow_state="unpublished", lock_at=now))
        world.add(Announcement(course_id=SOURCE, title="Later", message=link, delayed_post_at=now))
        override = AssignmentOverride(1, "Late", now)
        graded = world.add(Assignment(course_id=SOURCE, title="Graded", points_possible=2.5, overrides=(override,)))
        world.add(DiscussionTopic(course_id=SOURCE, title="Graded", assignment_id=graded.id))
        for state in ("locked", "hidden", "deleted"):
            world.add(File(course_id=SOURCE, title=f"{state}.txt", size=3, workflow_state=state))
    return world


WORLDS: Mapping[str, Callable[[], World]] = {
    "demo": demo_world,
    "full": full_world,
    "term": lambda: term_world(sections=2, situations=True),
}


@pytest.fixture
def world() -> World:
    """Return a world with a full course."""
    return full_world()


@pytest.fixture
def settings(emulator: EmulatorServer) -> Settings:
    """Return the settings of a client that does not retry."""
    return Settings(emulator.url, "admin-token", retry_for=0)


def read_twice(settings: Settings, course_id: int) -> tuple[Listings, Listings]:
    """Read a course with the REST API, and with GraphQL whatever is told there."""

    async def read(canvas: Canvas[AsyncIO]) -> tuple[Listings, Listings]:
        rest = await fetch_listings(canvas, course_id, also=ALSO)
        return rest, await fetch_inventory(canvas, course_id, ALSO)

    return run_with_client(settings, read)


def read_late(settings: Settings, course_id: int = SOURCE) -> Listings:
    """Read a course as a batch reads one after the first ones."""
    for _ in range(MIN_COURSES - 1):
        content_support_for(settings).begin_course(MIN_COURSES)
    return run_with_client(settings, lambda canvas: fetch_listings(canvas, course_id, also=ALSO))


def by_id(records: list[Any]) -> dict[int, Any]:
    return {record["id"]: record for record in records}


def differences(name: str, told: Mapping[str, Any], record: Mapping[str, Any], path: tuple[str, ...] = ()) -> list[str]:
    """Return the fields of a record of GraphQL whose values the REST API does not have."""
    found = []
    for key, value in told.items():
        place = (*path, key)
        if isinstance(value, dict):
            found += differences(name, value, record.get(key) or {}, place)
        elif (name, *place) not in NOT_COMPARED and value != record.get(key):
            found.append(f"{name} {told.get('id')} {'.'.join(place)}: {value!r}, not {record.get(key)!r}")
    return found


def graphql_requests(world: World) -> int:
    return sum(request.path == "/api/graphql" for request in world.requests)


def test_the_content_of_a_course_is_always_read_alike(settings: Settings, world: World) -> None:
    """An unchanged course has the same records whenever it is read, so that an archive does not export it once more."""
    contents = [
        run_with_client(settings, lambda canvas: fetch_course_content(canvas, SOURCE)) for _ in range(MIN_COURSES + 2)
    ]
    assert all(content == contents[0] for content in contents)
    assert graphql_requests(world) == 0


@pytest.mark.parametrize("name", WORLDS)
def test_every_field_is_that_of_the_rest_api(emulator: EmulatorServer, name: str) -> None:
    """In every course of the demo, a full course and a term, each value of each record is the one of REST.

    What a reconciliation parses of both is the same: the assets with all their fields, and the texts.
    """
    world = WORLDS[name]()
    emulator.show(world)
    settings = Settings(emulator.url, next(iter(world.tables.tokens)), retry_for=0, graphql=False)
    courses = [course.id for course in world.tables.courses.values() if course.workflow_state != "deleted"][:25]
    seen = 0
    for course_id in courses:
        rest, told = read_twice(settings, course_id)
        assert set(told) == set(LISTINGS)
        found = []
        for listing in LISTINGS:
            rows = by_id(rest[listing])
            assert by_id(told[listing]).keys() == rows.keys(), (course_id, listing)
            found += [each for record in told[listing] for each in differences(listing, record, rows[record["id"]])]
            seen += len(rows)
        assert not found, "\n".join(found)
        mixed = {**rest, **told}
        (course,) = rest["course"]
        assert Inventory.parse(course, mixed) == Inventory.parse(course, rest)
        assert set(bodies_of(mixed, str(course_id))) == set(bodies_of(rest, str(course_id)))
    assert seen > 10


times = st.none() | st.integers(1_500_000_000, 1_900_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
titles = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)
texts = st.lists(
    st.sampled_from(
        ["<p>", "</p>", '<a href="/courses/11/pages/ü">', "</a>", "&amp;", '<img src="/files/1">', "Wörter\n"]
    )
).map("".join)
topics = st.fixed_dictionaries(
    {
        "title": titles,
        "message": texts,
        "workflow_state": st.sampled_from(["active", "unpublished"]),
        "locked": st.booleans(),
        "delayed_post_at": times,
        "lock_at": times,
        "todo_date": times,
    }
)
files = st.fixed_dictionaries(
    {
        "title": titles,
        "size": st.integers(0, 2**31 - 1),
        "workflow_state": st.sampled_from(["available", "locked", "hidden"]),
        "lock_at": times,
        "unlock_at": times,
    }
)
rows = st.lists(
    st.one_of(
        st.tuples(st.sampled_from([DiscussionTopic, Announcement]), topics),
        st.tuples(st.just(File), files),
    ),
    max_size=12,
)


@given(rows)
@hypothesis.settings(
    max_examples=30, deadline=None, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture]
)
def test_any_course(settings: Settings, world: World, rows: list[tuple[Any, dict[str, Any]]]) -> None:
    """Whatever a course contains: GraphQL tells the records that the REST API has, in the same order."""
    with world.lock:
        course_id = max(world.tables.courses) + 1
        world.tables.courses[course_id] = replace(
            world.tables.courses[SOURCE], id=course_id, sis_course_id=f"SIS/{course_id}", uuid=f"uuid-{course_id}"
        )
        for kind, values in rows:
            world.add(kind(course_id=course_id, **values))
    rest, told = read_twice(replace(settings, graphql=False), course_id)
    assert set(told) == set(LISTINGS)
    for listing in LISTINGS:
        assert [record["id"] for record in told[listing]] == [record["id"] for record in rest[listing]]
        pairs = zip(told[listing], rest[listing], strict=True)
        assert not [each for record, row in pairs for each in differences(listing, record, row)]


class TestRequests:
    """How many requests a course takes."""

    def test_one_in_place_of_four(self, settings: Settings, world: World) -> None:
        """GraphQL takes the place of the listings of topics, announcements, files and folders; none is read twice."""
        listings = read_late(settings)
        paths = [request.path.removeprefix(f"/api/v1/courses/{SOURCE}") for request in world.requests]
        assert sorted(paths) == ["", "/api/graphql", "/assignments", "/modules", "/pages", "/quizzes"]
        assert listings["unreadable"] == []
        assert set(LISTINGS) <= set(listings)

    def test_the_first_courses_are_read_with_rest(self, settings: Settings, world: World) -> None:
        """Two courses, as a single copy has, cost no query that Canvas may refuse."""

        async def read(canvas: Canvas[AsyncIO]) -> None:
            for _ in range(MIN_COURSES):
                assert graphql_requests(world) == 0
                await fetch_listings(canvas, SOURCE)

        run_with_client(settings, read)
        assert graphql_requests(world) == 1

    @pytest.mark.parametrize(("files", "requests", "is_told"), [(100, 1, True), (101, 2, True), (301, 3, False)])
    def test_pages(self, settings: Settings, world: World, files: int, requests: int, is_told: bool) -> None:
        """Only the connections with a next page are queried again, three times at most; REST reads longer listings."""
        there = len(world.live(File, SOURCE))
        with world.lock:
            for number in range(files - there):
                world.add(File(course_id=SOURCE, title=f"{number}.txt", size=1))
        rest, told = read_twice(replace(settings, graphql=False), SOURCE)
        assert graphql_requests(world) == requests
        assert ("files" in told) is is_told
        assert not is_told or by_id(told["files"]).keys() == by_id(rest["files"]).keys()
        assert "discussion_topics" in told

    def test_off(self, settings: Settings, world: World) -> None:
        """The connection's extra ``graphql`` turns it off."""
        read_late(replace(settings, graphql=False))
        assert graphql_requests(world) == 0


def _settings(**values: Any) -> Callable[[World], None]:
    return lambda world: world.settings.change(values)


def _rule(**values: Any) -> Callable[[World], None]:
    return lambda world: world.faults.rules.append(Rule("/api/graphql$", **values))


REFUSALS: Mapping[str, Callable[[World], None]] = {
    "schema of 2023": _settings(graphql_version=GraphQLVersion.V2023),
    "complexity": _settings(graphql_complexity=50),
    "depth": _settings(graphql_depth=2),
    "tokens": _settings(graphql_tokens=5),
    "not found": _rule(status=404, times=None),
    "forbidden": _rule(status=403, times=None),
}
"""What stays as it is for a day."""

FAILURES: Mapping[str, Callable[[World], None]] = {
    "server error": _rule(status=500),
    "bad gateway": _rule(status=502),
    "HTML": _rule(status=200, body=Body.HTML),
    "throttled": _rule(status=429, body=Body.THROTTLE),
    "timeout of Canvas": _settings(graphql_seconds=0.02, graphql_timeout=0.01),
}
"""What may be over soon."""


class TestFallback:
    """Whatever GraphQL refuses or fails to tell is read with REST: the result is the same."""

    @pytest.mark.parametrize("name", [*REFUSALS, *FAILURES])
    def test_refused_or_failed(self, settings: Settings, world: World, name: str) -> None:
        """The result is that of REST, after one query."""
        rest = replace(settings, graphql=False)
        expected = run_with_client(rest, lambda canvas: fetch_listings(canvas, SOURCE, also=ALSO))
        {**REFUSALS, **FAILURES}[name](world)
        assert read_late(settings) == expected
        assert graphql_requests(world) == 1

    @pytest.mark.parametrize("name", REFUSALS)
    def test_a_refusal_is_remembered(self, settings: Settings, world: World, name: str) -> None:
        """The next courses cost no query."""
        REFUSALS[name](world)
        for _ in range(3):
            read_late(settings)
        assert graphql_requests(world) == 1

    def test_a_token_with_scopes(self, settings: Settings, world: World) -> None:
        """Such a token sees no object in GraphQL; that is remembered."""
        world.tables.tokens["admin-token"].scopes = frozenset({"url:POST|/api/graphql"})
        told = [run_with_client(settings, lambda canvas: fetch_inventory(canvas, SOURCE, ALSO)) for _ in range(2)]
        assert told == [{}, {}]
        assert not content_support_for(settings).limit

    def test_a_size_that_is_too_large(self, settings: Settings, world: World) -> None:
        """An error within one connection costs only that one."""
        with world.lock:
            world.add(File(course_id=SOURCE, title="Film", size=2**31))
        told = run_with_client(settings, lambda canvas: fetch_inventory(canvas, SOURCE, ALSO))
        assert set(told) == set(LISTINGS) - {"files"}
        assert 2**31 in [record["size"] for record in read_late(settings)["files"]]

    @pytest.mark.parametrize("token", ["writer-token", "reader-token", "stranger-token"])
    def test_who_cannot_grade(self, settings: Settings, world: World, token: str) -> None:
        """Nothing is taken from GraphQL for a user who may see less there."""
        readers = replace(settings, token=token)
        told = run_with_client(readers, lambda canvas: fetch_inventory(canvas, SOURCE, ALSO))
        assert told == {}

    def test_one_course_tries_it(self, settings: Settings) -> None:
        """While nothing is known, the other courses of the moment use REST; after a success all use GraphQL."""
        support = content_support_for(settings)
        assert [support.begin_course(2) for _ in range(4)] == [False, True, False, False]
        support.succeeded()
        assert [support.begin_course(2) for _ in range(2)] == [True, True]


CURSORS = dict.fromkeys(CONNECTIONS)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(max_size=8), values, max_size=3),
    max_leaves=8,
)


class TestDamagedResponses:
    """A response that is not as expected tells nothing, and raises nothing."""

    NODE: Mapping[str, Any] = {
        "_id": "7",
        "name": "a",
        "fullName": "course files/a",
        "parentFolderId": "3",
        "locked": False,
        "hidden": None,
        "createdAt": "2026-01-01T08:00:00-07:00",
        "updatedAt": "2026-01-01T15:00:00Z",
        "lockAt": None,
        "unlockAt": None,
    }

    def response(self, node: Any, **page_info: Any) -> dict[str, Any]:
        info = {"hasNextPage": False, "endCursor": None, **page_info}
        folders = {"nodes": [node], "pageInfo": info}
        return {"data": {"course": {"permissions": {"manageGrades": True}, "foldersConnection": folders}}}

    def test_a_whole_one(self) -> None:
        """Ids become numbers, and times are in UTC."""
        (record,) = content_pages(self.response(self.NODE), {"folders": None})["folders"].records
        assert (record["id"], record["parent_folder_id"]) == (7, 3)
        assert record["created_at"] == record["updated_at"] == "2026-01-01T15:00:00Z"

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("_id", None),
            ("_id", 7),
            ("_id", ""),
            ("_id", "1~2"),
            ("_id", "\u0663"),
            ("createdAt", 7),
            ("createdAt", "yesterday"),
            ("createdAt", "2026-01-01T08:00:00"),
            ("createdAt", "0001-01-01T00:00:00+05:00"),
            ("locked", "false"),
            ("locked", 0),
            ("name", 7),
            ("name", ["a"]),
            ("parentFolderId", "x"),
        ],
    )
    def test_a_value_of_another_form(self, key: str, value: Any) -> None:
        """The listing is left to REST."""
        assert content_pages(self.response({**self.NODE, key: value}), {"folders": None}) == {}

    @pytest.mark.parametrize("key", NODE)
    def test_a_missing_value(self, key: str) -> None:
        """The listing is left to REST."""
        node = {name: value for name, value in self.NODE.items() if name != key}
        assert content_pages(self.response(node), {"folders": None}) == {}

    @pytest.mark.parametrize("cursor", [None, "", 7])
    def test_a_next_page_without_a_cursor(self, cursor: Any) -> None:
        """The listing is left to REST: the rest of it cannot be queried."""
        response = self.response(self.NODE, hasNextPage=True, endCursor=cursor)
        assert content_pages(response, {"folders": None}) == {}

    @pytest.mark.parametrize(
        "errors",
        [[{"message": "x"}], [{"path": []}], [{"path": ["course"]}], [{"path": ["other", "x"]}], "x", [None], {"a": 1}],
    )
    def test_an_error_without_a_place(self, errors: Any) -> None:
        """Everything is left to REST."""
        assert content_pages({**self.response(self.NODE), "errors": errors}, {"folders": None}) == {}

    @given(json_values, json_values)
    def test_any_json(self, data: Any, errors: Any) -> None:
        """Nothing that can be JSON raises."""
        for response in ({"data": data, "errors": errors}, {"data": {"course": data}}, self.response(data)):
            assert content_pages(response, CURSORS) == {}


@given(st.dictionaries(st.sampled_from(CONNECTIONS), st.none() | st.text(), min_size=1))
def test_a_cursor_is_a_text_in_the_query(cursors: dict[str, str | None]) -> None:
    """Whatever a cursor contains, the query is valid and has it as a value."""
    query = Graphql.content.call(course_id=7, cursors=cursors).params["query"]
    document = parse(query).to_dict()
    selections = document["definitions"][0]["selection_set"]["selections"][0]["selection_set"]["selections"]
    arguments = [
        argument["value"]["value"]
        for field in selections
        for argument in field["arguments"] or ()
        if argument["name"]["value"] == "after"
    ]
    assert arguments == [cursor for cursor in cursors.values() if cursor is not None]
