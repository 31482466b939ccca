"""The names of datasets: objects of Canvas, files in storages, tables.

Namespaces and names follow the naming conventions of OpenLineage, so that events of other tools meet those of this
package. Objects of Canvas are named as in the URIs of assets: ``canvas://school.instructure.com`` and ``courses/42``.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Literal, Self

from airflow_provider_canvas.api.call import CONTEXTS
from airflow_provider_canvas.api.storable import storable_text
from airflow_provider_canvas.assets.canvas import canvas_namespace
from airflow_provider_canvas.security.redaction import redact

if TYPE_CHECKING:
    import sqlalchemy as sa

MAX_TITLE = 255
"""The longest title of a dataset in characters. Canvas has no longer names of courses."""

MAX_NAME = 1024
"""The longest name of a dataset in characters. Object storages have no longer keys."""

KINDS = {**CONTEXTS, "content_export_id": "content_exports"}
"""The parameters that name an object of Canvas, and its kind in the name of the dataset."""

_SCHEMES = {"s3a": "s3", "s3n": "s3", "gcs": "gs"}
"""Other names of schemes."""

Change = Literal["CREATE", "ALTER", "DROP"]
"""What a task did to a whole dataset, in the words of OpenLineage."""


@dataclass(frozen=True)
class DatasetColumn:
    """A column of a table.

    :param name: Its name.
    :param type: Its type in the database.
    :param description: What it contains.
    """

    name: str
    type: str
    description: str | None = None


@dataclass(frozen=True, kw_only=True)
class LineageDataset:
    """A dataset that a task read or wrote. Its texts are as the task has them; :func:`clean` is applied to events.

    :param namespace: The data source.
    :param name: The name in the data source.
    :param title: What people call it.
    :param alias: Another name in the same data source.
    :param columns: The columns of a table.
    :param rows: The number of rows that were written.
    :param size: The number of bytes that were written.
    :param change: What was done to it as a whole.
    :param copied_from: The dataset whose content it received.
    """

    namespace: str
    name: str
    title: str | None = None
    alias: str | None = None
    columns: tuple[DatasetColumn, ...] = ()
    rows: int | None = None
    size: int | None = None
    change: Change | None = None
    copied_from: LineageDataset | None = None

    def merged(self, other: Self) -> Self:
        """Return it with what another description of the same dataset adds or corrects.

        :param other: The other description.
        """
        known = {each.name: value for each in fields(other) if (value := getattr(other, each.name)) not in (None, ())}
        return replace(self, **known)


def canvas_dataset(host: str, parameter: str, number: object) -> LineageDataset:
    """Return an object of Canvas as a dataset.

    :param host: The host of Canvas, with the port if it is not 443.
    :param parameter: The parameter that names it, such as ``course_id``.
    :param number: Its id.
    """
    return LineageDataset(namespace=canvas_namespace(host), name=f"{KINDS[parameter]}/{number}")


def course_dataset(host: str, course_id: object, name: str | None, sis_course_id: str | None) -> LineageDataset:
    """Return a course as a dataset.

    :param host: The host of Canvas, with the port if it is not 443.
    :param course_id: Its number.
    :param name: Its name, if that is known.
    :param sis_course_id: Its SIS id, if that is known.
    """
    alias = f"courses/sis_course_id:{sis_course_id}" if sis_course_id else None
    return replace(canvas_dataset(host, "course_id", course_id), title=name or None, alias=alias)


def file_dataset(path: object, size: int | None = None) -> LineageDataset:
    """Return a file, an object in a storage, or what a URL leads to, as a dataset.

    The connection in the path, a login, and the query of a URL are left out.

    :param path: A path on any object storage that Airflow knows, a local path, or a URL.
    :param size: The number of bytes that were written.
    """
    scheme, separator, rest = str(path).partition("://")
    if not separator:
        local = os.path.abspath(str(path))  # noqa: PTH100  # a text, as storage_path makes it
        return LineageDataset(namespace="file", name=local, size=size)
    scheme = _SCHEMES.get(scheme.lower(), scheme.lower())
    if scheme.startswith("http"):
        rest = rest.partition("?")[0].partition("#")[0]
    if scheme == "file":
        return LineageDataset(namespace="file", name=rest, size=size)
    authority, _, key = rest.partition("/")
    place = f"{scheme}://{authority.rpartition('@')[2]}"
    return LineageDataset(namespace=place, name=key.lstrip("/") or "/", size=size)


def table_dataset(engine: sa.engine.Engine, table: sa.Table, rows: int | None = None) -> LineageDataset:
    """Return a table as a dataset, with its columns.

    :param engine: The engine of its database, which was connected before.
    :param table: The table.
    :param rows: The number of rows that were written.
    """
    namespace, parts = _place(engine, table)
    columns = tuple(
        DatasetColumn(column.name, column.type.compile(dialect=engine.dialect), column.doc) for column in table.columns
    )
    name = ".".join(part for part in parts if part)
    return LineageDataset(namespace=namespace, name=name, columns=columns, rows=rows)


def clean(text: str, max_length: int = MAX_TITLE) -> str:
    """Return a text without secrets and without characters that cannot be stored.

    :param text: A text from outside.
    :param max_length: The longest text in characters; the rest is cut off.
    """
    return storable_text(redact(text), max_length)


def _place(engine: sa.engine.Engine, table: sa.Table) -> tuple[str, list[Any]]:
    """Return the namespace of a table, and the parts of its name."""
    url = engine.url
    if engine.dialect.name == "sqlite":
        path = str(url.database or ":memory:").removeprefix("file:").partition("?")[0]
        return f"sqlite://{path if path == ':memory:' else os.path.abspath(path)}", [table.schema, table.name]  # noqa: PTH100
    schema = table.schema or engine.dialect.default_schema_name
    return f"postgres://{url.host or 'localhost'}:{url.port or 5432}", [url.database, schema, table.name]
