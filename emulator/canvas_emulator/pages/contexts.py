"""The context of a path: ``accounts``, ``courses``, ``groups`` or ``users``, found by an id in any form."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from canvas_emulator.model.content_base import ContextType
from canvas_emulator.model.contexts import Context, may_read, may_write
from canvas_emulator.model.ids import find_account, find_course, find_row, find_user
from canvas_emulator.model.records import User
from canvas_emulator.model.world import World
from canvas_emulator.wire.request import Request
from canvas_emulator.wire.responses import not_found

FINDERS: Mapping[str, tuple[ContextType, Callable[[Request, str], Any]]] = {
    "account_id": (ContextType.ACCOUNT, lambda request, text: find_account(request.world, text)),
    "course_id": (ContextType.COURSE, lambda request, text: find_course(request.world, text)),
    "group_id": (
        ContextType.GROUP,
        lambda request, text: find_row(request.world, "group", request.world.tables.groups, text),
    ),
    "user_id": (ContextType.USER, lambda request, text: find_user(request.world, text, request.user)),
}
"""By the variable part of a path: the type of context, and how its row is found."""


def in_contexts(path: str, sections: Iterable[str] = ("accounts", "courses", "groups", "users")) -> list[str]:
    """Return a path below each of some kinds of context."""
    return [f"/{section}/{{{section[:-1]}_id}}{path}" for section in sections]


def context_of(request: Request, permits: Callable[[World, User, Context], bool] = may_read) -> Context:
    """Return the context of the path, which the caller may read.

    :param permits: What reading means here.
    :raises CanvasError: 404 when there is none, 403 when the caller may not.
    """
    context = found_context(request)
    request.permit(permits(request.world, request.user, context))
    return context


def writable_context(request: Request) -> Context:
    """Return the context of the path, into which the caller may bring content; errors as of ``context_of``."""
    context = found_context(request)
    request.permit(may_write(request.world, request.user, context))
    return context


def found_context(request: Request) -> Context:
    """Return the context of the path, whether or not the caller may do anything there.

    :raises CanvasError: 404, when there is none.
    """
    name = next(name for name in FINDERS if name in request.ids)
    context_type, find = FINDERS[name]
    if (row := find(request, request.ids[name])) is None:
        raise not_found()
    return Context(context_type, row.id)
