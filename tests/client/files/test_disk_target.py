"""Downloads to paths on disk replace regular files only, keep their permissions, and leave nothing behind."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.client.files import disk_target
from airflow_provider_canvas.client.files.disk_target import ABANDONED_AFTER, DiskTarget

WRITER = """
import sys
from pathlib import Path
from airflow_provider_canvas.client.files.disk_target import DiskTarget
target = DiskTarget(Path(sys.argv[1]))
target.write(b"half")
print("writing", flush=True)
sys.stdin.read()
"""


def write(path: Path, data: bytes = b"new") -> None:
    """Write a file as a download does."""
    target = DiskTarget(path)
    target.write(data)
    target.commit()
    target.discard()


def partial_files(folder: Path) -> list[str]:
    """Return the names of the partial files in a folder."""
    return [path.name for path in folder.iterdir() if path.name.endswith(".part")]


@pytest.fixture
def start_writer() -> Iterator[Callable[[Path], subprocess.Popen[str]]]:
    """Return a function that starts a process which writes to a path and does not end."""
    started: list[subprocess.Popen[str]] = []

    def start(path: Path) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "writing\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


class TestKinds:
    """What is at the path."""

    @pytest.fixture(params=["fifo", "link to fifo", "socket", "device"])
    def special(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
        """A path of something that is not a regular file."""
        path = tmp_path / "target"
        if request.param == "device":
            yield Path("/dev/null")
        elif request.param == "socket":
            with socket.socket(socket.AF_UNIX) as opened:
                opened.bind(str(path))
                yield path
        else:
            os.mkfifo(path)
            link = tmp_path / "link"
            link.symlink_to(path)
            yield link if request.param == "link to fifo" else path

    def test_special_files_are_refused(self, special: Path) -> None:
        """A FIFO, a device and a socket are neither replaced nor written; the error says to open them."""
        before = special.stat()
        with pytest.raises(CanvasInputError, match=r"is a .*: open it for writing bytes"):
            DiskTarget(special)
        assert (special.stat().st_mode, special.stat().st_ino) == (before.st_mode, before.st_ino)
        assert partial_files(special.parent) == []

    def test_open_fifo(self, tmp_path: Path) -> None:
        """An open FIFO is a file object, so a download writes into it."""
        from airflow_provider_canvas.client.files.download_targets import download_target

        os.mkfifo(tmp_path / "fifo")
        received: list[bytes] = []
        reader = threading.Thread(target=lambda: received.append((tmp_path / "fifo").read_bytes()))
        reader.start()
        with (tmp_path / "fifo").open("wb") as file:
            target = download_target(file)
            target.write(b"data")
            target.commit()
        reader.join()
        assert received == [b"data"]

    def test_target_that_becomes_a_fifo(self, tmp_path: Path) -> None:
        """What became a FIFO during the download is not replaced."""
        target = DiskTarget(tmp_path / "a")
        os.mkfifo(tmp_path / "a")
        with pytest.raises(CanvasInputError, match="is a FIFO"):
            target.commit()
        target.discard()
        assert [path.name for path in tmp_path.iterdir()] == ["a"]

    @pytest.mark.parametrize("path", ["", "folder", "link to folder"])
    def test_folders_are_refused(self, tmp_path: Path, path: str) -> None:
        """The path of a folder is an error that says so."""
        (tmp_path / "folder").mkdir()
        (tmp_path / "link to folder").symlink_to(tmp_path / "folder")
        with pytest.raises(IsADirectoryError, match="give the path of a file"):
            DiskTarget(tmp_path / path)

    @pytest.mark.parametrize("existing", [True, False])
    def test_links_are_followed(self, tmp_path: Path, existing: bool) -> None:
        """A link stays, and the file that it leads to is replaced, or created; also through two links."""
        (tmp_path / "other").mkdir()
        real = tmp_path / "other" / "real"
        if existing:
            real.write_bytes(b"old")
        (tmp_path / "second").symlink_to(real)
        (tmp_path / "first").symlink_to("second")
        write(tmp_path / "first")
        assert real.read_bytes() == b"new"
        assert (tmp_path / "first").is_symlink()
        assert (tmp_path / "second").is_symlink()

    def test_link_to_itself(self, tmp_path: Path) -> None:
        """A link that leads to itself is an error, and stays."""
        (tmp_path / "loop").symlink_to("loop")
        with pytest.raises(OSError, match="loop"):
            DiskTarget(tmp_path / "loop")
        assert (tmp_path / "loop").is_symlink()

    def test_missing_folder(self, tmp_path: Path) -> None:
        """The error of a missing folder names the folder."""
        with pytest.raises(FileNotFoundError, match=r"create it.*no such folder"):
            DiskTarget(tmp_path / "no such folder" / "a")

    @pytest.mark.parametrize("name", ["a\0b", "a\ud800b"])
    def test_characters_of_no_path(self, tmp_path: Path, name: str) -> None:
        """A path that no file system can have is bad input."""
        with pytest.raises(CanvasInputError, match="contains a NUL or half of a surrogate pair: give another path"):
            DiskTarget(tmp_path / name)

    @pytest.mark.parametrize("name", ["x" * 255, "é" * 127, "a b*[c]?", "-", "...", "\udc80"])
    def test_names(self, tmp_path: Path, name: str) -> None:
        """Every name that the file system accepts can be written, however long."""
        write(tmp_path / name)
        assert [path.name for path in tmp_path.iterdir()] == [name]


class TestPermissions:
    """Permissions and owners."""

    @pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o664, 0o666, 0o755, 0o440])
    def test_existing_file_keeps_its_permissions(self, tmp_path: Path, mode: int) -> None:
        """A file that is replaced has the permissions that it had, and its new content had no others before."""
        (tmp_path / "a").write_bytes(b"old")
        (tmp_path / "a").chmod(mode)
        target = DiskTarget(tmp_path / "a")
        (name,) = partial_files(tmp_path)
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == mode
        target.write(b"new")
        target.commit()
        assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == mode
        assert (tmp_path / "a").read_bytes() == b"new"

    @pytest.mark.parametrize("umask", [0o022, 0o027, 0o077])
    def test_new_file_has_the_permissions_of_any_new_file(self, tmp_path: Path, umask: int) -> None:
        """The umask decides about the permissions of a new file."""
        before = os.umask(umask)
        try:
            write(tmp_path / "a")
        finally:
            os.umask(before)
        assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o666 & ~umask

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
    def test_existing_file_keeps_its_owner(self, tmp_path: Path) -> None:
        """A file that is replaced has the owner and the group that it had."""
        (tmp_path / "a").write_bytes(b"old")
        os.chown(tmp_path / "a", 1234, 5678)
        (tmp_path / "a").chmod(0o640)
        write(tmp_path / "a")
        status = (tmp_path / "a").stat()
        assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (1234, 5678, 0o640)


class TestPartialFiles:
    """Partial files of processes that end."""

    def test_killed_process(self, tmp_path: Path, start_writer: Callable[[Path], subprocess.Popen[str]]) -> None:
        """The next download to the same path deletes what killed processes left, also if it fails itself."""
        for _ in range(2):
            process = start_writer(tmp_path / "a")
            process.send_signal(signal.SIGKILL)
            process.wait()
            assert len(partial_files(tmp_path)) == 1
        DiskTarget(tmp_path / "a").discard()
        assert list(tmp_path.iterdir()) == []

    def test_running_process(self, tmp_path: Path, start_writer: Callable[[Path], subprocess.Popen[str]]) -> None:
        """The partial file of a process that runs is kept, and so are those of other targets."""
        start_writer(tmp_path / "a")
        start_writer(tmp_path / "b").kill()
        write(tmp_path / "a")
        assert len(partial_files(tmp_path)) == 2
        assert (tmp_path / "a").read_bytes() == b"new"

    def test_two_downloads_to_one_path(self, tmp_path: Path) -> None:
        """Two downloads to one path do not mix: the one that ends last stays."""
        first, second = DiskTarget(tmp_path / "a"), DiskTarget(tmp_path / "a")
        first.write(b"first")
        second.write(b"second")
        second.commit()
        assert (tmp_path / "a").read_bytes() == b"second"
        first.commit()
        assert (tmp_path / "a").read_bytes() == b"first"
        assert partial_files(tmp_path) == []

    @pytest.mark.parametrize(("age", "kept"), [(ABANDONED_AFTER - 60, 1), (ABANDONED_AFTER + 60, 0)])
    def test_file_system_without_locks(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, age: float, kept: int
    ) -> None:
        """Where files cannot be locked, a partial file is deleted when nobody has changed it for a day."""
        left = DiskTarget(tmp_path / "a")
        (name,) = partial_files(tmp_path)
        modified = (tmp_path / name).stat().st_mtime - age
        os.utime(tmp_path / name, (modified, modified))
        monkeypatch.setattr(disk_target, "_lock", lambda descriptor: None)
        DiskTarget(tmp_path / "a").discard()
        assert len(partial_files(tmp_path)) == kept
        left.discard()

    def test_failed_commit(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """If the file cannot be put in its place, the existing one is kept, and no partial file remains."""

        def fail(descriptor: int) -> None:
            raise OSError("disk full")

        (tmp_path / "a").write_bytes(b"old")
        target = DiskTarget(tmp_path / "a")
        target.write(b"new")
        monkeypatch.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match="disk full"):
            target.commit()
        target.discard()
        assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]
