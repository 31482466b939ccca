"""What a plan knows of the courses of a copy, parsed from the records that Canvas sent."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from airflow_provider_canvas.api.storable import storable_text
from airflow_provider_canvas.security.redaction import redact

MAX_NAME = 80
"""The longest name of a course in a sentence, in characters."""

MAX_MESSAGE = 300
"""The longest message of Canvas in a sentence, in characters."""

CONTENT = ("modules", "pages", "assignments")
"""The kinds of content that make a course not empty, as for ``if_not_empty`` of a single copy."""

OTHER_CONTENT = ("quizzes", "discussions", "announcements", "files")
"""Kinds of content that are named besides."""


@dataclass(frozen=True, kw_only=True)
class CourseFacts:
    """The course that an id of the input names.

    :param reference: The id as the input has it.
    :param course_id: The number of the course; ``None`` if Canvas shows none.
    :param name: Its name.
    :param sis_course_id: Its SIS id.
    :param problem: ``unknown``, ``deleted`` or ``refused``; ``None`` if it can be used.
    :param message: Canvas's words about the problem.
    :param namesake: Another course whose SIS id is the number that the input has, in words; ``None`` if there is none.
    :param is_concluded: Whether it is concluded, or its dates are over.
    :param is_blueprint: Whether it is a blueprint course.
    :param may_read: Whether the token's user may copy it; ``None`` if that is not known.
    """

    reference: str
    course_id: int | None = None
    name: str | None = None
    sis_course_id: str | None = None
    problem: str | None = None
    message: str = ""
    namesake: str | None = None
    is_concluded: bool = False
    is_blueprint: bool = False
    may_read: bool | None = None

    @classmethod
    def parse(
        cls,
        reference: str,
        course: Mapping[str, Any] | None,
        *,
        now: datetime,
        problem: str | None = None,
        message: str = "",
        namesake: Mapping[str, Any] | None = None,
        may_read: bool | None = None,
    ) -> CourseFacts:
        """Return the facts of a course.

        :param course: Canvas's record of the course.
        :param now: The time by which it may be over.
        :param namesake: Canvas's record of the other course.
        """
        record: Mapping[str, Any] = course or {}
        return cls(
            reference=reference,
            course_id=record.get("id"),
            name=_clean(record.get("name")),
            sis_course_id=_text(record.get("sis_course_id")),
            problem=problem,
            message=redact(storable_text(message, MAX_MESSAGE)),
            namesake=None if namesake is None else describe_course(namesake.get("id"), namesake.get("name")),
            is_concluded=_is_over(record, now),
            is_blueprint=bool(record.get("blueprint")),
            may_read=may_read,
        )

    @property
    def described(self) -> str:
        """The course in sentences: its number and its name, or the id as the input has it."""
        if self.course_id is None:
            return f"course {self.reference}"
        return describe_course(self.course_id, self.name)


@dataclass(frozen=True, kw_only=True)
class Migration:
    """A content migration of a destination.

    :param id: Its number.
    :param state: Canvas's ``workflow_state``.
    :param source_course_id: The course that it copies, if it is a copy and Canvas shows it.
    :param is_template_copy: Whether Canvas started it by itself, from the template of an account.
    """

    id: int
    state: str
    source_course_id: int | None = None
    is_template_copy: bool = False


@dataclass(frozen=True, kw_only=True)
class DestinationFacts:
    """What a plan knows of a destination besides its course.

    :param may_import: Whether the token's user may import content; ``None`` if that is not known.
    :param running: The newest of its content migrations that has not ended.
    :param last_copy: The newest of its completed copies.
    :param last_copy_ended_at: When that ended, if it is known.
    :param blueprint: The blueprint course that it follows, in words.
    :param kinds: The kinds of content that it has.
    :param counts: The number of its items by kind; ``None`` if they were not counted.
    :param changes: The number of its pages and assignments that were changed after the last copy; ``None`` if that is
        not known.
    :param known_edits: The number of its assets that a reconciliation found to be edited after the last copy.
    """

    may_import: bool | None = None
    running: Migration | None = None
    last_copy: Migration | None = None
    last_copy_ended_at: datetime | None = None
    blueprint: str | None = None
    kinds: Collection[str] = ()
    counts: Mapping[str, int] | None = field(default=None)
    changes: int | None = None
    known_edits: int | None = None

    @classmethod
    def parse(
        cls,
        *,
        migrations: Iterable[Mapping[str, Any]] | None,
        may_import: bool | None,
        blueprint: Mapping[str, Any] | None,
        kinds: Collection[str] | None,
        counts: Mapping[str, int] | None,
        changed_at: Iterable[str],
        last_copy_ended_at: str | None,
        known_edits: int | None = None,
    ) -> DestinationFacts:
        """Return the facts of a destination.

        :param migrations: Canvas's records of its content migrations, the newest first.
        :param blueprint: Canvas's short record of the blueprint course.
        :param kinds: The kinds of content that its navigation shows.
        :param changed_at: When each of its pages and assignments was changed.
        """
        parsed = [_migration(record) for record in migrations or ()]
        copies = [each for each in parsed if each.state == "completed" and each.source_course_id is not None]
        ended_at = _time(last_copy_ended_at)
        changes = None
        if counts is not None and copies and ended_at is not None:
            changes = sum(time > ended_at for text in changed_at if (time := _time(text)) is not None)
        return cls(
            may_import=may_import,
            running=next(
                (each for each in parsed if each.state not in ("completed", "failed", "waiting_for_select")), None
            ),
            last_copy=copies[0] if copies else None,
            last_copy_ended_at=ended_at,
            blueprint=None if blueprint is None else describe_course(blueprint.get("id"), blueprint.get("name")),
            kinds=kinds or (),
            counts=counts,
            changes=changes,
            known_edits=known_edits,
        )

    @property
    def has_content(self) -> bool:
        """Whether the destination has modules, pages or assignments."""
        if self.counts is not None:
            return any(self.counts.values())
        return any(kind in self.kinds for kind in CONTENT)

    @property
    def content(self) -> str:
        """The content in words: ``2 modules, 14 pages, and files``."""
        if self.counts is not None:
            words = [_count(number, kind) for kind, number in self.counts.items() if number]
        else:
            words = [kind for kind in CONTENT if kind in self.kinds]
        return ", ".join([*words, *(kind for kind in OTHER_CONTENT if kind in self.kinds)])


def describe_course(course_id: Any, name: Any) -> str:
    """Return a course in words: ``course 2001 (Biology)``."""
    shown = _clean(name)
    return f"course {course_id}" if shown is None else f"course {course_id} ({storable_text(shown, MAX_NAME)})"


def _migration(record: Mapping[str, Any]) -> Migration:
    settings = record.get("settings")
    source_id = settings.get("source_course_id") if isinstance(settings, Mapping) else None
    is_copy = record.get("migration_type") == "course_copy_importer"
    return Migration(
        id=record["id"],
        state=str(record.get("workflow_state")),
        source_course_id=source_id,
        # Canvas starts the copy of a template in the name of no user.
        is_template_copy=is_copy and "user_id" in record and record["user_id"] is None,
    )


def _is_over(course: Mapping[str, Any], now: datetime) -> bool:
    if course.get("workflow_state") == "completed" or course.get("concluded"):
        return True
    own_end = _time(course.get("end_at")) if course.get("restrict_enrollments_to_course_dates") else None
    term = course.get("term")
    end = own_end or _time(term.get("end_at") if isinstance(term, Mapping) else None)
    return end is not None and end < now


def _time(text: Any) -> datetime | None:
    try:
        time = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return time if time is not None and time.tzinfo is not None else None


def _clean(value: Any) -> str | None:
    """Return a text that anybody may have written, without secrets."""
    text = _text(value)
    return None if text is None else redact(text)


def _text(value: Any) -> str | None:
    return storable_text(value) if isinstance(value, str) and value else None


def _count(number: int, kind: str) -> str:
    return f"{number} {kind if number != 1 else kind.removesuffix('s')}"
