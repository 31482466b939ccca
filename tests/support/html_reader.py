"""A parser of reports, for tests."""

from __future__ import annotations

from html.parser import HTMLParser


class Reader(HTMLParser):
    """A parser of a page that collects attributes, unfolded and folded text, and unclosed tags."""

    VOID = frozenset({"meta", "link", "col"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.words: list[str] = []
        self.folded: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect a tag and its attributes."""
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect the attributes of a tag that closes itself."""
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        """Close a tag."""
        assert self.open.pop() == tag, f"</{tag}> closes another tag"

    def handle_data(self, data: str) -> None:
        """Collect text."""
        if not {"style", "script"} & set(self.open) and data.strip():
            (self.folded if "details" in self.open and "summary" not in self.open else self.words).append(data.strip())

    @property
    def text(self) -> str:
        """Return the text that is not folded."""
        return " ".join(self.words)

    @property
    def links(self) -> list[str]:
        """Return the targets of all links."""
        return [value or "" for tag, name, value in self.attributes if (tag, name) == ("a", "href")]
