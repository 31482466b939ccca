"""The places to repair and their stale links, read from ``canvas_stale_link``."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.reconciliation.links import stale_link as links
from airflow_provider_canvas.reconciliation.report.tables import stale_link

PLACE_TYPES: tuple[str, ...] = tuple(each for each in links.PLACE_TYPES if each not in links.ONLY_REPORTED)
"""The types of places that can be repaired. Questions of quizzes are only reported."""


@dataclass(frozen=True, kw_only=True)
class Link:
    """A stale link whose right address is known.

    :param field: The field of Canvas's record that holds it.
    :param ordinal: The number of the address in the field.
    :param attribute: The attribute that holds it; empty for a field that is one address.
    :param url: The address, without secrets.
    :param right_url: The address that should be there.
    :param problem: What is wrong.
    :param link_text: The text of the link.
    """

    field: str
    ordinal: int
    attribute: str
    url: str
    right_url: str
    problem: str = ""
    link_text: str = ""


@dataclass(frozen=True, kw_only=True)
class Place:
    """An object of a course with stale links.

    :param course_id: The destination course.
    :param place_type: One of ``PLACE_TYPES``.
    :param place_id: Canvas's id; of the syllabus, the id of the course.
    :param title: Its title.
    :param url: Its path on Canvas, for people.
    :param source_course_id: The course that was copied.
    :param batch: The batch of the copy.
    :param links: Its stale links.
    """

    course_id: str
    place_type: str
    place_id: str
    title: str = ""
    url: str = ""
    source_course_id: str | None = None
    batch: str | None = None
    links: tuple[Link, ...] = ()

    @property
    def key(self) -> tuple[str, str, str]:
        """The course, the type and the id."""
        return self.course_id, self.place_type, self.place_id

    def __str__(self) -> str:
        return f"{self.place_type} {self.place_id} of course {self.course_id}"


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which links are repaired. An empty collection selects all, and by default all types that can be repaired.

    :param batch: The name of a batch.
    :param course_ids: Destination courses.
    :param problems: What is wrong.
    :param place_types: Types of places.
    """

    batch: str | None = None
    course_ids: tuple[str, ...] = ()
    problems: Collection[str] = field(default=())
    place_types: Collection[str] = PLACE_TYPES

    def conditions(self, table: sa.Table) -> list[Any]:
        """Return the conditions on a table that has the columns ``batch`` and ``dest_course_id``.

        :param table: The table of stale links, or that of changes.
        """
        conditions = [] if self.batch is None else [table.c.batch == self.batch]
        if self.course_ids:
            conditions.append(table.c.dest_course_id.in_(self.course_ids))
        if self.problems:
            conditions.append(table.c.problem.in_(list(self.problems)))
        if self.place_types:
            conditions.append(table.c.place_type.in_(list(self.place_types)))
        return conditions


def read_places(
    engine: sa.engine.Engine, canvas_instance: str, selection: Selection, *, link_table: str, schema: str | None
) -> list[Place]:
    """Return the places with stale links whose right address is known, by course.

    :param engine: The engine of the database.
    :param canvas_instance: The host of the Canvas.
    :param selection: Which links.
    :param link_table: The table of stale links.
    :param schema: Its schema, if it has one.
    :raises CanvasInputError: If the table does not exist.
    """
    table = stale_link(link_table, schema)
    if not sa.inspect(engine).has_table(table.name, schema=schema):
        raise CanvasInputError(
            f"The table {table.fullname} does not exist: reconcile the copies first, with CanvasReconcileBatchOperator "
            "or CanvasReconcileOperator and checks=('links',), and with the same sql_conn_id."
        )
    names = ("dest_course_id", "place_type", "place_id", "field", "ordinal", "changed_at")
    query = (
        sa.select(table)
        .where(table.c.canvas_instance == canvas_instance, table.c.right_url.is_not(None))
        .where(*selection.conditions(table))
        .order_by(*(table.c[name] for name in names))
    )
    with engine.connect() as connection:
        return list(_places(connection.execute(query).mappings()))


def _places(rows: Any) -> Iterator[Place]:
    for (course_id, place_type, place_id), group in groupby(
        rows, lambda row: (row["dest_course_id"], row["place_type"], row["place_id"])
    ):
        links = list({(row["field"], row["ordinal"]): row for row in group}.values())  # a row per source, if several
        yield Place(
            course_id=course_id,
            place_type=place_type,
            place_id=place_id,
            title=links[0]["place_title"] or "",
            url=links[0]["place_url"] or "",
            source_course_id=links[0]["source_course_id"],
            batch=links[0]["batch"],
            links=tuple(
                Link(
                    field=row["field"],
                    ordinal=row["ordinal"],
                    attribute=row["attribute"],
                    url=row["url"],
                    right_url=row["right_url"],
                    problem=row["problem"],
                    link_text=row["link_text"] or "",
                )
                for row in links
            ),
        )
