"""Pair the assets of two courses, and give each pair a status.

The rules, in the order in which they claim assets of the destination (an asset is claimed once):

1. The mapping. Both sides exist: ``matched``, ``matched_changed``, ``renamed`` by Canvas on import, or the state of a
   quiz that Canvas is still building. Two sources with one copy: the source that is more similar to the copy claims
   it, the other is a ``duplicate``. One side is gone: ``replaced`` if a younger asset has its natural key and is not
   mapped, else ``mapped_but_deleted`` or ``source_deleted``.
2. Source assets without a mapping: ``expected_excluded`` if they were not selected, ``unmapped_name_match`` if the
   destination has an unclaimed asset with the same natural key, ``added_since`` if they are younger than the copy,
   else ``missing_in_destination``.
3. Unclaimed assets of the destination: ``duplicate`` if another asset there has the same natural key, or had it until
   Canvas renamed it, else ``orphan_in_destination``.

So each asset of either course is in exactly one row, and so is each pair of the mapping.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from airflow_provider_canvas.reconciliation.assets import ASSET_TYPES, SINGULAR, Asset, id_order
from airflow_provider_canvas.reconciliation.differences import differences, lacks_points
from airflow_provider_canvas.reconciliation.inventory import Inventory
from airflow_provider_canvas.reconciliation.later_assets import UNDATED_TYPES, find_later_assets
from airflow_provider_canvas.reconciliation.mapping import AssetMap
from airflow_provider_canvas.reconciliation.new_quiz_states import STATUSES
from airflow_provider_canvas.reconciliation.renaming import Renaming
from airflow_provider_canvas.reconciliation.rows import AssetRow, Pairing, PreviousAsset, build_row
from airflow_provider_canvas.reconciliation.selection import Selected, Selection
from airflow_provider_canvas.reconciliation.statuses import Status


def classify(
    source: Inventory,
    destination: Inventory,
    mapping: AssetMap,
    selected: Selected | None = None,
    previous: Collection[PreviousAsset] = (),
    *,
    copy_began_at: datetime | None = None,
    copy_ended_at: datetime | None = None,
    issues: Iterable[Mapping[str, Any]] = (),
) -> list[AssetRow]:
    """Return one row for each asset of both courses and for each pair of the mapping.

    :param source: The course that was copied.
    :param destination: The course it was copied into.
    :param mapping: Canvas's ``asset_id_mapping`` of the copy.
    :param selected: The copy's ``select``: by asset type ids, or ``"all"``. None: everything.
    :param previous: The rows of the previous reconciliation, for the titles of assets that are gone.
    :param copy_began_at: When Canvas began the copy; None if it is not known.
    :param copy_ended_at: When Canvas ended the copy; None if it is not known. Only then edits since can be told.
    :param issues: Canvas's MigrationIssue objects, which name assets that it could not import.
    """
    previous_by_source = {(pair.asset_type, pair.source_asset_id): pair for pair in previous}
    later = find_later_assets(source, destination, mapping, copy_began_at, issues)
    selection = Selection.find(selected, source, later, copy_began_at)
    renaming = Renaming.find(source, destination, mapping, copy_began_at, copy_ended_at)
    rows = []
    for asset_type in ASSET_TYPES:
        matching = _Matching(
            asset_type,
            source.assets[asset_type],
            destination.assets[asset_type],
            mapping.pairs[asset_type],
            mapping.pairs["modules"],
            selection,
            frozenset(asset_id for of_type, asset_id in later if of_type == asset_type),
            renaming,
        )
        rows += [
            build_row(
                asset_type,
                pairing,
                mapping.identity(asset_type, pairing.source_id),
                previous_by_source.get((asset_type, pairing.source_id)) if pairing.source_id else None,
                matched_by=_matched_by(matching, pairing),
                copy_ended_at=copy_ended_at,
            )
            for pairing in (*_pair_mapped(matching), *_pair_unmapped(matching), *_pair_unclaimed(matching))
        ]
    return rows


def _matched_by(matching: _Matching, pairing: Pairing) -> str | None:
    """Return what paired two assets: Canvas's mapping, or their name; None for an asset that has no other side."""
    if pairing.status is not Status.REPLACED and pairing.source_id in matching.pairs:
        return "mapping"
    return "name" if pairing.source and pairing.destination else None


@dataclass
class _Matching:
    """The assets and pairs of one asset type, and which assets are claimed.

    :param asset_type: One of ``ASSET_TYPES``.
    :param source: The source's assets by id.
    :param destination: The destination's assets by id.
    :param pairs: The mapping: destination id by source id.
    :param modules: The mapping of modules, in which module items are compared.
    :param selection: The assets that the copy selected.
    :param later: Ids of the unmapped source assets that are younger than the copy.
    :param renaming: The copies that Canvas renamed.
    :param claimed_by: Id of the source's asset by the id of the destination's asset that it claimed.
    :param successors: Ids of the source's assets that replaced a mapped one.
    :param by_natural_key: The destination's assets by natural key, the oldest first.
    """

    asset_type: str
    source: Mapping[str, Asset]
    destination: Mapping[str, Asset]
    pairs: Mapping[str, str]
    modules: Mapping[str, str]
    selection: Selection
    later: frozenset[str]
    renaming: Renaming
    claimed_by: dict[str, str] = field(init=False, default_factory=dict)
    successors: set[str] = field(init=False, default_factory=set)
    by_natural_key: dict[tuple[str, ...], list[Asset]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        for dest_id in sorted(self.destination, key=id_order):
            asset = self.destination[dest_id]
            if asset.natural_key:
                self.by_natural_key.setdefault(asset.natural_key, []).append(asset)

    def name(self, asset_id: str) -> str:
        """Return type and id for a sentence, also of an asset that is gone: ``page 55``."""
        return f"{SINGULAR[self.asset_type]} {asset_id}"

    def differences(self, source: Asset, copy: Asset) -> dict[str, str]:
        """Return the differences between an asset and its copy."""
        return differences(source, copy, self.modules)

    def claim(self, dest_id: str, source_id: str) -> Asset | None:
        """Claim an asset of the destination for a source asset; return None if it is claimed already, or not listed."""
        if dest_id in self.claimed_by or dest_id not in self.destination:
            return None
        self.claimed_by[dest_id] = source_id
        return self.destination[dest_id]

    def find_unclaimed(self, source: Asset, *, younger_than: str = "") -> Asset | None:
        """Return an unclaimed asset with the source's natural key: one without differences, else the oldest.

        :param source: The source's asset.
        :param younger_than: The id of an asset of the destination that must be older. Canvas's ids grow.
        """
        same_key = self.by_natural_key.get(source.natural_key, ()) if source.natural_key else ()
        unclaimed = [
            asset
            for asset in same_key
            if asset.asset_id not in self.claimed_by and id_order(asset.asset_id) > id_order(younger_than)
        ]
        identical = (asset for asset in unclaimed if not self.differences(source, asset))
        return next(identical, unclaimed[0] if unclaimed else None)

    def find_successor(self, copy: Asset) -> Asset | None:
        """Return the oldest source asset that is younger than the copy and has the natural key of a copy."""
        younger = (self.source[asset_id] for asset_id in sorted(self.later - self.successors, key=id_order))
        return next((asset for asset in younger if asset.natural_key == copy.natural_key), None)

    def find_original(self, asset: Asset) -> Asset | None:
        """Return the asset that this one duplicates: a claimed one with its natural key, else the oldest."""
        same_key = self.by_natural_key.get(asset.natural_key, ()) if asset.natural_key else ()
        twins = [twin for twin in same_key if twin.folder_id == asset.folder_id]
        first = next((twin for twin in twins if twin.asset_id in self.claimed_by), next(iter(twins), None))
        return first if first is not asset else None


def _pair_mapped(matching: _Matching) -> Iterator[Pairing]:
    """Apply rule 1. The most similar source claims first, so that the order of Canvas's mapping does not matter."""

    def claim_order(source_id: str) -> tuple[bool, int, tuple[int, str]]:
        source, destination = matching.source.get(source_id), matching.destination.get(matching.pairs[source_id])
        different = len(matching.differences(source, destination)) if source and destination else 0
        return source is None, different, id_order(source_id)

    deleted = []
    for source_id in sorted(matching.pairs, key=claim_order):
        dest_id = matching.pairs[source_id]
        source, copy = matching.source.get(source_id), matching.claim(dest_id, source_id)
        if source and copy:
            status, detail = _compare(matching, source, copy)
            yield Pairing(status, detail, source, copy, source_id)
        elif source and dest_id in matching.destination:
            detail = (
                f"the mapping assigns {matching.name(dest_id)} to source {matching.claimed_by[dest_id]} as well: "
                "two sources, one copy"
            )
            yield Pairing(Status.DUPLICATE, detail, source, source_id=source_id)
        elif source:
            deleted.append(source)
        elif copy:
            yield _pair_without_source(matching, source_id, copy)
        elif dest_id in matching.destination:
            owner = matching.claimed_by[dest_id]
            detail = (
                f"the source no longer has {matching.name(source_id)}; its copy {dest_id} belongs to source {owner}"
            )
            yield Pairing(Status.DELETED_IN_BOTH, detail, source_id=source_id)
        else:
            detail = f"the mapping pairs {matching.name(source_id)} with {dest_id}; both are gone"
            yield Pairing(Status.DELETED_IN_BOTH, detail, source_id=source_id, dest_id=dest_id)
    for source in sorted(deleted, key=lambda asset: id_order(asset.asset_id)):  # after all copies are claimed
        yield _pair_without_copy(matching, source)


def _pair_unmapped(matching: _Matching) -> Iterator[Pairing]:
    """Apply rule 2."""
    unmapped = matching.source.keys() - matching.pairs.keys() - matching.successors
    for source in (matching.source[source_id] for source_id in sorted(unmapped, key=id_order)):
        if source not in matching.selection:
            detail = f"{source.name} was not selected for this copy"
            yield Pairing(Status.EXPECTED_EXCLUDED, detail, source, source_id=source.asset_id)
        elif namesake := matching.find_unclaimed(source):
            matching.claim(namesake.asset_id, source.asset_id)
            yield _pair_by_title(matching, source, namesake)
        elif source.asset_id in matching.later:
            detail = f"{source.name} was created in the source after the copy had begun"
            yield Pairing(Status.ADDED_SINCE, detail, source, source_id=source.asset_id)
        else:
            detail = f"no copy of {source.name} in the destination{_hint(source, *_undated(source))}"
            yield Pairing(Status.MISSING_IN_DESTINATION, detail, source, source_id=source.asset_id)


def _pair_unclaimed(matching: _Matching) -> Iterator[Pairing]:
    """Apply rule 3."""
    for dest_id in sorted(matching.destination.keys() - matching.claimed_by.keys(), key=id_order):
        asset = matching.destination[dest_id]
        hint = _hint(asset, *_deletion(asset))
        if original := matching.find_original(asset):
            detail = f"same title as {original.name}, and not in the mapping{hint}"
            yield Pairing(Status.DUPLICATE, detail, destination=asset)
        elif renamed := matching.renaming.copies.get((matching.asset_type, dest_id)):
            detail = (
                f"it had the title before the copy: Canvas renamed the copy, {renamed.name}, to '{renamed.title}'{hint}"
            )
            yield Pairing(Status.DUPLICATE, detail, destination=asset)
        else:
            detail = f"{asset.name} is not from this source{_hint(asset)}"
            yield Pairing(Status.ORPHAN_IN_DESTINATION, detail, destination=asset)


def _compare(matching: _Matching, source: Asset, copy: Asset) -> tuple[Status, str]:
    if quiz := _quiz_status(copy):
        return quiz, f"{copy.name} is in the state {copy.workflow_state}"
    changes = matching.differences(source, copy)
    if reason := matching.renaming.reasons.get((matching.asset_type, copy.asset_id)):
        title = f"{changes.pop('title')} ({reason})"
        return (Status.MATCHED_CHANGED if changes else Status.RENAMED), "; ".join([title, *changes.values()])
    if changes:
        return Status.MATCHED_CHANGED, "; ".join(changes.values())
    if lacks_points(source) and source.points_possible != copy.points_possible:
        return Status.MATCHED, "its points are not compared: it is unpublished in the source"
    if source.url_slug and copy.url_slug and source.url_slug != copy.url_slug:
        return Status.MATCHED, f"its URL slug became {copy.url_slug}"
    return Status.MATCHED, ""


def _pair_without_source(matching: _Matching, source_id: str, copy: Asset) -> Pairing:
    """Return the pairing of a copy whose source was deleted, or replaced by a younger asset."""
    if successor := matching.find_successor(copy):
        matching.successors.add(successor.asset_id)
        replaced = f"{matching.name(source_id)} was replaced in the source by {successor.name}, after the copy"
        detail = "; ".join([replaced, *matching.differences(successor, copy).values()])
        return Pairing(Status.REPLACED, detail, successor, copy, source_id)
    detail = f"the source no longer has {matching.name(source_id)}; the destination still has its copy, {copy.asset_id}"
    return Pairing(Status.SOURCE_DELETED, detail + _hint(copy, *_deletion(copy)), None, copy, source_id)


def _pair_without_copy(matching: _Matching, source: Asset) -> Pairing:
    """Return the pairing of a source asset whose copy was deleted, or replaced by a younger asset of its title."""
    dest_id = matching.pairs[source.asset_id]
    if replacement := matching.find_unclaimed(source, younger_than=dest_id):
        matching.claim(replacement.asset_id, source.asset_id)
        replaced = f"its copy, {matching.name(dest_id)}, was replaced in the destination by {replacement.name}"
        detail = "; ".join([replaced, *matching.differences(source, replacement).values()])
        return Pairing(Status.REPLACED, detail, source, replacement, source.asset_id)
    gone = f"the mapping names {matching.name(dest_id)}, which is not in the destination: it was deleted after the copy"
    older = matching.find_unclaimed(source)
    detail = gone + _hint(source, *([f"{older.name} has the same title, but is older than that copy"] if older else []))
    return Pairing(Status.MAPPED_BUT_DELETED, detail, source, source_id=source.asset_id, dest_id=dest_id)


def _pair_by_title(matching: _Matching, source: Asset, namesake: Asset) -> Pairing:
    if _quiz_status(namesake):
        status, detail = _compare(matching, source, namesake)
    else:
        status = Status.UNMAPPED_NAME_MATCH
        changes = matching.differences(source, namesake).values()
        detail = "; ".join([f"{namesake.name} has the same title, but is not in the mapping", *changes])
    return Pairing(status, detail, source, namesake, source.asset_id)


def _quiz_status(asset: Asset) -> Status | None:
    """Return the status of a New Quiz that Canvas is still building, or failed to build; None for anything else."""
    return STATUSES.get(asset.workflow_state or "") if asset.asset_type == "assignments" else None


def _hint(asset: Asset, *more: str) -> str:
    """Return further facts, in parentheses, that a reader needs before acting on the row."""
    hints = []
    if asset.shell_of:
        hints.append(f"it is the gradebook entry of a {asset.shell_of}")
    if _quiz_status(asset):
        hints.append(f"its state is {asset.workflow_state}")
    hints += more
    return f" ({'; '.join(hints)})" if hints else ""


def _deletion(asset: Asset) -> list[str]:
    """Return what else is deleted with an asset: Canvas deletes a quiz with its gradebook entry."""
    if not asset.shell_of:
        return []
    other = next(
        (f" {asset_id}" for kind, asset_id in asset.comes_with if kind in ("quizzes", "discussion_topics")), ""
    )
    return [f"deleting it deletes {asset.shell_of}{other} too"]


def _undated(source: Asset) -> list[str]:
    """Return a caution about a missing asset of a type whose age Canvas does not tell."""
    if source.asset_type not in UNDATED_TYPES:
        return []
    return [f"Canvas does not tell when a {SINGULAR[source.asset_type]} was created: it may be younger than the copy"]
