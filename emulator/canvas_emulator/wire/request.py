"""A request as handlers receive it: decoded, and with its caller."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from starlette.formparsers import MultiPartException
from starlette.requests import Request as HttpRequest

from canvas_emulator.model.course import Course
from canvas_emulator.model.ids import find_account, find_course, find_user, local_id
from canvas_emulator.model.parsing import parse_bool, parse_list
from canvas_emulator.model.records import Account, User
from canvas_emulator.model.rights import rights
from canvas_emulator.model.world import World
from canvas_emulator.wire.parameters import Params, nested, parts_of
from canvas_emulator.wire.responses import (
    NOT_PERMITTED,
    CanvasError,
    Response,
    internal_error,
    not_found,
    unreadable_request,
)

Handler = Callable[["Request"], Response]

FORM = "application/x-www-form-urlencoded"
NOBODY = User(0, "nobody")
"""The user of a request that needs none."""


@dataclass(frozen=True)
class Route:
    """A method, a path, and the handler.

    :param method: The HTTP method, in capitals.
    :param path: Below the prefix; ``{name}`` is a variable part.
    :param handler: Handles a request and returns the response.
    :param prefix: Empty for the few paths that are not of the API.
    :param needs_token: Whether the caller must be known. A handler that does without gets ``NOBODY``.
    :param anonymous: Whether a request without a token is served, to ``NOBODY``. A token that is sent must work.
    :param secondary: Whether it reads from a replica of the database, where there is one.
    """

    method: str
    path: str
    handler: Handler
    prefix: str = "/api/v1"
    needs_token: bool = True
    anonymous: bool = False
    secondary: bool = False

    @property
    def scope(self) -> str:
        """The scope that a token with scopes needs."""
        path = self.path.replace("{", ":").replace("}", "")
        return f"url:{self.method}|{self.prefix}{path}"


@dataclass(frozen=True)
class Request:
    """An authenticated request.

    :param world: The world that the request reads and changes.
    :param user: The user of the access token.
    :param path: As it came, percent-encoded.
    :param ids: The variable parts of the path, decoded.
    :param query: The query's names and values, decoded, in order.
    :param params: All parameters, from the query and the body.
    :param base_url: Scheme and host as the client wrote them; all URLs in responses start with it.
    :param headers: By lower-case name.
    :param scopes: The scopes of the token; None for a token that may be used for everything.
    """

    world: World
    user: User
    path: str
    ids: dict[str, str]
    query: list[tuple[str, str]]
    params: Params
    base_url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    scopes: frozenset[str] | None = None

    def url(self, path: str) -> str:
        """Return an absolute URL of this Canvas."""
        return self.base_url + path

    def api_url(self, path: str) -> str:
        """Return an absolute URL of this Canvas's API."""
        return f"{self.base_url}/api/v1{path}"

    def id(self, name: str = "id") -> int:
        """Read a plain id of the path.

        :raises CanvasError: 404, when it is none.
        """
        if (number := local_id(self.ids[name])) is None:
            raise not_found()
        return number

    def includes(self, name: str) -> bool:
        """Tell whether ``include[]`` names this.

        :raises CanvasError: 500, when it is a hash.
        """
        return name in self.included

    @cached_property
    def included(self) -> frozenset[str]:
        """What ``include[]`` names.

        :raises CanvasError: 500, when it is a hash.
        """
        value = self.params.get("include")
        if isinstance(value, dict):
            raise internal_error()
        return frozenset(parse_list(value))

    @cached_property
    def rendered(self) -> dict[tuple[str, int], Any]:
        """What several rows of the response show, such as their term, by kind and id."""
        return {}

    def parse_bool(self, name: str) -> bool:
        """Read a boolean parameter; absent is false."""
        return parse_bool(self.params.get(name))

    def table(self, name: str) -> dict[str, Any]:
        """Read a parameter that is a hash, into a dictionary of its own; empty when it is absent or something else."""
        value = self.params.get(name)
        return dict(value) if isinstance(value, dict) else {}

    def course(self, name: str = "course_id") -> Course:
        """Return the course of the path, which the caller may read.

        :raises CanvasError: 404 when there is none, 403 when the caller may not.
        """
        if (course := find_course(self.world, self.ids[name])) is None:
            raise not_found()
        self.permit(self.user.may_read(course.id))
        return course

    def seen_course(self, name: str = "course_id", right: str = "read") -> Course:
        """Return the course of the path, in which the caller has a right: by default that of its students.

        :raises CanvasError: 404 when there is none, 403 when the caller may not.
        """
        if (course := find_course(self.world, self.ids[name])) is None:
            raise not_found()
        self.permit(right in rights(self.world, self.user, course))
        return course

    def account(self, name: str = "account_id") -> Account:
        """Return the account of the path, which the caller administers; errors as of ``course``."""
        if (account := find_account(self.world, self.ids[name])) is None:
            raise not_found()
        self.permit(self.user.is_admin)
        return account

    def user_of_path(self, name: str = "user_id") -> User:
        """Return the user of the path.

        :raises CanvasError: 404, when there is none.
        """
        if (user := find_user(self.world, self.ids[name], self.user)) is None:
            raise not_found()
        return user

    def writable_course(self) -> Course:
        """Return the course of the path, whose content the caller may change; errors as of ``course``."""
        course = self.course()
        self.permit(self.user.may_write(course.id))
        return course

    def permit(self, permitted: bool) -> None:
        """Check a right of the caller.

        :raises CanvasError: 403, or 401 from a server older than 2022.
        """
        if not permitted:
            raise CanvasError(401 if self.world.settings.legacy_permission_401 else 403, NOT_PERMITTED)


async def parameters_of(http: HttpRequest) -> tuple[list[tuple[str, str]], Params]:
    """Read the parameters of the query and of a form, multipart or JSON body.

    :return: The query's pairs, and all parameters as a tree. Of the keys at its top, those of the query win.
    :raises CanvasError: 500, when they cannot be read.
    """
    try:
        query = _pairs(http.scope["query_string"])
        return query, await _body_params(http) | nested(query)
    except (MultiPartException, ValueError) as error:
        raise unreadable_request() from error


async def method_of(http: HttpRequest) -> str:
    """Return the method of a request: a POST may name another one in a header, or in a form as ``_method``."""
    method: str = http.method
    if method != "POST":
        return method
    override = http.headers.get("x-http-method-override")
    if override is None and _content_type(http) == FORM and b"_method" in (body := await http.body()):
        override = dict(parse_qsl(body.decode("latin-1"))).get("_method")
    return override.upper() if override else method


async def _body_params(http: HttpRequest) -> Params:
    match _content_type(http):
        case content_type if content_type == FORM:
            return nested(_pairs(await http.body()))
        case "multipart/form-data":
            return nested(await parts_of(http))
        case "application/json" if body := await http.body():
            document = json.loads(body)
            json.dumps(document, ensure_ascii=False).encode()  # a lone surrogate is an error
            return document if isinstance(document, dict) else {"_json": document}
        case "" if (await http.body()).lstrip().startswith((b"{", b"[")):
            raise ValueError("a body of JSON needs a content type")
        case _:
            return {}


def _pairs(text: bytes) -> list[tuple[str, str]]:
    return parse_qsl(text.decode(), keep_blank_values=True, errors="strict")


def _content_type(http: HttpRequest) -> str:
    return http.headers.get("content-type", "").partition(";")[0].strip().lower()
