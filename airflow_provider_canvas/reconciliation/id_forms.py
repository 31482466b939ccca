"""The forms of one id, where Canvas has several shards: 14 on its own shard, ``7~14`` and 70000000000014 anywhere."""

from __future__ import annotations

import re

IDS_PER_SHARD = 10**13
"""What a global id adds to the local id, per number of the shard."""

_ID = re.compile(r"(?:(?P<shard>[0-9]{1,6})~)?(?P<number>[0-9]{1,20})", re.ASCII)


def shard_and_number(written: str) -> tuple[int, int] | None:
    """Return the shard and the local number of an id; shard 0 if the id does not name one, None if it is no id.

    :param written: The id, in any form.
    """
    match = _ID.fullmatch(written)
    if match is None:
        return None
    shard, number = divmod(int(match["number"]), IDS_PER_SHARD)
    return int(match["shard"] or shard), number


def in_form_of(course_id: str, asset_id: str) -> str:
    """Return the id of an asset as Canvas lists it: local or global, as the id of its course, whose shard it is on.

    :param course_id: The course; empty if it is not known.
    :param asset_id: The asset, as a mapping of Canvas names it.
    """
    course, asset = shard_and_number(course_id), shard_and_number(asset_id)
    return asset_id if course is None or asset is None else str(course[0] * IDS_PER_SHARD + asset[1])
