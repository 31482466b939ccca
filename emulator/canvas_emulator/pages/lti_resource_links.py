"""LTI resource links of a course, which a Canvas of June 2023 does not have in its API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from canvas_emulator.effects.resource_links import add_resource_link, tool_for
from canvas_emulator.model.content import DELETED, ExternalTool, LtiResourceLink, ModuleItem
from canvas_emulator.model.content_lti import has_host_of
from canvas_emulator.model.parsing import parse_int
from canvas_emulator.model.rights import rights
from canvas_emulator.wire.pagination import bookmarked
from canvas_emulator.wire.request import Request, Route
from canvas_emulator.wire.responses import CanvasError, Response, no_route, not_found, stamp

PATH = "/courses/{course_id}/lti_resource_links"
PER_PAGE, MAX_BULK = 50, 100
LOOKUP, RESOURCE = "lookup_uuid:", "resource_link_uuid:"

INVALID_URL = ("invalid_url", "'url' param must be a valid URL")
NO_TOOL = ("invalid_url", "No tool found for the provided URL")
INVALID_CUSTOM = ("invalid_custom", "'custom' param must be a valid Object containing key/value pairs")
UNKNOWN_TOOL = ("context_external_tool_id", "No tool found for the provided context_external_tool_id")
MISMATCH = ("url_tool_mismatch", "'url' must match the tool's domain or url")
NOT_DELETABLE = ("invalid_resource_link", "Only rich content links can be deleted")
INVALID_REQUEST = ("invalid_request", f"'_json' must be an array of 1 to {MAX_BULK} links")

Problem = tuple[str, str]


def index(request: Request) -> Response:
    """GET the links of a course and of its assignments, oldest first."""
    course_id = _course_id(request)
    rows = [row for row in request.world.rows(LtiResourceLink, course_id) if _is_shown(request, row)]
    rows.sort(key=_place)
    return bookmarked(request, rows, shape, _place, default_per_page=PER_PAGE)


def show(request: Request) -> Response:
    """GET one link, by its id, ``lookup_uuid:...`` or ``resource_link_uuid:...``."""
    return Response(shape(request, _link(request, _course_id(request))))


def create(request: Request) -> Response:
    """POST a link for rich content."""
    course_id = _course_id(request, adds=True)
    made = _made(request, course_id, request.params)
    if not isinstance(made, LtiResourceLink):
        raise _invalid([made])
    return Response(shape(request, add_resource_link(request.world, made)))


def create_bulk(request: Request) -> Response:
    """POST several links, all of them or none."""
    course_id, documents = _course_id(request, adds=True), request.params.get("_json")
    if not isinstance(documents, list) or not 1 <= len(documents) <= MAX_BULK:
        raise _invalid([INVALID_REQUEST])
    made = [_made(request, course_id, each if isinstance(each, dict) else {}) for each in documents]
    if any(not isinstance(each, LtiResourceLink) for each in made):
        errors = [
            {"value": document, "error": each[0], "message": each[1]}
            for document, each in zip(documents, made, strict=True)
            if not isinstance(each, LtiResourceLink)
        ]
        raise CanvasError(422, {"errors": errors})
    links = [add_resource_link(request.world, each) for each in made if isinstance(each, LtiResourceLink)]
    return Response([shape(request, link) for link in links])


def update(request: Request) -> Response:
    """PUT a link's URL, parameters or tool; its title and keys stay."""
    course_id = _course_id(request, adds=True)
    link, params = _link(request, course_id), request.params
    tool = request.world.find(ExternalTool, course_id, link.external_tool_id or 0)
    changes: dict[str, Any] = {}
    if "context_external_tool_id" in params:
        tool = request.world.find(ExternalTool, course_id, parse_int(str(params["context_external_tool_id"])) or 0)
        if tool is None or tool.deleted:
            raise _invalid([UNKNOWN_TOOL])
        changes["external_tool_id"] = tool.id
    if "url" in params:
        changes["url"] = url = params["url"]
        if not _is_url(url):
            raise _invalid([INVALID_URL])
        if "context_external_tool_id" not in params and (tool is None or not has_host_of(tool, url)):
            tool = tool_for(request.world, course_id, url)
            if tool is None:
                raise _invalid([NO_TOOL])
            changes["external_tool_id"] = tool.id
    url = changes.get("url", link.url)
    if tool is not None and url is not None and changes and not has_host_of(tool, url):
        raise _invalid([MISMATCH])
    if "custom" in params:
        if not _is_custom(params["custom"]):
            raise _invalid([INVALID_CUSTOM])
        changes["custom"] = params["custom"] or None
    for name, value in changes.items():
        setattr(link, name, value)
    link.updated_at = request.world.clock.now()
    return Response(shape(request, link))


def delete(request: Request) -> Response:
    """DELETE a link of rich content."""
    link = _link(request, _course_id(request, adds=True))
    if _resource_type(request, link) != "rich_content":
        raise _invalid([NOT_DELETABLE])
    link.workflow_state, link.updated_at = DELETED, request.world.clock.now()
    return Response(shape(request, link))


def shape(request: Request, row: LtiResourceLink) -> dict[str, Any]:
    """Render a ResourceLink."""
    item = _item_of(request, row)
    payload: dict[str, Any] = {
        "id": row.id,
        "context_id": row.assignment_id or row.course_id,
        "context_type": "Course" if row.assignment_id is None else "Assignment",
        "context_external_tool_id": row.external_tool_id,
        "resource_type": _resource_type(request, row),
        "canvas_launch_url": request.url(row.path),
        "resource_link_uuid": row.resource_link_uuid,
        "lookup_uuid": row.lookup_uuid,
        "title": row.title or None,
        "url": row.url,
        "lti_1_1_id": None,
        "created_at": stamp(row.created_at),
        "updated_at": stamp(row.updated_at),
        "workflow_state": row.workflow_state,
        "root_account_id": 1,
        "custom": row.custom,
    }
    if item is not None:
        payload |= {"associated_content_type": "ModuleItem", "associated_content_id": item.id}
    return payload


def _course_id(request: Request, *, adds: bool = False) -> int:
    """Return the id of the course of the path.

    :param adds: Whether the caller needs the right to add tools, and not only that to add assignments.
    :raises CanvasError: 404 with a page of HTML, when this Canvas does not have the routes.
    """
    if not request.world.settings.lti_resource_links:
        raise no_route()
    course = request.seen_course()
    held = rights(request.world, request.user, course)
    request.permit("manage_course_content_add" in held)
    request.permit(not adds or "update" in held)
    return course.id


def _place(row: LtiResourceLink) -> list[Any]:
    return [row.created_at.isoformat(), row.id]


def _is_shown(request: Request, row: LtiResourceLink) -> bool:
    """Tell whether the caller asks for a link: for a deleted one by the presence of a parameter, whatever it says."""
    return not row.deleted or bool(str(request.params.get("include_deleted", "")))


def _link(request: Request, course_id: int) -> LtiResourceLink:
    key = request.ids["id"]
    rows = [row for row in request.world.rows(LtiResourceLink, course_id) if _is_shown(request, row)]
    by: Callable[[LtiResourceLink], object] = lambda row: row.id  # noqa: E731  one of three keys
    wanted: object = parse_int(key)
    if key.startswith(LOOKUP):
        by, wanted = (lambda row: row.lookup_uuid), key.removeprefix(LOOKUP)
    elif key.startswith(RESOURCE):
        by, wanted = (lambda row: row.resource_link_uuid), key.removeprefix(RESOURCE)
    link = next((row for row in rows if by(row) == wanted), None)
    if link is None:
        raise not_found()
    return link


def _made(request: Request, course_id: int, document: dict[str, Any]) -> LtiResourceLink | Problem:
    """Return a new link that a document describes, not added yet, or what is wrong with it."""
    url, custom = document.get("url"), document.get("custom")
    if not _is_url(url):
        return INVALID_URL
    if custom is not None and not _is_custom(custom):
        return INVALID_CUSTOM
    tool = tool_for(request.world, course_id, url)
    if tool is None:
        return NO_TOOL
    title = str(document.get("title") or "")
    link = LtiResourceLink(course_id=course_id, title=title, url=str(url), custom=custom, external_tool_id=tool.id)
    link.created_at = request.world.clock.now()
    return link


def _is_url(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _is_custom(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(each, str) for each in value.values())


def _resource_type(request: Request, row: LtiResourceLink) -> str:
    if row.assignment_id is not None:
        return "assignment"
    return "rich_content" if _item_of(request, row) is None else "module_item"


def _item_of(request: Request, row: LtiResourceLink) -> ModuleItem | None:
    items = request.world.live(ModuleItem, row.course_id)
    return next((item for item in items if item.resource_link_id == row.id), None)


def _invalid(problems: list[Problem]) -> CanvasError:
    return CanvasError(422, {"errors": [{"code": code, "message": message} for code, message in problems]})


ROUTES = (
    Route("GET", PATH, index),
    Route("POST", PATH, create),
    Route("POST", PATH + "/bulk", create_bulk),
    Route("GET", PATH + "/{id}", show),
    Route("PUT", PATH + "/{id}", update),
    Route("DELETE", PATH + "/{id}", delete),
)
