"""What Canvas says is wrong, found in every shape in which it says it.

``{"errors": [{"message": ...}]}``, ``{"errors": {"field": [{"message": ...}]}}``, ``{"errors": "text"}``,
``{"message": "text"}``, ``{"error": {"message": ...}}``, ``{"error": ..., "error_description": ...}``, plain text,
HTML, nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from airflow_provider_canvas.client.protocol.response import Response

MAX_LENGTH = 500
"""Characters of Canvas's words that a message keeps."""


def canvas_message(answer: Response) -> str | None:
    """Return what Canvas says in an answer that is an error, in one line, or ``None`` if it says nothing."""
    try:
        said = "; ".join(dict.fromkeys(_said(answer.json())))
    except ValueError:
        said = _title(answer.text)
    said = " ".join(said.split())
    return said[: MAX_LENGTH - 1] + "…" if len(said) > MAX_LENGTH else said or None


def _said(body: Any, field: str = "", *, inside: bool = False) -> Iterator[str]:
    match body:
        case str():
            yield f"{field}: {body}" if field else body
        case list():
            for item in body:
                yield from _said(item, field, inside=inside)
        case {"errors": errors}:
            yield from _said(errors, inside=True)
        case {"error_description": str(description)}:
            yield description
        case {"error": error}:
            yield from _said(error)
        case {"message": message}:
            yield from _said(message, body.get("field") or field)
        case dict():
            for name, item in body.items():
                if isinstance(item, list | dict) or (inside and isinstance(item, str)):
                    yield from _said(item, name, inside=True)
        case _:
            return


def _title(text: str) -> str:
    """Return what a page that is no JSON says of itself."""
    if "<" not in text:
        return text
    found = re.search(r"(?is)<(title|h1)[^>]*>(.*?)</\1>", text)
    return re.sub(r"<[^>]*>", " ", found.group(2)) if found else "a page in HTML"
