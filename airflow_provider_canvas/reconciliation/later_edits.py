"""Whether an asset of the destination was edited after the copy had ended.

Canvas sends the time of the last update for pages, assignments and files only, so nothing else can be told. It updates
some of them itself when the copy has ended already:

- The assignment of a New Quiz, when the service of New Quizzes reports that it has built the quiz.
- The gradebook entry of a quiz or a discussion, when Canvas saves the other half of the pair.
- A file, when Canvas has made its thumbnail; on a real Canvas up to 30 seconds after its creation.

The first is never counted as an edit, the two others only if they are later by more than ``TOLERANCE``. A page, and
any other assignment, changes only if a user edits it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from airflow_provider_canvas.reconciliation.assets import Asset

TOLERANCE = timedelta(minutes=1)
"""For how long after the end of a copy Canvas may still update files and gradebook entries: twice what was seen."""


def is_edited_after(asset: Asset, copy_ended_at: datetime | None) -> bool | None:
    """Return whether an asset was edited after the copy; None if that is not known.

    :param asset: An asset of the destination.
    :param copy_ended_at: When Canvas ended the copy; None if it is not known.
    """
    if copy_ended_at is None or asset.updated_at is None or asset.is_new_quiz:
        return None
    is_updated_later = asset.asset_type == "files" or asset.shell_of is not None
    return asset.updated_at > copy_ended_at + (TOLERANCE if is_updated_later else timedelta(0))
