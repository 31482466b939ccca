"""The fixed vocabulary of a reconciliation: what can be said about one asset, what it means, and how bad it is.

Every reader of the results (the database, the report, ``fail_if``) takes its words from this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Decision(StrEnum):
    """What a course, or one row, comes to."""

    PASS = "pass"  # noqa: S105 (no password)
    WARN = "warn"
    FAIL = "fail"

    @property
    def rank(self) -> int:
        """The worse, the higher."""
        return list(Decision).index(self)


class Status(StrEnum):
    """What became of one asset. The order is the order of reading: what needs a person comes first."""

    MISSING_IN_DESTINATION = "missing_in_destination"
    FAILED_QUIZ = "failed_quiz"
    MAPPED_BUT_DELETED = "mapped_but_deleted"
    PENDING_QUIZ = "pending_quiz"
    MATCHED_CHANGED = "matched_changed"
    UNMAPPED_NAME_MATCH = "unmapped_name_match"
    DUPLICATE = "duplicate"
    SOURCE_DELETED = "source_deleted"
    ORPHAN_IN_DESTINATION = "orphan_in_destination"
    EXPECTED_EXCLUDED = "expected_excluded"
    DELETED_IN_BOTH = "deleted_in_both"
    MATCHED = "matched"

    @property
    def meaning(self) -> Meaning:
        """The words for it."""
        return MEANINGS[self]

    @property
    def needs_a_person(self) -> bool:
        """Whether somebody should look at the row."""
        return self.meaning.verdict is not Decision.PASS


@dataclass(frozen=True)
class Meaning:
    """A status in words.

    :param verdict: What a single row of it makes of the whole course.
    :param label: Two or three words.
    :param symbol: One character, so that nothing is told by colour alone.
    :param explanation: What it means, and what to do about it.
    """

    verdict: Decision
    label: str
    symbol: str
    explanation: str


MEANINGS: Mapping[Status, Meaning] = {
    Status.MISSING_IN_DESTINATION: Meaning(
        Decision.FAIL,
        "Missing",
        "✕",
        "In the source and selected, but it did not arrive. See Canvas's own issues for the reason, then copy it "
        "again or make it by hand.",
    ),
    Status.FAILED_QUIZ: Meaning(
        Decision.FAIL,
        "Quiz failed",
        "!",
        "Canvas gave up while it built this assignment's New Quiz: students see a broken quiz. Start it again in "
        "Canvas, or delete it and copy it again.",
    ),
    Status.MAPPED_BUT_DELETED: Meaning(
        Decision.WARN,
        "Deleted after the copy",
        "\N{MINUS SIGN}",
        "It arrived, and was deleted in the destination later. If nobody meant to, restore it with the course's "
        "/undelete page or copy it again.",
    ),
    Status.PENDING_QUIZ: Meaning(
        Decision.WARN,
        "Quiz being built",
        "…",
        "Canvas is still building this assignment's New Quiz, which can outlast the copy. Reconcile again in an hour.",
    ),
    Status.MATCHED_CHANGED: Meaning(
        Decision.WARN,
        "Changed",
        "≠",
        "It arrived, and now differs from the source. Decide which side is right: copying again overwrites the "
        "destination.",
    ),
    Status.UNMAPPED_NAME_MATCH: Meaning(
        Decision.WARN,
        "Same title only",
        "≈",
        "The destination has one of that title that Canvas does not know as a copy, probably made by hand. Check "
        "that it is the same: a later copy would put a second one beside it.",
    ),
    Status.DUPLICATE: Meaning(
        Decision.WARN,
        "Duplicate",
        "=",
        "There are two of it, and only one is the copy. Delete the one that students should not see.",
    ),
    Status.SOURCE_DELETED: Meaning(
        Decision.WARN,
        "Deleted in the source",
        "←",
        "The source has dropped it, and the destination still has the copy of an earlier time. Delete it if it is "
        "out of date.",
    ),
    Status.ORPHAN_IN_DESTINATION: Meaning(
        Decision.PASS,
        "Only in the destination",
        "+",
        "Made in the destination, or copied from another course. Nothing to do.",
    ),
    Status.EXPECTED_EXCLUDED: Meaning(
        Decision.PASS,
        "Not selected",
        "○",
        "Left out of this copy on purpose. Nothing to do.",
    ),
    Status.DELETED_IN_BOTH: Meaning(
        Decision.PASS,
        "Deleted in both",
        "Ø",
        "Canvas still remembers the pair, but neither course has it any more. Nothing to do.",
    ),
    Status.MATCHED: Meaning(
        Decision.PASS,
        "Matched",
        "✓",
        "It arrived, and does not differ.",
    ),
}
