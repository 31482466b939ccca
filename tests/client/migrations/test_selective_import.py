"""Finding in selective data what a person wrote."""

from __future__ import annotations

import json
import re
from typing import Any
from unicodedata import normalize

import pytest

from airflow_provider_canvas.client.migrations import selective_import
from tests.support.scripted_client import ScriptedClient


def item(kind: str, title: str, *below: Any, **more: Any) -> Any:
    key = f"g{kind}{title}".replace(" ", "")
    node = {"type": kind, "title": title, "property": f"copy[{kind}][id_{key}]", "migration_id": key, **more}
    return {**node, "sub_items": list(below)} if below else node


def whole(kind: str, title: str, *items: Any) -> Any:
    node = {"type": kind, "title": title, "property": f"copy[all_{kind}]", "count": 3}
    return {**node, "sub_items": list(items)}


TREE = [
    {"type": "syllabus_body", "title": "Syllabus Body", "property": "copy[all_syllabus_body]"},
    whole("context_modules", "Modules", *(item("context_modules", f"Week {week}") for week in (1, 2, 21))),
    whole(
        "assignments",
        "Assignments",
        item("assignment_groups", "Essays", item("assignments", "One"), item("assignments", "Two")),
        item("assignments", "Quiz [graded]"),
    ),
    whole(
        "attachments",
        "Files",
        item("folders", "course files/a", item("attachments", "a.pdf", path="course files/a")),
        item("attachments", "b.pdf", path="course files"),
    ),
]


def titles(choose: Any) -> list[str]:
    return [node["title"] for node in selective_import.matching(TREE, selective_import.wanted(choose))]


@pytest.mark.parametrize(
    ("choose", "found"),
    [
        ({"modules": ["Week 1"]}, ["Week 1"]),
        ({"context_modules": ["Week 2*"]}, ["Week 2", "Week 21"]),
        ({"modules": "Week 1", "context_modules": ["Week 2"]}, ["Week 1", "Week 2"]),
        ({"modules": True}, ["Modules"]),
        ({"modules": "*", "pages": None}, ["Modules"]),
        ({"modules": ["*"], "pages": []}, ["Modules"]),
        ({"syllabus_body": True}, ["Syllabus Body"]),
        ({"assignments": ["Two"]}, ["Two"]),
        ({"assignments": ["Quiz [graded]"]}, ["Quiz [graded]"]),
        ({"assignments": ["gassignmentsOne"]}, ["One"]),
        ({"assignment_groups": ["Essays"], "assignments": ["One"]}, ["Essays", "One", "Two"]),
        ({"folders": ["*/a"]}, ["course files/a", "a.pdf"]),
        ({"files": ["course files/a/*"]}, ["a.pdf"]),
        ({"files": ["b.*"]}, ["b.pdf"]),
    ],
)
def test_what_is_found(choose: Any, found: list[str]) -> None:
    """Exact titles first, then patterns; files by their path, too; a group with what it holds, and nothing twice."""
    assert titles(choose) == found


@pytest.mark.parametrize(
    "written", ["Übungen", "U\u0308bungen", "U\u0308b*", "Übungen/Café*", "U\u0308bungen/Cafe\u0301*"]
)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_accents_may_be_composed_either_way(written: str, form: Any) -> None:
    """A letter and its accent are one character or two; people see no difference, and cannot type one."""
    kept = [normalize(form, text) for text in ("Übungen", "Café.pdf")]
    tree = [
        whole("context_modules", "Modules", item("context_modules", kept[0])),
        whole("attachments", "Files", item("attachments", kept[1], path=kept[0])),
    ]
    kind = "files" if "/" in written else "modules"
    (found,) = selective_import.matching(tree, selective_import.wanted({kind: [written]}))
    assert found["title"] == kept["/" in written]


def test_what_is_sent() -> None:
    """Properties, as the nodes have them."""
    nodes = selective_import.matching(TREE, selective_import.wanted({"modules": True, "assignments": ["One"]}))
    assert [node["property"] for node in nodes] == [
        "copy[all_context_modules]",
        "copy[assignments][id_gassignmentsOne]",
    ]


@pytest.mark.parametrize(
    ("choose", "words"),
    [
        ({"modules": ["week 1"]}, "no context_modules 'week 1' (there are 'Week 1', 'Week 2', 'Week 21')"),
        ({"modules": ["X"], "files": ["Y"]}, "no context_modules 'X'"),
        ({"pages": True}, "no wiki_pages at all (there are none). What can be chosen from: syllabus_body, context_"),
    ],
)
def test_what_is_not_found(choose: Any, words: str) -> None:
    """All that is missing is said, with what there is."""
    with pytest.raises(selective_import.NothingMatchesError, match=re.escape(words)):
        titles(choose)


@pytest.mark.parametrize(
    ("choose", "words"),
    [
        ({}, "choose names nothing"),
        ({"pages": [], "modules": False}, "choose names nothing"),
        ({"page": ["A"]}, "Did you mean 'pages'"),
        ({"pages": [12]}, "holds 12: write titles"),
        ({"pages": 12}, "holds 12: write titles"),
        ({"pages": [""]}, "holds '': write titles"),
        ({"pages": {"A": True}}, "must be a list of titles"),
        ({"syllabus_body": ["A"]}, "is one thing, not a list"),
    ],
)
def test_nonsense(choose: Any, words: str) -> None:
    """Nothing named would be everything to Canvas, and numbers are not shown."""
    with pytest.raises(ValueError, match=re.escape(words)):
        selective_import.wanted(choose)


def test_a_function_of_ones_own() -> None:
    """What it returns must be of the tree."""
    essays = "copy[assignment_groups][id_gassignment_groupsEssays]"
    assert [node["title"] for node in selective_import.with_properties(TREE, [essays])] == ["Essays", "One", "Two"]
    for wrong in (["copy[everything]"], [], ["modules"]):
        with pytest.raises(ValueError, match="choose_callable returned"):
            selective_import.with_properties(TREE, wrong)


def test_the_summary_and_the_log() -> None:
    """Counts and titles of all; where Canvas gives fewer titles than it counts, how many more."""
    choice = selective_import.wanted(
        {"modules": True, "assignments": ["One", "Two"], "files": True, "syllabus_body": True}
    )
    said = selective_import.summary(selective_import.matching(TREE, choice))
    assert said == {
        "context_modules": {"count": 3, "titles": ["Week 1", "Week 2", "Week 21"]},
        "assignments": {"count": 2, "titles": ["One", "Two"]},
        "attachments": {"count": 3, "titles": ["a.pdf", "b.pdf"]},
        "syllabus_body": {"count": 1, "titles": ["Syllabus Body"]},
    }
    assert list(selective_import.lines(TREE, said)) == [
        "Modules: 3 of 3",
        "    Week 1",
        "    Week 2",
        "    Week 21",
        "Assignments: 2 of 3",
        "    One",
        "    Two",
        "Files: 3 of 3",
        "    a.pdf",
        "    b.pdf",
        "    and 1 more",
        "Syllabus Body",
    ]


def test_what_an_xcom_keeps() -> None:
    """All counts, and twenty titles: under 16 kB, whatever was chosen and in whichever script."""
    kinds = [kind for kind in selective_import.TYPES if kind not in selective_import.SPELLINGS]
    nodes = [item(kind, f"{number:03d} {'🧬生物学概論' * 20}") for kind in kinds for number in range(25)]
    kept = selective_import.shortened(selective_import.summary(nodes))
    assert {said["count"] for said in kept.values()} == {25}
    assert sum(len(said["titles"]) for said in kept.values()) == 20
    assert len(json.dumps(kept)) < 16_000


def test_the_whole_tree() -> None:
    """Each type is asked for once, groups within groups too, by the type in the address, never at it."""
    url = "https://canvas.example/api/v1/courses/1/content_migrations/2/selective_data?type="
    answers = {
        None: [{"type": "learning_outcomes", "sub_items_url": f"{url}learning_outcomes"}, {"type": "syllabus_body"}],
        "learning_outcomes": [item("learning_outcome_groups", "A", sub_items_url=f"{url}learning_outcome_groups_1")],
        "learning_outcome_groups_1": [
            item("learning_outcomes", "X"),
            item("learning_outcome_groups", "A", sub_items_url=f"{url}learning_outcome_groups_1"),  # no end
        ],
    }
    client = ScriptedClient(lambda path: answers[path.partition("type=")[2] or None])
    tree = client.run(lambda caller: selective_import.whole_tree(caller, {"account_id": 5, "content_migration_id": 2}))
    path = "GET accounts/5/content_migrations/2/selective_data"
    assert client.requests == [path, f"{path}?type=learning_outcomes", f"{path}?type=learning_outcome_groups_1"]
    assert tree[0]["sub_items"][0]["sub_items"][0]["title"] == "X"
    assert tree[1] == {"type": "syllabus_body"}
