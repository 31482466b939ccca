"""A submission creates one job, whenever a process dies. The tests call the emulator over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from canvas_emulator.machines.content_migration import Fault
from canvas_emulator.model.faults import Action, MigrationFault, Rule
from canvas_emulator.model.world import World
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.api.content_migrations import ContentMigrations
from airflow_provider_canvas.client.errors import (
    CanvasBusyError,
    CanvasServerError,
    CanvasTimeoutError,
    CanvasTransportError,
)
from airflow_provider_canvas.client.jobs.content_requests import ContentMigrationRequest
from airflow_provider_canvas.client.jobs.job_requests import Record
from airflow_provider_canvas.client.jobs.submission_record import (
    InMemoryStore,
    SubmissionRecord,
    idempotency_key_from,
)
from airflow_provider_canvas.client.protocol.retry import RetryPolicy
from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.requests_client import CanvasClient
from tests.client.jobs.submitting import (
    FRESH,
    KEY,
    SOURCE,
    USED,
    export,
    export_ids,
    legacy_copy,
    migration_ids,
    submission,
    submitting_record,
)
from tests.support.eventually import eventually


@pytest.fixture
def client(emulator: EmulatorServer) -> Iterator[CanvasClient]:
    with CanvasClient(Settings(emulator.url, emulator.token), RetryPolicy(retry_for=5, first_delay=0.05)) as client:
        yield client


def see_end(store: InMemoryStore) -> None:
    """Store that the task saw its job end."""
    assert store.record is not None
    store.set(replace(store.record, seen_ended=True))


def first_state(world: World) -> str:
    """Run the emulator's due jobs, and return the state of the first migration into the course."""
    world.settle()
    return world.migrations_of(FRESH)[0].workflow_state


def test_first_attempt_stores_a_record_before_and_after_the_post(client: CanvasClient, world: World) -> None:
    """The record is stored before the POST as ``submitting``, and after it with the new id."""
    stored: list[SubmissionRecord] = []

    class Recording(InMemoryStore):
        def set(self, record: SubmissionRecord) -> None:
            stored.append(record)
            super().set(record)

    migration = submission(client, store=Recording()).submit()
    assert migration_ids(world) == [migration["id"]]
    assert stored == [
        SubmissionRecord("content_migration", KEY, "submitting", newest_id_before=0),
        SubmissionRecord("content_migration", KEY, "submitted", ids=(migration["id"],), newest_id_before=0),
    ]


def test_second_attempt_adopts_the_stored_migration(client: CanvasClient, world: World) -> None:
    """The migration whose id is stored is adopted, whether it is running or completed."""
    store = InMemoryStore()
    first = submission(client, store=store).submit()
    assert submission(client, store=store, repeated=True).submit()["id"] == first["id"]
    eventually(lambda: first_state(world) == "imported")
    retry = submission(client, store=store, repeated=True).submit()
    assert (retry["id"], retry["workflow_state"]) == (first["id"], "completed")
    assert migration_ids(world) == [first["id"]]


def test_killed_between_post_and_store(client: CanvasClient, world: World) -> None:
    """A migration whose id was not stored is found by its idempotency key in Canvas."""
    store = InMemoryStore()
    first = submission(client, store=store).submit()
    store.set(submitting_record())
    assert submission(client, store=store, repeated=True).submit()["id"] == first["id"]
    assert migration_ids(world) == [first["id"]]


def test_killed_without_a_persistent_store(client: CanvasClient, world: World) -> None:
    """Without a persistent store (Airflow before 3.3) a job is found by its idempotency key in Canvas."""
    first = submission(client).submit()
    assert submission(client, repeated=True).submit()["id"] == first["id"]


def test_killed_before_the_post(client: CanvasClient, world: World) -> None:
    """If the POST was never sent, the next attempt submits."""
    store = InMemoryStore(submitting_record())
    assert migration_ids(world) == []
    migration = submission(client, store=store, repeated=True).submit()
    assert migration_ids(world) == [migration["id"]]


def test_job_of_another_task_is_not_adopted(
    client: CanvasClient, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """Another task's copy of the same source into the same course is not adopted, and the log names it."""
    with world.hold():
        other = submission(client, idempotency_key=idempotency_key_from("another task")).submit()
        own = submission(client, repeated=True, since=datetime.now(UTC) - timedelta(hours=1)).submit()
        assert own["id"] != other["id"]
        assert own["workflow_state"] == "queued"
        assert f"already has content migration {other['id']} in state running" in caplog.text
        submission(client, idempotency_key=idempotency_key_from("a third task")).submit()
    assert "The destination of the content migration into course" in caplog.text
    assert f"already has content migration {own['id']} in state queued, since 2" in caplog.text


def test_if_running_fail_raises(client: CanvasClient, world: World) -> None:
    """``if_running="fail"`` submits nothing and raises an error that is not permanent."""
    with world.hold():
        other = submission(client, idempotency_key=idempotency_key_from("another task")).submit()
        with pytest.raises(CanvasBusyError, match=f"content migration {other['id']}") as refusal:
            submission(client, if_running="fail").submit()
        assert not refusal.value.permanent
        assert migration_ids(world) == [other["id"]]


def test_if_running_adopt_takes_the_job_of_another_task(client: CanvasClient, world: World) -> None:
    """``if_running="adopt"`` takes another task's copy of the same source; no attempt may cancel it."""
    with world.hold():
        other = submission(client, idempotency_key=idempotency_key_from("another task")).submit()
        store = InMemoryStore()
        own = submission(client, if_running="adopt", store=store)
        assert (own.submit()["id"], own.started_by_other) == (other["id"], True)
        retry = submission(client, store=store, repeated=True)
        assert (retry.submit()["id"], retry.started_by_other) == (other["id"], True)
        assert migration_ids(world) == [other["id"]]


def test_if_running_adopt_ignores_another_kind_of_job(client: CanvasClient, world: World) -> None:
    """With ``if_running="adopt"`` a running package import is not adopted for a course copy."""
    package = client.content_migrations.create(
        course_id=FRESH, migration_type="common_cartridge_importer", pre_attachment={"name": "a.imscc", "size": 3}
    )
    assert submission(client, if_running="adopt").submit()["id"] != package["id"]


class PersistentStore(InMemoryStore):
    """A store that a later attempt can read."""

    persistent = True


class TestExport:
    """An export has no idempotency key: a recent one of the same user and type is adopted."""

    def test_second_attempt_adopts_the_stored_export(self, client: CanvasClient, world: World) -> None:
        """The export whose id is stored is adopted, also by a cleared task, until the task has seen it end."""
        store = InMemoryStore()
        with world.hold():
            first = export(client, store=store).submit()
            assert export(client, store=store, repeated=True).submit()["id"] == first["id"]
            client.progress.cancel(progress_id=first["progress_url"].rpartition("/")[2])
            assert export(client, store=store, idempotency_key="cleared").submit()["id"] == first["id"]
        world.clock.advance(60)
        assert export(client, store=store, idempotency_key="cleared twice").submit()["id"] == first["id"]
        see_end(store)
        assert export(client, store=store, idempotency_key="cleared a third time").submit()["id"] != first["id"]

    def test_lost_response_of_an_export(self, client: CanvasClient, world: World) -> None:
        """An export whose response was lost is found and not created twice."""
        before = export_ids(world)
        world.faults.rules.append(Rule("/content_exports$", action=Action.DROP_AFTER, method="POST"))
        adopted = export(client).submit()
        assert export_ids(world) == [*before, adopted["id"]]

    def test_export_of_another_type_is_not_adopted(self, client: CanvasClient) -> None:
        """A recent export of another type is not adopted."""
        store = InMemoryStore(submitting_record("content_export"))
        client.content_exports.create(course_id=SOURCE, export_type="zip")
        assert export(client, store=store).submit()["export_type"] == "qti"

    def test_empty_persistent_store_means_nothing_was_sent(self, client: CanvasClient) -> None:
        """If the first attempt died before it stored a record, a recent export belongs to another task or user."""
        since = datetime.now(UTC) - timedelta(minutes=1)
        other = client.content_exports.create(course_id=SOURCE, export_type="qti")
        own = export(client, store=PersistentStore(), repeated=True, since=since).submit()
        assert own["id"] != other["id"]
        assert export(client, store=InMemoryStore(), repeated=True, since=since).submit()["id"] == own["id"]

    def test_discarded_export_is_replaced(self, client: CanvasClient, world: World) -> None:
        """After ``discard`` the next submission creates a new export."""
        attempt = export(client)
        first = attempt.submit()
        attempt.discard(first)
        second = attempt.submit()
        assert export_ids(world)[-2:] == [first["id"], second["id"]]


class TestLegacyCopy:
    """The deprecated endpoint creates content migrations without an idempotency key."""

    def test_second_attempt_adopts_the_stored_copy(self, client: CanvasClient, world: World) -> None:
        """The copy whose id is stored is adopted."""
        store = InMemoryStore()
        first = legacy_copy(client, store=store).submit()
        assert legacy_copy(client, store=store, repeated=True).submit()["id"] == first["id"]
        assert migration_ids(world) == [first["id"]]

    def test_lost_response_of_a_copy(self, client: CanvasClient, world: World) -> None:
        """A copy whose response was lost is found: it is newer than all migrations before the request."""
        world.faults.rules.append(Rule("/course_copy$", action=Action.DROP_AFTER))
        adopted = legacy_copy(client).submit()
        assert migration_ids(world) == [adopted["id"]]


def test_cleared_task_submits_again(client: CanvasClient, world: World) -> None:
    """A cleared task has a new idempotency key, so the stored record does not apply and it submits again."""
    store = InMemoryStore()
    first = submission(client, store=store).submit()
    second = submission(client, store=store, idempotency_key=idempotency_key_from("a task", "cleared")).submit()
    assert migration_ids(world) == [first["id"], second["id"]]


def test_failed_migration_is_not_adopted(client: CanvasClient, world: World) -> None:
    """A failed migration is adopted neither by its stored id nor by its key: a retry copies again."""
    world.faults.migrations.append(MigrationFault(Fault.FAILS, stage=2))
    store = InMemoryStore()
    first = submission(client, store=store).submit()
    eventually(lambda: first_state(world) == "failed")
    second = submission(client, store=store, repeated=True).submit()
    assert migration_ids(world) == [first["id"], second["id"]]
    store.set(submitting_record())
    assert submission(client, store=store, repeated=True).submit()["id"] == second["id"]


class ClientWithOddKeys(CanvasClient):
    """A client of a Canvas whose migrations have a list where the idempotency key was sent."""

    def send(self, call: Any) -> Any:
        body = super().send(call)
        if isinstance(body, dict) and "audit_info" in body:
            body["audit_info"]["migration_settings"]["airflow_submission"] = [KEY]
        return body


def test_failed_migration_with_a_broken_key_is_not_the_own(emulator: EmulatorServer, world: World) -> None:
    """A migration whose idempotency key is no text belongs to another task: a retry submits its own."""
    world.faults.migrations.append(MigrationFault(Fault.FAILS, stage=2))
    with ClientWithOddKeys(Settings(emulator.url, emulator.token)) as client:
        first = submission(client).submit()
        eventually(lambda: first_state(world) == "failed")
        other = submission(client, idempotency_key="another task").submit()
        own = submission(client, repeated=True).submit()
    assert migration_ids(world) == [first["id"], other["id"], own["id"]]


CLEARED = idempotency_key_from("a task", "cleared")


class TestCancelledMigration:
    """A migration whose Progress was cancelled, which Canvas carries out all the same."""

    @pytest.fixture
    def cancelled(self, client: CanvasClient, world: World) -> Iterator[Record]:
        """Return a running migration whose Progress was cancelled, as when a user clears its task."""
        with world.hold():
            migration = submission(client).submit()
            client.progress.cancel(progress_id=migration["progress_url"].rpartition("/")[2])
            yield migration

    def test_next_attempt_adopts_it(self, client: CanvasClient, cancelled: Record) -> None:
        """A retry, as after a timeout, waits for the same migration."""
        assert submission(client, repeated=True).submit()["id"] == cancelled["id"]

    @pytest.mark.parametrize("stored", [True, False])
    def test_cleared_task_adopts_it(self, client: CanvasClient, cancelled: Record, *, stored: bool) -> None:
        """A cleared task recognizes it by its key, whether its id was stored or not."""
        known = submitting_record(state="submitted", ids=(cancelled["id"],)) if stored else None
        cleared = submission(
            client, store=InMemoryStore(known), idempotency_key=CLEARED, earlier_keys=[KEY], repeated=True
        )
        assert cleared.submit()["id"] == cancelled["id"]
        assert cleared.started_by_other is False
        assert cleared.record is not None
        assert (cleared.record.idempotency_key, cleared.ids) == (CLEARED, [cancelled["id"]])

    def test_changed_task_does_not_adopt_it(self, client: CanvasClient, cancelled: Record, world: World) -> None:
        """A cleared task whose parameters were changed submits a migration of its own, behind the running one."""
        create = ContentMigrations.create.call(
            course_id=FRESH,
            migration_type="course_copy_importer",
            settings={"source_course_id": SOURCE},
            date_shift_options={"remove_dates": True},
        )
        changed = submission(
            client,
            request=ContentMigrationRequest(create, {"course_id": FRESH}, SOURCE),
            idempotency_key=CLEARED,
            earlier_keys=[KEY],
        ).submit()
        assert migration_ids(world) == [cancelled["id"], changed["id"]]

    def test_other_task_does_not_adopt_it(self, client: CanvasClient, cancelled: Record) -> None:
        """Another task that was cleared too submits a migration of its own."""
        other = submission(client, idempotency_key=CLEARED, earlier_keys=["the key of another task"], repeated=True)
        assert other.submit()["id"] != cancelled["id"]

    def test_completed_migration_is_repeated(self, client: CanvasClient, cancelled: Record, world: World) -> None:
        """A task that is cleared after its migration was completed copies again."""
        world.release_all()
        world.clock.advance(60)
        cleared = submission(client, idempotency_key=CLEARED, earlier_keys=[KEY], repeated=True).submit()
        assert cleared["id"] != cancelled["id"]


@pytest.mark.parametrize("action", [Action.DROP_AFTER, Action.TRUNCATE])
def test_lost_response(client: CanvasClient, world: World, action: Action) -> None:
    """A migration whose response was lost is found, and not made twice."""
    world.faults.rules.append(Rule("/content_migrations", action, method="POST"))
    migration = submission(client).submit()
    assert migration_ids(world) == [migration["id"]]


@pytest.mark.parametrize("rule", [{"action": Action.DROP}, {"status": 503}])
def test_lost_request(client: CanvasClient, world: World, rule: dict[str, Any]) -> None:
    """A request that Canvas did not execute is sent again after the check."""
    world.faults.rules.append(Rule("/content_migrations", method="POST", times=2, **rule))
    migration = submission(client).submit()
    assert migration_ids(world) == [migration["id"]]


def test_every_post_fails(client: CanvasClient, world: World) -> None:
    """If every POST fails, the submission raises Canvas's error and creates no migration."""
    world.faults.rules.append(Rule("/content_migrations", method="POST", times=None, status=503))
    with pytest.raises(CanvasServerError):
        submission(client).submit()
    assert migration_ids(world) == []


def test_timeout_is_not_retried_in_the_same_attempt(emulator: EmulatorServer, world: World) -> None:
    """After a timeout nothing is sent again in this attempt; the next attempt checks before it submits."""
    world.faults.rules.append(Rule("/content_migrations", Action.DELAY, method="POST", seconds=1))
    store = InMemoryStore()
    with CanvasClient(Settings(emulator.url, emulator.token, read_timeout=0.3)) as client:
        with pytest.raises(CanvasTimeoutError, match="took more than"):
            submission(client, store=store).submit()
        assert [request.method for request in world.requests].count("POST") <= 1
        migration = submission(client, store=store, repeated=True).submit()
    assert migration_ids(world) == [migration["id"]]


def test_migration_that_is_created_after_the_timeout(emulator: EmulatorServer, world: World) -> None:
    """A migration that Canvas creates after the client's timeout is found."""
    world.faults.rules.append(Rule("/content_migrations", Action.DELAY_AFTER, method="POST", seconds=2))
    with CanvasClient(Settings(emulator.url, emulator.token, read_timeout=0.3)) as client:
        migration = submission(client).submit()
    assert migration_ids(world) == [migration["id"]]


def test_migration_of_an_earlier_run_with_the_same_key(client: CanvasClient, world: World) -> None:
    """A run that was deleted and created again has the same key, and does not adopt a migration of days before."""
    first = submission(client).submit()
    start = datetime.now(UTC) + timedelta(days=2)
    assert submission(client, repeated=True, since=start).submit()["id"] != first["id"]


class ClientWithoutAuditInfo(CanvasClient):
    """A client of a Canvas that does not return the parameters of a migration."""

    def send(self, call: Any) -> Any:
        body = super().send(call)
        if isinstance(body, dict):
            body.pop("audit_info", None)
        return body


def test_canvas_without_audit_info(emulator: EmulatorServer, world: World) -> None:
    """Without keys, a migration of the same type and source is adopted if it is newer than the record."""
    with ClientWithoutAuditInfo(Settings(emulator.url, emulator.token)) as client:
        old = migration_ids(world, USED)
        first = submission(client, course_id=USED).submit()
        store = InMemoryStore(submitting_record(after=old[-1]))
        adopted = submission(client, course_id=USED, store=store, repeated=True).submit()
        assert adopted["id"] == first["id"]
        start = datetime.now(UTC) + timedelta(hours=1)
        assert submission(client, course_id=USED, repeated=True, since=start).submit()["id"] != first["id"]


def test_cleared_task_on_a_canvas_without_audit_info(emulator: EmulatorServer, world: World) -> None:
    """Without keys, a cleared task adopts its stored migration until the task has seen it end."""
    store = InMemoryStore()
    with ClientWithoutAuditInfo(Settings(emulator.url, emulator.token)) as client:
        first = submission(client, store=store).submit()
        world.clock.advance(60)
        unseen = submission(client, store=store, idempotency_key=CLEARED, repeated=True).submit()
        assert unseen["id"] == first["id"]
        see_end(store)
        second = submission(
            client, store=store, idempotency_key="cleared twice", repeated=True, since=datetime.now(UTC)
        ).submit()
    assert migration_ids(world) == [first["id"], second["id"]]


def test_many_requests_fail(client: CanvasClient, world: World) -> None:
    """Though many requests are dropped, lost, throttled or fail with a 503, one migration is created."""
    for action in ({"action": Action.DROP}, {"action": Action.DROP_AFTER}, {"status": 429}, {"status": 503}):
        world.faults.rules.append(Rule("/", times=None, probability=0.15, **action))
    try:
        migration = submission(client).submit()
    except (CanvasServerError, CanvasTransportError):
        migration = submission(client, repeated=True).submit()
    assert migration_ids(world) == [migration["id"]]


HOURS_OFF = [-30 / 60, -15 / 60, 15 / 60, 3, -12, 12]


@pytest.mark.parametrize("hours", HOURS_OFF)
@pytest.mark.parametrize("stored", [True, False])
def test_clocks_that_differ(client: CanvasClient, world: World, hours: float, stored: bool) -> None:
    """However much Canvas's clock differs from Airflow's, a migration with the task's key is adopted."""
    first = submission(client).submit()
    with world.lock:
        row = world.migrations_of(FRESH)[0]
        row.created_at += timedelta(hours=hours)
    store = InMemoryStore(submitting_record()) if stored else InMemoryStore()
    since = datetime.now(UTC) - timedelta(minutes=5)
    assert submission(client, store=store, repeated=True, since=since).submit()["id"] == first["id"]
    assert migration_ids(world) == [first["id"]]


@pytest.mark.parametrize("hours", HOURS_OFF)
@pytest.mark.parametrize("submit", [export, legacy_copy])
def test_clocks_that_differ_for_jobs_without_a_key(
    client: CanvasClient, world: World, submit: Any, hours: float
) -> None:
    """A job without a key is adopted by its id, which is above the newest one before the request."""
    newest = (export_ids(world) or [0])[-1] if submit is export else (migration_ids(world) or [0])[-1]
    first = submit(client).submit()
    with world.lock:
        rows = [*world.tables.content_exports.values()] if submit is export else world.migrations_of(FRESH)
        rows[-1].created_at += timedelta(hours=hours)
    kind = "content_export" if submit is export else "legacy_course_copy"
    store = InMemoryStore(submitting_record(kind, after=newest))
    since = datetime.now(UTC) - timedelta(minutes=5)
    assert submit(client, store=store, repeated=True, since=since).submit()["id"] == first["id"]
