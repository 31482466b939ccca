"""The kinds of course content that are copied, but that the asset id mapping does not list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from canvas_emulator.model.content_base import Content, References


@dataclass(kw_only=True, eq=False)
class AssignmentGroup(Content):
    """A group of assignments; ``title`` is its ``name``.

    :param position: Its place in the course, counted from 1.
    :param group_weight: Its percentage of the final grade.
    :param workflow_state: ``available`` or ``deleted``.
    """

    position: int = 1
    group_weight: float = 0.0
    workflow_state: str = "available"
    KIND = "assignment_groups"
    ASSET = "assignment_group"
    LABEL = "Assignment Group"
    SECTION = "assignments#assignment_group"


@dataclass(kw_only=True, eq=False)
class Rubric(Content):
    """A rubric.

    :param points_possible: The highest score.
    :param criteria: Its lines, each with the points after a colon.
    """

    points_possible: float = 0.0
    criteria: tuple[str, ...] = ()
    KIND = "rubrics"
    ASSET = "rubric"
    LABEL = "Rubric"
    SECTION = "rubrics"


@dataclass(kw_only=True, eq=False)
class LearningOutcomeGroup(Content):
    """A group of outcomes.

    :param description: HTML.
    :param parent_outcome_group_id: The group above it; None at the top.
    :param is_root: Whether it is the root of the course's groups, which Canvas adds with the first outcome.
    """

    description: str = ""
    parent_outcome_group_id: int | None = None
    is_root: bool = False
    KIND = "learning_outcome_groups"
    ASSET = "learning_outcome_group"
    LABEL = "Learning Outcome Group"
    SECTION = "outcome_groups"
    HTML = "description"


LearningOutcomeGroup.REFERENCES = {"parent_outcome_group_id": LearningOutcomeGroup}


@dataclass(kw_only=True, eq=False)
class LearningOutcome(Content):
    """An outcome, in a group.

    :param description: HTML.
    :param points_possible: The highest score.
    :param mastery_points: The score that counts as mastery.
    :param outcome_group_id: The group that it is in.
    """

    description: str = ""
    points_possible: float = 5.0
    mastery_points: float = 3.0
    outcome_group_id: int | None = None
    KIND = "learning_outcomes"
    ASSET = "learning_outcome"
    LABEL = "Learning Outcome"
    SECTION = "outcomes"
    HTML = "description"
    REFERENCES: ClassVar[References] = {"outcome_group_id": LearningOutcomeGroup}


@dataclass(kw_only=True, eq=False)
class CalendarEvent(Content):
    """An event of the course's calendar.

    :param description: HTML.
    :param start_at: When it begins.
    :param end_at: When it ends.
    :param location_name: Where it takes place.
    :param course_section_id: The section that it is for; None for the whole course. A copy leaves it out.
    """

    description: str = ""
    start_at: datetime | None = None
    end_at: datetime | None = None
    location_name: str | None = None
    course_section_id: int | None = None
    KIND = "calendar_events"
    ASSET = "calendar_event"
    LABEL = "Calendar Event"
    SECTION = "calendar_events"
    HTML = "description"
    DATES = ("start_at", "end_at")


@dataclass(kw_only=True, eq=False)
class ExternalTool(Content):
    """An LTI tool of the course; ``title`` is its ``name``.

    :param url: The URL to launch; empty for a tool that is found by its domain.
    :param domain: The domain of the URLs that it launches; None for a tool that is found by its URL.
    :param description: Its description.
    :param consumer_key: The key of its LTI 1.1 credentials.
    :param privacy_level: Which data about the user a launch sends: ``anonymous``, ``name_only``, ``email_only`` or
        ``public``.
    :param course_navigation: Whether it is in the navigation of the course.
    :param workflow_state: The privacy level again, as Canvas stores it, or ``deleted``.
    """

    url: str = ""
    domain: str | None = None
    description: str = ""
    consumer_key: str = ""
    privacy_level: str = "anonymous"
    course_navigation: bool = False
    workflow_state: str = "anonymous"
    KIND = "external_tools"
    ASSET = "context_external_tool"
    LABEL = "External Tool"
    SECTION = "external_tools"


@dataclass(kw_only=True, eq=False)
class QuestionBank(Content):
    """A bank of questions."""

    KIND = "question_banks"
    ASSET = "assessment_question_bank"
    LABEL = "Question Bank"
    SECTION = "question_banks"
