"""Start a local Canvas and an Airflow that is connected to it, for the demo, ``make airflow`` and the system tests."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local_airflow import LocalAirflow, StartError
from local_canvas import LocalCanvas
from processes import free_port, is_free

REPOSITORY = Path(__file__).resolve().parent.parent
EXAMPLES = REPOSITORY / "dags_examples"


@dataclass(frozen=True)
class LocalStack:
    """A running Canvas and a running Airflow.

    :param canvas: The local Canvas.
    :param airflow: The Airflow, with the connections ``canvas_default`` and ``canvas_reconciliation_db``.
    :param database: The SQLite file of the second connection.
    """

    canvas: LocalCanvas
    airflow: LocalAirflow
    database: Path


@contextmanager
def start_stack(
    folder: Path,
    *,
    dags: Sequence[Path] = (EXAMPLES,),
    settings: Mapping[str, str] | None = None,
    copy_seconds: float = 25.0,
    courses: str = "demo",
    canvas_options: Sequence[str] = (),
    report: Callable[[str], None] = lambda _: None,
) -> Iterator[LocalStack]:
    """Start a Canvas and an Airflow, and stop both when the block ends, also after an error.

    :param folder: The folder for all files. Airflow starts with an empty database; the database with the reconciled
        copies is kept.
    :param dags: Folders of DAG files.
    :param settings: Options of ``airflow.cfg``, as ``section.option``.
    :param copy_seconds: Seconds that a course copy takes.
    :param courses: The courses of the Canvas: ``demo`` or ``term``.
    :param canvas_options: More options of the ``canvas-emulator`` command.
    :param report: Called with a short text before each step.
    :raises StartError: If Airflow does not start, or another process uses the folder.
    :raises CanvasStartError: If the local Canvas does not start.
    """
    database = folder / "canvas.db"
    with lock_folder(folder):
        shutil.rmtree(folder / "airflow", ignore_errors=True)
        report("starting a local Canvas")
        log, port = folder / "canvas-emulator.log", stored_port(folder / "canvas-port")
        with LocalCanvas(log, port=port, copy_seconds=copy_seconds, courses=courses, options=canvas_options) as canvas:
            connections = {
                "canvas_default": canvas.connection,
                "canvas_reconciliation_db": {"conn_type": "sqlite", "host": str(database)},
            }
            with LocalAirflow(
                folder / "airflow", dags, connections, settings=settings, pythonpath=[REPOSITORY], report=report
            ) as airflow:
                airflow.api.set_variable("canvas_report_path", str(folder / "reports"))
                yield LocalStack(canvas, airflow, database)


@contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """Lock a folder until the block or this process ends.

    :param folder: The folder; created if it does not exist.
    :raises StartError: If another process has locked it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StartError(f"Another process is running in {folder}. Stop it first.") from None
        yield


def stored_port(file: Path) -> int:
    """Return the port that the file holds if it is still free, or else a new free port, which is stored there.

    A Canvas is identified by its host and port: on another port, the same courses would belong to another Canvas.

    :param file: The file; it need not exist.
    """
    if file.exists() and is_free(port := int(file.read_text())):
        return port
    port = free_port()
    file.write_text(str(port))
    return port
