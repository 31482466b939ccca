"""Assignments in a cartridge, and the quizzes and discussions that have one inside."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree.ElementTree import Element
from zoneinfo import ZoneInfo

from canvas_emulator.effects.mapping import asset_key, migration_id
from canvas_emulator.effects.packages.course_content import CourseContent
from canvas_emulator.effects.packages.xml_writing import (
    CANVAS,
    Scalar,
    add,
    add_all,
    add_known,
    document,
    spoken,
)
from canvas_emulator.model.content import (
    Announcement,
    Assignment,
    AssignmentGroup,
    Content,
    DiscussionTopic,
    ExternalTool,
    File,
    Quiz,
    Rubric,
)

MINUTE_BEFORE_MIDNIGHT = (23, 59)
"""When an assignment is due that is due all day."""

UNLIMITED = -1
"""Stands for any number of attempts."""

GROUP = "assignment_group_identifierref"


def assignment_settings(content: CourseContent, row: Assignment) -> Element:
    """Write an assignment that is no quiz and no discussion."""
    root = document("assignment", CANVAS, identifier=content.key(row))
    _fill(content, row, root)
    return root


def _fill(content: CourseContent, row: Assignment, root: Element) -> None:
    dates = {"due_at": row.due_at, "lock_at": row.lock_at, "unlock_at": row.unlock_at}
    add_all(root, {"title": row.title, **dates, "module_locked": False})
    due = row.due_at.astimezone(ZoneInfo(content.course.time_zone)) if row.due_at else None
    add_known(
        root,
        {
            "all_day_date": due.date().isoformat() if due else None,
            GROUP: _reference(AssignmentGroup, row.assignment_group_id),
            "workflow_state": "published" if row.published else "unpublished",
        },
    )
    if row.rubric_id is not None:
        add(root, "rubric_identifierref", migration_id(Rubric, row.rubric_id))
        add(root, "rubric_use_for_grading", row.use_rubric_for_grading)
        for hidden in ("points", "outcome_results", "score_total"):
            add(root, f"rubric_hide_{hidden}", False)
    add(root, "assignment_overrides")
    add_known(root, {"quiz_identifierref": _reference(Quiz, row.quiz_id)})
    add_all(root, {"allowed_extensions": ",".join(row.allowed_extensions), "has_group_category": False})
    add_known(root, {"points_possible": None if row.points_possible is None else float(row.points_possible)})
    all_day = due is not None and (due.hour, due.minute) == MINUTE_BEFORE_MIDNIGHT
    add_all(root, {"grading_type": row.grading_type, "all_day": all_day})
    add_all(root, {"submission_types": ",".join(row.submission_types), "position": row.position, **_options(row)})
    if row.allowed_attempts != UNLIMITED:
        add(root, "allowed_attempts", row.allowed_attempts)
    attachment = _reference(File, row.annotatable_attachment_id)
    add_known(root, {"annotatable_attachment_migration_id": attachment})
    if row.external_tool_url is not None:
        add_known(root, {"external_tool_identifierref": _reference(ExternalTool, row.external_tool_id)})
        add_all(root, {"external_tool_url": row.external_tool_url, "external_tool_new_tab": row.external_tool_new_tab})
    add(add(root, "post_policy"), "post_manually", row.post_manually)


def _options(row: Assignment) -> Mapping[str, Scalar]:
    """Return how an assignment is graded and reviewed; some of it has no effect here."""
    return {
        "turnitin_enabled": False,
        "vericite_enabled": False,
        "peer_review_count": 0,
        "peer_reviews": row.peer_reviews,
        "automatic_peer_reviews": row.automatic_peer_reviews,
        "anonymous_peer_reviews": row.anonymous_peer_reviews,
        "grade_group_students_individually": row.grade_group_students_individually,
        "freeze_on_copy": False,
        "omit_from_final_grade": row.omit_from_final_grade,
        "hide_in_gradebook": row.hide_in_gradebook,
        "intra_group_peer_reviews": row.intra_group_peer_reviews,
        "only_visible_to_overrides": row.only_visible_to_overrides,
        "post_to_sis": row.post_to_sis,
        "moderated_grading": row.moderated_grading,
        "grader_count": row.grader_count,
        "grader_comments_visible_to_graders": True,
        "anonymous_grading": row.anonymous_grading,
        "graders_anonymous_to_graders": False,
        "grader_names_visible_to_final_grader": True,
        "anonymous_instructor_annotations": row.anonymous_instructor_annotations,
    }


def stands_alone(content: CourseContent, row: Assignment) -> bool:
    """Tell whether an assignment is a resource of its own: not inside a quiz or a discussion of the package."""
    return content.find(Quiz, row.quiz_id) is None and content.find(DiscussionTopic, row.discussion_topic_id) is None


def quiz_meta_key(quiz: Quiz) -> str:
    """Return the key of the document of a quiz that is not its questions."""
    return asset_key(f"canvas_{quiz.ASSET}", quiz.id)


def quiz_meta(content: CourseContent, row: Quiz, *, with_group: bool = True) -> Element:
    """Write a quiz without its questions.

    :param with_group: Whether the assignment inside says in which group it is.
    """
    root = document("quiz", CANVAS, identifier=content.key(row))
    add_all(root, {"title": row.title, "description": content.html(row.description)})
    add_known(root, {"lock_at": row.lock_at, "unlock_at": row.unlock_at, "due_at": row.due_at})
    add_all(
        root,
        {
            "shuffle_answers": row.shuffle_answers,
            "scoring_policy": row.scoring_policy,
            "hide_results": row.hide_results,
            "quiz_type": row.quiz_type,
            "points_possible": None if row.points_possible is None else float(row.points_possible),
            "require_lockdown_browser": False,
            "require_lockdown_browser_for_results": False,
            "require_lockdown_browser_monitor": False,
            "lockdown_browser_monitor_data": None,
            "show_correct_answers": row.show_correct_answers,
        },
    )
    shown, hidden = spoken(row.show_correct_answers_at), spoken(row.hide_correct_answers_at)
    add_known(root, {"show_correct_answers_at": shown, "hide_correct_answers_at": hidden})
    limited = row.lock_at is not None or row.unlock_at is not None
    add_all(root, {"anonymous_submissions": row.anonymous_submissions, "could_be_locked": limited})
    add_known(root, {"access_code": row.access_code, "ip_filter": row.ip_filter, "time_limit": row.time_limit})
    add_all(
        root,
        {
            "disable_timer_autosubmission": False,
            "allowed_attempts": row.allowed_attempts,
            "one_question_at_a_time": row.one_question_at_a_time,
            "cant_go_back": row.cant_go_back,
            "available": row.published,
            "one_time_results": row.one_time_results,
            "show_correct_answers_last_attempt": row.show_correct_answers_last_attempt,
            "only_visible_to_overrides": row.only_visible_to_overrides,
            "module_locked": False,
        },
    )
    shell = content.find(Assignment, row.assignment_id)
    if shell is not None:
        inside = add(root, "assignment", identifier=content.key(shell))
        _fill(content, shell, inside)
        group = inside.find(GROUP)
        if group is not None:
            add(root, GROUP, group.text)
            if not with_group:
                inside.remove(group)
    add(root, "assignment_overrides")
    return root


def topic_meta_key(topic: DiscussionTopic) -> str:
    """Return the key of the document of a discussion that is not its message."""
    return asset_key(f"meta{topic.ASSET}", topic.id)


def topic_meta(content: CourseContent, row: DiscussionTopic) -> Element:
    """Write a discussion or an announcement without its message."""
    root = document("topicMeta", CANVAS, identifier=topic_meta_key(row))
    add_all(root, {"topic_id": content.key(row), "title": row.title})
    add_known(root, {"delayed_post_at": row.delayed_post_at, "lock_at": row.lock_at})
    add(root, "position", row.position)
    add_known(root, {"attachment_identifierref": _reference(File, row.attachment_id)})
    add_all(
        root,
        {
            "type": "announcement" if isinstance(row, Announcement) else "topic",
            "discussion_type": row.discussion_type,
        },
    )
    add_known(root, {"pinned": row.pinned or None, "require_initial_post": row.require_initial_post or None})
    add_all(
        root,
        {
            "has_group_category": False,
            "workflow_state": row.workflow_state,
            "module_locked": False,
            "allow_rating": row.allow_rating,
            "only_graders_can_rate": row.only_graders_can_rate,
            "sort_by_rating": row.sort_by_rating,
            "todo_date": spoken(row.todo_date),
        },
    )
    add_known(root, {"locked": row.locked or None})
    shell = content.find(Assignment, row.assignment_id)
    if shell is not None:
        _fill(content, shell, add(root, "assignment", identifier=content.key(shell)))
    return root


def _reference(kind: type[Content], row_id: int | None) -> str | None:
    return None if row_id is None else migration_id(kind, row_id)
