"""For any sequence of reconciliations, the tables are what a plain model says, in both databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from airflow_provider_canvas.api.storable import storable_text
from airflow_provider_canvas.reconciliation import AssetRow, Reconciliation
from airflow_provider_canvas.reconciliation.links import Problem, StaleLink
from airflow_provider_canvas.reconciliation.report import sql
from airflow_provider_canvas.reconciliation.report.sql import Written, write_tables
from airflow_provider_canvas.reconciliation.report.staged_rows import WriteResult
from airflow_provider_canvas.reconciliation.report.tables import ASSET_KEY, LINK_KEY, asset_map, stale_link
from airflow_provider_canvas.reconciliation.statuses import Status
from tests.reconciliation.notation import COPY, NOW, reconciled
from tests.support.postgres import Database, create_database

BASE = reconciled("", "")
MAPPED, UNMAPPED = ("pages", "files"), ("rubrics", "syllabus")
PLACES = ("pages", "syllabus", "lti_resource_links")
STAMPS = ("run_id", "first_seen_at", "changed_at")
UNREADABLE = {"rubrics": {"rubrics"}, "course": {"syllabus"}, "page_bodies": {"pages"}}
"""What nothing is known about if a listing cannot be read."""
_NUMBERS = count(1)

texts = st.one_of(
    st.sampled_from(["", "A", "\\N", "a\tb\nc\rd", "\\", "50% of %(x)s :y 'z' \"", "微生物 🧬", "\0\ud800"]),
    st.text(max_size=8),
)
times = st.datetimes(NOW.replace(tzinfo=None), timezones=st.just(UTC))
flags = st.sampled_from([None, True, False])
assets = st.builds(
    AssetRow,
    asset_type=st.sampled_from([*MAPPED, *UNMAPPED]),
    asset_key=st.sampled_from(["source:1", "source:2", "dest:3"]),
    status=st.sampled_from(Status),
    detail=texts,
    in_source=st.just(True),
    in_destination=st.just(True),
    source_title=st.none() | texts,
    dest_title=st.none() | texts,
    dest_published=flags,
    points_source=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    due_at_source=st.none() | times,
    due_delta_days=st.none() | st.integers(-1000, 1000),
    matched_by=st.sampled_from([None, "mapping", "name"]),
    changed_since_copy=flags,
)
links = st.builds(
    StaleLink,
    place_type=st.sampled_from(PLACES),
    place_id=st.sampled_from(["1", "2"]),
    place_title=texts,
    place_url=st.just("/courses/22/pages/a"),
    field=st.just("body"),
    ordinal=st.integers(0, 2),
    attribute=st.just("href"),
    url=texts,
    link_text=texts,
    link_kind=st.just("page"),
    problem=st.sampled_from(Problem),
    right_url=st.none() | texts,
    detail=texts,
    place_updated_at=st.none() | times,
    place_published=flags,
)


@st.composite
def reconciliations(draw: st.DrawFn) -> Reconciliation:
    """Return a reconciliation of one of four pairs of courses, with any rows that its checks can have."""
    checks = draw(st.sets(st.sampled_from(["links", "unmapped", "lti"])))
    unreadable = draw(st.sets(st.sampled_from(sorted(UNREADABLE)), max_size=1))
    unknown = set().union(*(UNREADABLE[name] for name in unreadable))
    rows = draw(st.lists(assets, max_size=4))
    compared = {*MAPPED, *(set(UNMAPPED) - unknown if "unmapped" in checks else ())}
    stale = draw(st.lists(links, max_size=4)) if "links" in checks else []
    checked = set(PLACES) - unknown - (set() if "lti" in checks else {"lti_resource_links"})
    return replace(
        BASE,
        source=replace(BASE.source, course_id=draw(st.sampled_from(["10", "11"]))),
        destination=replace(BASE.destination, course_id=draw(st.sampled_from(["22", "23"]))),
        content_migration=COPY | {"id": draw(st.sampled_from([77, 78]))},
        rows=[row for row in rows if row.asset_type in compared],
        stale_links=[link for link in stale if link.place_type in checked],
        checks=sorted(checks),
        unreadable=sorted(unreadable),
    )


@dataclass
class Model:
    """What the tables should have: the rows by key."""

    assets: dict[tuple[Any, ...], dict[str, Any]] = field(default_factory=dict)
    links: dict[tuple[Any, ...], dict[str, Any]] = field(default_factory=dict)

    def write(self, written: list[Reconciliation]) -> None:
        """Change the rows as one call does: of the same courses, the last reconciliation counts."""
        for last in {(r.destination.course_id, r.source.course_id): r for r in written}.values():
            unknown = set().union(*(UNREADABLE[name] for name in last.unreadable))
            known = {*MAPPED, *(set(UNMAPPED) - unknown if "unmapped" in last.checks else ())}
            scope = (last.canvas_instance, last.destination.course_id, last.source.course_id)
            new = {(*scope, row.asset_type, row.asset_key): record(last, row) for row in last.rows}
            _replace(self.assets, new, lambda key, scope=scope, known=known: key[:3] == scope and key[3] in known)
        checked = (r for r in written if {"links", "lti"} & {*r.checks})
        for last in {(r.destination.course_id, r.source.course_id): r for r in checked}.values():
            unknown = set().union(*(UNREADABLE[name] for name in last.unreadable))
            of_texts = {*PLACES} - {"lti_resource_links"} if "links" in last.checks else set()
            known = (of_texts | ({"lti_resource_links"} if "lti" in last.checks else set())) - unknown
            scope = (last.canvas_instance, last.destination.course_id, last.source.course_id)
            stale = {(*scope, *link.key): record(last, link) for link in last.stale_links}
            _replace(self.links, stale, lambda key, scope=scope, known=known: key[:3] == scope and key[3] in known)


def _replace(stored: dict[Any, Any], new: dict[Any, Any], is_known: Any) -> None:
    for key in [key for key in stored if is_known(key) and key not in new]:
        del stored[key]
    for key, row in new.items():
        old = stored.get(key)
        if old is None or content(old) != content(row):
            stored[key] = row | ({"first_seen_at": old["first_seen_at"]} if old else {})


def record(reconciliation: Reconciliation, row: AssetRow | StaleLink) -> dict[str, Any]:
    """Return what a row should be in its table."""
    values = {each.name: getattr(row, each.name) for each in fields(row)}
    values = {name: storable_text(str(each)) if isinstance(each, str) else each for name, each in values.items()}
    return values | {
        "canvas_instance": reconciliation.canvas_instance,
        "content_migration_id": str(reconciliation.content_migration["id"]),
        "run_id": reconciliation.run_id,
        "first_seen_at": reconciliation.reconciled_at,
        "changed_at": reconciliation.reconciled_at,
        "source_course_id": reconciliation.source.course_id,
    }


def content(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row without the run that wrote it."""
    return {name: value for name, value in row.items() if name not in STAMPS}


@contextmanager
def database(kind: str, folder: Path, server: Database | None) -> Iterator[sa.engine.Engine]:
    """Yield an engine of an empty database."""
    if server is None:
        engine = sa.create_engine(f"sqlite:///{folder / f'{next(_NUMBERS)}.db'}")
    else:
        url = create_database(server, f"property_{next(_NUMBERS)}").url
        engine = sa.create_engine(url.replace("psycopg2", kind))
    yield engine
    engine.dispose()


def stored(engine: sa.engine.Engine, table: sa.Table, key: tuple[str, ...]) -> dict[Any, dict[str, Any]]:
    """Return the rows of a table by key."""
    with engine.connect() as connection:
        rows = [dict(row) for row in connection.execute(sa.select(table)).mappings()]
    return {tuple(row[name] for name in key): row for row in rows}


def check(engine: sa.engine.Engine, model: Model) -> None:
    """Compare both tables with the model."""
    for table, key, expected in (
        (asset_map("canvas_asset_map", None), ASSET_KEY, model.assets),
        (stale_link("canvas_stale_link", None), LINK_KEY, model.links),
    ):
        found = stored(engine, table, key)
        assert found.keys() == expected.keys()
        for each, row in expected.items():
            assert {name: found[each][name] for name in row if name in found[each]} == {
                name: value for name, value in row.items() if name in found[each]
            }


@pytest.fixture(scope="module", params=["sqlite", "psycopg2", "psycopg"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.engine.Engine]:
    """Yield an engine whose tables each example empties: SQLite, and PostgreSQL with both drivers."""
    if request.param == "psycopg" and sa.__version__ < "2":
        pytest.skip("SQLAlchemy 1.4 does not know psycopg 3")
    server = None if request.param == "sqlite" else request.getfixturevalue("postgres_server")
    with database(request.param, tmp_path_factory.mktemp("sql"), server) as engine:
        write_tables(engine, BASE)
        yield engine


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(
    st.lists(st.lists(reconciliations(), min_size=1, max_size=4), min_size=1, max_size=4), st.sampled_from([1, 3, 100])
)
def test_the_tables_are_those_of_the_model(
    engine: sa.engine.Engine, calls: list[list[Reconciliation]], rows_per_batch: int
) -> None:
    """After each call the tables are what the model says; the same call once more writes no row and leaves its run.

    With small batches a call is several batches, of which each is like a call of its own.
    """
    with engine.begin() as connection:
        for table in ("canvas_asset_map", "canvas_stale_link", "canvas_copy_ledger"):
            connection.execute(sa.text(f"DELETE FROM {table}"))
    model = Model()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sql, "ROWS_PER_BATCH", rows_per_batch)
        for number, call in enumerate(calls):
            at = NOW + timedelta(days=number)
            stamped = [replace(each, run_id=f"run {number}", reconciled_at=at) for each in call]
            write_tables(engine, stamped)
            for batch in sql._batches(stamped):
                model.write(batch)
            check(engine, model)
    last = {(each.destination.course_id, each.source.course_id): each for each in calls[-1]}
    repeated = [replace(each, run_id="again", reconciled_at=NOW + timedelta(days=99)) for each in last.values()]
    write_tables(engine, repeated)
    for batch in sql._batches(repeated):
        model.write(batch)
    check(engine, model)
    once_more = write_tables(engine, [replace(each, run_id="once more") for each in repeated])
    assert once_more.assets == WriteResult(unchanged=once_more.assets.unchanged)
    assert once_more.links == WriteResult(unchanged=once_more.links.unchanged)
    check(engine, model)


def test_an_unchanged_row_is_neither_written_nor_locked(postgres_database: Database) -> None:
    """PostgreSQL has the same version of the row after an unchanged run, and no transaction ever locked it."""
    engine = sa.create_engine(postgres_database.url)
    first = reconciled('page 1 "A"\npage 2 "B"', 'page 11 "A"', "page 1 -> 11")
    write_tables(engine, first)
    query = sa.text("SELECT asset_key, ctid::text, xmin::text, xmax::text FROM canvas_asset_map ORDER BY asset_key")
    with engine.connect() as connection:
        before = connection.execute(query).all()
    assert write_tables(engine, replace(first, run_id="later")) == Written(
        assets=WriteResult(unchanged=2), links=WriteResult(), copies=1
    )
    with engine.connect() as connection:
        assert connection.execute(query).all() == before
    engine.dispose()
