"""Downloads: streamed, resumed after a broken connection, verified, and visible only when they are complete."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from airflow_provider_canvas.api.content_exports import ContentExport
from airflow_provider_canvas.api.content_migrations import ContentMigration
from airflow_provider_canvas.api.files import File, Files
from airflow_provider_canvas.api.ids import Id
from airflow_provider_canvas.client import errors
from airflow_provider_canvas.client.caller import Caller
from airflow_provider_canvas.client.files.download_targets import Target, download_target
from airflow_provider_canvas.client.files.partial_download import OnProgress, PartialDownload
from airflow_provider_canvas.client.files.storage_hosts import (
    TransferRetries,
    received_address,
    redirect_target,
    transfer_error,
)
from airflow_provider_canvas.client.protocol.flow import Flow, Send, run_in_thread
from airflow_provider_canvas.client.protocol.response import Response, ResponseOrError, TransportError
from airflow_provider_canvas.client.protocol.status_errors import is_temporary, is_throttled
from airflow_provider_canvas.security.address import Address

MAX_REDIRECTS = 5
EXPIRED = "Canvas keeps it for 30 days: export again."

GetUrl = Callable[[Caller, File], Flow[str]]
"""Gets another URL of a file."""


@dataclass(frozen=True)
class Downloaded:
    """A downloaded file.

    :param path: The target as it was given; ``None`` for a file object.
    :param size: Bytes.
    :param sha256: In hexadecimal digits, if requested.
    :param content_type: The media type.
    """

    path: Any
    size: int
    sha256: str | None
    content_type: str | None


def download(
    caller: Caller,
    file: File | ContentExport | ContentMigration | Id,
    to: Target,
    *,
    checksum: bool = False,
    on_progress: OnProgress | None = None,
) -> Flow[Downloaded]:
    """Download a file in constant memory.

    A broken download is resumed if the file is still the same, for as long as bytes arrive. A path holds the complete
    file, or what it held before; after a failure no temporary file remains.

    https://developerdocs.instructure.com/services/canvas/resources/files

    :param file: A file's record or id; or a content export or migration, to download its attachment.
    :param to: A path, an object-storage path, or a file open for writing bytes.
    :param checksum: Compute the SHA-256 during the download.
    :param on_progress: Called after each chunk with the bytes received and the total (``None`` if unknown). An
        exception in it ends the download.
    :raises CanvasNotFoundError: When the file is deleted, expired, or not there yet.
    :raises CanvasPermissionError: When the file is locked, or the storage refuses the download.
    :raises CanvasUnexpectedResponseError: When the response is something else, such as a login page.
    :raises CanvasError: When the download fails for another reason.
    :raises OSError: When the target cannot be written.
    """
    record = yield from _record(caller, file)
    url = _url_of(record)
    target = yield from run_in_thread(lambda: download_target(to))
    try:
        size, content_type = record.get("size"), record.get("content-type")
        partial = PartialDownload(target, size, content_type, checksum=checksum, on_progress=on_progress)
        try:
            yield from _fetch_all(caller, record, url, partial)
        except errors.CanvasError as error:
            error.args = (f"{error} {partial.remains}".rstrip(),)
            raise
        yield from run_in_thread(target.commit)
    finally:
        target.discard()
    path = None if target.path is None else to
    return Downloaded(path, partial.received, partial.sha256, partial.content_type)


def attachment_of(record: ContentExport | ContentMigration) -> File:
    """Return the file of a content export or migration.

    :raises CanvasNotFoundError: When it has no file: not yet, or not any more.
    """
    if attachment := record.get("attachment"):
        return attachment
    state = record.get("workflow_state")
    subject = f"Content {'migration' if 'migration_type' in record else 'export'} {record.get('id')}"
    if state in ("exported", "completed"):
        raise errors.CanvasNotFoundError(f"{subject} has no attachment any more, or not yet. {EXPIRED}")
    raise errors.CanvasNotFoundError(f"{subject} has no attachment, it is {state}: wait until it is exported.")


def _record(caller: Caller, file: File | ContentExport | ContentMigration | Id) -> Flow[File]:
    if not isinstance(file, Mapping):
        record, _ = yield from caller.call(Files.get.call(file_id=file))
        return record
    if "workflow_state" in file:
        return attachment_of(cast("ContentExport", file))
    return cast("File", file)


def _url_of(record: File) -> str:
    """Return the download URL of a file.

    :raises CanvasError: When its record has none.
    """
    if url := record.get("url"):
        return url
    name = _name(record)
    if record.get("locked_for_user") or record.get("locked"):
        reason = record.get("lock_explanation") or "unlock it, or use the token of a user who may see it"
        raise errors.CanvasPermissionError(f"{name} is locked: {reason}.")
    raise errors.CanvasNotFoundError(f"{name} has no URL: get its record again. If it belongs to an export: {EXPIRED}")


def _fetch_all(caller: Caller, record: File, url: str, partial: PartialDownload) -> Flow[None]:
    """Request the file until it is complete, each time at the first URL: those it redirects to expire soon."""
    retries, tried = TransferRetries(caller), set[GetUrl]()
    while True:
        received_before = partial.received
        address = received_address(url, f"The URL of {_name(record)}")
        response = yield from _follow_redirects(caller, address, f"the download of {_name(record)}", partial)
        if partial.failure is not None:
            raise partial.failure
        if not partial.is_page and partial.is_complete_after(response):
            return
        if partial.received > received_before:
            retries.reset()
            tried.clear()
        other = _public_url if partial.is_page else _fresh_url if _is_denied(response) else None
        error = _error(caller, response, record, partial)
        if other is not None and other not in tried and "id" in record:
            tried.add(other)
            url = yield from other(caller, record)
        elif partial.is_page or _is_final(response):
            raise error
        else:
            yield from retries.sleep_or_raise(response, error, partial.next_request)


def _follow_redirects(
    caller: Caller, address: Address, transfer: str, partial: PartialDownload
) -> Flow[ResponseOrError]:
    """Get an address and the addresses that it redirects to. Only our own Canvas gets the token."""
    for _ in range(MAX_REDIRECTS + 1):
        request = Send("GET", address, headers=partial.request_headers(), into=partial.receive)
        if caller.settings.owns(address):
            response, _ = yield from caller.send_with_token(request)
        else:
            response = yield from caller.send(request)
        if isinstance(response, TransportError) or response.status not in (301, 302, 303, 307, 308):
            return response
        target = redirect_target(response, address, transfer)
        if target is None:
            return response
        address = target
        if caller.settings.owns(address) and f"{address.path}/".startswith("/login/"):
            partial.is_page = True
            return response
    return response


def _fresh_url(caller: Caller, record: File) -> Flow[str]:
    current, _ = yield from caller.call(Files.get.call(file_id=record["id"]))
    return _url_of(current)


def _public_url(caller: Caller, record: File) -> Flow[str]:
    body, _ = yield from caller.call(Files.public_url.call(file_id=record["id"]))
    return body["public_url"]


def _is_denied(response: ResponseOrError) -> bool:
    return isinstance(response, Response) and response.status in (401, 403, 404, 410) and not is_throttled(response)


def _is_final(response: ResponseOrError) -> bool:
    if isinstance(response, TransportError):
        return not response.temporary
    if is_throttled(response):
        return False
    return 300 <= response.status < 500 and response.status not in (408, 416)


def _name(record: File) -> str:
    return record.get("display_name") or f"file {record.get('id')}"


def _error(caller: Caller, response: ResponseOrError, record: File, partial: PartialDownload) -> errors.CanvasError:
    """Return the error to raise if no further attempt follows."""
    transfer = f"the download of {_name(record)}"
    if partial.is_page:
        return errors.CanvasUnexpectedResponseError(
            f"Received an HTML page instead of {_name(record)}, such as a login page: Canvas does not accept the "
            "token for this URL."
        )
    if isinstance(response, Response) and response.status in (200, 206):
        return errors.CanvasTransportError(f"Received {partial.received} of {partial.size} bytes in {transfer}.")
    if _is_denied(response):
        advice = f"If it belongs to an export: {EXPIRED}"
    elif is_temporary(response):
        advice = "This usually passes by itself, unless the storage is down."
    else:
        advice = "Check the storage, and proxies between here and there."
    return transfer_error(response, transfer, advice, *caller.settings.secrets)
