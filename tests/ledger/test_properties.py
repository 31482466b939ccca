"""Any sequence of plans, updates, removals and leases keeps the rules of the ledger, on SQLite and on PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from airflow_provider_canvas.ledger.batch_ledger import BatchLedger
from airflow_provider_canvas.ledger.copy_row import CopyRow, IssueRow
from airflow_provider_canvas.ledger.errors import BatchBusyError
from airflow_provider_canvas.ledger.group_writer import GroupWriter
from airflow_provider_canvas.ledger.records import MAX_ID, MAX_NAME, MAX_SENTENCE
from airflow_provider_canvas.ledger.states import IN_FLIGHT, SUCCEEDED, UNSUCCESSFUL, CopyState

COURSES = ["1", "2", "3"]
PLANNED_STATES = [CopyState.PLANNED, CopyState.REFUSED, CopyState.ALREADY_PRESENT]
NUMBERS = count(1)

rows = st.builds(
    CopyRow,
    dest_course_id=st.sampled_from(COURSES),
    source_course_id=st.sampled_from(["11", "12"]),
    request=st.sampled_from([{}, {"a": 1, "b": [{"d": 1, "c": None}]}, {"b": [{"c": None, "d": 1}], "a": 1}]),
    state=st.sampled_from(sorted(CopyState)),
    attempts=st.integers(0, 3),
    content_migration_id=st.sampled_from([None, "90", "91"]),
)
plans = st.lists(rows, unique_by=lambda row: row.dest_course_id, max_size=3).flatmap(
    lambda found: st.tuples(*(st.sampled_from(PLANNED_STATES) for _ in found)).map(
        lambda states: [
            replace(row, state=state, attempts=0, content_migration_id=None)
            for row, state in zip(found, states, strict=True)
        ]
    )
)
steps = st.one_of(
    st.tuples(st.just("update"), st.lists(rows, max_size=4)),
    st.tuples(st.just("plan"), plans),
    st.tuples(st.just("remove"), st.lists(st.sampled_from(COURSES), max_size=3)),
    st.tuples(st.sampled_from(["acquire", "renew", "release"]), st.sampled_from(["run 1", "run 2"])),
    st.tuples(st.just("expire"), st.none()),
)


class Model:
    """What the ledger should contain."""

    def __init__(self) -> None:
        self.rows: dict[str, CopyRow] = {}
        self.owner: str | None = None
        self.expired = False

    def plan(self, found: list[CopyRow]) -> None:
        """Apply a plan."""
        for new in found:
            old = self.rows.get(new.dest_course_id)
            same = old and (old.source_course_id, old.request) == (new.source_course_id, new.request)
            if old is None or (not same and old.state not in IN_FLIGHT):
                self.rows[new.dest_course_id] = new
            elif same and old.state not in IN_FLIGHT | SUCCEEDED:
                kept = old.state in UNSUCCESSFUL and new.state == CopyState.PLANNED
                self.rows[new.dest_course_id] = replace(old, state=old.state if kept else new.state)

    def remove(self, courses: list[str]) -> None:
        """Remove rows that were never tried."""
        for course in courses:
            row = self.rows.get(course)
            if row and not row.attempts and row.content_migration_id is None and row.state not in IN_FLIGHT:
                del self.rows[course]

    def lease(self, step: str, owner: str) -> bool:
        """Return whether a step of the lease succeeds."""
        if step == "release":
            if self.owner == owner:
                self.owner, self.expired = None, False
            return True
        if self.owner in (None, owner) or (step == "acquire" and self.expired):
            self.owner, self.expired = owner, False
            return True
        return False


def apply(ledger: BatchLedger, model: Model, step: str, value: Any) -> None:
    """Apply a step to the ledger and to the model, and compare their results."""
    if step == "update":
        ledger.update(value)
        model.rows.update({row.dest_course_id: row for row in value})
    elif step == "plan":
        ledger.plan(value)
        model.plan(value)
    elif step == "remove":
        before = len(model.rows)
        model.remove(value)
        assert ledger.remove(value) == before - len(model.rows)
    elif step == "expire":
        if model.owner:
            ledger.renew(model.owner, -1)
            model.expired = True
    else:
        succeeds = model.lease(step, value)
        method = getattr(ledger, step)
        if step == "release":
            method(value)
        elif succeeds:
            method(value, 1200)
        else:
            with pytest.raises(BatchBusyError) as caught:
                method(value, 1200)
            assert caught.value.owner == model.owner


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sequence=st.lists(steps, max_size=12))
def test_any_sequence_keeps_the_rules(engine, sequence):
    """There is one row per destination; a plan changes no row in flight, and none that succeeded as requested."""
    ledger = BatchLedger(engine, canvas_instance="canvas.example.edu", batch=f"batch {next(NUMBERS)}")
    ledger.create_tables()
    model = Model()
    for step, value in sequence:
        apply(ledger, model, step, value)
    stored = list(ledger.rows())
    assert len(stored) == len({row.dest_course_id for row in stored})
    assert {row.dest_course_id: row for row in stored} == model.rows
    assert sum(ledger.counts().values()) == len(stored)
    batch = ledger.batch()
    assert (batch.lease_owner if batch else None) == model.owner


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(threads=st.integers(2, 8), courses=st.integers(1, 20), writes=st.integers(1, 6))
def test_no_update_of_concurrent_threads_is_lost(engine, threads, courses, writes):
    """Each thread writes its rows several times; when a write returns, the row is stored as it was written."""
    ledger = BatchLedger(engine, canvas_instance="canvas.example.edu", batch=f"batch {next(NUMBERS)}")
    ledger.create_tables()

    def work(thread: int) -> None:
        for attempt in range(1, writes + 1):
            for course in range(courses):
                writer.write(CopyRow(dest_course_id=f"{thread}-{course}", source_course_id="1", attempts=attempt))
            row = ledger.row(f"{thread}-{courses - 1}")
            assert row is not None
            assert row.attempts == attempt

    with GroupWriter(ledger) as writer, ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, range(threads)))
    assert [row.attempts for row in ledger.rows()] == [writes] * (threads * courses)


def test_concurrent_writers_share_transactions(engine):
    """While one transaction is under way, the rows of all other threads are collected for the next one."""
    ledger = BatchLedger(engine, canvas_instance="canvas.example.edu", batch="fall-2026")
    ledger.create_tables()
    writer = GroupWriter(ledger)
    groups: list[int] = []
    update = writer.ledger.update

    def counting(group):
        groups.append(len(group))
        while len(groups) == 1 and len(writer.waiting) < 7:  # the first transaction lasts until all others wait
            pass
        update(group)

    writer.ledger.update = counting  # type: ignore[method-assign]
    with ThreadPoolExecutor(8) as pool:
        written = [CopyRow(dest_course_id=str(number), source_course_id="1") for number in range(8)]
        list(pool.map(writer.write, written))
    assert groups == [1, 7]
    assert len(list(ledger.rows())) == 8


TEXTS = st.text(st.characters(codec=None), max_size=40) | st.sampled_from(
    [
        "https://c.example.edu/f?verifier=Zx81kQ&a=1",
        "token=abcdef1234567890",
        "x" * 5000,
        "\0",
        "\ud800",
        "a'b\"c\\:d%s",
    ]
)
JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=TEXTS, data=st.dictionaries(TEXTS, JSONS, max_size=3))
def test_any_text_can_be_stored(ledger, text, data):
    """Any text and JSON from outside is stored: without NUL, lone surrogates and secrets, and of bounded length."""
    texts = dict.fromkeys(
        (
            "source_sis_course_id", "source_course_name", "dest_sis_course_id", "dest_course_name", "dest_as_written",
            "plan_verdict", "plan_detail", "lane", "state_detail", "idempotency_key", "content_migration_id",
            "progress_id", "workflow_state", "error_message", "page_url",
        ),
        text,
    )  # fmt: skip
    jsons = dict.fromkeys(("request", "labels", "submission", "run"), data)
    row = CopyRow(dest_course_id=text, source_course_id=text, **texts, **jsons)
    for method in (ledger.update, ledger.plan):
        method([row])
    stored = ledger.row(text)
    assert len(stored.dest_course_id) <= MAX_ID
    assert len(stored.dest_course_name) <= MAX_NAME
    assert len(stored.error_message) <= MAX_SENTENCE
    for value in (stored.error_message, stored.page_url, str(stored.request), str(stored.labels), str(stored.run)):
        assert "Zx81kQ" not in value
        assert "\0" not in value
    ledger.update([stored])
    assert ledger.row(text) == stored
    issue = IssueRow(
        content_migration_id=text, issue_id=text, dest_course_id=text, description=text, error_message=text
    )
    ledger.add_issues([issue])
    (found,) = (issue for issue in ledger.issues() if issue.dest_course_id == stored.dest_course_id)
    assert "Zx81kQ" not in (found.description or "")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=st.dictionaries(TEXTS, JSONS, max_size=3), second=st.dictionaries(TEXTS, JSONS, max_size=3))
def test_a_plan_knows_whether_a_request_changed(ledger, first, second):
    """A request is unchanged exactly if it is stored as equal, whatever the order of its keys."""
    row = CopyRow(dest_course_id="1", source_course_id="1", state=CopyState.COMPLETED, request=first)
    ledger.update([row])
    reversed_keys = dict(reversed(list(first.items())))
    ledger.plan([replace(row, state=CopyState.PLANNED, request=reversed_keys)])
    assert ledger.row("1").state == CopyState.COMPLETED
    before = ledger.row("1").request
    ledger.plan([replace(row, state=CopyState.PLANNED, request=second)])
    after = ledger.row("1")
    if after.state == CopyState.COMPLETED:
        assert after.request == before
    else:
        ledger.update([replace(row, request=first)])
        assert ledger.row("1").request == before
        assert str(after.request) != str(before)
