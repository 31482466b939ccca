"""Signed statements of Canvas to its storage hosts: who holds one may do what it says, until it expires."""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta
from hashlib import sha256

from canvas_emulator.model.world import World

SIGNATURE_LENGTH = 32


def signature(world: World, text: str) -> str:
    """Sign a text with this Canvas's key."""
    return hmac.new(world.storage_key, text.encode(), sha256).hexdigest()[:SIGNATURE_LENGTH]


def ticket(world: World, purpose: str, row_id: int, seconds: float) -> str:
    """Make a statement: what its holder may do with which row, and for how long."""
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
    """Return the word that opens a file's address without a token."""
    return signature(world, f"attachment {file_id}")
