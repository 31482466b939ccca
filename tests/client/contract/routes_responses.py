"""What Canvas's responses contain: the keys that are always there, and the types of all keys."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

from airflow_provider_canvas.api.assignment_groups import AssignmentGroup
from airflow_provider_canvas.api.assignments import Assignment
from airflow_provider_canvas.api.blueprint_courses import (
    BlueprintCourse,
    BlueprintMigration,
    BlueprintSubscription,
    BlueprintTemplate,
    ChangeRecord,
)
from airflow_provider_canvas.api.calendar_events import CalendarEvent
from airflow_provider_canvas.api.content_exports import ContentExport
from airflow_provider_canvas.api.content_imports import CourseCopyStatus
from airflow_provider_canvas.api.content_migrations import ContentMigration, Migrator
from airflow_provider_canvas.api.course_records import (
    ActivityStreamItem,
    ActivityStreamSummary,
    Course,
    CourseProgress,
    EffectiveDueDate,
    PreviewHtml,
    Term,
    TodoItem,
    UserProgress,
)
from airflow_provider_canvas.api.course_settings import CourseSettings
from airflow_provider_canvas.api.discussion_topics import DiscussionTopic
from airflow_provider_canvas.api.external_tools import ExternalTool
from airflow_provider_canvas.api.files import File, PublicUrl, Quota
from airflow_provider_canvas.api.folders import Folder
from airflow_provider_canvas.api.group_categories import GroupCategory
from airflow_provider_canvas.api.link_validation import LinkValidationRecord, LinkValidationStart
from airflow_provider_canvas.api.lti_resource_links import LtiResourceLink
from airflow_provider_canvas.api.migration_issues import MigrationIssue
from airflow_provider_canvas.api.modules import Module, ModuleItem
from airflow_provider_canvas.api.new_quizzes import NewQuiz, NewQuizItem
from airflow_provider_canvas.api.outcome_groups import OutcomeGroup, OutcomeLink
from airflow_provider_canvas.api.pages import Page
from airflow_provider_canvas.api.progress import ProgressRecord
from airflow_provider_canvas.api.quiz_questions import QuizQuestion
from airflow_provider_canvas.api.quizzes import Quiz
from airflow_provider_canvas.api.rubrics import Rubric
from airflow_provider_canvas.api.selection import SelectiveDataNode
from airflow_provider_canvas.api.tabs import Tab
from airflow_provider_canvas.api.uploads import UploadTarget
from airflow_provider_canvas.api.users import User

ALWAYS: Mapping[Any, str] = {
    ActivityStreamItem: "id title message type read_state created_at updated_at context_type html_url",
    ActivityStreamSummary: "type count unread_count notification_category",
    Assignment: "id name description course_id points_possible due_at unlock_at lock_at published html_url",
    AssignmentGroup: "id name position group_weight rules",
    BlueprintCourse: "id name course_code term_name",
    BlueprintMigration: "id user_id workflow_state created_at exports_started_at imports_queued_at comment",
    BlueprintSubscription: "id template_id blueprint_course",
    BlueprintTemplate: "id course_id last_export_completed_at associated_course_count latest_migration",
    CalendarEvent: "id title type start_at end_at description context_code workflow_state html_url",
    ChangeRecord: "asset_id asset_type asset_name change_type html_url locked",
    ContentExport: "id user_id created_at workflow_state export_type progress_url",
    ContentMigration: """
        id user_id workflow_state started_at finished_at migration_type created_at migration_issues_url
        migration_issues_count migration_type_title
    """,
    Course: """
        id name account_id uuid start_at grading_standard_id is_public created_at course_code default_view
        root_account_id enrollment_term_id license grade_passback_setting end_at public_syllabus
        public_syllabus_to_auth storage_quota_mb is_public_to_auth_users homeroom_course course_color friendly_name
        apply_assignment_group_weights calendar time_zone blueprint template hide_final_grades workflow_state
        restrict_enrollments_to_course_dates
    """,
    CourseCopyStatus: "id progress created_at workflow_state status_url",
    CourseProgress: "requirement_count requirement_completed_count next_requirement_url completed_at",
    CourseSettings: """
        allow_final_grade_override allow_student_discussion_topics allow_student_forum_attachments
        allow_student_discussion_editing allow_student_discussion_reporting allow_student_anonymous_discussion_topics
        use_default_discussion_settings default_discussion_settings filter_speed_grader_by_student_group
        grading_standard_enabled grading_standard_id grade_passback_setting allow_student_organized_groups
        hide_final_grades hide_distribution_graphs hide_sections_on_course_users_page lock_all_announcements
        usage_rights_required restrict_student_past_view restrict_student_future_view restrict_quantitative_data
        show_announcements_on_home_page home_page_announcement_limit syllabus_course_summary homeroom_course image_url
        image_id image banner_image_url banner_image_id banner_image course_color friendly_name default_due_time
        conditional_release default_student_gradebook_view
    """,
    DiscussionTopic: "id title message assignment_id published html_url posted_at",
    EffectiveDueDate: "due_at grading_period_id in_closed_grading_period",
    ExternalTool: "id name url domain privacy_level workflow_state created_at updated_at",
    File: """
        id folder_id display_name filename upload_status content-type url size created_at updated_at unlock_at locked
        hidden lock_at hidden_for_user thumbnail_url modified_at mime_class media_entry_id category locked_for_user
    """,
    Folder: """
        id name full_name context_id context_type parent_folder_id files_count folders_count files_url folders_url
    """,
    GroupCategory: "id name context_type course_id",
    LinkValidationRecord: "id workflow_state completion tag",
    LinkValidationStart: "success",
    LtiResourceLink: """
        id context_id context_type resource_type canvas_launch_url resource_link_uuid lookup_uuid title url
        created_at updated_at workflow_state
    """,
    MigrationIssue: """
        id description workflow_state fix_issue_html_url issue_type created_at updated_at content_migration_url
    """,
    Migrator: "type requires_file_upload name required_settings",
    Module: """
        id name position unlock_at require_sequential_progress publish_final_grade prerequisite_module_ids items_count
        items_url published
    """,
    ModuleItem: "id title position indent type module_id published",
    NewQuiz: "id title points_possible published",
    NewQuizItem: "id position points_possible entry_type",
    OutcomeGroup: "id title context_id context_type url",
    OutcomeLink: "url context_id context_type outcome_group outcome",
    Page: "title created_at url page_id published hide_from_students front_page html_url updated_at editing_roles",
    PreviewHtml: "html",
    ProgressRecord: """
        id context_id context_type user_id tag completion workflow_state created_at updated_at message url
    """,
    PublicUrl: "public_url",
    Quiz: "id title quiz_type points_possible due_at published html_url",
    QuizQuestion: "id quiz_id position question_name question_type question_text points_possible answers",
    Quota: "quota quota_used",
    Rubric: "id title context_id context_type points_possible",
    SelectiveDataNode: "type title",
    Tab: "id label type position visibility html_url",
    Term: "id name start_at end_at",
    TodoItem: "type context_type context_name course_id ignore ignore_permanently html_url",
    UploadTarget: "upload_url upload_params file_param",
    User: "id name created_at sortable_name short_name",
    UserProgress: "id display_name progress",
}
"""The keys that Canvas always sends of each object, where the caller may see all of it."""


def faults(value: Any, kind: Any, where: str = "response", *, required: bool = True) -> Iterator[str]:
    """Return how a response differs from its type. Keys that the type does not have are ignored.

    :param value: The response, or a part of it.
    :param kind: The type that it should have.
    :param where: The name of that part.
    :param required: Whether the keys must be there that Canvas always sends to those who may see everything.
    """
    origin = get_origin(kind)
    if kind is Any:
        return
    if is_typeddict(kind):
        yield from _faults_of_object(value, kind, where, required=required)
    elif origin in (Union, types.UnionType):
        if all(any(faults(value, each, where, required=required)) for each in get_args(kind)):
            yield f"{where} is {value!r}, not {kind}"
    elif origin is Literal:
        if value not in get_args(kind):
            yield f"{where} is {value!r}, not {kind}"
    elif not isinstance(value, _plain(origin or kind)) or (isinstance(value, bool) and kind is not bool):
        yield f"{where} is {value!r}, not {kind}"
    elif origin is list:
        for number, item in enumerate(value):
            yield from faults(item, get_args(kind)[0], f"{where}[{number}]", required=required)
    elif origin is dict:
        for key, item in value.items():
            yield from faults(item, get_args(kind)[1], f"{where}[{key!r}]", required=required)


def _faults_of_object(value: Any, kind: Any, where: str, *, required: bool) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{where} is {value!r}, not {kind.__name__}"
        return
    for key in ALWAYS.get(kind, "").split():
        if required and key not in value:
            yield f"{where} has no {key}"
    for key, each in get_type_hints(kind).items():
        if key in value:
            yield from faults(value[key], each, f"{where}.{key}", required=required)


def _plain(kind: Any) -> Any:
    return (int, float) if kind is float else kind


def differences(value: Any, expected: Any, where: str = "response") -> Iterator[str]:
    """Return what is missing in a response, which may hold more keys at any depth."""
    if isinstance(expected, Mapping) and isinstance(value, dict):
        for key, each in expected.items():
            if key in value:
                yield from differences(value[key], each, f"{where}.{key}")
            else:
                yield f"{where} has no {key}"
    elif value != expected:
        yield f"{where} is {value!r}, not {expected!r}"
