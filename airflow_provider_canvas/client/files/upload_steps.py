"""The second and third step of an upload: the bytes go to the storage, and Canvas learns that they are there.

The second step never carries the token, not even where the storage is Canvas itself. What comes back differs by
storage: a redirect to the confirmation (Canvas's own disk, S3), ``201`` and the address of the finished file
(Instructure's file service), ``201`` and XML (S3 without redirects). Nothing that may have been carried out is repeated
blindly: each kind of upload says how one finds out.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar, cast
from urllib.parse import urlsplit

from airflow_provider_canvas.api.call import Call
from airflow_provider_canvas.api.files import File, Files
from airflow_provider_canvas.api.uploads import UploadTarget
from airflow_provider_canvas.client import errors
from airflow_provider_canvas.client.caller import Caller
from airflow_provider_canvas.client.files.multipart import Form
from airflow_provider_canvas.client.files.storage_hosts import (
    HEADERS,
    Patience,
    redirect_target,
    storage_caller,
    transfer_error,
)
from airflow_provider_canvas.client.protocol.flow import Flow, Send
from airflow_provider_canvas.client.protocol.response import Response, ResponseOrError, TransportError
from airflow_provider_canvas.client.protocol.retry import is_throttled

log = logging.getLogger(__name__)

T = TypeVar("T")

MAX_REFUSALS = 3
"""How many signatures one upload tries: each is valid for 30 minutes, so a second one helps, and a fourth does not."""

_FILE_ID = re.compile(r"/files/([0-9~]+)(?:/create_success)?/?$")


class Upload(Protocol):
    """One kind of upload: what is around the second and third step, which all have in common."""

    @property
    def name(self) -> str:
        """What the file is called."""

    @property
    def repeatable(self) -> bool:
        """Whether the same bytes may be sent again when nobody knows whether they arrived."""

    def begin(self, *, again: bool) -> Flow[UploadTarget]:
        """Do the first step, or do it again because its signature is of no use any more."""

    def form(self, target: UploadTarget) -> Form:
        """Return what the second step sends."""

    def found(self, file_id: str | None) -> Flow[bool]:
        """Tell whether the bytes arrived although no answer says so; ``file_id`` is known after the second step."""


@dataclass(frozen=True)
class Uploaded:
    """The file is there.

    :param file: Its record, if the answer had it.
    :param file_id: Its id, if the answer had it.
    """

    file: File | None = None
    file_id: str | None = None


@dataclass(frozen=True)
class Confirm:
    """The bytes are there; Canvas learns of it when this address is asked for, once."""

    url: str = field(repr=False)


@dataclass(frozen=True)
class Refused:
    """Nothing was stored, but with another signature it may be."""

    error: errors.CanvasError


@dataclass(frozen=True)
class Interrupted:
    """Something passing. If ``maybe_done``, the bytes may be there all the same."""

    error: errors.CanvasError
    maybe_done: bool


@dataclass(frozen=True)
class Hopeless:
    """Nothing was stored, and nothing will be."""

    error: errors.CanvasError


Read = Uploaded | Confirm | Refused | Interrupted | Hopeless


def delivered(caller: Caller, upload: Upload) -> Flow[Uploaded]:
    """Do an upload in all its steps, again from the first where that can do no harm.

    :raises CanvasError: When the file did not arrive, or (``maybe_done``) nobody knows.
    """
    patience, refusals, again, perhaps = Patience(caller), 0, False, False
    try:
        while True:
            target = yield from upload.begin(again=again)
            if not target.get("upload_url"):
                raise errors.CanvasUnexpectedAnswerError(f"Canvas did not say where to upload {upload.name}.")
            form, again = upload.form(target), True
            outcome: ResponseOrError = yield Send("POST", target["upload_url"], headers=dict(HEADERS), body=form)
            if form.failure is not None:
                raise form.failure
            read = read_answer(caller, outcome, target, upload.name, all_sent=form.all_sent)
            if isinstance(read, Confirm):
                read = yield from _confirmed(caller, upload, read.url)
            match read:
                case Uploaded():
                    return read
                case Interrupted(error, maybe_done):
                    perhaps |= maybe_done
                    if maybe_done and (yield from upload.found(None)):
                        return Uploaded()
                    if maybe_done and not upload.repeatable:
                        raise error
                    yield from patience.wait(outcome, error)
                case Refused(error):
                    refusals += 1
                    if refusals == MAX_REFUSALS:
                        raise error
                    log.info("%s Beginning again.", error)
                case Hopeless(error):
                    raise error
    except errors.CanvasError as error:
        error.maybe_done |= perhaps  # an attempt before the last one may have arrived
        raise


def read_answer(caller: Caller, outcome: ResponseOrError, target: UploadTarget, name: str, *, all_sent: bool) -> Read:
    """Return what the outcome of a second step means.

    :param all_sent: Whether the form was sent to its end: if not, nothing was stored.
    """
    if isinstance(outcome, TransportError):
        maybe_done = outcome.sent and all_sent
        advice = "It may have arrived: look before it is sent again." if maybe_done else "Nothing was stored."
        return Interrupted(_error(caller, outcome, name, advice), maybe_done)
    there = redirect_target(outcome, target["upload_url"])
    if outcome.status in (301, 302, 303) and there is not None:
        return Confirm(there)
    if 200 <= outcome.status < 300:
        return _read_success(caller, outcome, there, target["upload_params"], name)
    if is_throttled(outcome) or outcome.status >= 500 or b"<Code>RequestTimeout</Code>" in outcome.body:
        maybe_done = outcome.status >= 500 and all_sent
        return Interrupted(
            _error(caller, outcome, name, "This passes by itself, unless the storage is down."), maybe_done
        )
    if outcome.status in (401, 403) or (outcome.status == 400 and not outcome.body):
        advice = "The storage refuses what Canvas signed: if that goes on, look at the clocks of both."
        return Refused(_error(caller, outcome, name, advice))
    return Hopeless(_error(caller, outcome, name, "Nothing was stored."))


def _read_success(
    caller: Caller, answer: Response, location: str | None, params: Mapping[str, Any], name: str
) -> Uploaded | Confirm | Hopeless:
    own = location is not None and caller.settings.owns(location)
    if own and (found := _FILE_ID.search(urlsplit(location or "").path)):
        return Uploaded(file_id=found[1])
    try:
        record = answer.json()
    except ValueError:
        record = None
    if isinstance(record, dict) and record.get("id"):
        return Uploaded(cast("File", record), str(record["id"]))
    if success_url := params.get("success_url"):
        return Confirm(success_url)
    if isinstance(record, dict) and "target_url" in params:  # Canvas fetches it: there is no file yet
        return Uploaded()
    advice = "That is no answer of a storage that Canvas uses: look for a proxy on the way."
    error = _error(caller, answer, name, advice)
    unknown = errors.CanvasUnexpectedAnswerError(str(error), status=answer.status, maybe_done=True)
    return Hopeless(unknown)


def _confirmed(caller: Caller, upload: Upload, url: str) -> Flow[Read]:
    """Do the third step. It works once, so after a lost answer it is refused without a word: then one looks."""
    found = _FILE_ID.search(urlsplit(url).path)
    file_id = found[1] if found else None
    call = Call(
        "GET", "files/{file_id}/create_success", f"files/{file_id}/create_success", {}, cast("type[File]", dict)
    )
    try:
        record, _ = yield from storage_caller(caller, url).call_flow(call)
    except errors.CanvasValidationError as error:
        if error.status != 400 or error.canvas_message is not None:
            raise
        if (yield from upload.found(file_id)):
            return Uploaded(file_id=file_id)
        return Refused(error)
    except (errors.CanvasTransportError, errors.CanvasServerError, errors.CanvasUnexpectedAnswerError) as error:
        error.maybe_done = True
        raise
    return Uploaded(record, file_id)


def first_step(caller: Caller, call: Call[T]) -> Flow[T]:
    """Do a first step that leaves nothing behind but a promise, which nobody sees: it is repeated after a lost answer.

    :raises CanvasError: When Canvas refuses it, or does not answer for long.
    """
    patience = Patience(caller)
    while True:
        try:
            answer, _ = yield from caller.call_flow(call)
        except (errors.CanvasTransportError, errors.CanvasServerError) as error:
            if not error.maybe_done:
                raise
            error.maybe_done = False
            yield from patience.wait(None, error)
        else:
            return answer


def get_file(caller: Caller, file_id: str) -> Flow[File]:
    """Get a file's record."""
    record, _ = yield from caller.call_flow(Files.get.call(file_id=file_id))
    return record


def _error(caller: Caller, outcome: ResponseOrError, name: str, advice: str) -> errors.CanvasError:
    return transfer_error(outcome, f"the upload of {name}", advice, *caller.settings.secrets)
