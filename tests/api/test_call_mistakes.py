"""A misspelt endpoint, a wrong keyword and an argument without a name say what to write instead."""

from __future__ import annotations

import copy
import pickle
import re
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from airflow_provider_canvas.api.call import CONTEXTS
from airflow_provider_canvas.api.call_mistakes import (
    OTHER_WORDS,
    CanvasArgumentError,
    CanvasNameError,
    resource_name,
)
from airflow_provider_canvas.api.canvas import Canvas, get_route, resources, routes
from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.hooks.canvas import CanvasHook
from airflow_provider_canvas.hooks.canvas_async import CanvasAsyncHook

NOTHING: Any = SimpleNamespace(send=None, iterate=None, iterate_pages=None)
CANVAS: Any = Canvas(NOTHING)
ENDPOINTS = sorted(routes())


def typos(name: str) -> set[str]:
    """Return all texts that one typing error makes of a name: a letter left out, doubled, swapped or replaced."""
    positions = range(len(name))
    return {
        *(name[:i] + name[i + 1 :] for i in positions),
        *(name[:i] + name[i] + name[i:] for i in positions),
        *(name[:i] + name[i + 1 : i + 2] + name[i] + name[i + 2 :] for i in positions),
        *(name[:i] + "x" + name[i + 1 :] for i in positions),
    } - {name, ""}


def message_of(error: type[Exception], action: Any) -> str:
    """Return the message of the error that an action raises, which is bad input too: a task is not retried."""
    with pytest.raises(error) as raised:
        action()
    assert isinstance(raised.value, CanvasInputError)
    return str(raised.value)


def read(owner: Any, *names: str) -> Any:
    """Return an attribute of an attribute of an object."""
    for name in names:
        owner = getattr(owner, name)
    return owner


def method(endpoint: str) -> Any:
    """Return an endpoint as an attribute of a client."""
    resource, _, name = endpoint.partition(".")
    return getattr(getattr(CANVAS, resource), name)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_typing_errors_in_an_endpoint(endpoint: str) -> None:
    """Each typing error in the name of an endpoint is answered with its name, on a client and by ``get_route``."""
    resource, _, name = endpoint.partition(".")
    for typo in typos(name):
        if f"{resource}.{typo}" in ENDPOINTS or not typo.isidentifier():
            continue
        for action in (partial(read, CANVAS, resource, typo), partial(get_route, f"{resource}.{typo}")):
            message = message_of(CanvasNameError, action)
            assert f"There is no endpoint '{resource}.{typo}'." in message
            assert f"'{endpoint}'" in message, message


@pytest.mark.parametrize("resource", sorted(resources()))
@pytest.mark.parametrize("owner", [CANVAS, CanvasHook(), CanvasAsyncHook()], ids=lambda owner: type(owner).__name__)
def test_typing_errors_in_a_resource(owner: Any, resource: str) -> None:
    """Each typing error in the name of a resource is answered with its name, also on both hooks."""
    for typo in typos(resource) - set(resources()):
        message = message_of(CanvasNameError, partial(read, owner, typo))
        assert f"{type(owner).__name__} has no attribute '{typo}'. Did you mean " in message
        assert f"'{resource}'" in message, message


def test_names_of_resources() -> None:
    """The name of a resource on a client follows from its class, as messages say it."""
    assert {name: resource_name(kind.__name__) for name, kind in resources().items()} == {n: n for n in resources()}
    assert {name: route.endpoint for name, route in routes().items()} == {name: name for name in ENDPOINTS}


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_words_of_other_clients(endpoint: str) -> None:
    """Words that other clients use for a method are answered with the one of this package."""
    resource, _, name = endpoint.partition(".")
    for word, equivalent in OTHER_WORDS.items():
        if equivalent == name and f"{resource}.{word}" not in ENDPOINTS:
            message = message_of(CanvasNameError, partial(read, CANVAS, resource, word))
            assert f"Did you mean '{endpoint}'" in message


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("get_course", "courses.get"),
        ("get_courses", "courses.get"),
        ("list_pages", "pages.list"),
        ("create_course", "courses.create"),
        ("update_page", "pages.update"),
        ("fetch_quiz", "quizzes.get"),
        ("delete_course", "courses.delete"),
        ("migrations", "content_migrations"),
    ],
)
def test_names_of_other_clients(name: str, meant: str) -> None:
    """A method of the client itself, as other clients have it, is answered with the endpoint."""
    assert f"'{meant}'" in message_of(CanvasNameError, lambda: getattr(CanvasHook(), name))


@pytest.mark.parametrize("owner", ["courses", "users", "tabs"])
def test_a_name_that_resembles_none(owner: str) -> None:
    """A name that resembles no endpoint is answered with all methods of the resource."""
    message = message_of(CanvasNameError, lambda: getattr(CANVAS, owner).zzqzz)
    assert f"{owner}." in message.partition(".")[2]
    assert "docs/endpoints.md" in message


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_arguments_without_names(endpoint: str) -> None:
    """Arguments without names are answered with the call that names them, which then is accepted as such."""
    route = routes()[endpoint]
    names = route._names_in_order()
    for count in range(1, len(names) + 1):
        message = message_of(CanvasArgumentError, partial(method(endpoint), *range(5001, 5001 + count)))
        written = ", ".join(f"{name}={value}" for name, value in zip(names, range(5001, 5001 + count), strict=False))
        assert message == f"{endpoint} takes its arguments by name only. Write {endpoint}({written})."
    assert "It takes " in message_of(CanvasArgumentError, lambda: method(endpoint)(*range(len(names) + 1)))
    required = [name for name, is_required in route.parameters.items() if is_required]
    assert set(required) <= set(names[: len(required) + 1])


@pytest.mark.parametrize(
    "value",
    [
        "https://lms:s3cret-pw1@files.example/1",
        "https://files.example/1?verifier=s3cret-pw1",
        {"access_token": "s3cret-pw1"},
        ["https://files.example/1?verifier=s3cret-pw1"],
        "7~" + "s3cretpw1" * 5,
    ],
)
def test_an_argument_without_a_name_shows_no_secret(value: object) -> None:
    """The call in the message has the argument without its signature, login or token."""
    message = message_of(CanvasArgumentError, lambda: CANVAS.content_migrations.create(42, value))
    assert "content_migrations.create(course_id=42, " in message
    assert "s3cret" not in message
    assert "pw1" not in message


def test_the_reported_call() -> None:
    """``courses.get(5001)``, with another argument, and a listing, in the order in which authors write them."""
    with pytest.raises(TypeError, match=r"Write courses\.get\(course_id=5001\)\.$"):
        CANVAS.courses.get(5001)
    with pytest.raises(TypeError, match=r"Write courses\.get\(course_id=5001, include=\['term'\]\)\.$"):
        CANVAS.courses.get(5001, include=["term"])
    with pytest.raises(TypeError, match=r"Write content_migrations\.get\(course_id=42, content_migration_id=7\)\.$"):
        CANVAS.content_migrations.get(42, 7)
    with pytest.raises(TypeError, match=r"Write pages\.list\(course_id=42\)\.$"):
        CANVAS.pages.list.pages(42)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_typing_errors_in_a_keyword(endpoint: str) -> None:
    """A misspelt keyword is answered with the right one, and a missing one is named."""
    route = routes()[endpoint]
    required = {name: 5001 for name, is_required in route.parameters.items() if is_required}
    if "{context}" in route.route:
        required[route._names_in_order()[0]] = 5001
    for name in route.parameters:
        typo = f"{name[:-2]}{name[-1]}{name[-2]}"
        if typo in route.parameters or typo == name:
            continue
        others = {each: value for each, value in required.items() if each != name}
        message = message_of(CanvasInputError, partial(method(endpoint), **others, **{typo: 5001}))
        assert typo in message
        assert name in message
    for name in required.keys() - CONTEXTS.keys():
        others = {each: value for each, value in required.items() if each != name}
        assert re.search(rf"\b{name}\b.* missing", message_of(CanvasArgumentError, partial(method(endpoint), **others)))


@pytest.mark.parametrize(
    ("endpoint", "keywords", "meant"),
    [
        ("courses.get", {"id": 5001}, "course_id"),
        ("courses.get", {"course": 5001}, "course_id"),
        ("users.get", {"id": "self"}, "user_id"),
        ("progress.get", {"id": 901}, "progress_id"),
        ("pages.get", {"course_id": 42, "url": "welcome"}, "url_or_id"),
        ("courses.get", {"course_id": 5001, "includes": ["term"]}, "include"),
    ],
)
def test_keywords_of_other_clients(endpoint: str, keywords: dict[str, Any], meant: str) -> None:
    """A keyword that is part of the right one is answered with it."""
    assert f"Did you mean '{meant}'?" in message_of(CanvasArgumentError, lambda: method(endpoint)(**keywords))


def test_a_listing_has_pages() -> None:
    """An attribute that a listing does not have is answered with how it is read."""
    message = message_of(CanvasNameError, lambda: CANVAS.courses.list.page)
    assert message.endswith("or courses.list.pages(...) to iterate over pages, each a list of items.")


def test_python_finds_out_what_there_is_not() -> None:
    """``hasattr``, ``copy`` and ``pickle`` work as on other objects."""
    hook = CanvasHook()
    assert not hasattr(hook, "get_course")
    assert not hasattr(hook.courses, "lst")
    assert getattr(hook, "no_such_thing_at_all", 7) == 7
    assert copy.copy(hook.courses).io is hook
    with pytest.raises(AttributeError):
        _ = hook._private  # type: ignore[attr-defined]
    assert isinstance(pickle.loads(pickle.dumps(CanvasNameError("a"))), CanvasNameError)


def test_an_error_within_a_property_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """An ``AttributeError`` while a property is computed is not taken for a misspelt name."""

    def broken(self: Any) -> Any:
        raise AttributeError("something within broke")

    monkeypatch.setattr(CanvasHook, "settings", property(broken))
    with pytest.raises(AttributeError, match="something within broke"):
        _ = CanvasHook().settings
