"""GraphQL: the content of a course by its connections, their orders, and where they differ from the REST API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from canvas_emulator.model.content import (
    Announcement,
    Assignment,
    AssignmentOverride,
    DiscussionTopic,
    File,
    Module,
    Page,
    Quiz,
)
from canvas_emulator.model.editions import GraphQLVersion
from canvas_emulator.seeds.full_course import fill
from canvas_emulator.seeds.small import ADMIN, SOURCE, STRANGER

pytestmark = pytest.mark.edition("current")

CONNECTIONS = {
    "assignmentsConnection": ("assignments", "_id name"),
    "assignmentGroupsConnection": ("assignment_groups", "_id name"),
    "externalToolsConnection": ("external_tools", "_id name"),
    "filesConnection": ("files", "_id displayName"),
    "foldersConnection": ("folders", "_id name"),
    "groupSetsConnection": ("group_categories", "_id name"),
    "modulesConnection": ("modules", "_id name"),
    "pagesConnection": ("pages", "_id title"),
    "quizzesConnection": ("all_quizzes", "_id title"),
    "rubricsConnection": ("rubrics", "_id title"),
}
"""By connection: the listing of the REST API that has the same rows, and the fields to compare."""

ONLY_2026 = ("discussionsConnection", "filesConnection", "foldersConnection", "pagesConnection", "quizzesConnection")
QUERY = "query { course(id: 11) { %s } }"


@pytest.fixture
def read(call_as, world):
    """Fill a course, and return a function that reads a field of it with a user's token."""
    fill(world, SOURCE)

    def read(field: str, token: str = ADMIN) -> Any:
        response = call_as(token)("POST", "/api/graphql", json={"query": QUERY % field})
        assert response.status_code == 200, response.text
        return response.json()

    return read


def rows_of(response: Any, name: str) -> list[dict[str, Any]]:
    return response["data"]["course"][name]["nodes"]


@pytest.mark.parametrize("name", CONNECTIONS)
def test_a_connection_has_the_rows_of_the_listing(read, canvas, name):
    """Each row of a listing of the REST API is a node with the same name, and there are no others."""
    listing, fields = CONNECTIONS[name]
    rows = canvas("GET", f"/api/v1/courses/{SOURCE}/{listing}?per_page=100").json()
    names = ("name", "title", "display_name")
    expected = {(str(row.get("page_id", row.get("id"))), next(row[key] for key in names if key in row)) for row in rows}

    nodes = rows_of(read(f"{name}(first: 100) {{ nodes {{ {fields} }} }}"), name)

    if listing == "files":
        expected = {(row_id, title.replace("+", " ")) for row_id, title in expected}
    assert {tuple(map(str, node.values())) for node in nodes} == expected
    assert listing == "group_categories" or nodes


@pytest.mark.parametrize("name", ONLY_2026)
def test_the_schema_of_2023_lacks_connections(read, world, name):
    """A connection that came later is an unknown field of the older schema, with the extension that says so."""
    world.settings.change({"graphql_version": GraphQLVersion.V2023})

    (error,) = read(f"{name} {{ nodes {{ _id }} }}")["errors"]

    assert error["extensions"] == {"code": "undefinedField", "typeName": "Course", "fieldName": name}


def test_orders(read, world):
    """Modules are by position, files, pages and quizzes by id, whatever the REST API sorts them by."""
    world.add(Module(course_id=SOURCE, title="AAA", position=9))
    world.add(Page(course_id=SOURCE, title="AAA"))
    world.add(File(course_id=SOURCE, title="AAA"))
    for name, field in (("modulesConnection", "position"), ("pagesConnection", "_id"), ("filesConnection", "_id")):
        values = [int(node[field]) for node in rows_of(read(f"{name} {{ nodes {{ {field} }} }}"), name)]
        assert values == sorted(values)


def test_discussions_are_topics_and_announcements(read, world):
    """Without a filter both kinds are there, by id; a filter chooses one kind, announcements with the newest first."""
    for number in (1, 2):
        world.add(Announcement(course_id=SOURCE, title=f"News {number}", posted_at=world.clock.now()))
    topics = [row.id for row in world.live(DiscussionTopic, SOURCE)]
    news = [row.id for row in world.live(Announcement, SOURCE)]

    def ids(arguments: str) -> list[int]:
        nodes = rows_of(read(f"discussionsConnection{arguments} {{ nodes {{ _id }} }}"), "discussionsConnection")
        return [int(node["_id"]) for node in nodes]

    assert ids("") == sorted(topics + news)
    assert ids("(filter: {isAnnouncement: false})") == sorted(topics)
    assert ids("(filter: {isAnnouncement: true})") == sorted(news, reverse=True)


class TestTraps:
    """What a client must know."""

    def test_grading_periods(self, read, world):
        """Where all grading periods are over, there are assignments only for a filter that says so."""
        world.settings.change({"grading_periods_over": True})
        assert rows_of(read("assignmentsConnection { nodes { _id } }"), "assignmentsConnection") == []
        field = "assignmentsConnection(filter: {gradingPeriodId: null}) { nodes { _id } }"
        assert len(rows_of(read(field), "assignmentsConnection")) == len(world.live(Assignment, SOURCE))

    def test_dates_of_overrides(self, read, world):
        """A due date is that of an override, unless the query asks for the assignment's own."""
        now = world.clock.now()
        override = AssignmentOverride(1, "Late", now + timedelta(days=2))
        row = world.add(Assignment(course_id=SOURCE, title="Two dates", due_at=now, overrides=(override,)))
        field = "assignmentsConnection(first: 100) { nodes { _id %s } }"

        def due(of: str) -> str:
            nodes = rows_of(read(field % of), "assignmentsConnection")
            return next(node["dueAt"] for node in nodes if node["_id"] == str(row.id))

        assert due("dueAt") != due("dueAt(applyOverrides: false)")

    def test_new_quizzes_are_among_the_quizzes(self, read, world):
        """A New Quiz has the id of its assignment, and only its type tells."""
        row = world.add(Assignment(course_id=SOURCE, title="New", external_tool_url="https://quiz.example/lti"))
        nodes = rows_of(read("quizzesConnection { nodes { _id quizType } }"), "quizzesConnection")
        assert {"_id": str(row.id), "quizType": "assignment"} in nodes
        assert {node["_id"] for node in nodes if node["quizType"] == "quiz"} == {
            str(quiz.id) for quiz in world.live(Quiz, SOURCE)
        }

    def test_assignments_that_the_gradebook_hides(self, read, world):
        """They are left out."""
        row = world.add(Assignment(course_id=SOURCE, title="Hidden", hide_in_gradebook=True))
        nodes = rows_of(read("assignmentsConnection(first: 100) { nodes { _id } }"), "assignmentsConnection")
        assert str(row.id) not in [node["_id"] for node in nodes]

    def test_a_state_outside_the_list(self, read, world, call_as):
        """It makes the whole request fail."""
        row = world.add(Assignment(course_id=SOURCE, title="Odd", workflow_state="failed_to_import"))
        query = QUERY % "assignmentsConnection { nodes { state } }"
        assert call_as(ADMIN)("POST", "/api/graphql", json={"query": query}).status_code == 500
        row.workflow_state = "fail_to_import"
        assert "errors" not in read("assignmentsConnection { nodes { state } }")

    def test_a_file_that_is_too_large_for_a_number(self, read, world):
        """Its size is an error at its place; the text of the size is there."""
        row = world.add(File(course_id=SOURCE, title="Film", size=2**31))
        nodes = rows_of(read("filesConnection { nodes { _id size } }"), "filesConnection")
        assert {"_id": str(row.id), "size": "2 GB"} in nodes
        (error,) = read("filesConnection { nodes { sizeBytes } }")["errors"]
        assert error["path"][:3] == ["course", "filesConnection", "nodes"]

    def test_the_syllabus_is_the_stored_text(self, read, world, canvas):
        """Unlike descriptions, it has no hosts in its links."""
        shown = canvas("GET", f"/api/v1/courses/{SOURCE}?include[]=syllabus_body").json()["syllabus_body"]
        stored = read("syllabusBody")["data"]["course"]["syllabusBody"]
        assert stored == world.tables.courses[SOURCE].syllabus_body != shown

    def test_pages_are_cut(self, read, world):
        """A page has 20 rows unless the query says otherwise, and 100 at most."""
        for number in range(120):
            world.add(Page(course_id=SOURCE, title=f"Page {number}"))
        for arguments, count in (("", 20), ("(first: 500)", 100)):
            assert len(rows_of(read(f"pagesConnection{arguments} {{ nodes {{ _id }} }}"), "pagesConnection")) == count


def test_what_items_show(read, world):
    """The content of a module item is an object of its own type; headers and links have types too."""
    field = "modulesConnection { nodes { moduleItems { _id content { __typename modules { _id } } } } }"
    items = [item for node in rows_of(read(field), "modulesConnection") for item in node["moduleItems"]]
    types = {item["content"]["__typename"] for item in items if item["content"]}
    assert {"Assignment", "Page", "SubHeader", "ExternalUrl"} <= types


def test_texts_are_those_of_the_rest_api(read, canvas):
    """Descriptions and messages have the hosts and the attributes that the REST API puts into links."""
    rest = canvas("GET", f"/api/v1/courses/{SOURCE}/assignments?per_page=100").json()
    nodes = rows_of(read("assignmentsConnection { nodes { _id description } }"), "assignmentsConnection")
    assert {node["_id"]: node["description"] for node in nodes} == {str(row["id"]): row["description"] for row in rest}


def test_a_course_that_the_caller_may_not_read(read):
    """There is none, without an error."""
    assert read("pagesConnection { nodes { _id } }", STRANGER) == {"data": {"course": None}}
