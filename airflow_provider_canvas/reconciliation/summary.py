"""Counts of a reconciliation, which can be added up: one type for a course, a term and an institution.

A percentage is 100 (or 0) only if it is exactly that: rounding never claims success.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_canvas.reconciliation.assets import ASSET_TYPES
from airflow_provider_canvas.reconciliation.differences import compared_fields
from airflow_provider_canvas.reconciliation.rows import AssetRow
from airflow_provider_canvas.reconciliation.statuses import Status, Verdict

_ARRIVED = (Status.MATCHED, Status.MATCHED_CHANGED, Status.RENAMED, Status.REPLACED)
_NOT_EXPECTED = (Status.EXPECTED_EXCLUDED, Status.ADDED_SINCE)


def percent(part: int, whole: int) -> float:
    """Return a percentage with one decimal; 0 and 100 only if that is exact. ``whole`` must not be 0."""
    if part in (0, whole):
        return 100.0 * (part == whole)
    return min(max(round(100 * part / whole, 1), 0.1), 99.9)


@dataclass(frozen=True)
class Tally:
    """The counts of one asset type.

    :param source: Number of assets that the source lists.
    :param destination: Number of assets that the destination lists.
    :param expected: Number of source assets that the copy was to bring.
    :param statuses: Number of rows by status; statuses without rows are left out.
    """

    source: int = 0
    destination: int = 0
    expected: int = 0
    statuses: Mapping[Status, int] = field(default_factory=dict)

    @property
    def arrived(self) -> int:
        """Number of source assets that the destination has as copies, changed, renamed or replaced ones included."""
        return sum(self.statuses.get(status, 0) for status in _ARRIVED)

    @property
    def rows(self) -> int:
        """Number of rows."""
        return sum(self.statuses.values())

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.source + other.source,
            self.destination + other.destination,
            self.expected + other.expected,
            dict(Counter(self.statuses) + Counter(other.statuses)),
        )

    @classmethod
    def from_rows(cls, rows: Iterable[AssetRow]) -> Tally:
        """Count the rows of one asset type."""
        rows = list(rows)
        return cls(
            source=sum(row.in_source for row in rows),
            destination=sum(row.in_destination for row in rows),
            expected=sum(row.in_source and row.status not in _NOT_EXPECTED for row in rows),
            statuses=dict(Counter(row.status for row in rows)),
        )


@dataclass(frozen=True)
class Summary:
    """The counts of one course, or of several: ``sum(summaries)`` is a summary too.

    :param types: Counts by asset type; each of ``ASSET_TYPES`` is a key. Types that Canvas's mapping lacks are added.
    :param issues: Number of Canvas's unresolved issues by ``issue_type`` (``todo``, ``warning``, ``error``).
    :param courses: Number of courses.
    :param stale_links: Number of stale links by problem.
    :param repairable_links: Number of stale links that a repair can change: their right target is known.
    :param changed_since_copy: Number of the destination's assets that were edited after the copy.
    """

    types: Mapping[str, Tally] = field(default_factory=lambda: dict.fromkeys(ASSET_TYPES, Tally()))
    issues: Mapping[str, int] = field(default_factory=dict)
    courses: int = 0
    stale_links: Mapping[str, int] = field(default_factory=dict)
    repairable_links: int = 0
    changed_since_copy: int = 0

    @classmethod
    def from_rows(
        cls,
        rows: Iterable[AssetRow],
        issues: Iterable[Mapping[str, Any]] = (),
        stale_links: Sequence[Any] = (),
    ) -> Summary:
        """Count the rows, issues and stale links of one course.

        :param rows: The rows of the course.
        :param issues: Canvas's MigrationIssue objects; resolved ones do not count.
        :param stale_links: The stale links of the course.
        """
        by_type: dict[str, list[AssetRow]] = {asset_type: [] for asset_type in ASSET_TYPES}
        changed = 0
        for row in rows:
            by_type.setdefault(row.asset_type, []).append(row)
            changed += bool(row.changed_since_copy)
        unresolved = (i for i in issues if i.get("workflow_state") != "resolved")
        return cls(
            types={asset_type: Tally.from_rows(of_type) for asset_type, of_type in by_type.items()},
            issues=dict(Counter(str(issue.get("issue_type")) for issue in unresolved)),
            courses=1,
            stale_links=dict(Counter(str(link.problem) for link in stale_links)),
            repairable_links=sum(link.is_repairable for link in stale_links),
            changed_since_copy=changed,
        )

    def __add__(self, other: Summary) -> Summary:
        return Summary(
            {
                asset_type: self.types.get(asset_type, Tally()) + other.types.get(asset_type, Tally())
                for asset_type in {**self.types, **other.types}
            },
            dict(Counter(self.issues) + Counter(other.issues)),
            self.courses + other.courses,
            dict(Counter(self.stale_links) + Counter(other.stale_links)),
            self.repairable_links + other.repairable_links,
            self.changed_since_copy + other.changed_since_copy,
        )

    def __radd__(self, other: int) -> Summary:
        """Return the summary itself for 0, with which ``sum`` begins."""
        return self if other == 0 else NotImplemented

    @property
    def total(self) -> Tally:
        """The asset types that Canvas maps, together."""
        return sum((self.types[asset_type] for asset_type in ASSET_TYPES), Tally())

    @property
    def statuses(self) -> Mapping[Status, int]:
        """Number of rows of all types by status, also of those that Canvas's mapping lacks."""
        counts = sum((Counter(tally.statuses) for tally in self.types.values()), Counter[Status]())
        return {status: counts[status] for status in Status if counts[status]}

    def count(self, status: Status, asset_type: str | None = None) -> int:
        """Return the number of rows with a status, of one asset type or of all."""
        statuses = self.types.get(asset_type, Tally()).statuses if asset_type else self.statuses
        return statuses.get(status, 0)

    @property
    def coverage(self) -> float | None:
        """Percentage of the expected assets that arrived; None if nothing was expected."""
        total = self.total
        return percent(total.arrived, total.expected) if total.expected else None

    @property
    def verdict(self) -> Verdict:
        """The worst verdict on any row, issue or stale link. A copy that was to bring nothing does not pass."""
        verdicts = {status.meaning.verdict for status in self.statuses}
        if self.issues.get("error"):
            verdicts.add(Verdict.FAIL)
        if any(self.issues.values()) or any(self.stale_links.values()) or not self.total.expected:
            verdicts.add(Verdict.WARN)
        return max(verdicts, key=lambda verdict: verdict.rank, default=Verdict.PASS)

    def as_dict(self) -> dict[str, Any]:
        """Return the counts, and the fields that were compared, as JSON types, small enough for an XCom."""
        total = self.total
        return {
            "verdict": str(self.verdict),
            "courses": self.courses,
            "coverage_percent": self.coverage,
            "source_assets": total.source,
            "destination_assets": total.destination,
            "expected_assets": total.expected,
            "arrived_assets": total.arrived,
            "changed_since_copy": self.changed_since_copy,
            "statuses": {str(status): count for status, count in self.statuses.items()},
            "issues": dict(self.issues),
            "stale_links": dict(self.stale_links),
            "repairable_links": self.repairable_links,
            "compared": compared_fields(),
        }
