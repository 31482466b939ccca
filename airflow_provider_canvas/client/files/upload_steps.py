"""The second and third step of an upload: the bytes go to the storage, then Canvas gets to know that they are there.

The second step never carries the token, even if the storage is Canvas itself. The response differs by storage: a
redirect to the confirmation URL (Canvas's own disk, S3), ``201`` with the URL of the finished file (Instructure's file
service), ``201`` with XML (S3 without redirects). If a step may have succeeded, Canvas is checked before it is retried;
each kind of upload defines how.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from airflow_provider_canvas.api.call import Call
from airflow_provider_canvas.api.files import File, Files
from airflow_provider_canvas.api.uploads import UploadTarget
from airflow_provider_canvas.client import errors
from airflow_provider_canvas.client.caller import Caller
from airflow_provider_canvas.client.files.multipart import Form, OnProgress
from airflow_provider_canvas.client.files.storage_hosts import (
    HEADERS,
    TransferRetries,
    received_address,
    redirect_target,
    transfer_error,
    url_caller,
)
from airflow_provider_canvas.client.files.upload_sources import UploadSource
from airflow_provider_canvas.client.protocol.flow import Flow, Send
from airflow_provider_canvas.client.protocol.response import Response, ResponseOrError, TransportError
from airflow_provider_canvas.client.protocol.response_shape import UnexpectedShapeError, check_shape
from airflow_provider_canvas.client.protocol.status_errors import is_temporary
from airflow_provider_canvas.security.address import Address

log = logging.getLogger(__name__)

T = TypeVar("T")

MAX_SIGNATURES = 3
"""How many signatures one upload tries. Each is valid for 30 minutes: a second one helps, a fourth does not."""

_FILE_ID = re.compile(r"/files/([1-9][0-9]{0,18}(?:~[1-9][0-9]{0,18})?)(?:/create_success)?/?$")


class Upload(Protocol):
    """One kind of upload: everything around the second and third step, which all kinds share."""

    @property
    def name(self) -> str:
        """The name of the file."""

    @property
    def can_resend(self) -> bool:
        """Whether the same bytes may be sent again if they may have arrived."""

    def start(self, *, restart: bool) -> Flow[UploadTarget]:
        """Do the first step, or repeat it to get a new signature."""

    def form(self, target: UploadTarget) -> Form:
        """Return the body of the second step."""

    def has_arrived(self, file_id: str | None) -> Flow[bool]:
        """Check in Canvas whether the bytes arrived. ``file_id`` is known after the second step."""


@dataclass(frozen=True)
class Uploaded:
    """The upload is complete.

    :param file: The file's record, if the response contains it.
    :param file_id: The file's id, if the response contains it.
    """

    file: File | None = None
    file_id: str | None = None


@dataclass(frozen=True)
class NeedsConfirmation:
    """The bytes are stored, and Canvas must be told so by one request.

    :param address: The address to request, once.
    """

    address: Address


@dataclass(frozen=True)
class SignatureRejected:
    """Nothing was stored. A new signature may help.

    :param error: The storage host's refusal.
    """

    error: errors.CanvasError


@dataclass(frozen=True)
class TemporaryFailure:
    """A retry may help.

    :param error: The error of this attempt.
    :param maybe_done: Whether the bytes may be stored in spite of the error.
    """

    error: errors.CanvasError
    maybe_done: bool


@dataclass(frozen=True)
class PermanentFailure:
    """Nothing was stored, and a retry does not help.

    :param error: The error to raise.
    """

    error: errors.CanvasError


def upload_form(
    target: UploadTarget, source: UploadSource | None, content_type: str | None, on_progress: OnProgress | None
) -> Form:
    """Return the body of a second step: the parameters that Canvas returned, and the file last, if there is one.

    :param target: The response to the first step. Without ``file_param`` the field of the file is ``file``; only a
        ``file_param`` of ``null`` says that the form has none.
    :param source: The file; ``None`` if Canvas fetches it.
    :param content_type: The media type of the file.
    :param on_progress: Called after each chunk of the file.
    :raises CanvasUnexpectedResponseError: When there is a file, and Canvas names no field for it.
    """
    field_name = target.get("file_param", "file")
    if source is not None and not field_name:
        raise errors.CanvasUnexpectedResponseError(
            f"Canvas names no field for the bytes of {source.name} (file_param is {field_name!r}), so nothing was sent."
        )
    return Form(target["upload_params"], field_name, source, content_type, on_progress)


StepResult = Uploaded | NeedsConfirmation | SignatureRejected | TemporaryFailure | PermanentFailure


def run_upload(caller: Caller, upload: Upload) -> Flow[Uploaded]:
    """Run all steps of an upload, and restart at the first step where that is safe.

    :raises CanvasError: When the upload failed, or (``maybe_done``) may have succeeded.
    """
    retries, rejected, restart, maybe_stored = TransferRetries(caller), 0, False, False
    try:
        while True:
            target = yield from upload.start(restart=restart)
            if not target.get("upload_url"):
                raise errors.CanvasUnexpectedResponseError(f"Canvas returned no URL for the upload of {upload.name}.")
            address = received_address(target["upload_url"], f"The upload_url of {upload.name}")
            form, restart = upload.form(target), True
            response: ResponseOrError = yield Send("POST", address, headers=dict(HEADERS), body=form)
            if form.failure is not None:
                raise form.failure
            result = interpret_response(caller, response, target, address, upload.name, all_sent=form.all_sent)
            if isinstance(result, NeedsConfirmation):
                result = yield from _confirm(caller, upload, result.address)
            match result:
                case Uploaded():
                    return result
                case TemporaryFailure(error, maybe_done):
                    maybe_stored |= maybe_done
                    if maybe_done and (yield from upload.has_arrived(None)):
                        return Uploaded()
                    if maybe_done and not upload.can_resend:
                        raise error
                    yield from retries.sleep_or_raise(response, error)
                case SignatureRejected(error):
                    rejected += 1
                    if rejected == MAX_SIGNATURES:
                        raise error
                    log.info("%s Restarting the upload.", error)
                case PermanentFailure(error):
                    raise error
    except errors.CanvasError as error:
        error.maybe_done |= maybe_stored  # an attempt before the last one may have arrived
        raise


def interpret_response(
    caller: Caller, response: ResponseOrError, target: UploadTarget, address: Address, name: str, *, all_sent: bool
) -> StepResult:
    """Return the meaning of the response to a second step.

    :param address: The address of the second step.
    :param all_sent: Whether the form was sent to its end. If not, nothing was stored.
    """
    if isinstance(response, TransportError):
        maybe_done = response.sent and all_sent
        advice = "The file may have arrived: check before you send it again." if maybe_done else "Nothing was stored."
        return TemporaryFailure(_error(caller, response, name, advice), maybe_done)
    if 200 <= response.status < 300 or (response.status in (301, 302, 303) and "location" in response.headers):
        try:
            return _interpret_stored(caller, response, target["upload_params"], address, name)
        except errors.CanvasUnexpectedResponseError as error:
            error.maybe_done = True
            return PermanentFailure(error)
    if is_temporary(response) or b"<Code>RequestTimeout</Code>" in response.body:
        maybe_done = response.status >= 500 and all_sent
        advice = "This usually passes by itself, unless the storage is down."
        return TemporaryFailure(_error(caller, response, name, advice), maybe_done)
    if response.status in (401, 403) or (response.status == 400 and not response.body):
        advice = "The storage rejects Canvas's signature: if this persists, check the clocks of Canvas and the storage."
        return SignatureRejected(_error(caller, response, name, advice))
    return PermanentFailure(_error(caller, response, name, "Nothing was stored."))


def _interpret_stored(
    caller: Caller, response: Response, params: Mapping[str, Any], address: Address, name: str
) -> Uploaded | NeedsConfirmation | PermanentFailure:
    location = redirect_target(response, address, f"the upload of {name}")
    if location is not None and response.status >= 300:
        return NeedsConfirmation(location)
    if location is not None and caller.settings.owns(location) and (match := _FILE_ID.search(location.path)):
        return Uploaded(file_id=match[1])
    try:
        record = response.json()
    except ValueError:
        record = None
    if isinstance(record, dict) and record.get("id") is not None:
        with suppress(UnexpectedShapeError):
            file: File = check_shape(record, File)
            return Uploaded(file, str(file["id"]))
    elif success_url := params.get("success_url"):
        return NeedsConfirmation(received_address(success_url, f"The success_url of {name}"))
    elif isinstance(record, dict) and "target_url" in params:  # Canvas fetches the file later
        return Uploaded()
    advice = "The response does not come from a storage that Canvas uses: check for a proxy in between."
    error = _error(caller, response, name, advice)
    return PermanentFailure(errors.CanvasUnexpectedResponseError(str(error), status=response.status, maybe_done=True))


def _confirm(caller: Caller, upload: Upload, address: Address) -> Flow[StepResult]:
    """Do the third step. It works once: after a lost response Canvas refuses it with an empty 400."""
    match = _FILE_ID.search(address.path)
    file_id = match[1] if match else None
    call = Call("GET", "files/{file_id}/create_success", f"files/{file_id}/create_success", {}, File)
    try:
        record, _ = yield from url_caller(caller, address).call(call)
    except errors.CanvasValidationError as error:
        if error.status != 400 or error.canvas_message is not None:
            raise
        if (yield from upload.has_arrived(file_id)):
            return Uploaded(file_id=file_id)
        return SignatureRejected(error)
    except (errors.CanvasTransportError, errors.CanvasServerError, errors.CanvasUnexpectedResponseError) as error:
        error.maybe_done = True
        raise
    return Uploaded(record, file_id)


def first_step(caller: Caller, call: Call[T]) -> Flow[T]:
    """Do a first step, and retry it after a lost response: it leaves nothing in Canvas that a user sees.

    :raises CanvasError: When Canvas refuses it, or does not respond for long.
    """
    retries = TransferRetries(caller)
    while True:
        try:
            body, _ = yield from caller.call(call)
        except (errors.CanvasTransportError, errors.CanvasServerError) as error:
            if not error.maybe_done:
                raise
            error.maybe_done = False
            yield from retries.sleep_or_raise(None, error)
        else:
            return body


def get_file(caller: Caller, file_id: str) -> Flow[File]:
    """Get the record of a file."""
    record, _ = yield from caller.call(Files.get.call(file_id=file_id))
    return record


def check_stored_size(name: str, sent: int, file: Mapping[str, Any] | None) -> None:
    """Check that Canvas stored as many bytes as were sent.

    A Canvas that stores files on its own disk confirms an upload whose file was lost on the way like any other.

    :param name: The name of the file.
    :param sent: The number of bytes that were sent.
    :param file: The record of the stored file. If it does not contain the size, there is nothing to compare.
    :raises CanvasUnexpectedResponseError: When the numbers differ.
    """
    if file is None or "size" not in file or file["size"] == sent:
        return
    stored = f"{file['size']} bytes" if file["size"] is not None else "nothing"
    raise errors.CanvasUnexpectedResponseError(
        f"{sent} bytes of {name} were sent, but Canvas stored {stored} as file {file.get('id')}: a proxy or "
        "the storage between here and Canvas changed or dropped it. Delete that file, and check what lies in between.",
        maybe_done=True,
        completed=(file,),
    )


def _error(caller: Caller, response: ResponseOrError, name: str, advice: str) -> errors.CanvasError:
    return transfer_error(response, f"the upload of {name}", advice, *caller.settings.secrets)
