"""Endpoint definitions: their signatures, contexts, deprecations and parameters."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import pytest

from airflow_provider_canvas.api.call import Call
from airflow_provider_canvas.api.canvas import Canvas, routes
from airflow_provider_canvas.api.content_migrations import ContentMigration, ContentMigrations
from airflow_provider_canvas.api.courses import Courses
from airflow_provider_canvas.api.endpoint import Resource, Route, SyncIO, many, one
from airflow_provider_canvas.api.files import Files
from airflow_provider_canvas.api.migration_issues import MigrationIssues
from airflow_provider_canvas.api.parameters import Params
from airflow_provider_canvas.api.progress import Progress


class Recorder:
    """A client that records calls and returns nothing."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Call[Any]]] = []

    def send(self, call: Call[Any]) -> Any:
        self.calls.append(("send", call))
        return {}

    def iterate(self, call: Call[Any]) -> Iterator[Any]:
        self.calls.append(("iterate", call))
        return iter(())

    def iterate_pages(self, call: Call[Any]) -> Iterator[list[Any]]:
        self.calls.append(("iterate_pages", call))
        return iter(())


def test_calls_are_passed_to_the_client() -> None:
    """Objects are requested by ``send``, lists by ``iterate``, and pages by ``iterate_pages``."""
    recorder = Recorder()
    canvas: Canvas[SyncIO] = Canvas(recorder)
    canvas.courses.get(course_id=42, include=["term"])
    list(canvas.content_migrations.list(group_id=3))
    list(canvas.content_migrations.list.pages(user_id=4))
    assert [(via, call.method, call.path, call.params) for via, call in recorder.calls] == [
        ("send", "GET", "courses/42", {"include": ["term"]}),
        ("iterate", "GET", "groups/3/content_migrations", {}),
        ("iterate_pages", "GET", "users/4/content_migrations", {}),
    ]


def test_route_and_path() -> None:
    """A call has the path with ids, and the route without them, which error messages contain."""
    call = MigrationIssues.get.call(course_id="sis_course_id:A/B", content_migration_id=7, migration_issue_id=9)
    assert call.route == "{context}/content_migrations/{content_migration_id}/migration_issues/{migration_issue_id}"
    assert call.path == "courses/sis_course_id:A%2FB/content_migrations/7/migration_issues/9"
    assert call.returns.__name__ == "MigrationIssue"


@pytest.mark.parametrize(
    ("contexts", "message"),
    [({}, "none of them"), ({"course_id": 1, "user_id": 2}, "course_id and user_id")],
)
def test_exactly_one_context(contexts: dict[str, int], message: str) -> None:
    """A resource of four contexts needs exactly one of them."""
    with pytest.raises(ValueError, match=f"exactly one of .*{message}"):
        ContentMigrations.list.call(**contexts)


def test_json_type_of_a_response() -> None:
    """The type of the JSON of a response is that of the endpoint."""
    assert Progress.get.call(progress_id=1).json_type is dict
    assert ContentMigrations.asset_id_mapping.call(course_id=1, content_migration_id=2).json_type is dict
    assert Call("GET", "x", "x", {}, list[ContentMigration]).json_type is list


def test_positional_arguments() -> None:
    """Ids must be keywords, so that source and destination are not confused."""
    with pytest.raises(TypeError):
        Courses.get.call(42)  # type: ignore[call-arg]


def test_signature_and_docstring() -> None:
    """``help(hook.courses.get)`` shows the parameters and the link to the documentation."""
    canvas: Canvas[SyncIO] = Canvas(Recorder())
    assert "teacher_limit" in str(inspect.signature(canvas.courses.get))
    assert "courses#method.courses.show" in (inspect.getdoc(canvas.courses.get) or "")


@pytest.mark.parametrize("route", [pytest.param(route, id=name) for name, route in routes().items()])
def test_docstrings(route: Route[..., Any]) -> None:
    """Each endpoint has a summary and a link to Canvas's documentation."""
    text = inspect.getdoc(route) or ""
    assert len(text.splitlines()[0]) > 10
    assert "https://developerdocs.instructure.com/services/canvas/resources/" in text
    assert "#method." in text


@pytest.mark.parametrize("route", [pytest.param(route, id=name) for name, route in routes().items()])
def test_ids_are_parameters(route: Route[..., Any]) -> None:
    """Each id in a route is a keyword of the endpoint."""
    parameters = inspect.signature(route.define).parameters
    for part in route.route.split("/"):
        if part.startswith("{"):
            assert part.strip("{}") in parameters


class Sheds(Resource[Any]):
    """A resource that does not exist in Canvas."""

    @one("GET", "{context}/shed", dict, contexts=("course_id", "user_id"), deprecated="sheds.list")
    def get(self, *, course_id: int | None = None, user_id: int | None = None, group_id: int | None = None) -> Params:
        """Get a shed."""
        return {}

    @many("sheds", dict)
    def list(self) -> Params:
        """List sheds."""
        return {}


def test_contexts_of_a_route() -> None:
    """A context that the resource does not have is an error that names the valid ones."""
    with (
        pytest.warns(DeprecationWarning, match="sheds.list"),
        pytest.raises(ValueError, match="exactly one of course_id, user_id; group_id"),
    ):
        Sheds.get.call(group_id=1)


def test_deprecation_warning() -> None:
    """The warning names the replacement, and points at the line of the call."""
    with pytest.warns(DeprecationWarning, match=r"deprecates GET {context}/shed: use sheds.list") as warnings:
        Sheds(Recorder()).get(course_id=1)
    assert warnings[0].filename == __file__


def test_with_params() -> None:
    """Unknown parameters can be added to a copy of a call."""
    call = Courses.get.call(course_id=1, include=["term"])
    assert call.with_params(brand_new=1).params == {**call.params, "brand_new": 1}
    assert "brand_new" not in call.params


def test_misspelt_keyword() -> None:
    """A misspelt keyword is an error, although contexts are collected by ``**``."""
    with pytest.raises(TypeError, match=r"on_duplicat unknown\. Did you mean 'on_duplicate'"):
        Files.create.call(course_id=1, name="a.txt", on_duplicat="error")  # type: ignore[call-arg]


@pytest.mark.parametrize(
    "flags", [{"run_again": "False"}, {"do_not_run": "false"}, {"selective_import": "False"}], ids=str
)
def test_booleans_as_text(flags: dict[str, Any]) -> None:
    """The text "False" counts as ``False``, so that it does not permit a run."""
    with pytest.raises(ValueError, match="would run the whole migration again"):
        ContentMigrations.update.call(course_id=1, content_migration_id=2, **flags)


def test_none_means_default() -> None:
    """``None`` means the default, also if the default is not ``None``."""
    assert Courses.get.call(course_id=1, include=None).params == {"include": []}


def test_with_params_merges() -> None:
    """Lists and dicts are merged with existing values, and other values are replaced."""
    call = Courses.update.call(course_id=1, course={"name": "A"}).with_params(course={"brand_new": 1}, offer=True)
    assert call.params == {"course": {"name": "A", "brand_new": 1}, "offer": True}
    assert Courses.get.call(course_id=1, include=["term"]).with_params(include=["new"]).params["include"] == [
        "term",
        "new",
    ]


def test_signatures_of_contexts_and_settings() -> None:
    """Signatures include contexts, settings and the type of the result."""
    canvas: Canvas[SyncIO] = Canvas(Recorder())
    assert str(inspect.signature(canvas.content_migrations.list)).startswith("(*, account_id=None, course_id=None,")
    assert "hide_final_grades" in inspect.signature(canvas.courses.update_settings).parameters
    assert inspect.signature(canvas.courses.get).return_annotation.__name__ == "Course"


def test_url_instead_of_an_id() -> None:
    """The error for a URL in place of an id does not contain its query, which may be signed."""
    with pytest.raises(ValueError, match="must be a number") as refusal:
        Files.get.call(file_id="https://canvas.example/files/1/download?verifier=1b6a&wrap=1")
    assert "1b6a" not in str(refusal.value)
