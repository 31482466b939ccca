"""A destination of several copies: what one of them does not know, another one does."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa

from airflow_provider_canvas.reconciliation.links import StaleLink
from airflow_provider_canvas.reconciliation.report.sql import write_tables
from airflow_provider_canvas.repair.places import Selection, read_places
from tests.reconciliation.notation import reconciled
from tests.reconciliation.stale_links import stale_link

BASE = reconciled("", "")


def rights(engine: sa.engine.Engine) -> list[str]:
    """Return the right addresses that a repair would put into the course."""
    host = BASE.canvas_instance
    places = read_places(engine, host, Selection(), link_table="canvas_stale_link", schema=None)
    return [link.right_url for place in places for link in place.links]


@pytest.mark.parametrize("is_one_write", [True, False])
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_each_link_is_repaired_by_the_mapping_of_its_source(order: tuple[int, ...], is_one_write: bool) -> None:
    """In whatever order the copies are reconciled, the right address of each link stays known, and is there once."""
    names = {0: "/courses/10/pages/a", 1: "/courses/11/pages/b"}

    def links(source: int) -> list[StaleLink]:
        """Return both links of the destination, of which the copy of one source knows only its own right address."""
        known = {number: f"/courses/22{url[11:]}" if number == source else None for number, url in names.items()}
        both = [stale_link(n, place_id="1", url=url, right_url=known[n]) for n, url in names.items()]
        return [*both, stale_link(2, place_id="1", url="/courses/10/modules", right_url="/courses/22/modules")]

    copies = [
        replace(
            BASE,
            source=replace(BASE.source, course_id=f"1{number}"),
            stale_links=links(number),
            checks=("links",),
        )
        for number in order
    ]
    engine = sa.create_engine("sqlite://")
    for written in [copies] if is_one_write else [[copy] for copy in copies]:
        write_tables(engine, written)
    assert rights(engine) == ["/courses/22/pages/a", "/courses/22/pages/b", "/courses/22/modules"]
    write_tables(engine, [replace(copy, stale_links=()) for copy in copies])
    assert rights(engine) == []
    engine.dispose()
