"""Where a snippet runs: its folder, its Canvas, and the connections that its reader has made."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa
from canvas_emulator.model.world import World
from canvas_emulator.server import EmulatorServer

from tests.support.reader import LOG, RUN, Outcome
from tests.support.s3 import S3


@dataclass
class Stage:
    """The surroundings of a snippet, and afterwards what became of it.

    :param world: What Canvas has.
    :param server: The emulator.
    :param folder: The working directory of the snippet.
    :param connections: Connections to other systems, as environment variables.
    :param s3: The object storage, for snippets that name it.
    :param reader: The process that runs snippets.
    :param outcome: What became of the snippet.
    :param links: How many stale links were planted.
    """

    world: World
    server: EmulatorServer
    folder: Path
    reader: ProcessPoolExecutor
    connections: dict[str, str] = field(default_factory=dict)
    s3: S3 | None = None
    outcome: Outcome = field(default_factory=Outcome)
    links: int = 0

    def write(self, name: str, text: str | bytes) -> Path:
        """Write a file of the reader.

        :param name: Its path in the folder.
        :param text: Its content.
        """
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def run_file(self, path: Path, kind: str = "dag") -> None:
        """Run a file of the reader, and expect that it ends without an error and each task in success.

        :param path: The file.
        :param kind: How it is run: ``dag``, ``program`` or ``tests``.
        """
        self.outcome = self.reader.submit(RUN[kind], path, self.folder, self.environment).result()
        log = (self.folder / LOG).read_text(errors="replace")[-20000:]
        assert self.outcome.error == "", f"{self.outcome.error}\n{log}"
        assert set(self.outcome.states.values()) <= {"success", "skipped"}, f"{self.outcome.states}\n{log}"

    def run(self, code: str) -> None:
        """Run a DAG that prepares a snippet."""
        self.run_file(self.write("earlier.py", code))

    def show(self, world: World) -> None:
        """Serve another world."""
        self.world = world
        self.server.show(world)

    @property
    def environment(self) -> dict[str, str]:
        """The connections, as environment variables."""
        database = json.dumps({"conn_type": "sqlite", "host": f"{self.folder}/warehouse.db"})
        canvas = json.dumps({"conn_type": "canvas", "host": self.server.url, "password": self.server.token})
        return {
            "AIRFLOW_CONN_CANVAS_DEFAULT": canvas,
            "AIRFLOW_CONN_WAREHOUSE": database,
            "CANVAS_URL": self.server.url,
            "CANVAS_TOKEN": self.server.token,
            **self.connections,
            **({"AIRFLOW_CONN_AWS_DEFAULT": self.s3.connection} if self.s3 is not None else {}),
        }

    @contextmanager
    def warehouse(self) -> Iterator[sa.Connection]:
        """Connect to the database of the connection ``warehouse``."""
        engine = sa.create_engine(f"sqlite:///{self.folder}/warehouse.db")
        with engine.begin() as connection:
            yield connection
        engine.dispose()

    def count(self, table: str) -> int:
        """Return how many rows a table of the warehouse has."""
        with self.warehouse() as connection:
            return int(connection.execute(sa.text(f"SELECT COUNT(*) FROM {table}")).scalar_one())

    def result(self, task_id: str) -> dict[str, object]:
        """Return the result of a task."""
        found = self.outcome.results[task_id]
        assert isinstance(found, dict), found
        return found
