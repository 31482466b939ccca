"""Backups of a repair in an S3 bucket, through Airflow's own connection."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from canvas_emulator.server import EmulatorServer

from tests.support.s3 import BUCKET, CONN_ID, S3
from tests.support.stale_course import puts, shown_texts
from tests.support.task_attempt import Attempt
from tests.tasks.test_repair_links import Lab, make_lab

ROOT = f"s3://{CONN_ID}@{BUCKET}"


@pytest.fixture
def lab(server: S3, emulator_server: EmulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """Return a lab whose backups and reports are in an empty bucket."""
    server.reset()
    monkeypatch.setenv(f"AIRFLOW_CONN_{CONN_ID.upper()}", server.connection)
    fields = {"conn_type": "sqlite", "host": f"{tmp_path}/canvas.db"}
    made = make_lab(emulator_server, f"sqlite:///{tmp_path}/canvas.db", fields, tmp_path, monkeypatch)
    yield made
    made.engine.dispose()


def test_repair_and_undo(lab: Lab) -> None:
    """Each place has a backup in the bucket, and the path of the run is enough to take it back."""
    before = shown_texts(lab.canvas, lab.places)
    paths = {"backup_path": f"{ROOT}/backups", "report_path": f"{ROOT}/reports"}
    done = lab.run(Attempt(run_id="manual__s3"), **paths)
    assert done["states"] == {"repaired": lab.links}
    assert done["backup_path"].startswith(f"{ROOT}/backups/")
    assert len({row["backup_uri"] for row in lab.rows()}) == len(lab.places)
    assert "verifier" not in json.dumps(done)
    undone = lab.run(undo=done["backup_path"], **paths)
    assert undone["states"] == {"undone": lab.links}
    assert shown_texts(lab.canvas, lab.places) == before


def test_a_bucket_that_cannot_be_written(lab: Lab, server: S3) -> None:
    """Nothing is sent to Canvas, and the error names the path."""
    server.denied.update({"PutObject"})
    with pytest.raises(AirflowFailException, match=r"cannot be written.*Nothing was sent to Canvas"):
        lab.run(backup_path=f"{ROOT}/backups", report_path=None)
    assert puts(lab.world) == 0
    assert lab.world.counters.requests() == 0
