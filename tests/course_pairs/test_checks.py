"""The checks of a reconciliation are named by the author, and decide which further listings are read."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.client.courses.further_listings import FURTHER_LISTINGS
from airflow_provider_canvas.course_pairs.checks import CHECKS, further_listings, parse_checks


@pytest.mark.parametrize(
    ("checks", "use_link_validation", "expected"),
    [
        ([], False, ()),
        (["lti", "links"], False, ("links", "lti")),
        (("links", "links"), False, ("links",)),
        (CHECKS, True, (*CHECKS, "link_validation")),
        ({"links"}, True, ("links", "link_validation")),
    ],
)
def test_valid(checks: Any, use_link_validation: bool, expected: tuple[str, ...]) -> None:
    """The checks have a fixed order, each once; link validation comes last."""
    assert parse_checks(checks, use_link_validation=use_link_validation) == expected


@pytest.mark.parametrize(
    ("checks", "use_link_validation", "message"),
    [
        ("links", False, "write a list"),
        (7, False, "write a list"),
        (["link"], False, "write names from links, unmapped, lti, new_quizzes"),
        (["links", None], False, "write names from"),
        (["link_validation"], False, "write names from"),
        (["lti"], True, "add 'links' to checks"),
    ],
)
def test_invalid(checks: Any, use_link_validation: bool, message: str) -> None:
    """The error says what to write instead."""
    with pytest.raises(CanvasInputError, match=message):
        parse_checks(checks, use_link_validation=use_link_validation)


@pytest.mark.parametrize("of_destination", [True, False])
@pytest.mark.parametrize("checks", [(), *((name,) for name in CHECKS), (*CHECKS, "link_validation")])
def test_listings(checks: tuple[str, ...], of_destination: bool) -> None:
    """Each listing exists; without checks only the folders are read, and the course is never read twice."""
    names = further_listings(checks, of_destination=of_destination)
    assert set(names) <= set(FURTHER_LISTINGS)
    assert "course" not in names
    assert ("link_validation" in names) == (of_destination and "link_validation" in checks)
    assert (names == ["folders"]) == (not checks)
