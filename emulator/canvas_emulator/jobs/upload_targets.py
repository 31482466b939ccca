"""Where the bytes of an upload go: the URL, the parameters, and the name of the field.

The parameters must come back unchanged, in this order, before the file. What is signed in them names the upload.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from canvas_emulator.effects.packages.media_types import UNKNOWN
from canvas_emulator.machines.upload import SIGNED_FOR_SECONDS
from canvas_emulator.model.records import Upload
from canvas_emulator.model.settings import StorageMode
from canvas_emulator.model.signed_urls import signature, ticket
from canvas_emulator.model.world import World

PURPOSE = "upload"
BUCKET = "canvas-files"
LOCAL_PATH = "/files_api"


@dataclass(frozen=True)
class UploadTarget:
    """Where the bytes of an upload go.

    :param upload_url: The URL that gets the bytes.
    :param upload_params: The fields to send with them, in this order.
    :param file_param: The field of the file; None when the bytes are fetched.
    """

    upload_url: str
    upload_params: dict[str, str]
    file_param: str | None


def upload_target(world: World, upload: Upload, *, no_redirect: bool) -> UploadTarget:
    """Return the target of an upload, and store the parameters that must come back.

    :param no_redirect: S3 shall not send the client to the last step; it goes there by itself. Local storage says
        the same, and redirects nevertheless.
    """
    target = TARGETS[upload.storage](world, upload, no_redirect)
    upload.params = target.upload_params
    return target


def success_url(upload: Upload) -> str:
    """Return the URL of the last step."""
    query = [("uuid", upload.uuid), *(("include[]", name) for name in upload.success_include)]
    return f"{upload.base_url}/api/v1/files/{upload.id}/create_success?{urlencode(query)}"


def object_key(upload: Upload) -> str:
    """Return the name of the bytes in storage."""
    return f"account_1/attachments/{upload.id}/{upload.name}"


def _local(world: World, upload: Upload, no_redirect: bool) -> UploadTarget:
    policy = ticket(world, PURPOSE, upload.id, SIGNED_FOR_SECONDS)
    params: dict[str, Any] = {
        "Filename": upload.name,
        "key": f"/canvas/tmp/files/{upload.id // 10_000:04}/{upload.id % 10_000:04}/{upload.name}",
        "acl": "private",
        "Policy": policy,
        "Signature": signature(world, policy),
        **({"success_action_status": "201", "success_url": None} if no_redirect else {}),
        **({} if upload.content_type == UNKNOWN else {"content-type": upload.content_type}),
    }
    return UploadTarget(upload.base_url + LOCAL_PATH, params, "attachment[uploaded_data]")


def _s3(world: World, upload: Upload, no_redirect: bool) -> UploadTarget:
    policy = ticket(world, PURPOSE, upload.id, SIGNED_FOR_SECONDS)
    now = world.clock.now()
    success = success_url(upload)
    after = (
        {"success_action_status": "201", "success_url": success}
        if no_redirect
        else {"success_action_redirect": success}
    )
    params = {
        "x-amz-credential": f"AKIAEMULATOR/{now:%Y%m%d}/us-east-1/s3/aws4_request",
        "x-amz-algorithm": "AWS4-HMAC-SHA256",
        "x-amz-date": f"{now:%Y%m%dT%H%M%SZ}",
        "Filename": upload.name,
        "key": object_key(upload),
        "acl": "private",
        **after,
        "content-type": upload.content_type,
        "Policy": policy,
        "x-amz-signature": signature(world, policy),
    }
    url = f"{world.storage_urls[StorageMode.S3]}/{BUCKET}"
    return UploadTarget(url, params, "file")


def _inst_fs(world: World, upload: Upload, _no_redirect: bool) -> UploadTarget:
    token = ticket(world, PURPOSE, upload.id, SIGNED_FOR_SECONDS)
    params = {"filename": upload.name, "content_type": upload.content_type}
    if upload.target_url is not None:
        params["target_url"] = upload.target_url
    url = f"{world.storage_urls[StorageMode.INST_FS]}/files?token={token}"
    return UploadTarget(url, params, None if upload.target_url else "file")


TARGETS: Mapping[StorageMode, Callable[[World, Upload, bool], UploadTarget]] = {
    StorageMode.LOCAL: _local,
    StorageMode.S3: _s3,
    StorageMode.INST_FS: _inst_fs,
}
