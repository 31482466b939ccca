"""What a selection brings along in a copy, and the files that HTML shows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_canvas.reconciliation import Inventory
from airflow_provider_canvas.reconciliation.selection import Selection, pages_to_read
from airflow_provider_canvas.reconciliation.shown_files import shown_files
from tests.reconciliation.notation import NOW, course, listings, mapping, outcome

COURSE = """
module 1 "Week 1"
item 11 "Header" in=1 type=SubHeader
item 12 "Home" in=1 type=Page shows=home
item 13 "Quiz" in=1 type=Quiz shows=31
item 14 "picture.png" in=1 type=File shows=44
module 2 "Week 2"
item 21 "Essay" in=2 type=Assignment shows=52
page 61 "Home" html=/files/41
page 62 "Other"
quiz 31 "Quiz" html=/courses/11/files/42
assignment 51 "Quiz" quiz=31
assignment 52 "Essay" html=/files/43
topic 71 "Talk" html=/files/45
announcement 81 "News" html=/files/46
file 41 "a" folder=9
file 42 "b"
file 43 "c"
file 44 "picture.png"
file 45 "d"
file 46 "e"
folder 9 "course files/week 1"
"""

MODULE_1 = "modules/1 module_items/11,12,13,14 pages/61 files/41,42,44 quizzes/31 assignments/51"


def parsed(text: str) -> set[tuple[str, str]]:
    """Return types and ids that are written as ``pages/61 files/41,42``."""
    parts = (part.partition("/") for part in text.split())
    return {(asset_type, asset_id) for asset_type, _, ids in parts for asset_id in ids.split(",")}


@pytest.mark.parametrize(
    ("selected", "brought"),
    [
        ({"modules": ["1"]}, MODULE_1),
        ({"modules": [1]}, MODULE_1),
        ({"context_modules": ["1"]}, MODULE_1),
        ({"modules": ["2"]}, "modules/2 module_items/21 assignments/52 files/43"),
        ({"module_items": ["12"]}, "module_items/12 pages/61 files/41"),
        ({"module_items": ["11"]}, "module_items/11"),
        ({"pages": ["61"]}, "pages/61 files/41"),
        ({"pages": ["62"]}, "pages/62"),
        ({"quizzes": ["31"]}, "quizzes/31 assignments/51 files/42"),
        ({"assignments": ["51"]}, "quizzes/31 assignments/51 files/42"),
        ({"assignments": ["52"]}, "assignments/52 files/43"),
        ({"discussion_topics": ["71"]}, "discussion_topics/71 files/45"),
        ({"announcements": ["81"]}, "announcements/81 files/46"),
        ({"folders": ["9"]}, "files/41"),
        ({"folders": "all"}, "files/41"),
        ({"pages": "all"}, "pages/61,62 files/41"),
        ({"wiki_pages": "all"}, "pages/61,62 files/41"),
        ({"modules": "all"}, f"{MODULE_1} modules/2 module_items/21 assignments/52 files/43"),
        ({"pages": "all", "files": ["46"]}, "pages/61,62 files/41,46"),
        ({"calendar_events": "all", "rubrics": ["1"]}, ""),
        ({"pages": ["987654321"]}, ""),
        ({}, ""),
    ],
)
def test_what_a_selection_brings_along(selected: dict[str, Any], brought: str) -> None:
    """Modules bring what their items show, quizzes their assignments, and HTML the files that it shows."""
    source = course(COURSE)
    selection = Selection.find(selected, source)
    assets = (asset for assets in source.assets.values() for asset in assets.values())
    assert {(asset.asset_type, asset.asset_id) for asset in assets if asset in selection} == parsed(brought)


def test_everything() -> None:
    """Without a selection, everything was to be copied."""
    source = course(COURSE)
    assert all(asset in Selection.find(None, source) for assets in source.assets.values() for asset in assets.values())


@pytest.mark.parametrize(("changed", "brought"), [(-1, True), (0, True), (1, False), (None, True)])
def test_html_that_was_changed_after_the_copy(changed: int | None, brought: bool) -> None:
    """It may show other files now, so that nothing is known of the files that it brought along."""
    updated = "" if changed is None else f"updated={(NOW + timedelta(hours=changed)).isoformat()}"
    source = course(f'page 1 "A" html=/files/2 {updated}\nfile 2 "f"')
    selection = Selection.find({"pages": ["1"]}, source, copy_began_at=NOW)
    assert (source.assets["files"]["2"] in selection) == brought


def test_item_that_was_added_after_the_copy() -> None:
    """It brought nothing along: what it shows was not selected."""
    source = course('module 1 "W"\nitem 2 "A" in=1 type=Page shows=a\npage 3 "A"')
    selection = Selection.find({"modules": ["1"]}, source, later=[("module_items", "2")])
    assert source.assets["pages"]["3"] not in selection


def test_lost_contents_of_a_selected_module_are_missing() -> None:
    """What a selected module shows was to be copied: if it is not there, it did not arrive."""
    source = 'module 1 "W"\nitem 2 "A" in=1 type=Page shows=a\npage 3 "A" html=/files/4\nfile 4 "f"\npage 5 "B"'
    assert outcome(source, 'module 21 "W"', "module 1 -> 21", selected={"modules": ["1"]}) == [
        "file 4 -> -: missing_in_destination",
        "module 1 -> 21: matched",
        "item 2 -> -: missing_in_destination",
        "page 3 -> -: missing_in_destination",
        "page 5 -> -: expected_excluded",
    ]


def test_copy_of_all_pages() -> None:
    """``"all"`` describes a copy that selected whole types: what else came along is in the mapping."""
    source = 'page 1 "A"\npage 2 "B"\nfile 3 "f"\nfile 4 "g"\nassignment 5 "C"'
    destination = 'page 11 "A"\nfile 13 "f"'
    pairs = "page 1 -> 11\nfile 3 -> 13"
    assert outcome(source, destination, pairs, selected={"pages": "all"}) == [
        "assignment 5 -> -: expected_excluded",
        "file 3 -> 13: matched",
        "file 4 -> -: expected_excluded",
        "page 1 -> 11: matched",
        "page 2 -> -: missing_in_destination",
    ]


class TestPagesToRead:
    SOURCE = 'page 1 "A"\npage 2 "B"\nfile 3 "f"\nmodule 4 "W"\nitem 5 "B" in=4 type=Page shows=b'

    @pytest.mark.parametrize(
        ("selected", "slugs"),
        [
            (None, []),
            ({"pages": ["1"]}, ["a"]),
            ({"modules": ["4"]}, ["b"]),
            ({"pages": "all"}, ["a", "b"]),
            ({"files": ["3"]}, []),
        ],
    )
    def test_selected_pages(self, selected: Any, slugs: list[str]) -> None:
        """Only the bodies of selected pages tell more, also of those that a module brings along."""
        assert pages_to_read(selected, course(self.SOURCE), mapping(""), None) == slugs

    def test_all_files_arrived(self) -> None:
        """If all files arrived, no body tells more."""
        assert pages_to_read({"pages": "all"}, course(self.SOURCE), mapping("file 3 -> 13"), None) == []

    def test_page_that_was_changed_since(self) -> None:
        """Its body may be another one now."""
        source = course(f'page 1 "A" updated={(NOW + timedelta(hours=1)).isoformat()}\nfile 3 "f"')
        assert pages_to_read({"pages": "all"}, source, mapping(""), NOW) == []


@pytest.mark.parametrize(
    ("html", "ids"),
    [
        ('<img src="/courses/14/files/3/preview">', ["3"]),
        ('<a href="/courses/14/files/1">', ["1"]),
        ('<a href="/courses/14/files/1?wrap=1&amp;download_frd=1">', ["1"]),
        ('<a href="/courses/14/files/1/download">', ["1"]),
        ('<a href="/courses/14/files/1/file_preview?annotate=0">', ["1"]),
        ('<a href="/files/1/download">', ["1"]),
        ('<a href="https://canvas.example/files/1/download">', ["1"]),
        ('<a href="http://canvas.example/courses/14/files/1" data-api-endpoint="/api/v1/courses/14/files/1">', ["1"]),
        ('<img src="/courses/14/files/1"><img src="/courses/14/files/2"><img src="/files/1">', ["1", "2"]),
        ('<div style="background-image: url(/courses/14/files/3/preview);">', ["3"]),
        ('<a href="/courses/15/files/1">', []),
        ('<a href="/users/1/files/1/download">', []),
        ('<a href="/groups/1/files/1/download">', []),
        ('<a href="/courses/14/files/folder/week%201">', []),
        ('<a href="/courses/14/files?preview=1">', []),
        ('<a href="/courses/14/file_contents/course%20files/a.txt">', []),
        ('<iframe src="/media_attachments_iframe/10?type=video">', []),
        ('<a href="/courses/14/pages/files">', []),
        ('<a href="/courses/14/files/1~2">', []),
        ('<a href="/pages" data-api-endpoint="http://canvas.example/api/v1/courses/14/files/1">', []),
        ('<a href="/api/v1/files/1">', []),
        ("", []),
        (None, []),
    ],
)
def test_shown_files(html: str | None, ids: list[str]) -> None:
    """The links of the recorded page of a real Canvas: files of the course that a copy of the page brought along."""
    assert list(shown_files(html, "14")) == ids


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["pages", "modules", "module_items", "assignments", "quizzes", "files", "folders"]),
        st.just("all") | st.lists(st.integers(0, 99), max_size=3),
        max_size=3,
    ),
    st.sampled_from(["1", "12", "31", "52", "61"]),
)
def test_more_selects_more(selected: dict[str, Any], more: str) -> None:
    """To select further assets never takes one out of the selection."""
    source = Inventory.parse({"id": 11}, listings(COURSE))
    smaller = Selection.find(selected, source).keys
    pages = selected.get("pages", [])
    larger = Selection.find({**selected, "pages": pages if pages == "all" else [*pages, more]}, source).keys
    assert smaller is not None
    assert larger is not None
    assert smaller <= larger
