"""Assignments, and what some students have in place of their dates."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime

from canvas_emulator.model.content_base import Content


@dataclass(frozen=True)
class AssignmentOverride:
    """The dates of an assignment for one section or for single students. A date of None leaves the assignment's own.

    :param id: Its id.
    :param title: The name of the section, or how many students it is for.
    :param due_at: When it is due for them.
    :param unlock_at: When it becomes available for them.
    :param lock_at: When it stops being available for them.
    :param course_section_id: The section that it is for, if it is for one.
    :param student_ids: The students that it is for, if it is not for a section.
    """

    id: int
    title: str
    due_at: datetime | None = None
    unlock_at: datetime | None = None
    lock_at: datetime | None = None
    course_section_id: int | None = None
    student_ids: tuple[int, ...] = ()

    def is_for(self, user_id: int, section_ids: Set[int]) -> bool:
        """Tell whether it is for a user with places in some sections."""
        return user_id in self.student_ids or self.course_section_id in section_ids


@dataclass(frozen=True)
class NewQuizItem:
    """A question of a New Quiz.

    :param title: Its name.
    :param body: HTML.
    :param points_possible: The points of a correct reply.
    :param interaction_type: How students reply, such as ``true-false`` or ``essay``.
    """

    title: str
    body: str
    points_possible: float = 1.0
    interaction_type: str = "true-false"


@dataclass(kw_only=True, eq=False)
class Assignment(Content):
    """An assignment, or the shell behind a graded quiz or discussion.

    A New Quiz is one with ``submission_types`` of ``external_tool``.

    :param description: HTML.
    :param points_possible: The highest score; None for an ungraded one.
    :param due_at: When it is due; None for never.
    :param unlock_at: When it becomes available; None for at once.
    :param lock_at: When it stops being available; None for never.
    :param position: Its place in its group, counted from 1.
    :param submission_types: The ways to hand it in.
    :param allowed_extensions: The extensions of files that may be handed in; empty for all.
    :param allowed_attempts: How often it may be handed in; -1 for any number.
    :param grading_type: ``points``, ``percent``, ``pass_fail``, ``letter_grade``, ``gpa_scale`` or ``not_graded``.
    :param grading_standard_id: The grading scheme; None for the course's.
    :param external_tool_url: The URL of the tool that students open, if it is one.
    :param external_tool_new_tab: Whether that tool opens in a new tab.
    :param external_tool_id: The tool itself, where it is one of the course.
    :param assignment_group_id: The group that it is in.
    :param group_category_id: The set of groups that hand it in together; None when students do it alone.
    :param grade_group_students_individually: Whether members of such a group get grades of their own.
    :param peer_reviews: Whether students review each other.
    :param automatic_peer_reviews: Whether Canvas assigns these reviews.
    :param anonymous_peer_reviews: Whether reviewers stay unknown.
    :param intra_group_peer_reviews: Whether members of one group review each other.
    :param anonymous_grading: Whether graders do not see whose work it is.
    :param anonymous_instructor_annotations: Whether annotations do not say whose they are.
    :param moderated_grading: Whether several graders grade it.
    :param grader_count: How many graders these are at most.
    :param final_grader_id: Who decides among them.
    :param omit_from_final_grade: Whether it does not count.
    :param hide_in_gradebook: Whether the gradebook leaves it out.
    :param post_to_sis: Whether its grades go to the student information system.
    :param post_manually: Whether its grades are hidden until a teacher posts them.
    :param important_dates: Whether its date shows among the important ones.
    :param only_visible_to_overrides: Whether only the students of its overrides see it.
    :param annotatable_attachment_id: The file that students annotate.
    :param rubric_id: Its rubric, if it has one.
    :param use_rubric_for_grading: Whether the rubric gives the score.
    :param quiz_id: The quiz of which it is the shell, if it is one.
    :param discussion_topic_id: The discussion of which it is the shell, if it is one.
    :param sis_assignment_id: The key that the student information system has for it.
    :param integration_id: A second key of the student information system.
    :param overrides: The dates of some students. A copy does not have them.
    :param new_quiz_items: The questions of a New Quiz. Packages leave them out.
    :param needs_opening: Whether the service of New Quizzes does not know a copied quiz before it was opened.
    :param workflow_state: ``published``, ``unpublished`` or ``deleted``; New Quizzes have more states while they are
        copied.
    """

    description: str = ""
    points_possible: float | None = None
    due_at: datetime | None = None
    unlock_at: datetime | None = None
    lock_at: datetime | None = None
    position: int = 1
    submission_types: tuple[str, ...] = ("online_upload",)
    allowed_extensions: tuple[str, ...] = ()
    allowed_attempts: int = -1
    grading_type: str = "points"
    grading_standard_id: int | None = None
    external_tool_url: str | None = None
    external_tool_new_tab: bool = False
    external_tool_id: int | None = None
    assignment_group_id: int | None = None
    group_category_id: int | None = None
    grade_group_students_individually: bool = False
    peer_reviews: bool = False
    automatic_peer_reviews: bool = False
    anonymous_peer_reviews: bool = False
    intra_group_peer_reviews: bool = False
    anonymous_grading: bool = False
    anonymous_instructor_annotations: bool = False
    moderated_grading: bool = False
    grader_count: int = 0
    final_grader_id: int | None = None
    omit_from_final_grade: bool = False
    hide_in_gradebook: bool = False
    post_to_sis: bool = False
    post_manually: bool = False
    important_dates: bool = False
    only_visible_to_overrides: bool = False
    annotatable_attachment_id: int | None = None
    rubric_id: int | None = None
    use_rubric_for_grading: bool = True
    quiz_id: int | None = None
    discussion_topic_id: int | None = None
    sis_assignment_id: str | None = None
    integration_id: str | None = None
    overrides: tuple[AssignmentOverride, ...] = ()
    new_quiz_items: tuple[NewQuizItem, ...] = ()
    needs_opening: bool = False
    workflow_state: str = "published"
    KIND = "assignments"
    ASSET = "assignment"
    LABEL = "Assignment"
    SECTION = "assignments"
    HTML = "description"
    DATES = ("due_at", "unlock_at", "lock_at")
    OWN = Content.OWN | {
        "final_grader_id",
        "group_category_id",
        "integration_id",
        "needs_opening",
        "only_visible_to_overrides",
        "overrides",
        "sis_assignment_id",
    }

    @property
    def is_new_quiz(self) -> bool:
        """Tell whether it is a New Quiz: its tool is never one of the course."""
        return self.external_tool_url is not None and self.external_tool_id is None
