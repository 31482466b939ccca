"""Pages of lists, and the Link header that leads through them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import quote_plus

from airflow_provider_canvas.emulator.wire.answers import Answer, not_found
from airflow_provider_canvas.emulator.wire.parameters import number
from airflow_provider_canvas.emulator.wire.request import Request

T = TypeVar("T")

DEFAULT_PER_PAGE = 10
MAX_PER_PAGE = 100
NOT_ECHOED = frozenset({"page", "per_page", "access_token", "api_key"})


def listing(request: Request, rows: Sequence[T], shape: Callable[[Request, T], Any]) -> Answer:
    """One page of a list.

    :param rows: the whole list, in its order.
    :param shape: how a row looks in JSON; called for the rows of the page only.
    :raises CanvasError: 404, when `page` is not a number from 1 on.
    """
    page, per_page = _page(request.params.get("page")), _per_page(request.params.get("per_page"))
    shown = rows[(page - 1) * per_page : page * per_page]
    last = max((len(rows) + per_page - 1) // per_page, 1)
    return Answer(
        [shape(request, row) for row in shown],
        headers=(("link", _links(request, page, per_page, last)),),
        rows=len(shown),
    )


def _page(value: object) -> int:
    if value is None or value == "":
        return 1
    if not (page := number(str(value))):
        raise not_found()
    return page


def _per_page(value: object) -> int:
    if value is None or value == "":
        return DEFAULT_PER_PAGE
    return min(max(number(str(value)) or 1, 1), MAX_PER_PAGE)


def _links(request: Request, page: int, per_page: int, last: int) -> str:
    kept = [f"{quote_plus(name)}={quote_plus(value)}" for name, value in request.query if name not in NOT_ECHOED]
    pages = [
        ("current", page),
        ("next", page + 1 if page < last else None),
        ("prev", page - 1 if page > 1 else None),
        ("first", 1),
        ("last", last),
    ]
    return ",".join(
        f'<{request.url(request.path)}?{"&".join([*kept, f"page={target}", f"per_page={per_page}"])}>; rel="{rel}"'
        for rel, target in pages
        if target is not None
    )
