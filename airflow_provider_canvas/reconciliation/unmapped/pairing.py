"""Pair the things of one type of two courses, and give each pair a status.

The rules, in the order in which they claim things of the destination (one is claimed once):

1. The same id: an outcome of an account, which both courses use.
2. The same title. Of several with one title, those with the same content belong together, then those that differ in
   nothing, and the rest in their order.
3. Another title, but the same content, if no other thing on either side has it: it was renamed after the copy.

What the copy was not to bring takes what the rest leaves.

What is left of the source did not arrive, unless it could not: it was not selected, a copy never brings it, or it is
younger than the copy. What is left of the destination is a ``duplicate`` or an ``orphan_in_destination``. All of this
does not depend on the order of the listings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from airflow_provider_canvas.reconciliation.assets import SINGULAR, id_order
from airflow_provider_canvas.reconciliation.later_assets import is_younger
from airflow_provider_canvas.reconciliation.rows import AssetRow
from airflow_provider_canvas.reconciliation.statuses import Status
from airflow_provider_canvas.reconciliation.unmapped.item import Item

BY_NAME, BY_CONTENT = "name", "content"
"""What paired two things (``matched_by``)."""


@dataclass(frozen=True, kw_only=True)
class Copy:
    """What is known of the copy.

    :param selected: Whether a thing was to be copied, by type and id; None for a copy of everything.
    :param began_at: When Canvas began the copy.
    :param ended_at: When Canvas ended it.
    :param is_first: Whether the destination has nothing that is older than the copy, so that ids tell ages.
    """

    selected: Callable[[Item], bool] | None = None
    began_at: datetime | None = None
    ended_at: datetime | None = None
    is_first: bool = False


@dataclass
class _Pairs:
    """The pairs that were found: things of the destination, and what paired them, by the id of the source's thing.

    :param only: Whether to pair a thing now, which is of the source or not; None for all.
    """

    source: Mapping[str, Item]
    destination: Mapping[str, Item]
    by_source: dict[str, tuple[Item, str]] = field(default_factory=dict)
    claimed: set[str] = field(default_factory=set)
    only: Callable[[Item, bool], bool] | None = None

    def claim(self, source: Item, copy: Item, matched_by: str = BY_NAME) -> None:
        """Pair two things."""
        self.by_source[source.item_id] = (copy, matched_by)
        self.claimed.add(copy.item_id)

    def left(self) -> tuple[list[Item], list[Item]]:
        """Return what is not paired, on both sides, in order."""
        source = [item for item in self.source.values() if item.item_id not in self.by_source]
        destination = [item for item in self.destination.values() if item.item_id not in self.claimed]
        if self.only is not None:
            source = [item for item in source if self.only(item, True)]
            destination = [item for item in destination if self.only(item, False)]
        return sorted(source, key=lambda item: item.place), sorted(destination, key=lambda item: item.place)

    def pair_by(self, key: Callable[[Item], Any], same: Callable[[Item, Item], bool]) -> None:
        """Pair what has the same key and is the same, each with the first of the destination; a None is no key."""
        source, destination = self.left()
        candidates: dict[Any, list[Item]] = {}
        for copy in destination:
            candidates.setdefault(key(copy), []).append(copy)
        for item in source:
            same_key = candidates.get(key(item), []) if key(item) is not None else []
            found = next((each for each in same_key if same(item, each)), None)
            if found is not None:
                same_key.remove(found)
                self.claim(item, found)

    def pair_renamed(self) -> None:
        """Pair what is left if only one thing on each side has its content."""
        source, destination = self.left()
        counts = [Counter(item.content for item in side) for side in (source, destination)]
        copies = {copy.content: copy for copy in destination}
        for item in source:
            if item.content is not None and [count[item.content] for count in counts] == [1, 1]:
                self.claim(item, copies[item.content], BY_CONTENT)


def compare_items(source: Iterable[Item], destination: Iterable[Item], copy: Copy) -> list[AssetRow]:
    """Return one row for each thing of one type.

    :param source: The things of the course that was copied.
    :param destination: The things of the course it was copied into.
    :param copy: What is known of the copy.
    """
    pairs = _Pairs({item.item_id: item for item in source}, {item.item_id: item for item in destination})
    pairs.only = lambda item, is_source: not (_why_not_expected(item, copy) if is_source else item.not_copied)
    _pair(pairs)
    pairs.pair_renamed()
    pairs.only = None
    _pair(pairs)  # what the copy was not to bring takes what is left
    return [*_rows_of_source(pairs, copy), *_rows_of_destination(pairs, copy)]


def _pair(pairs: _Pairs) -> None:
    """Apply rules 1 and 2 to what is left."""
    pairs.pair_by(lambda item: item.item_id, lambda item, other: item.key == other.key)
    pairs.pair_by(_title_of_few(pairs), _has_same_content)
    pairs.pair_by(lambda item: item.key, lambda item, other: not item.differences(other))
    pairs.pair_by(lambda item: item.key, lambda _item, _other: True)


def _title_of_few(pairs: _Pairs) -> Callable[[Item], str | None]:
    """Return a function that returns the title, but None for things that are paired by their order.

    A series of events that was moved by some weeks has the same dates as before, for other events: if none is missing,
    their order tells which belong together.
    """
    counts = [Counter(item.key for item in side) for side in pairs.left()]

    def key(item: Item) -> str | None:
        is_whole = counts[0][item.key] == counts[1][item.key]
        return None if item.shifts and is_whole else item.key

    return key


def _has_same_content(item: Item, other: Item) -> bool:
    return item.content is not None and item.content == other.content and not item.differences(other)


def _rows_of_source(pairs: _Pairs, copy: Copy) -> Iterator[AssetRow]:
    newest = max((each.item_id for each, _ in pairs.by_source.values()), key=id_order, default=None)
    for item in sorted(pairs.source.values(), key=lambda each: each.place):
        not_expected = _why_not_expected(item, copy)
        if item.item_id in pairs.by_source:
            arrived, matched_by = pairs.by_source[item.item_id]
            status, detail = Status.MATCHED, ""
            if changes := item.differences(arrived):
                status, detail = Status.MATCHED_CHANGED, "; ".join(changes)
                if not_expected:
                    status, detail = Status.EXPECTED_EXCLUDED, f"{not_expected}; the destination has one of that name"
            yield _row(copy, status, detail, source=item, destination=arrived, matched_by=matched_by)
        elif not_expected:
            yield _row(copy, Status.EXPECTED_EXCLUDED, not_expected, source=item)
        elif _is_later(item, newest, copy):
            detail = f"{item.name} was created in the source after the copy had begun"
            yield _row(copy, Status.ADDED_SINCE, detail, source=item)
        else:
            detail = f"no {SINGULAR[item.asset_type]} of that name in the destination"
            if item.created_at is None:
                detail += (
                    f" (Canvas does not tell when {_with_article(item)} was created: it may be younger than the copy, "
                    "and it has no mapping of them: it may have been renamed)"
                )
            yield _row(copy, Status.MISSING_IN_DESTINATION, detail, source=item)


def _rows_of_destination(pairs: _Pairs, copy: Copy) -> Iterator[AssetRow]:
    twins: dict[str, list[Item]] = {}
    for arrived, _ in pairs.by_source.values():
        twins.setdefault(arrived.key, []).append(arrived)
    for item in pairs.left()[1]:
        twin = next((each for each in twins.get(item.key, []) if _is_twin(item, each)), None) if item.key else None
        if twin is not None:
            detail = f"same name as {twin.name}, which is the copy"
            yield _row(copy, Status.DUPLICATE, detail, destination=item)
        else:
            yield _row(copy, Status.ORPHAN_IN_DESTINATION, f"{item.name} is not from this source", destination=item)


def _is_twin(item: Item, other: Item) -> bool:
    """Return whether two things of one title are the same to a reader; events of one title often take place weekly."""
    return item.asset_type != "calendar_events" or item.content == other.content


def _why_not_expected(item: Item, copy: Copy) -> str:
    if item.not_copied:
        return item.not_copied
    if copy.selected is not None and not copy.selected(item):
        return f"{item.name} was not selected for this copy"
    return ""


def _is_later(item: Item, newest_copy: str | None, copy: Copy) -> bool:
    """Return whether a thing of the source is certainly younger than the copy."""
    if copy.began_at is None:
        return False
    if item.created_at is not None:
        return item.created_at > copy.began_at
    return copy.is_first and is_younger(item.item_id, newest_copy)


def _with_article(item: Item) -> str:
    singular = SINGULAR[item.asset_type]
    return f"{'an' if singular[0] in 'aeiou' else 'a'} {singular}"


def _row(
    copy: Copy,
    status: Status,
    detail: str,
    *,
    source: Item | None = None,
    destination: Item | None = None,
    matched_by: str | None = None,
) -> AssetRow:
    """Return the row of a pair of which one side may be missing."""
    item = next(each for each in (source, destination) if each is not None)
    updated_at = destination.updated_at if destination else None
    is_known = matched_by is not None and updated_at is not None and copy.ended_at is not None
    return AssetRow(
        asset_type=item.asset_type,
        asset_key=f"{'source' if source else 'dest'}:{item.item_id}",
        status=status,
        detail=detail,
        in_source=source is not None,
        in_destination=destination is not None,
        source_asset_id=source.item_id if source else None,
        dest_asset_id=destination.item_id if destination else None,
        source_title=source.title if source else None,
        dest_title=destination.title if destination else None,
        points_source=source.points if source else None,
        points_dest=destination.points if destination else None,
        source_updated_at=source.updated_at if source else None,
        dest_updated_at=updated_at,
        matched_by=matched_by,
        changed_since_copy=updated_at > copy.ended_at if is_known else None,  # type: ignore[operator]
    )


def selection_of(selected: Mapping[str, Collection[str | int] | str], names: Mapping[str, Collection[str]]) -> Any:
    """Return a function that tells whether a copy's ``select`` names a thing.

    :param selected: The copy's ``select``: ids by type, or ``"all"``.
    :param names: The names that ``select`` may use, by asset type.
    """
    chosen: dict[str, set[str] | None] = {}
    for asset_type, spellings in names.items():
        ids = [selected[name] for name in spellings if name in selected]
        chosen[asset_type] = None if "all" in ids else {str(item_id) for group in ids for item_id in group}

    def is_selected(item: Item) -> bool:
        wanted = chosen.get(item.asset_type, set())
        return wanted is None or item.item_id in wanted

    return is_selected
