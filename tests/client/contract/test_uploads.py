"""Uploads into every kind of storage, over both transports, and what becomes of them when something breaks."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from canvas_emulator.model.content import File
from canvas_emulator.model.faults import Action, Body, Rule
from canvas_emulator.model.settings import StorageMode
from canvas_emulator.model.world import World
from canvas_emulator.pages import uploads as pages
from canvas_emulator.seeds.small import DESTINATION
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.client import errors, replica_lag
from airflow_provider_canvas.client.files import package_upload
from airflow_provider_canvas.client.protocol.retry import RetryPolicy
from tests.support.eventually import eventually
from tests.support.storage_hosts import Host, canvas, hosted, mode, stored, world

Connect = Callable[..., Any]

__all__ = ["canvas", "mode", "world"]  # fixtures

COURSE = DESTINATION
STEP_2 = r"^/(files_api|canvas-files|files)$"
DATA = b"0123456789" * 30_000  # several network packets


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A file to upload."""
    path = tmp_path / "package.imscc"
    path.write_bytes(DATA)
    return path


def slow_second_steps(times: int) -> Rule:
    """Time for the clock to advance before the storage looks at it."""
    return Rule(STEP_2, action=Action.DELAY, seconds=0.15, method="POST", times=times)


def second_steps(world: World) -> list[Any]:
    """The requests that brought bytes; one that broke off is among them when the server has noticed."""
    return [request for request in world.requests if request.path in ("/files_api", "/canvas-files", "/files")]


def named(world: World, name: str) -> list[File]:
    """The live files of a name in all courses."""
    return [
        file
        for course in list(world.tables.courses)
        for file in world.live(File, course)
        if file.title.startswith(name.partition(".")[0])
    ]


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, 5_000_000])
def test_a_file_arrives(canvas: Any, world: World, mode: StorageMode, tmp_path: Path, size: int) -> None:
    """Whatever its size, the bytes arrive, and what comes back is the file's record."""
    path = tmp_path / "a.bin"
    path.write_bytes(data := bytes(itertools.islice(itertools.cycle(range(251)), size)))
    record = canvas.upload(path, course_id=COURSE, content_type="application/x-thing", parent_folder_path="a/b")
    assert stored(world, record) == data
    assert (record["display_name"], record["size"], record["content-type"]) == ("a.bin", size, "application/x-thing")
    assert record["upload_status"] == "success"


def test_no_token_with_the_bytes(canvas: Any, world: World, mode: StorageMode, package: Path) -> None:
    """The second step has no token, not even where the storage is Canvas itself; the others have it."""
    canvas.upload(package, course_id=COURSE)
    (step,) = second_steps(world)
    assert not step.has_authorization
    assert all(request.has_authorization for request in world.requests if request is not step)


def test_a_confirmation_elsewhere(
    canvas: Any, world: World, emulator: EmulatorServer, package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the storage leads to another host than Canvas, that host is asked without a token."""
    confirmation = {"Content-Type": "application/json", "body": 'while(1);{"id": 5, "display_name": "p"}'}
    with hosted(Host(b"", responses=[(200, confirmation)])) as host:
        monkeypatch.setattr(pages, "success_url", lambda upload: host.url)
        assert canvas.upload(package, course_id=COURSE)["id"] == 5
    (asked,) = host.asked
    assert "authorization" not in asked
    assert emulator.token not in str(asked)


def test_no_redirects(canvas: Any, world: World, package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the storage answers 201 and XML, Canvas is told by the address among the parameters."""
    world.settings.storage = StorageMode.S3
    monkeypatch.setattr(pages, "parse_bool", lambda value: True)
    record = canvas.upload(package, course_id=COURSE)
    assert stored(world, record) == DATA


@pytest.mark.parametrize(
    "name", ['a "quoted" name.txt', "ünïcødé 日本.pdf", "100% a+b&c=d;e.txt", "new\r\nline.txt", "back\\slash.txt"]
)
def test_odd_names(canvas: Any, world: World, mode: StorageMode, name: str) -> None:
    """A file may be called anything; what its form says does not break it."""
    record = canvas.upload(io.BytesIO(b"abc"), name=name, course_id=COURSE)
    assert (record["display_name"], stored(world, record)) == (name, b"abc")


def test_every_place(canvas: Any, world: World, mode: StorageMode) -> None:
    """A course, a user's own files, and a folder take files."""
    first = canvas.upload(io.BytesIO(b"1"), name="a.txt", course_id=COURSE)
    second = canvas.upload(io.BytesIO(b"2"), name="b.txt", folder_id=first["folder_id"])
    third = canvas.upload(io.BytesIO(b"3"), name="c.txt", user_id="self")
    assert second["folder_id"] == first["folder_id"] != third["folder_id"]
    assert [stored(world, each) for each in (first, second, third)] == [b"1", b"2", b"3"]


@pytest.mark.parametrize(
    ("place", "message"),
    [({}, "exactly one of"), ({"folder_id": 1, "course_id": 2}, "no other place"), ({"account_id": 1}, "exactly one")],
)
def test_a_wrong_place(canvas: Any, world: World, place: dict[str, Any], message: str) -> None:
    """It is refused before anything is sent."""
    with pytest.raises(ValueError, match=message):
        canvas.upload(io.BytesIO(b"1"), name="a.txt", **place)
    assert not world.requests


def test_progress(canvas: Any, tmp_path: Path) -> None:
    """It is told of each MiB, and of the end."""
    path = tmp_path / "a.bin"
    path.write_bytes(bytes(2_500_000))
    seen: list[tuple[int, int]] = []
    canvas.upload(path, course_id=COURSE, on_progress=lambda *now: seen.append(now))
    assert seen == [(1 << 20, 2_500_000), (2 << 20, 2_500_000), (2_500_000, 2_500_000)]


def test_progress_that_fails(canvas: Any, world: World, package: Path) -> None:
    """What the callback raises ends the upload, and comes out as it is; nothing is tried again."""

    def stop(sent: int, total: int) -> None:
        raise InterruptedError("enough")

    with pytest.raises(InterruptedError, match="enough"):
        canvas.upload(package, course_id=COURSE, on_progress=stop)
    assert eventually(lambda: second_steps(world))
    assert not named(world, "package")
    assert len([request for request in world.requests if request.path.endswith("/files")]) == 1


@pytest.mark.parametrize(("written", "message"), [(b"short", "only 5"), (DATA + b"x", "more")])
def test_a_size_that_changes(canvas: Any, world: World, package: Path, written: bytes, message: str) -> None:
    """A file that another process still writes to is not sent to its end."""

    class Growing:
        name = "package.imscc"

        def stat(self) -> Any:
            return package.stat()

        def is_file(self) -> bool:
            return True

        def open(self, mode: str = "rb") -> Any:
            package.write_bytes(written)
            return package.open(mode)

    with pytest.raises(ValueError, match=message):
        canvas.upload(Growing(), course_id=COURSE)
    assert eventually(lambda: second_steps(world))
    assert not named(world, "package")


def test_an_expired_signature(canvas: Any, world: World, mode: StorageMode, package: Path) -> None:
    """The upload begins again at the first step, and the file arrives once."""
    late = iter([True])
    world.faults.rules.append(slow_second_steps(times=1))
    record = canvas.upload(
        package, course_id=COURSE, on_progress=lambda *_: next(late, None) and world.clock.advance(31 * 60)
    )
    assert stored(world, record) == DATA
    assert [request.status in (400, 403) for request in second_steps(world)] == [True, False]
    assert len(named(world, "package")) == 1


def test_signatures_that_are_always_refused(canvas: Any, world: World, package: Path) -> None:
    """After three of them it is an error, whose words show no address."""
    world.faults.rules.append(slow_second_steps(times=3))
    with pytest.raises(errors.CanvasError, match=r"the upload of package.imscc.*rejects Canvas.s signature") as failure:
        canvas.upload(package, course_id=COURSE, on_progress=lambda *_: world.clock.advance(31 * 60))
    assert eventually(lambda: len(second_steps(world)) == 3)
    assert "http" not in str(failure.value)


@pytest.mark.parametrize(
    "rule",
    [{"action": Action.DROP}, {"status": 503, "body": Body.HTML}, {"status": 429, "body": Body.THROTTLE}],
    ids=str,
)
def test_bytes_that_do_not_arrive(
    canvas: Any, world: World, mode: StorageMode, package: Path, rule: dict[str, Any]
) -> None:
    """What passes is outlasted: again from the first step."""
    world.faults.rules.append(Rule(STEP_2, method="POST", times=2, **rule))
    record = canvas.upload(package, course_id=COURSE)
    assert stored(world, record) == DATA
    assert eventually(lambda: len(second_steps(world)) == 3)


def test_a_lost_answer_to_the_bytes(canvas: Any, world: World, mode: StorageMode, package: Path) -> None:
    """A file that may overwrite itself is sent again; in the end it is there once."""
    world.faults.rules.append(Rule(STEP_2, action=Action.DROP_AFTER, method="POST"))
    record = canvas.upload(package, course_id=COURSE)
    assert stored(world, record) == DATA
    assert [file.id for file in named(world, "package")] == [record["id"]]


def test_a_lost_answer_to_what_cannot_be_repeated(canvas: Any, world: World, mode: StorageMode, package: Path) -> None:
    """One that would get another name the second time is not sent again: the error says that it may be there."""
    world.faults.rules.append(Rule(STEP_2, action=Action.DROP_AFTER, method="POST"))
    with pytest.raises(errors.CanvasTransportError, match="may have arrived") as failure:
        canvas.upload(package, course_id=COURSE, on_duplicate="rename")
    assert failure.value.maybe_done
    assert eventually(lambda: len(second_steps(world)) == 1)


@pytest.mark.parametrize("storage", [StorageMode.LOCAL, StorageMode.S3])
@pytest.mark.parametrize("action", [Action.DROP, Action.DROP_AFTER, Action.TRUNCATE], ids=str)
def test_a_lost_confirmation(canvas: Any, world: World, package: Path, action: Action, storage: StorageMode) -> None:
    """The third step works once, so after a lost response the client checks whether the file is there."""
    world.settings.storage = storage
    world.faults.rules.append(Rule("/create_success", action=action))
    record = canvas.upload(package, course_id=COURSE, on_duplicate="rename")
    assert stored(world, record) == DATA
    assert eventually(lambda: len(second_steps(world)) == len(named(world, "package")) == 1)


def test_a_lost_promise(canvas: Any, world: World, mode: StorageMode, package: Path) -> None:
    """The first step leaves nothing that anybody sees, so it is asked for again."""
    world.faults.rules.append(Rule("/api/v1/.*/files$", action=Action.DROP_AFTER, method="POST", times=2))
    record = canvas.upload(package, course_id=COURSE, on_duplicate="error")
    assert stored(world, record) == DATA


def test_over_the_quota(canvas: Any, world: World, mode: StorageMode, package: Path) -> None:
    """Canvas's words come out, and nothing is sent again."""
    world.tables.courses[COURSE].storage_quota_mb = 0
    with pytest.raises(errors.CanvasValidationError, match="file size exceeds quota"):
        canvas.upload(package, course_id=COURSE)
    assert not second_steps(world)


def test_a_file_too_large_for_the_storage(canvas: Any, world: World, mode: StorageMode, package: Path) -> None:
    """A 413 is final."""
    world.faults.rules.append(Rule(STEP_2, method="POST", status=413, body=Body.HTML))
    with pytest.raises(errors.CanvasError, match=r"413|dropped"):
        canvas.upload(package, course_id=COURSE)


class TestByUrl:
    def test_canvas_fetches(self, canvas: Any, world: World, mode: StorageMode) -> None:
        """What comes back is the Progress; at its end the file is there."""
        source = canvas.upload(io.BytesIO(b"abc"), name="a.txt", course_id=COURSE)
        progress = canvas.upload_from_url(source["url"], name="copy.txt", course_id=COURSE)
        assert progress["tag"] == "upload_via_url"
        assert eventually(lambda: canvas.progress.get(progress_id=progress["id"])["workflow_state"] == "completed")
        assert [stored(world, {"id": file.id}) for file in named(world, "copy")] == [b"abc"]

    def test_the_name_of_the_address(self, canvas: Any, world: World) -> None:
        """Without a name, it is the last part of the address."""
        canvas.upload_from_url("http://192.0.2.1/a/b%20c.zip?signed=1", course_id=COURSE)
        (upload,) = world.tables.uploads.values()
        assert upload.name == "b c.zip"


class TestPackages:
    def upload(self, canvas: Any, package: Path, **more: Any) -> Any:
        return canvas.upload_package(package, migration_type="common_cartridge_importer", course_id=COURSE, **more)

    @pytest.fixture(autouse=True)
    def polls(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Polls have no long delays."""
        monkeypatch.setattr(replica_lag, "PAUSES", (0.01,))

    def migrations(self, canvas: Any) -> list[Any]:
        return list(canvas.content_migrations.list(course_id=COURSE))

    def test_the_migration_goes_on(self, canvas: Any, world: World, mode: StorageMode, package: Path) -> None:
        """After the upload the migration runs by itself, and is what comes back."""
        migration = self.upload(canvas, package, settings={"overwrite_quizzes": True})
        assert migration["id"] == self.migrations(canvas)[0]["id"]
        assert not package_upload.waits_for_file(migration)
        assert migration["attachment"]["size"] == len(DATA)
        assert not any(request.has_authorization for request in second_steps(world))

    def test_a_migration_that_is_not_there_yet(
        self, canvas: Any, world: World, mode: StorageMode, package: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Where Canvas's reads lag, it is read back as soon as it shows; the package was uploaded once."""
        monkeypatch.setattr(replica_lag, "PAUSES", (0.1, 0.3))
        world.settings.replica_lag = 0.3
        migration = self.upload(canvas, package)
        assert [row.id for row in world.migrations_of(COURSE)] == [migration["id"]]
        assert len(second_steps(world)) == 1

    def test_an_expired_signature(self, canvas: Any, world: World, mode: StorageMode, package: Path) -> None:
        """It begins again on the same migration: there is never a second one."""
        late = iter([True])
        world.faults.rules.append(slow_second_steps(times=1))
        before = len(self.migrations(canvas))
        migration = self.upload(
            canvas, package, on_progress=lambda *_: next(late, None) and world.clock.advance(31 * 60)
        )
        assert not package_upload.waits_for_file(migration)
        assert len(self.migrations(canvas)) == before + 1
        assert eventually(lambda: len(second_steps(world)) == 2)

    @pytest.mark.parametrize("action", [Action.DROP, Action.DROP_AFTER], ids=str)
    def test_a_lost_answer(self, canvas: Any, world: World, mode: StorageMode, package: Path, action: Action) -> None:
        """Before anything is sent again one looks at the migration, which may have its file."""
        before = len(self.migrations(canvas))
        world.faults.rules.append(Rule(STEP_2, action=action, method="POST"))
        migration = self.upload(canvas, package)
        assert migration["attachment"]["size"] == len(DATA)
        arrived = mode is StorageMode.INST_FS and action is Action.DROP_AFTER
        assert eventually(lambda: len(second_steps(world)) == (1 if arrived else 2))
        assert len(self.migrations(canvas)) == before + 1

    def test_a_lost_confirmation(self, canvas: Any, world: World, package: Path) -> None:
        """The migration tells that its file is there."""
        world.faults.rules.append(Rule("/create_success", action=Action.DROP_AFTER))
        assert self.upload(canvas, package)["attachment"]["size"] == len(DATA)
        assert eventually(lambda: len(second_steps(world)) == 1)

    def test_what_is_left_behind(self, connect: Connect, world: World, package: Path) -> None:
        """An error after the migration was created says which it is, and that others wait behind it."""
        world.faults.rules.append(Rule(STEP_2, method="POST", times=None, status=503, body=Body.HTML))
        with pytest.raises(
            errors.CanvasServerError, match=r"Content migration \d+ was created.*up to an hour"
        ) as failure:
            self.upload(connect(RetryPolicy(retry_for=0.1, first_delay=0.01)), package)
        (migration,) = failure.value.completed
        assert str(migration["id"]) in str(failure.value)
        assert "Signature" not in repr(vars(failure.value))
        world.faults.clear()
        filled = connect().fill_package(migration, package, course_id=COURSE)
        assert (filled["id"], filled["attachment"]["size"]) == (migration["id"], len(DATA))

    def test_a_note_of_what_is_left_behind(self, canvas: Any, world: World, package: Path) -> None:
        """An error that is not Canvas's comes out as it is, with a note."""

        def stop(sent: int, total: int) -> None:
            raise LookupError("enough")

        with pytest.raises(LookupError, match="enough") as failure:
            self.upload(canvas, package, on_progress=stop)
        assert eventually(lambda: second_steps(world))
        assert any("was created" in note for note in failure.value.__notes__)

    def test_fill_one_that_is_there(self, canvas: Any, mode: StorageMode, package: Path) -> None:
        """A migration that another client created is filled with its upload target, or with a new one."""
        parameters = {"migration_type": "common_cartridge_importer", "pre_attachment": {"name": "p.imscc"}}
        made = canvas.content_migrations.create(course_id=COURSE, **parameters)
        filled = canvas.fill_package(made, package, course_id=COURSE)
        assert (filled["id"], filled["attachment"]["size"]) == (made["id"], len(DATA))
        other = canvas.content_migrations.create(course_id=COURSE, **parameters)
        later = canvas.content_migrations.get(course_id=COURSE, content_migration_id=other["id"])
        assert "pre_attachment" not in later
        filled = canvas.fill_package(later, package, course_id=COURSE)
        assert (filled["id"], filled["attachment"]["size"]) == (other["id"], len(DATA))

    def test_one_that_has_its_file(self, canvas: Any, world: World, package: Path) -> None:
        """It is refused to upload into a migration that runs, or ran: that would run it again."""
        migration = self.upload(canvas, package)
        with pytest.raises(ValueError, match="does not wait for a file"):
            canvas.fill_package(migration, package, course_id=COURSE)

    def test_over_the_quota(self, canvas: Any, world: World, package: Path) -> None:
        """Canvas answers 200 with a failed migration, which is an error."""
        world.tables.courses[COURSE].storage_quota_mb = 0
        with pytest.raises(errors.CanvasValidationError, match="file size exceeds quota"):
            self.upload(canvas, package)
        assert not second_steps(world)
