"""Comparison of two texts by content, although Canvas made different HTML of them.

Canvas does not send the text that it stores, and does not store the text that it receives. It adds hosts, verifiers
and ``data-api-*`` to links and MathML to equations when it sends, quotes and decodes attributes, adds ``<tbody>`` and
takes out ``srcset`` and scripts when it stores. Two texts are the same if their elements, attributes and texts are the
same without all these.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from itertools import groupby, islice

from airflow_provider_canvas.reconciliation.html_tokens import EndTag, StartTag, html_tokens
from airflow_provider_canvas.reconciliation.links.html_scan import URL_ATTRIBUTES
from airflow_provider_canvas.reconciliation.links.reference import host_of

_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}
)
# fmt: off
_CLOSES_P = frozenset({
    "address", "article", "aside", "blockquote", "center", "details", "dialog", "dir", "div", "dl", "fieldset",
    "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "hr", "main",
    "menu", "nav", "ol", "p", "pre", "section", "summary", "table", "ul",
})
# fmt: on
_CLOSED_BY: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "li": (frozenset({"li"}), frozenset({"ul", "ol", "menu"})),
    "dt": (frozenset({"dt", "dd"}), frozenset({"dl"})),
    "dd": (frozenset({"dt", "dd"}), frozenset({"dl"})),
    "td": (frozenset({"td", "th"}), frozenset({"table"})),
    "th": (frozenset({"td", "th"}), frozenset({"table"})),
    "tr": (frozenset({"tr"}), frozenset({"table"})),
    "thead": (frozenset({"thead", "tfoot", "tr"}), frozenset({"table"})),
    "tbody": (frozenset({"thead", "tfoot", "tr"}), frozenset({"table"})),
    "tfoot": (frozenset({"thead", "tfoot", "tr"}), frozenset({"table"})),
    "option": (frozenset({"option"}), frozenset({"select"})),
    **dict.fromkeys(_CLOSES_P, (frozenset({"p"}), frozenset({"table", "td", "th", "caption", "button", "object"}))),
}
"""The open elements that a start tag ends, and those behind which none is looked for."""
_MADE_BY_CANVAS = re.compile(r"data-api-|x-canvaslms-|srcset$", re.IGNORECASE)
_IGNORED_ELEMENTS = frozenset({"tbody"})
_REMOVED_ELEMENTS = frozenset({"script", "math"})
_VERIFIER = re.compile(r"(?<=[?&])verifier=[^&#]*&?")
_SPACES = re.compile(r"[ \t\n\f\r]+")
_ORIGIN = re.compile(r"(?P<origin>(?:https?:)?//[^/?#]*)(?P<path>.*)", re.IGNORECASE | re.DOTALL)
_CANVAS_PATH = re.compile(r"/(?:api|courses|files|users|groups|accounts|equation_images|images|media_\w+)(?![\w-])")

_MAX_DEPTH = 512
"""How many open elements are searched for one that a start tag ends; browsers nest no deeper."""

Token = tuple[str, ...]


def same_content(html_a: str, html_b: str, *, hosts: Collection[str] = ()) -> bool:
    """Return whether two texts have the same elements, attributes and texts, apart from what Canvas adds or removes.

    :param html_a: One text.
    :param html_b: The other text.
    :param hosts: The hosts of Canvas. Without them, the host of every address of Canvas is left out of the comparison.
    """
    own = frozenset(host_of(host) for host in hosts)
    return html_a == html_b or _tokens(html_a, own) == _tokens(html_b, own)


def _tokens(html: str, hosts: frozenset[str]) -> list[Token]:
    """Return the tokens of a text that count: elements in their order, with attributes, and the texts between them."""
    reader = _Reader(hosts)
    reader.read(html.strip())
    tokens: list[Token] = []
    for kind, group in groupby(reader.tokens, key=lambda token: token[0]):
        if kind == "text":
            tokens.append(("text", _SPACES.sub(" ", "".join(token[1] for token in group))))
        else:
            tokens.extend(group)
    return tokens


class _Reader:
    """Collects the tokens of a text, with the end tags that HTML allows to leave out.

    :param hosts: The hosts of Canvas.
    """

    def __init__(self, hosts: frozenset[str]) -> None:
        self.tokens: list[Token] = []
        self._hosts = hosts
        self._open: list[str] = []
        self._count_open: Counter[str] = Counter()
        self._removed = 0

    def read(self, html: str) -> None:
        """Collect the tokens of a text."""
        for token in html_tokens(html):
            if isinstance(token, StartTag):
                self._add_start(token)
            elif isinstance(token, EndTag):
                self._add_end(token.name)
            elif not self._removed:
                self.tokens.append(("text", token.text))
        while self._open:
            self._end(self._open[-1])

    def _add_start(self, tag: StartTag) -> None:
        """Add an element, and end those that it ends."""
        self._removed += tag.name in _REMOVED_ELEMENTS
        if self._removed:
            return
        ended, barriers = _CLOSED_BY.get(tag.name, (frozenset(), frozenset()))
        if any(self._count_open[name] for name in ended):
            for name in islice(reversed(self._open), _MAX_DEPTH):
                if name in barriers:
                    break
                if name in ended:
                    self._end(name)
                    break
        if tag.name in _IGNORED_ELEMENTS:
            return
        kept = [(name, value) for name, value in tag.attributes.items() if not _MADE_BY_CANVAS.match(name)]
        pairs = sorted((name, self._value(name, value)) for name, value in kept)
        self.tokens.append(("start", tag.name, *(part for pair in pairs for part in pair)))
        if tag.name not in _VOID:
            self._open.append(tag.name)
            self._count_open[tag.name] += 1

    def _add_end(self, name: str) -> None:
        """End an element, if it is open. The end of no paragraph is an empty paragraph."""
        if name in _REMOVED_ELEMENTS:
            self._removed = max(0, self._removed - 1)
        elif self._removed:
            return
        elif self._count_open[name]:
            self._end(name)
        elif name == "p":
            self.tokens += [("start", "p"), ("end", "p")]

    def _end(self, tag: str) -> None:
        name = ""
        while name != tag:
            name = self._open.pop()
            self._count_open[name] -= 1
            self.tokens.append(("end", name))

    def _value(self, name: str, value: str) -> str:
        """Return an attribute's value without the host of Canvas and without the verifier of a file."""
        value = value.strip()
        if name == "style":
            return _SPACES.sub("", value).rstrip(";")
        if name not in URL_ATTRIBUTES and name != "value":
            return value
        value = value.replace(" ", "%20")
        if "verifier=" in value:
            value = _VERIFIER.sub("", value).rstrip("?&")
        match = _ORIGIN.fullmatch(value)
        if match is None:
            return value
        is_own = host_of(match["origin"]) in self._hosts if self._hosts else _CANVAS_PATH.match(match["path"])
        return match["path"] if is_own else value
