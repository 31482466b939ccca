"""Pages of lists, and the Link header that leads through them."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar
from urllib.parse import quote_plus, unquote

from canvas_emulator.model.ids import find_course, find_user, local_id
from canvas_emulator.model.parsing import leading_int
from canvas_emulator.wire.request import Request
from canvas_emulator.wire.responses import CanvasError, Response, internal_error

T = TypeVar("T")

DEFAULT_PER_PAGE = 10
BEYOND_PER_PAGE = 30
"""What links say of ``per_page`` on a page that a counted list does not have."""
MAX_PAGE = 2**63 - 1
NOT_ECHOED = frozenset({"page", "per_page", "access_token", "api_key"})
BOOKMARK = "bookmark:"
MAX_LINKS = 6 * 1024
"""A header of more bytes loses links, the least important first."""
FIRST_TO_DROP = ("first", "current", "prev", "last", "next")


def listing(
    request: Request,
    rows: Sequence[T],
    shape: Callable[[Request, T], Any],
    *,
    counted: bool = True,
    page: int | None = None,
    keep: Callable[[Request, T], bool] | None = None,
    as_sent: bool = False,
) -> Response:
    """Return one page of a list.

    A page that a counted list does not have is empty, and its ``next`` link leads to the page after it, for ever. A
    list that is not counted has a ``next`` link on each full page, and a ``last`` link on the first that is not full.

    :param rows: The whole list, in its order.
    :param shape: How a row looks in JSON; called for the rows of the page only.
    :param counted: Whether Canvas counts the rows, so that there is a link to the last page.
    :param page: The page to show, whatever the request says.
    :param keep: Which rows of the page stay on it.
    :param as_sent: Whether links name the course or user as the request does, and not by number.
    :raises CanvasError: 404, when ``page`` is not a number from 1 on.
    """
    page, per_page = page or _page(request.params.get("page")), per_page_of(request)
    shown = rows[(page - 1) * per_page : page * per_page]
    pages = max((len(rows) + per_page - 1) // per_page, 1)
    beyond = counted and page > pages
    last = pages if counted else page
    has_next = page < pages if counted else len(shown) == per_page
    links = _links(
        request,
        BEYOND_PER_PAGE if beyond else per_page,
        (
            ("current", page),
            ("next", page + 1 if beyond or has_next else None),
            ("prev", page - 1 if page > 1 else None),
            ("first", 1),
            ("last", last if not beyond and (counted or not has_next) else None),
        ),
        path=request.path if as_sent else _numbered_path(request),
    )
    kept = [row for row in shown if keep is None or keep(request, row)]
    return Response([shape(request, row) for row in kept], headers=(("link", links),), rows=len(shown))


def bookmarked(
    request: Request,
    rows: Sequence[T],
    shape: Callable[[Request, T], Any],
    key: Callable[[T], list[Any]],
    *,
    default_per_page: int = 0,
) -> Response:
    """Return one page of a list that is read forward only: the last row of a page names the next page.

    :param rows: The whole list, in the order of its keys.
    :param key: What tells where a row is, as JSON.
    :param default_per_page: How many rows a page has if the request does not say it; 0 for as many as other lists.
    :raises CanvasError: 400, when ``page`` is no bookmark of this list; older servers show no rows.
    """
    text, per_page = str(request.params.get("page") or "first"), per_page_of(request, default_per_page)
    try:
        rest = rows if text == "first" else _after(_read_bookmark(text), rows, key)
    except CanvasError:
        if request.world.settings.stale_bookmark_400:
            raise
        rest = []
    shown = rest[:per_page]
    following = _write_bookmark(key(shown[-1])) if len(rest) > per_page else None
    pages = (
        ("current", text),
        ("next", following),
        ("first", "first"),
        ("last", None if following else text),
    )
    links = _links(request, per_page, pages, path=request.path)
    return Response([shape(request, row) for row in shown], headers=(("link", links),), rows=len(shown))


def per_page_of(request: Request, default: int = 0) -> int:
    """Return how many rows a page of this request has; some routes still know ``limit``.

    :param default: Of a list with a default of its own; 0 for that of other lists.
    :raises CanvasError: 500, when it is a list or a hash.
    """
    value = request.params.get("per_page", request.params.get("limit"))
    if value is None:
        return default or DEFAULT_PER_PAGE
    if isinstance(value, (list, dict)):
        raise internal_error()
    return min(max(leading_int(str(value)), 1), int(request.world.settings.max_per_page))


def _page(value: object) -> int:
    page = 1 if value is None else leading_int(str(value))
    if not 1 <= page <= MAX_PAGE:
        raise CanvasError(404, {"errors": [{"message": "An error occurred.", "error_code": "not_found"}]})
    return page


def _numbered_path(request: Request) -> str:
    """Return the path of a request with the ids of its course and user as numbers, whichever form they were sent in."""
    path = request.path
    for name in ("course_id", "user_id"):
        if (text := request.ids.get(name)) is None or local_id(text) is not None:
            continue
        row = find_course(request.world, text) if name == "course_id" else find_user(request.world, text, request.user)
        if row is not None:
            parts = (str(row.id) if unquote(part) == text else part for part in path.split("/"))
            path = "/".join(parts)
    return path


def _after(bookmark: list[Any], rows: Sequence[T], key: Callable[[T], list[Any]]) -> list[T]:
    try:
        return [row for row in rows if key(row) > bookmark]
    except TypeError as error:
        raise _stale() from error


def _write_bookmark(key: list[Any]) -> str:
    return BOOKMARK + urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def _read_bookmark(text: str) -> list[Any]:
    encoded = text.removeprefix(BOOKMARK)
    try:
        key = json.loads(urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    except ValueError as error:
        raise _stale() from error
    if encoded == text or not isinstance(key, list):
        raise _stale()
    return key


def _stale() -> CanvasError:
    error = {"page": "Invalid page; please restart iteration and follow `next` links"}
    return CanvasError(400, {"status": "bad_request", "errors": [error]})


def _links(request: Request, per_page: int, pages: Iterable[tuple[str, int | str | None]], *, path: str) -> str:
    """Return the ``Link`` header: the query is sorted by name, and the page comes last."""
    query = sorted(_effective(request.query), key=lambda pair: pair[0])
    kept = [f"{quote_plus(name)}={quote_plus(value)}" for name, value in query if name not in NOT_ECHOED]
    links = {
        rel: f'<{request.url(path)}?{"&".join([*kept, f"page={target}", f"per_page={per_page}"])}>; rel="{rel}"'
        for rel, target in pages
        if target is not None
    }
    for rel in FIRST_TO_DROP:
        if sum(map(len, links.values())) > MAX_LINKS:
            links.pop(rel, None)
    return ",".join(links.values())


def _effective(query: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the pairs of a query that count: of equal names that are no lists, the last."""
    last = dict(query)
    return [(name, value) for name, value in last.items() if not name.endswith("[]")] + [
        (name, value) for name, value in query if name.endswith("[]")
    ]
