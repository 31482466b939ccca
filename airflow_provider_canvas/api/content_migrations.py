"""Content migrations: imports of content into a course, a course copy among them.

https://developerdocs.instructure.com/services/canvas/resources/content_migrations
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict, Unpack

from airflow_provider_canvas.api.call import Context
from airflow_provider_canvas.api.date_shift import DateShiftOptions, date_shift_params
from airflow_provider_canvas.api.endpoint import IO, Resource, many, one
from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.files import File
from airflow_provider_canvas.api.ids import Id
from airflow_provider_canvas.api.listing_parameters import check_per_page
from airflow_provider_canvas.api.migration_settings import MigrationSettings, settings_params
from airflow_provider_canvas.api.migration_types import check_migration_type
from airflow_provider_canvas.api.parameters import Params, check_choices, drop_none
from airflow_provider_canvas.api.selection import (
    Copy,
    Select,
    SelectiveData,
    check_data_type,
    copy_params,
    select_params,
)
from airflow_provider_canvas.api.source_course import COURSE_COPY
from airflow_provider_canvas.api.uploads import PreAttachment, UploadTarget, pre_attachment_params

ZIP_IMPORT = "zip_file_importer"

FINAL_STATES = frozenset({"completed", "failed"})
"""Final states. Of the others, ``queued`` is not documented, and ``pre_processed`` is, but was never seen."""

AssetIdMapping = dict[str, dict[str, Any]]
"""Asset type -> id in the source -> id in the destination, all text (``{"pages": {"13": "740"}}``).

A newer Canvas adds entries whose key is a migration id (``g`` and 32 hexadecimal digits) and whose value is no text but
an object: ``{"source": {"id": "13", ...}, "destination": {"id": "740", ...}}``, with ``shell_id`` (the assignment of a
quiz, topic or page), ``url`` of pages, ``media_entry_id`` of files. Skip them to get ids only.
"""


class MigrationSourceCourse(TypedDict, total=False):
    """The settings that Canvas returns: only the source course, and only within one root account."""

    source_course_id: int
    source_course_name: str
    source_course_html_url: str


class ContentMigration(TypedDict, total=False):
    """A content migration, as Canvas sends it. ``progress_url`` is there once it has a Progress.

    ``migration_issues_url`` is right for courses only. ``attachment`` is there for 30 days, ``pre_attachment`` only in
    the response to a request that sent one, ``audit_info`` if it was requested, and to administrators unasked.
    ``finished_at`` is the end of the export or conversion, not of the migration, and may lie before ``started_at``.
    """

    id: int
    user_id: int | None
    workflow_state: str
    migration_type: str
    migration_type_title: str
    migration_issues_url: str
    migration_issues_count: int
    progress_url: str
    settings: MigrationSourceCourse
    attachment: File
    pre_attachment: UploadTarget
    created_at: str
    started_at: str | None
    finished_at: str | None
    audit_info: dict[str, Any]


class Migrator(TypedDict, total=False):
    """A type of migration that can be made here. Do not trust it for a zip: the setting it needs is ``folder_id``."""

    type: str
    requires_file_upload: bool
    name: str
    required_settings: list[str]


Migrators = list[Migrator]


def _find_error(migration: Any) -> str | None:
    """Return the error of a new migration that failed at once, although the status of the response is 200."""
    if migration.get("workflow_state") != "failed":
        return None
    reason = _refused_file(migration)
    return f"content migration {migration.get('id')} failed at once: {reason or 'Canvas gives no reason'}"


def _find_error_of_update(migration: Any) -> str | None:
    """Return why Canvas refuses the file of an update; a migration may have failed before, and stay so."""
    reason = _refused_file(migration)
    return reason and f"content migration {migration.get('id')} cannot have the file: {reason}"


def _refused_file(migration: Any) -> Any:
    return (migration.get("pre_attachment") or {}).get("message")


class ContentMigrations(Resource[IO]):
    """Content migrations: imports of packages and copies of courses.

    https://developerdocs.instructure.com/services/canvas/resources/content_migrations
    """

    @many("{context}/content_migrations", ContentMigration)
    def list(self, *, per_page: int | None = None, **context: Unpack[Context]) -> Params:
        """List content migrations, the newest first; those of blueprint courses are hidden.

        https://developerdocs.instructure.com/services/canvas/resources/content_migrations#method.content_migrations.index
        """
        return drop_none(per_page=check_per_page(per_page))

    @one("GET", "{context}/content_migrations/{content_migration_id}", ContentMigration)
    def get(self, *, content_migration_id: Id, include: Sequence[str] = (), **context: Unpack[Context]) -> Params:
        """Get a content migration; ``include=["audit_info"]``, not documented, brings its settings as they were sent.

        https://developerdocs.instructure.com/services/canvas/resources/content_migrations#method.content_migrations.show
        """
        return drop_none(include=check_choices("include", include, ("audit_info",)))

    @one("POST", "{context}/content_migrations", ContentMigration, find_error=_find_error)
    def create(
        self,
        *,
        migration_type: str,
        settings: MigrationSettings | Mapping[str, Any] | None = None,
        pre_attachment: PreAttachment | None = None,
        date_shift_options: DateShiftOptions | None = None,
        selective_import: bool | None = None,
        select: Select | None = None,
        copy: Copy | None = None,
        do_not_run: bool | None = None,
        **context: Unpack[Context],
    ) -> Params:
        """Create a content migration, which starts at once. Two equal calls make two migrations.

        With ``pre_attachment`` it starts when the file has arrived. With ``selective_import=True`` it halts in
        ``waiting_for_select`` until ``update`` is told what to ``copy``: the Progress of a package says completed by
        then, and a course copy has none yet. ``do_not_run=True``, not documented, makes the migration and no more.

        https://developerdocs.instructure.com/services/canvas/resources/content_migrations#method.content_migrations.create
        """
        checked = settings and settings_params(settings)
        check_migration_type(migration_type, context, checked or {}, pre_attachment or {})
        if migration_type == ZIP_IMPORT and selective_import:
            raise CanvasInputError(f"Canvas ignores selective_import of a {ZIP_IMPORT}, and would import everything.")
        if migration_type != COURSE_COPY:
            _reject_package_selection(select, copy)
        return drop_none(
            migration_type=migration_type,
            settings=checked,
            pre_attachment=None if pre_attachment is None else pre_attachment_params(pre_attachment),
            date_shift_options=date_shift_options and date_shift_params(date_shift_options),
            **_selection_params(selective_import, select, copy),
            do_not_run=do_not_run,
        )

    @one(
        "PUT", "{context}/content_migrations/{content_migration_id}", ContentMigration, find_error=_find_error_of_update
    )
    def update(
        self,
        *,
        content_migration_id: Id,
        settings: MigrationSettings | Mapping[str, Any] | None = None,
        pre_attachment: PreAttachment | None = None,
        date_shift_options: DateShiftOptions | None = None,
        selective_import: bool | None = None,
        select: Select | None = None,
        copy: Copy | None = None,
        do_not_run: bool | None = None,
        run_again: bool = False,
        **context: Unpack[Context],
    ) -> Params:
        """Update a content migration, and run it: with ``copy`` (or ``select``, of a course copy) what was chosen.

        Without a choice Canvas runs the whole migration again, a completed one too, with everything in it; that must be
        asked for as ``run_again=True``, which is not sent. ``pre_attachment`` restarts a failed upload;
        ``selective_import=True`` converts a package again, which then waits to be told what to ``copy`` (but imports
        all of a zip); ``do_not_run=True`` runs nothing. Whatever runs, the issues of the run before are deleted.

        https://developerdocs.instructure.com/services/canvas/resources/content_migrations#method.content_migrations.update
        """
        chosen = copy is not None or select is not None or pre_attachment is not None
        if not (chosen or selective_import or do_not_run or run_again):
            raise CanvasInputError(
                "Canvas would run the whole migration again, and import everything, even if it is completed. Give copy "
                "or select to import a part, pre_attachment to upload again, do_not_run=True to change it only; or "
                "run_again=True if that is what you want."
            )
        return drop_none(
            migration_type=None if select is None else COURSE_COPY,  # without it, Canvas ignores select
            settings=settings and settings_params(settings),
            pre_attachment=None if pre_attachment is None else pre_attachment_params(pre_attachment),
            date_shift_options=date_shift_options and date_shift_params(date_shift_options),
            **_selection_params(selective_import, select, copy),
            do_not_run=do_not_run,
        )

    @one("GET", "{context}/content_migrations/migrators", Migrators)
    def migrators(self, **context: Unpack[Context]) -> Params:
        """List the types of migrations that can be made here. The response is not paginated.

        https://developerdocs.instructure.com/services/canvas/resources/content_migrations#method.content_migrations.available_migrators
        """
        return {}

    @one("GET", "{context}/content_migrations/{content_migration_id}/selective_data", SelectiveData)
    def selective_data(
        self,
        *,
        content_migration_id: Id,
        type: str | None = None,  # noqa: A002  # Canvas's name for it
        **context: Unpack[Context],
    ) -> Params:
        """List what can be chosen: its types, or the items of one ``type``. Ask only in ``waiting_for_select``.

        Follow no ``sub_items_url`` outside courses, it is wrong there: ask again, with the ``type`` it ends with.

        https://developerdocs.instructure.com/services/canvas/resources/content_migrations#method.content_migrations.content_list
        """
        return drop_none(type=check_data_type(type))

    @one(
        "GET",
        "courses/{course_id}/content_migrations/{content_migration_id}/asset_id_mapping",
        AssetIdMapping,
    )
    def asset_id_mapping(self, *, course_id: Id, content_migration_id: Id) -> Params:
        """Get the asset id mapping of a completed course copy: computed from the current content of both courses.

        https://developerdocs.instructure.com/services/canvas/resources/content_migrations#method.content_migrations.asset_id_mapping
        """
        return {}


def _selection_params(selective_import: bool | None, select: Select | None, copy: Copy | None) -> Params:
    """Return the selection. Only one parameter is allowed: Canvas would silently ignore the others."""
    ways = {"selective_import": selective_import or None, "select": select, "copy": copy}
    used = [name for name, value in ways.items() if value is not None]
    if len(used) > 1:
        later = " Send what to copy with update, when it is waiting_for_select." if selective_import else ""
        raise CanvasInputError(f"Canvas reads only {used[0]} of {' and '.join(used)}: give one of them.{later}")
    return drop_none(
        selective_import=selective_import,
        select=None if select is None else select_params(select),
        copy=None if copy is None else copy_params(copy),
    )


def _reject_package_selection(select: Select | None, copy: Copy | None) -> None:
    instead = (
        "Create it with selective_import=True, and when it is waiting_for_select send copy with update: what can be "
        "chosen is in selective_data."
    )
    if select is not None:
        raise CanvasInputError(f"Canvas reads select of a {COURSE_COPY} only, and would import everything. {instead}")
    if copy is not None:
        raise CanvasInputError(
            f"With copy, only a {COURSE_COPY} runs at once; a package would halt unnoticed. {instead}"
        )
