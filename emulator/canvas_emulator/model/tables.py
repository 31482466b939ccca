"""The tables of a world: its rows by id, the first id of each table, and indexes of other keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from canvas_emulator.model.course import Course
from canvas_emulator.model.records import (
    AccessToken,
    Account,
    BlueprintMigration,
    BlueprintSubscription,
    BlueprintTemplate,
    ContentExport,
    ContentMigration,
    DeveloperKey,
    Group,
    GroupCategory,
    Progress,
    Term,
    Upload,
    User,
)

R = TypeVar("R")

SHARD = 10_000_000_000_000
"""A global id is the shard's number, 1 here, times this, plus the local id."""

FIRST_IDS = {
    "folder": 401,
    "attachment": 9001,
    "wiki_page": 301,
    "assignment": 5001,
    "quizzes:quiz": 701,
    "discussion_topic": 1201,
    "context_module": 601,
    "content_tag": 20001,
    "assignment_group": 2301,
    "rubric": 2501,
    "learning_outcome_group": 2601,
    "learning_outcome": 2701,
    "calendar_event": 2801,
    "context_external_tool": 2901,
    "lti/resource_link": 2951,
    "assessment_question_bank": 3001,
    "quiz_question": 31001,
    "content_export": 3501,
    "blueprint_template": 3651,
    "blueprint_subscription": 3601,
    "blueprint_migration": 3701,
    "content_migration": 77,
    "migration_issue": 31,
    "progress": 901,
    "job": 10001,
    "error_report": 251,
}
"""Where the counters start: apart, so that an id of one table is no id of another by accident."""


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """A request that the emulator received, without its token.

    :param time: When it arrived, by the clock of the world.
    :param method: The HTTP method.
    :param path: The path, without the query.
    :param query: The query, without an access token.
    :param status: None when the connection was closed without a response.
    :param user_id: The user of the access token; None without a valid one.
    :param has_authorization: Whether it had an ``Authorization`` header.
    """

    time: datetime
    method: str
    path: str
    query: str
    status: int | None
    user_id: int | None
    has_authorization: bool


@dataclass
class Tables:
    """The rows of a world that are not course content, by id unless stated otherwise.

    :param accounts: The accounts.
    :param terms: The enrollment terms.
    :param users: The users.
    :param tokens: The access tokens, by their text.
    :param developer_keys: The developer keys, by client id.
    :param codes: The client id and the expiry time of each OAuth2 code, by its text.
    :param nicknames: The nicknames of courses, by user and course.
    :param courses: The courses.
    :param content_migrations: The content migrations.
    :param progress: The Progress records.
    :param groups: The groups.
    :param group_categories: The sets of groups.
    :param content_exports: The content exports.
    :param blueprint_templates: What makes courses blueprints.
    :param blueprint_subscriptions: The courses that follow a blueprint.
    :param blueprint_migrations: The syncs of blueprints.
    :param uploads: The uploads, by the id of the file.
    """

    accounts: dict[int, Account] = field(default_factory=dict)
    terms: dict[int, Term] = field(default_factory=dict)
    users: dict[int, User] = field(default_factory=dict)
    tokens: dict[str, AccessToken] = field(default_factory=dict, repr=False)
    developer_keys: dict[str, DeveloperKey] = field(default_factory=dict)
    codes: dict[str, tuple[str, datetime]] = field(default_factory=dict, repr=False)
    nicknames: dict[tuple[int, int], str] = field(default_factory=dict)
    courses: dict[int, Course] = field(default_factory=dict)
    content_migrations: dict[int, ContentMigration] = field(default_factory=dict)
    progress: dict[int, Progress] = field(default_factory=dict)
    groups: dict[int, Group] = field(default_factory=dict)
    group_categories: dict[int, GroupCategory] = field(default_factory=dict)
    content_exports: dict[int, ContentExport] = field(default_factory=dict)
    blueprint_templates: dict[int, BlueprintTemplate] = field(default_factory=dict)
    blueprint_subscriptions: dict[int, BlueprintSubscription] = field(default_factory=dict)
    blueprint_migrations: dict[int, BlueprintMigration] = field(default_factory=dict)
    uploads: dict[int, Upload] = field(default_factory=dict)


class Index(Generic[R]):
    """An index of rows by one of their attributes.

    Rows change without notice, so a result is checked, and the index is rebuilt when it is wrong. A lookup of an
    unknown value therefore reads all rows; a lookup of a known value reads a dictionary.

    :param attribute: Reads the attribute from a row.
    """

    def __init__(self, attribute: Callable[[R], object]) -> None:
        self._attribute = attribute
        self._by_value: dict[object, R] = {}

    def find(self, rows: Mapping[Any, R], value: str) -> R | None:
        """Return the row with this value; where several have it, one that is not deleted, and of these the newest."""
        match = self._by_value.get(value)
        if match is None or self._attribute(match) != value or _deleted(match):
            ordered = sorted(rows.values(), key=lambda row: not _deleted(row))
            self._by_value = {self._attribute(row): row for row in ordered}
            match = self._by_value.get(value)
        return match


def _deleted(row: object) -> bool:
    return getattr(row, "workflow_state", None) == "deleted"
