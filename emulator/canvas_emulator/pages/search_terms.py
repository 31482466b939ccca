"""The parameter ``search_term`` of listings."""

from __future__ import annotations

from canvas_emulator.wire.request import Request
from canvas_emulator.wire.responses import CanvasError

SHORTEST = 2


def search_term(request: Request) -> str:
    """Return the text that is searched for, in lower case; empty when the request has none.

    :raises CanvasError: 400, when it is too short.
    """
    term = str(request.params.get("search_term") or "").strip().lower()
    if 0 < len(term) < SHORTEST:
        message = f"{SHORTEST} or more characters is required"
        raise CanvasError(400, {"errors": [{"field": "search_term", "code": "invalid", "message": message}]})
    return term
