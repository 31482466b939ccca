"""The texts of places: which addresses are corrected, what a verifier is, and what a repair and its undo leave."""

from __future__ import annotations

import pytest
from canvas_emulator.effects.html_writing import stored_html
from canvas_emulator.model.content import Page
from canvas_emulator.model.world import World
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from airflow_provider_canvas.repair.places import Link
from airflow_provider_canvas.repair.rewriting import corrected_texts, without_verifiers
from tests.repair.conftest import Start
from tests.support.stale_course import COURSE, MemoryBackups, right, run_repair, stale_addresses


def link(ordinal: int, url: str, attribute: str = "href", field: str = "body") -> Link:
    """Return a stale link."""
    return Link(field=field, ordinal=ordinal, attribute=attribute, url=url, right_url=right(url))


A, B = "/courses/1/pages/a", "/courses/1/pages/b"

TEXTS = {
    "at its number": (f'<a href="{A}">x</a>', [link(0, A)], '<a href="/courses/7/pages/a">x</a>', 1),
    "moved": (
        f'<a href="/x/y">x</a><a href="{A}">x</a>',
        [link(0, A)],
        '<a href="/x/y">x</a><a href="/courses/7/pages/a">x</a>',
        1,
    ),
    "twice, both named": (
        f'<a href="{A}">x</a><a href="{A}">y</a>',
        [link(0, A), link(1, A)],
        '<a href="/courses/7/pages/a">x</a><a href="/courses/7/pages/a">y</a>',
        2,
    ),
    "twice, one named": (
        f'<a href="{A}">x</a><a href="{A}">y</a>',
        [link(1, A)],
        f'<a href="{A}">x</a><a href="/courses/7/pages/a">y</a>',
        1,
    ),
    "in another attribute": (f'<img src="{A}">', [link(0, A)], f'<img src="{A}">', 0),
    "gone": (f'<a href="{B}">x</a>', [link(0, A)], f'<a href="{B}">x</a>', 0),
    "right already": ('<a href="/courses/7/pages/a">x</a>', [link(0, A)], '<a href="/courses/7/pages/a">x</a>', 0),
    "quotes and entities": (
        "<a href='/courses/1/pages/a?x=1&amp;y=2' title=\"&quot;\">x</a>&nbsp;<br/>",
        [link(0, "/courses/1/pages/a?x=1&y=2")],
        "<a href='/courses/7/pages/a?x=1&amp;y=2' title=\"&quot;\">x</a>&nbsp;<br/>",
        1,
    ),
    "with a secret": (
        '<img src="/courses/1/files/9/preview?verifier=abc">',
        [link(0, "/courses/1/files/9/preview", "src")],
        '<img src="/courses/7/files/9/preview">',
        1,
    ),
}


@pytest.mark.parametrize("name", TEXTS)
def test_which_addresses_are_corrected(name: str) -> None:
    """An address is corrected at its number, or where it moved to; all other bytes stay."""
    html, links, expected, count = TEXTS[name]
    texts, found = corrected_texts({"body": html, "other": "/x"}, links)
    assert (texts, len(found)) == ({"body": expected, "other": "/x"}, count)
    assert corrected_texts(texts, links)[0] == texts, "corrected once is corrected"


def test_many_links_that_moved() -> None:
    """Links of one page that all moved are corrected in their order, also where their addresses are the same."""
    html = "".join(f'<a href="/courses/1/pages/p{number % 50}">x</a>' for number in range(2_000))
    links = [link(number, f"/courses/1/pages/p{number % 50}") for number in range(1_990)]
    texts, found = corrected_texts({"body": f'<a href="/x/y">x</a>{html}'}, links)
    corrected, left = texts["body"].split('href="/courses/1/', 1)
    assert corrected.count('href="/courses/7/pages/') == len(found) == 1_990
    assert left.count('href="/courses/1/') == 9


def test_a_field_that_is_one_address() -> None:
    """Such a field is replaced as a whole, if it still is the stale address."""
    wrong = link(0, "https://t.example/courses/1/x", "", "external_url")
    assert corrected_texts({"external_url": wrong.url}, [wrong]) == ({"external_url": wrong.right_url}, [wrong])
    assert corrected_texts({"external_url": "https://t.example/"}, [wrong]) == (
        {"external_url": "https://t.example/"},
        [],
    )


VERIFIERS = {
    '<img src="/courses/7/files/9/preview?verifier=abc" alt="x">': '<img src="/courses/7/files/9/preview" alt="x">',
    '<a href="/files/9/download?a=1&amp;verifier=abc&amp;x=%20#p">': '<a href="/files/9/download?a=1&amp;x=%20#p">',
    '<a href="/files/9/download?verifier=abc&amp;wrap=1">': '<a href="/files/9/download?wrap=1">',
    '<a href="/files/9/download?verifier=abc&wrap=1#verifier=x">': '<a href="/files/9/download?wrap=1#verifier=x">',
    '<a href="/courses/7/pages/a?verifier=abc">': None,
    "verifier=abc": None,
    '<a href="/files/9/download?wrap=1">': None,
    "": None,
}


@pytest.mark.parametrize("html", VERIFIERS)
def test_verifiers_that_canvas_adds_are_removed(html: str) -> None:
    """They are removed from addresses of files that are shown or downloaded; anything else stays."""
    assert without_verifiers(html) == (html if VERIFIERS[html] is None else VERIFIERS[html])


WORDS = st.sampled_from(["text", " ", "\n", "&amp;", "&nbsp;", "ä€", "/courses/1/pages/in-text", "1 &lt; 2"])
URLS = st.sampled_from(
    [
        A,
        B,
        "/courses/1/files/9/download?wrap=1",
        "/courses/7/pages/a",
        "/courses/1",
        "https://elsewhere.example/courses/1/x",
        "/courses/1/assignments/3?module_item_id=4#top",
        "#top",
        "mailto:a@b.example",
    ]
)
PIECES = st.one_of(
    WORDS,
    st.builds('<a href="{}" class="x">{}</a>'.format, URLS, WORDS),
    st.builds('<img src="{}" alt="&quot;">'.format, URLS),
    st.builds('<p style="color: red">{}</p>'.format, WORDS),
    st.builds('<iframe src="{}" width="5"></iframe>'.format, URLS),
    st.builds("<ul><li>{}<li>{}</ul>".format, WORDS, WORDS),
    st.builds("<table><tr><td>{}</table>".format, WORDS),
    st.builds("<pre>{}</pre><!-- {} -->".format, WORDS, URLS),
    st.builds('<video poster="{}" src="{}"></video>'.format, URLS, URLS),
)
HTML = st.lists(PIECES, min_size=1, max_size=8).map("".join)

_WORLD = World()


@given(html=HTML, verifier=st.sampled_from(["a1B2", "x"]))
def test_a_text_without_verifiers_is_stored_as_the_same(html: str, verifier: str) -> None:
    """What Canvas stores does not depend on the verifiers that it added: so a backup needs none."""
    shown = html.replace("/download?wrap=1", f"/download?wrap=1&amp;verifier={verifier}")
    stored = [stored_html(_WORLD, text, "http://canvas.example") for text in (shown, without_verifiers(shown))]
    assert stored[0] == stored[1]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(html=HTML)
def test_a_repair_and_its_undo(start: Start, html: str) -> None:
    """For any text, the repair changes the stale addresses alone, and the undo restores the text byte by byte."""
    engine, canvas, world = start(f'<a href="{A}">one at least</a>{html}', types=["pages"])
    (page,) = world.live(Page, COURSE)
    before, backups = shown(page, canvas.base_url), MemoryBackups()
    links = len(list(stale_addresses("body", before)))
    counts = run_repair(engine, canvas, backups, place_types=["pages"])
    assert counts == {"repaired": links}
    addresses = list(stale_addresses("body", shown(page, canvas.base_url)))
    assert addresses == []
    assert page.revision == 2
    assert run_repair(engine, canvas, backups, run_id="run 2", undo="run 1") == {"undone": links}
    assert shown(page, canvas.base_url) == before
    engine.dispose()


def shown(page: Page, base_url: str) -> str:
    """Return the stored text without the attributes that Canvas makes again whenever it sends a text."""
    import re

    return re.sub(r' data-api-(?:endpoint|returntype)="[^"]*"', "", page.body).replace(base_url, "")


@pytest.mark.parametrize("problem", ["wrong_page", "lost_anchor"])
def test_an_address_that_is_wrong_only_in_its_place(problem: str) -> None:
    """It is changed at its number; in an edited text the same address may be right elsewhere, and stays."""
    url, right = "/courses/7/pages/home", "/courses/7/pages/home-2#top"
    links = [Link(field="body", ordinal=0, attribute="href", url=url, right_url=right, problem=problem)]
    wrong, corrected = f'<a href="{url}">a</a>', f'<a href="{right}">a</a>'
    own, other = f'<a href="{url}">my own page</a>', '<a href="/courses/7/grades">b</a>'
    assert corrected_texts({"body": wrong + own}, links) == ({"body": corrected + own}, links)
    for edited in (other + wrong + own, other + corrected + own, corrected + own, other + own):
        assert corrected_texts({"body": edited}, links) == ({"body": edited}, [])
