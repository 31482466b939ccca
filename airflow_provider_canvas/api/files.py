"""Files of a course, a group or a user: their records, and the first step of an upload.

https://developerdocs.instructure.com/services/canvas/resources/files
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict, Unpack

from airflow_provider_canvas.api.call import Context
from airflow_provider_canvas.api.endpoint import IO, Resource, many, one
from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.ids import Id
from airflow_provider_canvas.api.listing_parameters import check_per_page
from airflow_provider_canvas.api.parameters import Params, check_choice, check_choices, drop_none
from airflow_provider_canvas.api.uploads import UploadTarget, upload_params

OWNERS = ("course_id", "group_id", "user_id")
"""Where files are; accounts have none of this kind."""

INCLUDE = ("user", "usage_rights", "enhanced_preview_url")
"""What ``include`` may name."""

SORTS = ("name", "size", "created_at", "updated_at", "content_type", "user")
"""What ``sort`` may be; ``name`` is what Canvas does by itself."""

File = TypedDict(
    "File",
    {
        "id": int,
        "uuid": str,
        "folder_id": int | None,
        "display_name": str,
        "filename": str,
        "upload_status": str,
        "content-type": str,
        "url": str,
        "size": int | None,
        "created_at": str,
        "updated_at": str,
        "modified_at": str,
        "unlock_at": str | None,
        "lock_at": str | None,
        "locked": bool,
        "hidden": bool,
        "hidden_for_user": bool,
        "locked_for_user": bool,
        "lock_info": dict[str, Any],
        "lock_explanation": str,
        "thumbnail_url": str | None,
        "preview_url": str | None,
        "mime_class": str,
        "media_entry_id": str | None,
        "category": str,
        "visibility_level": str,
        "usage_rights": dict[str, Any] | None,
        "user": dict[str, Any],
        "canvadoc_session_url": str | None,
        "crocodoc_session_url": str | None,
        "is_master_course_master_content": bool,
        "is_master_course_child_content": bool,
        "restricted_by_master_course": bool,
    },
    total=False,
)
"""A file. ``filename`` is percent-encoded, ``display_name`` plain; ``url`` is empty when the file is locked.

The files of exports and migrations are in no folder.
"""


class PublicUrl(TypedDict, total=False):
    """An address of the file's bytes that needs no token, for a short time."""

    public_url: str


class Quota(TypedDict, total=False):
    """How much room there is, and how much of it is used, in bytes."""

    quota: int
    quota_used: int


class Files(Resource[IO]):
    """Files of a course, a group or a user.

    https://developerdocs.instructure.com/services/canvas/resources/files
    """

    @many("{context}/files", File, contexts=OWNERS)
    def list(
        self,
        *,
        include: Sequence[str] = (),
        content_types: Sequence[str] = (),
        exclude_content_types: Sequence[str] = (),
        search_term: str | None = None,
        sort: str | None = None,
        order: str | None = None,
        per_page: int | None = None,
        **context: Unpack[Context],
    ) -> Params:
        """List files, by name unless told otherwise: those that the token's user may see.

        https://developerdocs.instructure.com/services/canvas/resources/files#method.files.api_index
        """
        return _listing(
            include=include,
            content_types=content_types,
            exclude_content_types=exclude_content_types,
            search_term=search_term,
            sort=sort,
            order=order,
            per_page=per_page,
        )

    @many("folders/{folder_id}/files", File)
    def list_in_folder(
        self,
        *,
        folder_id: Id,
        include: Sequence[str] = (),
        content_types: Sequence[str] = (),
        exclude_content_types: Sequence[str] = (),
        search_term: str | None = None,
        sort: str | None = None,
        order: str | None = None,
        per_page: int | None = None,
    ) -> Params:
        """List the files right within a folder.

        https://developerdocs.instructure.com/services/canvas/resources/files#method.files.api_index
        """
        return _listing(
            include=include,
            content_types=content_types,
            exclude_content_types=exclude_content_types,
            search_term=search_term,
            sort=sort,
            order=order,
            per_page=per_page,
        )

    @one("GET", "files/{file_id}", File)
    def get(self, *, file_id: Id, include: Sequence[str] = ()) -> Params:
        """Get a file's record.

        https://developerdocs.instructure.com/services/canvas/resources/files#method.files.api_show
        """
        return drop_none(include=check_choices("include", include, INCLUDE))

    @one("GET", "files/{file_id}/public_url", PublicUrl)
    def public_url(self, *, file_id: Id) -> Params:
        """Get an address that the file can be fetched from without a token, for a short time: keep it out of logs.

        https://developerdocs.instructure.com/services/canvas/resources/files#method.files.public_url
        """
        return {}

    @one("GET", "{context}/files/quota", Quota, contexts=OWNERS)
    def quota(self, **context: Unpack[Context]) -> Params:
        """Get how much room for files there is, and how much is used.

        https://developerdocs.instructure.com/services/canvas/resources/files#method.files.api_quota
        """
        return {}

    @one("POST", "{context}/files", UploadTarget, contexts=OWNERS)
    def create(
        self,
        *,
        name: str,
        size: int | None = None,
        content_type: str | None = None,
        parent_folder_id: Id | None = None,
        parent_folder_path: str | None = None,
        on_duplicate: str | None = None,
        url: str | None = None,
        submit_assignment: bool | None = None,
        success_include: Sequence[str] = (),
        no_redirect: bool | None = None,
        **context: Unpack[Context],
    ) -> Params:
        """Begin an upload: tell Canvas of a file, and get where to send it.

        A file of the same name in the same folder is overwritten, unless ``on_duplicate`` is ``rename`` or ``error``.
        Without a folder it goes where Canvas keeps what has none (``unfiled``). Over the quota is an error at once if
        the ``size`` is given, and only after the upload if not.

        https://developerdocs.instructure.com/services/canvas/resources/courses#method.courses.create_file
        """
        return upload_params(
            name=name,
            size=size,
            content_type=content_type,
            parent_folder_id=parent_folder_id,
            parent_folder_path=parent_folder_path,
            on_duplicate=on_duplicate,
            url=url,
            submit_assignment=submit_assignment,
            success_include=success_include,
            no_redirect=no_redirect,
        )

    @one("POST", "folders/{folder_id}/files", UploadTarget)
    def create_in_folder(
        self,
        *,
        folder_id: Id,
        name: str,
        size: int | None = None,
        content_type: str | None = None,
        on_duplicate: str | None = None,
        url: str | None = None,
        success_include: Sequence[str] = (),
        no_redirect: bool | None = None,
    ) -> Params:
        """Begin an upload into a folder; see ``create``.

        https://developerdocs.instructure.com/services/canvas/resources/files#method.folders.create_file
        """
        return upload_params(
            name=name,
            size=size,
            content_type=content_type,
            on_duplicate=on_duplicate,
            url=url,
            success_include=success_include,
            no_redirect=no_redirect,
        )


def _listing(
    *,
    include: Sequence[str],
    content_types: Sequence[str],
    exclude_content_types: Sequence[str],
    search_term: str | None,
    sort: str | None,
    order: str | None,
    per_page: int | None,
) -> Params:
    """Return the parameters of a list of files, which are the same for a context and for a folder."""
    for name, types in (("content_types", content_types), ("exclude_content_types", exclude_content_types)):
        if isinstance(types, str):
            raise CanvasInputError(f"{name} must be a list, such as ['image', 'text/html'], not {types!r}.")
    return drop_none(
        include=check_choices("include", include, INCLUDE),
        content_types=content_types,
        exclude_content_types=exclude_content_types,
        search_term=search_term,
        sort=sort and check_choice("sort", sort, SORTS),
        order=order and check_choice("order", order, ("asc", "desc")),
        per_page=check_per_page(per_page),
    )
