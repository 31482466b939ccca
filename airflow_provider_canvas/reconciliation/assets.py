"""One asset of a course, parsed from Canvas's JSON.

The eight asset types are those of Canvas's ``asset_id_mapping``. Their titles and ids have different keys, which two
tables here list, so that no other module has to know them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from airflow_provider_canvas.reconciliation.coerce import (
    to_bool,
    to_datetime,
    to_number,
    to_object,
    to_text,
)
from airflow_provider_canvas.reconciliation.shown_files import shown_files

ASSET_TYPES: tuple[str, ...] = (
    "announcements",
    "assignments",
    "discussion_topics",
    "files",
    "modules",
    "module_items",
    "pages",
    "quizzes",
)

UNMAPPED_TYPES: tuple[str, ...] = (
    "assignment_groups",
    "calendar_events",
    "course_settings",
    "external_tools",
    "groups",
    "outcome_groups",
    "outcomes",
    "rubrics",
    "syllabus",
)
"""What Canvas's mapping does not have, and what is therefore paired by name."""

SINGULAR: Mapping[str, str] = {
    "announcements": "announcement",
    "assignments": "assignment",
    "discussion_topics": "discussion topic",
    "files": "file",
    "modules": "module",
    "module_items": "module item",
    "pages": "page",
    "quizzes": "quiz",
    "assignment_groups": "assignment group",
    "calendar_events": "calendar event",
    "course_settings": "course setting",
    "external_tools": "external tool",
    "groups": "group set",
    "outcome_groups": "outcome group",
    "outcomes": "outcome",
    "rubrics": "rubric",
    "syllabus": "syllabus",
}
"""The name of one asset, by type: for both kinds of types."""

_ID_KEY = {"pages": "page_id"}  # the mapping joins pages by number; their slug changes with the title
_TITLE_KEY = {"assignments": "name", "modules": "name", "files": "display_name"}
_HTML_KEY = {
    "announcements": "message",
    "assignments": "description",
    "discussion_topics": "message",
    "pages": "body",
    "quizzes": "description",
}
_SHELL_OF = {"online_quiz": "quiz", "discussion_topic": "discussion topic", "wiki_page": "page"}
_ITEM_CONTENT = {
    "Assignment": "assignments",
    "Discussion": "discussion_topics",
    "File": "files",
    "Page": "pages",
    "Quiz": "quizzes",
}


@dataclass(frozen=True)
class Asset:
    """An asset, as one of the two courses lists it.

    :param asset_type: One of ``ASSET_TYPES``.
    :param asset_id: Canvas's id, as text. A page's is its ``page_id``.
    :param title: Title, name or ``display_name``; empty if Canvas gives none.
    :param published: None if Canvas does not send it.
    :param points_possible: Points; for a graded discussion topic, those of its assignment.
    :param due_at: Due date in UTC; for a graded discussion topic, that of its assignment.
    :param created_at: Time of the creation, in UTC; Canvas does not send it for quizzes, modules and module items.
    :param updated_at: Time of the last update, in UTC.
    :param workflow_state: State; Canvas sends it only for assignments (``importing``, ``failed_to_import``, ...).
    :param url_slug: The last part of a page's URL.
    :param size: Size of a file, in bytes.
    :param folder_id: Id of the folder that contains a file.
    :param folder_path: Full name of the folder that contains a file: ``course files/week 1``.
    :param item_type: Type of a module item: ``Page``, ``SubHeader``, ...
    :param module_id: Id of the module that contains a module item.
    :param module_title: Title of the module that contains a module item.
    :param indent: Indentation of a module item.
    :param external_url: URL to which a module item links.
    :param content: Type and id of the asset that a module item shows; for a page, its slug in place of the id.
    :param submission_types: How an assignment is submitted: ``online_text_entry, online_upload``.
    :param grading_type: How an assignment is graded: ``points``, ``pass_fail``, ...
    :param quiz_type: Type of a quiz: ``assignment``, ``practice_quiz``, ``survey``, ...
    :param question_count: Number of questions of a quiz.
    :param shell_of: For the gradebook entry of another asset: that asset's type, such as ``quiz``.
    :param is_new_quiz: Whether an assignment is a New Quiz.
    :param shown_files: Ids of the files that its HTML shows; of a page only if its body is known.
    :param comes_with: (type, id) of each asset whose selection for a copy includes this asset.
    """

    asset_type: str
    asset_id: str
    title: str = ""
    published: bool | None = None
    points_possible: float | None = None
    due_at: datetime | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    workflow_state: str | None = None
    url_slug: str | None = None
    size: float | None = None
    folder_id: str | None = None
    folder_path: str | None = None
    item_type: str | None = None
    module_id: str | None = None
    module_title: str | None = None
    indent: float | None = None
    external_url: str | None = None
    content: tuple[str, str] | None = None
    submission_types: str | None = None
    grading_type: str | None = None
    quiz_type: str | None = None
    question_count: float | None = None
    shell_of: str | None = None
    is_new_quiz: bool = False
    shown_files: tuple[str, ...] = ()
    comes_with: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """Type and id for a sentence: ``page 55``."""
        return f"{SINGULAR[self.asset_type]} {self.asset_id}"

    @property
    def natural_key(self) -> tuple[str, ...] | None:
        """The title without regard to case and spaces; None for an asset without a title.

        Module items often share a title, so their key is (module title, type, title). Files of different folders may
        have one name, so their key is (full name of the folder, name).
        """
        if not self.title:
            return None
        parts = [self.title]
        if self.asset_type == "files":
            parts = [self.folder_path or "", self.title]
        if self.asset_type == "module_items":
            parts = [self.module_title or "", self.item_type or "", self.title]
        return tuple(" ".join(part.split()).casefold() for part in parts)

    @classmethod
    def parse(
        cls,
        asset_type: str,
        body: Mapping[str, Any],
        module_titles: Mapping[str, str] | None = None,
        folder_paths: Mapping[str, str] | None = None,
        course_id: str = "",
    ) -> Asset | None:
        """Parse one object of a listing; return None if it has no id.

        :param asset_type: One of ``ASSET_TYPES``.
        :param body: Canvas's object.
        :param module_titles: Titles by module id, for module items.
        :param folder_paths: Full names by folder id, for files.
        :param course_id: The course.
        """
        asset_id = to_text(body.get(_ID_KEY.get(asset_type, "id")))
        if asset_id is None:
            return None
        graded = to_object(body.get("assignment")) if asset_type == "discussion_topics" else body
        is_file, is_page, is_item, is_quiz, is_assignment = (
            asset_type == t for t in ("files", "pages", "module_items", "quizzes", "assignments")
        )
        return cls(
            asset_type=asset_type,
            asset_id=asset_id,
            title=to_text(body.get(_TITLE_KEY.get(asset_type, "title"))) or "",
            published=to_bool(body.get("published")),
            points_possible=to_number(graded.get("points_possible")),
            due_at=_due_at(graded) if asset_type == "discussion_topics" else to_datetime(body.get("due_at")),
            created_at=to_datetime(body.get("created_at")),
            updated_at=to_datetime(body.get("updated_at")),
            workflow_state=to_text(body.get("workflow_state")),
            url_slug=to_text(body.get("url")) if is_page else None,
            size=to_number(body.get("size")) if is_file else None,
            folder_id=to_text(body.get("folder_id")) if is_file else None,
            folder_path=(folder_paths or {}).get(to_text(body.get("folder_id")) or "") or None if is_file else None,
            item_type=to_text(body.get("type")) if is_item else None,
            module_id=to_text(body.get("module_id")) if is_item else None,
            module_title=(module_titles or {}).get(to_text(body.get("module_id")) or "") if is_item else None,
            indent=to_number(body.get("indent")) if is_item else None,
            external_url=to_text(body.get("external_url")) if is_item else None,
            content=_content(body) if is_item else None,
            submission_types=_join(body.get("submission_types")) if is_assignment else None,
            grading_type=to_text(body.get("grading_type")) if is_assignment else None,
            quiz_type=to_text(body.get("quiz_type")) if is_quiz else None,
            question_count=to_number(body.get("question_count")) if is_quiz else None,
            shell_of=_shell_of(body) if is_assignment else None,
            is_new_quiz=is_assignment and body.get("is_quiz_lti_assignment") is True,
            shown_files=_shown_files(asset_type, body, course_id),
            comes_with=tuple(_comes_with(asset_type, body)),
        )


def id_order(asset_id: str) -> tuple[int, str]:
    """Return a sort key that orders ids, which are text, as numbers."""
    return len(asset_id), asset_id


def _due_at(assignment: Mapping[str, Any]) -> datetime | None:
    """Return the due date of the assignment inside a topic; None if it may be the date of an override."""
    return None if to_bool(assignment.get("has_overrides")) else to_datetime(assignment.get("due_at"))


def _shell_of(body: Mapping[str, Any]) -> str | None:
    """Return the type of the asset whose gradebook entry an assignment is; None for any other assignment."""
    if to_text(body.get("quiz_id")):
        return "quiz"
    if to_object(body.get("discussion_topic")).get("id"):
        return "discussion topic"
    kinds = body.get("submission_types")
    for kind in kinds if isinstance(kinds, list) else ():
        if isinstance(kind, str) and kind in _SHELL_OF:
            return _SHELL_OF[kind]
    return None


def _join(values: object) -> str | None:
    """Return the texts of a list, sorted, so that their order does not matter; None if there are none."""
    texts = (to_text(value) for value in values) if isinstance(values, list) else ()
    return ", ".join(sorted(text for text in texts if text)) or None


def _content(body: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return type and id of the asset that a module item shows; Canvas names a page by its slug."""
    asset_type = _ITEM_CONTENT.get(to_text(body.get("type")) or "")
    key = to_text(body.get("page_url" if asset_type == "pages" else "content_id"))
    return (asset_type, key) if asset_type and key else None


def _shown_files(asset_type: str, body: Mapping[str, Any], course_id: str) -> tuple[str, ...]:
    html = body.get(_HTML_KEY.get(asset_type, ""))
    return shown_files(html, course_id) if isinstance(html, str) else ()


def _comes_with(asset_type: str, body: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the assets whose selection includes this one: module, folder, or the other half of a graded pair."""
    companions = {
        "assignments": {
            "quizzes": body.get("quiz_id"),
            "discussion_topics": to_object(body.get("discussion_topic")).get("id"),
        },
        "discussion_topics": {"assignments": body.get("assignment_id")},
        "quizzes": {"assignments": body.get("assignment_id")},
        "module_items": {"modules": body.get("module_id")},
        "files": {"folders": body.get("folder_id")},
    }
    pairs = ((kind, to_text(value)) for kind, value in companions.get(asset_type, {}).items())
    return [(kind, asset_id) for kind, asset_id in pairs if asset_id]
