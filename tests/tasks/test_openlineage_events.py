"""Airflow's own listener sends the events of tasks over HTTP: valid, complete, and without secrets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from canvas_emulator.model.world import World

from tests.support.openlineage_events import check_event

pytest.importorskip("airflow.providers.openlineage")

SECRET = "s3cr3t0123456789abcdefghijklmnop"
DAG_FILE = f"""\
import json
from datetime import datetime

try:
    from airflow.sdk import DAG
except ImportError:
    from airflow import DAG
from airflow.utils.db import initdb

from airflow_provider_canvas.operators import base_job
from airflow_provider_canvas.operators.content_migration import CanvasContentMigrationOperator
from airflow_provider_canvas.operators.course_copy import CanvasCourseCopyOperator

base_job.SAFE_DELAY = 0.2  # there is no scheduler to wait for
waiting = {{"deferrable": True, "poll_interval": 0.2, "fail_on_issues": None}}

with DAG("traced", schedule=None, start_date=datetime(2026, 1, 1)) as dag:
    copy = CanvasCourseCopyOperator(
        task_id="copy",
        source_course_id="sis_course_id:TMPL-BIOL1010",
        destination_course_id="sis_course_id:BIOL-1010-001",
        **waiting,
    )
    copy >> CanvasContentMigrationOperator(
        task_id="fetch",
        course_id=2002,
        migration_type="canvas_cartridge_importer",
        file_url="https://files.example/book.imscc?X-Amz-Signature={SECRET}&verifier={SECRET}",
        **waiting,
    )

if __name__ == "__main__":
    initdb()
    run = dag.test()
    print("STATES", json.dumps({{ti.task_id: ti.state for ti in run.get_task_instances()}}))
"""


@pytest.fixture
def catalog() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield the address of a server that accepts events, and the list of the events that it got."""
    events: list[dict[str, Any]] = []

    class Catalog(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            events.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(201)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments: Any) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Catalog)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", events
    server.shutdown()
    thread.join()
    server.server_close()


def test_events(connection: str, world: World, tmp_path: Path, catalog: tuple[str, list[dict[str, Any]]]) -> None:
    """A deferred copy sends its courses and its migration when it ends; a failed import sends no signature."""
    url, events = catalog
    path = tmp_path / "dags" / "traced.py"
    path.parent.mkdir()
    path.write_text(DAG_FILE, encoding="utf-8")
    environment = {
        **os.environ,
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__CORE__DAGS_FOLDER": str(path.parent),
        "AIRFLOW__CORE__UNIT_TEST_MODE": "False",  # unit test mode chooses an executor that does not support SQLite
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{tmp_path}/airflow.db",
        "AIRFLOW__OPENLINEAGE__TRANSPORT": json.dumps({"type": "http", "url": url, "compression": None}),
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    process = subprocess.run(
        [sys.executable, path], env=environment, capture_output=True, text=True, timeout=180, check=False
    )
    printed = [line for line in process.stdout.splitlines() if line.startswith("STATES ")]
    assert printed, process.stdout + process.stderr
    assert json.loads(printed[0].removeprefix("STATES ")) == {"copy": "success", "fetch": "failed"}
    for event in events:
        check_event(event)
        assert SECRET not in json.dumps(event)
    ends = {event["job"]["name"]: event for event in events if event["eventType"] in ("COMPLETE", "FAIL")}
    copied, fetched = ends["traced.copy"], ends["traced.fetch"]
    (migration,) = world.migrations_of(2001)
    assert [(event["eventType"], names(event, "inputs"), names(event, "outputs")) for event in (copied, fetched)] == [
        ("COMPLETE", ["courses/1010"], ["courses/2001"]),
        ("FAIL", ["book.imscc"], ["courses/2002"]),
    ]
    assert copied["run"]["facets"]["canvas_content_migration"]["content_migration_id"] == migration.id
    assert fetched["run"]["facets"]["canvas_content_migration"]["workflow_state"] == "failed"
    assert "files.example/book.imscc" in fetched["run"]["facets"]["errorMessage"]["message"]


def names(event: dict[str, Any], kind: str) -> list[str]:
    """Return the names of the inputs or outputs of an event."""
    return [dataset["name"] for dataset in event[kind]]
