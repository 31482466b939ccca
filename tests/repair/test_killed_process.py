"""A process that is killed in the middle of a repair, by the operating system: the next one completes its work."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa
from canvas_emulator.model.faults import Action, Rule
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.repair.backups import Backup
from airflow_provider_canvas.security.secret import Secret
from tests.support import stale_course
from tests.support.stale_course import MemoryBackups, all_places, record_stale_links, run_repair, shown_texts

ROOT = Path(__file__).parents[2]


class FileBackups(MemoryBackups):
    """Backups in a folder.

    :param folder: The folder.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder

    def write(self, backup: Backup) -> str:
        """Write a backup."""
        path = self.folder / backup.name.replace("/", "_")
        path.write_text(backup.as_json())
        return str(path)

    def read(self, uri: str) -> Backup:
        """Return a backup."""
        return Backup.parse(Path(uri).read_text(), uri)

    def list(self, path: str) -> Iterator[str]:
        """Yield all backups of the folder."""
        return (str(each) for each in Path(path).iterdir())


def repair(database: str, url: str, folder: str, threads: int = 3) -> dict[str, int]:
    """Run the repair, in this process or in another one."""
    engine = sa.create_engine(database, connect_args={"timeout": 30})
    canvas = Settings(url, Secret(stale_course.TOKEN))
    try:
        return run_repair(engine, canvas, FileBackups(Path(folder)), threads=threads)
    finally:
        engine.dispose()


def test_a_killed_process(emulator_server: EmulatorServer, tmp_path: Path) -> None:
    """Each place is saved once over both processes, and the undo restores the texts of both."""
    world = stale_course.stale_world()
    emulator_server.show(world)
    database, canvas = f"sqlite:///{tmp_path}/canvas.db", Settings(emulator_server.url, Secret(stale_course.TOKEN))
    engine = sa.create_engine(database, connect_args={"timeout": 30})
    places = all_places(world)
    links, before = record_stale_links(engine, canvas, places), shown_texts(canvas, places)
    (tmp_path / "backups").mkdir()
    world.faults.rules.append(Rule("^/api/", Action.DELAY, times=None, seconds=0.3))
    arguments = (database, emulator_server.url, str(tmp_path / "backups"))
    code = f"from tests.repair.test_killed_process import repair; repair(*{arguments!r})"
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT) as process:
        deadline = time.monotonic() + 120
        while repaired(engine) < 3 and time.monotonic() < deadline:
            time.sleep(0.05)
        process.kill()
    world.faults.clear()
    done = repaired(engine)
    assert 3 <= done < links
    assert repair(*arguments) == {"repaired": links}
    saved = Counter(request.path for request in world.requests if request.method == "PUT")
    assert set(saved.values()) == {1}, saved
    assert len(saved) == len(places)
    assert run_repair(engine, canvas, FileBackups(tmp_path / "backups"), run_id="run 2", undo="run 1") == {
        "undone": links
    }
    assert shown_texts(canvas, places) == before
    engine.dispose()


def repaired(engine: sa.engine.Engine) -> int:
    """Return how many links are repaired."""
    if not sa.inspect(engine).has_table("canvas_link_repair"):
        return 0
    with engine.connect() as connection:
        query = sa.text("SELECT count(*) FROM canvas_link_repair WHERE state = 'repaired'")
        return int(connection.execute(query).scalar_one())
