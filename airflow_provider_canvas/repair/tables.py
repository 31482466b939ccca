"""The table of changes to links, as SQLAlchemy Core describes it.

``canvas_link_repair`` has one row per change that a run planned or made. Its key is (canvas_instance, run_id,
dest_course_id, place_type, place_id, field, ordinal). The text of a place is not in it: that is in the backup
``backup_uri``. All ids are text. Times are in UTC. The documentation takes the meaning of a column from its ``doc``, or
else from the field of ``StaleLink`` that has its name.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import Column, Index, Integer, MetaData, Table, Text

from airflow_provider_canvas.api.text_values import none_if_blank
from airflow_provider_canvas.ledger.columns import UtcDateTime
from airflow_provider_canvas.ledger.tables import BATCH, CANVAS_INSTANCE, FORMAT

PLACE_KEY = ("canvas_instance", "run_id", "dest_course_id", "place_type", "place_id")
REPAIR_KEY = (*PLACE_KEY, "field", "ordinal")

_KEY_DOCS = {
    "canvas_instance": CANVAS_INSTANCE,
    "run_id": "The run of the DAG that planned or made the change.",
    "dest_course_id": "The number of the course whose link it is.",
}


class RepairTables(NamedTuple):
    """The names of the tables of a repair.

    :param links: The table of stale links.
    :param repairs: The table of changes.
    :param schema: The schema of both, if they have one.
    """

    links: str
    repairs: str
    schema: str | None


@lru_cache(maxsize=32)
def link_repair(name: str, schema: str | None) -> Table:
    """Return the table of repairs: one row per change of a link that a run planned or made.

    :param name: Name of the table; ``canvas_link_repair`` if it is blank.
    :param schema: Schema of the table, if it has one.
    """
    table = Table(
        none_if_blank(name) or "canvas_link_repair",
        MetaData(schema=schema),
        *(
            Column(key, Integer if key == "ordinal" else Text, primary_key=True, doc=_KEY_DOCS.get(key))
            for key in REPAIR_KEY
        ),
        Column("source_course_id", Text, doc="The number of the course that was copied into it."),
        Column("batch", Text, doc=BATCH),
        Column("place_title", Text),
        Column("place_url", Text),
        Column("attribute", Text, nullable=False),
        Column("link_text", Text),
        Column("problem", Text, nullable=False),
        Column("before", Text, nullable=False, doc="The address before the change, without secrets."),
        Column("after", Text, nullable=False, doc="The address after the change, without secrets."),
        Column("state", Text, nullable=False, doc="The state of the change, such as ``planned`` or ``undone``."),
        Column("detail", Text, nullable=False, doc="What happened, and what to do, as a sentence."),
        Column("backup_uri", Text, doc="The location of the text before the change."),
        Column("undo_run_id", Text, doc="The run that took the change back."),
        Column("first_seen_at", UtcDateTime, nullable=False, doc="When the row was first written."),
        Column("changed_at", UtcDateTime, nullable=False, doc="When the state last changed."),
        Column("format_version", Integer, nullable=False, doc=FORMAT),
    )
    Index(None, table.c.dest_course_id, table.c.canvas_instance)
    return table
