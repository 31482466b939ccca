"""Each link that a real Canvas copied is classified, and repaired where the mapping knows the target."""

from __future__ import annotations

import pytest

from airflow_provider_canvas.reconciliation.links import Change, rewrite
from tests.reconciliation.links.course_pair import find, short
from tests.reconciliation.links.recorded_lines import LINES


@pytest.mark.parametrize(("source", "copy", "expected"), [line[1:] for line in LINES], ids=[line[0] for line in LINES])
def test_every_recorded_link(source, copy, expected):
    """A link of the recorded copy has the problem and the right address of its line, or no row."""
    assert [short(link) for link in find(copy, source)] == expected


def test_all_lines_in_one_page():
    """All recorded links in one page are found alike, and after one rewriting nothing is left to repair."""
    source, copy = ("\n".join(texts) for texts in zip(*((line[1], line[2]) for line in LINES), strict=True))
    found = find(copy, source)
    assert [short(link) for link in found] == [each for line in LINES for each in line[3]]
    changes = [Change(link.ordinal, link.url, link.right_url) for link in found if link.right_url]
    left = find(rewrite(copy, changes), source)
    assert [short(link) for link in left] == [(str(link.problem), None) for link in found if not link.is_repairable]
