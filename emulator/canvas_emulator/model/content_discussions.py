"""Discussions and announcements, which are discussions of their own kind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from canvas_emulator.model.content_assignments import Assignment
from canvas_emulator.model.content_base import Content, References
from canvas_emulator.model.content_files import File


@dataclass(kw_only=True, eq=False)
class DiscussionTopic(Content):
    """A discussion; a graded one has a shell assignment.

    :param message: HTML.
    :param discussion_type: ``threaded`` or ``side_comment``.
    :param pinned: Whether it stays at the top of the list.
    :param position: Its place among the pinned ones or the announcements, counted from 1.
    :param posted_at: When it was posted.
    :param delayed_post_at: When it will be posted; None if it is not delayed.
    :param lock_at: When it stops being available; None for never.
    :param locked: Whether it takes no further posts.
    :param todo_date: When it shows in the students' to-do lists; None for never.
    :param require_initial_post: Whether students must post before they see other posts; None for no.
    :param allow_rating: Whether posts can be liked.
    :param only_graders_can_rate: Whether only graders can like them.
    :param sort_by_rating: Whether liked posts come first.
    :param anonymous_state: Whether posts are anonymous: None, ``partial_anonymity`` or ``full_anonymity``.
    :param podcast_enabled: Whether it has a podcast.
    :param podcast_has_student_posts: Whether the podcast has posts of students.
    :param group_category_id: The set of groups that discuss it, each by itself.
    :param group_topics: The discussions of these groups: each with its id and the id of its group.
    :param section_ids: The sections that see it; empty for all.
    :param attachment_id: The file attached to it.
    :param user_id: The user who wrote it; None when it was imported.
    :param assignment_id: The shell assignment of a graded discussion.
    """

    message: str = ""
    discussion_type: str = "threaded"
    pinned: bool = False
    position: int | None = None
    posted_at: datetime | None = None
    delayed_post_at: datetime | None = None
    lock_at: datetime | None = None
    locked: bool = False
    todo_date: datetime | None = None
    require_initial_post: bool | None = None
    allow_rating: bool = False
    only_graders_can_rate: bool = False
    sort_by_rating: bool = False
    anonymous_state: str | None = None
    podcast_enabled: bool = False
    podcast_has_student_posts: bool = False
    group_category_id: int | None = None
    group_topics: tuple[tuple[int, int], ...] = ()
    section_ids: tuple[int, ...] = ()
    attachment_id: int | None = None
    user_id: int | None = None
    assignment_id: int | None = None
    KIND = "discussion_topics"
    ASSET = "discussion_topic"
    LABEL = "Discussion Topic"
    SECTION = "discussion_topics"
    HTML = "message"
    DATES = ("posted_at", "delayed_post_at", "lock_at", "todo_date")
    REFERENCES: ClassVar[References] = {"assignment_id": Assignment, "attachment_id": File}
    OWN = Content.OWN | {"group_category_id", "group_topics", "section_ids", "user_id"}


@dataclass(kw_only=True, eq=False)
class Announcement(DiscussionTopic):
    """An announcement: a discussion topic of its own kind, which takes its id from the same counter."""

    KIND = "announcements"
