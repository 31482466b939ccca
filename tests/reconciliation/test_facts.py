"""Reading Canvas's JSON: inventories, the mapping, and single values that may be anything."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_canvas.reconciliation import ASSET_TYPES, AssetMap, Course, Inventory, classify
from airflow_provider_canvas.reconciliation.coerce import text_of, time_of
from airflow_provider_canvas.security.redaction import strip_url_secrets
from tests.reconciliation.notation import course

HASH = "0123456789abcdef0123456789abcdef"

odd_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
keys = (
    "id page_id title name display_name published points_possible due_at updated_at items module_id size url type"
    " workflow_state submission_types assignment quiz_id"
)
odd_assets = st.dictionaries(st.sampled_from(keys.split()), odd_values, max_size=8)
odd_listings = st.dictionaries(st.sampled_from(ASSET_TYPES), odd_values | st.lists(odd_assets, max_size=4), max_size=8)


class TestInventory:
    def test_each_type_keeps_its_title_and_id_elsewhere(self):
        """Assignments and modules have names, files display names, and pages are known by page_id."""
        inventory = Inventory.parse(
            {"id": 11},
            {
                "assignments": [{"id": 1, "name": "Essay"}],
                "files": [{"id": "2", "display_name": "a b.pdf", "filename": "a+b.pdf"}],
                "modules": [{"id": 3, "name": "Week 1"}],
                "pages": [{"page_id": 4, "url": "intro", "title": "Intro"}],
            },
        )
        found = {(a.asset_type, a.asset_id, a.title) for of_type in inventory.assets.values() for a in of_type.values()}
        assert found == {
            ("assignments", "1", "Essay"),
            ("files", "2", "a b.pdf"),
            ("modules", "3", "Week 1"),
            ("pages", "4", "Intro"),
        }

    def test_module_items_flat_or_inside_their_modules(self):
        """Items may come in either place, or in both; each counts once, with its module's title."""
        items = [{"id": 7, "title": "Read", "type": "SubHeader"}]
        modules = [{"id": 3, "name": "Week 1", "items": items}]
        flat = [{"id": 7, "module_id": 3, "title": "Read", "type": "SubHeader"}]
        for listings in (
            {"modules": modules},
            {"modules": modules, "module_items": flat},
            {"modules": [{"id": 3, "name": "Week 1"}], "module_items": flat},
        ):
            (item,) = Inventory.parse({}, listings).assets["module_items"].values()
            assert item.natural_key == ("week 1", "subheader", "read")

    def test_a_listing_may_be_a_generator(self):
        """Listings are read once, page after page."""
        inventory = Inventory.parse({}, {"modules": ({"id": n, "name": "W"} for n in (1, 2))})
        assert list(inventory.assets["modules"]) == ["1", "2"]

    def test_a_repeated_asset_counts_once(self):
        """A page of results that shifts while it is read repeats an asset."""
        assert len(course('page 9 "Intro"\npage 9 "Intro"').assets["pages"]) == 1

    def test_graded_discussion(self):
        """A discussion's points and due date are those of its assignment."""
        topic = {"id": 1, "title": "T", "assignment": {"points_possible": 5, "due_at": "2026-01-20T23:59:00Z"}}
        (asset,) = Inventory.parse({}, {"discussion_topics": [topic]}).assets["discussion_topics"].values()
        assert (asset.points_possible, asset.due_at) == (5.0, datetime(2026, 1, 20, 23, 59, tzinfo=UTC))

    def test_restricted_course(self):
        """A course that is restricted by date shows nothing but its id."""
        assert Course.parse({"id": 42, "access_restricted_by_date": True}).title == "Course 42"

    def test_course_with_term(self):
        """The term comes with ``include[]=term``."""
        read = Course.parse(
            {"id": 1, "name": "B", "sis_course_id": "S", "term": {"name": "Su", "sis_term_id": "2026SU"}}
        )
        assert (read.sis_course_id, read.term_name, read.term_sis_id) == ("S", "Su", "2026SU")

    @settings(max_examples=60, deadline=None)
    @given(odd_values, odd_values | odd_listings, odd_values)
    def test_odd_json_never_raises(self, course_body, listings, mapping_body):
        """Whatever Canvas answers, there is an inventory, a mapping, and a result for them."""
        inventory = Inventory.parse(course_body, listings)
        classify(inventory, inventory, AssetMap.parse(mapping_body))
        assert set(inventory.assets) == set(ASSET_TYPES)


class TestAssetMap:
    def test_pairs(self):
        """Pairs of ids are text on both sides; a type that is not there, or is empty, has none."""
        mapping = AssetMap.parse({"assignments": {"13": "740"}, "announcements": {}})
        assert mapping.pairs["assignments"] == {"13": "740"}
        assert mapping.pairs["announcements"] == mapping.pairs["quizzes"] == {}

    @pytest.mark.parametrize("key", [HASH, f"g{HASH}", f"i{HASH}"])
    def test_identities(self, key):
        """A newer Canvas adds the hash of a pair, and the slugs of pages."""
        entry = {"source": {"id": "9", "url": "intro"}, "destination": {"id": "55", "url": "intro-2"}}
        mapping = AssetMap.parse({"pages": {"9": "55", key: entry}})
        found = mapping.identity("pages", "9")
        assert (found.migration_hash, found.source_url_slug, found.dest_url_slug) == (key, "intro", "intro-2")
        assert mapping.pairs["pages"] == {"9": "55"}

    def test_identity_fills_in_what_the_listing_no_longer_has(self):
        """The slug of a page that is gone is known from the mapping alone."""
        entry = {"source": {"id": "9", "url": "intro"}, "destination": {"id": "55", "url": "intro-2"}}
        mapping = AssetMap.parse({"pages": {"9": "55", f"g{HASH}": entry}})
        (row,) = classify(course('page 9 "Intro"'), course(""), mapping)
        assert (row.migration_hash, row.dest_url_slug) == (f"g{HASH}", "intro-2")

    @pytest.mark.parametrize(
        "entry",
        [
            {"13": 740},
            {"13": None},
            {"x": "740"},
            {"13": "x"},
            {"13": {"source": {}}},
            {f"g{HASH}": {"source": 1}},
            [],
            "x",
        ],
    )
    def test_anything_else_is_left_out(self, entry):
        """What is neither a pair of ids nor an identity does not become a pair."""
        assert AssetMap.parse({"pages": entry}).pairs["pages"] == {}


class TestSingleValues:
    def test_ids_and_texts(self):
        """Ids are text whether they came as numbers or not, and keep all their digits."""
        assert [text_of(v) for v in (10000003793279001, "7", True, 1.5, " ", None)] == [
            "10000003793279001",
            "7",
            None,
            None,
            None,
            None,
        ]

    def test_text_is_storable(self):
        """PostgreSQL refuses a NUL, and a file a lone surrogate."""
        assert text_of("a\x00b\ud800") == "ab?"

    def test_times(self):
        """Times come out in UTC; what is no time is None."""
        assert time_of("2026-01-05T12:00:00+02:00") == datetime(2026, 1, 5, 10, tzinfo=UTC)
        assert [time_of(v) for v in ("", "soon", 5, None, "0001-01-01T00:00:00+05:00")] == [None] * 5

    @pytest.mark.parametrize(
        ("address", "clean"),
        [
            ("/files/1/download?download_frd=1&verifier=abc", "/files/1/download?download_frd=1"),
            ("/files/1/download?verifier=abc&download_frd=1", "/files/1/download?download_frd=1"),
            ("https://h/x?access_token=abc", "https://h/x"),
            ("see https://h/x?sig=a&amp;Expires=1 there", "see https://h/x?Expires=1 there"),
            ("https://s3/x?X-Amz-Signature=a&X-Amz-Date=b#top", "https://s3/x#top"),
            ("<a href='/x?sf_verifier=e30.e30'>x</a>", "<a href='/x'>x</a>"),
            ("Why? Because. a=b&c=d", "Why? Because. a=b&c=d"),
        ],
    )
    def test_secrets_leave_addresses(self, address, clean):
        """The parameters that let their holder in go; the rest of the address stays."""
        assert strip_url_secrets(address) == clean
