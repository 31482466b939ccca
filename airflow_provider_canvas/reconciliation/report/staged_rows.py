"""Rows of many courses are staged in temporary tables, and from there one statement changes what differs in a table.

What all rows of a course share is staged once. Only rows that are new or that differ are written: a row that the table
has already is compared within the database, and neither written nor locked. The two temporary tables belong to one
transaction. Rows of courses of which the table has none need no comparison, and are not staged.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.storable import storable_text
from airflow_provider_canvas.ledger.many_rows import insert_one
from airflow_provider_canvas.ledger.patience import first_line

_COURSES_PER_STATEMENT = 200
"""How many courses one DELETE names: an old SQLite accepts 999 parameters."""
_KEPT = ("run_id", "first_seen_at", "changed_at")
"""Columns that say which run wrote a row and when; a row that differs only in them is unchanged."""


@dataclass(frozen=True)
class WriteResult:
    """The numbers of rows of a table, by what became of them; each row counts once.

    :param inserted: New rows.
    :param updated: Rows with a change.
    :param unchanged: Rows that were as they should be, and were not written.
    :param removed: Rows of what is no longer there.
    """

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0

    def __add__(self, other: WriteResult) -> WriteResult:
        return WriteResult(
            self.inserted + other.inserted,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
            self.removed + other.removed,
        )


@dataclass(frozen=True)
class CourseRows:
    """The rows of one course, or of a pair of courses.

    :param shared: The values that all rows have, by column.
    :param rows: The values of the other columns of each row, in the order of :attr:`StagedTable.columns`.
    :param types: The types whose rows these are: stored rows of other types are not removed.
    """

    shared: Mapping[str, Any]
    rows: Collection[Sequence[Any]]
    types: frozenset[str]


@dataclass(frozen=True)
class StagedTable:
    """A table, and how its rows are staged.

    :param table: The table.
    :param scope: The columns of the key that name a course, or a pair of courses; all of them are shared.
    :param type_column: The column with the type of what a row is about.
    :param columns: The columns that differ from row to row.
    """

    table: sa.Table
    scope: tuple[str, ...]
    type_column: str
    columns: tuple[str, ...]


def write_rows(connection: sa.engine.Connection, staged: StagedTable, courses: Sequence[CourseRows]) -> WriteResult:
    """Make the rows of courses those of a table: insert, update and remove, but write no row that is as it should be.

    :param connection: The connection, within a transaction.
    :param staged: The table.
    :param courses: The rows of each course. No two are of the same course.
    """
    courses = sorted(courses, key=lambda course: [course.shared[name] for name in staged.scope])
    if not _has_rows_of(connection, staged, courses):
        shared = [column.name for column in staged.table.c if column.name not in staged.columns]
        new = (([course.shared[name] for name in shared], course.rows) for course in courses)
        with suppress(sa.exc.IntegrityError), connection.begin_nested():  # another task may insert the same just now
            return WriteResult(inserted=_load(connection, staged.table, [*shared, *staged.columns], new))
    work = _statements(staged, connection.dialect.name)
    try:
        for temporary in (work.shared, work.rows):
            temporary.create(connection, checkfirst=False)
    except sa.exc.ProgrammingError as error:
        raise CanvasInputError(
            f"The rows of {staged.table.fullname} cannot be written: {first_line(error)}. They are staged in temporary "
            "tables: give the user of the connection the right TEMPORARY on the database."
        ) from error
    names = [column.name for column in work.shared.c]
    shared_values = [[course.shared[name] for name in names[1:]] for course in courses]
    _load(connection, work.shared, names, (([number], [values]) for number, values in enumerate(shared_values)))
    names = [column.name for column in work.rows.c]
    total = _load(connection, work.rows, names, (([number], course.rows) for number, course in enumerate(courses)))
    removed = sum(connection.execute(statement).rowcount for statement in _removals(work, staged, courses))
    known = connection.execute(work.known).scalar_one()
    written = connection.execute(work.upsert).rowcount
    for temporary in (work.rows, work.shared):
        temporary.drop(connection, checkfirst=False)
    inserted = total - known
    return WriteResult(inserted, written - inserted, total - written, removed)


@dataclass(frozen=True)
class _Statements:
    """The temporary tables and statements of a table, built once.

    :param shared: The temporary table of courses, each with a number.
    :param rows: The temporary table of rows, with the number of the course.
    :param known: The query of how many staged rows the table has.
    :param upsert: The statement that inserts and updates.
    :param is_staged: The condition that a row of the table is staged.
    """

    shared: sa.Table
    rows: sa.Table
    known: Any
    upsert: Any
    is_staged: Any


@lru_cache(maxsize=64)
def _statements(staged: StagedTable, dialect: str) -> _Statements:
    table, columns = staged.table, [column.name for column in staged.table.c]
    key = [column.name for column in sa.inspect(table).primary_key.columns]
    own = set(staged.columns)
    shared = _temporary("canvas_staged_courses", [table.c[name] for name in columns if name not in own], ["number"])
    shared.append_constraint(sa.UniqueConstraint(*staged.scope))  # by it SQLite finds the course of a stored row
    rows = _temporary(
        "canvas_staged_rows",
        [table.c[name] for name in staged.columns],
        ["number", *(name for name in key if name in own)],
    )
    value = {name: rows.c[name] if name in own else shared.c[name] for name in columns}
    both = rows.join(shared, rows.c.number == shared.c.number)
    same_key = sa.and_(*(table.c[name] == value[name] for name in key))
    same = sa.and_(*(table.c[name].is_not_distinct_from(value[name]) for name in columns if name not in (*key, *_KEPT)))

    def stored(*conditions: Any) -> Any:
        # The OFFSET makes PostgreSQL look each row up by its key; it could otherwise read the whole table every time.
        return sa.exists(
            sa.select(sa.literal(1)).select_from(table).where(*conditions).correlate(rows, shared).offset(0)
        )

    insert = insert_one(table, dialect)
    source = sa.select(*(value[name] for name in columns)).select_from(both)
    insert = insert.from_select(
        columns, source.where(sa.not_(stored(same_key, same))).order_by(*(value[n] for n in key))
    )
    updated = {name: insert.excluded[name] for name in columns if name not in (*key, "first_seen_at")}
    is_staged = sa.select(sa.literal(1)).select_from(both).where(same_key).correlate(table).offset(0)
    return _Statements(
        shared=shared,
        rows=rows,
        known=sa.select(sa.func.count()).select_from(both).where(stored(same_key)),
        upsert=insert.on_conflict_do_update(index_elements=key, set_=updated).execution_options(preserve_rowcount=True),
        is_staged=sa.exists(is_staged),
    )


def _temporary(name: str, columns: Iterable[sa.Column[Any]], key: Collection[str]) -> sa.Table:
    return sa.Table(
        name,
        sa.MetaData(),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        *(sa.Column(column.name, column.type, primary_key=column.name in key) for column in columns),
        prefixes=["TEMPORARY"],
    )


def _removals(work: _Statements, staged: StagedTable, courses: Sequence[CourseRows]) -> Iterator[Any]:
    """Yield the statements that remove the rows which are not staged, of the types that each course has rows of."""
    table = staged.table
    scope = sa.tuple_(*(table.c[name] for name in staged.scope))
    in_order = sorted(courses, key=lambda course: sorted(course.types))
    for types, group in groupby(in_order, key=lambda course: course.types):
        keys = [tuple(course.shared[name] for name in staged.scope) for course in group]
        for start in range(0, len(keys), _COURSES_PER_STATEMENT):
            yield sa.delete(table).where(
                scope.in_(keys[start : start + _COURSES_PER_STATEMENT]),
                table.c[staged.type_column].in_(sorted(types)),
                sa.not_(work.is_staged),
            )


def _has_rows_of(connection: sa.engine.Connection, staged: StagedTable, courses: Sequence[CourseRows]) -> bool:
    """Tell whether the table has rows of any of some courses."""
    keys = [tuple(course.shared[name] for name in staged.scope) for course in courses]
    scope = sa.tuple_(*(staged.table.c[name] for name in staged.scope))
    for start in range(0, len(keys), _COURSES_PER_STATEMENT):
        some = scope.in_(keys[start : start + _COURSES_PER_STATEMENT])
        if connection.execute(sa.select(sa.literal(1)).select_from(staged.table).where(some).limit(1)).first():
            return True
    return False


def _load(
    connection: sa.engine.Connection,
    table: sa.Table,
    names: Sequence[str],
    groups: Iterable[tuple[Sequence[Any], Iterable[Sequence[Any]]]],
) -> int:
    """Insert rows into a table, in the fastest way that the driver has; return how many they are.

    :param connection: The connection, within a transaction.
    :param table: The table.
    :param names: The columns, in the order of the values.
    :param groups: Rows that begin with the same values: these values, and the other values of each row.
    """
    copy = _COPY.get(connection.dialect.driver) if connection.dialect.name == "postgresql" else None
    if copy is None:
        records: list[dict[str, Any]] = []
        for first, rows in groups:
            same = dict(zip(names, map(_storable, first), strict=False))
            others = names[len(same) :]
            records.extend(same | dict(zip(others, map(_storable, row), strict=True)) for row in rows)
        if records:
            connection.execute(sa.insert(table), records)
        return len(records)
    lines: list[str] = []
    for first, rows in groups:
        beginning = "".join(f"{_copy_text(value)}\t" for value in first)
        lines.extend(beginning + "\t".join(map(_copy_text, row)) for row in rows)
    quoted = connection.dialect.identifier_preparer
    # SQLAlchemy doubles percent signs, since its statements have parameters; this one has none.
    name = quoted.format_table(table).replace("%%", "%")
    statement = f"COPY {name} ({', '.join(map(quoted.quote, names))}) FROM STDIN"
    base: Any = connection.dialect.dbapi
    try:
        copy(connection.connection.cursor(), statement, "".join(f"{line}\n" for line in lines))
    except base.Error as error:  # raised as SQLAlchemy raises it, so that a lost connection is known as one
        lost = connection.dialect.is_disconnect(error, None, None)
        raise sa.exc.DBAPIError.instance(
            statement, None, error, base.Error, connection_invalidated=lost, dialect=connection.dialect
        ) from error
    return len(lines)


def _copy_with_psycopg2(cursor: Any, statement: str, text: str) -> None:
    with cursor:
        cursor.copy_expert(statement, io.StringIO(text), size=1 << 18)


def _copy_with_psycopg(cursor: Any, statement: str, text: str) -> None:
    with cursor, cursor.copy(statement) as copy:
        copy.write(text)


_COPY: Mapping[str, Callable[[Any, str, str], None]] = {
    "psycopg2": _copy_with_psycopg2,
    "psycopg": _copy_with_psycopg,
}
"""How the drivers of PostgreSQL run COPY, by the name that SQLAlchemy gives them. Other drivers insert row by row."""

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _copy_text(value: Any) -> str:
    """Return a value in the text format of PostgreSQL's COPY."""
    if value is None:
        return "\\N"
    if isinstance(value, str):
        if value.isprintable() and "\\" not in value:
            return value
        return storable_text(value).translate(_ESCAPES)
    return _time_text(value) if isinstance(value, datetime) else str(value)


@lru_cache(maxsize=1 << 16)
def _time_text(time: datetime) -> str:
    """Return a time in ISO format. The times of a template are those of many rows, in all of its sections."""
    return time.isoformat()


def _storable(value: Any) -> Any:
    return value if not isinstance(value, str) or value.isprintable() else storable_text(value)
