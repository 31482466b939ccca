"""The JSON of a ModuleItem, with the details of what it shows."""

from __future__ import annotations

from typing import Any

from canvas_emulator.model.content import (
    ITEM_CONTENT,
    Assignment,
    Content,
    DiscussionTopic,
    File,
    ModuleItem,
    Page,
    Quiz,
)
from canvas_emulator.pages.assignment_dates import Dates, dates_for_caller
from canvas_emulator.pages.file_shape import file_window, thumbnail_url, usage_rights_shape
from canvas_emulator.pages.locks import WORDS, ModuleProgress, Window, lock_keys, module_lock, requirement
from canvas_emulator.pages.quiz_shape import quiz_lock_keys
from canvas_emulator.pages.visibility import can, manages
from canvas_emulator.wire.request import Request
from canvas_emulator.wire.responses import number, stamp

CONTENT_SECTIONS = {"Discussion": "discussion_topics", "Quiz": "quizzes", "Assignment": "assignments", "File": "files"}


def item_shape(request: Request, row: ModuleItem) -> dict[str, Any]:
    """Render a ModuleItem. Which keys it has depends on its type; a page is named by its slug and not by an id."""
    settings, can_manage = request.world.settings, manages(request, row.course_id)
    payload: dict[str, Any] = {
        "id": row.id,
        "title": row.title,
        "position": row.position,
        "indent": row.indent,
        "type": row.type,
        "module_id": row.module_id,
    }
    if not settings.newer_keys:
        shown = _shown(request, row)
        payload["quiz_lti"] = isinstance(shown, Assignment) and shown.is_new_quiz
    payload |= _address_keys(request, row)
    if row.completion_requirement is not None:
        payload["completion_requirement"] = requirement(row)
        if not can_manage:
            done = request.world.enrollments.completions.get((request.user.id, row.course_id), {})
            payload["completion_requirement"]["completed"] = row.id in done
    if can_manage:
        payload["published"] = row.published
        if settings.newer_keys:
            payload["unpublishable"] = True
    if request.includes("content_details"):
        payload["content_details"] = _details(request, row)
    if request.includes("mastery_paths"):
        payload["mastery_paths"] = None
    return payload


def _address_keys(request: Request, row: ModuleItem) -> dict[str, Any]:
    course, payload = f"/courses/{row.course_id}", dict[str, Any]()
    if row.type == "ExternalUrl":
        payload["html_url"] = request.api_url(f"{course}/module_item_redirect/{row.id}")
    elif row.type != "SubHeader":
        payload["html_url"] = request.url(row.path)
    if row.type == "Page" and row.content_id is not None:
        page = request.world.find(Page, row.course_id, row.content_id)
        slug = page.url if page else ""
        payload |= {
            "page_url": slug,
            "publish_at": stamp(page.publish_at) if page else None,
            "url": request.api_url(f"{course}/pages/{slug}"),
        }
    elif row.type in CONTENT_SECTIONS:
        payload["content_id"] = row.content_id
        payload["url"] = request.api_url(f"{course}/{CONTENT_SECTIONS[row.type]}/{row.content_id}")
    elif row.type == "ExternalTool":
        launch = f"{course}/external_tools/sessionless_launch?launch_type=module_item&module_item_id={row.id}"
        payload |= {"content_id": row.content_id, "url": request.api_url(launch)}
    if row.external_url is not None:
        payload |= {"external_url": row.external_url, "new_tab": row.new_tab}
    return payload


def _details(request: Request, item: ModuleItem) -> dict[str, Any]:
    """Render ``content_details``: dates, points, and whether the item is locked. A date that is not set has no key."""
    row = _shown(request, item)
    payload: dict[str, Any] = {}
    if isinstance(row, File):
        if row.usage_rights is not None:
            payload["usage_rights"] = {"usage_rights": usage_rights_shape(row, row.usage_rights)}
        payload |= {"display_name": row.title, "thumbnail_url": thumbnail_url(request, row)}
    dates, points = _dates_and_points(request, row)
    shown = dates.shape() | {"points_possible": number(points)}
    payload |= {name: value for name, value in shown.items() if value is not None}
    return payload | _lock_keys(request, item, row)


def _shown(request: Request, item: ModuleItem) -> Content | None:
    kind = ITEM_CONTENT.get(item.type)
    if kind is None or item.content_id is None:
        return None
    return request.world.find(kind, item.course_id, item.content_id)


def _dates_and_points(request: Request, row: Content | None) -> tuple[Dates, float | None]:
    if isinstance(row, Assignment):
        return dates_for_caller(request, row), row.points_possible
    if isinstance(row, Quiz):
        return Dates(row.due_at, row.unlock_at, row.lock_at), row.points_possible
    if isinstance(row, DiscussionTopic) and row.assignment_id is not None:
        return _dates_and_points(request, request.world.find(Assignment, row.course_id, row.assignment_id))
    if isinstance(row, File):
        return Dates(None, row.unlock_at, row.lock_at), None
    return Dates(None, None, None), None


def _lock_keys(request: Request, item: ModuleItem, row: Content | None) -> dict[str, Any]:
    if isinstance(row, Quiz) and not can(request, item.course_id, "participate_as_student"):
        return quiz_lock_keys(request, row)
    if manages(request, item.course_id):
        return {"locked_for_user": False}
    progress = ModuleProgress(request, item.course_id)
    if type(row) in WORDS and row is not None:
        window = file_window(row) if isinstance(row, File) else Window()
        return lock_keys(request, row, window, progress)
    if item.type == "SubHeader" or not progress.locks(item):
        return {"locked_for_user": False}
    module = progress.module_of(item)
    return module_lock(progress, module, "content", f"{module.ASSET}_{module.id}")
