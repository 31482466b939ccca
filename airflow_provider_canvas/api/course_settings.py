"""A course's settings: the switches that have a page of their own, and are not part of ``course={...}``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypedDict

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.parameters import Params, Unchecked, check_choice, drop_none

_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]")


class _CommonSettings(TypedDict, total=False):
    """The settings that have the same type when they are sent and when they are read."""

    allow_final_grade_override: bool
    allow_student_anonymous_discussion_topics: bool
    allow_student_discussion_editing: bool
    allow_student_discussion_reporting: bool
    allow_student_discussion_topics: bool
    allow_student_forum_attachments: bool
    allow_student_organized_groups: bool
    conditional_release: bool
    default_due_time: str
    filter_speed_grader_by_student_group: bool
    hide_distribution_graphs: bool
    hide_final_grades: bool
    hide_sections_on_course_users_page: bool
    lock_all_announcements: bool
    restrict_student_future_view: bool
    restrict_student_past_view: bool
    show_announcements_on_home_page: bool
    syllabus_course_summary: bool
    usage_rights_required: bool


class CourseSettingsUpdate(_CommonSettings, total=False):
    """The settings of ``courses.update_settings``.

    ``default_due_time`` is ``HH:MM:SS``, or ``inherit`` for the account's.
    """

    home_page_announcement_limit: int


class CourseSettings(_CommonSettings, total=False):
    """A course's settings, as Canvas sends them: those that can be set here, and some that are set with the course.

    ``home_page_announcement_limit`` is ``None`` until it is set.
    """

    home_page_announcement_limit: int | None
    use_default_discussion_settings: bool
    default_discussion_settings: dict[str, Any]
    grading_standard_enabled: bool
    grading_standard_id: int | None
    grade_passback_setting: str | None
    restrict_quantitative_data: bool
    homeroom_course: bool
    image: str | None
    image_id: str | None
    image_url: str | None
    banner_image: str | None
    banner_image_id: str | None
    banner_image_url: str | None
    course_color: str | None
    friendly_name: str | None
    default_student_gradebook_view: bool


SETTINGS = tuple(sorted(CourseSettingsUpdate.__optional_keys__))
"""The names of the settings of ``courses.update_settings``."""


def settings_update_params(settings: Mapping[str, Any]) -> Params:
    """Return the settings to send, checked.

    :raises CanvasInputError: For an unknown setting, an invalid time, and when no setting is given.
    """
    if "course" in settings:
        raise CanvasInputError(
            "Settings are not part of course={...}: write each by itself, such as hide_final_grades=True."
        )
    for name in settings:
        check_choice("setting", name, SETTINGS)
    time = settings.get("default_due_time")
    if not (time is None or time == "inherit" or isinstance(time, Unchecked) or _TIME.fullmatch(str(time))):
        raise CanvasInputError(f"default_due_time {time!r} is not a time of day. Write it as 23:59:59, or 'inherit'.")
    if not (update := drop_none(**settings)):
        raise CanvasInputError("The update contains no setting: write one, such as hide_final_grades=True.")
    return update
