"""A course without its content, and its options that have no effect here."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from canvas_emulator.model.content_base import EPOCH


@dataclass
class CourseSettings:
    """The options of a course, by Canvas's names; defaults are those of a new course, where None was never set.

    :param public_description: The description in the course index.
    :param course_format: ``on_campus``, ``online`` or ``blended``.
    :param grade_passback_setting: ``nightly_sync``, or None.
    :param grading_standard_id: The grading scheme; None for none.
    :param course_color: The colour of the course's card.
    :param friendly_name: The name that pupils see.
    :param image_url: The URL of the card's image.
    :param image_id: The file of the card's image.
    :param default_due_time: The time of day that a due date gets without one.
    :param home_page_announcement_limit: How many announcements the home page shows; None until it is set.
    :param is_public_to_auth_users: Whether every user who is logged in sees the course.
    :param public_syllabus: Whether everybody sees the syllabus.
    :param public_syllabus_to_auth: Whether every user who is logged in sees the syllabus.
    :param allow_student_wiki_edits: Whether students edit pages.
    :param allow_wiki_comments: Whether users comment on pages; None until it is set.
    :param allow_student_assignment_edits: Whether students edit assignments.
    :param open_enrollment: Whether users enroll themselves while the course is open; None until it is set.
    :param self_enrollment: Whether users enroll themselves with a link; None until it is set.
    :param restrict_enrollments_to_course_dates: Whether the course's dates apply in place of the term's.
    :param apply_assignment_group_weights: Whether the weights of assignment groups count.
    :param post_manually: Whether grades are hidden until a teacher posts them.
    :param homeroom_course: Whether it is a homeroom.
    :param template: Whether new courses can be filled from it.
    :param blueprint: Whether it is a blueprint.
    :param blueprint_restrictions: What a blueprint locks in the courses that follow it, such as their content.
    :param blueprint_restrictions_by_object_type: What a blueprint locks, by kind of content; empty if that does not
        differ by kind.
    :param enable_course_paces: Whether students have due dates of their own.
    :param allow_final_grade_override: Whether teachers may override final grades.
    :param allow_student_discussion_topics: Whether students create discussions.
    :param allow_student_forum_attachments: Whether students attach files to discussions.
    :param allow_student_discussion_editing: Whether students edit their posts.
    :param allow_student_discussion_reporting: Whether students report posts.
    :param allow_student_anonymous_discussion_topics: Whether students create anonymous discussions.
    :param allow_student_organized_groups: Whether students create groups.
    :param filter_speed_grader_by_student_group: Whether SpeedGrader shows one group at a time.
    :param hide_final_grades: Whether students do not see their total.
    :param hide_distribution_graphs: Whether students do not see how grades are distributed.
    :param hide_sections_on_course_users_page: Whether the list of people does not show sections.
    :param lock_all_announcements: Whether announcements take no comments.
    :param usage_rights_required: Whether files need usage rights before they are published.
    :param restrict_student_past_view: Whether students do not see the course after its end.
    :param restrict_student_future_view: Whether students do not see the course before its start.
    :param show_announcements_on_home_page: Whether the home page shows announcements.
    :param syllabus_course_summary: Whether the syllabus ends with a list of dates.
    :param conditional_release: Whether mastery paths are on.
    :param migration_limitation: Whether the course shows a message about the limits of a migration of quizzes.
    :param has_student_submissions: Whether students handed work in, so that the course cannot be unpublished.
    """

    public_description: str | None = None
    course_format: str | None = None
    grade_passback_setting: str | None = None
    grading_standard_id: int | None = None
    course_color: str | None = None
    friendly_name: str | None = None
    image_url: str | None = None
    image_id: int | None = None
    default_due_time: str = "23:59:59"
    home_page_announcement_limit: int | None = None
    is_public_to_auth_users: bool = False
    public_syllabus: bool = False
    public_syllabus_to_auth: bool = False
    allow_student_wiki_edits: bool = False
    allow_wiki_comments: bool | None = None
    allow_student_assignment_edits: bool = False
    open_enrollment: bool | None = None
    self_enrollment: bool | None = None
    restrict_enrollments_to_course_dates: bool = False
    apply_assignment_group_weights: bool = False
    post_manually: bool = False
    homeroom_course: bool = False
    template: bool = False
    blueprint: bool = False
    blueprint_restrictions: dict[str, bool] = field(default_factory=dict)
    blueprint_restrictions_by_object_type: dict[str, dict[str, bool]] = field(default_factory=dict)
    enable_course_paces: bool = False
    allow_final_grade_override: bool = False
    allow_student_discussion_topics: bool = True
    allow_student_forum_attachments: bool = True
    allow_student_discussion_editing: bool = True
    allow_student_discussion_reporting: bool = True
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
    has_student_submissions: bool = False


@dataclass
class Course:
    """A course, without its content, which the world's tables hold.

    :param id: Its id.
    :param name: Its name.
    :param course_code: Its short name.
    :param account_id: The account that it is in.
    :param enrollment_term_id: Its term.
    :param sis_course_id: The key that the student information system has for it.
    :param workflow_state: Canvas's stored state.
    :param start_at: The course's start; None for that of its term.
    :param end_at: The course's end, Canvas's ``conclude_at``.
    :param created_at: When it was created.
    :param time_zone: An IANA name.
    :param default_view: The home page: ``modules``, ``feed``, ``wiki``, ``assignments`` or ``syllabus``.
    :param license: Canvas's name for the license of its content; None until it is set.
    :param is_public: Whether it is visible without a login; None until it is set.
    :param syllabus_body: HTML.
    :param storage_quota_mb: How many megabytes of files it may have.
    :param uuid: Identifies it across installations of Canvas.
    :param integration_id: A second key that the student information system has for it.
    :param hidden_tabs: The tabs that only its managers see, by Canvas's names, such as ``files``.
    :param settings: The options that have no effect here.
    """

    id: int
    name: str
    course_code: str
    account_id: int
    enrollment_term_id: int
    sis_course_id: str | None = None
    workflow_state: str = "available"
    start_at: datetime | None = None
    end_at: datetime | None = None
    created_at: datetime = EPOCH
    time_zone: str = "America/New_York"
    default_view: str = "modules"
    license: str | None = None
    is_public: bool | None = None
    syllabus_body: str = ""
    storage_quota_mb: int = 500
    uuid: str = ""
    integration_id: str | None = None
    hidden_tabs: frozenset[str] = frozenset()
    settings: CourseSettings = field(default_factory=CourseSettings)


def hidden_course() -> Course:
    """Return the empty course that Canvas keeps with the id 0: it can be copied, but no response shows it."""
    return Course(0, "", "", 0, 0)
