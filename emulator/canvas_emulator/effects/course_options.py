"""The options of a course that a copy of everything brings, and its navigation."""

from __future__ import annotations

from collections.abc import Callable, Collection

from canvas_emulator.model.content_base import Content
from canvas_emulator.model.parsing import parse_int

VISIBILITY = ("is_public_to_auth_users", "public_syllabus", "public_syllabus_to_auth")
"""The options that say who sees the course. A migration may leave them out."""

COPIED_OPTIONS = (
    *VISIBILITY,
    "allow_student_discussion_editing",
    "allow_student_discussion_topics",
    "allow_student_forum_attachments",
    "allow_student_organized_groups",
    "apply_assignment_group_weights",
    "grading_standard_id",
    "hide_distribution_graphs",
    "hide_final_grades",
    "lock_all_announcements",
    "syllabus_course_summary",
)
"""The options that a copy of everything brings."""

TOOL_TAB = "context_external_tool_"
"""How the name of a tool's tab begins; its id follows."""


def copied_tabs(names: Collection[str], copy_of: Callable[[int | None], Content | None]) -> frozenset[str]:
    """Return the names of tabs in the copy of a course: that of a tool has the id of the tool's copy.

    :param names: The names in the course that is copied.
    :param copy_of: Finds the copy of a tool by the tool's id.
    """

    def name_of_copy(name: str) -> str:
        tool_id = parse_int(name.removeprefix(TOOL_TAB)) if name.startswith(TOOL_TAB) else None
        copied = copy_of(tool_id)
        return name if copied is None else f"{TOOL_TAB}{copied.id}"

    return frozenset(map(name_of_copy, names))
