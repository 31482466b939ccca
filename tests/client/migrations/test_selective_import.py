"""Selections from selective data: parsing, matching, summaries."""

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
    return [node["title"] for node in selective_import.find_nodes(TREE, selective_import.parse_selection(choose))]


@pytest.mark.parametrize(
    ("choose", "expected"),
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
def test_matching_nodes(choose: Any, expected: list[str]) -> None:
    """Titles match before patterns, files also by path. A group includes its items, and no node is returned twice."""
    assert titles(choose) == expected


@pytest.mark.parametrize(
    "written", ["Übungen", "U\u0308bungen", "U\u0308b*", "Übungen/Café*", "U\u0308bungen/Cafe\u0301*"]
)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_unicode_normalization_does_not_matter(written: str, form: Any) -> None:
    """A title matches whether its accents are composed or decomposed: users cannot see the difference."""
    kept = [normalize(form, text) for text in ("Übungen", "Café.pdf")]
    tree = [
        whole("context_modules", "Modules", item("context_modules", kept[0])),
        whole("attachments", "Files", item("attachments", kept[1], path=kept[0])),
    ]
    kind = "files" if "/" in written else "modules"
    (node,) = selective_import.find_nodes(tree, selective_import.parse_selection({kind: [written]}))
    assert node["title"] == kept["/" in written]


def test_properties_of_the_nodes() -> None:
    """The found nodes have Canvas's properties, which are sent to Canvas."""
    nodes = selective_import.find_nodes(
        TREE, selective_import.parse_selection({"modules": True, "assignments": ["One"]})
    )
    assert [node["property"] for node in nodes] == [
        "copy[all_context_modules]",
        "copy[assignments][id_gassignmentsOne]",
    ]


@pytest.mark.parametrize(
    ("choose", "words"),
    [
        ({"modules": ["week 1"]}, "No match for modules 'week 1' (available: 'Week 1', 'Week 2', 'Week 21')"),
        ({"modules": ["X"], "files": ["Y"]}, "No match for modules 'X'"),
        ({"context_modules": ["X"]}, "No match for context_modules 'X'"),
        ({"pages": True}, "No match for pages (available: none). Available types: syllabus_body, modules"),
    ],
)
def test_texts_without_a_match(choose: Any, words: str) -> None:
    """The error names every text without a match, and the available titles or types."""
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
        ({"syllabus_body": ["A"]}, "is a single item, not a list"),
    ],
)
def test_invalid_selections(choose: Any, words: str) -> None:
    """An empty selection, which Canvas would take for everything, and numeric ids are refused."""
    with pytest.raises(ValueError, match=re.escape(words)):
        selective_import.parse_selection(choose)


def test_choose_callable() -> None:
    """The properties that ``choose_callable`` returns must be in the tree."""
    essays = "copy[assignment_groups][id_gassignment_groupsEssays]"
    assert [node["title"] for node in selective_import.nodes_with_properties(TREE, [essays])] == [
        "Essays",
        "One",
        "Two",
    ]
    for wrong in (["copy[everything]"], [], ["modules"]):
        with pytest.raises(ValueError, match="choose_callable returned"):
            selective_import.nodes_with_properties(TREE, wrong)


def test_summary_and_log_lines() -> None:
    """The summary has all counts and titles. The log says how many titles are missing if Canvas gives fewer."""
    choice = selective_import.parse_selection(
        {"modules": True, "assignments": ["One", "Two"], "files": True, "syllabus_body": True}
    )
    summary = selective_import.summarize(selective_import.find_nodes(TREE, choice))
    assert summary == {
        "context_modules": {"count": 3, "titles": ["Week 1", "Week 2", "Week 21"]},
        "assignments": {"count": 2, "titles": ["One", "Two"]},
        "attachments": {"count": 3, "titles": ["a.pdf", "b.pdf"]},
        "syllabus_body": {"count": 1, "titles": ["Syllabus Body"]},
    }
    assert list(selective_import.format_summary(TREE, summary)) == [
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


def test_summary_in_an_xcom() -> None:
    """The short summary has all counts and twenty titles: under 16 kB, also in scripts with long encodings."""
    kinds = [kind for kind in selective_import.TYPES if kind not in selective_import.SPELLINGS]
    nodes = [item(kind, f"{number:03d} {'🧬生物学概論' * 20}") for kind in kinds for number in range(25)]
    kept = selective_import.shorten_summary(selective_import.summarize(nodes))
    assert {selected["count"] for selected in kept.values()} == {25}
    assert sum(len(selected["titles"]) for selected in kept.values()) == 20
    assert len(json.dumps(kept)) < 16_000


def test_the_whole_tree() -> None:
    """Each type, also of nested groups, is requested once, by the type in the URL; the URL itself is not requested."""
    url = "https://canvas.example/api/v1/courses/1/content_migrations/2/selective_data?type="
    bodies = {
        None: [{"type": "learning_outcomes", "sub_items_url": f"{url}learning_outcomes"}, {"type": "syllabus_body"}],
        "learning_outcomes": [item("learning_outcome_groups", "A", sub_items_url=f"{url}learning_outcome_groups_1")],
        "learning_outcome_groups_1": [
            item("learning_outcomes", "X"),
            item("learning_outcome_groups", "A", sub_items_url=f"{url}learning_outcome_groups_1"),  # no end
        ],
    }
    client = ScriptedClient(lambda path: bodies[path.partition("type=")[2] or None])
    tree = client.run(lambda caller: selective_import.whole_tree(caller, {"account_id": 5, "content_migration_id": 2}))
    path = "GET accounts/5/content_migrations/2/selective_data"
    assert client.requests == [path, f"{path}?type=learning_outcomes", f"{path}?type=learning_outcome_groups_1"]
    assert tree[0]["sub_items"][0]["sub_items"][0]["title"] == "X"
    assert tree[1] == {"type": "syllabus_body"}
