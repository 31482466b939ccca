"""Content exports: the content of a course, a group or a user as a file.

https://developerdocs.instructure.com/services/canvas/resources/content_exports
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict, Unpack

from airflow_provider_canvas.api.call import CONTEXTS, Context
from airflow_provider_canvas.api.endpoint import IO, Resource, many, one
from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.files import OWNERS, File
from airflow_provider_canvas.api.ids import Id
from airflow_provider_canvas.api.listing_parameters import check_per_page
from airflow_provider_canvas.api.parameters import Params, Unchecked, check_choice, check_choices, drop_none
from airflow_provider_canvas.api.selection import Select, SelectiveData, check_data_type, select_params

FINAL_STATES = frozenset({"exported", "failed"})
"""Final states. ``exported`` may be reported a moment before there is an ``attachment``."""

FILES_ONLY = "zip"
"""The only type of export of groups and users."""

EXPORT_TYPES = ("common_cartridge", "qti", FILES_ONLY, "quizzes2")
"""What ``export_type`` may be in a course; ``quizzes2``, not documented, is for New Quizzes."""

INCLUDE = ("migrated_quiz", "migrated_assignment", "new_quizzes_export_settings")
"""What ``include`` may name."""


class ContentExport(TypedDict, total=False):
    """A content export, as Canvas sends it. ``course_id`` is there in courses only.

    ``attachment`` is gone 30 days after ``created_at``, while ``workflow_state`` stays ``exported``. Canvas gives no
    reason for a failure.
    """

    id: int
    user_id: int | None
    course_id: int
    created_at: str
    workflow_state: str
    export_type: str
    attachment: File
    progress_url: str
    migrated_quiz: dict[str, Any]
    migrated_assignment: dict[str, Any]
    new_quizzes_export_settings: dict[str, Any]


class ContentExports(Resource[IO]):
    """Exports of a course, or of the files of a group or a user.

    https://developerdocs.instructure.com/services/canvas/resources/content_exports
    """

    @many("{context}/content_exports", ContentExport, contexts=OWNERS)
    def list(self, *, per_page: int | None = None, **context: Unpack[Context]) -> Params:
        """List content exports, the newest first: of zip exports only the token's user's own.

        https://developerdocs.instructure.com/services/canvas/resources/content_exports#method.content_exports_api.index
        """
        return drop_none(per_page=check_per_page(per_page))

    @one("GET", "{context}/content_exports/{content_export_id}", ContentExport, contexts=OWNERS)
    def get(self, *, content_export_id: Id, **context: Unpack[Context]) -> Params:
        """Show a content export.

        https://developerdocs.instructure.com/services/canvas/resources/content_exports#method.content_exports_api.show
        """
        return {}

    @one("POST", "{context}/content_exports", ContentExport, contexts=OWNERS)
    def create(
        self,
        *,
        export_type: str,
        skip_notifications: bool | None = None,
        select: Select | None = None,
        include: Sequence[str] = (),
        **context: Unpack[Context],
    ) -> Params:
        """Export content. Without ``select``: everything, all quizzes (``qti``), or all files (``zip``).

        https://developerdocs.instructure.com/services/canvas/resources/content_exports#method.content_exports_api.create
        """
        check_choice("export_type", export_type, EXPORT_TYPES)
        for name in ("group_id", "user_id"):
            if context.get(name) is not None and export_type != FILES_ONLY and not isinstance(export_type, Unchecked):
                raise CanvasInputError(f"Canvas exports no {export_type} of {CONTEXTS[name]}: only export_type='zip'.")
        return drop_none(
            export_type=export_type,
            skip_notifications=skip_notifications,
            select=None if select is None else select_params(select),
            include=check_choices("include", include, INCLUDE),
        )

    @one("GET", "courses/{course_id}/content_list", SelectiveData)
    def content_list(
        self,
        *,
        course_id: Id,
        type: str | None = None,  # noqa: A002  # Canvas's name for it
    ) -> Params:
        """List what an export of a course can select: its types, or the items of one ``type``. Not documented.

        https://developerdocs.instructure.com/services/canvas/resources/content_exports#method.content_exports_api.content_list
        """
        return drop_none(type=check_data_type(type))
