"""The ledger of a batch on SQLite and on PostgreSQL: each test with ``ledger`` runs on both."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import product

import pytest
import sqlalchemy as sa

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.ledger import batch_ledger
from airflow_provider_canvas.ledger.batch_ledger import BatchLedger
from airflow_provider_canvas.ledger.copy_row import CopyRow, IssueRow
from airflow_provider_canvas.ledger.states import IN_FLIGHT, SUCCEEDED, UNSUCCESSFUL, CopyState

NOW = datetime(2026, 8, 1, 2, 3, 4, 567890, tzinfo=UTC)
ROW = CopyRow(dest_course_id="2001", source_course_id="1001", row_number=2, request={"select": {"pages": [1]}})
FULL = CopyRow(
    dest_course_id="2001",
    source_course_id="1001",
    row_number=7,
    source_sis_course_id="BIOL-1",
    source_course_name="Biology",
    dest_sis_course_id="BIOL-1-001",
    dest_course_name="Biology, section 1",
    dest_as_written="sis_course_id:BIOL-1-001",
    request={"day_substitutions": {"1": "2"}, "new_start_date": "2026-08-24", "select": {"pages": [1, 2]}},
    labels={"college": "Sciences"},
    plan_verdict="will_copy",
    plan_detail="The destination is empty.",
    lane="api",
    state=CopyState.COMPLETED_WITH_ISSUES,
    state_detail="Canvas reported one warning.",
    attempts=2,
    submission={"kind": "content_migration", "ids": [90], "idempotency_key": "abc"},
    idempotency_key="abc",
    content_migration_id="90",
    progress_id="91",
    workflow_state="completed",
    started_by_other=True,
    planned_at=NOW,
    submitted_at=NOW + timedelta(seconds=1),
    created_at=NOW + timedelta(seconds=2),
    started_at=NOW + timedelta(seconds=3),
    finished_at=NOW + timedelta(seconds=4),
    ended_at=NOW + timedelta(seconds=5),
    state_changed_at=NOW + timedelta(seconds=6),
    issues_todo=1,
    issues_warning=2,
    issues_error=3,
    error_message="None",
    page_url="https://canvas.example.edu/courses/2001/content_migrations",
    run={"dag_id": "rollover", "run_id": "manual__1", "task_id": "copy", "map_index": -1, "try_number": 1},
)

FULL_RUNNING = replace(FULL, dest_course_id="2002", state=CopyState.RUNNING)
FOUND = [CopyState.PLANNED, CopyState.REFUSED, CopyState.ALREADY_PRESENT]
"""The states that a plan writes."""
PLAN_FIELDS = (
    "row_number", "source_sis_course_id", "source_course_name", "dest_sis_course_id", "dest_course_name",
    "dest_as_written", "request", "labels", "plan_verdict", "plan_detail", "lane", "planned_at",
)  # fmt: skip


def test_every_column_is_stored_and_read(ledger):
    """A row comes back as it was written, with every column, and times in UTC."""
    ledger.update([FULL])
    assert ledger.row("2001") == FULL
    assert list(ledger.rows()) == [FULL]
    assert ledger.row("2002") is None


def test_every_state(ledger):
    """Each state is stored, counted and selected."""
    rows = [replace(ROW, dest_course_id=state, state=state) for state in sorted(CopyState)]
    ledger.update(rows)
    for row in rows:
        assert list(ledger.rows({row.state})) == [row]
    assert list(ledger.rows(set(CopyState) - {"planned"})) == [row for row in rows if row.state != "planned"]
    assert list(ledger.rows(set())) == []
    assert ledger.counts() == dict.fromkeys(CopyState, 1)
    assert ledger.counts_by_source() == {"1001": dict.fromkeys(sorted(CopyState), 1)}


def test_times_of_other_zones_are_stored_in_utc(ledger):
    """A time of another zone is the same instant in UTC."""
    ledger.update([replace(ROW, ended_at=NOW.astimezone(timezone(timedelta(hours=-7))))])
    row = ledger.row("2001")
    assert (row.ended_at, row.ended_at.tzinfo) == (NOW, UTC)


def test_batches_and_instances_are_apart(ledger, engine):
    """Another batch, and another Canvas, have rows of their own for the same destination."""
    others = [
        BatchLedger(engine, canvas_instance="canvas.example.edu", batch="spring-2027"),
        BatchLedger(engine, canvas_instance="other.example.edu", batch="fall-2026"),
    ]
    ledger.plan([ROW])
    for number, other in enumerate(others):
        assert other.row("2001") is None
        other.plan([replace(ROW, row_number=number)])
    assert ledger.row("2001") == ROW


class TestPlan:
    def test_what_a_plan_replaces(self, ledger):
        """A plan replaces neither a copy in flight nor one that succeeded, unless its request or source changed."""
        cases = list(product(CopyState, FOUND, [{}, {"request": {"select": {}}}, {"source_course_id": "1002"}]))
        before = [replace(FULL, dest_course_id=str(number), state=state) for number, (state, *_) in enumerate(cases)]
        found = [
            CopyRow(
                dest_course_id=str(number),
                source_course_id="1001",
                request=dict(sorted(FULL.request.items(), reverse=True)),
                row_number=9,
                state=new,
                plan_detail="new",
                state_detail="new state",
            )
            for number, (_, new, _) in enumerate(cases)
        ]
        found = [replace(row, **changed) for row, (_, _, changed) in zip(found, cases, strict=True)]
        ledger.update(before)
        ledger.plan(found)
        after = {row.dest_course_id: row for row in ledger.rows()}
        for old, new, (_, _, changed) in zip(before, found, cases, strict=True):
            assert after[old.dest_course_id] == self.expected(old, new, changed)

    @staticmethod
    def expected(old, new, changed):
        """Return the row that a plan leaves."""
        if old.state in IN_FLIGHT or (old.state in SUCCEEDED and not changed):
            return old
        if changed:
            return replace(new, submission=old.submission)  # what is submitted next is newer than what this made
        state = {name: getattr(new, name) for name in ("state", "state_detail", "state_changed_at", "run")}
        keeps_state = old.state in UNSUCCESSFUL and new.state == CopyState.PLANNED
        plan = {name: getattr(new, name) for name in PLAN_FIELDS}
        return replace(old, **plan, **({} if keeps_state else state))

    def test_two_rows_for_one_destination_are_refused(self, ledger):
        """A plan with two rows for one destination is a mistake of the planner."""
        with pytest.raises(RuntimeError, match="destination '2001'"):
            ledger.plan([ROW, replace(ROW, row_number=3)])
        assert list(ledger.rows()) == []

    def test_rows_are_read_in_the_order_of_the_input(self, ledger):
        """Rows are read by the line of the input, also over several pages."""
        rows = [
            replace(ROW, dest_course_id=str(number * 7919 % 2503), row_number=number // 2) for number in range(2503)
        ]
        ledger.plan(iter(reversed(rows)))
        read = list(ledger.rows())
        assert read == sorted(rows, key=lambda row: (row.row_number, row.dest_course_id))

    def test_rows_may_be_updated_while_they_are_read(self, ledger):
        """Reading holds no lock between pages: each row is updated while the next are read."""
        ledger.plan(replace(ROW, dest_course_id=str(number), row_number=number) for number in range(1500))
        for row in ledger.rows({CopyState.PLANNED}):
            ledger.update([replace(row, state=CopyState.NOT_TRIED)]) if row.row_number % 100 == 0 else None
        assert ledger.counts() == {CopyState.PLANNED: 1485, CopyState.NOT_TRIED: 15}


def test_a_verdict_is_written_beside_a_run(ledger):
    """A plan that read a row before a run changed it writes its verdict, and nothing else."""
    ledger.update([ROW, FULL_RUNNING])
    read = list(ledger.rows())
    changed = [replace(row, state=CopyState.SUBMITTING, attempts=3, submission={"ids": [5]}) for row in read]
    ledger.update(changed)
    ledger.annotate([replace(row, plan_verdict="not_in_input", plan_detail="It is gone.") for row in read])
    expected = [replace(row, plan_verdict="not_in_input", plan_detail="It is gone.") for row in changed]
    assert list(ledger.rows()) == expected


def test_of_two_updates_of_one_row_the_later_counts(ledger):
    """A list may contain a row twice."""
    ledger.update([ROW, replace(ROW, attempts=1), replace(ROW, dest_course_id="2"), replace(ROW, attempts=2)])
    assert {row.dest_course_id: row.attempts for row in ledger.rows()} == {"2": 0, "2001": 2}


def test_issues_are_written_once(ledger, engine):
    """An issue that is written again is updated."""
    issue = IssueRow(content_migration_id="90", issue_id="1", dest_course_id="2001", issue_type="warning")
    ledger.add_issues([issue, replace(issue, issue_id="2")])
    ledger.add_issues([replace(issue, workflow_state="resolved")])
    ledger.add_issues([])
    with engine.connect() as connection:
        query = sa.text("SELECT batch, issue_id, workflow_state FROM canvas_copy_issue ORDER BY issue_id")
        assert [tuple(row) for row in connection.execute(query)] == [
            ("fall-2026", "1", "resolved"),
            ("fall-2026", "2", None),
        ]


def test_issues_are_read_by_severity(ledger, monkeypatch):
    """Errors come first, then warnings, todos and others, over several pages, without those of earlier copies."""
    monkeypatch.setattr(batch_ledger, "ISSUES_PER_PAGE", 3)
    ledger.update([replace(ROW, dest_course_id=each, content_migration_id=f"9{each}") for each in "123"])
    kinds = ["todo", "warning", "error", None]
    issues = [
        IssueRow(
            content_migration_id=f"9{course}", issue_id=str(number), dest_course_id=course, issue_type=kind,
            description="d", workflow_state="active", fix_issue_html_url="https://c/1", error_message="e",
            created_at=NOW,
        )
        for course in "321" for number, kind in enumerate(kinds * 2)
    ]  # fmt: skip
    earlier = IssueRow(content_migration_id="80", issue_id="1", dest_course_id="1", issue_type="error")
    ledger.add_issues([*issues, earlier])
    expected = sorted(
        issues,
        key=lambda issue: (
            ["error", "warning", "todo", None].index(issue.issue_type), issue.dest_course_id, issue.issue_id,
        ),
    )  # fmt: skip
    assert list(ledger.issues()) == expected
    for limit in (0, 1, 3, 4, 24, 100):
        assert list(ledger.issues(limit)) == expected[:limit]


def test_only_rows_that_were_never_tried_are_removed(ledger, engine):
    """Rows of copies that were tried, are in flight, or were reconciled stay."""
    kept = [
        replace(ROW, dest_course_id="tried", attempts=1, state=CopyState.FAILED),
        replace(ROW, dest_course_id="known", content_migration_id="90"),
        *(replace(ROW, dest_course_id=state, state=state) for state in IN_FLIGHT),
        replace(ROW, dest_course_id="reconciled"),
        replace(ROW, dest_course_id="not named"),
    ]
    gone = [replace(ROW, dest_course_id=str(number), state=FOUND[number % 3]) for number in range(2000)]
    ledger.update([*kept, *gone])
    with engine.begin() as connection:
        query = "UPDATE canvas_copy_ledger SET reconciled_at = planned_at WHERE dest_course_id = 'reconciled'"
        connection.execute(sa.text(query.replace("planned_at", "'2026-08-01 00:00:00.000000'")))
    names = [row.dest_course_id for row in [*kept, *gone] if row.dest_course_id != "not named"]
    assert ledger.remove([*names, "unknown"]) == 2000
    assert ledger.remove(names) == 0
    assert {row.dest_course_id for row in ledger.rows()} == {row.dest_course_id for row in kept}


def test_notes_add_up(ledger):
    """What the runs used is added up; the first and the last time are kept; the plan is replaced."""
    assert ledger.batch() is None
    ledger.note(planned_requests=10, planned_cost=1.5, planned_seconds=60.0, options={"dry_run": False})
    ledger.note(used_requests=3, used_cost=0.5, first_submitted_at=NOW, last_ended_at=NOW)
    later = NOW + timedelta(hours=1)
    ledger.note(used_requests=4, used_cost=0.25, first_submitted_at=later, last_ended_at=later, planned_requests=12)
    ledger.note(last_ended_at=NOW, first_submitted_at=None)
    batch = ledger.batch()
    assert (batch.used_requests, batch.used_cost, batch.planned_requests, batch.planned_cost) == (7, 0.75, 12, 1.5)
    assert (batch.first_submitted_at, batch.last_ended_at, batch.options) == (NOW, later, {"dry_run": False})
    with pytest.raises(TypeError, match="lease_owner"):
        ledger.note(lease_owner="x")


def test_what_cannot_be_a_batch_is_refused(engine):
    """The name of a batch is neither blank nor one that copies outside of batches have."""
    for batch in ["", "  ", "x" * 251, "content_migration 90", "a\0b", 5, None, "None", "null"]:
        with pytest.raises(CanvasInputError, match=r"batch (is|begins with) .*: write"):
            BatchLedger(engine, canvas_instance="canvas.example.edu", batch=batch)


def test_mapped_tasks_create_the_tables_at_the_same_moment(engine):
    """Several tasks can all create the tables, and write at once."""

    def one(number):
        ledger = BatchLedger(engine, canvas_instance="canvas.example.edu", batch=f"batch {number}")
        ledger.create_tables()
        ledger.plan([ROW])
        return ledger.row("2001")

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(one, range(12))) == [ROW] * 12


def test_whether_the_tables_exist(engine):
    """The tables exist only after they were created: all of them."""
    ledger = BatchLedger(engine, canvas_instance="canvas.example.edu", batch="fall-2026")
    assert not ledger.exists()
    ledger.create_tables()
    assert ledger.exists()
    with engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE canvas_copy_batch"))
    assert not ledger.exists()
    ledger.create_tables()
    assert ledger.exists()


@pytest.mark.parametrize("table", ["canvas_copy_ledger", "canvas_copy_batch", "canvas_copy_issue"])
def test_a_table_of_an_earlier_version_is_refused(engine, table):
    """The error names the table and the missing columns, and says what to do."""
    with engine.begin() as connection:
        connection.execute(sa.text(f"CREATE TABLE {table} (canvas_instance TEXT, dest_course_id TEXT, matched INT)"))
    ledger = BatchLedger(engine, canvas_instance="canvas.example.edu", batch="fall-2026")
    for method in (ledger.create_tables, ledger.exists):
        with pytest.raises(CanvasInputError, match=rf"{table} was made by another version.*no column .*Rename or drop"):
            method()


def test_other_databases_are_refused():
    """An unsupported database is an error before anything is sent to it."""
    with pytest.raises(CanvasInputError, match="is mysql"):
        BatchLedger(sa.create_mock_engine("mysql://", print), canvas_instance="c", batch="b")


def test_names_and_schema(postgres_database):
    """The tables can have other names, in another schema."""
    engine = sa.create_engine(postgres_database.url)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE SCHEMA lms"))
    ledger = BatchLedger(
        engine,
        canvas_instance="canvas.example.edu",
        batch="50% of :all 'sections'",
        ledger_table='Copy "ledger"',
        batch_table="batches",
        issue_table="issues",
        schema="lms",
    )
    assert not ledger.exists()
    ledger.create_tables()
    ledger.plan([ROW])
    ledger.update([replace(FULL, content_migration_id="90")])
    ledger.add_issues([IssueRow(content_migration_id="90", issue_id="1", dest_course_id="2001")])
    ledger.acquire("run 1", 1200)
    assert (list(ledger.rows()), len(list(ledger.issues())), ledger.exists()) == ([FULL], 1, True)
    assert sorted(sa.inspect(engine).get_table_names(schema="lms")) == ['Copy "ledger"', "batches", "issues"]
    assert sa.inspect(engine).get_table_names() == []
    engine.dispose()
