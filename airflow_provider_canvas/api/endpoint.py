"""How an endpoint is defined, once, for a blocking and for an awaiting client.

``@one`` and ``@many`` turn a function that returns parameters into a :class:`Route`. Read from a resource, a route is a
method: on ``Canvas[Blocking]`` it returns the answer (or an iterator over the items of all pages), on
``Canvas[Awaiting]`` an awaitable (or an asynchronous iterator), and type checkers know which. Nothing here performs
I/O: a route makes a :class:`Call`, a plain value, and hands it to whatever ``io`` its resource was given.
"""

from __future__ import annotations

import functools
import inspect
import re
import string
import warnings
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import (
    Any,
    ClassVar,
    Concatenate,
    Generic,
    ParamSpec,
    Protocol,
    Self,
    TypedDict,
    TypeVar,
    get_args,
    get_origin,
    get_type_hints,
    overload,
)

from airflow_provider_canvas.api.ids import Id, in_path
from airflow_provider_canvas.api.parameters import BOOLEAN, Params, flags_of, parse_bool

P = ParamSpec("P")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
Items = TypeVar("Items")
Pages = TypeVar("Pages")

Define = Callable[Concatenate[Any, P], Params]

Wrong = Callable[[Any], str | None]
"""Reads an answer of status 200, and returns what is wrong with it all the same."""


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
    :param wrong: What may be wrong with an answer of status 200; such an answer is an error.
    """

    method: str
    route: str
    path: str
    params: Params = field(repr=False)
    returns: type[T_co]
    wrong: Wrong | None = field(default=None, repr=False, compare=False)

    def __str__(self) -> str:
        """Return method and path, for messages, without SIS ids: one may be a person's login."""
        return f"{self.method} {re.sub(r'(?<=:)[^/]+', '…', self.path)}"

    def adding(self, **params: Any) -> Self:
        """Return the call with further parameters, sent as they are: such as only a newer Canvas knows.

        Lists get longer, and dicts fuller, by what is added.
        """
        return replace(self, params=_fuller(self.params, params))

    @property
    def json_type(self) -> type:
        """``dict`` or ``list``: what the JSON answer must be."""
        return get_origin(self.returns) or (self.returns if self.returns in (list, dict) else dict)


def _fuller(there: Any, more: Any) -> Any:
    if isinstance(there, Mapping) and isinstance(more, Mapping):
        return {**there, **{name: _fuller(there.get(name), value) for name, value in more.items()}}
    if isinstance(there, list | tuple) and isinstance(more, list | tuple):
        return [*there, *more]
    return more


class SyncIO(Protocol):
    """What a blocking client does for a resource."""

    def send(self, call: Call[T]) -> T: ...
    def iterate(self, call: Call[T]) -> Iterator[T]: ...
    def iterate_pages(self, call: Call[T]) -> Iterator[list[T]]: ...


class AsyncIO(Protocol):
    """What an awaiting client does for a resource."""

    async def send(self, call: Call[T]) -> T: ...
    def iterate(self, call: Call[T]) -> AsyncIterator[T]: ...
    def iterate_pages(self, call: Call[T]) -> AsyncIterator[list[T]]: ...


# Bound and covariant on purpose: constrained, every answer would become Any; invariant, no client would match.
IO = TypeVar("IO", bound=SyncIO | AsyncIO, covariant=True)


class Resource(Generic[IO]):
    """A page of the Canvas API: its endpoints are the routes defined on the class."""

    def __init__(self, io: IO) -> None:
        self.io = io


class _Nothing(TypedDict):
    """No keywords at all."""


class Route(Generic[P, T]):
    """An endpoint.

    :param method: The HTTP verb.
    :param route: The route, relative to ``/api/v1/``; ``{context}`` stands for one of four (see :class:`Context`).
    :param returns: The type of the answer, or of one item of the listing.
    :param define: The function that was decorated: its docstring is the endpoint's.
    :param contexts: What ``{context}`` can be here.
    :param deprecated: For a route that Canvas deprecates: what to use in its place.
    :param wrong: See :class:`Call`.
    """

    paginated: ClassVar[bool]

    def __init__(
        self,
        method: str,
        route: str,
        returns: type[T],
        define: Define[P],
        *,
        contexts: Collection[str] = tuple(CONTEXTS),
        deprecated: str | None = None,
        wrong: Wrong | None = None,
    ) -> None:
        self.method = method
        self.route = route
        self.returns = returns
        self.define = define
        self.contexts = tuple(contexts)
        self.deprecated = deprecated
        self.wrong = wrong
        self.__doc__ = define.__doc__
        self.__name__ = getattr(define, "__name__", route)

    def call(self, *args: P.args, **kwargs: P.kwargs) -> Call[T]:
        """Return the call with these arguments, refused if Canvas would not take them.

        :raises ValueError: With what to write instead.
        :raises TypeError: For a keyword that it does not take.
        """
        if "{context}" in self.route and (unknown := kwargs.keys() - self.parameters.keys() - CONTEXTS.keys()):
            raise TypeError(f"{self.__name__}() got an unexpected keyword argument {min(unknown)!r}")
        arguments = self._tidied(kwargs)
        params = self.define(None, *args, **arguments)
        if self.deprecated:
            said = f"Canvas deprecates {self.method} {self.route}: use {self.deprecated} in its place."
            warnings.warn(said, DeprecationWarning, stacklevel=3)
        path = placed(self.route, {**self.defaults, **arguments}, self.contexts)
        return Call(self.method, self.route, path, params, self.returns, self.wrong)

    def _tidied(self, arguments: dict[str, Any]) -> Any:
        """Return the keywords, flags as such, and without those that are ``None`` and have another default."""
        return {
            name: parse_bool(name, value) if name in self.flags and value is not None else value
            for name, value in arguments.items()
            if value is not None or self.defaults.get(name) is None
        }

    @functools.cached_property
    def flags(self) -> frozenset[str]:
        """The keywords that are true or false."""
        return flags_of(self.unpacked) | {
            name
            for name, parameter in inspect.signature(self.define).parameters.items()
            if parameter.annotation in BOOLEAN
        }

    @functools.cached_property
    def unpacked(self) -> Any:
        """The TypedDict whose keys it takes as keywords, beside contexts; an empty one for none."""
        for name, parameter in inspect.signature(self.define).parameters.items():
            if parameter.kind is parameter.VAR_KEYWORD and "{context}" not in self.route:
                return next(iter(get_args(get_type_hints(self.define)[name])), _Nothing)
        return _Nothing

    @functools.cached_property
    def defaults(self) -> dict[str, Any]:
        """What stands for keywords that are left out."""
        parameters = inspect.signature(self.define).parameters.items()
        return {name: parameter.default for name, parameter in parameters if parameter.default is not parameter.empty}

    @functools.cached_property
    def signature(self) -> inspect.Signature:
        """What a caller sees: keywords, and what comes back (of a listing, for each item)."""
        kind, empty = inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.empty
        keywords = [
            inspect.Parameter(name, kind, default=empty if required else self.defaults.get(name))
            for name, required in self.parameters.items()
        ]
        return inspect.Signature(keywords, return_annotation=self.returns)

    @functools.cached_property
    def parameters(self) -> dict[str, bool]:
        """The keywords that it takes, and whether each is required. Of contexts, which are not, one is."""
        found = dict.fromkeys(self.contexts if "{context}" in self.route else (), False)
        for name, parameter in inspect.signature(self.define).parameters.items():
            if parameter.kind is parameter.KEYWORD_ONLY:
                found[name] = parameter.default is parameter.empty
        return found | {name: name in self.unpacked.__required_keys__ for name in self.unpacked.__annotations__}

    def called_with(self, arguments: Mapping[str, Any]) -> Call[T]:
        """Return the call with arguments that no type checker has seen.

        :raises ValueError: With what to write instead.
        """
        known = self.parameters
        wrong = [name for name in arguments if name not in known]
        missing = [name for name, required in known.items() if required and name not in arguments]
        if wrong or missing:
            said = " and ".join(
                f"{' and '.join(names)} {what}" for names, what in ((wrong, "unknown"), (missing, "missing")) if names
            )
            raise ValueError(f"{self.method} {self.route} takes {', '.join(known) or 'nothing'}: {said}.")
        return self.call(**arguments)  # type: ignore[call-arg]  # just checked


class One(Route[P, T]):
    """An endpoint that answers once."""

    paginated = False

    @overload
    def __get__(self, at: None, owner: type) -> Self: ...
    @overload
    def __get__(self, at: Resource[SyncIO], owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, at: Resource[AsyncIO], owner: type) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, at: Any, owner: type) -> Any:
        if at is None:
            return self

        def perform(*args: P.args, **kwargs: P.kwargs) -> Any:
            return at.io.send(self.call(*args, **kwargs))

        functools.update_wrapper(perform, self.define)
        perform.__signature__ = self.signature  # type: ignore[attr-defined]  # what help() shows
        return perform


class Many(Route[P, T]):
    """An endpoint that answers in pages."""

    paginated = True

    @overload
    def __get__(self, at: None, owner: type) -> Self: ...
    @overload
    def __get__(self, at: Resource[SyncIO], owner: type) -> Listing[P, Iterator[T], Iterator[list[T]]]: ...
    @overload
    def __get__(self, at: Resource[AsyncIO], owner: type) -> Listing[P, AsyncIterator[T], AsyncIterator[list[T]]]: ...
    def __get__(self, at: Any, owner: type) -> Any:
        return self if at is None else Listing(self, at.io)


class Listing(Generic[P, Items, Pages]):
    """A listing on a client. Called, it yields items; :meth:`pages` yields them a page at a time.

    Both are lazy: a page is asked for when it is needed.
    """

    def __init__(self, route: Many[P, Any], io: Any) -> None:
        functools.update_wrapper(self, route.define)
        self.__signature__ = route.signature
        self._route = route
        self._io = io

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Items:
        items: Items = self._io.iterate(self._route.call(*args, **kwargs))
        return items

    def pages(self, *args: P.args, **kwargs: P.kwargs) -> Pages:
        """Yield lists: what each page of the answer holds, which may be fewer items than a page has room for."""
        pages: Pages = self._io.iterate_pages(self._route.call(*args, **kwargs))
        return pages


def one(
    method: str,
    route: str,
    returns: type[T],
    *,
    contexts: Collection[str] = tuple(CONTEXTS),
    deprecated: str | None = None,
    wrong: Wrong | None = None,
) -> Callable[[Define[P]], One[P, T]]:
    """Define an endpoint that answers with one object (or one array that is not paged); see :class:`Route`."""
    return lambda define: One(method, route, returns, define, contexts=contexts, deprecated=deprecated, wrong=wrong)


def many(
    route: str, returns: type[T], *, contexts: Collection[str] = tuple(CONTEXTS)
) -> Callable[[Define[P]], Many[P, T]]:
    """Define a listing: its pages are followed lazily, and what comes out are the items; see :class:`Route`."""
    return lambda define: Many("GET", route, returns, define, contexts=contexts)


def placed(route: str, arguments: Mapping[str, Any], contexts: Collection[str] = tuple(CONTEXTS)) -> str:
    """Return the route with the ids among ``arguments`` in their places, quoted.

    :param contexts: Which contexts the route has.
    :raises ValueError: When an id is not one that Canvas takes, or not exactly one context is given.
    """
    names = [name for _, name, _, _ in string.Formatter().parse(route) if name]
    parts = {name: in_path(name, arguments[name]) for name in names if name != "context"}
    if "context" in names:
        given = [name for name in CONTEXTS if arguments.get(name) is not None]
        if len(given) != 1 or given[0] not in contexts:
            said = " and ".join(given) if given else "none of them"
            raise ValueError(f"Give exactly one of {', '.join(contexts)}; {said} was given.")
        parts["context"] = f"{CONTEXTS[given[0]]}/{in_path(given[0], arguments[given[0]])}"
    return route.format(**parts).rstrip("/")
