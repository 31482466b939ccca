"""Every planted stale link of a term is found, and nothing else, with the right address of each."""

from __future__ import annotations

import sys
from collections import Counter

import pytest

from airflow_provider_canvas.reconciliation.links import PLACE_TYPES, Problem
from tests.support.planted_links import PlantedTerm, planted_term

DEFECTS, SECTIONS = 3_000, 240

NOT_IN = {
    "module_items": {"placeholder", "lost_anchor", "target_unpublished", "wrong_page"},
    "lti_resource_links": {each.value for each in Problem} - {"points_to_source", "source_id"},
}
"""The problems that a type of place with single addresses cannot have."""


@pytest.fixture(scope="module")
def term() -> PlantedTerm:
    """Return the term, in which all sections have copies."""
    return planted_term(DEFECTS, seed=1)


def test_precision_and_recall_of_each_kind(term: PlantedTerm, capsys: pytest.CaptureFixture[str]) -> None:
    """For each problem in each type of place, everything planted is found, with its right address, and nothing else."""
    planted = Counter(
        (each["problem"], each["place_type"], each["course_id"], each["place_id"], each["field"], each["attribute"],
         each["url"], each["right_url"])
        for each in term.defects
    )  # fmt: skip
    found = Counter(
        (str(link.problem), link.place_type, course_id, link.place_id, link.field, link.attribute,
         term.as_stored(link.url), term.as_stored(link.right_url))
        for course_id, link in term.find()
    )  # fmt: skip
    assert len(term.sections) == SECTIONS
    assert planted.total() >= DEFECTS
    table = [f"{'problem':<24}{'place':<20}{'planted':>8}{'found':>8}{'precision':>11}{'recall':>8}"]
    for problem in Problem:
        for place_type in PLACE_TYPES:
            both = [
                Counter({key: n for key, n in each.items() if key[:2] == (problem, place_type)})
                for each in (planted, found)
            ]
            counts, hits = [each.total() for each in both], (both[0] & both[1]).total()
            if any(counts):
                shares = [f"{100 * hits / max(count, 1):.0f} %" for count in reversed(counts)]
                table.append(f"{problem:<24}{place_type:<20}{counts[0]:>8}{counts[1]:>8}{shares[0]:>11}{shares[1]:>8}")
    table.append(f"{'all':<44}{planted.total():>8}{found.total():>8}")
    with capsys.disabled():
        sys.stdout.write("\n".join(["", *table, ""]))
    assert found - planted == Counter()
    assert planted - found == Counter()


def test_each_problem_is_planted(term: PlantedTerm) -> None:
    """The term has every problem in every type of place that can have it, but for changes of what others link to."""
    planted = {(each["problem"], each["place_type"]) for each in term.defects}
    assert {problem for problem, _ in planted} == {each.value for each in Problem}
    written = {each.value for each in Problem} - {"target_unpublished", "wrong_page"}
    assert {(problem, place) for place in PLACE_TYPES for problem in written - NOT_IN.get(place, set())} <= planted
