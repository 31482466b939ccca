"""GraphQL: a course, its assignments page by page, one mutation, and errors in Canvas's words."""

from __future__ import annotations

from typing import Any

import pytest

from canvas_emulator.model.content import Assignment
from canvas_emulator.seeds.small import ADMIN, DESTINATION, SOURCE, STRANGER, WRITER

COURSE = "query($id: ID!) { course(id: $id) { _id id name sisId } }"

CREATE = 'mutation { createAssignment(input: {courseId: "%s", name: "Essay"}) { assignment { name } } }'


@pytest.fixture
def ask(call_as):
    """Return a function that sends a query with a user's token."""

    def ask(query: str, variables: dict[str, Any] | None = None, token: str = ADMIN) -> Any:
        response = call_as(token)("POST", "/api/graphql", json={"query": query, "variables": variables})
        assert response.status_code == 200, response.text
        return response.json()

    return ask


def test_a_course_is_found_by_its_id_in_any_form(ask):
    """A course has its id, the global id of GraphQL, and its SIS id for those who may read it."""
    wanted = {"_id": "11", "id": "Q291cnNlLTEx", "name": "Source", "sisId": "SIS/Source"}

    for text in ("11", "sis_course_id:SIS/Source"):
        assert ask(COURSE, {"id": text}) == {"data": {"course": wanted}}


@pytest.mark.parametrize(("course_id", "token"), [(987654321, ADMIN), (SOURCE, STRANGER)])
def test_a_course_that_the_caller_may_not_read_is_null(ask, course_id, token):
    """An unknown course and one without the right to read it are both null."""
    assert ask(COURSE, {"id": str(course_id)}, token) == {"data": {"course": None}}


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8])
def test_pages_of_assignments_have_each_row_once(ask, world, size):
    """Following ``endCursor`` while there is a next page yields each assignment once, in order."""
    rows = [world.add(Assignment(course_id=SOURCE, title=f"Essay {number}")) for number in range(5)]
    query = """query($size: Int, $after: String) { course(id: 11) { assignmentsConnection(first: $size, after: $after) {
        nodes { _id name } pageInfo { hasNextPage endCursor } } } }"""
    names, after, more = [], None, True
    while more:
        page = ask(query, {"size": size, "after": after})["data"]["course"]["assignmentsConnection"]
        assert len(page["nodes"]) <= size
        names += [node["name"] for node in page["nodes"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]

    assert names == [row.title for row in rows]


def test_an_assignment_is_created(ask, world):
    """The mutation adds an unpublished assignment to a course whose content the caller may change."""
    query = CREATE % DESTINATION

    assert ask(query, token=WRITER) == {"data": {"createAssignment": {"assignment": {"name": "Essay"}}}}
    assert [row.title for row in world.live(Assignment, DESTINATION)] == ["Essay"]


def test_a_mutation_without_the_right_is_an_error_at_its_place(ask, world):
    """Without the right the payload is null, and the error names the course and the place in the query."""
    query = CREATE % SOURCE

    response = ask(query, token=STRANGER)

    assert response["data"] == {"createAssignment": None}
    assert response["errors"] == [
        {"message": "invalid course: 11", "locations": [{"line": 1, "column": 12}], "path": ["createAssignment"]}
    ]
    assert world.live(Assignment, SOURCE) == []


def test_an_unknown_field_names_its_type_and_its_path(ask):
    """The path starts with the operation, and has the alias of a field that has one."""
    (error,) = ask("query mine { one: course(id: 11) { name nothing } }")["errors"]

    assert error["message"] == "Field 'nothing' doesn't exist on type 'Course'"
    assert error["path"] == ["query mine", "one", "nothing"]
    assert error["extensions"] == {"code": "undefinedField", "typeName": "Course", "fieldName": "nothing"}


@pytest.mark.parametrize("variables", [{}, {"id": None}, None])
def test_a_missing_variable_is_named(ask, variables):
    """A variable that must have a value is named with its type."""
    (error,) = ask(COURSE, variables)["errors"]

    assert error["message"] == "Variable $id of type ID! was provided invalid value"


@pytest.mark.parametrize(
    ("query", "message"),
    [("query {", "Unexpected end of document"), ("", "No query string was present")],
)
def test_what_is_no_query_is_an_error(ask, query, message):
    """A text that ends too early and an empty one have an error, without data."""
    response = ask(query)

    assert [error["message"] for error in response["errors"]] == [message]
    assert "data" not in response


def test_variables_in_a_text_are_an_internal_error(canvas):
    """Variables that are JSON within a text make Canvas fail."""
    body = {"query": COURSE, "variables": '{"id": "11"}'}

    assert canvas("POST", "/api/graphql", json=body).status_code == 500
