"""Files and the folders that they are in."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote_plus

from airflow_provider_canvas.emulator.content import Course, File, Folder
from airflow_provider_canvas.emulator.pages.collections import list_route, show_route
from airflow_provider_canvas.emulator.wire.answers import Answer, not_found, stamp
from airflow_provider_canvas.emulator.wire.request import Request, Route

PATH = "/courses/{course_id}/files"

MIME_CLASSES = {"pdf": "pdf", "zip": "zip", "png": "image", "jpg": "image", "docx": "doc", "mp4": "video"}


def show_anywhere(request: Request) -> Answer:
    """GET a file by its id alone."""
    file_id = request.id()
    for course in request.world.tables.courses.values():
        if (row := request.world.find(File, course.id, file_id)) is not None and _reachable(row, course):
            request.permit(request.user.may_read(course.id))
            return Answer(shape(request, row))
    raise not_found()


def shape(request: Request, row: File) -> dict[str, Any]:
    """Render a File. Mind the hyphen in `content-type`, the only one in the API."""
    return {
        "id": row.id,
        "folder_id": row.folder_id,
        "display_name": row.title,
        "filename": quote_plus(row.title),
        "upload_status": "success",
        "content-type": row.content_type,
        "url": request.url(f"/files/{row.id}/download?download_frd=1"),
        "size": row.size,
        "created_at": stamp(row.created_at),
        "updated_at": stamp(row.updated_at),
        "unlock_at": stamp(row.unlock_at),
        "locked": False,
        "hidden": row.workflow_state == "hidden",
        "lock_at": stamp(row.lock_at),
        "hidden_for_user": False,
        "thumbnail_url": None,
        "modified_at": stamp(row.updated_at),
        "mime_class": MIME_CLASSES.get(row.title.rpartition(".")[2], "file"),
        "media_entry_id": None,
        "category": "uncategorized",
        "locked_for_user": False,
    }


def folder_shape(request: Request, row: Folder) -> dict[str, Any]:
    """Render a Folder."""
    return {
        "id": row.id,
        "name": row.title,
        "full_name": row.full_name,
        "context_id": row.course_id,
        "context_type": "Course",
        "created_at": stamp(row.created_at),
        "updated_at": stamp(row.updated_at),
        "files_url": request.api_url(f"/folders/{row.id}/files"),
        "folders_url": request.api_url(f"/folders/{row.id}/folders"),
    }


def _reachable(row: File, course: Course) -> bool:
    return not row.deleted and course.workflow_state != "deleted"


ROUTES = (
    list_route(PATH, File, shape, order=lambda row: row.title.lower()),
    show_route(PATH + "/{id}", File, shape),
    Route("GET", "/files/{id}", show_anywhere),
    list_route("/courses/{course_id}/folders", Folder, folder_shape),
)
