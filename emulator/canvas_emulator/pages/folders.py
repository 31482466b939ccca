"""Folders: of a course, a group or a user, all of them in one list, level by level, or by their path."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from canvas_emulator.effects.folders import folder_at, folders_of, parent_of, root_folder, subfolders
from canvas_emulator.model.content import File, Folder
from canvas_emulator.model.contexts import Context, may_read, may_see_files, may_write
from canvas_emulator.pages import file_shape
from canvas_emulator.pages.contexts import context_of, in_contexts, writable_context
from canvas_emulator.wire.pagination import listing
from canvas_emulator.wire.request import Request, Route
from canvas_emulator.wire.responses import CanvasError, Response, bad_request, not_found, stamp

SECTIONS = ("courses", "groups", "users")
DEEPEST = 8
"""How many names a path has at most in ``by_path``."""


def index(request: Request) -> Response:
    """GET all folders of a context by name, whatever level they are on."""
    context = context_of(request, may_see_files)
    root_folder(request.world, context)
    rows = [row for row in folders_of(request.world, context) if _is_listed(request, row)]
    return listing(request, sorted(rows, key=lambda row: row.title), shape)


def by_path(request: Request) -> Response:
    """GET the folders from the root down to the one of a path."""
    context = context_of(request, may_see_files)
    folders = [root_folder(request.world, context)]
    for name in (request.ids[f"name_{level}"] for level in range(DEEPEST) if f"name_{level}" in request.ids):
        below = next((folder for folder in subfolders(request.world, folders[-1]) if folder.title == name), None)
        if below is None:
            raise not_found()
        folders.append(below)
    return Response([shape(request, folder) for folder in folders])


def create(request: Request) -> Response:
    """POST a folder into a context, below the one of ``parent_folder_id`` or ``parent_folder_path``."""
    context = writable_context(request)
    name = str(request.params.get("name") or "")
    if not name:
        raise bad_request("name is required")
    below = parent_folder(request, context, request.params)
    return Response(shape(request, folder_at(request.world, context, name, below=below)))


def show(request: Request) -> Response:
    """GET a folder; ``root`` is the one that all others are in."""
    return Response(shape(request, folder_of(request, "id")))


def folders_within(request: Request) -> Response:
    """GET the folders right within a folder."""
    rows = subfolders(request.world, folder_of(request, "id"))
    return listing(request, [row for row in rows if _is_listed(request, row)], shape)


def files_within(request: Request) -> Response:
    """GET the files right within a folder, by name."""
    folder = folder_of(request, "id")
    rows = request.world.live(File, folder.course_id, folder.context_type)
    files = [row for row in rows if row.folder_id == folder.id and file_shape.is_listed(request, row)]
    return listing(request, sorted(files, key=file_shape.by_name), file_shape.shape)


def folder_of(request: Request, name: str) -> Folder:
    """Return the folder of the path, which the caller may read.

    :raises CanvasError: 404 when there is none, or not in the context of the path; 403 when the caller may not.
    """
    if len(request.ids) > 1:
        context = context_of(request, may_see_files)
        if request.ids[name] == "root":
            return root_folder(request.world, context)
        folder = request.world.find(Folder, context.id, request.id(name), context.type)
    else:
        folder = request.world.anywhere(Folder, request.id(name))
    if folder is None or folder.deleted:
        raise not_found()
    request.permit(may_see_files(request.world, request.user, Context(folder.context_type, folder.course_id)))
    return folder


def parent_folder(request: Request, context: Context, params: Mapping[str, Any]) -> Folder:
    """Return the folder that some parameters name as the parent of something new; the root if they name none.

    :raises CanvasError: 400 when they name one in two ways, 404 when there is no folder of that id.
    """
    path = params.get("parent_folder_path", params.get("folder"))
    wanted = params.get("parent_folder_id")
    if path is not None and wanted is not None:
        raise bad_request("Can't set folder path and folder id")
    if wanted is None:
        return folder_at(request.world, context, str(path or ""))
    row_id = int(wanted) if str(wanted).isdecimal() else 0
    if (folder := request.world.find(Folder, context.id, row_id, context.type)) is None or folder.deleted:
        raise CanvasError(404, {"message": "The specified resource does not exist."})
    return folder


def shape(request: Request, row: Folder) -> dict[str, Any]:
    """Render a Folder."""
    world = request.world
    above = parent_of(world, row)
    inside = world.live(File, row.course_id, row.context_type)
    can_manage = _manages(request, row)
    return {
        "id": row.id,
        "name": row.title,
        "full_name": row.full_name,
        "context_id": row.course_id,
        "context_type": row.context_type,
        "parent_folder_id": above and above.id,
        "created_at": stamp(row.created_at),
        "updated_at": stamp(row.updated_at),
        "lock_at": stamp(row.lock_at),
        "unlock_at": stamp(row.unlock_at),
        "position": _position(request, row, above),
        "locked": row.locked,
        "folders_url": request.api_url(f"/folders/{row.id}/folders"),
        "files_url": request.api_url(f"/folders/{row.id}/files"),
        "files_count": sum(file.folder_id == row.id for file in inside),
        "folders_count": len(subfolders(world, row)),
        "hidden": row.hidden or None,
        "locked_for_user": not can_manage and _is_locked_now(request, row),
        "hidden_for_user": not can_manage and row.hidden,
        "for_submissions": False,
        "can_upload": may_write(world, request.user, Context(row.context_type, row.course_id)),
    }


def _position(request: Request, row: Folder, above: Folder | None) -> int | None:
    """Return the place of a folder in the one above: by default in the order in which they were made."""
    if row.position is not None or above is None:
        return row.position
    return sorted(each.id for each in subfolders(request.world, above)).index(row.id) + 1


def _is_locked_now(request: Request, row: Folder) -> bool:
    now = request.world.clock.now()
    too_early = row.unlock_at is not None and row.unlock_at > now
    return row.locked or too_early or (row.lock_at is not None and row.lock_at <= now)


def _is_listed(request: Request, row: Folder) -> bool:
    return not (row.locked or row.hidden) or _manages(request, row)


def _manages(request: Request, row: Folder) -> bool:
    return may_read(request.world, request.user, Context(row.context_type, row.course_id))


def _by_path_routes() -> list[Route]:
    tails = ["".join(f"/{{name_{level}}}" for level in range(depth)) for depth in range(DEEPEST + 1)]
    return [Route("GET", path + tail, by_path) for path in in_contexts("/folders/by_path", SECTIONS) for tail in tails]


ROUTES = (
    *_by_path_routes(),
    *(Route("GET", path, index) for path in in_contexts("/folders", SECTIONS)),
    *(Route("POST", path, create) for path in in_contexts("/folders", SECTIONS)),
    *(Route("GET", path, show) for path in in_contexts("/folders/{id}", SECTIONS)),
    Route("GET", "/folders/{id}", show),
    Route("GET", "/folders/{id}/folders", folders_within),
    Route("GET", "/folders/{id}/files", files_within),
)
