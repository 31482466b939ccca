"""Assets that were replaced, renamed by Canvas, or added to the source after a copy."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest

from airflow_provider_canvas.reconciliation import classify
from airflow_provider_canvas.reconciliation.assets import Asset
from airflow_provider_canvas.reconciliation.renaming import is_numbered
from airflow_provider_canvas.reconciliation.statuses import MEANINGS, Status
from tests.reconciliation.notation import course, mapping, outcome, rows_of

BEGAN = datetime(2026, 2, 1, tzinfo=UTC)
BEFORE, AFTER = "created=2026-01-01T00:00:00Z", "created=2026-03-01T00:00:00Z"
FOLDERS = 'folder 1 "course files"\nfolder 2 "course files/week 1"\nfolder 3 "course files/week 9"\n'


def outcome_since(*courses: str, **options: Any) -> list[str]:
    """Return the outcome of two courses, of which one was copied on the first of February."""
    return outcome(*courses, copy_began_at=BEGAN, **options)


class TestReplaced:
    def test_file_overwritten_in_the_destination(self) -> None:
        """A file that was uploaded over a copy is one row, which is replaced and advises to restore nothing."""
        (row,) = rows_of(
            FOLDERS + 'file 1 "a.txt" folder=2 size=5', FOLDERS + 'file 9 "a.txt" folder=2 size=9', "file 1 -> 4"
        )
        assert (row.status, row.source_asset_id, row.dest_asset_id) == ("replaced", "1", "9")
        assert row.detail == ("its copy, file 4, was replaced in the destination by file 9; size: 5 bytes -> 9 bytes")
        assert "/undelete" not in row.status.meaning.explanation

    def test_replacement_before_twin(self) -> None:
        """An asset with the title of a deleted copy is its replacement, even if another copy has that title too."""
        assert outcome('page 1 "Lab"\npage 2 "Lab"', 'page 12 "Lab"\npage 19 "Lab"', "page 1 -> 11\npage 2 -> 12") == [
            "page 2 -> 12: matched",
            "page 1 -> 19: replaced",
        ]

    @pytest.mark.parametrize("kind", ["announcement", "assignment", "file", "module", "page", "quiz", "topic"])
    def test_older_asset_of_that_title(self, kind: str) -> None:
        """An asset that is older than the deleted copy did not replace it, and does not count as the copy."""
        deleted, other = rows_of(f'{kind} 1 "Home"', f'{kind} 5 "Home"', f"{kind} 1 -> 6")
        assert (deleted.status, other.status) == ("mapped_but_deleted", "orphan_in_destination")
        name = "discussion topic" if kind == "topic" else kind
        assert deleted.detail.endswith(f"({name} 5 has the same title, but is older than that copy)")
        assert outcome(f'{kind} 1 "Home"', f'{kind} 10 "Home"', f"{kind} 1 -> 9") == [f"{kind} 1 -> 10: replaced"]

    def test_replacement_in_another_folder(self) -> None:
        """A file of that name in another folder replaces nothing: the copy was deleted."""
        assert outcome(FOLDERS + 'file 1 "a.txt" folder=2', FOLDERS + 'file 9 "a.txt" folder=3', "file 1 -> 4") == [
            "file 1 -> 4: mapped_but_deleted",
            "file - -> 9: orphan_in_destination",
        ]

    def test_file_replaced_in_the_source(self) -> None:
        """A file that was replaced in the source is one row with the new file and the copy of the old one."""
        (row,) = rows_of(
            f'{FOLDERS}file 5 "a.txt" folder=2 size=9 {AFTER}',
            FOLDERS + 'file 4 "a.txt" folder=2 size=5',
            "file 1 -> 4",
            copy_began_at=BEGAN,
        )
        assert (row.status, row.source_asset_id, row.dest_asset_id) == ("replaced", "5", "4")
        assert row.detail.startswith("file 1 was replaced in the source by file 5, after the copy; size: 9 bytes")

    @pytest.mark.parametrize(
        ("new", "old_copy"),
        [
            (f'file 5 "a.txt" folder=3 {AFTER}', 'file 4 "a.txt" folder=2'),
            (f'file 5 "b.txt" folder=2 {AFTER}', 'file 4 "a.txt" folder=2'),
            (f'file 5 "a.txt" folder=2 {BEFORE}', 'file 4 "a.txt" folder=2'),
        ],
    )
    def test_no_replacement_in_the_source(self, new: str, old_copy: str) -> None:
        """A file of another folder or name, or one that is older than the copy, replaces nothing."""
        rows = outcome_since(FOLDERS + new, FOLDERS + old_copy, "file 1 -> 4")
        assert "file 1 -> 4: source_deleted" in rows
        assert len(rows) == 2


class TestPlaceOfFiles:
    def test_same_name_in_another_folder(self) -> None:
        """Two files of one name in different folders are no duplicates."""
        assert outcome(
            FOLDERS + 'file 1 "p.png" folder=2',
            FOLDERS + 'file 4 "p.png" folder=2\nfile 5 "p.png" folder=3',
            "file 1 -> 4",
        ) == ["file 1 -> 4: matched", "file - -> 5: orphan_in_destination"]

    def test_unknown_folders(self) -> None:
        """Without a listing of folders, two files whose folders differ are no duplicates either."""
        assert outcome('file 1 "p.png"', 'file 4 "p.png" folder=2\nfile 5 "p.png" folder=3', "file 1 -> 4") == [
            "file 1 -> 4: matched",
            "file - -> 5: orphan_in_destination",
        ]

    def test_unmapped_file_of_another_folder(self) -> None:
        """A file without a mapping is not paired with one of its name in another folder."""
        assert outcome(FOLDERS + 'file 1 "a" folder=2', FOLDERS + 'file 4 "a" folder=3') == [
            "file 1 -> -: missing_in_destination",
            "file - -> 4: orphan_in_destination",
        ]


class TestAddedSince:
    @pytest.mark.parametrize("kind", ["announcement", "assignment", "file", "page", "topic"])
    def test_younger_than_the_copy(self, kind: str) -> None:
        """An asset that was created after the copy had begun is not missing; an older one is."""
        source = f'{kind} 1 "Old" {BEFORE}\n{kind} 2 "New" {AFTER}'
        assert outcome_since(source, "") == [
            f"{kind} 1 -> -: missing_in_destination",
            f"{kind} 2 -> -: added_since",
        ]

    def test_without_times(self) -> None:
        """If the time of the copy or of the asset is not known, the asset is missing."""
        assert outcome(f'page 2 "New" {AFTER}', "") == ["page 2 -> -: missing_in_destination"]
        assert outcome_since('page 2 "New"', "") == ["page 2 -> -: missing_in_destination"]

    def test_not_selected(self) -> None:
        """An asset that was not selected is expected to be missing, however young it is."""
        assert outcome_since(f'page 2 "New" {AFTER}', "", selected={"files": ["1"]}) == [
            "page 2 -> -: expected_excluded"
        ]

    @pytest.mark.parametrize(
        ("item_id", "age_of_copies", "status"),
        [
            (50, AFTER, "added_since"),
            (30, AFTER, "missing_in_destination"),
            (50, BEFORE, "missing_in_destination"),
            (50, "", "missing_in_destination"),
            (10**13 + 50, AFTER, "missing_in_destination"),
        ],
    )
    def test_ids_of_module_items(self, item_id: int, age_of_copies: str, status: str) -> None:
        """An item is younger than the copies if its id is higher, and if all copies are of this copy and its shard."""
        source = f'page 3 "P"\nmodule 1 "W"\nitem 2 "Old" in=1\nitem {item_id} "New" in=1'
        destination = f'page 13 "P" {age_of_copies}\nmodule 11 "W"\nitem 40 "Old" in=11'
        rows = outcome_since(source, destination, "page 3 -> 13\nmodule 1 -> 11\nitem 2 -> 40")
        assert f"item {item_id} -> -: {status}" in rows

    def test_item_of_a_page_that_was_added_since(self) -> None:
        """An item that shows a page which is younger than the copy is younger too."""
        source = f'page 3 "New" {AFTER}\nmodule 1 "W"\nitem 2 "New" in=1 type=Page shows=new'
        assert outcome_since(source, 'module 11 "W"', "module 1 -> 11")[1:] == [
            "item 2 -> -: added_since",
            "page 3 -> -: added_since",
        ]

    @pytest.mark.parametrize(
        ("item", "destination", "issues", "status"),
        [
            ("type=SubHeader", 'module 11 "W"', [], "added_since"),
            ("type=ExternalUrl", 'module 11 "W"', [], "added_since"),
            ("type=SubHeader", 'module 11 "W"', ['Import Error: Module Item - "Read"'], "missing_in_destination"),
            ("type=SubHeader", "", [], "missing_in_destination"),
            ("type=Page shows=read", 'module 11 "W"', [], "missing_in_destination"),
        ],
    )
    def test_item_of_a_module_that_arrived(self, item: str, destination: str, issues: list[str], status: str) -> None:
        """An item that shows no asset comes with its module, so it was added since, unless Canvas reports an error."""
        rows = classify(
            course(f'module 1 "W"\nitem 2 "Read" in=1 {item}'),
            course(destination),
            mapping("module 1 -> 11"),
            copy_began_at=BEGAN,
            issues=[{"description": words} for words in issues],
        )
        assert [row.status for row in rows if row.asset_type == "module_items"] == [status]

    def test_graded_quiz(self) -> None:
        """A quiz is added since if its gradebook entry is."""
        source = f'assignment 3 "Q" quiz=4 {AFTER}\nquiz 4 "Q" graded=3\nquiz 5 "R"'
        assert outcome_since(source, "") == [
            "assignment 3 -> -: added_since",
            "quiz 4 -> -: added_since",
            "quiz 5 -> -: missing_in_destination",
        ]

    def test_age_that_nobody_knows(self) -> None:
        """The detail of a missing module item says that it may be younger than the copy."""
        *_, row = rows_of('module 1 "W"\nitem 2 "Q" in=1', "")
        assert "Canvas does not tell when a module item was created" in row.detail


class TestRenamed:
    def test_page_and_its_item(self) -> None:
        """A page that Canvas renamed is no change; the older page of that title is its duplicate; so its item."""
        rows = rows_of(
            'page 1 "Home"\nmodule 1 "W"\nitem 1 "Home" in=1 type=Page shows=home',
            'page 5 "Home"\npage 6 "Home-2" slug=home-2\nmodule 2 "W"\nitem 2 "Home-2" in=2 type=Page shows=home-2',
            "page 1 -> 6\nmodule 1 -> 2\nitem 1 -> 2",
        )
        by_key = {(row.asset_type, row.asset_key): (row.status, row.detail) for row in rows}
        assert by_key["pages", "source:1"] == (
            "renamed",
            "title: 'Home' -> 'Home-2' (Canvas renamed it, because page 5 already had the title)",
        )
        assert by_key["pages", "dest:5"] == (
            "duplicate",
            "it had the title before the copy: Canvas renamed the copy, page 6, to 'Home-2'",
        )
        assert by_key["module_items", "source:1"] == (
            "renamed",
            "title: 'Home' -> 'Home-2' (Canvas renamed it together with page 6, which it shows)",
        )

    def test_file_in_its_folder(self) -> None:
        """A file is renamed if its folder had one of its name, not if another folder had."""
        for folder, status, other in ((2, "renamed", "duplicate"), (3, "matched_changed", "orphan_in_destination")):
            assert outcome(
                FOLDERS + 'file 1 "a.txt" folder=2',
                f'{FOLDERS}file 4 "a-1.txt" folder=2\nfile 5 "a.txt" folder={folder}',
                "file 1 -> 4",
            ) == [f"file 1 -> 4: {status}", f"file - -> 5: {other}"]

    @pytest.mark.parametrize(
        ("copy", "others"),
        [
            ('page 6 "Home-2"', ""),
            ('page 6 "Home-two"', 'page 5 "Home"'),
            ('page 6 "Start"', 'page 5 "Home"'),
            ('page 6 "Home-2"', f'page 9 "Home" {AFTER}'),
        ],
    )
    def test_renamed_by_a_user(self, copy: str, others: str) -> None:
        """A title without a number, or without an older asset of the old title, was changed by a user."""
        rows = outcome_since('page 1 "Home"', f"{copy}\n{others}", "page 1 -> 6")
        assert rows[0] == "page 1 -> 6: matched_changed"

    @pytest.mark.parametrize(
        ("source_updated", "copy_updated", "status"),
        [
            ("2026-01-01", "2026-01-05T10:01:00Z", "renamed"),
            ("2026-01-01", "2026-01-06", "matched_changed"),
            ("2026-01-06", "2026-01-05T10:01:00Z", "matched_changed"),
        ],
    )
    def test_older_page_is_gone(self, source_updated: str, copy_updated: str, status: str) -> None:
        """If nobody edited the two pages since, Canvas renamed the copy, also if no page has the title any more."""
        rows = rows_of(
            f'page 1 "Home" updated={source_updated}\nmodule 1 "W"\nitem 1 "Home" in=1 type=Page shows=home',
            f'page 6 "Home-2" updated={copy_updated}\nmodule 2 "W"\nitem 2 "Home-2" in=2 type=Page shows=home-2',
            "page 1 -> 6\nmodule 1 -> 2\nitem 1 -> 2",
            copy_began_at=datetime(2026, 1, 5, 10, tzinfo=UTC),
            copy_ended_at=datetime(2026, 1, 5, 10, 2, tzinfo=UTC),
        )
        assert [row.status for row in rows] == ["matched", status, status]
        reason = "(Canvas renamed it, because another page had the title then; that one has it no longer)"
        assert rows[2].detail == f"title: 'Home' -> 'Home-2'{f' {reason}' if status == 'renamed' else ''}"

    def test_renamed_and_changed(self) -> None:
        """A renamed copy that differs in another field is changed, and the detail says who renamed it."""
        row = rows_of('page 1 "Home"', 'page 5 "Home"\npage 6 "Home-2" unpublished', "page 1 -> 6")[0]
        assert row.status == "matched_changed"
        assert row.detail.endswith("because page 5 already had the title); published: yes -> no")

    @pytest.mark.parametrize(
        ("title", "copy", "expected"),
        [
            ("Home", "Home-2", True),
            ("12345", "12345-2", True),
            ("Home-2", "Home-2-2", True),
            ("Home-2", "Home-3", True),
            ("a-1.txt", "a-2.txt", True),
            ("2026-27", "2026-28", True),
            ("x" * 255, "x" * 253 + "-2", True),
            ("x" * 255, "x" * 252 + "-10", True),
            ("x" * 255, "x" * 240 + "-2", False),
            ("x" * 255, "y" * 253 + "-2", False),
            ("Home-2", "Homes-3", False),
            ("Home-two", "Home-3", False),
            ("syllabus.txt", "syllabus-1.txt", True),
            ("a.tar.gz", "a-3.tar.gz", True),
            ("a.tar.gz", "a.tar-3.gz", True),
            ("v1.2 notes", "v1.2 notes-2", True),
            ("Home", "Home-", False),
            ("Home", "Home2", False),
            ("Home", "Homes-2", False),
            ("a.txt", "a-1.pdf", False),
            ("a+.txt", "aa-1.txt", False),
        ],
    )
    def test_number_of_canvas(self, title: str, copy: str, expected: bool) -> None:
        """Canvas's number stands at the end of a title or before an extension, in place of an older number or not."""
        assert is_numbered(Asset("files", "1", copy), title) is expected


class TestAdvice:
    def test_gradebook_entry_of_a_deleted_quiz(self) -> None:
        """The row of a quiz's gradebook entry whose source is gone says that deleting it deletes the quiz."""
        _, row, *_ = rows_of(
            'assignment 1 "A"', 'assignment 11 "A"\nassignment 12 "Q" quiz=30', "assignment 1 -> 11\nassignment 2 -> 12"
        )
        assert row.status == "source_deleted"
        assert row.detail.endswith("(it is the gradebook entry of a quiz; deleting it deletes quiz 30 too)")

    def test_duplicate_gradebook_entry(self) -> None:
        """The row of a duplicate that is a gradebook entry says that deleting it deletes the quiz."""
        row = rows_of('assignment 1 "Q"', 'assignment 11 "Q" quiz=29\nassignment 12 "Q" quiz=30', "assignment 1 -> 11")[
            1
        ]
        assert (row.status, row.detail.endswith("deleting it deletes quiz 30 too)")) == ("duplicate", True)

    def test_no_status_advises_to_delete_a_copy(self) -> None:
        """No explanation tells a reader to delete an asset of the destination, except for a broken New Quiz."""
        advice = {status: meaning.explanation.lower() for status, meaning in MEANINGS.items()}
        assert [status for status, words in advice.items() if "delete it" in words] == [
            Status.FAILED_QUIZ,
            Status.SOURCE_DELETED,
        ]
        assert "before you delete it" in advice[Status.SOURCE_DELETED]

    def test_restoring_module_items(self) -> None:
        """The explanation of deleted assets says that /undelete has no module items."""
        assert "does not list module items" in MEANINGS[Status.MAPPED_BUT_DELETED].explanation

    def test_statuses_that_need_review_come_first(self) -> None:
        """In the order of the statuses, no status that needs review follows one that does not."""
        assert not any(not first.needs_review and second.needs_review for first, second in pairwise(Status))
