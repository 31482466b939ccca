"""Files: of a course, a group or a user, or by their id alone; their addresses, and how much room there is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from canvas_emulator.effects.file_names import same_name
from canvas_emulator.effects.folders import root_folder
from canvas_emulator.jobs.upload import quota_used
from canvas_emulator.model.content import DELETED, File
from canvas_emulator.model.content_base import ContextType
from canvas_emulator.model.contexts import Context, may_read, may_see_files, may_write, quota
from canvas_emulator.model.parsing import parse_list
from canvas_emulator.model.settings import StorageMode
from canvas_emulator.model.signed_urls import DOWNLOAD, TICKET, download_url, row_of, verifier
from canvas_emulator.pages.collections import searched
from canvas_emulator.pages.contexts import context_of, in_contexts
from canvas_emulator.pages.file_shape import by_name, is_listed, shape, shape_of_one
from canvas_emulator.pages.folders import parent_folder
from canvas_emulator.wire.auth import NOT_AUTHENTICATED, authenticate, token_of
from canvas_emulator.wire.pagination import listing
from canvas_emulator.wire.request import Request, Route
from canvas_emulator.wire.responses import CanvasError, Response, not_found, redirect

NO_STORE = (("cache-control", "no-store"),)
SECTIONS = ("courses", "groups", "users")
LOGIN_PAGE = b"<!DOCTYPE html><html><head><title>Log In to Canvas</title></head><body>Log In</body></html>"


SORTS: dict[str, Callable[[File], Any]] = {
    "name": by_name,
    "size": lambda row: row.size,
    "created_at": lambda row: row.created_at,
    "updated_at": lambda row: row.updated_at,
    "content_type": lambda row: row.content_type,
    "user": lambda row: row.user_id or 0,
}
"""What ``sort`` may name; anything else sorts by name."""


def index(request: Request) -> Response:
    """GET the files of a context, by name; ``search_term`` and ``content_types[]`` choose among them.

    Students may not list the files of a course whose page of files is hidden from them.
    """
    context = context_of(request, may_see_files)
    if context.type is ContextType.COURSE and "files" in request.world.tables.courses[context.id].hidden_tabs:
        request.permit(may_read(request.world, request.user, context))
    root_folder(request.world, context)
    types = parse_list(request.params.get("content_types"))
    rows = [
        row
        for row in searched(request, request.world.live(File, context.id, context.type))
        if is_listed(request, row) and (not types or any(_is_of_type(row, wanted) for wanted in types))
    ]
    sort = SORTS.get(str(request.params.get("sort")), by_name)
    return listing(request, sorted(rows, key=sort, reverse=request.params.get("order") == "desc"), shape)


def show(request: Request) -> Response:
    """GET a file, below its context or by its id alone."""
    return Response(shape_of_one(request, _file(request)))


def update(request: Request) -> Response:
    """PUT a file: another name, another folder."""
    row = _file(request)
    context = Context(row.context_type, row.course_id)
    request.permit(may_write(request.world, request.user, context))
    folder_id = row.folder_id
    if any(name in request.params for name in ("parent_folder_id", "parent_folder_path")):
        folder_id = parent_folder(request, context, request.params).id
    title = str(request.params.get("name") or row.title)
    other = same_name(request.world, context, folder_id, title)
    if other is not None and other is not row:
        if request.params.get("on_duplicate") != "overwrite":
            raise CanvasError(409, {"message": "file already exists; use on_duplicate='overwrite' or 'rename'"})
        other.workflow_state = DELETED
    row.title, row.folder_id, row.updated_at = title, folder_id, request.world.clock.now()
    return Response(shape(request, row))


def delete(request: Request) -> Response:
    """DELETE a file. A missing right is a 401 here, in words of its own."""
    row = _file(request, readable=False)
    if not may_write(request.world, request.user, Context(row.context_type, row.course_id)):
        raise CanvasError(401, {"message": "Unauthorized to delete this file"})
    row.workflow_state, row.updated_at = DELETED, request.world.clock.now()
    return Response(shape(request, row))


def public_url(request: Request) -> Response:
    """GET an address of the file's bytes that needs no token."""
    return Response({"public_url": download_url(request.world, _file(request), request.base_url)})


def show_quota(request: Request) -> Response:
    """GET how many bytes a context may have, and has."""
    context = context_of(request)
    return Response({"quota": quota(request.world, context), "quota_used": quota_used(request.world, context)})


def download(request: Request) -> Response:
    """Lead to a file's bytes, or send them from local storage, always all of them.

    This is no page of the API: without a verifier it wants a login in a browser.
    """
    row = request.world.anywhere(File, request.id())
    if row is None or row.deleted:
        raise not_found()
    if not (_is_verified(request, row) or _is_known(request, row)):
        if "json" in request.headers.get("accept", ""):
            raise CanvasError(401, NOT_AUTHENTICATED, NO_STORE)
        return redirect(request.url("/login"))
    if request.world.settings.storage is not StorageMode.LOCAL:
        return redirect(download_url(request.world, row, request.base_url))
    is_text = row.content_type.startswith("text/")
    disposition = "attachment" if "download_frd" in request.params else "inline"
    return Response(
        headers=(
            *NO_STORE,
            ("content-disposition", f"{disposition}; {_file_names(row.title)}"),
            ("content-length", str(row.size if row.data is None else len(row.data))),
        ),
        body=b"",
        chunks=row.chunks(),
        content_type=row.content_type + ("; charset=utf-8" if is_text else ""),
    )


def login(_: Request) -> Response:
    """GET the HTML page for a caller who is not logged in; its status is 200."""
    return Response(body=LOGIN_PAGE, content_type="text/html; charset=utf-8")


def _file(request: Request, *, readable: bool = True) -> File:
    """Return the live file of the path.

    :param readable: Whether the caller must have the right to read it.
    """
    wanted = context_of(request, may_see_files) if len(request.ids) > 1 else None
    row = request.world.anywhere(File, request.id())
    if row is None or row.deleted:
        raise not_found()
    context = Context(row.context_type, row.course_id)
    if wanted not in (None, context):
        raise not_found()
    if context.type is ContextType.COURSE and request.world.tables.courses[context.id].workflow_state == DELETED:
        raise not_found()
    request.permit(not readable or may_see_files(request.world, request.user, context))
    return row


def _file_names(name: str) -> str:
    """Return a file's name as a header has it: without other characters than those of ASCII, and with all."""
    plain = name.encode("ascii", "replace").decode().replace("\\", "_").replace('"', "_")
    return f"filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"


def _is_verified(request: Request, row: File) -> bool:
    """Tell whether a request has the verifier of a file, or a ticket for it."""
    sent, ticket = (request.params.get(name) for name in ("verifier", TICKET[StorageMode.LOCAL]))
    if request.world.settings.file_verifiers and sent == verifier(request.world, row.id):
        return True
    return ticket is not None and row_of(request.world, DOWNLOAD, str(ticket)) == row.id


def _is_known(request: Request, row: File) -> bool:
    """Tell whether a token opens the file, on a server where tokens count for this page."""
    if not request.world.settings.bearer_downloads:
        return False
    token = authenticate(request.world, token_of(request.headers, request.query))
    user = request.world.tables.users[token.user_id]
    return may_read(request.world, user, Context(row.context_type, row.course_id))


def _is_of_type(row: File, wanted: str) -> bool:
    return row.content_type == wanted or ("/" not in wanted and row.content_type.startswith(wanted + "/"))


ROUTES = (
    *(Route("GET", path, index) for path in in_contexts("/files", SECTIONS)),
    *(Route("GET", path, show_quota) for path in in_contexts("/files/quota", SECTIONS)),  # before ``{id}``
    *(Route("GET", path, show) for path in in_contexts("/files/{id}", SECTIONS)),
    Route("GET", "/files/{id}", show),
    Route("POST", "/files/{id}", show),
    Route("PUT", "/files/{id}", update),
    Route("DELETE", "/files/{id}", delete),
    Route("GET", "/files/{id}/public_url", public_url),
    Route("GET", "/files/{id}/download", download, prefix="", needs_token=False),
    *(
        Route("GET", path, download, prefix="", needs_token=False)
        for path in in_contexts("/files/{id}/download", SECTIONS)
    ),
    Route("GET", "/login", login, prefix="", needs_token=False),
)
