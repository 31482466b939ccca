"""The JSON of a File, in lists, migrations, exports and after an upload."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_plus

from canvas_emulator.model.content import File, UsageRights
from canvas_emulator.model.content_base import ContextType
from canvas_emulator.model.contexts import Context, may_read
from canvas_emulator.model.signed_urls import verifier
from canvas_emulator.model.world import World
from canvas_emulator.pages.blueprint_keys import blueprint_keys
from canvas_emulator.pages.locks import UNLOCKED, Window, lock_keys
from canvas_emulator.pages.user_shapes import user_display
from canvas_emulator.wire.request import Request
from canvas_emulator.wire.responses import stamp

MIME_CLASSES: Mapping[str, str] = {
    "application/msword": "doc",
    "application/pdf": "pdf",
    "application/vnd.ms-excel": "xls",
    "application/vnd.ms-powerpoint": "ppt",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "ppt",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xls",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "doc",
    "application/x-zip-compressed": "zip",
    "application/zip": "zip",
    "text/css": "code",
    "text/html": "html",
    "text/xml": "code",
}
"""The classes of media types. Of the others, texts, images, sounds and films have a class each; the rest are files."""

MEDIA = frozenset({"audio", "image", "text", "video"})
DOCUMENT_PREVIEWS: dict[str, Any] = {"canvadoc_session_url": None, "crocodoc_session_url": None}


def shape(request: Request, row: File) -> dict[str, Any]:
    """Render a File for the caller, with what ``include[]`` asks for. One that is locked has no address."""
    payload = file_shape(request.world, request.base_url, row)
    if row.context_type is ContextType.COURSE:
        payload |= lock_keys(request, row, file_window(row)) | blueprint_keys(request, row)
    payload["hidden_for_user"] = row.hidden and not _manages(request, row)
    if payload["locked_for_user"]:
        payload |= {"url": "", "thumbnail_url": ""}
    return payload | _included(request, row)


def shape_of_one(request: Request, row: File) -> dict[str, Any]:
    """Render a File that was asked for by its id."""
    payload = shape(request, row)
    return payload if payload["locked_for_user"] else payload | DOCUMENT_PREVIEWS


def shape_of_new(world: World, base_url: str, row: File) -> dict[str, Any]:
    """Render a File that has just been uploaded. That of a migration has no preview."""
    is_package = row.context_type is ContextType.CONTENT_MIGRATION
    preview = {} if is_package else {"preview_url": preview_url(world, row)}
    return file_shape(world, base_url, row) | preview | DOCUMENT_PREVIEWS


def is_listed(request: Request, row: File) -> bool:
    """Tell whether a file is in lists for the caller: hidden ones for those only who manage what they are in."""
    return not row.hidden or _manages(request, row)


def by_name(row: File) -> str:
    """Sort files as Canvas does."""
    return row.title.lower()


def file_window(row: File) -> Window:
    """Return when a file is open."""
    return Window(row.unlock_at, row.lock_at, row.locked)


def thumbnail_url(request: Request, row: File) -> str | None:
    """Return the address of the small picture that an image has."""
    return _thumbnail_url(request.world, request.base_url, row)


def usage_rights_shape(row: File, rights: UsageRights) -> dict[str, Any]:
    """Render the usage rights of a file."""
    return {
        "id": rights.id,
        "context_id": row.course_id,
        "context_type": row.context_type,
        "use_justification": rights.use_justification,
        "license": rights.license,
        "legal_copyright": rights.legal_copyright,
    }


def file_shape(world: World, base_url: str, row: File) -> dict[str, Any]:
    """Render a File. Mind the hyphen in ``content-type``, the only one in the API.

    :param base_url: Scheme and host of this Canvas, as the client knows it.
    """
    uuid = verifier(world, row.id)
    opened = f"&verifier={uuid}" if world.settings.file_verifiers else ""
    payload: dict[str, Any] = {
        "id": row.id,
        "uuid": uuid,
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
        "locked": row.locked,
        "hidden": row.hidden,
        "lock_at": stamp(row.lock_at),
        "hidden_for_user": False,
        "thumbnail_url": _thumbnail_url(world, base_url, row),
        "modified_at": stamp(row.updated_at),
        "mime_class": _mime_class(row.content_type),
        "media_entry_id": row.media_entry_id,
        "category": "uncategorized",
        **UNLOCKED,
    }
    return payload | ({"visibility_level": row.visibility_level} if row.context_type is ContextType.COURSE else {})


def preview_url(world: World, row: File) -> str:
    """Return the path of a file's preview."""
    section = f"{row.context_type.lower()}s"
    return f"/{section}/{row.course_id}/files/{row.id}/file_preview?annotate=0&verifier={verifier(world, row.id)}"


def _included(request: Request, row: File) -> dict[str, Any]:
    payload: dict[str, Any] = {}
    if request.includes("user"):
        user = request.world.tables.users.get(row.user_id or 0)
        course_id = row.course_id if row.context_type is ContextType.COURSE else None
        payload["user"] = user_display(request, user, course_id) if user else {}
    if request.includes("usage_rights"):
        payload["usage_rights"] = None if row.usage_rights is None else usage_rights_shape(row, row.usage_rights)
    if request.includes("enhanced_preview_url"):
        payload["preview_url"] = preview_url(request.world, row)
    return payload


def _manages(request: Request, row: File) -> bool:
    return may_read(request.world, request.user, Context(row.context_type, row.course_id))


def _thumbnail_url(world: World, base_url: str, row: File) -> str | None:
    is_image = row.content_type.startswith("image/")
    return f"{base_url}/images/thumbnails/{row.id}/{verifier(world, row.id)}" if is_image else None


def _mime_class(content_type: str) -> str:
    if (mime_class := MIME_CLASSES.get(content_type)) is not None:
        return mime_class
    medium = content_type.partition("/")[0]
    return medium if medium in MEDIA else "file"
