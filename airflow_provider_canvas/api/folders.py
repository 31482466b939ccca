"""Folders that files are in. Canvas documents them with the files.

https://developerdocs.instructure.com/services/canvas/resources/files
"""

from __future__ import annotations

from typing import Any, TypedDict, Unpack

from airflow_provider_canvas.api.call import Context
from airflow_provider_canvas.api.endpoint import IO, Resource, many, one
from airflow_provider_canvas.api.files import OWNERS
from airflow_provider_canvas.api.ids import Id
from airflow_provider_canvas.api.listing_parameters import check_per_page
from airflow_provider_canvas.api.parameters import Params, drop_none


class Folder(TypedDict, total=False):
    """A folder. ``full_name`` begins with the root's name: ``course files/Week 1``."""

    id: int
    name: str
    full_name: str
    context_id: int
    context_type: str
    parent_folder_id: int | None
    position: int | None
    locked: bool
    hidden: bool | None
    hidden_for_user: bool
    locked_for_user: bool
    lock_info: dict[str, Any]
    for_submissions: bool
    can_upload: bool
    files_count: int
    folders_count: int
    files_url: str
    folders_url: str
    lock_at: str | None
    unlock_at: str | None
    created_at: str
    updated_at: str


FolderPath = list[Folder]
"""The folders of a path, the root first."""


class Folders(Resource[IO]):
    """Folders of files of a course, a group or a user.

    https://developerdocs.instructure.com/services/canvas/resources/files
    """

    @many("{context}/folders", Folder, contexts=OWNERS)
    def list(self, *, per_page: int | None = None, **context: Unpack[Context]) -> Params:
        """List all folders, whatever they are in.

        https://developerdocs.instructure.com/services/canvas/resources/files#method.folders.list_all_folders
        """
        return drop_none(per_page=check_per_page(per_page))

    @many("folders/{folder_id}/folders", Folder)
    def list_in_folder(self, *, folder_id: Id, per_page: int | None = None) -> Params:
        """List the folders right within a folder.

        https://developerdocs.instructure.com/services/canvas/resources/files#method.folders.api_index
        """
        return drop_none(per_page=check_per_page(per_page))

    @one("GET", "folders/{folder_id}", Folder)
    def get(self, *, folder_id: Id) -> Params:
        """Get a folder.

        https://developerdocs.instructure.com/services/canvas/resources/files#method.folders.show
        """
        return {}

    @one("GET", "{context}/folders/by_path/{full_path}", FolderPath, contexts=OWNERS)
    def by_path(self, *, full_path: str = "", **context: Unpack[Context]) -> Params:
        """Get all folders of a path, the root first: ``full_path="Week 1/Readings"`` has three.

        https://developerdocs.instructure.com/services/canvas/resources/files#method.folders.resolve_path
        """
        return {}
