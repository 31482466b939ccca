"""One asset of a course, read from Canvas's JSON as it is.

The eight asset types are those that Canvas's ``asset_id_mapping`` knows. They differ in where they keep
their title and their id, and a table says so; nothing downstream has to know.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from airflow_provider_canvas.reconciliation.coerce import (
    flag_of,
    number_of,
    object_of,
    text_of,
    time_of,
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
    """An asset as one of the two courses lists it.

    :param asset_type: One of ``ASSET_TYPES``.
    :param asset_id: Canvas's id, as text. A page's is its ``page_id``.
    :param title: Title, name or ``display_name``; empty if Canvas gives none.
    :param published: None if Canvas does not tell.
    :param points_possible: For a graded discussion topic, those of its assignment.
    :param due_at: UTC; likewise.
    :param updated_at: UTC.
    :param workflow_state: Only assignments show theirs (``importing``, ``failed_to_import``, ...).
    :param url_slug: Of a page: the name in its address.
    :param size: Of a file, in bytes.
    :param item_type: Of a module item: ``Page``, ``SubHeader``, ...
    :param module_title: Of a module item: the title of the module that holds it.
    :param shell_of: Of an assignment that is the gradebook's side of something else: of what.
    :param comes_with: (type, id) of what brings this asset along when it is selected for a copy.
    """

    asset_type: str
    asset_id: str
    title: str = ""
    published: bool | None = None
    points_possible: float | None = None
    due_at: datetime | None = None
    updated_at: datetime | None = None
    workflow_state: str | None = None
    url_slug: str | None = None
    size: float | None = None
    item_type: str | None = None
    module_title: str | None = None
    shell_of: str | None = None
    comes_with: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """The asset in a sentence: ``page 55``."""
        return f"{SINGULAR[self.asset_type]} {self.asset_id}"

    @property
    def natural_key(self) -> tuple[str, ...] | None:
        """What people recognise the asset by, in capitals or not; None for an asset without a title.

        Module items repeat each other's titles, so theirs is (module title, type, title).
        """
        if not self.title:
            return None
        parts = [self.title]
        if self.asset_type == "module_items":
            parts = [self.module_title or "", self.item_type or "", self.title]
        return tuple(" ".join(part.split()).casefold() for part in parts)

    @classmethod
    def parse(
        cls, asset_type: str, body: Mapping[str, Any], module_titles: Mapping[str, str] | None = None
    ) -> Asset | None:
        """Read one object of a listing; None if it has no id, because nothing can be said about it.

        :param module_titles: Titles by module id, for module items.
        """
        asset_id = text_of(body.get(_ID_KEY.get(asset_type, "id")))
        if asset_id is None:
            return None
        graded = object_of(body.get("assignment")) if asset_type == "discussion_topics" else body
        is_file, is_page, is_item = (asset_type == t for t in ("files", "pages", "module_items"))
        return cls(
            asset_type=asset_type,
            asset_id=asset_id,
            title=text_of(body.get(_TITLE_KEY.get(asset_type, "title"))) or "",
            published=flag_of(body.get("published")),
            points_possible=number_of(graded.get("points_possible")),
            due_at=time_of(graded.get("due_at")),
            updated_at=time_of(body.get("updated_at")),
            workflow_state=text_of(body.get("workflow_state")),
            url_slug=text_of(body.get("url")) if is_page else None,
            size=number_of(body.get("size")) if is_file else None,
            item_type=text_of(body.get("type")) if is_item else None,
            module_title=(module_titles or {}).get(text_of(body.get("module_id")) or "") if is_item else None,
            shell_of=_shell_of(body) if asset_type == "assignments" else None,
            comes_with=tuple(_comes_with(asset_type, body)),
        )


def id_order(asset_id: str) -> tuple[int, str]:
    """Sort ids, which are text, as the numbers that they are."""
    return len(asset_id), asset_id


def _shell_of(body: Mapping[str, Any]) -> str | None:
    kinds = body.get("submission_types")
    for kind in kinds if isinstance(kinds, list) else ():
        if isinstance(kind, str) and kind in _SHELL_OF:
            return _SHELL_OF[kind]
    return None


def _comes_with(asset_type: str, body: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Canvas copies a module's items with it, a folder's files, and either half of a graded pair."""
    companions = {
        "assignments": {
            "quizzes": body.get("quiz_id"),
            "discussion_topics": object_of(body.get("discussion_topic")).get("id"),
        },
        "discussion_topics": {"assignments": body.get("assignment_id")},
        "quizzes": {"assignments": body.get("assignment_id")},
        "module_items": {"modules": body.get("module_id")},
        "files": {"folders": body.get("folder_id")},
    }
    found = ((kind, text_of(value)) for kind, value in companions.get(asset_type, {}).items())
    return [(kind, asset_id) for kind, asset_id in found if asset_id]
