"""GraphQL: Progress by ``legacyNode``, courses, the limits of documents, scopes, and the versions of the schema."""

from __future__ import annotations

from typing import Any

import pytest

from canvas_emulator.model.content import Assignment
from canvas_emulator.model.enrollments import EnrollmentType
from canvas_emulator.model.records import AccessToken
from canvas_emulator.seeds.small import ADMIN, DESTINATION, OTHER, READER, SOURCE, STRANGER, WRITER

current = pytest.mark.edition("current")
june_2023 = pytest.mark.edition("2023-06")
FIELDS = "... on Progress { _id id state completion message tag createdAt updatedAt context { __typename } }"


@pytest.fixture
def ask(call_as):
    """Return a function that sends a query with a user's token, and returns the status and the body."""

    def ask(query: str, token: str = ADMIN, **variables: Any) -> tuple[int, Any]:
        body = {"query": query, "variables": variables}
        response = call_as(token)("POST", "/api/graphql", json=body)
        return response.status_code, response.json()

    return ask


def progresses(ids, fields=FIELDS):
    """Return a query of several Progresses, each under an alias."""
    nodes = (f'p{each}: legacyNode(_id: "{each}", type: Progress) {{ {fields} }}' for each in ids)
    return f"{{ {' '.join(nodes)} }}"


def started(canvas, world, count):
    """Start copies, and return the ids of their Progresses."""
    world.settings.lanes = 1
    return [int(canvas.copy()["progress_url"].rpartition("/")[2]) for _ in range(count)]


def test_a_progress_is_read_by_its_id(canvas, world, ask):
    """It has the state, the percentage as a whole number, times with an offset, and no context of a migration."""
    (progress_id,) = started(canvas, world, 1)
    world.clock.advance(2)
    status, body = ask(progresses([progress_id]))
    rest = canvas.get(f"progress/{progress_id}")
    node = body["data"][f"p{progress_id}"]
    assert (status, node["_id"], node["state"]) == (200, str(progress_id), rest["workflow_state"])
    assert node["completion"] == int(rest["completion"])
    assert isinstance(node["completion"], int)
    assert node["updatedAt"] == "2026-05-04T05:00:01-04:00"
    assert (node["context"], node["tag"], node["message"]) == (None, "content_migration", None)


@pytest.mark.parametrize("seconds", [0, 1, 5, 10, 15, 20, 24, 26])
def test_graphql_agrees_with_rest(canvas, world, ask, seconds):
    """At any moment of three copies, GraphQL reports the states that the REST API reports."""
    ids = started(canvas, world, 3)
    world.clock.advance(seconds)
    _, body = ask(progresses(ids))
    for each in ids:
        rest = canvas.get(f"progress/{each}")
        node = body["data"][f"p{each}"]
        assert (node["state"], node["completion"]) == (rest["workflow_state"], int(rest["completion"]))


def test_a_progress_that_the_caller_may_not_read_is_null_and_the_others_are_there(canvas, world, ask):
    """A missing right is no error, and costs no other alias."""
    ids = started(canvas, world, 2)
    world.tables.content_migrations[77].course_id = OTHER
    status, body = ask(progresses(ids), token=READER)
    assert (status, body["data"][f"p{ids[0]}"], "errors" in body) == (200, None, False)
    assert body["data"][f"p{ids[1]}"]["_id"] == str(ids[1])


def test_documents_that_differ_in_ids_only_are_each_checked(canvas, world, ask):
    """A valid document does not make an invalid one valid that has the same words and other numbers."""
    ids = started(canvas, world, 2)
    for wanted in ids:
        assert ask(progresses([wanted]))[1]["data"][f"p{wanted}"]["_id"] == str(wanted)
    one, two = (f'legacyNode(_id: "{each}", type: Progress) {{ id }}' for each in ids)
    assert "data" in ask(f"{{ a1: {one} a2: {two} }}")[1]
    assert "data" not in ask(f"{{ a1: {one} a1: {two} }}")[1]
    assert "data" in ask(f"{{ a1: {one} a1: {one} }}")[1]


def test_an_unknown_progress_fails_the_whole_request(canvas, world, ask):
    """One unknown id among others is a status of 500, as the REST API has it."""
    ids = started(canvas, world, 1)
    status, body = ask(progresses([*ids, 987654321]))
    assert (status, body["errors"][0]["error_code"]) == (500, "internal_server_error")


@pytest.mark.parametrize(("setting", "has_errors"), [("null", False), ("error", True)])
def test_a_setting_makes_an_unknown_progress_null(canvas, world, ask, setting, has_errors):
    """The unknown id is null, with or without an error, and the others are there."""
    ids = started(canvas, world, 1)
    assert canvas("POST", "/_emulator/settings", json={"graphql_bad_node": setting}).status_code == 200
    status, body = ask(progresses([*ids, 987654321]))
    assert (status, body["data"]["p987654321"], "errors" in body) == (200, None, has_errors)
    assert body["data"][f"p{ids[0]}"]["_id"] == str(ids[0])


@pytest.mark.parametrize("type_name", ["Course", "Assignment", "Account", "Section", "User", "Rubric"])
@pytest.mark.parametrize("row_id", ["987654321", "-1", "x"])
def test_an_unknown_id_of_a_guarded_type_is_null(ask, type_name, row_id):
    """Canvas guards these types against ids that do not exist."""
    status, body = ask(f'{{ legacyNode(_id: "{row_id}", type: {type_name}) {{ id }} }}')
    assert (status, body) == (200, {"data": {"legacyNode": None}})


@pytest.mark.parametrize("type_name", ["Progress", "Page", "File", "Discussion", "Module", "ModuleItem", "Enrollment"])
def test_an_unknown_id_of_an_unguarded_type_is_an_internal_error(ask, type_name):
    """Canvas does not guard these types."""
    assert ask(f'{{ legacyNode(_id: "987654321", type: {type_name}) {{ id }} }}')[0] == 500


def test_a_relay_id_leads_to_the_same_row(canvas, world, ask):
    """``node`` takes the ``id`` that ``legacyNode`` returned; nonsense is an internal error."""
    (progress_id,) = started(canvas, world, 1)
    _, body = ask(progresses([progress_id], "... on Progress { id }"))
    relay = body["data"][f"p{progress_id}"]["id"]
    assert ask(f'{{ node(id: "{relay}") {{ id }} }}')[1] == {"data": {"node": {"id": relay}}}
    assert ask('{ node(id: "nonsense") { id } }')[0] == 500


@pytest.mark.parametrize("count", [1, 20])
@current
def test_twenty_aliases_are_allowed(canvas, world, ask, count):
    """Twenty Progresses fit into one request."""
    (progress_id,) = started(canvas, world, 1)
    nodes = " ".join(
        f'a{number}: legacyNode(_id: "{progress_id}", type: Progress) {{ ... on Progress {{ _id }} }}'
        for number in range(count)
    )
    status, body = ask(f"{{ {nodes} }}")
    assert (status, len(body["data"])) == (200, count)


def nested(depth):
    """Return a query of a depth."""
    inner = "__typename"
    for _ in range(depth - 1):
        inner = f"ofType {{ {inner} }}"
    return f'{{ __type(name: "Course") {{ {inner} }} }}'


LIMITS = [
    ("{" + " ".join(f"a{n}: __typename" for n in range(21)) + "}", "max query aliases exceeded"),
    ("{ course(id: 11) {" + " ".join(f"a{n}: name" for n in range(21)) + "} }", "max query aliases exceeded"),
    ("{" + " ".join(f"a{n}: __typename @include(if: true)" for n in range(6)) + "}", "max query directives exceeded"),
    ("{ __typename " + "__typename " * 5000 + "}", "This query is too large to execute."),
    (nested(15), "Query has depth of 16, which exceeds max depth of 15"),
]


@pytest.mark.parametrize(("query", "message"), LIMITS, ids=[message for _, message in LIMITS])
@current
def test_a_document_beyond_a_limit_is_an_error_without_data(ask, query, message):
    """The status is 200, and the message is Canvas's."""
    status, body = ask(query)
    assert status == 200
    assert message in [error["message"] for error in body["errors"]]
    assert "data" not in body


@pytest.mark.parametrize(("query", "message"), LIMITS, ids=[message for _, message in LIMITS])
@june_2023
def test_the_canvas_of_june_2023_has_no_limits(ask, query, message):
    """It answered queries above every limit."""
    assert message not in str(ask(query)[1])


@pytest.mark.parametrize(
    ("setting", "value", "query", "message"),
    [
        ("graphql_aliases", 2, "{ a: __typename b: __typename c: __typename }", "max query aliases exceeded"),
        ("graphql_depth", 1, "{ course(id: 11) { name } }", "Query has depth of 2, which exceeds max depth of 1"),
        (
            "graphql_complexity",
            100,
            "{ course(id: 11) { assignmentsConnection(first: 50) { nodes { _id name } } } }",
            "Query has complexity of 152, which exceeds max complexity of 100",
        ),
        (
            "graphql_complexity",
            100,
            "{ course(id: 11) { ...C } } fragment C on Course { assignmentsConnection(first: 50) {nodes {id name}}}",
            "Query has complexity of 152, which exceeds max complexity of 100",
        ),
        ("graphql_mutations", 1, "mutation { %s %s }", "max mutations per request exceeded"),
    ],
)
@current
def test_each_limit_is_a_setting(canvas, ask, setting, value, query, message):  # noqa: PLR0917  a table of cases
    """A site may have other limits; a client learns them from the errors."""
    mutation = 'createAssignment(input: {courseId: "22", name: "Essay"}) { assignment { _id } }'
    query = query.replace("%s", mutation)
    assert canvas("POST", "/_emulator/settings", json={setting: value}).status_code == 200
    assert [error["message"] for error in ask(query)[1]["errors"]] == [message]


@current
def test_a_page_of_a_connection_is_cut_without_an_error(world, ask):
    """``first: 500`` has 100 rows, and no ``first`` has 20."""
    for number in range(130):
        world.add(Assignment(course_id=SOURCE, title=f"Essay {number}"))
    page = "assignmentsConnection(first: $n) { nodes { _id } pageInfo { hasNextPage } }"
    query = f"query($n: Int) {{ course(id: 11) {{ {page} }} }}"
    sizes = {}
    for first in (500, 100, 7, None):
        page = ask(query, n=first)[1]["data"]["course"]["assignmentsConnection"]
        sizes[first] = len(page["nodes"])
        assert page["pageInfo"]["hasNextPage"]
    assert sizes == {500: 100, 100: 100, 7: 7, None: 20}


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ('id: "11"', "11"),
        ('id: "Q291cnNlLTEx"', "11"),
        ('sisId: "SIS/Source"', "11"),
        ('sisId: "unknown"', None),
        ('id: "987654321"', None),
    ],
)
def test_a_course_has_an_id_of_one_kind(ask, arguments, wanted):
    """A course is found by its id, its relay id or its SIS id; an unknown one is null without an error."""
    status, body = ask(f"{{ course({arguments}) {{ _id }} }}")
    assert (status, body) == (200, {"data": {"course": wanted and {"_id": wanted}}})


@pytest.mark.parametrize("arguments", ["", '(id: "11", sisId: "SIS/Source")'])
def test_a_course_needs_exactly_one_id(ask, arguments):
    """Neither and both are errors."""
    _, body = ask(f"{{ course{arguments} {{ _id }} }}")
    assert body["data"] == {"course": None}
    assert [error["message"] for error in body["errors"]] == ["Must specify exactly one of id or sisId"]


@current
def test_courses_by_ids_are_those_of_enrollments_by_name(world, ask):
    """Courses that the caller is not enrolled in are missing, also for administrators, and the others are sorted."""
    for course_id in (SOURCE, DESTINATION):
        world.enroll(2, course_id, EnrollmentType.TEACHER)
    query = "query($ids: [ID!]!) { courses(ids: $ids) { _id name } }"
    ids = [SOURCE, DESTINATION, OTHER, 987654321]
    assert [row["name"] for row in ask(query, WRITER, ids=ids)[1]["data"]["courses"]] == ["Destination", "Source"]
    assert ask(query, ADMIN, ids=ids)[1]["data"]["courses"] == []


@current
def test_more_than_a_hundred_courses_are_an_error(ask):
    """The error says how many can be asked for."""
    query = "query($ids: [ID!]!) { courses(ids: $ids) { _id } }"
    assert "errors" not in ask(query, ids=list(range(100)))[1]
    (error,) = ask(query, ids=list(range(101)))[1]["errors"]
    assert error["message"] == "Cannot request more than 100 courses at once"


@june_2023
def test_the_schema_of_2023_has_no_courses_by_ids(ask):
    """A client learns it from ``undefinedField``; ``allCourses`` is there."""
    (error,) = ask("{ courses(ids: [1]) { _id } }")[1]["errors"]
    assert error["extensions"]["code"] == "undefinedField"
    assert ask("{ allCourses { _id } }")[1] == {"data": {"allCourses": []}}


@pytest.mark.parametrize(
    ("query", "type_name", "data"),
    [
        ('{ course(id: "11") { _id } }', "Course", {"course": None}),
        ('{ legacyNode(_id: "901", type: Progress) { id } }', "Progress", {"legacyNode": None}),
    ],
)
def test_a_token_with_scopes_sees_no_object(canvas, world, ask, query, type_name, data):  # noqa: PLR0917
    """With the scope of the route every object is hidden, with a status of 200 and an error."""
    canvas.copy()
    world.tables.tokens["scoped"] = AccessToken("scoped", 1, scopes=frozenset({"url:POST|/api/graphql"}))
    status, body = ask(query, "scoped")
    assert (status, body["data"]) == (200, data)
    assert [error["message"] for error in body["errors"]] == [
        f"An object of type {type_name} was hidden due to insufficient scopes on access token"
    ]
    assert ask("{ __typename }", "scoped") == (200, {"data": {"__typename": "Query"}})


def test_a_token_without_the_scope_is_refused(world, ask):
    """Without the scope of the route the whole request is refused with 401."""
    world.tables.tokens["scoped"] = AccessToken("scoped", 1, scopes=frozenset({"url:GET|/api/v1/courses"}))
    status, body = ask("{ __typename }", "scoped")
    assert (status, body["errors"]) == (401, [{"message": "Insufficient scopes on access token."}])


@pytest.mark.parametrize("query", ["{ __schema { queryType { name } } }", '{ __type(name: "Course") { name } }'])
def test_introspection_can_be_switched_off(canvas, ask, query):
    """Then its fields do not exist."""
    assert "errors" not in ask(query)[1]
    canvas("POST", "/_emulator/settings", json={"graphql_introspection": False})
    (error,) = ask(query)[1]["errors"]
    assert error["extensions"]["code"] == "undefinedField"


def test_a_query_that_takes_too_long_is_an_internal_error(canvas, ask):
    """The timeout ends the request with the error of the REST API."""
    canvas("POST", "/_emulator/settings", json={"graphql_seconds": 9, "graphql_timeout": 0.05})
    status, body = ask("{ __typename }")
    assert (status, body["errors"][0]["message"]) == (500, "An error occurred.")


def test_strangers_see_nothing(canvas, world, ask):
    """A user without rights gets null for each Progress."""
    ids = started(canvas, world, 2)
    assert set(ask(progresses(ids), STRANGER)[1]["data"].values()) == {None}
