"""Tables that an earlier version of the package made: they are upgraded, or refused with what to do."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.ledger.batch_ledger import BatchLedger
from airflow_provider_canvas.ledger.tables import FORMAT_VERSION, copy_ledger
from airflow_provider_canvas.reconciliation.report.sql import write_tables
from airflow_provider_canvas.reconciliation.report.staged_rows import WriteResult
from airflow_provider_canvas.reconciliation.report.tables import asset_map
from tests.reconciliation.notation import reconciled

COURSES = ('page 1 "A"\nfile 3 "f.pdf"', 'page 11 "A"', "page 1 -> 11")
RENAMED = {"changed_at": "last_seen_at"}
ADDED = {
    "canvas_asset_map": {"matched_by", "changed_since_copy"},
    "canvas_copy_ledger": {"unreadable", "stale_links", "repairable_links", "changed_since_copy"},
}
TABLES = {"canvas_asset_map": asset_map, "canvas_copy_ledger": copy_ledger}


def make_earlier(engine, name, lacks=frozenset(), schema=None):
    """Create a table as format 2 had it, or one that lacks more columns.

    :param engine: The engine of the database.
    :param name: The name of the table.
    :param lacks: The columns that it lacks as well.
    :param schema: The schema of the table.
    """
    columns = [
        sa.Column(RENAMED.get(each.name, each.name), each.type, primary_key=each.primary_key, nullable=each.nullable)
        for each in TABLES[name](name, schema).columns
        if each.name not in ADDED[name] | lacks
    ]
    sa.Table(name, sa.MetaData(schema=schema), *columns).create(engine)


def execute(engine, *statements):
    """Run statements; return the rows of the last one."""
    with engine.begin() as connection:
        for statement in statements:
            result = connection.execute(sa.text(statement))
        return [tuple(row) for row in result] if result.returns_rows else []


@pytest.fixture
def earlier(engine):
    """Return an engine of a database with both tables in format 2, a row of an asset, and what a user added to them."""
    for name in TABLES:
        make_earlier(engine, name)
    execute(
        engine,
        "ALTER TABLE canvas_asset_map ADD COLUMN reviewed_by TEXT",
        "CREATE VIEW unseen AS SELECT asset_key, last_seen_at, reviewed_by FROM canvas_asset_map",
        "CREATE INDEX by_title ON canvas_asset_map (source_title)",
        "INSERT INTO canvas_asset_map (canvas_instance, dest_course_id, source_course_id, asset_type, asset_key, "
        "status, detail, content_migration_id, format_version, run_id, first_seen_at, last_seen_at, reviewed_by) "
        "VALUES ('canvas.example.edu', '22', '11', 'pages', 'source:1', 'matched', '', '77', 1, 'old', "
        "'2026-01-01 00:00:00', '2026-01-02 00:00:00', 'Ann')",
    )
    return engine


def test_a_table_of_an_earlier_format_is_upgraded(earlier):
    """It gets the columns it lacks; rows, and the columns and views of users, stay; the run writes the new format."""
    assert write_tables(earlier, reconciled(*COURSES)).assets == WriteResult(inserted=1, updated=1)
    query = "SELECT asset_key, format_version, reviewed_by, source_title FROM canvas_asset_map ORDER BY asset_key"
    assert execute(earlier, query) == [
        ("source:1", FORMAT_VERSION, "Ann", "A"),
        ("source:3", FORMAT_VERSION, None, "f.pdf"),
    ]
    assert [row[0] for row in execute(earlier, "SELECT asset_key FROM unseen ORDER BY asset_key")] == [
        "source:1",
        "source:3",
    ]
    first_seen = execute(earlier, "SELECT first_seen_at FROM canvas_asset_map WHERE asset_key = 'source:1'")
    assert str(first_seen[0][0]).startswith("2026-01-01")
    assert "by_title" in {index["name"] for index in sa.inspect(earlier).get_indexes("canvas_asset_map")}
    assert write_tables(earlier, reconciled(*COURSES)).assets == WriteResult(unchanged=2)


def test_a_batch_upgrades_its_ledger(earlier):
    """Whatever task comes first after an installation upgrades the ledger, also one that only reads it."""
    ledger = BatchLedger(earlier, canvas_instance="canvas.example.edu", batch="fall-2026")
    assert ledger.exists() is False  # the tables of batches and issues are missing
    columns = {column["name"] for column in sa.inspect(earlier).get_columns("canvas_copy_ledger")}
    assert columns == {column.name for column in copy_ledger("canvas_copy_ledger", None).columns}
    ledger.create_tables()
    assert ledger.exists()


def test_tasks_that_upgrade_at_the_same_moment(earlier):
    """Several tasks can find the earlier format at the same time."""
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: write_tables(earlier, reconciled(*COURSES)).assets, range(4)))
    assert sum((result.inserted, result.removed) == (1, 0) for result in results) == 1
    assert execute(earlier, "SELECT count(*) FROM canvas_asset_map") == [(2,)]


def test_names_that_need_quotes(postgres_database):
    """A table whose name and schema need quotes is upgraded."""
    engine = sa.create_engine(postgres_database.url)
    execute(engine, 'CREATE SCHEMA "my: lms"')
    TABLES["Asset: 5% map"], ADDED["Asset: 5% map"] = asset_map, ADDED["canvas_asset_map"]
    make_earlier(engine, "Asset: 5% map", schema="my: lms")
    written = write_tables(engine, reconciled(*COURSES), asset_table="Asset: 5% map", schema="my: lms")
    assert written.assets == WriteResult(inserted=2)
    del TABLES["Asset: 5% map"], ADDED["Asset: 5% map"]
    engine.dispose()


@pytest.mark.parametrize(
    ("name", "column"),
    [("canvas_asset_map", "status"), ("canvas_copy_ledger", "batch"), ("canvas_asset_map", "format_version")],
)
def test_a_table_that_cannot_be_upgraded_is_refused(engine, name, column):
    """A table without a column that every row needs is refused, and not changed."""
    make_earlier(engine, name, {column})
    before = sa.inspect(engine).get_columns(name)
    with pytest.raises(CanvasInputError, match=f"{name} was made by another version.* has no column {column}. Rename"):
        write_tables(engine, reconciled(*COURSES))
    assert [each["name"] for each in sa.inspect(engine).get_columns(name)] == [each["name"] for each in before]


@pytest.mark.parametrize("name", TABLES)
def test_a_later_format_is_refused(engine, name):
    """Rows of a format that this version does not know are left alone; the error says to install the later version."""
    write_tables(engine, reconciled(*COURSES))
    execute(engine, f"ALTER TABLE {name} ADD COLUMN of_the_future TEXT")
    write_tables(engine, reconciled(*COURSES))  # a column that a user added
    execute(engine, f"UPDATE {name} SET format_version = {FORMAT_VERSION + 1}")
    before = execute(engine, f"SELECT * FROM {name}")
    with pytest.raises(
        CanvasInputError, match=f"{name} has rows of format {FORMAT_VERSION + 1}.* Install that version"
    ):
        write_tables(engine, reconciled("", ""))
    assert execute(engine, f"SELECT * FROM {name}") == before


def test_a_user_who_does_not_own_the_table(postgres_database):
    """The error has the statements that the owner can run."""
    owner = sa.create_engine(postgres_database.url)
    for name in TABLES:
        make_earlier(owner, name)
    execute(
        owner,
        "CREATE ROLE loader LOGIN",
        "GRANT ALL ON ALL TABLES IN SCHEMA public TO loader",
        "GRANT ALL ON SCHEMA public TO loader",
    )
    loader = sa.create_engine(postgres_database.url.replace("tester@", "loader@"))
    with pytest.raises(CanvasInputError, match="must be owner of table canvas_asset_map") as caught:
        write_tables(loader, reconciled(*COURSES))
    statements = str(caught.value).partition(" run: ")[2].rpartition("; then ")[0].split("; ")
    execute(owner, *statements)
    with pytest.raises(CanvasInputError, match="must be owner of table canvas_copy_ledger") as caught:
        write_tables(loader, reconciled(*COURSES))
    execute(owner, *str(caught.value).partition(" run: ")[2].rpartition("; then ")[0].split("; "))
    assert write_tables(loader, reconciled(*COURSES)).assets == WriteResult(inserted=2)
    loader.dispose()
    execute(owner, "DROP OWNED BY loader", "DROP ROLE loader")
    owner.dispose()
