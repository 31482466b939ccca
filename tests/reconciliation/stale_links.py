"""Stale links for the tests of reports."""

from __future__ import annotations

from typing import Any

from airflow_provider_canvas.reconciliation.links.stale_link import Problem, StaleLink


def stale_link(ordinal: int = 0, problem: Problem = Problem.POINTS_TO_SOURCE, **changed: Any) -> StaleLink:
    """Return a stale link on a page.

    :param ordinal: The number of the link on the page, which is also the number of the assignment it leads to.
    :param problem: What is wrong with it.
    :param changed: Other fields.
    """
    fields: dict[str, Any] = {
        "place_type": "pages",
        "place_id": "31",
        "place_title": "Syllabus quiz",
        "place_url": "/courses/22/pages/syllabus-quiz",
        "field": "body",
        "ordinal": ordinal,
        "attribute": "href",
        "url": f"/courses/11/assignments/{ordinal}",
        "link_text": f"Assignment {ordinal}",
        "link_kind": "assignment",
        "problem": problem,
        "right_url": f"/courses/22/assignments/{900 + ordinal}",
        "detail": "The link leads to the source course. Change it to the copied assignment.",
    }
    return StaleLink(**{**fields, **changed})


def one_of_each_problem() -> list[StaleLink]:
    """Return a stale link with each problem; only those before the fifth can be repaired."""
    return [
        stale_link(number, problem, **({} if number < 5 else {"right_url": None}))
        for number, problem in enumerate(Problem, start=1)
    ]
