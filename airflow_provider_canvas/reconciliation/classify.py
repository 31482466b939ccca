"""Pair the assets of two courses and say what became of each: facts in, rows out, nothing else.

The rules, in the order in which they claim assets of the destination (an asset is claimed once):

1. The mapping. Both sides there: ``matched``, ``matched_changed``, or the state of a quiz that Canvas is still
   building. One side gone: ``mapped_but_deleted`` or ``source_deleted``. Two sources with one copy: the one that is
   more like the copy has it, the other is a ``duplicate``.
2. What the mapping does not know but the source has: ``expected_excluded`` if it was not selected,
   ``unmapped_name_match`` if the destination has an unclaimed asset of that natural key, else
   ``missing_in_destination``.
3. What nobody claimed in the destination: ``duplicate`` if another asset there has its natural key, else
   ``orphan_in_destination``.

So every asset of either course is in exactly one row, and so is every pair of the mapping.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from airflow_provider_canvas.reconciliation.assets import ASSET_TYPES, SINGULAR, Asset, id_order
from airflow_provider_canvas.reconciliation.differences import differences
from airflow_provider_canvas.reconciliation.inventory import Inventory
from airflow_provider_canvas.reconciliation.mapping import AssetMap
from airflow_provider_canvas.reconciliation.rows import AssetRow, Pairing, RememberedAsset, row_of
from airflow_provider_canvas.reconciliation.selection import Selection
from airflow_provider_canvas.reconciliation.statuses import Status

_QUIZ_STATES: Mapping[str, Status] = {
    "importing": Status.PENDING_QUIZ,
    "duplicating": Status.PENDING_QUIZ,
    "migrating": Status.PENDING_QUIZ,
    "failed_to_import": Status.FAILED_QUIZ,
    "failed_to_duplicate": Status.FAILED_QUIZ,
    "failed_to_migrate": Status.FAILED_QUIZ,
}


def classify(
    source: Inventory,
    destination: Inventory,
    mapping: AssetMap,
    selected: Mapping[str, Collection[str]] | None = None,
    remembered: Collection[RememberedAsset] = (),
) -> list[AssetRow]:
    """Return one row for every asset of both courses and for every pair of the mapping.

    :param selected: What the copy's ``select`` named: ids by asset type. None: everything.
    :param remembered: The pairs of an earlier reconciliation, for the titles of what is gone.
    """
    selection = Selection.of(selected)
    memory = {(pair.asset_type, pair.source_asset_id): pair for pair in remembered}
    rows = []
    for asset_type in ASSET_TYPES:
        matching = _Matching(
            asset_type, source.assets[asset_type], destination.assets[asset_type], mapping.pairs[asset_type], selection
        )
        rows += [
            row_of(
                asset_type,
                pairing,
                mapping.identity(asset_type, pairing.source_id),
                memory.get((asset_type, pairing.source_id)) if pairing.source_id else None,
            )
            for pairing in (*_mapped(matching), *_unmapped(matching), *_left_over(matching))
        ]
    return rows


@dataclass
class _Matching:
    """The facts about one asset type, and how far the destination's assets have been claimed.

    :param claimed_by: Source id by the id of the destination's asset that it has claimed.
    :param bereft: Source assets whose copy is gone, by natural key.
    """

    asset_type: str
    source: Mapping[str, Asset]
    destination: Mapping[str, Asset]
    pairs: Mapping[str, str]
    selection: Selection
    claimed_by: dict[str, str] = field(init=False, default_factory=dict)
    bereft: dict[tuple[str, ...] | None, Asset] = field(init=False, default_factory=dict)
    by_natural_key: dict[tuple[str, ...], list[Asset]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        for dest_id in sorted(self.destination, key=id_order):
            asset = self.destination[dest_id]
            if asset.natural_key:
                self.by_natural_key.setdefault(asset.natural_key, []).append(asset)

    def name(self, asset_id: str) -> str:
        """Return how a sentence names an asset, even one that is gone: ``page 55``."""
        return f"{SINGULAR[self.asset_type]} {asset_id}"

    def claim(self, dest_id: str, source_id: str) -> Asset | None:
        """Take an asset of the destination; None if it is taken, or was never there."""
        if dest_id in self.claimed_by or dest_id not in self.destination:
            return None
        self.claimed_by[dest_id] = source_id
        return self.destination[dest_id]

    def namesake(self, source: Asset) -> Asset | None:
        """Return an unclaimed asset with the source's natural key: one that does not differ, else the oldest."""
        alike = self.by_natural_key.get(source.natural_key, ()) if source.natural_key else ()
        free = [asset for asset in alike if asset.asset_id not in self.claimed_by]
        return next((asset for asset in free if not differences(source, asset)), free[0] if free else None)

    def twin(self, asset: Asset) -> Asset | None:
        """Return the one that has the natural key by right: a claimed asset, else the oldest."""
        alike = self.by_natural_key.get(asset.natural_key, ()) if asset.natural_key else ()
        first = next((a for a in alike if a.asset_id in self.claimed_by), next(iter(alike), None))
        return first if first is not asset else None


def _mapped(matching: _Matching) -> Iterator[Pairing]:
    """Rule 1. Who is more like the copy chooses first, so that the order of Canvas's answer does not matter."""

    def likeness(source_id: str) -> tuple[bool, int, tuple[int, str]]:
        source, destination = matching.source.get(source_id), matching.destination.get(matching.pairs[source_id])
        unlike = len(differences(source, destination)) if source and destination else 0
        return source is None, unlike, id_order(source_id)

    for source_id in sorted(matching.pairs, key=likeness):
        dest_id = matching.pairs[source_id]
        source, copy = matching.source.get(source_id), matching.claim(dest_id, source_id)
        if source and copy:
            status, detail = _compared(source, copy)
            yield Pairing(status, detail, source, copy, source_id)
        elif source and dest_id in matching.destination:
            detail = (
                f"the mapping gives {matching.name(dest_id)} to source {matching.claimed_by[dest_id]} as well: "
                "two sources, one copy"
            )
            yield Pairing(Status.DUPLICATE, detail, source, source_id=source_id)
        elif source:
            yield _mapped_but_gone(matching, source, dest_id)
        elif copy:
            detail = (
                f"the source no longer has {matching.name(source_id)}; the destination still has its copy, {dest_id}"
            )
            yield Pairing(Status.SOURCE_DELETED, detail, None, copy, source_id)
        elif dest_id in matching.destination:
            owner = matching.claimed_by[dest_id]
            detail = f"the source no longer has {matching.name(source_id)}; its copy {dest_id} is that of {owner}"
            yield Pairing(Status.DELETED_IN_BOTH, detail, source_id=source_id)
        else:
            detail = f"the mapping pairs {matching.name(source_id)} with {dest_id}; neither course has its own any more"
            yield Pairing(Status.DELETED_IN_BOTH, detail, source_id=source_id, dest_id=dest_id)


def _unmapped(matching: _Matching) -> Iterator[Pairing]:
    """Rule 2."""
    unmapped = [matching.source[i] for i in sorted(matching.source, key=id_order) if i not in matching.pairs]
    for source in unmapped:
        if source not in matching.selection:
            detail = f"{source.name} was not selected for this copy"
            yield Pairing(Status.EXPECTED_EXCLUDED, detail, source, source_id=source.asset_id)
        elif namesake := matching.namesake(source):
            matching.claim(namesake.asset_id, source.asset_id)
            yield _named_alike(source, namesake)
        else:
            detail = f"no copy of {source.name} in the destination{_hint(source)}"
            yield Pairing(Status.MISSING_IN_DESTINATION, detail, source, source_id=source.asset_id)


def _left_over(matching: _Matching) -> Iterator[Pairing]:
    """Rule 3."""
    for dest_id in sorted(matching.destination.keys() - matching.claimed_by.keys(), key=id_order):
        asset = matching.destination[dest_id]
        if twin := matching.twin(asset):
            detail = f"same title as {twin.name}, and not part of the mapping"
            yield Pairing(Status.DUPLICATE, detail, destination=asset)
        elif lost := matching.bereft.get(asset.natural_key):
            detail = f"it has the title of source {lost.name}, whose copy was deleted: perhaps its replacement"
            yield Pairing(Status.ORPHAN_IN_DESTINATION, detail, destination=asset)
        else:
            detail = f"{asset.name} is not from this source{_hint(asset)}"
            yield Pairing(Status.ORPHAN_IN_DESTINATION, detail, destination=asset)


def _compared(source: Asset, copy: Asset) -> tuple[Status, str]:
    if quiz := _quiz_state(copy):
        return quiz, f"{copy.name} is in the state {copy.workflow_state}"
    if changes := differences(source, copy):
        return Status.MATCHED_CHANGED, "; ".join(changes)
    if source.url_slug and copy.url_slug and source.url_slug != copy.url_slug:
        return Status.MATCHED, f"its address became {copy.url_slug}"
    return Status.MATCHED, ""


def _mapped_but_gone(matching: _Matching, source: Asset, dest_id: str) -> Pairing:
    if source not in matching.selection:
        detail = (
            f"{source.name} was not selected; the copy of an earlier time, {matching.name(dest_id)}, has been deleted"
        )
        return Pairing(Status.EXPECTED_EXCLUDED, detail, source, source_id=source.asset_id, dest_id=dest_id)
    if source.natural_key:
        matching.bereft[source.natural_key] = source
    gone = f"the mapping names {matching.name(dest_id)}, which is not in the destination: it was deleted after the copy"
    return Pairing(Status.MAPPED_BUT_DELETED, gone + _hint(source), source, source_id=source.asset_id, dest_id=dest_id)


def _named_alike(source: Asset, namesake: Asset) -> Pairing:
    if _quiz_state(namesake):
        status, detail = _compared(source, namesake)
    else:
        status = Status.UNMAPPED_NAME_MATCH
        changes = differences(source, namesake)
        detail = "; ".join([f"{namesake.name} has its title, but the mapping does not know it", *changes])
    return Pairing(status, detail, source, namesake, source.asset_id)


def _quiz_state(asset: Asset) -> Status | None:
    """Tell whether Canvas is still building, or failed to build, the New Quiz behind an assignment."""
    return _QUIZ_STATES.get(asset.workflow_state or "") if asset.asset_type == "assignments" else None


def _hint(asset: Asset) -> str:
    """Return what else a reader should know before acting on the row."""
    hints = []
    if asset.shell_of:
        hints.append(f"it is the gradebook's side of a {asset.shell_of}")
    if _quiz_state(asset):
        hints.append(f"its own state is {asset.workflow_state}")
    return f" ({'; '.join(hints)})" if hints else ""
