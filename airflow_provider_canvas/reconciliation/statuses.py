"""The fixed vocabulary of a reconciliation: the status of an asset, its meaning, and its severity.

The database, the report and ``fail_if`` all take their words from this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """The verdict on a course, or on one row."""

    PASS = "pass"  # noqa: S105 (no password)
    WARN = "warn"
    FAIL = "fail"

    @property
    def rank(self) -> int:
        """The severity: the higher, the worse."""
        return list(Verdict).index(self)


class Status(StrEnum):
    """The result for one asset, in the order of the report: those that need review come first."""

    MISSING_IN_DESTINATION = "missing_in_destination"
    FAILED_QUIZ = "failed_quiz"
    MAPPED_BUT_DELETED = "mapped_but_deleted"
    PENDING_QUIZ = "pending_quiz"
    MATCHED_CHANGED = "matched_changed"
    RENAMED = "renamed"
    REPLACED = "replaced"
    UNMAPPED_NAME_MATCH = "unmapped_name_match"
    DUPLICATE = "duplicate"
    SOURCE_DELETED = "source_deleted"
    ORPHAN_IN_DESTINATION = "orphan_in_destination"
    ADDED_SINCE = "added_since"
    EXPECTED_EXCLUDED = "expected_excluded"
    DELETED_IN_BOTH = "deleted_in_both"
    MATCHED = "matched"

    @property
    def meaning(self) -> Meaning:
        """The verdict, label, symbol and explanation."""
        return MEANINGS[self]

    @property
    def needs_review(self) -> bool:
        """Whether a person should review the row."""
        return self.meaning.verdict is not Verdict.PASS


@dataclass(frozen=True)
class Meaning:
    """The meaning of a status.

    :param verdict: The verdict on a course that has one such row.
    :param label: The status in two or three words.
    :param symbol: One character, so that colour is never the only sign.
    :param explanation: The meaning, and what to do.
    """

    verdict: Verdict
    label: str
    symbol: str
    explanation: str


MEANINGS: Mapping[Status, Meaning] = {
    Status.MISSING_IN_DESTINATION: Meaning(
        Verdict.FAIL,
        "Missing",
        "✕",
        "In the source and selected, but it did not arrive. See Canvas's issues for the reason, then copy it again or "
        "create it by hand.",
    ),
    Status.FAILED_QUIZ: Meaning(
        Verdict.FAIL,
        "Quiz failed",
        "!",
        "Canvas failed to build this assignment's New Quiz: students see a broken quiz. Retry it in Canvas, or "
        "delete it and copy it again.",
    ),
    Status.MAPPED_BUT_DELETED: Meaning(
        Verdict.WARN,
        "Deleted after the copy",
        "\N{MINUS SIGN}",
        "It arrived, and was deleted in the destination later. If that was a mistake, copy it again, or restore it on "
        "the course's /undelete page, which does not list module items: add these to their modules again.",
    ),
    Status.PENDING_QUIZ: Meaning(
        Verdict.WARN,
        "Quiz being built",
        "…",
        "Canvas is still building this assignment's New Quiz, which can take longer than the copy: reconcile again in "
        "an hour. If the details say that it needs opening, open it once in a browser as a teacher before.",
    ),
    Status.MATCHED_CHANGED: Meaning(
        Verdict.WARN,
        "Changed",
        "≠",
        "It arrived, and now differs from the source. Decide which side is right. Another copy overwrites title and "
        "settings in the destination, but it unpublishes nothing.",
    ),
    Status.RENAMED: Meaning(
        Verdict.WARN,
        "Renamed by Canvas",
        "#",
        "It arrived, under another title: the destination already had an asset of that title, so Canvas added a "
        "number. If that one is still there, compare the two, and keep the one that students should see. Before you "
        "delete one, check the links: those in the copied content may lead to the older one.",
    ),
    Status.REPLACED: Meaning(
        Verdict.WARN,
        "Replaced",
        "↻",
        "It arrived, and was replaced later in one of the courses: another asset of that title took its place. Check "
        "that the destination has the right one; there is nothing to restore. Another copy does not overwrite a file "
        "that was replaced: it adds a second one, under a name with a number.",
    ),
    Status.UNMAPPED_NAME_MATCH: Meaning(
        Verdict.WARN,
        "Same title only",
        "≈",
        "The destination has an asset of that title that Canvas does not know as a copy; it was probably created by "
        "hand. Check that it is the same: another copy would add a second one.",
    ),
    Status.DUPLICATE: Meaning(
        Verdict.WARN,
        "Duplicate",
        "=",
        "The destination has two assets of this title in the same place: compare them, and keep the one that students "
        "should see. Or two assets of the source have one copy: compare both with it; there is nothing to delete.",
    ),
    Status.SOURCE_DELETED: Meaning(
        Verdict.WARN,
        "Deleted in the source",
        "←",
        "The source no longer has it, and the destination still has the copy. Decide whether the destination still "
        "needs it, and read the details before you delete it.",
    ),
    Status.ORPHAN_IN_DESTINATION: Meaning(
        Verdict.PASS,
        "Only in the destination",
        "+",
        "Created in the destination, or copied from another course. Nothing to do.",
    ),
    Status.ADDED_SINCE: Meaning(
        Verdict.PASS,
        "Added to the source since",
        "→",
        "Created in the source after the copy had begun, so this copy could not bring it. If the destination needs "
        "it, copy it too.",
    ),
    Status.EXPECTED_EXCLUDED: Meaning(
        Verdict.PASS,
        "Not selected",
        "○",
        "Left out of this copy on purpose. Nothing to do.",
    ),
    Status.DELETED_IN_BOTH: Meaning(
        Verdict.PASS,
        "Deleted in both",
        "Ø",
        "Canvas still has the pair in its mapping, but both assets were deleted. Nothing to do.",
    ),
    Status.MATCHED: Meaning(
        Verdict.PASS,
        "Matched",
        "✓",
        "It arrived, without differences in what was compared.",
    ),
}
