"""Content exports: of a course, a group or a user, into a file that can be downloaded for some time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from canvas_emulator.effects.packages.exporting import EXPORT_TYPES
from canvas_emulator.effects.selection import options_of_select
from canvas_emulator.effects.selective_content import (
    COURSE_TYPES,
    GROUP_OF_OUTCOMES,
    TYPES,
    Node,
    Selectable,
    counts,
    linked_message,
    nodes,
    of_course,
)
from canvas_emulator.jobs import content_export as job
from canvas_emulator.machines.content_export import HIDDEN
from canvas_emulator.model.content import DELETED, File, Quiz
from canvas_emulator.model.content_base import ContextType
from canvas_emulator.model.contexts import Context, may_read
from canvas_emulator.model.parsing import parse_int, parse_list
from canvas_emulator.model.records import ContentExport
from canvas_emulator.model.rights import rights
from canvas_emulator.pages.contexts import found_context, in_contexts
from canvas_emulator.pages.file_shape import shape as file_shape
from canvas_emulator.wire.pagination import listing
from canvas_emulator.wire.request import Request, Route
from canvas_emulator.wire.responses import Response, bad_request, internal_error, not_found, stamp

SECTIONS = ("courses", "groups", "users")
FILES_ONLY = "zip"
"""The one kind of export that groups and users have, and that students may make."""

NEW_QUIZZES = "quizzes2"

COPY_TYPES = frozenset({"course_copy", "course_template_export", "master_course_copy"})
"""Exports that copies make for themselves: the API does not show them."""


def index(request: Request) -> Response:
    """GET the exports of a context, newest first; of files only one's own."""
    context = _readable(request)
    exports = request.world.tables.content_exports.values()
    rows = [row for row in exports if Context(row.context_type, row.context_id) == context and _shown(request, row)]
    return listing(request, rows[::-1], shape)


def show(request: Request) -> Response:
    """GET an export."""
    context = _readable(request)
    row = request.world.tables.content_exports.get(request.id())
    if row is None or Context(row.context_type, row.context_id) != context or not _shown(request, row):
        raise not_found()
    return Response(shape(request, row))


def create(request: Request) -> Response:
    """POST an export. It begins as ``created``, with a Progress that is queued."""
    context = _readable(request)
    world, now = request.world, request.world.clock.now()
    export_type = str(request.params.get("export_type", ""))
    if export_type not in EXPORT_TYPES or (context.type is not ContextType.COURSE and export_type != FILES_ONLY):
        raise bad_request("invalid export_type")
    request.permit(export_type == FILES_ONLY or may_read(world, request.user, context))
    if export_type == NEW_QUIZZES:
        _check_quiz(request, context)
    if isinstance(request.params.get("select"), str):
        raise internal_error()
    selected = options_of_select(_plain_ids(request.table("select")))
    row = ContentExport(
        id=world.next_id("content_export"),
        context_id=context.id,
        context_type=context.type,
        user_id=request.user.id,
        export_type=export_type,
        selection=selected or dict(EXPORT_TYPES[export_type].takes),
        skip_notifications=request.parse_bool("skip_notifications"),
        created_at=now,
        updated_at=now,
    )
    world.tables.content_exports[row.id] = row
    job.start(world, row, now)
    return Response(shape(request, row))


def _check_quiz(request: Request, context: Context) -> None:
    """Check the quiz of an export of New Quizzes.

    :raises CanvasError: 400, when ``quiz_id`` is no id or names no quiz of the course.
    """
    if (quiz_id := parse_int(str(request.params.get("quiz_id", "")))) is None:
        raise bad_request("quiz_id required and must be a valid ID")
    quiz = request.world.find(Quiz, context.id, quiz_id)
    if quiz is None or quiz.deleted:
        raise bad_request("Quiz could not be found")


def content_list(request: Request) -> Response:
    """GET what an export of a course can select, or with ``type`` the single things of one type."""
    course = request.course()
    selectable = of_course(request.world, course)
    if (wanted := request.params.get("type")) is None:
        return Response(_types(request, selectable, course.id))
    try:
        selected = nodes(selectable, str(wanted))
    except KeyError:
        raise bad_request("unsupported migration type") from None
    return Response([_node_shape(request, node) for node in selected])


def shape(request: Request, row: ContentExport) -> dict[str, Any]:
    """Render a ContentExport. Its file shows for some days only, while its state stays."""
    payload: dict[str, Any] = {
        "id": row.id,
        "user_id": row.user_id,
        "created_at": stamp(row.created_at),
        "workflow_state": row.workflow_state,
        "export_type": row.export_type,
    }
    if row.context_type is ContextType.COURSE:
        payload["course_id"] = row.context_id
    if (file := _attachment(request, row)) is not None:
        payload["attachment"] = file_shape(request, file)
    if row.progress_id is not None:
        payload["progress_url"] = request.api_url(f"/progress/{row.progress_id}")
    return payload


def _types(request: Request, selectable: Selectable, course_id: int) -> list[dict[str, Any]]:
    more = request.api_url(f"/courses/{course_id}/content_list?type=")
    whole = [
        {"type": name, "property": f"select[all_{name}]", "title": COURSE_TYPES[name]}
        for name in selectable.course_types
    ]
    return whole + [
        {
            "type": name,
            "property": f"select[all_{name}]",
            "title": TYPES[name][1],
            "count": count,
            "sub_items_url": more + name,
        }
        for name, count in counts(selectable).items()
    ]


def _node_shape(request: Request, node: Node) -> dict[str, Any]:
    """Render a thing that can be selected. Its id is an asset string; only whole types have a ``property``."""
    payload: dict[str, Any] = {"type": node.type, "title": node.row.title, "id": f"{node.row.ASSET}_{node.row.id}"}
    if node.linked is not None:
        name, row = node.linked
        payload["linked_resource"] = {
            "type": name,
            "id": f"{row.ASSET}_{row.id}",
            "message": linked_message(name, row),
        }
    if node.type + "_" == GROUP_OF_OUTCOMES:
        more = f"/courses/{node.row.course_id}/content_list?type="
        payload["sub_items_url"] = request.api_url(f"{more}{GROUP_OF_OUTCOMES}{node.row.id}")
    if node.children:
        payload["sub_items"] = [_node_shape(request, child) for child in node.children]
    return payload


def _attachment(request: Request, row: ContentExport) -> File | None:
    world = request.world
    expires = row.created_at + timedelta(days=world.settings.attachment_days)
    if row.attachment_id is None or world.clock.now() > expires:
        return None
    file = world.find(File, row.id, row.attachment_id, ContextType.CONTENT_EXPORT)
    return None if file is None or file.workflow_state == DELETED else file


def _readable(request: Request) -> Context:
    """Return the context of the path; to get in, its students' rights are enough."""
    context = found_context(request)
    if context.type is ContextType.COURSE:
        course = request.world.tables.courses[context.id]
        request.permit("read" in rights(request.world, request.user, course))
    else:
        request.permit(may_read(request.world, request.user, context))
    return context


def _shown(request: Request, row: ContentExport) -> bool:
    own = row.user_id == request.user.id
    hidden = row.workflow_state in HIDDEN or row.export_type in COPY_TYPES
    return not hidden and (own or row.export_type != FILES_ONLY)


def _plain_ids(select: dict[str, Any]) -> dict[str, Any]:
    """Return a selection with plain ids where it has asset strings, as the list of content gives them."""
    return {
        name: [text.rpartition("_")[2] for text in (ids if isinstance(ids, dict) else parse_list(ids))]
        for name, ids in select.items()
    }


ROUTES = (
    *(Route("GET", path, index, secondary=True) for path in in_contexts("/content_exports", SECTIONS)),
    *(Route("GET", path, show, secondary=True) for path in in_contexts("/content_exports/{id}", SECTIONS)),
    *(Route("POST", path, create) for path in in_contexts("/content_exports", SECTIONS)),
    Route("GET", "/courses/{course_id}/content_list", content_list),
)
