"""The kinds of course content that are copied, but that the asset id mapping does not list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from canvas_emulator.model.content_base import Content, References


@dataclass(kw_only=True, eq=False)
class AssignmentGroup(Content):
    """A group of assignments; ``title`` is its ``name``, ``group_weight`` a percentage of the final grade."""

    position: int = 1
    group_weight: float = 0.0
    workflow_state: str = "available"
    KIND = "assignment_groups"
    ASSET = "assignment_group"
    LABEL = "Assignment Group"
    SECTION = "assignments#assignment_group"


@dataclass(kw_only=True, eq=False)
class Rubric(Content):
    """A rubric; ``criteria`` are its lines, each with the points after a colon."""

    points_possible: float = 0.0
    criteria: tuple[str, ...] = ()
    KIND = "rubrics"
    ASSET = "rubric"
    LABEL = "Rubric"
    SECTION = "rubrics"


@dataclass(kw_only=True, eq=False)
class LearningOutcomeGroup(Content):
    """A group of outcomes; one without ``parent_outcome_group_id`` is at the top."""

    description: str = ""
    parent_outcome_group_id: int | None = None
    KIND = "learning_outcome_groups"
    ASSET = "learning_outcome_group"
    LABEL = "Learning Outcome Group"
    SECTION = "outcome_groups"
    HTML = "description"


LearningOutcomeGroup.REFERENCES = {"parent_outcome_group_id": LearningOutcomeGroup}


@dataclass(kw_only=True, eq=False)
class LearningOutcome(Content):
    """An outcome, in a group."""

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
    """An event of the course's calendar."""

    description: str = ""
    start_at: datetime | None = None
    end_at: datetime | None = None
    location_name: str | None = None
    KIND = "calendar_events"
    ASSET = "calendar_event"
    LABEL = "Calendar Event"
    SECTION = "calendar_events"
    HTML = "description"
    DATES = ("start_at", "end_at")


@dataclass(kw_only=True, eq=False)
class ExternalTool(Content):
    """An LTI tool of the course; ``title`` is its ``name``."""

    url: str = ""
    description: str = ""
    consumer_key: str = ""
    privacy_level: str = "anonymous"
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
