"""Placeholders that Canvas left are translated, wherever they stand."""

from __future__ import annotations

from html import escape

import pytest

from airflow_provider_canvas.reconciliation.links import Change, rewrite
from airflow_provider_canvas.reconciliation.links.migration_keys import migration_key
from tests.reconciliation.links.course_pair import PAIRS, find, short

ASSIGNMENT = migration_key("assignments", "2")
ANNOUNCEMENT = migration_key("announcements", "15")
EVENT = migration_key("calendar_events", "1")
FILE = migration_key("files", "1")
ITEM = migration_key("module_items", "12")

TEMPLATES = [
    '<a href="{}">x</a>',
    "<img src='{}'>",
    "<p title={}>x</p>",
    '<b style="background:url({})">x</b>',
    "<pre>{}</pre>",
    "<p>See {}, and</p>",
]
"""Places of a placeholder."""


@pytest.mark.parametrize(
    ("placeholder", "right"),
    [
        *(
            (f"$CANVAS_OBJECT_REFERENCE$/{listing}/{migration_key(listing, source)}", f"/{listing}/{copy}")
            for listing in ("assignments", "quizzes", "discussion_topics", "announcements", "modules")
            for source, copy in PAIRS[listing].items()
        ),
        (f"$CANVAS_OBJECT_REFERENCE$/discussion_topics/{ANNOUNCEMENT}", "/discussion_topics/775"),
        (
            f"$CANVAS_OBJECT_REFERENCE$/assignments/{ASSIGNMENT}?module_item_id={ITEM}",
            "/assignments/1339?module_item_id=1279",
        ),
        (f"$CANVAS_OBJECT_REFERENCE$/calendar_events/{EVENT}", "/calendar_events/345"),
        ("$CANVAS_OBJECT_REFERENCE$/assignments/g00000000000000000000000000000000", None),
        (f"$CANVAS_COURSE_REFERENCE$/modules/items/{ITEM}?a=1", "/modules/items/1279?a=1"),
        (f"$CANVAS_COURSE_REFERENCE$/file_ref/{FILE}/download?wrap=1", "/files/1341/download?wrap=1"),
        (f"$CANVAS_COURSE_REFERENCE$/file_ref/{FILE}", "/files/1341/preview"),
        (f"$CANVAS_COURSE_REFERENCE$/file_ref/{FILE}?wrap=1", "/files/1341?wrap=1"),
        ("$CANVAS_COURSE_REFERENCE$/grades", "/grades"),
        ("$CANVAS_COURSE_REFERENCE$/", "/"),
        ("$CANVAS_COURSE_REFERENCE$", ""),
        ("$CANVAS_COURSE_REFERENCE$/files?preview=1", "/files?preview=1341"),
        ("$CANVAS_COURSE_REFERENCE$/modules#module_1", "/modules#module_339"),
        ("$CANVAS_COURSE_REFERENCE$/external_tools/1", "/external_tools/51"),
        ("$WIKI_REFERENCE$/pages/home#top", "/pages/home#top"),
        ("$WIKI_REFERENCE$/wiki/lab-safety", "/pages/lab-safety"),
        (f"$WIKI_REFERENCE$/pages/{migration_key('pages', '13')}", "/pages/grosse-and-mass"),
        ("$WIKI_REFERENCE$/pages/never-was", None),
        ("%24WIKI_REFERENCE%24/pages/home", "/pages/home"),
        ("%24CANVAS_COURSE_REFERENCE%24/modules", "/modules"),
        ("$IMS-CC-FILEBASE$/week%201/lab%20sheets/lab%20sheet%201.html", "/files/1346/preview"),
        ("$IMS-CC-FILEBASE$/flask.png?canvas_download=1&canvas_qs_wrap=1", "/files/1334/download?wrap=1"),
        ("$IMS-CC-FILEBASE$/flask.png?canvas_download=1#page=2", "/files/1334/download#page=2"),
        ("$IMS-CC-FILEBASE$/flask.png#page=2", "/files/1334/preview#page=2"),
        ("$IMS_CC_FILEBASE$/flask.png", "/files/1334/preview"),
        ("$IMS-CC-FILEBASE$/gone.png", None),
    ],
)
def test_placeholders(placeholder, right):
    """A placeholder of each kind is translated in an attribute, in a style and in text; an unknown one is reported."""
    expected = ("placeholder", None if right is None else f"/courses/852{right}")
    for html in TEMPLATES:
        found = find(html.format(escape(placeholder)))
        assert [short(link) for link in found] == [expected], html
        if right is not None:
            changed = rewrite(html.format(escape(placeholder)), [Change(0, found[0].url, found[0].right_url)])
            assert changed == html.format(escape(f"/courses/852{right}"))


@pytest.mark.parametrize(
    "text",
    [
        "See $WIKI_REFERENCE$/pages/home&nbsp;now",
        "($WIKI_REFERENCE$/pages/home)",
        "&quot;$WIKI_REFERENCE$/pages/home&quot;",
        "$WIKI_REFERENCE$/pages/home&#160;",
        "$WIKI_REFERENCE$/pages/home\N{NO-BREAK SPACE}x",
        "$WIKI_REFERENCE$/pages/home; and",
    ],
)
def test_what_stands_behind_a_placeholder_in_text(text):
    """A placeholder in text ends before blanks, quotes and the end of a sentence, which stay."""
    (link,) = find(text)
    repaired = rewrite(text, [Change(link.ordinal, link.url, link.right_url)])
    assert repaired == text.replace("$WIKI_REFERENCE$", "/courses/852")


@pytest.mark.parametrize("prefix", ["https://canvas.example/", "/courses/852/pages/", "//canvas.example/"])
def test_a_placeholder_behind_a_host(prefix):
    """A placeholder that was taken as a relative address, so that a host or path is in front of it, is still one."""
    (link,) = find(f'<a href="{prefix}$WIKI_REFERENCE$/pages/home">x</a>')
    assert short(link) == ("placeholder", "/courses/852/pages/home")


@pytest.mark.parametrize(
    ("before", "right"),
    [
        ("https://docs.example/view?file=", "https://docs.example/view?file=https%3A%2F%2Fcanvas.example{}"),
        ("//docs.example/view?a=1&file=", "//docs.example/view?a=1&file=https%3A%2F%2Fcanvas.example{}"),
        ("/login?return_to=", "/login?return_to={}"),
        ("/courses/852/external_tools/retrieve?url=", "/courses/852/external_tools/retrieve?url={}"),
    ],
)
@pytest.mark.parametrize("dollar", ["$", "%24"])
def test_a_placeholder_in_a_parameter(before, right, dollar):
    """A placeholder in the query of another address is replaced; another site gets the host of this Canvas, too."""
    key = migration_key("files", "3")
    html = f'<a href="{before}{dollar}CANVAS_COURSE_REFERENCE{dollar}/file_ref/{key}/download">x</a>'
    expected = right.format("%2Fcourses%2F852%2Ffiles%2F1334%2Fdownload")
    assert [short(link) for link in find(html)] == [("placeholder", expected)]
    assert find(f'<a href="{expected}">x</a>') == []
