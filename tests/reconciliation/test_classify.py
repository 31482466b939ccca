"""Each status and each pairing, and the precedence of the rules that claim the same asset."""

from __future__ import annotations

from airflow_provider_canvas.reconciliation import Inventory, PreviousAsset, classify
from tests.reconciliation.notation import course, mapping, outcome, rows_of


class TestMappedPairs:
    def test_no_difference(self):
        """A mapped pair without differences is matched, with no detail."""
        (row,) = rows_of('page 9 "Intro"', 'page 55 "Intro"', "page 9 -> 55")
        assert (row.status, row.detail, row.asset_key) == ("matched", "", "source:9")

    def test_differences_are_in_the_detail(self):
        """Title, points and publication are compared, and the detail lists each difference."""
        (row,) = rows_of('assignment 1 "A" points=10', 'assignment 2 "B" points=20 unpublished', "assignment 1 -> 2")
        assert row.status == "matched_changed"
        assert row.detail == "title: 'A' -> 'B'; points: 10 -> 20; published: yes -> no"

    def test_titles_are_compared_exactly(self):
        """A title with other capitals is a change."""
        assert outcome('page 9 "Intro"', 'page 55 "INTRO"', "page 9 -> 55") == ["page 9 -> 55: matched_changed"]

    def test_points_removed(self):
        """Points that became none are a change."""
        (row,) = rows_of('quiz 1 "Q" points=10', 'quiz 2 "Q"', "quiz 1 -> 2")
        assert row.detail == "points: 10 -> none"

    def test_size_of_a_file(self):
        """Another size of a file is a change."""
        (row,) = rows_of('file 1 "a.pdf" size=1000', 'file 2 "a.pdf" size=2500', "file 1 -> 2")
        assert (row.status, row.detail) == ("matched_changed", "size: 1,000 bytes -> 2,500 bytes")

    def test_type_of_a_module_item(self):
        """Another type of a module item is a change."""
        source, destination = 'module 1 "W"\nitem 3 "X" in=1 type=Quiz', 'module 2 "W"\nitem 4 "X" in=2 type=Assignment'
        row = rows_of(source, destination, "module 1 -> 2\nitem 3 -> 4")[-1]
        assert (row.status, row.detail) == ("matched_changed", "type: 'Quiz' -> 'Assignment'")

    def test_shifted_due_date_is_no_change(self):
        """A shifted due date is recorded in whole days, also across daylight saving time, and is no change."""
        (row,) = rows_of(
            'assignment 1 "A" points=1 due=2026-01-21T04:59:00Z',
            'assignment 2 "A" points=1 due=2026-07-08T03:59:00Z',
            "assignment 1 -> 2",
        )
        assert (row.status, row.due_delta_days) == ("matched", 168)

    def test_slug_alone_is_no_change(self):
        """Canvas makes slugs unique: the new slug is in the detail, and the page is matched."""
        (row,) = rows_of('page 9 "Intro" slug=intro', 'page 55 "Intro" slug=intro-2', "page 9 -> 55")
        assert (row.status, row.detail) == ("matched", "its URL slug became intro-2")

    def test_unknown_is_not_different(self):
        """A value that only one side has (``published``) is no change."""
        student = Inventory.parse({"id": 22}, {"pages": [{"page_id": 55, "title": "Intro"}]})
        (row,) = classify(course('page 9 "Intro"'), student, mapping("page 9 -> 55"))
        assert row.status == "matched"

    def test_deleted_after_the_copy(self):
        """A mapped asset that the destination does not list was deleted; the row has the id that it had."""
        (row,) = rows_of('page 9 "Intro"', "", "page 9 -> 55")
        assert (row.status, row.dest_asset_id, row.in_destination) == ("mapped_but_deleted", "55", False)
        assert row.detail.startswith("the mapping names page 55, which is not in the destination")

    def test_deleted_in_the_source(self):
        """A copy whose source was deleted is still a pair, and no orphan."""
        assert outcome("", 'page 55 "Intro"', "page 9 -> 55") == ["page 9 -> 55: source_deleted"]

    def test_deleted_in_both(self):
        """A pair that only the mapping has is reported as deleted in both."""
        assert outcome("", "", "item 9 -> 55") == ["item 9 -> 55: deleted_in_both"]

    def test_types_do_not_mix(self):
        """A mapping of discussion topics does not pair announcements, although both share a table in Canvas."""
        assert outcome('announcement 5 "A"', 'announcement 6 "A"', "topic 5 -> 6") == [
            "announcement 5 -> 6: unmapped_name_match",
            "topic 5 -> 6: deleted_in_both",
        ]

    def test_titles_of_deleted_assets(self):
        """The titles of an asset that is in neither listing are taken from the previous reconciliation."""
        previous = [PreviousAsset("pages", "9", "55", "Intro", "Intro")]
        (row,) = rows_of("", "", "page 9 -> 55", previous=previous)
        assert (row.source_title, row.dest_title, row.title) == ("Intro", "Intro", "Intro")


class TestTwoSourcesOneCopy:
    def test_the_more_similar_source_claims_it(self):
        """Of two sources that are mapped to one asset, the more similar one claims it."""
        rows = rows_of('page 1 "Old"\npage 2 "Intro"', 'page 55 "Intro"', "page 1 -> 55\npage 2 -> 55")
        assert [(r.source_asset_id, r.dest_asset_id, r.status) for r in rows] == [
            ("2", "55", "matched"),
            ("1", None, "duplicate"),
        ]
        assert rows[1].detail == "the mapping assigns page 55 to source 2 as well: two sources, one copy"

    def test_ids_sort_as_numbers(self):
        """Of two sources that are equally similar, the older one claims the copy: 9 before 10."""
        source = 'page 9 "Intro"\npage 10 "Intro"'
        assert outcome(source, 'page 55 "Intro"', "page 10 -> 55\npage 9 -> 55") == [
            "page 9 -> 55: matched",
            "page 10 -> -: duplicate",
        ]

    def test_a_deleted_source_does_not_claim_it(self):
        """An existing source claims the copy, not a deleted one."""
        assert outcome('page 9 "Intro"', 'page 55 "Intro"', "page 1 -> 55\npage 9 -> 55") == [
            "page 9 -> 55: matched",
            "page 1 -> -: deleted_in_both",
        ]


class TestUnmappedSources:
    def test_missing(self):
        """A source asset without a mapping and without a namesake in the destination is missing."""
        (row,) = rows_of('page 9 "Intro"', "")
        assert (row.status, row.detail) == ("missing_in_destination", "no copy of page 9 in the destination")

    def test_detail_of_a_missing_gradebook_entry(self):
        """The detail of a quiz's missing gradebook entry names the quiz, which has to be copied again."""
        (row,) = rows_of('assignment 9 "Quiz 1" points=5 quiz=3', "")
        assert row.detail.endswith("(it is the gradebook entry of a quiz)")

    def test_same_title(self):
        """An unmapped asset with the same title is one row, and not an orphan as well."""
        rows = rows_of('assignment 9 "Essay" points=10', 'assignment 55 " essay" points=20')
        assert [row.status for row in rows] == ["unmapped_name_match"]
        assert rows[0].detail.startswith("assignment 55 has the same title, but is not in the mapping")
        assert rows[0].detail.endswith("title: 'Essay' -> ' essay'; points: 10 -> 20")

    def test_same_title_prefers_no_differences(self):
        """Of two namesakes, the one without differences is paired; the other is a duplicate."""
        assert outcome('file 1 "a.pdf" size=7', 'file 2 "a.pdf" size=9\nfile 3 "a.pdf" size=7') == [
            "file 1 -> 3: unmapped_name_match",
            "file - -> 2: duplicate",
        ]

    def test_a_mapped_asset_is_not_paired_by_title(self):
        """An asset that the mapping assigns to one source is not paired with another by its title."""
        assert outcome('page 1 "Intro"\npage 2 "Intro"', 'page 55 "Intro"', "page 2 -> 55") == [
            "page 2 -> 55: matched",
            "page 1 -> -: missing_in_destination",
        ]

    def test_module_items_are_compared_by_module_type_and_title(self):
        """The same sub-header in another module is another item."""
        source = 'module 1 "Week 1"\nmodule 2 "Week 2"\nitem 5 "Read" in=2 type=SubHeader'
        destination = 'module 3 "Week 1"\nmodule 4 "Week 2"\nitem 6 "Read" in=3 type=SubHeader'
        assert outcome(source, destination, "module 1 -> 3\nmodule 2 -> 4")[2:] == [
            "item 5 -> -: missing_in_destination",
            "item - -> 6: orphan_in_destination",
        ]

    def test_assets_without_title_are_not_paired(self):
        """Two assets without a title are no pair."""
        assert outcome('page 9 ""', 'page 55 ""') == [
            "page 9 -> -: missing_in_destination",
            "page - -> 55: orphan_in_destination",
        ]

    def test_without_a_mapping_titles_decide(self):
        """Without a mapping (a package from another instance), assets are paired by title."""
        assert outcome('page 1 "A"\npage 2 "B"', 'page 3 "B"') == [
            "page 1 -> -: missing_in_destination",
            "page 2 -> 3: unmapped_name_match",
        ]


class TestUnclaimed:
    def test_orphan(self):
        """An asset that only the destination has is an orphan, with its own id as key."""
        (row,) = rows_of("", 'page 61 "Office hours"')
        assert (row.status, row.asset_key, row.source_asset_id) == ("orphan_in_destination", "dest:61", None)

    def test_duplicate_of_a_copy(self):
        """An unmapped page with the title of a copy is a duplicate, whichever is older."""
        assert outcome('page 9 "Intro"', 'page 55 "Intro"\npage 40 "intro"', "page 9 -> 55") == [
            "page 9 -> 55: matched",
            "page - -> 40: duplicate",
        ]

    def test_duplicates_among_themselves(self):
        """Of two assets with the same title and without a source, the older is an orphan, the other its duplicate."""
        assert outcome("", 'page 40 "Mine"\npage 41 "Mine"') == [
            "page - -> 40: orphan_in_destination",
            "page - -> 41: duplicate",
        ]

    def test_two_mapped_of_one_title_are_no_duplicates(self):
        """Two pages with the same title that were both copied are matched."""
        source, destination = 'page 1 "Overview"\npage 2 "Overview"', 'page 3 "Overview"\npage 4 "Overview"'
        assert outcome(source, destination, "page 1 -> 3\npage 2 -> 4") == [
            "page 1 -> 3: matched",
            "page 2 -> 4: matched",
        ]


class TestQuizzesBeingBuilt:
    def test_pending(self):
        """The state of an unfinished quiz takes precedence over differences."""
        (row,) = rows_of('assignment 1 "Q" points=5', 'assignment 2 "Q" state=migrating', "assignment 1 -> 2")
        assert (row.status, row.detail) == ("pending_quiz", "assignment 2 is in the state migrating")

    def test_failed(self):
        """Each failed state is a failed quiz, also of a pair by title."""
        for state in ("failed_to_import", "failed_to_duplicate", "failed_to_migrate"):
            assert outcome('assignment 1 "Q"', f'assignment 2 "Q" state={state}') == ["assignment 1 -> 2: failed_quiz"]

    def test_quiz_that_an_instructor_duplicates(self):
        """A quiz that an instructor is duplicating is an orphan, with its state in the detail."""
        (row,) = rows_of("", 'assignment 2 "Q" state=duplicating')
        assert (row.status, row.detail) == (
            "orphan_in_destination",
            "assignment 2 is not from this source (its state is duplicating)",
        )


class TestSelection:
    def test_not_selected(self):
        """An asset that was not selected is expected to be missing, and is not paired by title."""
        assert outcome('page 9 "Intro"', 'page 55 "Intro"', selected={"files": ["1"]}) == [
            "page 9 -> -: expected_excluded",
            "page - -> 55: orphan_in_destination",
        ]

    def test_selected_ids_may_be_numbers(self):
        """``select`` may contain numbers or text."""
        assert outcome('page 9 "A"\npage 10 "B"', "", selected={"pages": [9]}) == [
            "page 9 -> -: missing_in_destination",
            "page 10 -> -: expected_excluded",
        ]

    def test_not_selected_but_mapped(self):
        """An asset of an earlier copy is compared even if it was not selected."""
        assert outcome('page 9 "Intro"', 'page 55 "Intro"', "page 9 -> 55", selected={}) == ["page 9 -> 55: matched"]

    def test_not_selected_and_deleted(self):
        """An asset that the mapping pairs was copied, so it is reported as deleted although nobody selected it."""
        (row,) = rows_of('page 9 "Intro"', "", "page 9 -> 55", selected={})
        assert (row.status, row.dest_asset_id) == ("mapped_but_deleted", "55")
        assert "not selected" not in row.detail

    def test_companions_are_selected(self):
        """The selection of a module includes its items, that of a quiz its assignment."""
        source = 'module 1 "W"\nitem 2 "X" in=1\nassignment 3 "Q" quiz=4\nquiz 4 "Q"\nquiz 5 "R"'
        assert outcome(source, "", selected={"modules": ["1"], "quizzes": ["4"]}) == [
            "assignment 3 -> -: missing_in_destination",
            "module 1 -> -: missing_in_destination",
            "item 2 -> -: missing_in_destination",
            "quiz 4 -> -: missing_in_destination",
            "quiz 5 -> -: expected_excluded",
        ]

    def test_aliases_of_types(self):
        """``attachments`` selects files, and ``wiki_pages`` selects pages."""
        selected = {"attachments": ["1"], "wiki_pages": ["2"]}
        assert outcome('file 1 "a"\npage 2 "b"', "", selected=selected) == [
            "file 1 -> -: missing_in_destination",
            "page 2 -> -: missing_in_destination",
        ]
