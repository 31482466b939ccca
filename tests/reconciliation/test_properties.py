"""Properties of the rows of any two courses and any mapping."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_canvas.reconciliation import ASSET_TYPES, AssetMap, Inventory, Status, Summary, classify

examples = settings(max_examples=60, deadline=None)

KINDS = ("assignments", "module_items", "pages")
ids = st.integers(1, 6)
titles = st.sampled_from(["A", "a", "A-2", "B", ""])
BEGAN = datetime(2026, 2, 1, tzinfo=UTC)


def bodies(kind: str) -> st.SearchStrategy:
    """Return a strategy for the assets of a type, as Canvas sends them."""
    return st.lists(
        st.fixed_dictionaries(
            {
                "page_id" if kind == "pages" else "id": ids,
                "name" if kind == "assignments" else "title": titles,
                "module_id": st.just(1),
            },
            optional={
                "points_possible": st.sampled_from([1, 2]),
                "workflow_state": st.just("migrating"),
                "created_at": st.sampled_from(["2026-01-01T00:00:00Z", "2026-03-01T00:00:00Z"]),
            },
        ),
        max_size=6,
    )


inventories = st.fixed_dictionaries({kind: bodies(kind) for kind in KINDS}).map(
    lambda listings: Inventory.parse({"id": 1}, listings)
)
mappings = st.fixed_dictionaries({kind: st.dictionaries(ids.map(str), ids.map(str), max_size=6) for kind in KINDS}).map(
    AssetMap.parse
)
selections = st.none() | st.dictionaries(st.sampled_from(KINDS), st.lists(ids.map(str), max_size=3))


@examples
@given(inventories, inventories, mappings, selections)
def test_every_asset_is_in_exactly_one_row(source, destination, mapping, selected):
    """Each asset of either side, and each pair of the mapping, is in exactly one row."""
    rows = classify(source, destination, mapping, selected, copy_began_at=BEGAN)
    for asset_type in ASSET_TYPES:
        of_type = [row for row in rows if row.asset_type == asset_type]
        in_source: list[Any] = [row.source_asset_id for row in of_type if row.in_source]
        assert sorted(in_source) == sorted(source.assets[asset_type])
        copies: list[Any] = [row.dest_asset_id for row in of_type if row.in_destination]
        assert sorted(copies) == sorted(destination.assets[asset_type])
        deleted: list[Any] = [row.source_asset_id for row in of_type if row.source_asset_id and not row.in_source]
        gone = mapping.pairs[asset_type].keys() - source.assets[asset_type].keys()
        replaced = {row.dest_asset_id for row in of_type if row.status is Status.REPLACED}
        assert sorted(deleted) == sorted(
            i for i in gone if i in deleted or mapping.pairs[asset_type][i] not in replaced
        )


@examples
@given(inventories, inventories, mappings, selections)
def test_keys_are_unique(source, destination, mapping, selected):
    """The natural key is unique, and no part of it is None."""
    keys = Counter(
        (row.asset_type, row.asset_key) for row in classify(source, destination, mapping, selected, copy_began_at=BEGAN)
    )
    assert not [key for key, count in keys.items() if count > 1 or None in key]


@examples
@given(inventories, inventories, mappings, selections)
def test_statuses_agree_with_the_sides(source, destination, mapping, selected):
    """Each status occurs only with the sides that it implies."""
    sides = {
        (True, True): {
            "matched",
            "matched_changed",
            "renamed",
            "replaced",
            "unmapped_name_match",
            "pending_quiz",
            "failed_quiz",
        },
        (True, False): {
            "missing_in_destination",
            "mapped_but_deleted",
            "added_since",
            "expected_excluded",
            "duplicate",
        },
        (False, True): {"orphan_in_destination", "source_deleted", "duplicate"},
        (False, False): {"deleted_in_both"},
    }
    for row in classify(source, destination, mapping, selected, copy_began_at=BEGAN):
        assert row.status in sides[row.in_source, row.in_destination]


@examples
@given(inventories, inventories, mappings, selections)
def test_summary_adds_up(source, destination, mapping, selected):
    """The counts do not depend on how the rows are split over summaries."""
    rows = classify(source, destination, mapping, selected, copy_began_at=BEGAN)
    whole, parts = Summary.from_rows(rows), Summary.from_rows(rows[::2]) + Summary.from_rows(rows[1::2])
    assert whole.total == parts.total == sum(whole.types.values(), type(whole.total)())
    assert whole.total.rows == len(rows) == sum(whole.count(status) for status in Status)
    assert whole.total.arrived <= whole.total.expected <= whole.total.source


@examples
@given(inventories)
def test_a_course_is_its_own_copy(course):
    """A course that is compared with itself is matched, except for quizzes that are being built."""
    mapping = AssetMap.parse({kind: {i: i for i in assets} for kind, assets in course.assets.items()})
    assert {row.status for row in classify(course, course, mapping)} <= {"matched", "pending_quiz"}


@examples
@given(inventories, inventories, mappings)
def test_order_of_listings_does_not_matter(source, destination, mapping):
    """The rows do not depend on the order of the listings and of the mapping."""

    def reverse(inventory: Inventory) -> Inventory:
        """Return an inventory with its assets in reverse order."""
        return Inventory(inventory.course, {t: dict(reversed(list(a.items()))) for t, a in inventory.assets.items()})

    reversed_mapping = AssetMap({t: dict(reversed(list(pairs.items()))) for t, pairs in mapping.pairs.items()})
    reversed_rows = classify(reverse(source), reverse(destination), reversed_mapping, copy_began_at=BEGAN)
    assert classify(source, destination, mapping, copy_began_at=BEGAN) == reversed_rows
