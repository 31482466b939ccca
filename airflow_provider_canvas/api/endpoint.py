"""How an endpoint is defined, once, for the synchronous and for the asynchronous client.

``@one`` and ``@many`` turn a function that returns parameters into a :class:`Route`. Read from a resource, a route is a
method: on ``Canvas[SyncIO]`` it returns the response's body (or an iterator over the items of all pages), on
``Canvas[AsyncIO]`` an awaitable (or an asynchronous iterator), and type checkers know which. Nothing here performs
I/O: a route builds a :class:`Call`, a plain value, and passes it to the ``io`` of its resource.
"""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Iterator, Mapping
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Concatenate,
    Generic,
    NoReturn,
    ParamSpec,
    Protocol,
    Self,
    TypedDict,
    TypeVar,
    get_args,
    get_type_hints,
    overload,
)

from airflow_provider_canvas.api.call import CONTEXTS, Call, FindError, build_path
from airflow_provider_canvas.api.call_mistakes import (
    is_typing_error,
    no_such_part,
    resource_name,
    unknown_endpoint,
    unnamed_arguments,
    wrong_names,
)
from airflow_provider_canvas.api.parameters import BOOLEAN_ANNOTATIONS, Params, boolean_keys, parse_bool

P = ParamSpec("P")
T = TypeVar("T")
Items = TypeVar("Items")
Pages = TypeVar("Pages")

Define = Callable[Concatenate[Any, P], Params]


class SyncIO(Protocol):
    """What a synchronous client does for a resource."""

    def send(self, call: Call[T]) -> T: ...
    def iterate(self, call: Call[T]) -> Iterator[T]: ...
    def iterate_pages(self, call: Call[T]) -> Iterator[list[T]]: ...


class AsyncIO(Protocol):
    """What an asynchronous client does for a resource."""

    async def send(self, call: Call[T]) -> T: ...
    def iterate(self, call: Call[T]) -> AsyncIterator[T]: ...
    def iterate_pages(self, call: Call[T]) -> AsyncIterator[list[T]]: ...


# Bound and covariant on purpose: constrained, every response would become Any; invariant, no client would match.
IO = TypeVar("IO", bound=SyncIO | AsyncIO, covariant=True)


class Resource(Generic[IO]):
    """A page of the Canvas API: its endpoints are the routes defined on the class.

    :param io: The client that performs the calls.
    """

    def __init__(self, io: IO) -> None:
        self.io = io

    if not TYPE_CHECKING:  # type checkers know the attributes

        def __getattr__(self, name: str) -> NoReturn:
            """Say which endpoint may be meant.

            :raises AttributeError: A :class:`CanvasNameError` for a name that an author may have written.
            """
            if name.startswith("_") or name == "io":
                return object.__getattribute__(self, name)
            from airflow_provider_canvas.api.canvas import routes

            raise unknown_endpoint(f"{resource_name(type(self).__name__)}.{name}", routes())


class _NoKeywords(TypedDict):
    """No keywords at all."""


class Route(Generic[P, T]):
    """An endpoint.

    :param method: The HTTP method.
    :param route: The route, relative to ``/api/v1/``; ``{context}`` stands for one of four (see :class:`Context`).
    :param returns: The type of the response's body, or of one item of the listing.
    :param define: The function that was decorated: its docstring is the endpoint's.
    :param contexts: The allowed values of ``{context}``.
    :param deprecated: For a route that Canvas deprecates: its replacement.
    :param find_error: See :class:`Call`.
    :param base: See :class:`Call`.
    :param only_reads: See :class:`Call`.
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
        find_error: FindError | None = None,
        base: str = "/api/v1",
        only_reads: bool = False,
    ) -> None:
        self.method = method
        self.route = route
        self.returns = returns
        self.define = define
        self.contexts = tuple(contexts)
        self.deprecated = deprecated
        self.find_error = find_error
        self.base = base
        self.only_reads = only_reads
        self.__doc__ = define.__doc__
        self.__name__ = getattr(define, "__name__", route)
        self.endpoint = self.__name__

    def __set_name__(self, owner: type, name: str) -> None:
        """Learn the name on a client, such as ``courses.get``."""
        self.endpoint = f"{resource_name(owner.__name__)}.{name}"

    def call(self, *args: P.args, **kwargs: P.kwargs) -> Call[T]:
        """Return the call with these arguments, which are checked first.

        :raises CanvasInputError: When Canvas would not accept a value; the message says what to write instead.
        :raises CanvasArgumentError: For an argument without a name, and unknown or missing names.
        """
        if args:
            raise unnamed_arguments(self.endpoint, args, kwargs, self._names_in_order())
        self._check_names(kwargs)
        arguments = self._normalize(kwargs)
        params = self.define(None, *args, **arguments)
        if self.deprecated:
            message = f"Canvas deprecates {self.method} {self.route}: use {self.deprecated} instead."
            warnings.warn(message, DeprecationWarning, stacklevel=3)
        path = build_path(self.route, {**self.defaults, **arguments}, self.contexts)
        return Call(self.method, self.route, path, params, self.returns, self.find_error, self.base, self.only_reads)

    def call_with(self, arguments: Mapping[str, Any]) -> Call[T]:
        """Return the call with arguments from a mapping, which no type checker has seen.

        :param arguments: Keywords of :meth:`call`.
        :raises CanvasInputError: For unknown and missing keywords, and when Canvas would not accept a value; the
            message says what to write instead.
        """
        return self.call(**arguments)  # type: ignore[call-arg]  # checked there

    def check(self, arguments: Mapping[str, Any]) -> None:
        """Check arguments without making a call of them, such as before the ids among them are looked up.

        :param arguments: Keywords of :meth:`call`.
        :raises CanvasInputError: As :meth:`call_with`.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # no call is made
            self.call_with(arguments)

    def _check_names(self, arguments: Mapping[str, Any]) -> None:
        """Refuse unknown and missing names. Contexts are checked with the path, misplaced names with the parameters."""
        known = self.parameters
        missing = [name for name, required in known.items() if required and name not in arguments]
        unknown = [name for name in arguments if name not in known and (missing or not self._checks_itself(name))]
        if unknown or missing:
            raise wrong_names(self.endpoint, f"{self.method} {self.route}", unknown, missing, known)

    def _checks_itself(self, name: str) -> bool:
        """Return whether the path, or the definition, has a better message for an unknown name."""
        if "{context}" in self.route:
            return name in CONTEXTS
        return self._checks_keywords and not is_typing_error(name, self.parameters)

    @functools.cached_property
    def _checks_keywords(self) -> bool:
        """Whether the definition takes further keywords, and checks them."""
        return any(each.kind is each.VAR_KEYWORD for each in inspect.signature(self.define).parameters.values())

    def _names_in_order(self) -> list[str]:
        """Return the names of arguments in the order in which an author would write them: ids first."""
        contexts = [name for name in ("course_id", *self.contexts) if name in self.parameters and name in CONTEXTS]
        required = [name for name, is_required in self.parameters.items() if is_required]
        owner = contexts[:1] if "{context}" in self.route else []
        optional = [name for name in self.parameters if name not in (*contexts, *required)]
        return list(dict.fromkeys([*owner, *required, *optional]))

    def _normalize(self, arguments: dict[str, Any]) -> Any:
        """Return the keywords with booleans parsed, without those that are ``None`` and have another default."""
        return {
            name: parse_bool(name, value) if name in self.booleans and value is not None else value
            for name, value in arguments.items()
            if value is not None or self.defaults.get(name) is None
        }

    @functools.cached_property
    def parameters(self) -> dict[str, bool]:
        """The keywords, and whether each is required. Contexts are not, although exactly one must be given."""
        parameters = dict.fromkeys(self.contexts if "{context}" in self.route else (), False)
        for name, parameter in inspect.signature(self.define).parameters.items():
            if parameter.kind is parameter.KEYWORD_ONLY:
                parameters[name] = parameter.default is parameter.empty
        unpacked = self.unpacked_type
        return parameters | {name: name in unpacked.__required_keys__ for name in unpacked.__annotations__}

    @functools.cached_property
    def defaults(self) -> dict[str, Any]:
        """The defaults of keywords that may be left out."""
        parameters = inspect.signature(self.define).parameters.items()
        return {name: parameter.default for name, parameter in parameters if parameter.default is not parameter.empty}

    @functools.cached_property
    def booleans(self) -> frozenset[str]:
        """The keywords that are true or false."""
        return boolean_keys(self.unpacked_type) | {
            name
            for name, parameter in inspect.signature(self.define).parameters.items()
            if parameter.annotation in BOOLEAN_ANNOTATIONS
        }

    @functools.cached_property
    def unpacked_type(self) -> Any:
        """The TypedDict whose keys are accepted as keywords, besides contexts; an empty one if there is none."""
        for name, parameter in inspect.signature(self.define).parameters.items():
            if parameter.kind is parameter.VAR_KEYWORD and "{context}" not in self.route:
                return next(iter(get_args(get_type_hints(self.define)[name])), _NoKeywords)
        return _NoKeywords

    @functools.cached_property
    def signature(self) -> inspect.Signature:
        """The signature for ``help()``: the keywords, and the type of the response (of one item, for a listing)."""
        kind, empty = inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.empty
        keywords = [
            inspect.Parameter(name, kind, default=empty if required else self.defaults.get(name))
            for name, required in self.parameters.items()
        ]
        return inspect.Signature(keywords, return_annotation=self.returns)


class One(Route[P, T]):
    """An endpoint whose response is complete: one object, or one array that is not paginated."""

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
    """An endpoint whose response is paginated."""

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

    Both are lazy: a page is requested when it is needed.

    :param route: The listing's definition.
    :param io: The client that sends the requests.
    """

    def __init__(self, route: Many[P, Any], io: Any) -> None:
        functools.update_wrapper(self, route.define)
        self.__signature__ = route.signature
        self._route = route
        self._io = io

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Items:
        items: Items = self._io.iterate(self._route.call(*args, **kwargs))
        return items

    if not TYPE_CHECKING:  # type checkers know the attributes

        def __getattr__(self, name: str) -> NoReturn:
            """Say how a listing is read.

            :raises AttributeError: A :class:`CanvasNameError` for a name that an author may have written.
            """
            if name.startswith("_"):
                return object.__getattribute__(self, name)
            raise no_such_part(self._route.endpoint, name)

    def pages(self, *args: P.args, **kwargs: P.kwargs) -> Pages:
        """Yield the items of each page as a list, which may be shorter than the page size."""
        pages: Pages = self._io.iterate_pages(self._route.call(*args, **kwargs))
        return pages


def one(
    method: str,
    route: str,
    returns: type[T],
    *,
    contexts: Collection[str] = tuple(CONTEXTS),
    deprecated: str | None = None,
    find_error: FindError | None = None,
    base: str = "/api/v1",
    only_reads: bool = False,
) -> Callable[[Define[P]], One[P, T]]:
    """Define an endpoint that responds with one object (or one array that is not paginated); see :class:`Route`."""
    return lambda define: One(
        method,
        route,
        returns,
        define,
        contexts=contexts,
        deprecated=deprecated,
        find_error=find_error,
        base=base,
        only_reads=only_reads,
    )


def many(
    route: str, returns: type[T], *, contexts: Collection[str] = tuple(CONTEXTS), base: str = "/api/v1"
) -> Callable[[Define[P]], Many[P, T]]:
    """Define a listing, whose pages are followed lazily and whose items are yielded; see :class:`Route`."""
    return lambda define: Many("GET", route, returns, define, contexts=contexts, base=base)
