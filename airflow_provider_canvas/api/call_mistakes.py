"""Errors about a misspelt endpoint or a wrong argument: they say what to write instead."""

from __future__ import annotations

import difflib
import re
import reprlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.security.redaction import redact, scrub

ALL_ENDPOINTS = "docs/endpoints.md lists all endpoints"

OTHER_WORDS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("show", "read", "fetch", "find", "retrieve", "load", "one", "by_id"), "get"),
        **dict.fromkeys(("index", "ls", "all", "list_all", "get_all", "search", "iterate", "each"), "list"),
        **dict.fromkeys(("new", "add", "make", "insert", "post"), "create"),
        **dict.fromkeys(("remove", "destroy", "rm", "drop"), "delete"),
        **dict.fromkeys(("edit", "modify", "change", "patch", "put", "set", "save"), "update"),
    }
)
"""What other clients and Canvas's own code call a method, and what it is called here."""

MAX_NAMES = 40
"""How many names a message lists at most."""


class CanvasNameError(CanvasInputError, AttributeError):
    """An attribute that a client, a hook or one of their resources does not have."""


class CanvasArgumentError(CanvasInputError, TypeError):
    """An argument that an endpoint does not have, that is missing, or that has no name."""


def resource_name(class_name: str) -> str:
    """Return the name of a resource on a client: ``content_exports`` for the class ``ContentExports``."""
    return re.sub(r"(?<=.)(?=[A-Z])", "_", class_name).lower()


def unknown_endpoint(name: str, known: Collection[str]) -> CanvasNameError:
    """Return the error for an endpoint that does not exist.

    :param name: The endpoint, such as ``courses.lst``.
    :param known: All endpoints.
    """
    resource, _, method = name.rpartition(".")
    siblings = [each for each in known if each.startswith(f"{resource}.")]
    near = _near(name, siblings or known)
    if (usual := f"{resource}.{OTHER_WORDS.get(method, method)}") in known:
        near = [usual, *(each for each in near if each != usual)]
    elsewhere = [each for each in known if each.endswith(f".{method}")]
    near = near or elsewhere or _near(name, known, cutoff=0.4)
    if near:
        hint = f"Did you mean {_choice(near[:3])}?"
    elif siblings:
        hint = f"{resource} has {', '.join(siblings[:MAX_NAMES])}."
    else:
        hint = "Write it as 'courses.get'."
    return CanvasNameError(f"There is no endpoint {name!r}. {hint} {ALL_ENDPOINTS}.")


def unknown_attribute(owner: str, name: str, known: Collection[str], methods: Iterable[str]) -> CanvasNameError:
    """Return the error for an attribute that a client or a hook does not have.

    :param owner: The name of its class.
    :param name: The attribute, such as ``course`` or ``get_course``.
    :param known: All endpoints.
    :param methods: The names of its own public methods.
    """
    resources = list(dict.fromkeys(each.partition(".")[0] for each in known))
    verb, _, rest = name.partition("_")  # get_course, list_pages: as other clients call it
    guesses = [f"{each}.{OTHER_WORDS.get(verb, verb)}" for each in _near(rest, resources)]
    near = [each for each in guesses if each in known] or _near(name, [*resources, *methods])
    if near:
        hint = f"Did you mean {_choice(near[:3])}?"
    else:
        hint = f"Its resources are {', '.join(sorted(resources)[:MAX_NAMES])}."
    return CanvasNameError(f"{owner} has no attribute {name!r}. {hint} {ALL_ENDPOINTS}.")


def is_typing_error(name: str, known: Collection[str]) -> bool:
    """Return whether a name is one of some others, with a typing error, such as two letters in the wrong order."""
    return any(sorted(name) == sorted(each) for each in known) or bool(_near(name, known, cutoff=0.85))


def no_such_part(endpoint: str, name: str) -> CanvasNameError:
    """Return the error for an attribute of a listing, whose items are iterated.

    :param endpoint: The listing, such as ``courses.list``.
    :param name: The attribute, such as ``page``.
    """
    return CanvasNameError(
        f"{endpoint} has no attribute {name!r}. Write {endpoint}(...) to iterate over the items, or "
        f"{endpoint}.pages(...) to iterate over pages, each a list of items."
    )


def unnamed_arguments(
    endpoint: str, values: Sequence[Any], keywords: Mapping[str, Any], names: Sequence[str]
) -> CanvasArgumentError:
    """Return the error for arguments without a name.

    :param endpoint: The endpoint, such as ``courses.get``.
    :param values: The arguments without a name.
    :param keywords: The other arguments.
    :param names: The names that arguments can have, those of required ones first.
    """
    free = [name for name in names if name not in keywords]
    if len(values) > len(free):
        instead = f"It takes {', '.join(names) or 'none'}."
    else:
        named = {**dict(zip(free, values, strict=False)), **keywords}
        written = ", ".join(f"{name}={redact(reprlib.repr(scrub(value)))}" for name, value in named.items())
        instead = f"Write {endpoint}({written})."
    return CanvasArgumentError(f"{endpoint} takes its arguments by name only. {instead}")


def wrong_names(
    endpoint: str, route: str, unknown: Sequence[str], missing: Sequence[str], known: Collection[str]
) -> CanvasArgumentError:
    """Return the error for names of arguments that an endpoint does not have, or that are missing.

    :param endpoint: The endpoint, such as ``courses.get``.
    :param route: Its method and route.
    :param unknown: The names that it does not have.
    :param missing: The names that are missing.
    :param known: The names that it has.
    """
    problems = " and ".join(
        f"{' and '.join(names)} {problem}" for names, problem in ((unknown, "unknown"), (missing, "missing")) if names
    )
    near = [each[0] for name in unknown if (each := _near_keyword(name, known, missing))]
    hint = f" Did you mean {' and '.join(map(repr, dict.fromkeys(near)))}?" if near else ""
    return CanvasArgumentError(f"{endpoint}: {route} takes {', '.join(known) or 'nothing'}: {problems}.{hint}")


def _near_keyword(name: str, known: Collection[str], missing: Sequence[str]) -> list[str]:
    """Return the names that may be meant: ``course_id`` for ``id`` or ``course``, if it is missing."""
    ending = [each for each in missing if each.endswith(f"_{name}") or each.startswith(f"{name}_")]
    return ending or _near(name, known)


def _near(name: str, known: Collection[str], cutoff: float = 0.6) -> list[str]:
    return difflib.get_close_matches(name, known, n=3, cutoff=cutoff)


def _choice(names: Sequence[str]) -> str:
    return " or ".join(map(repr, names))
