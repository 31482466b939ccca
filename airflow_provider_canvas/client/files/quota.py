"""The reason in an error when a file does not fit into its quota: how large it is, and how much room there is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_provider_canvas.api.files import OWNERS, Files
from airflow_provider_canvas.client import errors
from airflow_provider_canvas.client.caller import Caller
from airflow_provider_canvas.client.protocol.flow import Flow

MEGABYTE = 1_000_000


def explain_quota(
    caller: Caller, error: errors.CanvasValidationError, name: str, size: int | None, place: Mapping[str, Any]
) -> Flow[None]:
    """Add the sizes to an error if the file is larger than the room that is left.

    Canvas answers in the language of the token's user, so its message does not tell: the quota is read.

    :param error: The error of the request that announced the file.
    :param name: The name of the file.
    :param size: Its number of bytes; ``None`` if it is not known.
    :param place: Where it was to go; of an account and a folder, Canvas shows no quota.
    """
    owner = {kind: value for kind, value in place.items() if kind in OWNERS and value is not None}
    if size is None or len(owner) != 1:
        return
    try:
        quota = yield from caller.call_json(Files.quota.call_with(owner))
    except errors.CanvasError:
        return  # the first error counts
    total, used = quota.get("quota"), quota.get("quota_used")
    if not isinstance(total, int | float) or not isinstance(used, int | float) or size <= total - used:
        return
    ((kind, value),) = owner.items()
    message = (
        f"{name} has {describe_size(size)}, and {kind.removesuffix('_id')} {value} has room for "
        f"{describe_size(max(0, total - used))} ({describe_size(used)} of {describe_size(total)} are used). Make room: "
        "delete files there, or have its quota raised; or use a smaller file. "
        f"Canvas did not keep it: {error.canvas_message}."
    )
    error.args = (message,)


def describe_size(size: float) -> str:
    """Return a number of bytes in words."""
    return f"{size:,.0f} bytes" if size < MEGABYTE else f"{size / MEGABYTE:,.1f} MB"
