"""The pairs of an asset id mapping, in each of the forms that a Canvas may send."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_ID = re.compile(r"(?:(?P<shard>[0-9]{1,6})~)?(?P<number>[0-9]+)", re.ASCII)
_IDS_PER_SHARD = 10**13


def asset_pairs(entries: object) -> dict[str, str]:
    """Return the pairs of one asset type: id in the source to id in the destination, both as text.

    An entry is ``{"13": "740"}``, also with a number for a value, or from a migration id to an object:
    ``{"g0123...": {"source": {"id": "13"}, "destination": {"id": "740"}}}``. Other entries are skipped.

    :param entries: What the mapping has for an asset type.
    """
    pairs: dict[str, str] = {}
    described: dict[str, str] = {}
    for key, value in entries.items() if isinstance(entries, Mapping) else ():
        if isinstance(value, Mapping):
            source_id, dest_id = (_id_of(value.get(side)) for side in ("source", "destination"))
            if source_id and dest_id:
                described[source_id] = dest_id
        elif (source_id := _as_id(key)) and (dest_id := _as_id(value)):
            pairs[source_id] = dest_id
    return {**described, **pairs}


def _id_of(side: Any) -> str | None:
    return _as_id(side.get("id")) if isinstance(side, Mapping) else None


def _as_id(value: object) -> str | None:
    """Return an id as text, ``1~23`` as 10000000000023 like in other responses; None for anything that is none."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    match = _ID.fullmatch(str(value))
    if match is None:
        return None
    return (
        match["number"] if match["shard"] is None else str(int(match["shard"]) * _IDS_PER_SHARD + int(match["number"]))
    )
