"""Upload: its states, from the first step to the file."""

from __future__ import annotations

from enum import StrEnum

from canvas_emulator.machines.plans import Allowed


class UploadState(StrEnum):
    """What an upload waits for. ``upload_status`` of a file is derived from it: all but ``success`` are ``pending``."""

    PENDING = "pending"
    STORED = "stored"
    SUCCESS = "success"
    FAILED = "failed"


class OnDuplicate(StrEnum):
    """What to do with a file of the same name in the same folder."""

    OVERWRITE = "overwrite"
    RENAME = "rename"
    ERROR = "error"


ALLOWED: Allowed[UploadState] = {
    UploadState.PENDING: frozenset({UploadState.STORED, UploadState.FAILED}),
    # What is stored may be sent once more until it is confirmed.
    UploadState.STORED: frozenset({UploadState.SUCCESS, UploadState.FAILED}),
    # A confirmed upload is over: a second confirmation is refused.
    UploadState.SUCCESS: frozenset(),
    UploadState.FAILED: frozenset(),
}

FINAL = frozenset({UploadState.SUCCESS, UploadState.FAILED})

SIGNED_FOR_SECONDS = 30 * 60.0
"""How long after the first step the bytes are taken."""
