"""The JSON of a DiscussionTopic, which an announcement is, too."""

from __future__ import annotations

from typing import Any

from canvas_emulator.model.content import Announcement, DiscussionTopic, File
from canvas_emulator.pages.blueprint_keys import blueprint_keys
from canvas_emulator.pages.file_shape import shape as file_shape
from canvas_emulator.pages.html_reading import html_for
from canvas_emulator.pages.locks import UNLOCKED, lock_keys
from canvas_emulator.pages.user_shapes import user_display
from canvas_emulator.pages.visibility import manages
from canvas_emulator.wire.request import Request
from canvas_emulator.wire.responses import stamp


def shape(request: Request, row: DiscussionTopic) -> dict[str, Any]:
    """Render a topic without the assignment of a graded one."""
    author = request.world.tables.users.get(row.user_id or 0)
    is_own = row.user_id == request.user.id
    is_announcement = isinstance(row, Announcement)
    hold = _subscription_hold(row)
    can_manage = manages(request, row.course_id)
    posted_at = stamp(row.posted_at or (row.created_at if author else None))
    locked = _lock_keys(request, row)
    payload: dict[str, Any] = {
        "id": row.id,
        "title": row.title,
        "last_reply_at": posted_at,
        "created_at": stamp(row.created_at),
        "delayed_post_at": stamp(row.delayed_post_at),
        "posted_at": posted_at,
        "assignment_id": row.assignment_id,
        "root_topic_id": None,
        "position": row.position,
        "podcast_has_student_posts": row.podcast_has_student_posts,
        "discussion_type": row.discussion_type,
        "lock_at": stamp(row.lock_at),
        "allow_rating": row.allow_rating,
        "only_graders_can_rate": row.only_graders_can_rate,
        "sort_by_rating": row.sort_by_rating,
        "is_section_specific": bool(row.section_ids),
        "anonymous_state": row.anonymous_state,
        "user_name": author and author.name,
        "discussion_subentry_count": 0,
        "permissions": _permissions(request, row, can_manage),
        "require_initial_post": row.require_initial_post,
        "user_can_see_posts": can_manage or not row.require_initial_post,
        "podcast_url": _podcast_url(request, row),
        "read_state": "read" if is_own else "unread",
        "unread_count": 0,
        "subscribed": is_own and hold is None,
        "attachments": _attachments(request, row),
        "published": row.published,
        "can_unpublish": can_manage and not is_announcement,
        "locked": row.locked,
        "can_lock": row.assignment_id is None,
        "comments_disabled": is_announcement and _takes_no_comments(request, row),
        "author": user_display(request, author, row.course_id) if author else {},
        "html_url": request.url(row.path),
        "url": request.url(row.path),
        "pinned": row.pinned,
        "group_category_id": row.group_category_id,
        "can_group": not is_announcement,
        "topic_children": [topic_id for topic_id, _ in row.group_topics],
        "group_topic_children": [{"id": topic_id, "group_id": group_id} for topic_id, group_id in row.group_topics],
        **locked,
        "message": html_for(request, row.message),
        "todo_date": stamp(row.todo_date),
        "is_announcement": is_announcement,
    }
    if hold is not None:
        payload["subscription_hold"] = hold
    return payload | blueprint_keys(request, row) | _included(request, row)


def _lock_keys(request: Request, row: DiscussionTopic) -> dict[str, Any]:
    """Render why a topic takes no posts from the caller: its module, its end, or a teacher closed it."""
    locked = lock_keys(request, row)
    if locked["locked_for_user"] or manages(request, row.course_id):
        return locked
    asset = f"{row.ASSET}_{row.id}"
    if row.lock_at is not None and row.lock_at <= request.world.clock.now():
        info = {"asset_string": asset, "lock_at": stamp(row.lock_at), "can_view": True}
        return {"locked_for_user": True, "lock_info": info, "lock_explanation": "This topic was locked."}
    if row.locked:
        info = {"can_view": True, "asset_string": asset}
        return {"locked_for_user": True, "lock_info": info, "lock_explanation": "This topic is closed for comments."}
    return dict(UNLOCKED)


def _subscription_hold(row: DiscussionTopic) -> str | None:
    """Return why nobody can subscribe."""
    if isinstance(row, Announcement):
        return "topic_is_announcement"
    return None if row.group_category_id is None else "not_in_group_set"


def _permissions(request: Request, row: DiscussionTopic, can_manage: bool) -> dict[str, bool]:
    posts = can_manage or not (row.locked or isinstance(row, Announcement))
    settings = request.world.tables.courses[row.course_id].settings
    attaches = can_manage or (posts and settings.allow_student_forum_attachments)
    return {"attach": attaches, "update": can_manage, "reply": posts, "delete": can_manage}


def _podcast_url(request: Request, row: DiscussionTopic) -> str | None:
    if not row.podcast_enabled:
        return None
    return f"/feeds/topics/{row.id}/course_{request.world.tables.courses[row.course_id].uuid}.rss"


def _attachments(request: Request, row: DiscussionTopic) -> list[dict[str, Any]]:
    file = request.world.find(File, row.course_id, row.attachment_id or 0)
    return [file_shape(request, file)] if file is not None and not file.deleted else []


def _takes_no_comments(request: Request, row: DiscussionTopic) -> bool:
    return request.world.tables.courses[row.course_id].settings.lock_all_announcements


def _included(request: Request, row: DiscussionTopic) -> dict[str, Any]:
    payload: dict[str, Any] = {}
    enrollments = request.world.enrollments
    if row.section_ids and request.includes("sections"):
        sections = (enrollments.sections[row_id] for row_id in row.section_ids if row_id in enrollments.sections)
        payload["sections"] = [{"id": section.id, "name": section.name} for section in sections]
    if request.includes("sections_user_count") and "id" not in request.ids:
        people = (member for member in enrollments.in_course(row.course_id) if member.current)
        payload["user_count"] = len(
            {member.user_id for member in people if not row.section_ids or member.section_id in row.section_ids}
        )
    return payload
