"""How an endpoint is defined, once, for a blocking and for an awaiting client.

``@one`` and ``@many`` turn a function that returns parameters into a :class:`Route`. Read from a resource, a route is a
method: on ``Canvas[Blocking]`` it returns the answer (or an iterator over all pages), on ``Canvas[Awaiting]`` an
awaitable (or an asynchronous iterator), and type checkers know which. Nothing here performs I/O: a route makes a
:class:`Call`, a plain value, and hands it to whatever ``io`` its resource was given.
"""

from __future__ import annotations

import functools
import re
import string
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass, field
from typing import (
    Any,
    Concatenate,
    Generic,
    Literal,
    ParamSpec,
    Protocol,
    Self,
    TypedDict,
    TypeVar,
    get_origin,
    overload,
)

from airflow_provider_canvas.api.ids import Id, canvas_id, quoted

P = ParamSpec("P")
S = TypeVar("S")
A = TypeVar("A")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

Params = dict[str, Any]
"""Parameters as Canvas names them, nested as Rails nests them; ``None`` means "not given"."""

Define = Callable[Concatenate[Any, P], Params]


class Context(TypedDict, total=False):
    """Where a resource lives: exactly one of these."""

    account_id: Id
    course_id: Id
    group_id: Id
    user_id: Id


CONTEXTS: Mapping[str, str] = {
    "account_id": "accounts",
    "course_id": "courses",
    "group_id": "groups",
    "user_id": "users",
}


@dataclass(frozen=True)
class Call(Generic[T_co]):
    """One request that could be made, as a value.

    :param method: The HTTP verb.
    :param route: The route as the documentation writes it, for messages and logs: it holds no ids.
    :param path: The route with its ids, relative to ``/api/v1/``.
    :param params: What to send: in the query of a GET or DELETE, in the body otherwise.
    :param returns: The type of the answer (of one item, for a listing).
    """

    method: str
    route: str
    path: str
    params: Params = field(repr=False)
    returns: type[T_co]

    def __str__(self) -> str:
        """Return method and path, for messages, without SIS ids: one may be a person's login."""
        return f"{self.method} {re.sub(r'(?<=:)[^/]+', '…', self.path)}"

    @property
    def json_type(self) -> type:
        """``dict`` or ``list``: what the JSON answer must be."""
        return get_origin(self.returns) or (self.returns if self.returns in (list, dict) else dict)


class Blocking(Protocol):
    """What a blocking client does for a resource."""

    def send(self, call: Call[T]) -> T: ...
    def iterate(self, call: Call[T]) -> Iterator[T]: ...


class Awaiting(Protocol):
    """What an awaiting client does for a resource."""

    async def send(self, call: Call[T]) -> T: ...
    def iterate(self, call: Call[T]) -> AsyncIterator[T]: ...


# Bound and covariant on purpose: constrained, every answer would become Any; invariant, no client would match.
IO = TypeVar("IO", bound=Blocking | Awaiting, covariant=True)


class Resource(Generic[IO]):
    """A page of the Canvas API: its endpoints are the routes defined on the class."""

    def __init__(self, io: IO) -> None:
        self.io = io


class Route(Generic[P, S, A]):
    """An endpoint. ``S`` is what a blocking caller gets, ``A`` what an awaiting one gets.

    :param via: The client's method that performs it: ``send`` for one answer, ``iterate`` for a listing.
    :param method: The HTTP verb.
    :param route: The route, relative to ``/api/v1/``; ``{context}`` stands for one of four (see :class:`Context`).
    :param returns: The type of the answer, or of one item of the listing.
    :param define: The function that was decorated: its docstring is the endpoint's.
    """

    def __init__(
        self,
        via: Literal["send", "iterate"],
        method: str,
        route: str,
        returns: type[Any],
        define: Define[P],
    ) -> None:
        self.via = via
        self.method = method
        self.route = route
        self.returns = returns
        self.define = define
        self.__doc__ = define.__doc__
        self.__name__ = getattr(define, "__name__", route)

    def call(self, *args: P.args, **kwargs: P.kwargs) -> Call[Any]:
        """Return the call with these arguments, refused if Canvas would not take them.

        :raises ValueError: With what to write instead.
        """
        params = self.define(None, *args, **kwargs)
        return Call(self.method, self.route, placed(self.route, kwargs), params, self.returns)

    @overload
    def __get__(self, at: None, owner: type) -> Self: ...
    @overload
    def __get__(self, at: Resource[Blocking], owner: type) -> Callable[P, S]: ...
    @overload
    def __get__(self, at: Resource[Awaiting], owner: type) -> Callable[P, A]: ...
    def __get__(self, at: Any, owner: type) -> Any:
        if at is None:
            return self

        def perform(*args: P.args, **kwargs: P.kwargs) -> Any:
            return getattr(at.io, self.via)(self.call(*args, **kwargs))

        return functools.update_wrapper(perform, self.define)


def one(method: str, route: str, returns: type[T]) -> Callable[[Define[P]], Route[P, T, Coroutine[Any, Any, T]]]:
    """Define an endpoint that answers with one object (or one array that is not paged)."""
    return lambda define: Route("send", method, route, returns, define)


def many(route: str, returns: type[T]) -> Callable[[Define[P]], Route[P, Iterator[T], AsyncIterator[T]]]:
    """Define a listing: its pages are followed lazily, and what comes out are the items."""
    return lambda define: Route("iterate", "GET", route, returns, define)


def placed(route: str, arguments: Mapping[str, Any]) -> str:
    """Return the route with the ids among ``arguments`` in their places, quoted.

    :raises ValueError: When an id is not one that Canvas takes, or not exactly one context is given.
    """
    names = [name for _, name, _, _ in string.Formatter().parse(route) if name]
    parts = {name: quoted(canvas_id(name, arguments[name])) for name in names if name != "context"}
    if "context" in names:
        given = [name for name in CONTEXTS if arguments.get(name) is not None]
        if len(given) != 1:
            said = " and ".join(given) if given else "none of them"
            raise ValueError(f"Give exactly one of {', '.join(CONTEXTS)}; {said} was given.")
        parts["context"] = f"{CONTEXTS[given[0]]}/{quoted(canvas_id(given[0], arguments[given[0]]))}"
    return route.format(**parts)
