"""The content of a course: every kind of it, and what a copy needs to know about them all.

Every kind calls its name ``title``, as most of Canvas's own tables do; the pages give it the key that the API has for
it (``name`` of an assignment or a module, ``display_name`` of a file).
"""

from __future__ import annotations

from canvas_emulator.model.content_assignments import Assignment, AssignmentOverride
from canvas_emulator.model.content_base import DELETED, EPOCH, PUBLISHED_STATES, Content, References
from canvas_emulator.model.content_discussions import Announcement, DiscussionTopic
from canvas_emulator.model.content_files import File, Folder, UsageRights
from canvas_emulator.model.content_lti import LtiResourceLink
from canvas_emulator.model.content_modules import ITEM_CONTENT, Module, ModuleItem
from canvas_emulator.model.content_pages import Page, slug
from canvas_emulator.model.content_quizzes import Quiz, QuizQuestion
from canvas_emulator.model.unmapped_content import (
    AssignmentGroup,
    CalendarEvent,
    ExternalTool,
    LearningOutcome,
    LearningOutcomeGroup,
    QuestionBank,
    Rubric,
)

__all__ = [
    "CONTENT_KINDS",
    "DELETED",
    "EPOCH",
    "ITEM_CONTENT",
    "MAPPED_KINDS",
    "PUBLISHED_STATES",
    "Announcement",
    "Assignment",
    "AssignmentGroup",
    "AssignmentOverride",
    "CalendarEvent",
    "Content",
    "DiscussionTopic",
    "ExternalTool",
    "File",
    "Folder",
    "LearningOutcome",
    "LearningOutcomeGroup",
    "LtiResourceLink",
    "Module",
    "ModuleItem",
    "Page",
    "QuestionBank",
    "Quiz",
    "QuizQuestion",
    "References",
    "Rubric",
    "UsageRights",
    "slug",
]

Assignment.REFERENCES = {
    "annotatable_attachment_id": File,
    "assignment_group_id": AssignmentGroup,
    "discussion_topic_id": DiscussionTopic,
    "external_tool_id": ExternalTool,
    "quiz_id": Quiz,
    "rubric_id": Rubric,
}

CONTENT_KINDS: tuple[type[Content], ...] = (
    Folder,
    File,
    LearningOutcomeGroup,
    LearningOutcome,
    Rubric,
    AssignmentGroup,
    ExternalTool,
    QuestionBank,
    Page,
    Assignment,
    Quiz,
    QuizQuestion,
    DiscussionTopic,
    Announcement,
    CalendarEvent,
    Module,
    ModuleItem,
)
"""Every kind, in the order in which a copy makes rows: what is referred to comes before what refers to it."""

MAPPED_KINDS: tuple[type[Content], ...] = (
    Assignment,
    Announcement,
    File,
    ModuleItem,
    Module,
    DiscussionTopic,
    Quiz,
    Page,
)
"""The kinds that the asset id mapping lists, in Canvas's order."""
