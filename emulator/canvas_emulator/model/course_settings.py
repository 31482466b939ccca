"""Options of a course that have no effect here: they are stored, shown, and copied with the course's settings."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class CourseSettings:
    """The options of a course, by Canvas's names; defaults are those of a new course."""

    public_description: str | None = None
    course_format: str | None = None
    grade_passback_setting: str | None = None
    grading_standard_id: int | None = None
    course_color: str | None = None
    friendly_name: str | None = None
    image_url: str | None = None
    image_id: int | None = None
    default_due_time: str = "23:59:59"
    home_page_announcement_limit: int = 3
    is_public_to_auth_users: bool = False
    public_syllabus: bool = False
    public_syllabus_to_auth: bool = False
    allow_student_wiki_edits: bool = False
    allow_wiki_comments: bool = False
    allow_student_assignment_edits: bool = False
    open_enrollment: bool = False
    self_enrollment: bool = False
    restrict_enrollments_to_course_dates: bool = False
    apply_assignment_group_weights: bool = False
    post_manually: bool = False
    homeroom_course: bool = False
    template: bool = False
    blueprint: bool = False
    blueprint_restrictions: dict[str, bool] = field(default_factory=dict)
    enable_course_paces: bool = False
    allow_final_grade_override: bool = False
    allow_student_discussion_topics: bool = True
    allow_student_forum_attachments: bool = True
    allow_student_discussion_editing: bool = True
    allow_student_discussion_reporting: bool = False
    allow_student_anonymous_discussion_topics: bool = False
    allow_student_organized_groups: bool = True
    filter_speed_grader_by_student_group: bool = False
    hide_final_grades: bool = False
    hide_distribution_graphs: bool = False
    hide_sections_on_course_users_page: bool = False
    lock_all_announcements: bool = False
    usage_rights_required: bool = False
    restrict_student_past_view: bool = False
    restrict_student_future_view: bool = False
    show_announcements_on_home_page: bool = False
    syllabus_course_summary: bool = True
    conditional_release: bool = False
    migration_limitation: bool = False
    """Tell whether the course shows a message about what a migration of quizzes could not do."""
    has_student_submissions: bool = False
    """Tell whether students handed something in, so that the course cannot be unpublished."""
