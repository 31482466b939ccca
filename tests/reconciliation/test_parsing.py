"""Parsing Canvas's JSON: inventories, the mapping, and single values of any type."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_canvas.reconciliation import ASSET_TYPES, AssetMap, Course, Inventory, classify
from airflow_provider_canvas.reconciliation.coerce import to_datetime, to_text
from airflow_provider_canvas.security.redaction import strip_url_secrets
from tests.reconciliation.notation import course

HASH = "0123456789abcdef0123456789abcdef"

any_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
keys = (
    "id page_id title name display_name published points_possible due_at updated_at items module_id size url type"
    " workflow_state submission_types assignment quiz_id created_at folder_id full_name"
)
any_assets = st.dictionaries(st.sampled_from(keys.split()), any_values, max_size=8)
any_listings = st.dictionaries(
    st.sampled_from([*ASSET_TYPES, "folders"]), any_values | st.lists(any_assets, max_size=4), max_size=8
)


class TestInventory:
    def test_key_of_title_and_id_depends_on_the_type(self):
        """The title is ``name``, ``display_name`` or ``title``; the id of a page is its ``page_id``."""
        inventory = Inventory.parse(
            {"id": 11},
            {
                "assignments": [{"id": 1, "name": "Essay"}],
                "files": [{"id": "2", "display_name": "a b.pdf", "filename": "a+b.pdf"}],
                "modules": [{"id": 3, "name": "Week 1"}],
                "pages": [{"page_id": 4, "url": "intro", "title": "Intro"}],
            },
        )
        assets = {
            (a.asset_type, a.asset_id, a.title) for of_type in inventory.assets.values() for a in of_type.values()
        }
        assert assets == {
            ("assignments", "1", "Essay"),
            ("files", "2", "a b.pdf"),
            ("modules", "3", "Week 1"),
            ("pages", "4", "Intro"),
        }

    def test_module_items_in_their_own_listing_or_in_their_modules(self):
        """Items may be in either place, or in both; each counts once, with its module's title."""
        items = [{"id": 7, "title": "Read", "type": "SubHeader"}]
        modules = [{"id": 3, "name": "Week 1", "items": items}]
        items = [{"id": 7, "module_id": 3, "title": "Read", "type": "SubHeader"}]
        for listings in (
            {"modules": modules},
            {"modules": modules, "module_items": items},
            {"modules": [{"id": 3, "name": "Week 1"}], "module_items": items},
        ):
            (item,) = Inventory.parse({}, listings).assets["module_items"].values()
            assert item.natural_key == ("week 1", "subheader", "read")

    def test_a_listing_may_be_a_generator(self):
        """A listing is iterated only once."""
        inventory = Inventory.parse({}, {"modules": ({"id": n, "name": "W"} for n in (1, 2))})
        assert list(inventory.assets["modules"]) == ["1", "2"]

    def test_a_repeated_asset_counts_once(self):
        """An asset that is listed twice, because pages shifted while they were fetched, counts once."""
        assert len(course('page 9 "Intro"\npage 9 "Intro"').assets["pages"]) == 1

    def test_graded_discussion(self):
        """The points and due date of a graded discussion are those of its assignment."""
        topic = {"id": 1, "title": "T", "assignment": {"points_possible": 5, "due_at": "2026-01-20T23:59:00Z"}}
        (asset,) = Inventory.parse({}, {"discussion_topics": [topic]}).assets["discussion_topics"].values()
        assert (asset.points_possible, asset.due_at) == (5.0, datetime(2026, 1, 20, 23, 59, tzinfo=UTC))

    def test_restricted_course(self):
        """A course that is restricted by date has only an id, which becomes its title."""
        assert Course.parse({"id": 42, "access_restricted_by_date": True}).title == "Course 42"

    def test_course_with_term(self):
        """The name and SIS id of the term are parsed."""
        parsed = Course.parse(
            {"id": 1, "name": "B", "sis_course_id": "S", "term": {"name": "Su", "sis_term_id": "2026SU"}}
        )
        assert (parsed.sis_course_id, parsed.term_name, parsed.term_sis_id) == ("S", "Su", "2026SU")

    @pytest.mark.parametrize(
        ("has_overrides", "is_listed", "day"),
        [(False, True, 6), (True, True, 6), (False, False, 19), (True, False, None)],
    )
    def test_own_due_date_of_a_graded_discussion(self, has_overrides, is_listed, day):
        """Its due date is that of its assignment's listing: the topic's own JSON may have the date of an override."""
        embedded = {"id": 5, "due_at": "2026-12-19T23:00:00Z", "has_overrides": has_overrides}
        topic = {"id": 1, "title": "T", "assignment_id": 5, "assignment": embedded}
        assignments = [{"id": 5, "name": "T", "due_at": "2026-12-06T23:00:00Z"}] if is_listed else []
        inventory = Inventory.parse({}, {"discussion_topics": [topic], "assignments": assignments})
        due_at = inventory.assets["discussion_topics"]["1"].due_at
        assert due_at == (day and datetime(2026, 12, day, 23, 0, tzinfo=UTC))

    def test_times_of_creation(self):
        """Assets have the time of their creation, in UTC, where Canvas sends it."""
        inventory = course('page 9 "Intro" created=2026-01-05T10:00:00-07:00\nquiz 4 "Quiz"')
        assert inventory.assets["pages"]["9"].created_at == datetime(2026, 1, 5, 17, 0, tzinfo=UTC)
        assert inventory.assets["quizzes"]["4"].created_at is None

    def test_folders_of_files(self):
        """A file has the full name of its folder, if the folders were listed."""
        files = 'file 4 "a.pdf" folder=3\nfile 5 "a.pdf" folder=99\nfile 6 "a.pdf"'
        inventory = course(f'{files}\nfolder 3 "course files/week 1"')
        paths = {asset_id: asset.folder_path for asset_id, asset in inventory.assets["files"].items()}
        assert paths == {"4": "course files/week 1", "5": None, "6": None}

    @settings(max_examples=60, deadline=None)
    @given(any_values, any_values | any_listings, any_values)
    def test_unexpected_json_never_raises(self, course_body, listings, mapping_body):
        """Any JSON is parsed to an inventory and a mapping, and classified."""
        inventory = Inventory.parse(course_body, listings)
        classify(inventory, inventory, AssetMap.parse(mapping_body))
        assert set(inventory.assets) == set(ASSET_TYPES)


class TestAssetMap:
    def test_pairs(self):
        """Pairs are ids as text; a type that is missing or empty has none."""
        mapping = AssetMap.parse({"assignments": {"13": "740"}, "announcements": {}})
        assert mapping.pairs["assignments"] == {"13": "740"}
        assert mapping.pairs["announcements"] == mapping.pairs["quizzes"] == {}

    @pytest.mark.parametrize("key", [HASH, f"g{HASH}", f"i{HASH}"])
    def test_identities(self, key):
        """The migration hash of a pair and the slugs of pages are parsed, if a newer Canvas sends them."""
        entry = {"source": {"id": "9", "url": "intro"}, "destination": {"id": "55", "url": "intro-2"}}
        mapping = AssetMap.parse({"pages": {"9": "55", key: entry}})
        identity = mapping.identity("pages", "9")
        assert (identity.migration_hash, identity.source_url_slug, identity.dest_url_slug) == (key, "intro", "intro-2")
        assert mapping.pairs["pages"] == {"9": "55"}

    @pytest.mark.parametrize(
        "entries",
        [
            {"9": "55"},
            {"9": 55},
            {f"g{HASH}": {"source": {"id": "9"}, "destination": {"id": "55"}}},
            {f"g{HASH}": {"source": {"id": 9, "url": "a"}, "destination": {"id": 55, "shell_id": 3}}},
            {"9": "55", f"g{HASH}": {"source": {"id": "9"}, "destination": {"id": "55"}}},
        ],
    )
    def test_forms_of_a_pair(self, entries):
        """A pair may have a number for a value, or be an object only, as a newer Canvas may send it."""
        assert AssetMap.parse({"pages": entries}).pairs["pages"] == {"9": "55"}

    def test_slug_of_a_deleted_page(self):
        """The slug of a page that is no longer listed is taken from the mapping."""
        entry = {"source": {"id": "9", "url": "intro"}, "destination": {"id": "55", "url": "intro-2"}}
        mapping = AssetMap.parse({"pages": {"9": "55", f"g{HASH}": entry}})
        (row,) = classify(course('page 9 "Intro"'), course(""), mapping)
        assert (row.migration_hash, row.dest_url_slug) == (f"g{HASH}", "intro-2")

    @pytest.mark.parametrize(
        "entry",
        [
            {"13": True},
            {"13": 7.5},
            {"13": None},
            {"x": "740"},
            {"13": "x"},
            {"13": {"source": {}}},
            {f"g{HASH}": {"source": 1}},
            [],
            "x",
        ],
    )
    def test_other_entries_are_skipped(self, entry):
        """An entry that is neither a pair of ids nor an identity does not become a pair."""
        assert AssetMap.parse({"pages": entry}).pairs["pages"] == {}


class TestSingleValues:
    def test_ids_and_texts(self):
        """Ids become text with all their digits; other types and blank text become None."""
        assert [to_text(v) for v in (10000003793279001, "7", True, 1.5, " ", None)] == [
            "10000003793279001",
            "7",
            None,
            None,
            None,
            None,
        ]

    def test_text_is_storable(self):
        """NUL, which PostgreSQL refuses, and lone surrogates, which a file refuses, are replaced."""
        assert to_text("a\x00b\ud800") == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}"

    def test_times(self):
        """Times are converted to UTC; anything else becomes None."""
        assert to_datetime("2026-01-05T12:00:00+02:00") == datetime(2026, 1, 5, 10, tzinfo=UTC)
        assert [to_datetime(v) for v in ("", "soon", 5, None, "0001-01-01T00:00:00+05:00")] == [None] * 5

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
    def test_url_secrets_are_removed(self, address, clean):
        """Parameters that grant access are removed; the rest of the URL is kept."""
        assert strip_url_secrets(address) == clean
