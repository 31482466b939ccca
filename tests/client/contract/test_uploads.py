"""Test uploads to every kind of storage on both transports, and what happens when a step fails."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from canvas_emulator.jobs import upload as uploads
from canvas_emulator.model.content import File
from canvas_emulator.model.faults import Action, Body, Rule
from canvas_emulator.model.settings import StorageMode
from canvas_emulator.model.world import World
from canvas_emulator.pages import uploads as pages
from canvas_emulator.seeds.small import DESTINATION
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.client import errors, replica_lag
from airflow_provider_canvas.client.files import package_upload
from airflow_provider_canvas.client.files.upload_steps import check_stored_size
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
def test_upload(canvas: Any, world: World, mode: StorageMode, tmp_path: Path, size: int) -> None:
    """A file of any size is stored unchanged, and its record is returned."""
    path = tmp_path / "a.bin"
    path.write_bytes(data := bytes(itertools.islice(itertools.cycle(range(251)), size)))
    if size == 0 and mode is StorageMode.LOCAL:
        with pytest.raises(errors.CanvasError, match="400"):  # local storage takes no empty file
            canvas.upload(path, course_id=COURSE)
        return
    record = canvas.upload(path, course_id=COURSE, content_type="application/x-thing", parent_folder_path="a/b")
    assert stored(world, record) == data
    assert (record["display_name"], record["size"], record["content-type"]) == ("a.bin", size, "application/x-thing")
    assert record["upload_status"] == "success"


def test_second_step_has_no_token(canvas: Any, world: World, mode: StorageMode, package: Path) -> None:
    """The step that sends the bytes has no token, not even if Canvas stores them itself. All others have it."""
    canvas.upload(package, course_id=COURSE)
    (step,) = second_steps(world)
    assert not step.has_authorization
    assert all(request.has_authorization for request in world.requests if request is not step)


def test_confirmation_on_another_host(
    canvas: Any, world: World, emulator: EmulatorServer, package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the storage redirects to a host that is not Canvas, that host gets no token."""
    confirmation = {"Content-Type": "application/json", "body": 'while(1);{"id": 5, "display_name": "p"}'}
    with hosted(Host(b"", responses=[(200, confirmation)])) as host:
        monkeypatch.setattr(pages, "success_url", lambda upload: host.url)
        assert canvas.upload(package, course_id=COURSE)["id"] == 5
    (headers,) = host.requests
    assert "authorization" not in headers
    assert emulator.token not in str(headers)


def test_confirmation_without_a_redirect(
    canvas: Any, world: World, package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the storage answers 201 with XML, the client requests the ``success_url`` of the upload's parameters."""
    world.settings.storage = StorageMode.S3
    monkeypatch.setattr(pages, "parse_bool", lambda value: True)
    record = canvas.upload(package, course_id=COURSE)
    assert stored(world, record) == DATA


@pytest.mark.parametrize(
    "name", ['a "quoted" name.txt', "ünïcødé 日本.pdf", "100% a+b&c=d;e.txt", "new\r\nline.txt", "back\\slash.txt"]
)
def test_special_characters_in_names(canvas: Any, world: World, mode: StorageMode, name: str) -> None:
    """A file name with quotes, line ends or other special characters is kept."""
    record = canvas.upload(io.BytesIO(b"abc"), name=name, course_id=COURSE)
    assert (record["display_name"], stored(world, record)) == (name, b"abc")


def test_places(canvas: Any, world: World, mode: StorageMode) -> None:
    """A course, a user's own files, and a folder accept files."""
    first = canvas.upload(io.BytesIO(b"1"), name="a.txt", course_id=COURSE)
    second = canvas.upload(io.BytesIO(b"2"), name="b.txt", folder_id=first["folder_id"])
    third = canvas.upload(io.BytesIO(b"3"), name="c.txt", user_id="self")
    assert second["folder_id"] == first["folder_id"] != third["folder_id"]
    assert [stored(world, each) for each in (first, second, third)] == [b"1", b"2", b"3"]


@pytest.mark.parametrize(
    ("place", "message"),
    [({}, "exactly one of"), ({"folder_id": 1, "course_id": 2}, "no other place"), ({"account_id": 1}, "exactly one")],
)
def test_invalid_place(canvas: Any, world: World, place: dict[str, Any], message: str) -> None:
    """An invalid place is refused before any request."""
    with pytest.raises(ValueError, match=message):
        canvas.upload(io.BytesIO(b"1"), name="a.txt", **place)
    assert not world.requests


def test_progress_callback(canvas: Any, tmp_path: Path) -> None:
    """The callback is called after each MiB and at the end."""
    path = tmp_path / "a.bin"
    path.write_bytes(bytes(2_500_000))
    seen: list[tuple[int, int]] = []
    canvas.upload(path, course_id=COURSE, on_progress=lambda *now: seen.append(now))
    assert seen == [(1 << 20, 2_500_000), (2 << 20, 2_500_000), (2_500_000, 2_500_000)]


def test_progress_callback_that_raises(canvas: Any, world: World, package: Path) -> None:
    """An exception of the callback ends the upload unchanged, and nothing is retried."""

    def stop(sent: int, total: int) -> None:
        raise InterruptedError("enough")

    with pytest.raises(InterruptedError, match="enough"):
        canvas.upload(package, course_id=COURSE, on_progress=stop)
    assert eventually(lambda: second_steps(world))
    assert not named(world, "package")
    assert len([request for request in world.requests if request.path.endswith("/files")]) == 1


@pytest.mark.parametrize(("written", "message"), [(b"short", "only 5"), (DATA + b"x", "more")])
def test_size_that_changes(canvas: Any, world: World, package: Path, written: bytes, message: str) -> None:
    """A file whose size changes during the upload is not stored."""

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


def store_only(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Let the storage keep only the beginning of what arrives, as if the rest were lost on the way."""
    whole = uploads.store
    monkeypatch.setattr(uploads, "store", lambda upload, data: whole(upload, (data + b"!")[:size]))


@pytest.mark.parametrize("size", [0, 1, len(DATA) - 1, len(DATA) + 1])
def test_other_size_stored(
    canvas: Any, mode: StorageMode, package: Path, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If Canvas stored another number of bytes than was sent, the error has both numbers and the file's id."""
    store_only(monkeypatch, size)
    with pytest.raises(
        errors.CanvasUnexpectedResponseError, match=f"{len(DATA)} bytes of package.imscc .* stored {size} bytes"
    ) as failure:
        canvas.upload(package, course_id=COURSE)
    (file,) = failure.value.completed
    assert failure.value.maybe_done
    assert f"file {file['id']}" in str(failure.value)


@pytest.mark.parametrize(
    ("record", "message"),
    [({"size": None}, "stored nothing"), ({"size": 4}, "stored 4 bytes"), ({"size": 5}, None), ({}, None)],
)
def test_sizes_of_records(record: dict[str, Any], message: str | None) -> None:
    """A size that is null differs from every size, and a record without one cannot be compared."""
    with pytest.raises(errors.CanvasError, match=message) if message else nullcontext():
        check_stored_size("a.txt", 5, record)


def expiry(world: World) -> Callable[..., None]:
    """Return a progress callback whose first call lets the signature of the upload expire."""
    once = iter([31 * 60])

    def on_progress(*_: Any) -> None:
        world.clock.advance(next(once, 0))

    return on_progress


def test_expired_signature(canvas: Any, world: World, mode: StorageMode, package: Path) -> None:
    """If the signature has expired, the upload restarts at the first step, and the file is stored once."""
    world.faults.rules.append(slow_second_steps(times=1))
    record = canvas.upload(package, course_id=COURSE, on_progress=expiry(world))
    assert stored(world, record) == DATA
    assert [request.status in (400, 403) for request in second_steps(world)] == [True, False]
    assert len(named(world, "package")) == 1


def test_signature_that_is_always_rejected(canvas: Any, world: World, package: Path) -> None:
    """After three rejected signatures the error is raised, without the URL."""
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
def test_second_step_is_retried(
    canvas: Any, world: World, mode: StorageMode, package: Path, rule: dict[str, Any]
) -> None:
    """After a temporary error the upload restarts at the first step."""
    world.faults.rules.append(Rule(STEP_2, method="POST", times=2, **rule))
    record = canvas.upload(package, course_id=COURSE)
    assert stored(world, record) == DATA
    assert eventually(lambda: len(second_steps(world)) == 3)


def test_lost_response_to_the_second_step(canvas: Any, world: World, mode: StorageMode, package: Path) -> None:
    """A file that may overwrite itself is sent again after a lost response, and exists once."""
    world.faults.rules.append(Rule(STEP_2, action=Action.DROP_AFTER, method="POST"))
    record = canvas.upload(package, course_id=COURSE)
    assert stored(world, record) == DATA
    assert [file.id for file in named(world, "package")] == [record["id"]]


def test_lost_response_with_rename(canvas: Any, world: World, mode: StorageMode, package: Path) -> None:
    """With ``on_duplicate="rename"`` nothing is sent again, and the error says that the file may have arrived."""
    world.faults.rules.append(Rule(STEP_2, action=Action.DROP_AFTER, method="POST"))
    with pytest.raises(errors.CanvasTransportError, match="may have arrived") as failure:
        canvas.upload(package, course_id=COURSE, on_duplicate="rename")
    assert failure.value.maybe_done
    assert eventually(lambda: len(second_steps(world)) == 1)


@pytest.mark.parametrize("storage", [StorageMode.LOCAL, StorageMode.S3])
@pytest.mark.parametrize("action", [Action.DROP, Action.DROP_AFTER, Action.TRUNCATE], ids=str)
def test_lost_response_to_the_confirmation(
    canvas: Any, world: World, package: Path, action: Action, storage: StorageMode
) -> None:
    """The third step works once, so after a lost response the client checks whether the file exists."""
    world.settings.storage = storage
    world.faults.rules.append(Rule("/create_success", action=action))
    record = canvas.upload(package, course_id=COURSE, on_duplicate="rename")
    assert stored(world, record) == DATA
    assert eventually(lambda: len(second_steps(world)) == len(named(world, "package")) == 1)


@pytest.mark.edition("current")  # which knows on_duplicate=error
def test_lost_response_to_the_first_step(canvas: Any, world: World, mode: StorageMode, package: Path) -> None:
    """The first step creates nothing that users see, so it is retried."""
    world.faults.rules.append(Rule("/api/v1/.*/files$", action=Action.DROP_AFTER, method="POST", times=2))
    record = canvas.upload(package, course_id=COURSE, on_duplicate="error")
    assert stored(world, record) == DATA


def test_over_the_quota(canvas: Any, world: World, mode: StorageMode, package: Path) -> None:
    """The error has the sizes, what to do and Canvas's message, and no bytes are sent."""
    world.tables.courses[COURSE].storage_quota_mb = 0
    message = (
        rf"package.imscc has 300,000 bytes, and course {COURSE} has room for 0 bytes \(0 bytes of 0 bytes are used\). "
        r"Make room: .*Canvas did not keep it: .*file size exceeds quota"
    )
    with pytest.raises(errors.CanvasValidationError, match=message):
        canvas.upload(package, course_id=COURSE)
    assert not second_steps(world)


def test_a_file_too_large_for_the_storage(canvas: Any, world: World, mode: StorageMode, package: Path) -> None:
    """A 413 of the storage is not retried."""
    world.faults.rules.append(Rule(STEP_2, method="POST", status=413, body=Body.HTML))
    with pytest.raises(errors.CanvasError, match=r"413|dropped"):
        canvas.upload(package, course_id=COURSE)


class TestByUrl:
    """Uploads whose bytes Canvas fetches from a URL."""

    def test_canvas_fetches(self, canvas: Any, world: World, mode: StorageMode) -> None:
        """A Progress is returned, and the file exists when it is completed."""
        source = canvas.upload(io.BytesIO(b"abc"), name="a.txt", course_id=COURSE)
        progress = canvas.upload_from_url(source["url"], name="copy.txt", course_id=COURSE)
        assert progress["tag"] == "upload_via_url"
        assert eventually(lambda: canvas.progress.get(progress_id=progress["id"])["workflow_state"] == "completed")
        assert [stored(world, {"id": file.id}) for file in named(world, "copy")] == [b"abc"]

    def test_name_from_the_url(self, canvas: Any, world: World) -> None:
        """Without a name, the file gets the last part of the URL's path as its name."""
        canvas.upload_from_url("http://192.0.2.1/a/b%20c.zip?signed=1", course_id=COURSE)
        (upload,) = world.tables.uploads.values()
        assert upload.name == "b c.zip"


class TestPackages:
    """Packages of content migrations."""

    def upload(self, canvas: Any, package: Path, **more: Any) -> Any:
        return canvas.upload_package(package, migration_type="common_cartridge_importer", course_id=COURSE, **more)

    @pytest.fixture(autouse=True)
    def polls(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Polls have no long delays."""
        monkeypatch.setattr(replica_lag, "PAUSES", (0.01,))

    def migrations(self, canvas: Any) -> list[Any]:
        return list(canvas.content_migrations.list(course_id=COURSE))

    def test_migration_starts_after_the_upload(
        self, canvas: Any, world: World, mode: StorageMode, package: Path
    ) -> None:
        """The migration starts by itself after the upload, and is returned."""
        migration = self.upload(canvas, package, settings={"overwrite_quizzes": True})
        assert migration["id"] == self.migrations(canvas)[0]["id"]
        assert not package_upload.waits_for_file(migration)
        assert migration["attachment"]["size"] == len(DATA)
        assert not any(request.has_authorization for request in second_steps(world))

    def test_migration_with_replica_lag(
        self, canvas: Any, world: World, mode: StorageMode, package: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """If Canvas's reads lag, the migration is polled until it is shown, and the package is uploaded once."""
        monkeypatch.setattr(replica_lag, "PAUSES", (0.1, 0.3))
        world.settings.replica_lag = 0.3
        migration = self.upload(canvas, package)
        assert [row.id for row in world.migrations_of(COURSE)] == [migration["id"]]
        assert len(second_steps(world)) == 1

    def test_expired_signature(self, canvas: Any, world: World, mode: StorageMode, package: Path) -> None:
        """The upload restarts on the same migration, and no second one is created."""
        world.faults.rules.append(slow_second_steps(times=1))
        before = len(self.migrations(canvas))
        migration = self.upload(canvas, package, on_progress=expiry(world))
        assert not package_upload.waits_for_file(migration)
        assert len(self.migrations(canvas)) == before + 1
        assert eventually(lambda: len(second_steps(world)) == 2)

    @pytest.mark.parametrize("action", [Action.DROP, Action.DROP_AFTER], ids=str)
    def test_lost_response_to_the_second_step(
        self, canvas: Any, world: World, mode: StorageMode, package: Path, action: Action
    ) -> None:
        """After a lost response the migration is checked for its file before anything is sent again."""
        before = len(self.migrations(canvas))
        world.faults.rules.append(Rule(STEP_2, action=action, method="POST"))
        migration = self.upload(canvas, package)
        assert migration["attachment"]["size"] == len(DATA)
        arrived = mode is StorageMode.INST_FS and action is Action.DROP_AFTER
        assert eventually(lambda: len(second_steps(world)) == (1 if arrived else 2))
        assert len(self.migrations(canvas)) == before + 1

    def test_lost_response_to_the_confirmation(self, canvas: Any, world: World, package: Path) -> None:
        """After a lost confirmation the migration shows that its file arrived."""
        world.faults.rules.append(Rule("/create_success", action=Action.DROP_AFTER))
        assert self.upload(canvas, package)["attachment"]["size"] == len(DATA)
        assert eventually(lambda: len(second_steps(world)) == 1)

    def test_other_size_stored(
        self, canvas: Any, mode: StorageMode, package: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """If Canvas stored another number of bytes than was sent, the error names the migration that imports it."""
        store_only(monkeypatch, 7)
        with pytest.raises(
            errors.CanvasUnexpectedResponseError, match=r"stored 7 bytes .* Content migration \d+ imports that file"
        ) as failure:
            self.upload(canvas, package)
        assert "waits for its file" not in str(failure.value)
        assert failure.value.completed[0]["id"] == self.migrations(canvas)[0]["id"]

    def test_error_after_the_migration_was_created(self, connect: Connect, world: World, package: Path) -> None:
        """The error names the created migration and its effect on others, and the upload can be repeated."""
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

    def test_other_exceptions_get_a_note(self, canvas: Any, world: World, package: Path) -> None:
        """An exception of the caller is raised unchanged, with a note that names the created migration."""

        def stop(sent: int, total: int) -> None:
            raise LookupError("enough")

        with pytest.raises(LookupError, match="enough") as failure:
            self.upload(canvas, package, on_progress=stop)
        assert eventually(lambda: second_steps(world))
        assert any("was created" in note for note in failure.value.__notes__)

    def test_fill_package(self, canvas: Any, mode: StorageMode, package: Path) -> None:
        """A package is uploaded to an existing migration, with its upload target or with a new one."""
        parameters = {"migration_type": "common_cartridge_importer", "pre_attachment": {"name": "p.imscc"}}
        created = canvas.content_migrations.create(course_id=COURSE, **parameters)
        filled = canvas.fill_package(created, package, course_id=COURSE)
        assert (filled["id"], filled["attachment"]["size"]) == (created["id"], len(DATA))
        other = canvas.content_migrations.create(course_id=COURSE, **parameters)
        later = canvas.content_migrations.get(course_id=COURSE, content_migration_id=other["id"])
        assert "pre_attachment" not in later
        filled = canvas.fill_package(later, package, course_id=COURSE)
        assert (filled["id"], filled["attachment"]["size"]) == (other["id"], len(DATA))

    def test_fill_package_that_has_its_file(self, canvas: Any, world: World, package: Path) -> None:
        """A migration that is not waiting for a file is refused, because an upload would run it again."""
        migration = self.upload(canvas, package)
        with pytest.raises(ValueError, match="does not wait for a file"):
            canvas.fill_package(migration, package, course_id=COURSE)

    @pytest.mark.parametrize("quota", [0, 1])
    def test_over_the_quota(self, canvas: Any, world: World, tmp_path: Path, quota: int) -> None:
        """Canvas answers 200 with a failed migration, and the upload raises an error with the sizes."""
        world.tables.courses[COURSE].storage_quota_mb = quota
        package = tmp_path / "package.imscc"
        package.write_bytes(bytes(2_000_000))
        room = {0: "0 bytes", 1: "1.0 MB"}[quota]
        message = rf"package.imscc has 2.0 MB, and course {COURSE} has room for {room} .*content migration \d+ failed"
        with pytest.raises(errors.CanvasValidationError, match=message):
            self.upload(canvas, package)
        assert not second_steps(world)
