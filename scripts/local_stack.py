"""A local Canvas, and an Airflow that is connected to it: what the demo, `make airflow` and the system tests run on."""

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
class Stage:
    """
    What is running.

    :param canvas: the local Canvas
    :param airflow: the Airflow, with the connections `canvas_default` and `canvas_reconciliation_db`
    :param database: the SQLite file of the second connection
    """

    canvas: LocalCanvas
    airflow: LocalAirflow
    database: Path


@contextmanager
def stage(
    folder: Path,
    *,
    dags: Sequence[Path] = (EXAMPLES,),
    settings: Mapping[str, str] | None = None,
    copy_seconds: float = 25.0,
    report: Callable[[str], None] = lambda _: None,
) -> Iterator[Stage]:
    """
    Start everything; end it when the block ends, however it ends.

    :param folder: where all files go. Airflow begins anew in it, the database with the reconciled copies stays.
    :param dags: folders of DAG files
    :param settings: options of airflow.cfg, as `section.option`
    :param copy_seconds: how long a course copy takes
    :param report: told in a few words what is being done
    :raises StartError: when Airflow does not start, or the folder is in use
    :raises CanvasStartError: when the local Canvas does not start
    """
    database = folder / "canvas.db"
    with only_user_of(folder):
        shutil.rmtree(folder / "airflow", ignore_errors=True)
        report("starting a local Canvas")
        log, port = folder / "canvas-emulator.log", kept_port(folder / "canvas-port")
        with LocalCanvas(log, port=port, copy_seconds=copy_seconds) as canvas:
            connections = {
                "canvas_default": canvas.connection,
                "canvas_reconciliation_db": {"conn_type": "sqlite", "host": str(database)},
            }
            with LocalAirflow(
                folder / "airflow", dags, connections, settings=settings, pythonpath=[REPOSITORY], report=report
            ) as airflow:
                airflow.api.set_variable("canvas_report_path", str(folder / "reports"))
                yield Stage(canvas, airflow, database)


@contextmanager
def only_user_of(folder: Path) -> Iterator[None]:
    """
    Keep others from starting in the same folder, until the block ends or this process is gone.

    :raises StartError: when somebody else has
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StartError(f"Another one is running in {folder}.") from None
        yield


def kept_port(file: Path) -> int:
    """
    Return the port that the file remembers, or a free one if there is none or somebody else has it.

    A Canvas is known by its host and port: on another port the same courses would be those of another Canvas.
    """
    if file.exists() and is_free(port := int(file.read_text())):
        return port
    port = free_port()
    file.write_text(str(port))
    return port
