"""The HTML report of a batch, as the task that copies the batch writes it."""

from __future__ import annotations

import json
import logging
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from airflow.providers.common.compat.sdk import AirflowFailException
from canvas_emulator.model.settings import Settings
from canvas_emulator.model.world import World
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.client.errors import CanvasBatchError
from airflow_provider_canvas.operators.bulk_course_copy import CanvasBulkCourseCopyOperator
from airflow_provider_canvas.utils import batch_report
from airflow_provider_canvas.utils.batch_report import report_uri
from tests.support import batches
from tests.support.html_reader import Reader
from tests.support.task_attempt import Attempt

SHELLS = 6


@pytest.fixture
def world() -> World:
    """Return a Canvas with empty shells."""
    return batches.batch_world(SHELLS, settings=replace(Settings(), copy_seconds=0.1))


@pytest.fixture
def host(emulator: EmulatorServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """Add connections to Canvas and to the ledger of a planned batch, and return the host of Canvas."""
    canvas = {"conn_type": "canvas", "host": emulator.url, "password": batches.TOKEN, "extra": {"retry_for": 2}}
    database = tmp_path / "ledger.db"
    monkeypatch.setenv("AIRFLOW_CONN_CANVAS_DEFAULT", json.dumps(canvas))
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", json.dumps({"conn_type": "sqlite", "host": str(database)}))
    host = emulator.url.removeprefix("http://")
    batches.ledger_of(sa.create_engine(f"sqlite:///{database}"), host, batches.planned_rows(SHELLS))
    return host


def copy(report_path: object, **arguments: Any) -> Any:
    """Copy the batch in the worker, and return the task's result."""
    task = CanvasBulkCourseCopyOperator(
        task_id="copy",
        batch=batches.BATCH,
        sql_conn_id="warehouse",
        deferrable=False,
        poll_interval=0.1,
        report_path=report_path,
        **arguments,
    )
    return task.execute(Attempt().context(task))


def test_a_folder_gets_a_file_per_batch(host: str, tmp_path: Path) -> None:
    """The file has the name of the batch, and the page says what was copied and what it cost."""
    result = copy(str(tmp_path / "reports"))
    file = tmp_path / "reports" / f"{host.replace(':', '_')}_batch-{batches.BATCH}.html"
    assert result["report_uri"] == str(file)
    text = Reader(file.read_text(encoding="utf-8")).text
    assert f"All {SHELLS} courses have their content." in text
    used = re.search("Requests \N{EN DASH} none ([0-9]+)", text)
    assert used
    assert SHELLS * 2 <= int(used[1]) <= SHELLS * 5


def test_a_failed_batch_has_a_report(host: str, world: World, tmp_path: Path) -> None:
    """The report is written before the thresholds fail the task, and names the copies that failed."""
    with world.lock:
        world.tables.courses[batches.FIRST_SHELL].workflow_state = "deleted"
    file = tmp_path / "fall.html"
    with pytest.raises(CanvasBatchError):
        copy(str(file))
    text = Reader(file.read_text(encoding="utf-8")).text
    assert f"{SHELLS - 1} of {SHELLS} courses have their content." in text
    assert "1 failed" in text


def test_a_batch_in_progress_has_a_report(host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first report is written when the first wave is submitted, the next after five minutes at the earliest."""
    written = []
    write = batch_report.write_batch_report

    def spy(ledger: Any, uri: str | None, *others: Any) -> str | None:
        written.append(dict(ledger.counts()))
        return write(ledger, uri, *others)

    monkeypatch.setattr("airflow_provider_canvas.operators.bulk_run.write_batch_report", spy)
    copy(str(tmp_path / "fall.html"), max_in_flight=2)
    assert len(written) == 2
    assert written[0]["planned"] == SHELLS - 2
    assert written[1] == {"completed": SHELLS}


def test_a_storage_that_refuses_the_report(host: str) -> None:
    """The copies do not fail because of an error of the storage's library, which need not be an ``OSError``."""
    pytest.importorskip("airflow.providers.amazon")
    result = copy("s3://not a bucket/reports")
    assert result["states"] == {"completed": SHELLS}
    assert result["report_uri"] is None


@pytest.mark.parametrize("path", ["s3://", "s3:/bucket/reports", "file://", "gs:/fall.html"])
def test_a_path_without_a_place_is_refused_before_a_copy(host: str, world: World, path: str) -> None:
    """A path that names a storage and no place in it is no folder of the local disk, and nothing is sent."""
    with pytest.raises(AirflowFailException, match="names no bucket or folder"):
        copy(path)
    assert not world.requests


def test_a_report_that_cannot_be_written_is_a_warning(
    host: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copies do not fail because of the report; the log says why it is missing."""
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(CanvasBulkCourseCopyOperator, "log", logging.getLogger("a task"))
    result = copy(str(tmp_path / "file" / "fall.html"))
    assert result["states"] == {"completed": SHELLS}
    assert result["report_uri"] is None
    assert "could not be written" in caplog.text


def test_an_unknown_storage_is_refused_before_a_copy(host: str, world: World) -> None:
    """A path that Airflow has no storage for fails the task before anything is sent."""
    with pytest.raises(AirflowFailException, match="nowhere://bucket/x cannot be used"):
        copy("nowhere://bucket/x")
    with world.lock:
        assert not world.tables.content_migrations


@pytest.mark.parametrize(
    ("path", "batch", "uri"),
    [
        (None, "fall", None),
        ("  ", "fall", None),
        ("/tmp/x.html", "fall", "/tmp/x.html"),
        ("/tmp/x/", "fall 2026/é", "/tmp/x/canvas.example.edu_batch-fall_2026_é.html"),
        ("file:///tmp/x", "../../etc", "file:///tmp/x/canvas.example.edu_batch-.._.._etc.html"),
    ],
)
def test_report_uri(path: str | None, batch: str, uri: str | None) -> None:
    """The name of a batch cannot change the folder."""
    assert report_uri(path, "canvas.example.edu", batch) == uri


def test_report_of_a_batch_with_a_long_name(tmp_path: Path) -> None:
    """The longest names of batches give different files that a disk can have."""
    uris = {report_uri(tmp_path, "canvas.example.edu", "é" * 248 + end) for end in ("a", "b")}
    assert len(uris) == 2
    for uri in uris:
        Path(str(uri)).touch()
