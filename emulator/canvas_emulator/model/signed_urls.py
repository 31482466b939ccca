"""Signed URLs: tickets of Canvas for its storage hosts, which allow one thing until they expire."""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256
from urllib.parse import quote

from canvas_emulator.model.content import File
from canvas_emulator.model.content_base import ContextType
from canvas_emulator.model.settings import StorageMode
from canvas_emulator.model.world import World

SIGNATURE_LENGTH = 32

DOWNLOAD = "download"
TICKET: Mapping[StorageMode, str] = {
    StorageMode.LOCAL: "sf_verifier",
    StorageMode.S3: "X-Amz-Signature",
    StorageMode.INST_FS: "token",
}
"""The parameter that carries the ticket."""
VALID_FOR_SECONDS: Mapping[StorageMode, float] = {
    StorageMode.LOCAL: 3 * 3600.0,
    StorageMode.S3: 3600.0,
    StorageMode.INST_FS: 24 * 3600.0,
}


def signature(world: World, text: str) -> str:
    """Sign a text with this Canvas's key."""
    return hmac.new(world.storage_key, text.encode(), sha256).hexdigest()[:SIGNATURE_LENGTH]


def ticket(world: World, purpose: str, row_id: int, seconds: float) -> str:
    """Return a ticket: it allows its holder one use of a row, for some time."""
    expires = (world.clock.now() + timedelta(seconds=seconds)).timestamp()
    statement = urlsafe_b64encode(json.dumps([purpose, row_id, expires]).encode()).decode().rstrip("=")
    return f"{statement}.{signature(world, statement)}"


def row_of(world: World, purpose: str, text: str) -> int | None:
    """Return the id of the row that a ticket is about; None when it is not for this, forged or expired."""
    statement, _, signed = text.partition(".")
    if not hmac.compare_digest(signed.encode(), signature(world, statement).encode()):
        return None
    stated, row_id, expires = json.loads(urlsafe_b64decode(statement + "=" * (-len(statement) % 4)))
    valid = stated == purpose and world.clock.now().timestamp() < expires
    return int(row_id) if valid else None


def verifier(world: World, file_id: int) -> str:
    """Return the parameter with which a file's URL works without a token."""
    return signature(world, f"attachment {file_id}")


def download_url(world: World, file: File, base_url: str) -> str:
    """Return the URL of a file's bytes that needs no token: on the storage host it is valid for some hours.

    :param base_url: Scheme and host of this Canvas, as the client knows it.
    """
    mode = world.settings.storage
    seconds = VALID_FOR_SECONDS[mode]
    if mode is StorageMode.LOCAL:
        of_people = file.context_type in (ContextType.COURSE, ContextType.GROUP, ContextType.USER)
        context = f"/{file.context_type.lower()}s/{file.course_id}" if of_people else ""
        signed = (
            f"verifier={verifier(world, file.id)}"
            if world.settings.file_verifiers
            else f"{TICKET[mode]}={ticket(world, DOWNLOAD, file.id, seconds)}"
        )
        return f"{base_url}{context}/files/{file.id}/download?{signed}"
    expiry = f"X-Amz-Expires={seconds:.0f}&" if mode is StorageMode.S3 else ""
    signed = f"{expiry}{TICKET[mode]}={ticket(world, DOWNLOAD, file.id, seconds)}"
    return f"{world.storage_urls[mode]}/objects/{file.id}/{quote(file.title)}?{signed}"
