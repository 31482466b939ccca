"""The error message in a response, whatever its shape.

``{"errors": [{"message": ...}]}``, ``{"errors": {"field": [{"message": ...}]}}``, ``{"errors": "text"}``,
``{"message": "text"}``, ``{"error": {"message": ...}}``, ``{"error": ..., "error_description": ...}``, plain text,
HTML, or nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from airflow_provider_canvas.client.protocol.response import Response

MAX_LENGTH = 500
"""Longest message, in characters; the rest is cut off."""


MAX_PAGE = 100_000
"""How many characters of a web page are searched for its title."""

_TITLE = re.compile(r"(?is)<(title|h1)[^>]{0,300}>(.{0,1000}?)</\1>")
_HTML = re.compile(r"<(?:html|!doctype html|head|body|div|p)\b", re.IGNORECASE)


def canvas_message(response: Response) -> str | None:
    """Return the message of an error response in one line; ``None`` if there is none."""
    try:
        message = "; ".join(dict.fromkeys(_messages(response.json())))
    except ValueError:
        message = _title(response.text)
    message = " ".join("".join(filter(str.isprintable, part)) for part in message.split())
    return message[: MAX_LENGTH - 1] + "…" if len(message) > MAX_LENGTH else message or None


def _messages(body: Any, field: str = "", *, inside: bool = False) -> Iterator[str]:
    match body:
        case str():
            yield f"{field}: {body}" if field else body
        case list():
            for item in body:
                yield from _messages(item, field, inside=inside)
        case {"errors": errors}:
            yield from _messages(errors, inside=True)
        case {"error_description": str(description)}:
            yield description
        case {"error": error}:
            yield from _messages(error)
        case {"message": message}:
            yield from _messages(message, body.get("field") or field)
        case dict():
            for name, item in body.items():
                if isinstance(item, list | dict) or (inside and isinstance(item, str)):
                    yield from _messages(item, name, inside=True)
        case _:
            return


def _title(text: str) -> str:
    """Return a plain text as it is, and the title or first heading of an HTML page. What XML holds is not repeated."""
    if match := _TITLE.search(text, 0, MAX_PAGE):
        return re.sub(r"<[^>]*>", " ", match.group(2))
    if _HTML.search(text, 0, MAX_PAGE):
        return "an HTML page"
    return "an XML document" if text.lstrip().startswith("<") else text
