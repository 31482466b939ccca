"""Every status, every pairing, and who wins where two rules want the same asset."""

from __future__ import annotations

from airflow_provider_canvas.reconciliation import Inventory, RememberedAsset, classify
from tests.reconciliation.notation import course, mapping, outcome, rows_of


class TestMappedPairs:
    def test_same_on_both_sides(self):
        """A mapped pair that does not differ is matched, and says nothing more."""
        (row,) = rows_of('page 9 "Intro"', 'page 55 "Intro"', "page 9 -> 55")
        assert (row.status, row.detail, row.asset_key) == ("matched", "", "source:9")

    def test_differences_are_told(self):
        """Title, points and publication are compared, and the detail tells each in the same way."""
        (row,) = rows_of('assignment 1 "A" points=10', 'assignment 2 "B" points=20 unpublished', "assignment 1 -> 2")
        assert row.status == "matched_changed"
        assert row.detail == "title: 'A' -> 'B'; points: 10 -> 20; published: yes -> no"

    def test_titles_are_compared_exactly(self):
        """A difference of capitals alone is a change."""
        assert outcome('page 9 "Intro"', 'page 55 "INTRO"', "page 9 -> 55") == ["page 9 -> 55: matched_changed"]

    def test_points_taken_away(self):
        """Points that became none are a change, because no points is a grading decision."""
        (row,) = rows_of('quiz 1 "Q" points=10', 'quiz 2 "Q"', "quiz 1 -> 2")
        assert row.detail == "points: 10 -> none"

    def test_size_of_a_file(self):
        """A file with other content is told by its size."""
        (row,) = rows_of('file 1 "a.pdf" size=1000', 'file 2 "a.pdf" size=2500', "file 1 -> 2")
        assert (row.status, row.detail) == ("matched_changed", "size: 1,000 bytes -> 2,500 bytes")

    def test_type_of_a_module_item(self):
        """A module item that became another kind of thing has changed."""
        source, destination = 'module 1 "W"\nitem 3 "X" in=1 type=Quiz', 'module 2 "W"\nitem 4 "X" in=2 type=Assignment'
        row = rows_of(source, destination, "module 1 -> 2\nitem 3 -> 4")[-1]
        assert (row.status, row.detail) == ("matched_changed", "type: 'Quiz' -> 'Assignment'")

    def test_due_dates_move_on_purpose(self):
        """A shifted due date is recorded in whole days, over a change of daylight saving too, and is no change."""
        (row,) = rows_of(
            'assignment 1 "A" points=1 due=2026-01-21T04:59:00Z',
            'assignment 2 "A" points=1 due=2026-07-08T03:59:00Z',
            "assignment 1 -> 2",
        )
        assert (row.status, row.due_delta_days) == ("matched", 168)

    def test_slug_alone_is_no_change(self):
        """Canvas makes slugs unique on its own: the new one is mentioned, and the page is matched."""
        (row,) = rows_of('page 9 "Intro" slug=intro', 'page 55 "Intro" slug=intro-2', "page 9 -> 55")
        assert (row.status, row.detail) == ("matched", "its address became intro-2")

    def test_unknown_is_not_different(self):
        """What one side's token may not see (``published``) is not a change."""
        student = Inventory.parse({"id": 22}, {"pages": [{"page_id": 55, "title": "Intro"}]})
        (row,) = classify(course('page 9 "Intro"'), student, mapping("page 9 -> 55"))
        assert row.status == "matched"

    def test_deleted_after_the_copy(self):
        """A mapped asset that the destination does not list was deleted; the row keeps the id it had."""
        (row,) = rows_of('page 9 "Intro"', "", "page 9 -> 55")
        assert (row.status, row.dest_asset_id, row.in_destination) == ("mapped_but_deleted", "55", False)
        assert row.detail.startswith("the mapping names page 55, which is not in the destination")

    def test_replacement_by_hand(self):
        """What somebody made in place of a deleted copy is a row of its own, and says so."""
        deleted, made = rows_of('page 9 "Intro"', 'page 61 "Intro"', "page 9 -> 55")
        assert (deleted.status, made.status) == ("mapped_but_deleted", "orphan_in_destination")
        assert "source page 9, whose copy was deleted" in made.detail

    def test_dropped_by_the_source(self):
        """A copy whose source is gone keeps its pair, and is not an orphan."""
        assert outcome("", 'page 55 "Intro"', "page 9 -> 55") == ["page 9 -> 55: source_deleted"]

    def test_gone_from_both(self):
        """A pair that only Canvas remembers needs nobody."""
        assert outcome("", "", "item 9 -> 55") == ["item 9 -> 55: deleted_in_both"]

    def test_types_do_not_mix(self):
        """Announcements and discussion topics share a table in Canvas, but a mapping key is of one type."""
        assert outcome('announcement 5 "A"', 'announcement 6 "A"', "topic 5 -> 6") == [
            "announcement 5 -> 6: unmapped_name_match",
            "topic 5 -> 6: deleted_in_both",
        ]

    def test_titles_of_what_is_gone_are_remembered(self):
        """Only an earlier run can tell the title of an asset that is gone from both listings."""
        memory = [RememberedAsset("pages", "9", "55", "Intro", "Intro")]
        (row,) = rows_of("", "", "page 9 -> 55", remembered=memory)
        assert (row.source_title, row.dest_title, row.title) == ("Intro", "Intro", "Intro")


class TestTwoSourcesOneCopy:
    def test_the_more_alike_has_it(self):
        """Of two sources that are mapped to one asset, the one that is more like it is its pair."""
        rows = rows_of('page 1 "Old"\npage 2 "Intro"', 'page 55 "Intro"', "page 1 -> 55\npage 2 -> 55")
        assert [(r.source_asset_id, r.dest_asset_id, r.status) for r in rows] == [
            ("2", "55", "matched"),
            ("1", None, "duplicate"),
        ]
        assert rows[1].detail == "the mapping gives page 55 to source 2 as well: two sources, one copy"

    def test_ids_sort_as_numbers(self):
        """If both are alike, the older source has it: 9 before 10."""
        source = 'page 9 "Intro"\npage 10 "Intro"'
        assert outcome(source, 'page 55 "Intro"', "page 10 -> 55\npage 9 -> 55") == [
            "page 9 -> 55: matched",
            "page 10 -> -: duplicate",
        ]

    def test_a_source_that_is_gone_gives_way(self):
        """A live source has the copy; the pair of the deleted one is only history."""
        assert outcome('page 9 "Intro"', 'page 55 "Intro"', "page 1 -> 55\npage 9 -> 55") == [
            "page 9 -> 55: matched",
            "page 1 -> -: deleted_in_both",
        ]


class TestUnmappedSources:
    def test_missing(self):
        """What neither the mapping nor a title finds in the destination is missing."""
        (row,) = rows_of('page 9 "Intro"', "")
        assert (row.status, row.detail) == ("missing_in_destination", "no copy of page 9 in the destination")

    def test_missing_shell_says_what_it_belongs_to(self):
        """The gradebook's side of a quiz says so, because the quiz is what has to be copied again."""
        (row,) = rows_of('assignment 9 "Quiz 1" points=5 quiz=3', "")
        assert row.detail.endswith("(it is the gradebook's side of a quiz)")

    def test_same_title(self):
        """An unmapped asset of the same title is a probable hand copy, and not an orphan as well."""
        rows = rows_of('assignment 9 "Essay" points=10', 'assignment 55 " essay" points=20')
        assert [row.status for row in rows] == ["unmapped_name_match"]
        assert rows[0].detail.startswith("assignment 55 has its title, but the mapping does not know it")
        assert rows[0].detail.endswith("title: 'Essay' -> ' essay'; points: 10 -> 20")

    def test_same_title_prefers_what_does_not_differ(self):
        """Of two namesakes, the one without differences is the pair; the other is a duplicate."""
        assert outcome('file 1 "a.pdf" size=7', 'file 2 "a.pdf" size=9\nfile 3 "a.pdf" size=7') == [
            "file 1 -> 3: unmapped_name_match",
            "file - -> 2: duplicate",
        ]

    def test_a_mapped_asset_is_nobody_elses_namesake(self):
        """What the mapping gives to one source is not offered to another by its title."""
        assert outcome('page 1 "Intro"\npage 2 "Intro"', 'page 55 "Intro"', "page 2 -> 55") == [
            "page 2 -> 55: matched",
            "page 1 -> -: missing_in_destination",
        ]

    def test_module_items_are_known_by_module_type_and_title(self):
        """The same sub-header in another module is not the same item."""
        source = 'module 1 "Week 1"\nmodule 2 "Week 2"\nitem 5 "Read" in=2 type=SubHeader'
        destination = 'module 3 "Week 1"\nmodule 4 "Week 2"\nitem 6 "Read" in=3 type=SubHeader'
        assert outcome(source, destination, "module 1 -> 3\nmodule 2 -> 4")[2:] == [
            "item 5 -> -: missing_in_destination",
            "item - -> 6: orphan_in_destination",
        ]

    def test_no_title_no_namesake(self):
        """Two assets without a title have nothing in common."""
        assert outcome('page 9 ""', 'page 55 ""') == [
            "page 9 -> -: missing_in_destination",
            "page - -> 55: orphan_in_destination",
        ]

    def test_without_a_mapping_titles_decide(self):
        """A Canvas that has no mapping (another instance's package) still gets a result."""
        assert outcome('page 1 "A"\npage 2 "B"', 'page 3 "B"') == [
            "page 1 -> -: missing_in_destination",
            "page 2 -> 3: unmapped_name_match",
        ]


class TestLeftOver:
    def test_orphan(self):
        """What the destination has on its own is an orphan, keyed by its own id."""
        (row,) = rows_of("", 'page 61 "Office hours"')
        assert (row.status, row.asset_key, row.source_asset_id) == ("orphan_in_destination", "dest:61", None)

    def test_duplicate_of_a_copy(self):
        """A hand-made page beside a copy of the same title is a duplicate, whichever is older."""
        assert outcome('page 9 "Intro"', 'page 55 "Intro"\npage 40 "intro"', "page 9 -> 55") == [
            "page 9 -> 55: matched",
            "page - -> 40: duplicate",
        ]

    def test_duplicates_among_themselves(self):
        """Of two of one title that no source has, the older is an orphan and the other its duplicate."""
        assert outcome("", 'page 40 "Mine"\npage 41 "Mine"') == [
            "page - -> 40: orphan_in_destination",
            "page - -> 41: duplicate",
        ]

    def test_two_mapped_of_one_title_are_no_duplicates(self):
        """Two pages of one title that both came from the source are what the source has."""
        source, destination = 'page 1 "Overview"\npage 2 "Overview"', 'page 3 "Overview"\npage 4 "Overview"'
        assert outcome(source, destination, "page 1 -> 3\npage 2 -> 4") == [
            "page 1 -> 3: matched",
            "page 2 -> 4: matched",
        ]


class TestQuizzesBeingBuilt:
    def test_pending(self):
        """The state outranks every difference: it is not finished."""
        (row,) = rows_of('assignment 1 "Q" points=5', 'assignment 2 "Q" state=migrating', "assignment 1 -> 2")
        assert (row.status, row.detail) == ("pending_quiz", "assignment 2 is in the state migrating")

    def test_failed(self):
        """Each of the failed states is a failed quiz, found by title too."""
        for state in ("failed_to_import", "failed_to_duplicate", "failed_to_migrate"):
            assert outcome('assignment 1 "Q"', f'assignment 2 "Q" state={state}') == ["assignment 1 -> 2: failed_quiz"]

    def test_an_instructors_own(self):
        """A quiz that an instructor is duplicating is theirs: an orphan that mentions its state."""
        (row,) = rows_of("", 'assignment 2 "Q" state=duplicating')
        assert (row.status, row.detail) == (
            "orphan_in_destination",
            "assignment 2 is not from this source (its own state is duplicating)",
        )


class TestSelection:
    def test_not_selected(self):
        """What was not selected is expected to be absent, and a namesake is not taken for its copy."""
        assert outcome('page 9 "Intro"', 'page 55 "Intro"', selected={"files": ["1"]}) == [
            "page 9 -> -: expected_excluded",
            "page - -> 55: orphan_in_destination",
        ]

    def test_selected_ids_may_be_numbers(self):
        """``select`` is written with numbers or text."""
        assert outcome('page 9 "A"\npage 10 "B"', "", selected={"pages": [9]}) == [
            "page 9 -> -: missing_in_destination",
            "page 10 -> -: expected_excluded",
        ]

    def test_not_selected_but_there(self):
        """What an earlier copy brought is compared all the same."""
        assert outcome('page 9 "Intro"', 'page 55 "Intro"', "page 9 -> 55", selected={}) == ["page 9 -> 55: matched"]

    def test_not_selected_and_deleted(self):
        """What an earlier copy brought, and was deleted since, is not this copy's concern."""
        assert outcome('page 9 "Intro"', "", "page 9 -> 55", selected={}) == ["page 9 -> 55: expected_excluded"]

    def test_companions_come_along(self):
        """A module brings its items, and a quiz its assignment."""
        source = 'module 1 "W"\nitem 2 "X" in=1\nassignment 3 "Q" quiz=4\nquiz 4 "Q"\nquiz 5 "R"'
        assert outcome(source, "", selected={"modules": ["1"], "quizzes": ["4"]}) == [
            "assignment 3 -> -: missing_in_destination",
            "module 1 -> -: missing_in_destination",
            "item 2 -> -: missing_in_destination",
            "quiz 4 -> -: missing_in_destination",
            "quiz 5 -> -: expected_excluded",
        ]

    def test_canvas_other_spellings(self):
        """Canvas takes ``attachments`` for files and ``wiki_pages`` for pages."""
        selected = {"attachments": ["1"], "wiki_pages": ["2"]}
        assert outcome('file 1 "a"\npage 2 "b"', "", selected=selected) == [
            "file 1 -> -: missing_in_destination",
            "page 2 -> -: missing_in_destination",
        ]
