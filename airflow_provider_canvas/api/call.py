"""A request as a value: what to send, and which type comes back. Nothing here performs I/O."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Self, TypedDict, TypeVar, get_origin

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.ids import Id, path_part
from airflow_provider_canvas.api.parameters import Params
from airflow_provider_canvas.security.redaction import redact

T_co = TypeVar("T_co", covariant=True)

FindError = Callable[[Any], str | None]
"""Takes the body of a response of status 200, and returns the error that it reports, if it does."""


class Context(TypedDict, total=False):
    """The owner of a resource: exactly one of these."""

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
"""Parameter that names the owner -> how a path begins."""


_FORM_OF_ID = re.compile(r"(\w+):[^/]+")
_FORMS_OF_NO_PERSON = ("sis_account_id", "sis_course_id", "sis_section_id", "sis_term_id")


@dataclass(frozen=True)
class Call(Generic[T_co]):
    """One request that could be made, as a value.

    :param method: The HTTP method.
    :param route: The route as the documentation writes it, for messages and logs: it contains no ids.
    :param path: The route with its ids, relative to ``/api/v1/``.
    :param params: What to send: in the query of a GET or DELETE, in the body otherwise.
    :param returns: The type of the response's body (of one item, for a listing).
    :param find_error: Finds the error that a response of status 200 may report; such a response is an error.
    :param base: How the path begins.
    :param only_reads: Whether a POST changes nothing, and so may be sent again.
    """

    method: str
    route: str
    path: str
    params: Params = field(repr=False)
    returns: type[T_co]
    find_error: FindError | None = field(default=None, repr=False, compare=False)
    base: str = "/api/v1"
    only_reads: bool = False

    @property
    def is_read(self) -> bool:
        """Whether the request changes nothing in Canvas."""
        return self.method == "GET" or self.only_reads

    def __str__(self) -> str:
        """Return method and path for messages, without the SIS ids of persons: such an id may be a login."""
        return f"{self.method} {_FORM_OF_ID.sub(_shown_id, self.path)}"

    def with_params(self, **params: Any) -> Self:
        """Return the call with additional parameters, sent unchecked: for those that only a newer Canvas knows.

        Lists are extended and dicts are merged.
        """
        return replace(self, params=_merge(self.params, params))

    @property
    def json_type(self) -> type:
        """The type that the JSON body must have: ``dict`` or ``list``."""
        return get_origin(self.returns) or (self.returns if self.returns in (list, dict) else dict)


def build_path(route: str, arguments: Mapping[str, Any], contexts: Collection[str] = tuple(CONTEXTS)) -> str:
    """Return the route with its placeholders replaced by the quoted ids in ``arguments``.

    :param route: The route, such as ``{context}/content_migrations/{content_migration_id}``.
    :param arguments: Ids by name; other arguments are ignored.
    :param contexts: The contexts that the route has.
    :raises CanvasInputError: When Canvas would not accept an id, or not exactly one context is given.
    """
    names = [name for _, name, _, _ in string.Formatter().parse(route) if name]
    parts = {name: path_part(name, arguments[name]) for name in names if name != "context"}
    if "context" in names:
        present = [name for name in CONTEXTS if arguments.get(name) is not None]
        if len(present) != 1 or present[0] not in contexts:
            received = " and ".join(present) if present else "none of them"
            raise CanvasInputError(f"Give exactly one of {', '.join(contexts)}; {received} was given.")
        parts["context"] = f"{CONTEXTS[present[0]]}/{path_part(present[0], arguments[present[0]])}"
    return route.format(**parts).rstrip("/")


def _shown_id(id_in_path: re.Match[str]) -> str:
    return redact(id_in_path[0]) if id_in_path[1] in _FORMS_OF_NO_PERSON else f"{id_in_path[1]}:…"


def _merge(old: Any, new: Any) -> Any:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return {**old, **{name: _merge(old.get(name), value) for name, value in new.items()}}
    if isinstance(old, list | tuple) and isinstance(new, list | tuple):
        return [*old, *new]
    return new
