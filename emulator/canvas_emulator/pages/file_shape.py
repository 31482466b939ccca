"""The JSON of a File, in lists, migrations, exports and after an upload."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote_plus

from canvas_emulator.model.content import File
from canvas_emulator.model.contexts import Context, may_read
from canvas_emulator.model.signed_urls import verifier
from canvas_emulator.model.world import World
from canvas_emulator.wire.request import Request
from canvas_emulator.wire.responses import stamp

HIDDEN = frozenset({"hidden", "locked"})
MIME_CLASSES = {"pdf": "pdf", "zip": "zip", "png": "image", "jpg": "image", "docx": "doc", "mp4": "video"}


def shape(request: Request, row: File) -> dict[str, Any]:
    """Render a File for the caller."""
    return file_shape(request.world, request.base_url, row)


def is_visible(request: Request, row: File) -> bool:
    """Tell whether the caller finds a file at all: hidden ones are there for those only who manage the course."""
    context = Context(row.context_type, row.course_id)
    return row.workflow_state not in HIDDEN or may_read(request.world, request.user, context)


def by_name(row: File) -> str:
    """Sort files as Canvas does."""
    return row.title.lower()


def file_shape(world: World, base_url: str, row: File) -> dict[str, Any]:
    """Render a File. Mind the hyphen in ``content-type``, the only one in the API.

    :param base_url: Scheme and host of this Canvas, as the client knows it.
    """
    opened = f"&verifier={verifier(world, row.id)}" if world.settings.file_verifiers else ""
    return {
        "id": row.id,
        "folder_id": row.folder_id,
        "display_name": row.title,
        "filename": quote_plus(row.title),
        "upload_status": "success",
        "content-type": row.content_type,
        "url": f"{base_url}/files/{row.id}/download?download_frd=1{opened}",
        "size": row.size,
        "created_at": stamp(row.created_at),
        "updated_at": stamp(row.updated_at),
        "unlock_at": stamp(row.unlock_at),
        "locked": row.workflow_state == "locked",
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
