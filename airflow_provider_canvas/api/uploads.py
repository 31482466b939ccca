"""The first step of an upload: the description of the file, and Canvas's response.

The same in a course, a group, a user's own files, a folder, and as the ``pre_attachment`` of a content migration.

https://developerdocs.instructure.com/services/canvas/basics/file.file_uploads
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.ids import Id, canvas_id
from airflow_provider_canvas.api.parameters import Params, check_choice
from airflow_provider_canvas.api.progress import ProgressRecord
from airflow_provider_canvas.security.address import AddressError, parse_address

ON_DUPLICATE = ("overwrite", "rename", "error")
"""The choices for a file whose name exists in the folder."""

FOLDERS = ("parent_folder_id", "parent_folder_path", "folder")
"""The parameters for the folder of a file; ``folder`` is the old name of ``parent_folder_path``."""


class PreAttachment(TypedDict, total=False):
    """The file that a content migration imports. ``name`` is required.

    :param size: Bytes. With it, Canvas refuses at once a file that is over the quota.
    :param url: Where Canvas fetches the file from, without a login: then nothing is uploaded.
    :param on_duplicate: ``overwrite`` (Canvas's default), ``rename`` or ``error``.
    :param no_redirect: Have the storage answer 201 in place of a redirect.
    """

    name: str
    size: int
    content_type: str
    parent_folder_id: Id
    parent_folder_path: str
    folder: str
    on_duplicate: str
    url: str
    success_include: Sequence[str]
    no_redirect: bool


class UploadTarget(TypedDict, total=False):
    """Where the file goes, and with which parameters, in this order, the file last. Valid for 30 minutes.

    With ``url``, ``progress`` is there; without an ``upload_url`` then, there is nothing more to do, and with one,
    what it takes is the parameters alone (``file_param`` is ``None``). Without a ``file_param``, as in an older
    Canvas, the field of the file is ``file``. A migration's target can be refused:
    ``error`` and ``message``.
    """

    upload_url: str
    upload_params: dict[str, Any]
    file_param: str | None
    progress: ProgressRecord | None
    error: bool
    message: str


def pre_attachment_params(file: Mapping[str, Any]) -> Params:
    """Return a ``pre_attachment``, checked.

    :raises CanvasInputError: See :func:`upload_params`; and for unknown keys.
    """
    for key in file:
        check_choice("pre_attachment", key, PreAttachment.__annotations__)
    return upload_params(**file)


def upload_params(**file: Any) -> Params:
    """Return the description of a file, checked.

    :raises CanvasInputError: Without a name, with two folders, and for values that Canvas would refuse.
    """
    params = {key: value for key, value in file.items() if value is not None}
    if not params.get("name"):
        raise CanvasInputError("name is missing: what the file is called in Canvas, such as package.imscc.")
    size = params.get("size", 0)
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise CanvasInputError(f"size must be a number of bytes, not {size!r}.")
    folders = [key for key in FOLDERS if key in params]
    if len(folders) > 1:
        raise CanvasInputError(f"{' and '.join(folders)} exclude each other: give one of them.")
    if "parent_folder_id" in params:
        params["parent_folder_id"] = canvas_id("parent_folder_id", params["parent_folder_id"])
    if "on_duplicate" in params:
        check_choice("on_duplicate", params["on_duplicate"], ON_DUPLICATE)
    if "url" in params:
        check_url("url", params["url"])
    return params


def check_url(name: str, value: object) -> str:
    """Return a URL that Canvas can fetch.

    :raises CanvasInputError: For anything but an http or https URL. The message does not contain it: it may be signed.
    """
    try:
        parse_address(value)
    except AddressError as error:
        raise CanvasInputError(
            f"{name} must be an address that Canvas can fetch without a login, such as https://...: {error}."
        ) from None
    return str(value)
