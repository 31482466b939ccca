"""What is compared of each asset type, and what is not."""

from __future__ import annotations

import pytest

from airflow_provider_canvas.reconciliation import ASSET_TYPES
from airflow_provider_canvas.reconciliation.differences import COMPARED
from tests.reconciliation.notation import rows_of

MODULES = 'module 1 "Week 1"\nmodule 2 "Week 2"'
COPIED_MODULES = 'module 11 "Week 1"\nmodule 12 "Week 2"'
MODULE_PAIRS = "module 1 -> 11\nmodule 2 -> 12"
FOLDERS = 'folder 1 "course files"\nfolder 2 "course files/week 1"'


@pytest.mark.parametrize(
    ("source", "destination", "detail"),
    [
        ('announcement 5 "A"', 'announcement 6 "B"', "title: 'A' -> 'B'"),
        ('announcement 5 "A"', 'announcement 6 "A" unpublished', "published: yes -> no"),
        ('assignment 5 "A" points=1', 'assignment 6 "A" points=2', "points: 1 -> 2"),
        (
            'assignment 5 "A" via=online_upload,online_url',
            'assignment 6 "A" via=on_paper',
            "submission types: 'online_upload, online_url' -> 'on_paper'",
        ),
        ('assignment 5 "A" via=b,a', 'assignment 6 "A" via=a,b', ""),
        (
            'assignment 5 "A" grading=points',
            'assignment 6 "A" grading=pass_fail',
            "grading type: 'points' -> 'pass_fail'",
        ),
        ('topic 5 "A" points=1', 'topic 6 "A"', "points: 1 -> none"),
        ('file 5 "a" size=1', 'file 6 "a" size=2', "size: 1 bytes -> 2 bytes"),
        ('file 5 "a" folder=1', 'file 6 "a" folder=2', "folder: 'course files' -> 'course files/week 1'"),
        ('file 5 "a" folder=2', 'file 6 "a" folder=2', ""),
        ('file 5 "a" folder=1', 'file 6 "a" folder=99', ""),
        ('module 5 "A"', 'module 6 "A" unpublished', "published: yes -> no"),
        ('item 5 "A" in=1', 'item 6 "A" in=12', "module: 'Week 1' -> 'Week 2'"),
        ('item 5 "A" in=1', 'item 6 "A" in=11', ""),
        ('item 5 "A" in=1 indent=0', 'item 6 "A" in=11 indent=2', "indent: 0 -> 2"),
        (
            'item 5 "A" in=1 type=ExternalUrl url=https://one.example',
            'item 6 "A" in=11 type=ExternalUrl url=https://other.example',
            "external URL: 'https://one.example' -> 'https://other.example'",
        ),
        ('item 5 "A" in=1 type=Quiz', 'item 6 "A" in=11 type=Page', "type: 'Quiz' -> 'Page'"),
        ('page 5 "A"', 'page 6 "A" unpublished', "published: yes -> no"),
        ('quiz 5 "A" kind=practice_quiz', 'quiz 6 "A" kind=survey', "quiz type: 'practice_quiz' -> 'survey'"),
        ('quiz 5 "A" questions=4', 'quiz 6 "A" questions=1', "number of questions: 4 -> 1"),
    ],
)
def test_difference(source: str, destination: str, detail: str) -> None:
    """A difference in a compared field is in the detail of a changed row; a row without one is matched."""
    kind = source.split()[0]
    sides = (f"{MODULES}\n{FOLDERS}\n{source}", f"{COPIED_MODULES}\n{FOLDERS}\n{destination}")
    rows = rows_of(*sides, f"{MODULE_PAIRS}\n{kind} 5 -> 6")
    row = next(row for row in rows if row.asset_key == "source:5")
    assert (row.status, row.detail) == ("matched_changed" if detail else "matched", detail)


def test_module_of_the_same_title() -> None:
    """An item that was moved into another module of the same title is changed."""
    destination = COPIED_MODULES.replace("Week 2", "Week 1") + '\nitem 6 "A" in=12'
    rows = rows_of(MODULES + '\nitem 5 "A" in=1', destination, f"{MODULE_PAIRS}\nitem 5 -> 6")
    assert rows[-1].detail == "module: 'Week 1' -> another 'Week 1'"


@pytest.mark.parametrize(
    ("source", "copy", "status"),
    [
        ('quiz 5 "Q" unpublished', 'quiz 6 "Q" points=2 unpublished', "matched"),
        ('quiz 5 "Q" points=0 unpublished', 'quiz 6 "Q" points=2 unpublished', "matched"),
        ('quiz 5 "Q" unpublished questions=2', 'quiz 6 "Q" points=2 unpublished questions=1', "matched_changed"),
        ('quiz 5 "Q" unpublished', 'quiz 6 "R" points=2 unpublished', "matched_changed"),
        ('quiz 5 "Q"', 'quiz 6 "Q" points=2', "matched_changed"),
        ('assignment 5 "Q" quiz=9 unpublished', 'assignment 6 "Q" quiz=8 points=2 unpublished', "matched"),
        ('assignment 5 "Q" quiz=9', 'assignment 6 "Q" quiz=8 points=2', "matched_changed"),
        ('assignment 5 "Q" unpublished', 'assignment 6 "Q" points=2 unpublished', "matched_changed"),
    ],
)
def test_points_of_an_unpublished_quiz(source: str, copy: str, status: str) -> None:
    """The points of a quiz, and of its gradebook entry, are compared only if the source's is published."""
    (row,) = rows_of(source, copy, f"{source.split()[0]} 5 -> 6")
    assert row.status == status
    assert ("points are not compared" in row.detail) == (status == "matched")


def test_every_type_is_compared() -> None:
    """Each asset type has compared fields, the title among them."""
    assert set(COMPARED) == set(ASSET_TYPES)
    assert all(fields[0].label == "title" for fields in COMPARED.values())
