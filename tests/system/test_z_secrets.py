"""What a whole run leaves behind does not hold the token; and what the connection's form shows and tests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from airflow_api import AirflowApi
from local_canvas import LocalCanvas
from local_stack import Stage

pytestmark = pytest.mark.system

# Last of the system tests by its name: what it searches is what they all left.


def test_the_token_is_nowhere(running_stage: Stage, api: AirflowApi, local_canvas: LocalCanvas) -> None:
    """No log, XCom, rendered field, table, report or event of Airflow has it; connections are stored encrypted."""
    home = running_stage.airflow.home
    files = [
        path for path in [*home.rglob("*"), *home.parent.glob("*.db*"), *home.parent.rglob("*.html")] if path.is_file()
    ]
    searched = {
        path for path in files if path.name != "canvas-emulator.log"
    }  # its second line is the token, for its user
    assert any(path.name == "airflow.db" for path in searched)
    assert any("copy_course" in str(path) and path.suffix == ".log" for path in searched)
    assert [path for path in searched if local_canvas.token.encode() in path.read_bytes()] == []
    assert [path for path in searched if _logs(path) and b"Bearer 7~" in path.read_bytes()] == []


def _logs(path: Path) -> bool:
    return path.suffix == ".log"


def test_the_triggerers_loop_was_never_blocked(running_stage: Stage) -> None:
    """Airflow says so when a trigger holds up all others; a busy machine's short hiccups are nobody's fault."""
    said = running_stage.airflow.log("triggerer").read_text(errors="replace")
    assert [seconds for seconds in re.findall(r"blocked for ([0-9.]+) seconds", said) if float(seconds) > 1] == []


def test_the_connection_as_the_page_tests_it(api: AirflowApi, local_canvas: LocalCanvas) -> None:
    """Through Airflow's API, as its button does."""
    ok, message = api.test_connection("canvas", host=local_canvas.url, password=local_canvas.token)
    assert (ok, message) == (True, f"Connected to {local_canvas.url} as Canvas Service Account (user 4).")
    ok, message = api.test_connection("canvas", host=local_canvas.url, password="7~refused")
    assert not ok
    assert "make a new one" in message


def test_the_form(api: AirflowApi) -> None:
    """The page learns labels and fields without importing the hook."""
    import requests

    token = api._http.headers["Authorization"]
    answer = requests.get(f"{api.url}/ui/connections/hook_meta", headers={"Authorization": token}, timeout=30)
    (meta,) = [meta for meta in answer.json() if meta["connection_type"] == "canvas"]
    assert meta["hook_name"] == "Canvas LMS"
    assert meta["standard_fields"]["host"]["title"] == "Base URL"
    assert meta["standard_fields"]["password"]["title"] == "Access token"
    assert meta["standard_fields"]["login"]["hidden"]
    assert set(meta["extra_fields"]) == {
        "per_page",
        "connect_timeout",
        "read_timeout",
        "retry_for",
        "as_user_id",
        "ca_bundle",
        "allow_http",
        "client_id",
        "client_secret",
        "refresh_token",
    }
