"""Writing to SQLite and to PostgreSQL: each test with ``engine`` runs on both."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.ledger.batch_ledger import BatchLedger
from airflow_provider_canvas.ledger.columns import UtcDateTime
from airflow_provider_canvas.ledger.copy_row import CopyRow
from airflow_provider_canvas.ledger.patience import is_away
from airflow_provider_canvas.ledger.states import CopyState
from airflow_provider_canvas.ledger.tables import ASSET_STATUSES, FORMAT_VERSION, RECONCILIATION_COLUMNS
from airflow_provider_canvas.reconciliation import PreviousAsset
from airflow_provider_canvas.reconciliation.report.records import ASSET_COLUMNS
from airflow_provider_canvas.reconciliation.report.sql import load_previous_assets, write_tables
from airflow_provider_canvas.reconciliation.report.staged_rows import WriteResult, _load
from airflow_provider_canvas.reconciliation.report.tables import asset_map
from airflow_provider_canvas.reconciliation.statuses import Status
from tests.reconciliation.notation import COPY, NOW, PROGRESS, outcome, reconciled

SOURCE = 'page 1 "A"\nassignment 2 "Essay" points=10 due=2026-01-20T23:59:00Z\nfile 3 "f.pdf"'
DESTINATION = 'page 11 "A"\nassignment 12 "Essay" points=20 due=2026-07-07T22:59:00Z\npage 19 "Mine"'
PAIRS = "page 1 -> 11\nassignment 2 -> 12"
LATER = NOW + timedelta(days=1)


def read(engine, table="canvas_asset_map"):
    """Return the rows of a table."""
    with engine.connect() as connection:
        order = "asset_type, asset_key" if table == "canvas_asset_map" else "content_migration_id"
        records = connection.execute(sa.text(f"SELECT * FROM {table} ORDER BY {order}")).mappings()
        return [dict(row) for row in records]


def read_all(engine, table):
    """Return the rows of a table, in any order."""
    with engine.connect() as connection:
        return list(connection.execute(sa.text(f"SELECT * FROM {table}")))


def stamp(value):
    """Return a time that either driver returned, in UTC."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class TestAssets:
    def test_first_run_inserts(self, engine):
        """The tables are created, with one row per asset that has the values of both sides."""
        assert write_tables(engine, reconciled(SOURCE, DESTINATION, PAIRS)).assets == WriteResult(inserted=4)
        essay, file, mine, page = read(engine)
        assert (essay["source_asset_id"], essay["dest_asset_id"], essay["status"]) == ("2", "12", "matched_changed")
        assert (essay["points_source"], essay["points_dest"], essay["due_delta_days"]) == (10, 20, 168)
        assert (essay["dest_sis_course_id"], essay["content_migration_id"]) == ("BIOL-1010-002", "77")
        assert (file["dest_asset_id"], file["status"]) == (None, "missing_in_destination")
        assert (mine["asset_key"], mine["source_asset_id"]) == ("dest:19", None)
        assert (page["status"], page["detail"], bool(page["source_published"])) == ("matched", "", True)
        assert page["format_version"] == FORMAT_VERSION

    def test_a_second_run_writes_no_row_of_an_asset(self, engine):
        """The same data a day later leaves the rows as they are, also their run; the ledger has the new run."""
        write_tables(engine, reconciled(SOURCE, DESTINATION, PAIRS))
        before = read(engine)
        second = reconciled(SOURCE, DESTINATION, PAIRS, reconciled_at=LATER, run_id="manual__2")
        assert write_tables(engine, second).assets == WriteResult(unchanged=4)
        assert read(engine) == before
        (copy,) = read(engine, "canvas_copy_ledger")
        assert (copy["run_id"], stamp(copy["reconciled_at"])) == ("manual__2", LATER)

    def test_a_later_copy_updates_its_id(self, engine):
        """A second copy updates the copy's id and the update time of the asset, so the row is written."""
        write_tables(engine, reconciled('page 1 "A"', 'page 11 "A"', "page 1 -> 11"))
        later = reconciled(
            'page 1 "A"',
            'page 11 "A" updated=2026-01-06T00:00:00Z',
            "page 1 -> 11",
            content_migration=COPY | {"id": 78},
        )
        assert write_tables(engine, later).assets == WriteResult(updated=1)
        (row,) = read(engine)
        assert (row["content_migration_id"], stamp(row["dest_updated_at"]).day) == ("78", 6)

    def test_a_change_updates(self, engine):
        """A row with other data is updated and keeps the time it was first seen."""
        write_tables(engine, reconciled(SOURCE, DESTINATION, PAIRS))
        changed = reconciled(SOURCE, DESTINATION.replace('page 11 "A"', 'page 11 "B"'), PAIRS, reconciled_at=LATER)
        assert write_tables(engine, changed).assets == WriteResult(updated=1, unchanged=3)
        page = read(engine)[-1]
        assert (page["status"], page["detail"], stamp(page["first_seen_at"])) == (
            "matched_changed",
            "title: 'A' -> 'B'",
            NOW,
        )

    def test_a_change_of_any_column_updates(self, engine):
        """A row is written if any of its columns differs, also if it is or becomes NULL."""
        base = reconciled('page 1 "A"', 'page 11 "A"', "page 1 -> 11")
        others = {sa.Text: "other", sa.Float: 7.5, sa.Boolean: True, sa.Integer: 7, UtcDateTime: LATER}
        columns = asset_map("canvas_asset_map", None).columns
        write_tables(engine, base)
        for name in ASSET_COLUMNS:
            if name in ("asset_type", "asset_key"):
                continue
            other = Status.DUPLICATE if name == "status" else others[type(columns[name].type)]
            for value in (other, getattr(base.rows[0], name)):
                changed = replace(base, rows=[replace(base.rows[0], **{name: value})])
                expected = WriteResult(unchanged=1) if other == getattr(base.rows[0], name) else WriteResult(updated=1)
                assert write_tables(engine, changed).assets == expected, name

    def test_rows_of_deleted_assets_are_removed(self, engine):
        """The row of an orphan that was deleted is removed."""
        write_tables(engine, reconciled(SOURCE, DESTINATION, PAIRS))
        less = reconciled(SOURCE, 'page 11 "A"', "page 1 -> 11")
        assert write_tables(engine, less).assets == WriteResult(updated=1, unchanged=2, removed=1)
        assert [row["asset_key"] for row in read(engine)] == ["source:2", "source:3", "source:1"]

    def test_an_empty_reconciliation_empties_its_pair(self, engine):
        """Without assets no row of the pair remains, and the ledger has the reconciliation."""
        write_tables(engine, reconciled(SOURCE, DESTINATION, PAIRS))
        assert write_tables(engine, reconciled("", "")).assets == WriteResult(removed=4)
        assert read(engine) == []
        assert read(engine, "canvas_copy_ledger")[0]["verdict"] == "warn"

    def test_other_courses_are_left_alone(self, engine):
        """Another source of the same destination, and another instance, have rows of their own."""
        first = reconciled(SOURCE, DESTINATION, PAIRS)
        write_tables(engine, first)
        second = replace(first, source=replace(first.source, course_id="99"))
        assert write_tables(engine, second).assets == WriteResult(inserted=4)
        assert write_tables(engine, replace(first, canvas_instance="other.example.edu")).assets == WriteResult(
            inserted=4
        )
        assert write_tables(engine, first).assets == WriteResult(unchanged=4)

    def test_special_characters_are_stored_unchanged(self, engine):
        """Quotes, percent signs, colons and any alphabet are stored unchanged."""
        title = "50% of :all 'quoted' \u202eright-to-left 微生物 🧬 %(name)s \\"
        rows = reconciled("", "").rows
        one = reconciled('page 1 "A"', 'page 11 "A"', "page 1 -> 11")
        write_tables(engine, replace(one, rows=[*rows, replace(one.rows[0], source_title=title)]))
        assert read(engine)[0]["source_title"] == title

    def test_two_thousand_assets_in_few_statements(self, engine):
        """Each statement has many rows. PostgreSQL gets none by ``executemany``, which sends each row alone."""
        big = reconciled("\n".join(f'page {n} "P{n}"' for n in range(1, 2001)), "")
        write_tables(engine, reconciled("", ""))
        executemany_flags = []
        sa.event.listen(engine, "before_cursor_execute", lambda *args: executemany_flags.append(args[5]))
        assert write_tables(engine, big).assets == WriteResult(inserted=2000)
        assert write_tables(engine, big).assets == WriteResult(unchanged=2000)
        assert write_tables(engine, reconciled("", "")).assets == WriteResult(removed=2000)
        assert len(executemany_flags) < 60
        assert engine.dialect.name == "sqlite" or not any(executemany_flags)

    def test_all_or_nothing(self, engine):
        """If writing the ledger fails, no asset row is written."""
        other = reconciled("", "")
        write_tables(engine, replace(other, destination=replace(other.destination, course_id="99")))
        with engine.begin() as connection:
            connection.execute(sa.text("CREATE UNIQUE INDEX one_course ON canvas_copy_ledger (canvas_instance)"))
        with pytest.raises(sa.exc.IntegrityError):
            write_tables(engine, reconciled(SOURCE, DESTINATION, PAIRS))
        assert read(engine) == []

    def test_mapped_tasks_at_the_same_moment(self, engine):
        """Several reconciliations at the same time can all create the tables."""

        def one(number):
            result = reconciled(SOURCE, DESTINATION, PAIRS)
            destination = replace(result.destination, course_id=str(number))
            return write_tables(engine, replace(result, destination=destination)).assets

        with ThreadPoolExecutor(6) as pool:
            assert list(pool.map(one, range(12))) == [WriteResult(inserted=4)] * 12

    @pytest.mark.parametrize("attempt", range(5))
    def test_the_same_course_at_the_same_moment(self, engine, attempt):
        """Several first reconciliations of one course at the same time insert its rows once."""
        write_tables(engine, reconciled("", ""))
        result = reconciled(SOURCE, DESTINATION, PAIRS)
        with ThreadPoolExecutor(6) as pool:
            written = list(pool.map(lambda _: write_tables(engine, result).assets, range(6)))
        assert sorted(each.inserted for each in written) == [0, 0, 0, 0, 0, 4]
        assert all(each.inserted + each.unchanged == 4 for each in written)


class TestLedger:
    @pytest.mark.parametrize("progress", [None, {}, {**PROGRESS, "workflow_state": "failed"}])
    def test_unknown_end(self, engine, progress):
        """Without a completed Progress the end is not known: ``finished_at`` is not taken for it."""
        write_tables(engine, reconciled(SOURCE, DESTINATION, PAIRS, progress=progress))
        (row,) = read(engine, "canvas_copy_ledger")
        assert (row["ended_at"], row["seconds_running"]) == (None, None)
        assert row["finished_at"] is not None

    def test_one_row_per_copy(self, engine):
        """The row of a copy has its times, counts and verdict."""
        issues = [{"issue_type": "warning", "workflow_state": "active"}]
        write_tables(engine, reconciled(SOURCE, DESTINATION, PAIRS, issues=issues))
        (row,) = read(engine, "canvas_copy_ledger")
        assert (row["verdict"], row["coverage_percent"], row["workflow_state"]) == ("fail", 66.7, "completed")
        assert (row["seconds_queued"], row["seconds_running"]) == (30, 252)
        assert stamp(row["ended_at"]) == datetime(2026, 1, 5, 10, 4, 42, tzinfo=UTC)
        assert stamp(row["finished_at"]) == datetime(2026, 1, 5, 10, 2, tzinfo=UTC)
        assert (row["source_assets"], row["dest_assets"], row["expected_assets"], row["arrived_assets"]) == (3, 3, 3, 2)
        assert (row["matched"], row["missing_in_destination"], row["issues_warning"], row["issues_error"]) == (
            1,
            1,
            1,
            0,
        )

    def test_another_copy_has_its_own_row(self, engine):
        """A second reconciliation of a copy updates its row; another copy has another row."""
        write_tables(engine, reconciled(SOURCE, DESTINATION, PAIRS))
        write_tables(engine, reconciled(SOURCE, "", PAIRS, reconciled_at=LATER))
        write_tables(engine, reconciled(SOURCE, DESTINATION, PAIRS, content_migration=COPY | {"id": 78}))
        first, second = read(engine, "canvas_copy_ledger")
        assert (first["content_migration_id"], first["arrived_assets"]) == ("77", 0)
        assert (stamp(first["first_reconciled_at"]), stamp(first["reconciled_at"])) == (NOW, LATER)
        assert (second["content_migration_id"], second["arrived_assets"]) == ("78", 2)

    def test_every_status_has_a_column(self):
        """The ledger has a column for each status of an asset."""
        assert set(ASSET_STATUSES) == set(Status)

    def test_a_copy_outside_of_batches_is_a_batch_of_its_own(self, engine):
        """The row of such a copy has a batch that names its content migration, and the state of the copy."""
        write_tables(engine, reconciled(SOURCE, DESTINATION, PAIRS))
        (row,) = read(engine, "canvas_copy_ledger")
        assert (row["batch"], row["state"], row["row_number"]) == ("content_migration 77", "completed", 1)
        issues = [{"issue_type": "warning", "workflow_state": "active"}]
        write_tables(engine, reconciled(SOURCE, DESTINATION, PAIRS, issues=issues))
        (row,) = read(engine, "canvas_copy_ledger")
        assert (row["state"], row["issues_warning"]) == ("completed_with_issues", 1)

    def test_the_row_of_a_batch_is_filled(self, engine):
        """The reconciliation of a copy that a batch made fills that row, and leaves the columns of the copy."""
        write_tables(
            engine, reconciled("", "", reconciled_at=NOW - timedelta(days=1))
        )  # before the batch knew the copy
        copy = CopyRow(
            dest_course_id="22", source_course_id="11", state=CopyState.COMPLETED, attempts=2, content_migration_id="77"
        )
        others = [
            replace(copy, dest_course_id="23"),
            replace(copy, dest_course_id="24", content_migration_id=None, state=CopyState.PLANNED),
        ]
        ledger = BatchLedger(engine, canvas_instance="canvas.example.edu", batch="fall-2026")
        ledger.create_tables()
        ledger.update([copy, *others])
        for day in range(2):
            write_tables(
                engine, reconciled(SOURCE, DESTINATION, PAIRS, reconciled_at=NOW + timedelta(days=day), run_id="second")
            )
        rows = {row["dest_course_id"]: row for row in read(engine, "canvas_copy_ledger")}
        assert sorted(rows) == ["22", "23", "24"]
        assert (rows["22"]["batch"], rows["22"]["attempts"], rows["22"]["run_id"]) == ("fall-2026", 2, "second")
        assert (rows["22"]["verdict"], rows["22"]["matched"], rows["23"]["verdict"]) == ("fail", 1, None)
        assert stamp(rows["22"]["first_reconciled_at"]) == NOW
        assert stamp(rows["22"]["reconciled_at"]) == LATER
        assert ledger.row("22") == copy

    def test_a_batch_clears_a_reconciliation_only_if_another_copy_is_made(self, engine):
        """Updates of the same copy keep the reconciliation's columns, and so does a plan; another copy clears them."""
        ledger = BatchLedger(engine, canvas_instance="canvas.example.edu", batch="fall-2026")
        ledger.create_tables()
        copy = CopyRow(dest_course_id="22", source_course_id="11", state=CopyState.RUNNING, content_migration_id="77")
        ledger.update([copy])
        write_tables(engine, reconciled(SOURCE, DESTINATION, PAIRS))
        same = [
            copy,
            replace(copy, state=CopyState.FAILED),
            replace(copy, state=CopyState.SUBMITTING, content_migration_id=None),
            replace(copy, state=CopyState.FAILED),
        ]
        for row in same:
            ledger.update([row])
            assert read(engine, "canvas_copy_ledger")[0]["verdict"] == "fail"
        ledger.plan([replace(copy, state=CopyState.PLANNED, request={"select": {}}, content_migration_id=None)])
        assert read(engine, "canvas_copy_ledger")[0]["verdict"] == "fail"
        ledger.update([replace(copy, content_migration_id="78")])
        (row,) = read(engine, "canvas_copy_ledger")
        assert {row[name] for name in RECONCILIATION_COLUMNS} == {None}
        assert row["content_migration_id"] == "78"

    def test_no_secret_is_stored(self, engine):
        """The signed URL of a report is stored without its signature."""
        uri = "https://bucket.example.com/r.html?X-Amz-Signature=abc&v=1"
        write_tables(engine, reconciled(SOURCE, DESTINATION, PAIRS, report_uri=uri))
        assert read(engine, "canvas_copy_ledger")[0]["report_uri"] == "https://bucket.example.com/r.html?v=1"


class TestPrevious:
    def test_titles_of_deleted_assets_are_kept(self, engine):
        """The titles of deleted assets are taken from the previous run, and stored again."""
        write_tables(engine, reconciled(SOURCE, DESTINATION, PAIRS))
        for _ in range(2):
            previous = load_previous_assets(engine, "canvas.example.edu", "11", "22")
            assert PreviousAsset("pages", "1", "11", "A", "A") in previous
            write_tables(engine, reconciled("", "", "page 1 -> 11", previous=previous))
            (row,) = read(engine)
            assert (row["status"], row["source_title"], row["dest_title"]) == ("deleted_in_both", "A", "A")

    def test_no_previous_run(self, engine):
        """Before the first run, when the table does not exist, the result is empty."""
        assert load_previous_assets(engine, "canvas.example.edu", "11", "22") == []


def test_names_and_schema(postgres_database):
    """The tables can have other names, in another schema."""
    engine = sa.create_engine(postgres_database.url)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE SCHEMA lms"))
    names = {"asset_table": "Asset map", "ledger_table": "ledger", "schema": "lms"}
    for expected in (WriteResult(inserted=4), WriteResult(unchanged=4)):
        assert write_tables(engine, reconciled(SOURCE, DESTINATION, PAIRS), **names).assets == expected
    previous = load_previous_assets(engine, "canvas.example.edu", "11", "22", asset_table="Asset map", schema="lms")
    assert len(previous) == len(outcome(SOURCE, DESTINATION, PAIRS)) == 4
    assert sorted(sa.inspect(engine).get_table_names(schema="lms")) == ["Asset map", "canvas_stale_link", "ledger"]
    engine.dispose()


@pytest.mark.parametrize("table", ["canvas_asset_map", "canvas_copy_ledger"])
def test_a_table_of_an_earlier_version_is_refused(engine, table):
    """The error names the table and a missing column, and says what to do; nothing is written."""
    with engine.begin() as connection:
        connection.execute(sa.text(f"CREATE TABLE {table} (canvas_instance TEXT, dest_course_id TEXT)"))
    with pytest.raises(CanvasInputError, match=f"{table} was made by another version.*no column .*Rename or drop it"):
        write_tables(engine, reconciled(SOURCE, DESTINATION, PAIRS))
    assert read_all(engine, table) == []


def test_other_databases_are_refused():
    """An unsupported database is an error before anything is sent to it."""
    engine = sa.create_mock_engine("mysql://", print)
    with pytest.raises(ValueError, match="is mysql, and course copies can be recorded in SQLite or PostgreSQL"):
        write_tables(engine, reconciled("", ""))


def test_a_user_without_the_right_to_temporary_tables(postgres_database):
    """The error names the right that the user of the connection needs to change rows; nothing is written."""
    owner = sa.create_engine(postgres_database.url)
    write_tables(owner, reconciled(SOURCE, DESTINATION, PAIRS))
    before = read(owner)
    statements = [
        "CREATE ROLE writer LOGIN",
        "GRANT ALL ON ALL TABLES IN SCHEMA public TO writer",
        f"REVOKE TEMPORARY ON DATABASE {postgres_database.name} FROM PUBLIC",
    ]
    with owner.begin() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))
    writer = sa.create_engine(postgres_database.url.replace("tester@", "writer@"))
    with pytest.raises(CanvasInputError, match=r"permission denied to create temporary tables.* right TEMPORARY on"):
        write_tables(writer, reconciled(SOURCE, "", PAIRS))
    writer.dispose()
    assert read(owner) == before
    with owner.begin() as connection:
        connection.execute(sa.text("DROP OWNED BY writer"))
        connection.execute(sa.text("DROP ROLE writer"))
    owner.dispose()


def test_a_lost_connection_is_known_as_one(postgres_database):
    """A connection that ends within COPY is an error that may pass, so that the whole transaction is tried again."""
    killer = sa.create_engine(postgres_database.url, poolclass=sa.pool.NullPool)
    table = sa.Table("numbers", sa.MetaData(), sa.Column("number", sa.Integer))

    def load(engine):
        with engine.begin() as connection:
            pid = connection.execute(sa.text("SELECT pg_backend_pid()")).scalar_one()
            with killer.connect() as other:
                other.execute(sa.text(f"SELECT pg_terminate_backend({pid}, 5000)"))
            _load(connection, table, [column.name for column in table.c], [([], [[1]])])

    for driver in ("psycopg2", *(["psycopg"] if sa.__version__ >= "2" else [])):
        engine = sa.create_engine(postgres_database.url.replace("psycopg2", driver))
        with pytest.raises(sa.exc.DBAPIError) as caught:
            load(engine)
        assert is_away(caught.value)
        engine.dispose()
