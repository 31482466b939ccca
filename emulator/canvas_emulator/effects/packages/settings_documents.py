"""The documents of a cartridge's ``course_settings``: the course's own, and a list for each kind of small row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import time
from xml.etree.ElementTree import Element
from zoneinfo import ZoneInfo

from canvas_emulator.effects.mapping import asset_key, migration_id
from canvas_emulator.effects.packages.course_content import CourseContent
from canvas_emulator.effects.packages.file_paths import folder_path
from canvas_emulator.effects.packages.xml_writing import CANVAS, Scalar, add, add_all, add_known, document, element
from canvas_emulator.model.content import (
    AssignmentGroup,
    CalendarEvent,
    File,
    Folder,
    LearningOutcome,
    LearningOutcomeGroup,
    Rubric,
)
from canvas_emulator.model.tables import SHARD

MEGABYTE = 1_048_576
NOT_MODELLED: Mapping[str, Scalar] = {"show_total_grade_as_points": False, "restrict_quantitative_data": False}


def course_settings(content: CourseContent) -> Element | None:
    """Write the settings of the course, if they were selected."""
    if not content.selects("course_settings"):
        return None
    course, settings = content.course, content.course.settings
    root = document("course", CANVAS, identifier=asset_key("course", course.id))
    add_all(
        root,
        {
            "title": course.name,
            "course_code": course.course_code,
            "start_at": course.start_at,
            "conclude_at": course.end_at,
        },
    )
    if settings.image_id is not None:
        add(root, "image_identifier_ref", migration_id(File, settings.image_id))
    add_known(
        root,
        {
            "group_weighting_scheme": "percent" if settings.apply_assignment_group_weights else "equal",
            "is_public": course.is_public,
            "allow_student_wiki_edits": settings.allow_student_wiki_edits,
            "syllabus_course_summary": settings.syllabus_course_summary,
            "allow_student_forum_attachments": settings.allow_student_forum_attachments,
            "lock_all_announcements": settings.lock_all_announcements,
            "allow_student_organized_groups": settings.allow_student_organized_groups,
            "default_view": course.default_view,
            "license": course.license,
            "hide_final_grade": settings.hide_final_grades,
            "hide_distribution_graphs": settings.hide_distribution_graphs,
            "allow_student_discussion_topics": settings.allow_student_discussion_topics,
            "allow_student_discussion_editing": settings.allow_student_discussion_editing,
            "show_announcements_on_home_page": settings.show_announcements_on_home_page,
            "home_page_announcement_limit": settings.home_page_announcement_limit,
            "usage_rights_required": settings.usage_rights_required,
            "restrict_student_future_view": settings.restrict_student_future_view,
            "restrict_student_past_view": settings.restrict_student_past_view,
            "restrict_enrollments_to_course_dates": settings.restrict_enrollments_to_course_dates,
            "homeroom_course": settings.homeroom_course,
            "grading_standard_enabled": settings.grading_standard_id is not None,
            **NOT_MODELLED,
            "storage_quota": course.storage_quota_mb * MEGABYTE,
        },
    )
    add(root, "overridden_course_visibility")
    add(root, "root_account_uuid", content.world.root_account_uuid)
    add(add(root, "default_post_policy"), "post_manually", settings.post_manually)
    return root


def context(content: CourseContent) -> Element:
    """Write where the course is from."""
    root = document("context_info", CANVAS)
    account = next(each for each in content.world.tables.accounts.values() if each.parent_account_id is None)
    add_all(
        root,
        {
            "course_id": content.course.id,
            "course_name": content.course.name,
            "root_account_id": SHARD + account.id,
            "root_account_name": account.name,
            "root_account_uuid": content.world.root_account_uuid,
            "canvas_domain": content.world.host,
        },
    )
    return root


def assignment_groups(content: CourseContent) -> Element | None:
    """Write the groups of assignments."""
    rows = [
        _row(content.key(row), "assignmentGroup", title=row.title, position=row.position, group_weight=row.group_weight)
        for row in content.all(AssignmentGroup)
    ]
    return _list("assignmentGroups", rows)


def rubrics(content: CourseContent) -> Element | None:
    """Write the rubrics."""
    return _list("rubrics", (_rubric(content, row) for row in content.all(Rubric)))


def _rubric(content: CourseContent, row: Rubric) -> Element:
    root = _row(
        content.key(row),
        "rubric",
        read_only=False,
        title=row.title,
        reusable=False,
        public=False,
        points_possible=row.points_possible,
        hide_score_total=False,
        free_form_criterion_comments=False,
    )
    criteria = add(root, "criteria")
    for number, line in enumerate(row.criteria, start=1):
        description, _, points = (part.strip() for part in line.rpartition(":"))
        key = f"_{row.id}_{number}"
        criterion = add(criteria, "criterion")
        add_all(criterion, {"criterion_id": key, "points": float(points), "description": description})
        add(criterion, "long_description")
        ratings = add(criterion, "ratings")
        for place, (name, score) in enumerate((("Full Marks", float(points)), ("No Marks", 0.0))):
            rating: dict[str, Scalar] = {
                "description": name,
                "points": score,
                "criterion_id": key,
                "id": f"{key}_{place}",
            }
            add_all(add(ratings, "rating"), rating)
    return root


def learning_outcomes(content: CourseContent) -> Element | None:
    """Write the outcomes, in their groups, and these in theirs."""
    return _list("learningOutcomes", _outcomes_below(content, None))


def _outcomes_below(content: CourseContent, group_id: int | None) -> list[Element]:
    """Write the groups and outcomes of a group."""
    below: list[Element] = []
    for group in content.all(LearningOutcomeGroup):
        if not group.is_root and _group_of(content, group.parent_outcome_group_id) == group_id:
            root = _row(content.key(group), "learningOutcomeGroup", title=group.title)
            if group.description:
                add(root, "description", content.html(group.description))
            add(root, "learningOutcomes").extend(_outcomes_below(content, group.id))
            below.append(root)
    outcomes = (each for each in content.all(LearningOutcome) if _group_of(content, each.outcome_group_id) == group_id)
    return below + [_outcome(content, each) for each in outcomes]


def _group_of(content: CourseContent, group_id: int | None) -> int | None:
    """Return the group that something is in; None at the top, where also is what is in the root or in no group."""
    group = content.find(LearningOutcomeGroup, group_id)
    return None if group is None or group.is_root else group.id


def _outcome(content: CourseContent, row: LearningOutcome) -> Element:
    root = _row(
        content.key(row),
        "learningOutcome",
        title=row.title,
        description=content.html(row.description),
        calculation_method="decaying_average",
        calculation_int=65,
        points_possible=row.points_possible,
        mastery_points=row.mastery_points,
    )
    ratings = add(root, "ratings")
    scores = {
        "Exceeds Expectations": row.points_possible,
        "Meets Expectations": row.mastery_points,
        "Does Not Meet Expectations": 0.0,
    }
    for name, points in scores.items():
        add_all(add(ratings, "rating"), {"description": name, "points": points})
    return root


def files_meta(content: CourseContent) -> Element:
    """Write what the path of a file does not say: its name, and who sees it when."""
    root = document("fileMeta", CANVAS)
    folders = add(root, "folders")
    for folder in content.all(Folder):
        options = {
            "locked": folder.locked or None,
            "hidden": folder.hidden or None,
            "lock_at": folder.lock_at,
            "unlock_at": folder.unlock_at,
        }
        if any(value is not None for value in options.values()):
            add_known(add(folders, "folder", path=folder_path(folder)), options)
    files = add(root, "files")
    for row in content.all(File):
        meta = add(files, "file", identifier=content.key(row))
        add_known(
            meta,
            {
                "locked": row.locked or None,
                "hidden": row.hidden or None,
                "lock_at": row.lock_at,
                "unlock_at": row.unlock_at,
                "display_name": row.title,
                "category": "uncategorized",
            },
        )
        if (rights := row.usage_rights) is not None:
            usage = add(meta, "usage_rights", use_justification=rights.use_justification)
            add_known(usage, {"legal_copyright": rights.legal_copyright, "license": rights.license})
    return root


def events(content: CourseContent) -> Element | None:
    """Write the events of the calendar."""
    return _list("events", (_event(content, row) for row in content.all(CalendarEvent)))


def _event(content: CourseContent, row: CalendarEvent) -> Element:
    root = _row(content.key(row), "event", title=row.title, description=content.html(row.description))
    add_known(root, {"start_at": row.start_at, "end_at": row.end_at})
    if row.start_at is not None and row.start_at == row.end_at:
        start = row.start_at.astimezone(ZoneInfo(content.course.time_zone))
        if start.time() == time.min:
            add_all(root, {"all_day": True, "all_day_date": start.date().isoformat()})
    add_known(root, {"location_name": row.location_name})
    return root


def _list(tag: str, rows: Iterable[Element]) -> Element | None:
    """Write the document of a list; None for an empty one, which Canvas does not write."""
    rows = list(rows)
    root = document(tag, CANVAS)
    root.extend(rows)
    return root if rows else None


def _row(key: str, tag: str, **values: Scalar) -> Element:
    root = element(tag, identifier=key)
    add_all(root, values)
    return root
