"""One address in a destination that does not lead to where it should, and the words for what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

PLACE_TYPES: tuple[str, ...] = (
    "pages",
    "assignments",
    "discussion_topics",
    "announcements",
    "quizzes",
    "quiz_questions",
    "syllabus",
    "calendar_events",
    "module_items",
    "lti_resource_links",
)
"""The types of the places that hold addresses."""

ONLY_REPORTED = frozenset({"quiz_questions"})
"""The types of places that a repair leaves alone: Canvas wants each choice of a question sent again with a change."""

LINK_KINDS: tuple[str, ...] = (
    "page",
    "assignment",
    "quiz",
    "discussion_topic",
    "announcement",
    "module",
    "module_item",
    "file",
    "folder",
    "calendar_event",
    "rubric",
    "external_tool",
    "course",
    "media",
    "other",
)
"""What an address can lead to."""


class Problem(StrEnum):
    """What is wrong with an address, in the order in which an address with several problems is classified."""

    PLACEHOLDER = "placeholder"
    POINTS_TO_OTHER_HOST = "points_to_other_host"
    POINTS_TO_SOURCE = "points_to_source"
    POINTS_TO_OTHER_COURSE = "points_to_other_course"
    SOURCE_ID = "source_id"
    WRONG_PAGE = "wrong_page"
    TARGET_MISSING = "target_missing"
    LOST_ANCHOR = "lost_anchor"
    TARGET_UNPUBLISHED = "target_unpublished"


class Witness(StrEnum):
    """What Canvas's own link validation found out about an address."""

    NONE = ""
    CANVAS_AGREES = "canvas_agrees"
    CANVAS_SILENT = "canvas_silent"
    CANVAS_ONLY = "canvas_only"


@dataclass(frozen=True, kw_only=True)
class StaleLink:
    """An address in the destination that does not lead to where it should.

    :param place_type: One of ``PLACE_TYPES``.
    :param place_id: Canvas's id of the place in the destination; of the syllabus, the id of the course.
    :param place_title: Title of the place.
    :param place_url: Path of the place on Canvas, for people.
    :param field: Field of Canvas's record that holds the address: ``body``, ``description``, ``external_url``, ...
    :param ordinal: Number of the address in the field, from 0, in the order of the text.
    :param attribute: Attribute that holds the address; ``text`` in text, empty for a field that is one address.
    :param url: The address as the attribute means it, without secrets.
    :param link_text: Text of the link; empty for anything else than a link.
    :param link_kind: One of ``LINK_KINDS``.
    :param problem: What is wrong.
    :param referenced_course_id: Id of the course to which the address leads, as written; None if it names none.
    :param referenced_id: Id or slug of the asset to which the address leads, as written; None if it names none.
    :param source_asset_id: Id of the source's asset that is meant; None if it is not known.
    :param dest_asset_id: Id of the destination's asset that is meant; None if it is not known.
    :param right_url: The address that should be there; None if it is not known, so that the link cannot be repaired.
    :param detail: What is wrong and what to do, as a sentence.
    :param place_updated_at: Time of the last update of the place, in UTC; None if Canvas does not send it.
    :param place_published: Whether the place is published; None if Canvas does not send it.
    :param witness: What Canvas's own link validation said about it.
    """

    place_type: str
    place_id: str
    place_title: str
    place_url: str
    field: str
    ordinal: int
    attribute: str
    url: str
    link_text: str
    link_kind: str
    problem: Problem
    referenced_course_id: str | None = None
    referenced_id: str | None = None
    source_asset_id: str | None = None
    dest_asset_id: str | None = None
    right_url: str | None = None
    detail: str
    place_updated_at: datetime | None = None
    place_published: bool | None = None
    witness: Witness = Witness.NONE

    @property
    def key(self) -> tuple[str, str, str, int]:
        """The place, field and ordinal, which name the address within its course."""
        return self.place_type, self.place_id, self.field, self.ordinal

    @property
    def is_repairable(self) -> bool:
        """Whether the address that should be there is known, and a repair can write it."""
        return self.right_url is not None and self.place_type not in ONLY_REPORTED
