"""An endpoint is defined once: what a definition turns into, and what it refuses."""

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
    """A client that answers nothing and remembers what it was asked."""

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


def test_a_resource_hands_its_calls_to_the_client() -> None:
    """An object goes through ``send``, a listing through ``iterate`` or, page by page, ``iterate_pages``."""
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


def test_a_call_keeps_the_route_apart_from_the_path() -> None:
    """Messages name the route, which holds no ids."""
    call = MigrationIssues.get.call(course_id="sis_course_id:A/B", content_migration_id=7, migration_issue_id=9)
    assert call.route == "{context}/content_migrations/{content_migration_id}/migration_issues/{migration_issue_id}"
    assert call.path == "courses/sis_course_id:A%2FB/content_migrations/7/migration_issues/9"
    assert call.returns.__name__ == "MigrationIssue"


@pytest.mark.parametrize(
    ("contexts", "message"),
    [({}, "none of them"), ({"course_id": 1, "user_id": 2}, "course_id and user_id")],
)
def test_exactly_one_context(contexts: dict[str, int], message: str) -> None:
    """A resource that lives in four contexts is refused in none and in two."""
    with pytest.raises(ValueError, match=f"exactly one of .*{message}"):
        ContentMigrations.list.call(**contexts)


def test_json_type_of_an_answer() -> None:
    """What is an object must come as one."""
    assert Progress.get.call(progress_id=1).json_type is dict
    assert ContentMigrations.asset_id_mapping.call(course_id=1, content_migration_id=2).json_type is dict
    assert Call("GET", "x", "x", {}, list[ContentMigration]).json_type is list


def test_positional_arguments_are_refused() -> None:
    """Ids are named: nobody mixes up source and destination."""
    with pytest.raises(TypeError):
        Courses.get.call(42)  # type: ignore[call-arg]


def test_help_shows_the_definition() -> None:
    """In a notebook, ``help(hook.courses.get)`` shows the parameters and the documentation page."""
    canvas: Canvas[SyncIO] = Canvas(Recorder())
    assert "teacher_limit" in str(inspect.signature(canvas.courses.get))
    assert "courses#method.courses.show" in (inspect.getdoc(canvas.courses.get) or "")


@pytest.mark.parametrize("route", [pytest.param(route, id=name) for name, route in routes().items()])
def test_every_endpoint_is_documented(route: Route[..., Any]) -> None:
    """Each has a summary and the address of Canvas's documentation of it."""
    text = inspect.getdoc(route) or ""
    assert len(text.splitlines()[0]) > 10
    assert "https://developerdocs.instructure.com/services/canvas/resources/" in text
    assert "#method." in text


@pytest.mark.parametrize("route", [pytest.param(route, id=name) for name, route in routes().items()])
def test_every_id_in_a_route_is_a_parameter(route: Route[..., Any]) -> None:
    """A route that names an id takes it as a keyword."""
    parameters = inspect.signature(route.define).parameters
    for part in route.route.split("/"):
        if part.startswith("{"):
            assert part.strip("{}") in parameters


class Sheds(Resource[Any]):
    """A page of an API that does not exist."""

    @one("GET", "{context}/shed", dict, contexts=("course_id", "user_id"), deprecated="sheds.list")
    def get(self, *, course_id: int | None = None, user_id: int | None = None, group_id: int | None = None) -> Params:
        """Get a shed."""
        return {}

    @many("sheds", dict)
    def list(self) -> Params:
        """List sheds."""
        return {}


def test_a_route_has_its_own_contexts() -> None:
    """What lives in courses and for users is refused for groups."""
    with (
        pytest.warns(DeprecationWarning, match="sheds.list"),
        pytest.raises(ValueError, match="exactly one of course_id, user_id; group_id"),
    ):
        Sheds.get.call(group_id=1)


def test_a_deprecated_route_names_its_successor() -> None:
    """The warning points at the line that calls it."""
    with pytest.warns(DeprecationWarning, match=r"deprecates GET {context}/shed: use sheds.list") as warned:
        Sheds(Recorder()).get(course_id=1)
    assert warned[0].filename == __file__


def test_what_a_newer_canvas_takes() -> None:
    """Parameters that are not known here can be added to a call, which stays what it was."""
    call = Courses.get.call(course_id=1, include=["term"])
    assert call.with_params(brand_new=1).params == {**call.params, "brand_new": 1}
    assert "brand_new" not in call.params


def test_a_misspelt_keyword_is_not_taken_for_a_context() -> None:
    """Contexts are collected by ``**``, which would swallow anything."""
    with pytest.raises(TypeError, match="unexpected keyword argument 'on_duplicat'"):
        Files.create.call(course_id=1, name="a.txt", on_duplicat="error")  # type: ignore[call-arg]


@pytest.mark.parametrize(
    "flags", [{"run_again": "False"}, {"do_not_run": "false"}, {"selective_import": "False"}], ids=str
)
def test_a_flag_that_a_template_made_text_of(flags: dict[str, Any]) -> None:
    """``"False"`` is false: it opens no guard."""
    with pytest.raises(ValueError, match="would run the whole migration again"):
        ContentMigrations.update.call(course_id=1, content_migration_id=2, **flags)


def test_none_is_not_given() -> None:
    """Also where the default is something else."""
    assert Courses.get.call(course_id=1, include=None).params == {"include": []}


def test_what_is_added_makes_lists_longer() -> None:
    """And dicts fuller; the rest is replaced."""
    call = Courses.update.call(course_id=1, course={"name": "A"}).with_params(course={"brand_new": 1}, offer=True)
    assert call.params == {"course": {"name": "A", "brand_new": 1}, "offer": True}
    assert Courses.get.call(course_id=1, include=["term"]).with_params(include=["new"]).params["include"] == [
        "term",
        "new",
    ]


def test_what_help_shows() -> None:
    """Contexts and settings are named, and what comes back."""
    canvas: Canvas[SyncIO] = Canvas(Recorder())
    assert str(inspect.signature(canvas.content_migrations.list)).startswith("(*, account_id=None, course_id=None,")
    assert "hide_final_grades" in inspect.signature(canvas.courses.update_settings).parameters
    assert inspect.signature(canvas.courses.get).return_annotation.__name__ == "Course"


def test_an_address_in_place_of_an_id_is_not_repeated_whole() -> None:
    """It may be signed."""
    with pytest.raises(ValueError, match="must be a number") as refusal:
        Files.get.call(file_id="https://canvas.example/files/1/download?verifier=1b6a&wrap=1")
    assert "1b6a" not in str(refusal.value)
