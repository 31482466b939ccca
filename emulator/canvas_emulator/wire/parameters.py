"""Parameters as Rails reads them: brackets nest, ``[]`` makes lists; and the parts of a multipart form."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request as HttpRequest

Params = dict[str, Any]

_KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_SEGMENT = re.compile(r"\[([^\[\]]*)\]")


class ParameterConflictError(ValueError):
    """Two parameters want different things of one key, such as ``a=1`` and ``a[b]=2``."""


def nested(pairs: Iterable[tuple[str, Any]]) -> Params:
    """Build the tree that names with brackets describe.

    :param pairs: Decoded names and values, in the order of the request; the last of equals wins.
    :raises ParameterConflictError: When a key would have to be two kinds of thing.
    """
    params: Params = {}
    for name, value in pairs:
        if (match := _KEY.fullmatch(name)) is None:
            params[name] = value
        else:
            _store(params, match[1], _SEGMENT.findall(match[2]), value)
    return params


def _store(into: Params, key: str, segments: list[str], value: Any) -> None:
    if not segments:
        into[key] = value
        return
    segment, *rest = segments
    if segment:
        _store(_container(into, key, dict), segment, rest, value)
        return
    values: list[Any] = _container(into, key, list)
    if not rest:
        values.append(value)
        return
    # ``a[][b]=1&a[][c]=2`` is one element with two keys; a key that is there already starts the next element.
    if not values or not isinstance(values[-1], dict) or rest[0] in values[-1]:
        values.append({})
    _store(values[-1], rest[0], rest[1:], value)


def _container(into: Params, key: str, kind: type[Any]) -> Any:
    container = into.setdefault(key, kind())
    if not isinstance(container, kind):
        raise ParameterConflictError(f"expected {kind.__name__} for parameter {key}")
    return container


@dataclass(frozen=True)
class SentFile:
    """A file within a form.

    :param filename: The name that the client sent; may be empty.
    :param content_type: The media type that the client sent.
    :param data: The file's bytes.
    """

    filename: str
    content_type: str
    data: bytes = field(repr=False)


async def parts_of(http: HttpRequest) -> list[tuple[str, str | SentFile]]:
    """Read the parts of a multipart form.

    :raises MultiPartException: When it cannot be read.
    """
    async with http.form() as form:
        return [(name, await _part(value)) for name, value in form.multi_items()]


async def _part(value: UploadFile | str) -> str | SentFile:
    if isinstance(value, str):
        return value
    return SentFile(value.filename or "", value.content_type or "application/octet-stream", await value.read())
