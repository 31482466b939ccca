"""The names of asset types and of listings in reports, also of the types that Canvas's mapping lacks."""

from __future__ import annotations

from collections.abc import Mapping

from airflow_provider_canvas.reconciliation.assets import SINGULAR

TYPE_LABELS: Mapping[str, str] = {
    "announcements": "Announcements",
    "assignments": "Assignments",
    "discussion_topics": "Discussions",
    "files": "Files",
    "modules": "Modules",
    "module_items": "Module items",
    "pages": "Pages",
    "quizzes": "Quizzes",
    "rubrics": "Rubrics",
    "question_banks": "Question banks",
    "outcomes": "Outcomes",
    "outcome_groups": "Outcome groups",
    "groups": "Group sets",
    "external_tools": "External tools",
    "calendar_events": "Calendar events",
    "assignment_groups": "Assignment groups",
    "syllabus": "Syllabus",
    "course_settings": "Course settings",
    "lti_resource_links": "Links to external tools",
}
"""The labels of asset types, in the order of a report."""

_LISTINGS: Mapping[str, str] = {
    "course": "The course's own data, with its syllabus",
    "settings": "Course settings",
    "tabs": "Course navigation",
    "page_bodies": "Texts of pages",
    "quiz_questions": "Questions of quizzes",
    "group_categories": "Group sets",
    "new_quizzes": "New Quizzes",
    "link_validation": "Canvas's own link validation",
    "folders": "Folders",
}


def label_of_type(asset_type: str) -> str:
    """Return the label of an asset type, such as ``Module items``.

    :param asset_type: The asset type.
    """
    return TYPE_LABELS.get(asset_type, asset_type.replace("_", " ").capitalize())


def kind_of(asset_type: str) -> str:
    """Return the name of one asset of a type, such as ``module item``.

    :param asset_type: The asset type.
    """
    return SINGULAR.get(asset_type) or asset_type.replace("_", " ").removesuffix("s")


def label_of_listing(name: str) -> str:
    """Return the label of a listing that could not be read.

    :param name: The name of the listing, such as ``page_bodies``.
    """
    return _LISTINGS.get(name) or label_of_type(name)
