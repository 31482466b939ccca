"""No picture of the documentation is missing, or older than what it shows."""

from __future__ import annotations

import re
from pathlib import Path

import picture_digests
import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"

MAX_BYTES = 200_000


def test_no_picture_is_outdated() -> None:
    """Each picture has the digest of the texts and styles that it shows today."""
    outdated = picture_digests.outdated()
    assert not outdated, (
        f"{', '.join(outdated)}: missing in docs/images, or older than what it shows. Take the pictures: "
        "`make pictures` (three minutes; it needs Chromium)."
    )


@pytest.mark.parametrize("name", picture_digests.SHOWN)
def test_each_picture_is_shown(name: str) -> None:
    """A page shows the picture with a text for readers who do not see it, and the file is small."""
    shown = re.compile(rf"!\[[^\]]{{20,}}\]\((\.\./)?images/{re.escape(name)}\)")
    pages = [page for page in DOCS.rglob("*.md") if "_build" not in page.parts]
    assert any(shown.search(page.read_text(encoding="utf-8")) for page in pages)
    assert (picture_digests.IMAGES / name).stat().st_size <= MAX_BYTES


@pytest.mark.parametrize("name", picture_digests.SHOWN)
def test_what_a_picture_shows(name: str) -> None:
    """The digest of a picture rests on some text."""
    assert "".join(picture_digests.SHOWN[name]()).strip()


def test_a_change_makes_a_picture_outdated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another text in what a picture shows changes its digest, and a missing picture is outdated."""
    before = picture_digests.digest("report.png")
    monkeypatch.setitem(picture_digests.SHOWN, "report.png", lambda: iter(["another template"]))
    assert picture_digests.digest("report.png") != before
    assert "report.png" in picture_digests.outdated()
    monkeypatch.setattr(picture_digests, "IMAGES", Path("no-such-folder"))
    assert picture_digests.outdated() == list(picture_digests.SHOWN)
