"""The permissions that a course reports: all that Canvas knows, most of which have no effect in this emulator."""

from __future__ import annotations

from collections.abc import Sequence

from canvas_emulator.model.course import Course
from canvas_emulator.model.records import User
from canvas_emulator.model.rights import ADMIN, rights
from canvas_emulator.model.world import World

OF_ADMINISTRATORS = frozenset(
    [
        "read",
        "read_outcomes",
        "read_syllabus",
        "read_files",
        "become_user",
        "import_sis",
        "manage_account_memberships",
        "manage_account_settings",
        "manage_alerts",
        "manage_courses",
        "manage_data_services",
        "manage_course_visibility",
        "manage_developer_keys",
        "moderate_user_content",
        "view_feature_flags",
        "manage_feature_flags",
        "manage_frozen_assignments",
        "manage_global_outcomes",
        "manage_jobs",
        "manage_release_notes",
        "manage_master_courses",
        "manage_role_overrides",
        "manage_storage_quotas",
        "manage_sis",
        "manage_site_settings",
        "manage_internal_settings",
        "manage_user_logins",
        "manage_user_observers",
        "read_course_content",
        "read_course_list",
        "read_messages",
        "view_course_changes",
        "view_error_reports",
        "view_grade_changes",
        "view_jobs",
        "view_statistics",
        "undelete_courses",
        "change_course_state",
        "create_collaborations",
        "create_conferences",
        "create_forum",
        "generate_observer_pairing_code",
        "import_outcomes",
        "lti_add_edit",
        "manage_admin_users",
        "manage_assignments",
        "manage_account_calendar_visibility",
        "manage_account_calendar_events",
        "manage_calendar",
        "manage_content",
        "add_course_template",
        "edit_course_template",
        "delete_course_template",
        "manage_account_banks",
        "manage_files_add",
        "manage_files_edit",
        "manage_files_delete",
        "manage_grades",
        "manage_groups",
        "manage_interaction_alerts",
        "manage_outcomes",
        "manage_proficiency_calculations",
        "manage_proficiency_scales",
        "manage_sections_add",
        "manage_sections_edit",
        "manage_sections_delete",
        "manage_students",
        "manage_rubrics",
        "manage_wiki_create",
        "manage_wiki_update",
        "manage_wiki_delete",
        "moderate_forum",
        "post_to_forum",
        "read_announcements",
        "read_email_addresses",
        "read_forum",
        "read_question_banks",
        "read_reports",
        "read_roster",
        "read_sis",
        "select_final_grade",
        "send_messages",
        "send_messages_all",
        "view_audit_trail",
        "view_all_grades",
        "view_group_pages",
        "view_quiz_answer_audits",
        "view_user_logins",
        "read_as_member",
        "delete",
        "reset_content",
        "read_as_admin",
        "manage",
        "update",
        "view_unpublished_items",
        "use_student_view",
        "create_tool_manually",
        "read_prior_roster",
        "direct_share",
        "edit_course_availability",
    ]
)
"""The permissions that an administrator has in every course."""

IN_ACCOUNTS = frozenset({"read_course_list", "read_course_content", "read_sis", "manage_sis", "read_roster"})
"""Further permissions that an administrator has in an account."""

GRANULAR = frozenset(
    [
        "manage_courses_admin",
        "manage_courses_add",
        "manage_courses_publish",
        "manage_courses_conclude",
        "manage_courses_reset",
        "manage_courses_delete",
        "manage_lti_add",
        "manage_lti_edit",
        "manage_lti_delete",
        "allow_course_admin_actions",
        "add_teacher_to_course",
        "remove_teacher_from_course",
        "add_ta_to_course",
        "remove_ta_from_course",
        "add_observer_to_course",
        "remove_observer_from_course",
        "add_designer_to_course",
        "remove_designer_from_course",
        "manage_assignments_add",
        "manage_assignments_edit",
        "manage_assignments_delete",
        "manage_course_content_add",
        "manage_course_content_edit",
        "manage_course_content_delete",
        "manage_groups_add",
        "manage_groups_manage",
        "manage_groups_delete",
        "add_student_to_course",
        "remove_student_from_course",
    ]
)
"""The permissions to add, edit or delete one kind of thing: nobody has them where Canvas does not tell these apart."""

OF_NO_ADMINISTRATOR = frozenset(
    [
        "manage_catalog",
        "restrict_quantitative_data",
        "reset_any_mfa",
        "view_notifications",
        "manage_user_notes",
        "proxy_assignment_submission",
        "participate_as_student",
        "read_grades",
        "read_rubrics",
    ]
)
"""The permissions that an administrator lacks: those of students, and those of features that are off."""


def account_permissions(world: World, user: User, names: Sequence[str] = ()) -> dict[str, bool]:
    """Return which permissions a user has in an account: all of them, or none.

    :param names: The names to report, unknown ones among them; without any, all that Canvas has.
    """
    has = ADMIN | OF_ADMINISTRATORS | GRANULAR | IN_ACCOUNTS if user.is_admin else frozenset()
    if not world.settings.granular_permissions:
        has -= GRANULAR
    return {name: name in has for name in names or sorted(OF_ADMINISTRATORS | GRANULAR | IN_ACCOUNTS)}


def permissions(world: World, user: User, course: Course, names: Sequence[str] = ()) -> dict[str, bool]:
    """Return which permissions a user has in a course.

    :param names: The names to report, unknown ones among them; without any, all that Canvas has.
    """
    has = rights(world, user, course) | (OF_ADMINISTRATORS | GRANULAR if user.is_admin else frozenset())
    if not world.settings.granular_permissions:
        has -= GRANULAR
    return {name: name in has for name in names or sorted(OF_ADMINISTRATORS | GRANULAR | OF_NO_ADMINISTRATOR)}
