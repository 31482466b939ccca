"""Downloading files: streamed, resumed after a break, verified, and there only when they are whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

from airflow_provider_canvas.api.content_exports import ContentExport
from airflow_provider_canvas.api.content_migrations import ContentMigration
from airflow_provider_canvas.api.files import File, Files
from airflow_provider_canvas.api.ids import Id
from airflow_provider_canvas.client import errors
from airflow_provider_canvas.client.caller import Caller
from airflow_provider_canvas.client.files.download_targets import Target, download_target
from airflow_provider_canvas.client.files.partial_download import OnProgress, PartialDownload
from airflow_provider_canvas.client.files.storage_hosts import Patience, redirect_target, transfer_error
from airflow_provider_canvas.client.protocol.flow import Flow, Send, run_in_thread
from airflow_provider_canvas.client.protocol.response import Response, ResponseOrError, TransportError
from airflow_provider_canvas.client.protocol.retry import is_throttled

MAX_REDIRECTS = 5
GONE_AFTER = "Canvas keeps it for 30 days: export again."


Way = Callable[[Caller, File], Flow[str]]
"""Gets another address of a file."""


@dataclass(frozen=True)
class Downloaded:
    """A file that is here.

    :param path: Where, as it was given; ``None`` for a file object.
    :param size: Bytes.
    :param sha256: In hexadecimal digits, if it was asked for.
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

    After a break it goes on where it stopped, if the file is still the same, for as long as anything comes. A path is
    written under a temporary name beside it, and replaced at the end; after a failure nothing is left behind.

    https://developerdocs.instructure.com/services/canvas/resources/files

    :param file: A file's record or id; or a content export (or migration), then what is attached to it.
    :param to: A path, an object-storage path, or a file open for writing bytes.
    :param checksum: Compute the SHA-256 on the way.
    :param on_progress: Called with the bytes that have arrived and the bytes in all (``None`` if nobody says), after
        each piece. What it raises ends the download.
    :raises CanvasNotFoundError: When the file is gone, or not there yet.
    :raises CanvasPermissionError: When it is locked, or the storage refuses.
    :raises CanvasUnexpectedAnswerError: When something else comes in its place, such as a login page.
    :raises CanvasError: When it does not arrive for other reasons.
    :raises OSError: When it cannot be written.
    """
    record = yield from _record(caller, file)
    address = _address(record)
    landing = yield from run_in_thread(lambda: download_target(to))
    try:
        size, kind = record.get("size"), record.get("content-type")
        arriving = PartialDownload(landing, size, kind, checksum=checksum, on_progress=on_progress)
        yield from _arrive(caller, record, address, arriving)
        yield from run_in_thread(landing.keep)
    finally:
        landing.discard()
    path = None if landing.path is None else to
    return Downloaded(path, arriving.received, arriving.sha256, arriving.content_type)


def attachment_of(record: ContentExport | ContentMigration) -> File:
    """Return the file of a content export or migration.

    :raises CanvasNotFoundError: When there is none: not yet, or not any more.
    """
    if attachment := record.get("attachment"):
        return attachment
    state = record.get("workflow_state")
    what = f"Content {'migration' if 'migration_type' in record else 'export'} {record.get('id')}"
    if state in ("exported", "completed"):
        raise errors.CanvasNotFoundError(f"{what} has no attachment any more, or not yet. {GONE_AFTER}")
    raise errors.CanvasNotFoundError(f"{what} has no attachment, it is {state}: wait until it is exported.")


def _record(caller: Caller, file: File | ContentExport | ContentMigration | Id) -> Flow[File]:
    if not isinstance(file, Mapping):
        record, _ = yield from caller.call_flow(Files.get.call(file_id=file))
        return record
    if "workflow_state" in file:
        return attachment_of(cast("ContentExport", file))
    return cast("File", file)


def _address(record: File) -> str:
    """Return where a file is got from.

    :raises CanvasError: When its record does not say.
    """
    if url := record.get("url"):
        return url
    name = _name(record)
    if record.get("locked_for_user") or record.get("locked"):
        because = record.get("lock_explanation") or "unlock it, or use the token of somebody who may see it"
        raise errors.CanvasPermissionError(f"{name} is locked: {because}.")
    raise errors.CanvasNotFoundError(f"{name} has no address: get its record again. If it is an export's, {GONE_AFTER}")


def _arrive(caller: Caller, record: File, address: str, arriving: PartialDownload) -> Flow[None]:
    """Ask for the file until all of it is here, each time at the first address: what it leads to is short-lived."""
    patience, tried = Patience(caller), set[Way]()
    while True:
        before = arriving.received
        outcome = yield from _follow(caller, address, arriving)
        if arriving.failure is not None:
            raise arriving.failure
        if not arriving.is_page and arriving.is_whole_after(outcome):
            return
        if arriving.received > before:
            patience.renew()
            tried.clear()
        other = _public_address if arriving.is_page else _fresh_address if _is_denied(outcome) else None
        error = _error(caller, outcome, record, arriving)
        if other is not None and other not in tried and "id" in record:
            tried.add(other)
            address = yield from other(caller, record)
        elif arriving.is_page or _is_final(outcome):
            raise error
        else:
            yield from patience.wait(outcome, error)


def _follow(caller: Caller, address: str, arriving: PartialDownload) -> Flow[ResponseOrError]:
    """Get what an address leads to, with the token on our own Canvas only."""
    for _ in range(MAX_REDIRECTS + 1):
        request = Send("GET", address, headers=arriving.ask(), into=arriving.receive)
        if caller.settings.owns(address):
            outcome, _ = yield from caller.signed(request)
        else:
            outcome = yield from caller.exchange(request)
        there = redirect_target(outcome, address) if isinstance(outcome, Response) else None
        if isinstance(outcome, TransportError) or outcome.status not in (301, 302, 303, 307, 308) or there is None:
            return outcome
        address = there
        if caller.settings.owns(address) and f"{urlsplit(address).path}/".startswith("/login/"):
            arriving.is_page = True
            return outcome
    return outcome


def _fresh_address(caller: Caller, record: File) -> Flow[str]:
    now, _ = yield from caller.call_flow(Files.get.call(file_id=record["id"]))
    return _address(now)


def _public_address(caller: Caller, record: File) -> Flow[str]:
    answer, _ = yield from caller.call_flow(Files.public_url.call(file_id=record["id"]))
    return answer["public_url"]


def _is_denied(outcome: ResponseOrError) -> bool:
    return isinstance(outcome, Response) and outcome.status in (401, 403, 404, 410) and not is_throttled(outcome)


def _is_final(outcome: ResponseOrError) -> bool:
    if isinstance(outcome, TransportError) or is_throttled(outcome):
        return False
    return 300 <= outcome.status < 500 and outcome.status not in (408, 416)


def _name(record: File) -> str:
    return record.get("display_name") or f"file {record.get('id')}"


def _error(caller: Caller, outcome: ResponseOrError, record: File, arriving: PartialDownload) -> errors.CanvasError:
    """Return what it means if nothing better follows."""
    doing = f"the download of {_name(record)}"
    if arriving.is_page:
        return errors.CanvasUnexpectedAnswerError(
            f"A page came in place of {_name(record)}, such as one to log in: Canvas does not take the token there."
        )
    if isinstance(outcome, Response) and outcome.status in (200, 206):
        text = f"{arriving.received} of {arriving.size} bytes came in {doing}."
        return errors.CanvasTransportError(text)
    advice = f"If it belongs to an export: {GONE_AFTER}" if _is_denied(outcome) else "Nothing was kept."
    return transfer_error(outcome, doing, advice, *caller.settings.secrets)
