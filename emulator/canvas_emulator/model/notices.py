"""What a change of content sends to people: notifications, and entries in their activity streams."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Notice:
    """A notification, or an entry of the activity stream, about one row of a course.

    :param name: Canvas's name of the notification, such as ``Assignment Changed``; empty for an entry of the stream.
    :param course_id: The course of the row.
    :param asset: The asset string of the row, such as ``quizzes:quiz_12``.
    :param user_ids: The users who got it.
    :param at: When it was sent.
    """

    name: str
    course_id: int
    asset: str
    user_ids: tuple[int, ...]
    at: datetime


@dataclass
class Notices:
    """Everything that was sent since the last reset, oldest first.

    :param notifications: The notifications, by mail or push, as each user chose.
    :param stream_entries: The entries that topics got at the top of activity streams.
    """

    notifications: list[Notice] = field(default_factory=list)
    stream_entries: list[Notice] = field(default_factory=list)
