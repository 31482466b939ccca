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

SINGULAR: Mapping[str, str] = {
    "announcements": "announcement",
    "assignments": "assignment",
    "discussion_topics": "discussion topic",
    "files": "file",
    "modules": "module",
    "module_items": "module item",
    "pages": "page",
    "quizzes": "quiz",
}

_ID_KEY = {"pages": "page_id"}  # the mapping joins pages by number; their slug changes with the title
_TITLE_KEY = {"assignments": "name", "modules": "name", "files": "display_name"}
_SHELL_OF = {"online_quiz": "quiz", "discussion_topic": "discussion topic", "wiki_page": "page"}


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
    :param folder_path: Full name of the folder that contains a file: ``course files/week 1``.
    :param item_type: Type of a module item: ``Page``, ``SubHeader``, ...
    :param module_title: Title of the module that contains a module item.
    :param shell_of: For the gradebook entry of another asset: that asset's type, such as ``quiz``.
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
    folder_path: str | None = None
    item_type: str | None = None
    module_title: str | None = None
    shell_of: str | None = None
    comes_with: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """Type and id for a sentence: ``page 55``."""
        return f"{SINGULAR[self.asset_type]} {self.asset_id}"

    @property
    def natural_key(self) -> tuple[str, ...] | None:
        """The title without regard to case and spaces; None for an asset without a title.

        Module items often share a title, so their key is (module title, type, title).
        """
        if not self.title:
            return None
        parts = [self.title]
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
    ) -> Asset | None:
        """Parse one object of a listing; return None if it has no id.

        :param asset_type: One of ``ASSET_TYPES``.
        :param body: Canvas's object.
        :param module_titles: Titles by module id, for module items.
        :param folder_paths: Full names by folder id, for files.
        """
        asset_id = to_text(body.get(_ID_KEY.get(asset_type, "id")))
        if asset_id is None:
            return None
        graded = to_object(body.get("assignment")) if asset_type == "discussion_topics" else body
        is_file, is_page, is_item = (asset_type == t for t in ("files", "pages", "module_items"))
        return cls(
            asset_type=asset_type,
            asset_id=asset_id,
            title=to_text(body.get(_TITLE_KEY.get(asset_type, "title"))) or "",
            published=to_bool(body.get("published")),
            points_possible=to_number(graded.get("points_possible")),
            due_at=to_datetime(graded.get("due_at")),
            created_at=to_datetime(body.get("created_at")),
            updated_at=to_datetime(body.get("updated_at")),
            workflow_state=to_text(body.get("workflow_state")),
            url_slug=to_text(body.get("url")) if is_page else None,
            size=to_number(body.get("size")) if is_file else None,
            folder_path=(folder_paths or {}).get(to_text(body.get("folder_id")) or "") or None if is_file else None,
            item_type=to_text(body.get("type")) if is_item else None,
            module_title=(module_titles or {}).get(to_text(body.get("module_id")) or "") if is_item else None,
            shell_of=_shell_of(body) if asset_type == "assignments" else None,
            comes_with=tuple(_comes_with(asset_type, body)),
        )


def id_order(asset_id: str) -> tuple[int, str]:
    """Return a sort key that orders ids, which are text, as numbers."""
    return len(asset_id), asset_id


def _shell_of(body: Mapping[str, Any]) -> str | None:
    kinds = body.get("submission_types")
    for kind in kinds if isinstance(kinds, list) else ():
        if isinstance(kind, str) and kind in _SHELL_OF:
            return _SHELL_OF[kind]
    return None


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
