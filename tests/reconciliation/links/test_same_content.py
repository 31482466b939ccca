"""Two texts are the same content if they differ only in what Canvas adds, removes or writes in another way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_canvas.reconciliation.links import same_content


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("", "  "),
        ('<a href="/courses/1">x</a>', "<A HREF=/courses/1>x</A>"),
        ('<a class="b" href="/courses/1">x</a>', '<a href="/courses/1" class="b">x</a>'),
        ('<a href="/courses/1">x</a>', '<a href="https://canvas.example/courses/1">x</a>'),
        ('<img src="/equation_images/x">', '<img src="https://canvas.example/equation_images/x">'),
        ('<img src="/files/1/preview?verifier=V">', '<img src="/files/1/preview">'),
        ('<img src="/files/1?verifier=V&wrap=1">', '<img src="/files/1?wrap=1">'),
        ('<img src="/files/1?wrap=1&amp;verifier=V">', '<img src="/files/1?wrap=1">'),
        (
            '<a href="/courses/1" data-api-endpoint="https://h/api/v1/courses/1" data-api-returntype="X">',
            '<a href="/courses/1">',
        ),
        ('<img src="/equation_images/x" x-canvaslms-safe-mathml="&lt;math&gt;">', '<img src="/equation_images/x">'),
        ("<p>x<math><mi>y</mi></math></p>", "<p>x</p>"),
        ('<img src="/a" srcset="/b 2x">', '<img src="/a">'),
        ("<p>x<script>alert(1)</script></p>", "<p>x</p>"),
        ("<p>a&nbsp;b &eacute; &#233;</p>", "<p>a\N{NO-BREAK SPACE}b é é</p>"),
        (
            "<table><tr><td>1<td>2<tr><td>3</table>",
            "<table><tbody><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></tbody></table>",
        ),
        ("<ul><li>a<li>b<ul><li>c</ul></ul>", "<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>"),
        ("<p>a<hr>b</p>", "<p>a</p><hr>b<p></p>"),
        ("<p>a<p>b", "<p>a</p><p>b</p>"),
        ("<br/><img src='/a'/>", '<br><img src="/a">'),
        ('<a href="/a b">x</a>', '<a href="/a%20b">x</a>'),
        ('<p style="color: red; margin:0">x</p>', '<p style="color:red;margin:0;">x</p>'),
        ("<p>a\r\n b</p>", "<p>a\n  b</p>"),
    ],
)
def test_what_canvas_makes_of_a_text(first, second):
    """What Canvas adds, removes or writes in another way is no difference, in both directions."""
    assert same_content(first, second)
    assert same_content(second, first)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("<p>a</p>", "<p>b</p>"),
        ("<p>a</p>b", "<p>ab</p>"),
        ("<p>a <b>b</b></p>", "<p>a<b>b</b></p>"),
        ("<b>a</b>", "<i>a</i>"),
        ("<ul><li>a</li></ul><p>b</p>", "<ul><li>a<p>b</p></li></ul>"),
        ('<a href="/courses/1">x</a>', '<a href="/courses/2">x</a>'),
        ('<a href="/courses/1?a=1">x</a>', '<a href="/courses/1">x</a>'),
        ('<a href="/courses/1#a">x</a>', '<a href="/courses/1">x</a>'),
        ('<a href="/courses/1" title="x">x</a>', '<a href="/courses/1">x</a>'),
        ('<a href="https://other.example/x">x</a>', '<a href="/x">x</a>'),
        ("<table><tr><td>1</td></tr></table>", "<table><tr><th>1</th></tr></table>"),
        ("<p>a</p><p>b</p>", "<p>b</p><p>a</p>"),
        ('<img src="/a">', ""),
        ("<p>a</p>", "<p>a</p><p></p>"),
    ],
)
def test_other_differences(first, second):
    """Any other difference of elements, attributes or texts is one."""
    assert not same_content(first, second)
    assert not same_content(second, first)


def test_the_hosts_of_canvas():
    """With the hosts of Canvas, only these are left out of the comparison."""
    relative, other = '<a href="/courses/1">x</a>', '<a href="https://other.example/courses/1">x</a>'
    assert same_content(relative, '<a href="https://Canvas.example:8443/courses/1">x</a>', hosts=["canvas.example"])
    assert not same_content(relative, other, hosts=["canvas.example"])
    assert same_content(relative, other)


SOUP = st.lists(
    st.sampled_from(["<p>", "</p>", "<li>", "</ul>", "<table>", "<td", " a='", "'", ">", "x", "&", "<!--"]), max_size=20
).map("".join)


@given(SOUP)
def test_any_text_is_the_same_as_itself(html):
    """Nothing raises, and a text is the same as itself with a host in front of its addresses, and blanks around it."""
    assert same_content(html, f" {html}\n")
