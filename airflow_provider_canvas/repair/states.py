"""The states of a change, and what each means for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class RepairState(StrEnum):
    """What became of one change of a link."""

    PLANNED = "planned"
    REPAIRING = "repairing"
    REPAIRED = "repaired"
    UNDONE = "undone"
    UNCHANGED = "unchanged"
    SKIPPED_EDITED = "skipped_edited"
    SKIPPED_LOCKED = "skipped_locked"
    SKIPPED_BLUEPRINT = "skipped_blueprint"
    SKIPPED_MISSING = "skipped_missing"
    SKIPPED_FORBIDDEN = "skipped_forbidden"
    SKIPPED_BLOCK_EDITOR = "skipped_block_editor"
    SKIPPED_UNSUPPORTED = "skipped_unsupported"
    FAILED = "failed"


SKIPPED = tuple(state for state in RepairState if state.startswith("skipped_"))
"""The states of changes that were not made, and why."""


@dataclass(frozen=True)
class Meaning:
    """What a state means for people.

    :param label: The state in a few words.
    :param symbol: A character that stands with the colour of the state.
    :param explanation: What it means, and what to do, as sentences.
    """

    label: str
    symbol: str
    explanation: str


MEANINGS: Mapping[RepairState, Meaning] = {
    RepairState.FAILED: Meaning(
        "failed", "!", "The change could not be made. The details say why; run the task again to try again."
    ),
    RepairState.REPAIRING: Meaning(
        "interrupted", "…", "The task ended while it made the change. Run it again: it finds out whether it was made."
    ),
    RepairState.SKIPPED_EDITED: Meaning(
        "edited meanwhile",
        "✎",
        "A user edited the text while the task ran, and an edit is never overwritten. Reconcile the course again, "
        "then repair it.",
    ),
    RepairState.SKIPPED_LOCKED: Meaning(
        "locked by a blueprint", "#", "The blueprint locks the content. Repair the blueprint course, then sync it."
    ),
    RepairState.SKIPPED_BLUEPRINT: Meaning(
        "from a blueprint",
        "»",
        "The content comes from a blueprint. An edit here would keep later syncs from updating it: repair the "
        "blueprint course, then sync it; or set repair_blueprint_children=True.",
    ),
    RepairState.SKIPPED_BLOCK_EDITOR: Meaning(
        "block editor", "□", "The page was written in the block editor, which the API cannot change. Edit it in Canvas."
    ),
    RepairState.SKIPPED_FORBIDDEN: Meaning(
        "not permitted", "%", "The token's user may not read or change the place. Give it the right, or edit by hand."
    ),
    RepairState.SKIPPED_UNSUPPORTED: Meaning(
        "not supported", "~", "Canvas does not change this by its API. Correct the link in Canvas by hand."
    ),
    RepairState.SKIPPED_MISSING: Meaning(
        "place is gone", "∅", "The place was deleted since the reconciliation. There is nothing to do."
    ),
    RepairState.UNCHANGED: Meaning(
        "no longer there",
        "=",
        "The address is not there any more: it was repaired, or the text was edited since the reconciliation.",
    ),
    RepairState.PLANNED: Meaning("planned", "○", "A dry run: the change would be made with dry_run=False."),
    RepairState.REPAIRED: Meaning("repaired", "✓", "The address was changed. undo= takes it back."),
    RepairState.UNDONE: Meaning("undone", "↶", "The text is again as it was before the repair."),
}
"""What the states mean, those that need a person first."""
