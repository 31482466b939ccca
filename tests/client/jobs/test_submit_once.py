"""One migration, whatever dies when: the submission against a Canvas over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from canvas_emulator.machines.content_migration import Fault
from canvas_emulator.model.faults import Action, MigrationFault, Rule
from canvas_emulator.model.world import World
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.client.errors import (
    CanvasBusyError,
    CanvasServerError,
    CanvasTimeoutError,
    CanvasTransportError,
)
from airflow_provider_canvas.client.jobs.submit_once import InMemoryStore, idempotency_key_from
from airflow_provider_canvas.client.protocol.retry import RetryPolicy
from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.requests_client import CanvasClient
from tests.client.jobs.submitting import FRESH, SOURCE, USED, deprecated_copy, export, exported, made, submission
from tests.support.eventually import eventually


@pytest.fixture
def client(emulator: EmulatorServer) -> Iterator[CanvasClient]:
    with CanvasClient(Settings(emulator.url, emulator.token), RetryPolicy(retry_for=5, first_delay=0.05)) as client:
        yield client


def test_the_first_attempt(client: CanvasClient, world: World) -> None:
    """What is about to be done is noted before the POST, what was done after it."""
    noted: list[dict[str, Any]] = []

    class Recording(InMemoryStore):
        def note(self, record: dict[str, Any]) -> None:
            noted.append(record)
            super().note(record)

    migration = submission(client, memory=Recording()).submit()
    assert made(world) == [migration["id"]]
    assert noted == [
        {"mark": idempotency_key_from("a task"), "after": 0},
        {"mark": idempotency_key_from("a task"), "after": 0, "content_migration_id": migration["id"]},
    ]


def test_a_second_attempt_with_the_id_noted(client: CanvasClient, world: World) -> None:
    """The noted migration is adopted, running or completed."""
    memory = InMemoryStore()
    first = submission(client, memory=memory).submit()
    assert submission(client, memory=memory, repeated=True).submit()["id"] == first["id"]
    eventually(lambda: world.settle() or world.migrations_of(FRESH)[0].workflow_state == "imported")
    again = submission(client, memory=memory, repeated=True).submit()
    assert (again["id"], again["workflow_state"]) == (first["id"], "completed")
    assert made(world) == [first["id"]]


def test_killed_between_post_and_note(client: CanvasClient, world: World) -> None:
    """Only what was about to be done is noted: the mark in Canvas tells which one it was."""
    memory = InMemoryStore()
    first = submission(client, memory=memory).submit()
    memory.note({"mark": idempotency_key_from("a task"), "after": 0})
    assert submission(client, memory=memory, repeated=True).submit()["id"] == first["id"]
    assert made(world) == [first["id"]]


def test_killed_where_nothing_can_be_noted(client: CanvasClient, world: World) -> None:
    """Airflow before 3.3 has no store: the mark in Canvas is enough."""
    first = submission(client).submit()
    assert submission(client, repeated=True).submit()["id"] == first["id"]


def test_killed_before_the_post(client: CanvasClient, world: World) -> None:
    """What was about to be done was not: it is done now."""
    memory = InMemoryStore({"mark": idempotency_key_from("a task"), "after": 0})
    assert made(world) == []
    migration = submission(client, memory=memory, repeated=True).submit()
    assert made(world) == [migration["id"]]


def test_another_task_is_not_adopted(client: CanvasClient, world: World, caplog: pytest.LogCaptureFixture) -> None:
    """The same source into the same course, submitted by somebody else, is somebody else's; and the log tells of it."""
    others = submission(client, mark=idempotency_key_from("another task")).submit()
    ours = submission(client, repeated=True, since=datetime.now(UTC) - timedelta(hours=1)).submit()
    assert ours["id"] != others["id"]
    assert ours["workflow_state"] == "queued"
    assert f"already has content migration {others['id']} in state running" in caplog.text


def test_another_task_may_be_waited_for_by_the_caller(client: CanvasClient, world: World) -> None:
    """``if_running="fail"`` submits nothing, and is an error that passes."""
    others = submission(client, mark=idempotency_key_from("another task")).submit()
    with pytest.raises(CanvasBusyError, match=f"content migration {others['id']}") as refusal:
        submission(client, if_running="fail").submit()
    assert not refusal.value.permanent
    assert made(world) == [others["id"]]


def test_another_task_may_be_adopted_on_purpose(client: CanvasClient, world: World) -> None:
    """``if_running="adopt"`` takes a copy of the same source for ours, and knows that it is not ours to cancel."""
    others = submission(client, mark=idempotency_key_from("another task")).submit()
    memory = InMemoryStore()
    ours = submission(client, if_running="adopt", memory=memory)
    assert (ours.submit()["id"], ours.foreign) == (others["id"], True)
    assert submission(client, memory=memory, repeated=True).submit()["id"] == others["id"]
    assert made(world) == [others["id"]]


def test_what_is_not_alike_is_not_adopted(client: CanvasClient, world: World) -> None:
    """A package import that is under way is no course copy."""
    package = client.content_migrations.create(
        course_id=FRESH, migration_type="common_cartridge_importer", pre_attachment={"name": "a.imscc", "size": 3}
    )
    assert submission(client, if_running="adopt").submit()["id"] != package["id"]


class Lasting(InMemoryStore):
    """A memory that a later attempt would read."""

    lasts = True


class TestExport:
    """An export carries no mark: what is new enough, of the same user and type, is ours."""

    def test_a_second_attempt(self, client: CanvasClient) -> None:
        """The noted one is adopted; a cleared task exports anew."""
        memory = InMemoryStore()
        first = export(client, memory=memory).submit()
        assert export(client, memory=memory, repeated=True).submit()["id"] == first["id"]
        assert export(client, memory=memory, mark="cleared").submit()["id"] != first["id"]

    def test_a_lost_answer(self, client: CanvasClient, world: World) -> None:
        """Canvas made one, and it is found."""
        before = exported(world)
        world.faults.rules.append(Rule("/content_exports$", action=Action.DROP_AFTER, method="POST"))
        found = export(client).submit()
        assert exported(world) == [*before, found["id"]]

    def test_another_type_is_not_ours(self, client: CanvasClient) -> None:
        """Nor is what existed before."""
        memory = InMemoryStore({"mark": idempotency_key_from("a task"), "after": 0})
        client.content_exports.create(course_id=SOURCE, export_type="zip")
        assert export(client, memory=memory).submit()["export_type"] == "qti"

    def test_nothing_noted_is_nothing_sent(self, client: CanvasClient) -> None:
        """The first attempt died before it submitted: what looks like ours is somebody else's, though it is as new."""
        since = datetime.now(UTC) - timedelta(minutes=1)
        theirs = client.content_exports.create(course_id=SOURCE, export_type="qti")
        mine = export(client, memory=Lasting(), repeated=True, since=since).submit()
        assert mine["id"] != theirs["id"]
        assert export(client, memory=InMemoryStore(), repeated=True, since=since).submit()["id"] == mine["id"]


class TestDeprecatedCopy:
    """The deprecated endpoint makes content migrations, without a mark."""

    def test_a_second_attempt(self, client: CanvasClient, world: World) -> None:
        """Adopted by its id."""
        memory = InMemoryStore()
        first = deprecated_copy(client, memory=memory).submit()
        assert deprecated_copy(client, memory=memory, repeated=True).submit()["id"] == first["id"]
        assert made(world) == [first["id"]]

    def test_a_lost_answer(self, client: CanvasClient, world: World) -> None:
        """Found as the copy that is newer than all that were there."""
        world.faults.rules.append(Rule("/course_copy$", action=Action.DROP_AFTER))
        found = deprecated_copy(client).submit()
        assert made(world) == [found["id"]]


def test_a_cleared_task_submits_anew(client: CanvasClient, world: World) -> None:
    """Its mark differs from what was noted before."""
    memory = InMemoryStore()
    first = submission(client, memory=memory).submit()
    second = submission(client, memory=memory, mark=idempotency_key_from("a task", "cleared")).submit()
    assert made(world) == [first["id"], second["id"]]


def test_a_failed_one_is_not_adopted(client: CanvasClient, world: World) -> None:
    """Neither by its noted id nor by its mark: a retry copies again."""
    world.faults.migrations.append(MigrationFault(Fault.FAILS, stage=2))
    memory = InMemoryStore()
    first = submission(client, memory=memory).submit()
    eventually(lambda: world.settle() or world.migrations_of(FRESH)[0].workflow_state == "failed")
    second = submission(client, memory=memory, repeated=True).submit()
    assert made(world) == [first["id"], second["id"]]
    memory.note({"mark": idempotency_key_from("a task"), "after": 0})
    assert submission(client, memory=memory, repeated=True).submit()["id"] == second["id"]


def test_a_cancelled_one_is_not_adopted(client: CanvasClient, world: World) -> None:
    """After a timeout its Progress is cancelled, though Canvas goes on with it."""
    memory = InMemoryStore()
    first = submission(client, memory=memory).submit()
    client.progress.cancel(progress_id=first["progress_url"].rpartition("/")[2])
    assert submission(client, memory=memory, repeated=True).submit()["id"] != first["id"]


@pytest.mark.parametrize("action", [Action.DROP_AFTER, Action.TRUNCATE])
def test_a_lost_answer(client: CanvasClient, world: World, action: Action) -> None:
    """Canvas did it, and nobody heard: it is found, not done twice."""
    world.faults.rules.append(Rule("/content_migrations", action, method="POST"))
    migration = submission(client).submit()
    assert made(world) == [migration["id"]]


@pytest.mark.parametrize("rule", [{"action": Action.DROP}, {"status": 503}])
def test_a_lost_question(client: CanvasClient, world: World, rule: dict[str, Any]) -> None:
    """Canvas did nothing: after looking, it is asked again."""
    world.faults.rules.append(Rule("/content_migrations", method="POST", times=2, **rule))
    migration = submission(client).submit()
    assert made(world) == [migration["id"]]


def test_giving_up(client: CanvasClient, world: World) -> None:
    """A Canvas that answers no POST ends in its error, and in no migration."""
    world.faults.rules.append(Rule("/content_migrations", method="POST", times=None, status=503))
    with pytest.raises(CanvasServerError):
        submission(client).submit()
    assert made(world) == []


def test_a_canvas_that_may_still_be_at_it(emulator: EmulatorServer, world: World) -> None:
    """After a time-out nothing is sent again in this attempt; the next one looks, and only then submits."""
    world.faults.rules.append(Rule("/content_migrations", Action.DELAY, method="POST", seconds=1))
    memory = InMemoryStore()
    with CanvasClient(Settings(emulator.url, emulator.token, read_timeout=0.3)) as client:
        with pytest.raises(CanvasTimeoutError, match="took more than"):
            submission(client, memory=memory).submit()
        assert [request.method for request in world.requests].count("POST") <= 1
        migration = submission(client, memory=memory, repeated=True).submit()
    assert made(world) == [migration["id"]]


def test_a_canvas_that_was_slow(emulator: EmulatorServer, world: World) -> None:
    """It did it after all, and is found."""
    world.faults.rules.append(Rule("/content_migrations", Action.DELAY_AFTER, method="POST", seconds=2))
    with CanvasClient(Settings(emulator.url, emulator.token, read_timeout=0.3)) as client:
        migration = submission(client).submit()
    assert made(world) == [migration["id"]]


def test_the_same_mark_of_long_ago(client: CanvasClient, world: World) -> None:
    """A run that was deleted and made again has the same name, and is another run."""
    first = submission(client).submit()
    began = datetime.now(UTC) + timedelta(hours=1)
    assert submission(client, repeated=True, since=began).submit()["id"] != first["id"]


class WithoutAuditInfo(CanvasClient):
    """A Canvas that does not show what a migration was created with."""

    def send(self, call: Any) -> Any:
        body = super().send(call)
        if isinstance(body, dict):
            body.pop("audit_info", None)
        return body


def test_where_canvas_shows_no_marks(emulator: EmulatorServer, world: World) -> None:
    """What is newer than the newest before, of the same type and source, is taken to be ours; what is older is not."""
    with WithoutAuditInfo(Settings(emulator.url, emulator.token)) as client:
        old = made(world, USED)
        first = submission(client, course_id=USED).submit()
        memory = InMemoryStore({"mark": idempotency_key_from("a task"), "after": old[-1]})
        adopted = submission(client, course_id=USED, memory=memory, repeated=True).submit()
        assert adopted["id"] == first["id"]
        began = datetime.now(UTC) + timedelta(hours=1)
        assert submission(client, course_id=USED, repeated=True, since=began).submit()["id"] != first["id"]


def test_a_cleared_task_where_canvas_shows_no_marks(emulator: EmulatorServer, world: World) -> None:
    """What was noted before the clear is not ours, nor is anything older."""
    memory = InMemoryStore()
    with WithoutAuditInfo(Settings(emulator.url, emulator.token)) as client:
        first = submission(client, memory=memory).submit()
        now = datetime.now(UTC)
        cleared = submission(
            client, memory=memory, mark=idempotency_key_from("a task", "cleared"), repeated=True, since=now
        ).submit()
    assert made(world) == [first["id"], cleared["id"]]


def test_half_of_everything_fails(client: CanvasClient, world: World) -> None:
    """Every second request is dropped, lost or refused: in the end there is one migration."""
    for action in ({"action": Action.DROP}, {"action": Action.DROP_AFTER}, {"status": 429}, {"status": 503}):
        world.faults.rules.append(Rule("/", times=None, probability=0.15, **action))  # type: ignore[arg-type]
    try:
        migration = submission(client).submit()
    except (CanvasServerError, CanvasTransportError):
        migration = submission(client, repeated=True).submit()
    assert made(world) == [migration["id"]]
