"""What holds for any two courses and any mapping between them."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_canvas.reconciliation import ASSET_TYPES, AssetMap, Inventory, Status, Summary, classify

examples = settings(max_examples=60, deadline=None)

KINDS = ("assignments", "module_items", "pages")
ids = st.integers(1, 6)
titles = st.sampled_from(["A", "a", "B", ""])


def bodies(kind: str) -> st.SearchStrategy:
    return st.lists(
        st.fixed_dictionaries(
            {
                "page_id" if kind == "pages" else "id": ids,
                "name" if kind == "assignments" else "title": titles,
                "module_id": st.just(1),
            },
            optional={"points_possible": st.sampled_from([1, 2]), "workflow_state": st.just("migrating")},
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
    """Nothing is lost and nothing is told twice: on either side, and for pairs of the mapping."""
    rows = classify(source, destination, mapping, selected)
    for asset_type in ASSET_TYPES:
        of_type = [row for row in rows if row.asset_type == asset_type]
        listed = [row.source_asset_id for row in of_type if row.in_source]
        assert sorted(listed) == sorted(source.assets[asset_type])
        copies = [row.dest_asset_id for row in of_type if row.in_destination]
        assert sorted(copies) == sorted(destination.assets[asset_type])
        gone = [row.source_asset_id for row in of_type if row.source_asset_id and not row.in_source]
        assert sorted(gone) == sorted(mapping.pairs[asset_type].keys() - source.assets[asset_type].keys())


@examples
@given(inventories, inventories, mappings, selections)
def test_keys_are_unique(source, destination, mapping, selected):
    """The natural key of the table is one, and never NULL."""
    keys = Counter((row.asset_type, row.asset_key) for row in classify(source, destination, mapping, selected))
    assert not [key for key, count in keys.items() if count > 1 or None in key]


@examples
@given(inventories, inventories, mappings, selections)
def test_statuses_say_what_is_there(source, destination, mapping, selected):
    """A status that speaks of both sides has both, and one that speaks of an absence has it."""
    sides = {
        (True, True): {"matched", "matched_changed", "unmapped_name_match", "pending_quiz", "failed_quiz"},
        (True, False): {"missing_in_destination", "mapped_but_deleted", "expected_excluded", "duplicate"},
        (False, True): {"orphan_in_destination", "source_deleted", "duplicate"},
        (False, False): {"deleted_in_both"},
    }
    for row in classify(source, destination, mapping, selected):
        assert row.status in sides[row.in_source, row.in_destination]


@examples
@given(inventories, inventories, mappings, selections)
def test_summary_adds_up(source, destination, mapping, selected):
    """However the rows are split over courses, the counts are the same."""
    rows = classify(source, destination, mapping, selected)
    whole, parts = Summary.of(rows), Summary.of(rows[::2]) + Summary.of(rows[1::2])
    assert whole.total == parts.total == sum(whole.types.values(), type(whole.total)())
    assert whole.total.rows == len(rows) == sum(whole.count(status) for status in Status)
    assert whole.total.arrived <= whole.total.expected <= whole.total.source


@examples
@given(inventories)
def test_a_course_is_its_own_copy(course):
    """A course compared with itself by a complete mapping is matched throughout, but for quizzes being built."""
    mapping = AssetMap.parse({kind: {i: i for i in assets} for kind, assets in course.assets.items()})
    assert {row.status for row in classify(course, course, mapping)} <= {"matched", "pending_quiz"}


@examples
@given(inventories, inventories, mappings)
def test_order_of_listings_does_not_matter(source, destination, mapping):
    """Canvas lists in an order of its own, and may change it between two runs."""

    def reversed_(inventory: Inventory) -> Inventory:
        return Inventory(inventory.course, {t: dict(reversed(a.items())) for t, a in inventory.assets.items()})

    turned = AssetMap({t: dict(reversed(pairs.items())) for t, pairs in mapping.pairs.items()})
    assert classify(source, destination, mapping) == classify(reversed_(source), reversed_(destination), turned)
